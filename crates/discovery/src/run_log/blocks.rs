//! The output in blocks of whole lines, from front to back or from back to front, in memory that
//! does not depend on it.
//!
//! Text on both sides of a gap is not one line, nor that of two segments. A line that is too long to be held comes in pieces
//! that overlap, so that a match is whole in one of them.

use std::mem;

use pod_protocol::Offset;
use pod_store::{OutputReader, StoreError};

/// How much is read at once, in bytes: system calls do not count, and the processor's cache holds it.
const READ_BYTES: usize = 256 * 1024;
/// The longest line that is looked at as a whole, in bytes.
pub(super) const LINE_BYTES_MAX: usize = 1024 * 1024;
/// How much the pieces of a longer line have in common, in bytes: the longest match that is sure to
/// be found in it.
pub(super) const OVERLAP_BYTES: usize = 64 * 1024;

/// Some output.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// Where it begins.
    pub(super) base: Offset,
    /// Whole lines; or a piece of a line, or a line that has no end.
    pub(super) bytes: &'a [u8],
    /// How many of the bytes were in the block before this one, at the end where the two meet.
    pub(super) known_bytes: usize,
}

/// From front to back.
#[derive(Debug)]
pub(super) struct Forward {
    reader: OutputReader,
    /// Where to read on, and up to where.
    at: Offset,
    end: Offset,
    buffer: Vec<u8>,
    /// Where the buffer begins.
    base: Offset,
    /// What is in it: given out up to `given`, and read up to `filled`.
    given: usize,
    filled: usize,
    /// How much of what is left was in the last block.
    known_bytes: usize,
    /// Behind `filled`: bytes from behind a gap or of the next segment, and where they begin.
    behind: Option<(Offset, usize)>,
}

impl Forward {
    pub(super) fn new(reader: OutputReader, from: Offset, end: Offset) -> Self {
        Self {
            reader,
            at: from,
            end,
            buffer: vec![0; LINE_BYTES_MAX + 2 * READ_BYTES],
            base: from,
            given: 0,
            filled: 0,
            known_bytes: 0,
            behind: None,
        }
    }

    /// The next block; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Block<'_>>, StoreError> {
        self.forget_given();
        let mut searched = 0;
        loop {
            if let Some(newline) = memchr::memrchr(b'\n', &self.buffer[searched..self.filled]) {
                return Ok(Some(self.give(searched + newline + 1, 0)));
            }
            searched = self.filled;
            if self.filled >= LINE_BYTES_MAX {
                return Ok(Some(self.give(self.filled, OVERLAP_BYTES)));
            }
            if self.behind.is_some() || !self.fill()? {
                // Before a gap or another segment and at the end a line ends as well. What was given out
                // is no line.
                if self.filled > self.known_bytes {
                    return Ok(Some(self.give(self.filled, 0)));
                }
                if self.behind.is_none() {
                    return Ok(None);
                }
                (self.given, self.known_bytes) = (self.filled, 0);
                self.forget_given();
                searched = 0;
            }
        }
    }

    /// Reads more behind what there is. `false` at the end.
    fn fill(&mut self) -> Result<bool, StoreError> {
        let free = &mut self.buffer[self.filled..self.filled + READ_BYTES];
        let Some((from, read)) = self.reader.read_into(self.at, self.end, free)? else {
            return Ok(false);
        };
        let goes_on = from == self.at && !self.reader.begins_segment(from);
        if goes_on || self.filled == 0 {
            if self.filled == 0 {
                self.base = from;
            }
            self.filled += read;
        } else {
            self.behind = Some((from, read));
        }
        self.at = from.plus(read as u64);
        Ok(true)
    }

    fn give(&mut self, bytes: usize, overlap: usize) -> Block<'_> {
        let known_bytes = mem::replace(&mut self.known_bytes, overlap);
        self.given = bytes - overlap;
        Block {
            base: self.base,
            bytes: &self.buffer[..bytes],
            known_bytes,
        }
    }

    /// Moves what was not given out to the front.
    fn forget_given(&mut self) {
        if self.given == 0 {
            return;
        }
        let given = mem::take(&mut self.given);
        if given == self.filled
            && let Some((from, read)) = self.behind.take()
        {
            self.buffer.copy_within(given..given + read, 0);
            (self.base, self.filled) = (from, read);
            return;
        }
        let read = self.behind.map_or(0, |(_, read)| read);
        self.buffer.copy_within(given..self.filled + read, 0);
        self.base = self.base.plus(given as u64);
        self.filled -= given;
    }
}

