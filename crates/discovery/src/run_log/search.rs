//! Search in all output, as it is shown.
//!
//! What is looked through is blocks of whole lines. Most have nothing in them that a screen would
//! not show as it is: they are searched as they are, at the speed of the pattern. The others are
//! first made what they are shown as.

use std::ops::{ControlFlow, Range};

use pod_protocol::Offset;
use pod_store::StoreError;

use super::{
    Cancel, OutputPattern, Progress, RunLog,
    blocks::{Backward, Block, Forward},
    shown::{Shown, has_special},
};

/// Which way is looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what was written later.
    Forward,
    /// To what was written earlier.
    Back,
}

/// A line that matches. Of a line of more than a mebibyte, each of the pieces that it is searched in
/// counts as a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputMatch {
    /// The line, with its newline: search on forwards from its end, and backwards from its start.
    pub line: Range<Offset>,
    /// The first match in it, from its first byte to its last one, with what is not shown between.
    pub matched: Range<Offset>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was looked through.
    AtTheEnd,
    /// Whoever was told had enough.
    Early,
    /// It was given up.
    Cancelled,
}

impl RunLog {
    /// Tells every line that matches, in the order of the direction, with its raw bytes, until
    /// `each` breaks: forwards from `from` on, where a line is taken to begin; backwards before `from`,
    /// where a line is taken to end. `progress` is told after every block.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn each_match(
        &self,
        pattern: &OutputPattern,
        from: Offset,
        direction: Direction,
        cancel: &Cancel,
        progress: &mut dyn FnMut(Progress),
        each: &mut dyn FnMut(OutputMatch, &[u8]) -> ControlFlow<()>,
    ) -> Result<Ended, StoreError> {
        let extent = self.output_extent()?;
        let from = from.clamp(extent.start, extent.end);
        let mut finder = Finder::new(pattern);
        let mut blocks = Blocks::new(self, from, &extent, direction);
        let searched = match direction {
            Direction::Forward => from..extent.end,
            Direction::Back => extent.start..from,
        };
        while let Some(block) = blocks.next()? {
            if cancel.is_cancelled() {
                return Ok(Ended::Cancelled);
            }
            finder.take(&block);
            let told = match direction {
                Direction::Forward => finder.tell(&block, each),
                Direction::Back => finder.tell_back(&block, each),
            };
            if told.is_break() {
                return Ok(Ended::Early);
            }
            progress(passed(&block, &searched, direction));
        }
        Ok(Ended::AtTheEnd)
    }
}

fn passed(block: &Block<'_>, searched: &Range<Offset>, direction: Direction) -> Progress {
    let done = match direction {
        Direction::Forward => block
            .base
            .plus(block.bytes.len() as u64)
            .since(searched.start),
        Direction::Back => searched.end.since(block.base),
    };
    Progress {
        done_bytes: done,
        total_bytes: searched.end.since(searched.start),
    }
}

enum Blocks {
    Forward(Forward),
    Back(Backward),
}

impl Blocks {
    fn new(log: &RunLog, from: Offset, extent: &Range<Offset>, direction: Direction) -> Self {
        let reader = log.own_output();
        match direction {
            Direction::Forward => Self::Forward(Forward::new(reader, from, extent.end)),
            Direction::Back => Self::Back(Backward::new(reader, extent.start, from)),
        }
    }

    fn next(&mut self) -> Result<Option<Block<'_>>, StoreError> {
        match self {
            Self::Forward(blocks) => blocks.next(),
            Self::Back(blocks) => blocks.next(),
        }
    }
}

/// Finds the lines of a block that match.
struct Finder<'a> {
    pattern: &'a OutputPattern,
    shown: Shown,
    /// Whether the block is not shown as it is.
    is_changed: bool,
    /// Where to look next, in the text as it is shown.
    at: usize,
    /// The line that was found last, in the block.
    last: Option<Range<usize>>,
}

/// A line and its match, in the bytes of a block.
type Found = (Range<usize>, Range<usize>);

impl<'a> Finder<'a> {
    fn new(pattern: &'a OutputPattern) -> Self {
        Self {
            pattern,
            shown: Shown::default(),
            is_changed: false,
            at: 0,
            last: None,
        }
    }

    fn take(&mut self, block: &Block<'_>) {
        (self.at, self.last) = (0, None);
        self.is_changed = has_special(block.bytes);
        if self.is_changed {
            self.shown.take(block.bytes);
        }
    }

    /// The next line of the block that matches and that the block before has not shown.
    fn next(&mut self, block: &Block<'_>, direction: Direction) -> Option<Found> {
        loop {
            let text = match self.is_changed {
                true => &self.shown.text,
                false => block.bytes,
            };
            let found = self.pattern.find_line(text, self.at)?;
            self.at = found.line.end + 1;
            let matched = match self.is_changed {
                true => self.raw(&found.matched, block.bytes.len()),
                false => found.matched.clone(),
            };
            let length = block.bytes.len();
            let is_known = block.known_bytes > 0
                && match direction {
                    Direction::Forward => matched.end <= block.known_bytes,
                    Direction::Back => matched.start >= length - block.known_bytes,
                };
            if is_known {
                // It is in a piece of a long line, in which there may be another one behind it.
                let behind = found.matched.end.max(found.matched.start + 1);
                self.at = behind.min(found.line.end + 1);
                continue;
            }
            let line = self.line_of(block, &found.line, matched.start);
            // A line that is shown as several matches once.
            if self.last.as_ref() == Some(&line) {
                continue;
            }
            self.last = Some(line.clone());
            return Some((line, matched));
        }
    }

    fn raw(&self, shown: &Range<usize>, length: usize) -> Range<usize> {
        let start = self.shown.raw_of(shown.start).min(length);
        let end = match shown.is_empty() {
            true => start,
            false => self.shown.raw_of(shown.end - 1) + 1,
        };
        start..end.clamp(start, length)
    }

    /// The line around `at`, with its newline.
    fn line_of(&self, block: &Block<'_>, found: &Range<usize>, at: usize) -> Range<usize> {
        let raw = block.bytes;
        if !self.is_changed && block.known_bytes == 0 {
            return found.start..(found.end + 1).min(raw.len());
        }
        let start = memchr::memrchr(b'\n', &raw[..at]).map_or(0, |newline| newline + 1);
        let end = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |newline| at + newline + 1);
        start..end
    }

    fn tell(
        &mut self,
        block: &Block<'_>,
        each: &mut dyn FnMut(OutputMatch, &[u8]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        while let Some(found) = self.next(block, Direction::Forward) {
            each(in_session(block, &found), &block.bytes[found.0])?;
        }
        ControlFlow::Continue(())
    }

    fn tell_back(
        &mut self,
        block: &Block<'_>,
        each: &mut dyn FnMut(OutputMatch, &[u8]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut lines = Vec::new();
        while let Some(found) = self.next(block, Direction::Back) {
            lines.push(found);
        }
        for found in lines.into_iter().rev() {
            each(in_session(block, &found), &block.bytes[found.0])?;
        }
        ControlFlow::Continue(())
    }
}

fn in_session(block: &Block<'_>, (line, matched): &Found) -> OutputMatch {
    let range = |range: &Range<usize>| {
        block.base.plus(range.start as u64)..block.base.plus(range.end as u64)
    };
    OutputMatch {
        line: range(line),
        matched: range(matched),
    }
}
