//! Output and events: every line is the one that was written, and none is missing.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{
    logs::{Segment, Session},
    script::{Side, checksum, numbered_line},
};

/// What a victim's book says it has written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    pub(crate) out: u64,
    pub(crate) err: u64,
    pub(crate) events: u64,
}

impl Written {
    /// Reads a line of three numbers; nothing where there is none yet.
    pub(crate) fn parse(text: &str) -> Self {
        let mut numbers = text
            .split_whitespace()
            .map(|word| word.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        Self {
            out: next(),
            err: next(),
            events: next(),
        }
    }
}

/// One stream in the making.
#[derive(Debug, Default)]
struct Stream {
    line: Vec<u8>,
    /// The line began in bytes that are not kept.
    torn: bool,
}

/// How many lines of each side were found.
#[derive(Debug, Default)]
struct Found {
    counts: [u64; 2],
    /// Bytes are missing, so numbers may jump.
    gap: bool,
}

/// Checks the output of a segment. With `all`, everything that the victim's book knows must be
/// there; else what is there must be right.
pub(crate) fn output(
    session: &Session,
    segment: &Segment,
    salt: u64,
    wrote: Written,
    all: bool,
) -> Result<()> {
    let gaps = session.gaps();
    let mut streams: [Stream; 3] = Default::default();
    let mut found = Found::default();
    for piece in segment.pieces(&gaps) {
        if piece.torn {
            found.gap = true;
            // Which stream the missing bytes belonged to is not known.
            streams.iter_mut().for_each(|stream| stream.torn = true);
        }
        let stream = usize::from(piece.stream);
        let stream = streams.get_mut(stream).context("a mark names a stream")?;
        for byte in piece.bytes {
            match byte {
                b'\n' => found.take(stream, salt)?,
                byte => stream.line.push(*byte),
            }
        }
    }
    for stream in &streams {
        found.check_rest(stream, salt)?;
    }
    let [out, err] = found.counts;
    ensure!(
        !all || found.gap || (out >= wrote.out && err >= wrote.err),
        "{out} and {err} lines are kept, the command wrote {} and {}",
        wrote.out,
        wrote.err
    );
    Ok(())
}

impl Found {
    fn take(&mut self, stream: &mut Stream, salt: u64) -> Result<()> {
        let line = std::mem::take(&mut stream.line);
        let torn = std::mem::take(&mut stream.torn);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let text = String::from_utf8_lossy(line);
        let Some((side, number)) = parse(&text) else {
            ensure!(torn, "{text:?} is not a line of this command");
            return Ok(());
        };
        let count = &mut self.counts[side as usize];
        let right = number == *count + 1 || (self.gap && number > *count);
        ensure!(
            right || torn,
            "line {number} of {side:?} follows line {count}"
        );
        ensure!(
            text == numbered_line(salt, side, number) || torn,
            "{text:?} is not line {number} of this command"
        );
        *count = number.max(*count);
        Ok(())
    }

    /// What is left without a newline is the beginning of the next line of some side.
    fn check_rest(&self, stream: &Stream, salt: u64) -> Result<()> {
        let rest = String::from_utf8_lossy(&stream.line);
        let rest = rest.strip_suffix('\r').unwrap_or(&rest);
        let begins = |side: Side| {
            let next = self.counts[side as usize] + 1;
            numbered_line(salt, side, next).starts_with(rest)
        };
        ensure!(
            stream.torn || self.gap || begins(Side::Out) || begins(Side::Err),
            "the output ends with {rest:?}, which this command did not write"
        );
        Ok(())
    }
}

fn parse(line: &str) -> Option<(Side, u64)> {
    let mut words = line.split(' ');
    let side = match words.next()? {
        "out" => Side::Out,
        "err" => Side::Err,
        _ => return None,
    };
    Some((side, words.next()?.parse().ok()?))
}

/// Checks the events of a segment the same way.
pub(crate) fn events(segment: &Segment, salt: u64, wrote: Written, all: bool) -> Result<()> {
    let mut next = 1;
    let mine = |record: &&Value| record["kind"] == "tick.done";
    for record in segment.records.iter().filter(mine) {
        let number = record["n"].as_u64().unwrap_or_default();
        if number != next && all {
            bail!("event {next} was expected, not {record}");
        }
        let check = format!("{:016x}", checksum(salt, number));
        ensure!(record["check"] == check, "an event has changed: {record}");
        next = number + 1;
    }
    ensure!(
        next > wrote.events || !all,
        "{} events are kept, the command wrote {}",
        next - 1,
        wrote.events
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], wrote: u64, good: bool) {
        let directory = tempfile::tempdir().expect("a directory");
        let first = r#"{"seq":1,"t":0,"out":0,"kind":"segment.started","ordinal":1,"out_base":0}"#;
        std::fs::write(directory.path().join("s.jsonl"), format!("{first}\n")).expect("a log");
        std::fs::write(directory.path().join("s.out"), bytes).expect("a log");
        let session = Session::read(directory.path()).expect("a session");
        let wrote = Written {
            out: wrote,
            ..Written::default()
        };
        let checked = output(&session, &session.segments[0], 7, wrote, true);
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(checked.is_ok(), good, "{text:?}: {checked:?}");
    }

    #[test]
    fn lines_are_right_dense_and_all_there() {
        let line = |number| numbered_line(7, Side::Out, number);
        let lines = |numbers: &[u64], end: &str| -> Vec<u8> {
            let text: String = numbers.iter().map(|n| line(*n) + end).collect();
            text.into_bytes()
        };
        check(b"", 0, true);
        check(&lines(&[1, 2, 3], "\n"), 3, true);
        check(&lines(&[1, 2, 3], "\r\n"), 3, true);
        check(&lines(&[1, 2, 3], "\n"), 4, false);
        check(&lines(&[1, 3], "\n"), 2, false);
        check(&lines(&[1, 2, 2], "\n"), 2, false);
        check(&line(1).as_bytes()[..5], 0, true);
        check(b"out 1 something else\n", 1, false);
        check(b"\0\0\0\0", 0, false);
        let mut foreign = numbered_line(8, Side::Out, 1).into_bytes();
        foreign.push(b'\n');
        check(&foreign, 1, false);
    }
}