/// From back to front.
#[derive(Debug)]
pub(super) struct Backward {
    reader: OutputReader,
    /// Before here is what is to be read, and not before `start`.
    at: Offset,
    start: Offset,
    /// What was read last, and the carry behind it.
    buffer: Vec<u8>,
    /// The beginning of what was given out last: the end of a line, or what two pieces share.
    carry: Vec<u8>,
    /// Where the carry begins.
    base: Offset,
    known_bytes: usize,
    /// At the beginning of the buffer: bytes from before a gap or of the segment before, and where they
    /// begin.
    before: Option<(Offset, usize)>,
}

impl Backward {
    pub(super) fn new(reader: OutputReader, start: Offset, end: Offset) -> Self {
        Self {
            reader,
            at: end,
            start,
            buffer: vec![0; LINE_BYTES_MAX + 2 * READ_BYTES],
            carry: Vec::with_capacity(LINE_BYTES_MAX + READ_BYTES),
            base: end,
            known_bytes: 0,
            before: None,
        }
    }

    /// The next block, which lies before the last one; `None` at the beginning.
    pub(super) fn next(&mut self) -> Result<Option<Block<'_>>, StoreError> {
        loop {
            let (from, read) = match self.before.take() {
                Some(before) => before,
                None => match self.read()? {
                    Some(read) => read,
                    None if self.carry.len() > self.known_bytes => {
                        return Ok(Some(self.give_carry()));
                    }
                    None => return Ok(None),
                },
            };
            let goes_on =
                from.plus(read as u64) == self.base && !self.reader.begins_segment(self.base);
            if !goes_on && self.carry.len() > self.known_bytes {
                // What is carried is the beginning of its line.
                self.before = Some((from, read));
                return Ok(Some(self.give_carry()));
            }
            if !goes_on {
                self.carry.clear();
                self.known_bytes = 0;
            }
            self.base = from;
            // Behind the bytes that were read comes what is carried.
            let filled = read + self.carry.len();
            self.buffer[read..filled].copy_from_slice(&self.carry);
            if let Some(newline) = memchr::memchr(b'\n', &self.buffer[..read]) {
                let line = newline + 1;
                self.carry.clear();
                self.carry.extend_from_slice(&self.buffer[..line]);
                let known_bytes = mem::take(&mut self.known_bytes);
                if line < filled {
                    return Ok(Some(Block {
                        base: from.plus(line as u64),
                        bytes: &self.buffer[line..filled],
                        known_bytes,
                    }));
                }
            } else if filled >= LINE_BYTES_MAX {
                self.carry.clear();
                self.carry.extend_from_slice(&self.buffer[..OVERLAP_BYTES]);
                let known_bytes = mem::replace(&mut self.known_bytes, OVERLAP_BYTES);
                return Ok(Some(Block {
                    base: from,
                    bytes: &self.buffer[..filled],
                    known_bytes,
                }));
            } else {
                self.carry.clear();
                self.carry.extend_from_slice(&self.buffer[..filled]);
            }
        }
    }

    fn read(&mut self) -> Result<Option<(Offset, usize)>, StoreError> {
        let free = &mut self.buffer[..READ_BYTES];
        let read = self.reader.read_back_into(self.start, self.at, free)?;
        if let Some((from, _)) = read {
            self.at = from;
        }
        Ok(read)
    }

    fn give_carry(&mut self) -> Block<'_> {
        let bytes = self.carry.len();
        // Behind what may wait in front.
        self.buffer[READ_BYTES..READ_BYTES + bytes].copy_from_slice(&self.carry);
        self.carry.clear();
        Block {
            base: self.base,
            bytes: &self.buffer[READ_BYTES..READ_BYTES + bytes],
            known_bytes: mem::take(&mut self.known_bytes),
        }
    }
}
