//! A child that writes records to `$POD_EVENTS` as fast as it can.

use std::{env, ffi::OsString, fs::OpenOptions, io::Write, path::Path};

use anyhow::{Context, Result, ensure};

use super::{command, number};
use crate::{clock::now_ns, gate::Waiting};

pub(super) const VERB: &str = "child-emit";

/// What is written at once: a line of up to so many bytes is never mixed with another writer's.
const WRITE_BYTES: usize = 4_096;

/// The command line of a child that writes `count` records in lines of `line_bytes`.
pub(crate) fn emitter(directory: &Path, count: u64, line_bytes: u64) -> Result<Vec<OsString>> {
    command(VERB, directory, [count.to_string(), line_bytes.to_string()])
}

pub(super) fn run(mut waiting: Waiting, words: &[&str], first_ns: u64) -> Result<()> {
    let (count, line_bytes) = (number(words, 0)?, number(words, 1)?);
    let line_bytes = usize::try_from(line_bytes)?;
    let path = env::var_os("POD_EVENTS").context("there is no $POD_EVENTS")?;
    let mut fifo = OpenOptions::new().append(true).open(path)?;
    waiting.say_ready(first_ns)?;
    if !waiting.pass()? {
        return Ok(());
    }
    let from_ns = now_ns();
    let mut block = Vec::with_capacity(WRITE_BYTES);
    for done in 1..=count {
        let line = line(done, line_bytes)?;
        if block.len() + line.len() > WRITE_BYTES {
            fifo.write_all(&block)?;
            block.clear();
        }
        block.extend_from_slice(line.as_bytes());
    }
    fifo.write_all(&block)?;
    waiting.say_done(from_ns, now_ns())?;
    while waiting.pass()? {}
    Ok(())
}

/// A record of exactly `bytes` with its newline.
fn line(done: u64, bytes: usize) -> Result<String> {
    let mut line = format!(r#"{{"kind":"progress","done":{done},"unit":"step","label":""#);
    let room = bytes.checked_sub(line.len() + 3);
    let room = room.context("a record is longer than that")?;
    line.extend(std::iter::repeat_n('x', room));
    line.push_str("\"}\n");
    ensure!(line.len() == bytes, "a record of {} bytes", line.len());
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_the_length_that_was_asked_for() {
        for done in [1, 10_000_000] {
            let line = line(done, 120).expect("there is room");
            assert_eq!(line.len(), 120);
            let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(value["done"], done);
        }
        assert!(line(1, 20).is_err());
    }
}
