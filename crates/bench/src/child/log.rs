//! A child that fills a log with lines of 80 bytes, the first, the last and some between them worth
//! looking for.

use std::{ffi::OsString, io::Write, path::Path};

use anyhow::Result;

use super::{LINE_BYTES, command, number, plain_output};
use crate::{clock::now_ns, gate::Waiting};

pub(super) const VERB: &str = "child-log";

/// Stands in the first line only, behind the number of the line.
pub(crate) const FIRST: &str = "the first line";
/// Stands in the last line only.
pub(crate) const LAST: &str = "the last line";
/// Stands in every hundred-thousandth line, so that printing what was found costs nothing.
pub(crate) const NEEDLE: &str = "needle";

const NEEDLE_EVERY: u64 = 100_000;
const FILLING: &[u8] = b" loss 0.2134 accuracy 0.9821 step 000123 of 000500 rate";
const NUMBER_DIGITS: usize = 10;
const BLOCK_LINES: usize = 4_096;

/// How long a log of about `bytes` is: whole lines.
pub(crate) const fn log_bytes(bytes: u64) -> u64 {
    lines(bytes) * LINE_BYTES as u64
}

const fn lines(bytes: u64) -> u64 {
    bytes / LINE_BYTES as u64
}

/// The command line of a child that fills a log with about `bytes`, then waits.
pub(crate) fn logger(directory: &Path, bytes: u64) -> Result<Vec<OsString>> {
    command(VERB, directory, [bytes.to_string()])
}

pub(super) fn run(mut waiting: Waiting, words: &[&str], first_ns: u64) -> Result<()> {
    let count = lines(number(words, 0)?);
    waiting.say_ready(first_ns)?;
    let from_ns = now_ns();
    fill(&mut plain_output()?, count)?;
    waiting.say_done(from_ns, now_ns())?;
    while waiting.pass()? {}
    Ok(())
}

fn fill(out: &mut impl Write, count: u64) -> Result<()> {
    let mut block = Vec::with_capacity(BLOCK_LINES * LINE_BYTES);
    for number in 0..count {
        let word = match number {
            0 => FIRST,
            _ if number + 1 == count => LAST,
            _ if number % NEEDLE_EVERY == 0 => NEEDLE,
            _ => "",
        };
        push_line(&mut block, number, word);
        if block.len() >= BLOCK_LINES * LINE_BYTES {
            out.write_all(&block)?;
            block.clear();
        }
    }
    Ok(out.write_all(&block)?)
}

/// Digits are written by hand: a hundred million lines are formatted.
fn push_line(block: &mut Vec<u8>, number: u64, word: &str) {
    let start = block.len();
    block.resize(start + NUMBER_DIGITS, b'0');
    let (mut rest, mut at) = (number, block.len());
    while rest > 0 && at > start {
        at -= 1;
        block[at] = b'0' + u8::try_from(rest % 10).expect("a digit");
        rest /= 10;
    }
    block.push(b' ');
    block.extend_from_slice(word.as_bytes());
    let room = LINE_BYTES - 1 - (block.len() - start);
    block.extend_from_slice(&FILLING[..room.min(FILLING.len())]);
    block.resize(start + LINE_BYTES - 1, b'.');
    block.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_whole_lines_and_what_is_looked_for() {
        let mut log = Vec::new();
        fill(&mut log, 100_002).expect("memory takes everything");
        assert_eq!(
            log.len() as u64,
            log_bytes(100_002 * LINE_BYTES as u64 + 79)
        );
        let text = String::from_utf8(log).expect("plain text");
        assert!(text.lines().all(|line| line.len() == LINE_BYTES - 1));
        assert_eq!(text.matches(FIRST).count(), 1);
        assert_eq!(text.matches(NEEDLE).count(), 1);
        let last = text.lines().last().expect("lines");
        assert!(last.starts_with("0000100001 the last line"), "{last}");
    }
}
