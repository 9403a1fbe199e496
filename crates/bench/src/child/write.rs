//! A child that writes a given amount as fast as it can.

use std::{ffi::OsString, io::Write, path::Path};

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::{command, number, plain_output, say_prelude};
use crate::{clock::now_ns, gate::Waiting};

pub(super) const VERB: &str = "child-write";

/// How a child writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// Lines of 8 bytes in blocks of 8 KiB, as `seq` does.
    Seq,
    /// Lines of 500 bytes in blocks of about 8 KiB.
    Lines,
    /// Lines of 16 bytes, each written by itself.
    Tiny,
}

impl Shape {
    pub(crate) const ALL: [Self; 3] = [Self::Seq, Self::Lines, Self::Tiny];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Seq => "seq",
            Self::Lines => "lines",
            Self::Tiny => "tiny",
        }
    }

    const fn line_bytes(self) -> usize {
        match self {
            Self::Seq => 8,
            Self::Lines => 500,
            Self::Tiny => 16,
        }
    }

    const fn lines_a_write(self) -> usize {
        match self {
            Self::Seq => 1_024,
            Self::Lines => 16,
            Self::Tiny => 1,
        }
    }

    /// The bytes of one write.
    pub(crate) const fn write_bytes(self) -> usize {
        self.line_bytes() * self.lines_a_write()
    }

    /// How many lines `bytes` are. They are rounded to whole writes by the caller.
    pub(crate) const fn lines(self, bytes: u64) -> u64 {
        bytes / self.line_bytes() as u64
    }

    /// `bytes` rounded up to whole writes. Writing by single lines is a cost of system calls, not
    /// of bytes, so it gets a part of them only.
    pub(crate) const fn size(self, bytes: u64) -> u64 {
        let part = match self {
            Self::Tiny => bytes / 32,
            Self::Seq | Self::Lines => bytes,
        };
        part.div_ceil(self.write_bytes() as u64) * self.write_bytes() as u64
    }

    fn block(self) -> Vec<u8> {
        let mut block = Vec::with_capacity(self.write_bytes());
        for line in 0..self.lines_a_write() {
            let text = format!("{:07}", 1_000_000 + line);
            let filled = text.bytes().cycle().take(self.line_bytes() - 1);
            block.extend(filled);
            block.push(b'\n');
        }
        block
    }
}

/// The command line of a child that writes `bytes`.
pub(crate) fn writer(directory: &Path, shape: Shape, bytes: u64) -> Result<Vec<OsString>> {
    command(VERB, directory, [shape.name().into(), bytes.to_string()])
}

pub(super) fn run(mut waiting: Waiting, words: &[&str], first_ns: u64) -> Result<()> {
    let shape = words
        .first()
        .and_then(|name| Shape::from_str(name, false).ok());
    let shape = shape.context("a shape is needed")?;
    let bytes = number(words, 1)?;
    let mut out = plain_output()?;
    say_prelude(&mut out)?;
    waiting.say_ready(first_ns)?;
    if !waiting.pass()? {
        return Ok(());
    }
    let block = shape.block();
    let from_ns = now_ns();
    for _ in 0..bytes / block.len() as u64 {
        out.write_all(&block)?;
    }
    waiting.say_done(from_ns, now_ns())?;
    while waiting.pass()? {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_whole_writes_and_whole_lines() {
        for shape in Shape::ALL {
            let block = shape.block();
            assert_eq!(block.len(), shape.write_bytes());
            let lines = block.iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(lines as u64, shape.lines(block.len() as u64));
            let size = shape.size(1_000_000);
            assert_eq!(size % block.len() as u64, 0);
            assert!(size >= 1_000_000 / 32);
        }
    }
}
