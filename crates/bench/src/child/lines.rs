//! A child that prints lines of 80 bytes at a given pace.

use std::{
    ffi::OsString,
    io::Write,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{command, end_with, number, plain_output, say_prelude};
use crate::{clock::now_ns, gate::Waiting};

pub(super) const VERB: &str = "child-lines";

/// A line with its newline.
pub(crate) const LINE_BYTES: usize = 80;
/// How often lines come at once: seldom enough for a frame each.
pub(crate) const BURST_EVERY: Duration = Duration::from_millis(100);
/// How many lines of a flood are written at once.
const FLOOD_LINES: u64 = 50;

/// Lines that fill the screen before anything is measured, numbered where no other line is.
const FILLING_FROM: u64 = 9_000_000_000;
const FILLING_LINES: u64 = 120;

/// How lines come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// So many at once, so often, ten times a second.
    Bursts { lines: u64, times: u64 },
    /// As fast as they are taken, until the benchmark has had enough.
    Flood,
}

/// The command line of a child that prints lines once it is let.
pub(crate) fn printer(directory: &Path, pace: Pace) -> Result<Vec<OsString>> {
    let (lines, times) = match pace {
        Pace::Bursts { lines, times } => (lines, times),
        Pace::Flood => (FLOOD_LINES, 0),
    };
    command(VERB, directory, [lines.to_string(), times.to_string()])
}

/// What the line with this number ends in, so that it can be waited for.
pub(crate) fn line_end(number: u64) -> String {
    format!("line {number:010}")
}

pub(super) fn run(mut waiting: Waiting, words: &[&str], first_ns: u64) -> Result<()> {
    let (lines, times) = (number(words, 0)?, number(words, 1)?);
    let mut out = plain_output()?;
    // A screen that is full scrolls; one that is not yet only grows.
    out.write_all(&block(FILLING_FROM, FILLING_LINES))?;
    say_prelude(&mut out)?;
    waiting.say_ready(first_ns)?;
    if !waiting.pass()? {
        return Ok(());
    }
    let from = Instant::now();
    let from_ns = now_ns();
    if times == 0 {
        end_with(waiting);
        for burst in 0.. {
            out.write_all(&block(burst * lines, lines))?;
        }
        return Ok(());
    }
    for burst in 0..times {
        out.write_all(&block(burst * lines, lines))?;
        let next = BURST_EVERY * u32::try_from(burst + 1)?;
        thread::sleep(next.saturating_sub(from.elapsed()));
    }
    waiting.say_done(from_ns, now_ns())?;
    while waiting.pass()? {}
    Ok(())
}

/// Lines `from` to `from + count`. Neighbours differ in many places, as lines of a log do, so that
/// nobody saves by writing only what differs.
fn block(from: u64, count: u64) -> Vec<u8> {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    let mut block = Vec::new();
    for number in from..from + count {
        let end = line_end(number);
        let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for _ in 0..LINE_BYTES - 2 - end.len() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let letter = usize::try_from(state % ALPHABET.len() as u64).expect("small");
            block.push(ALPHABET[letter]);
        }
        block.push(b' ');
        block.extend_from_slice(end.as_bytes());
        block.push(b'\n');
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_80_bytes_and_end_in_their_number() {
        let text = String::from_utf8(block(41, 2)).expect("plain text");
        assert_eq!(text.len(), 2 * LINE_BYTES);
        let mut lines = text.lines();
        assert!(lines.next().expect("two").ends_with(&line_end(41)));
        assert!(lines.next().expect("two").ends_with(&line_end(42)));
    }
}
