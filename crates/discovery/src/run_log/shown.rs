//! Raw output as the lines that are shown of it, for whoever looks for a text that escape sequences
//! cut in pieces or that was written over.
//!
//! Most lines only lose what cannot be seen. One that moves the cursor is written into cells, as the
//! screen does it: what is written over is gone.

use std::ops::Range;

use memchr::{memchr, memrchr};

use super::{
    cells::Cells,
    sequence::{self, Sequence},
};

/// How many bytes are looked at together where most have something special.
const CHUNK_BYTES: usize = 64;
/// And where most have not.
const LOOK_BYTES: usize = 4 * 1024;
const ESCAPE: u8 = 0x1b;

/// A text as it is shown, and where its bytes come from.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Lines, each with its newline if it has one. A line that the cursor left downwards is several.
    pub(super) text: Vec<u8>,
    /// Stretches: where each begins in `text` and in the raw bytes, in order of `text`.
    origins: Vec<(u32, u32)>,
}

impl Shown {
    /// Takes whole lines of raw output, or one line or piece of one without an end.
    pub(super) fn take(&mut self, raw: &[u8]) {
        self.text.clear();
        self.origins.clear();
        // Up to `kept` everything is done with; `at` is where the next look begins.
        let (mut kept, mut at) = (0, 0);
        while let Some(special) = next_special(raw, at) {
            let invisible = match raw[special] {
                ESCAPE => match sequence::read(raw, special) {
                    Sequence::Invisible(end) => Some(end),
                    Sequence::Moves { .. } => None,
                },
                b'\r' if raw.get(special + 1).is_none_or(|next| *next == b'\n') => {
                    Some(special + 1)
                }
                // Backspace, vertical tab, form feed.
                b'\r' | 0x08 | 0x0b | 0x0c => None,
                _ => Some(special + 1),
            };
            if let Some(end) = invisible {
                self.push(raw, kept..special);
                (kept, at) = (end, end);
                continue;
            }
            let start = memrchr(b'\n', &raw[..special]).map_or(0, |newline| newline + 1);
            let end = memchr(b'\n', &raw[special..]).map_or(raw.len(), |n| special + n);
            if kept <= start {
                self.push(raw, kept..start);
            } else {
                self.forget_line();
            }
            Cells::new(self).write(raw, start..end);
            (kept, at) = (end, end);
        }
        self.push(raw, kept..raw.len());
    }

    /// Where the byte at `position` of the text comes from.
    pub(super) fn raw_of(&self, position: usize) -> usize {
        let after = self
            .origins
            .partition_point(|(text, _)| *text as usize <= position);
        match after.checked_sub(1).map(|index| self.origins[index]) {
            Some((text, raw)) => raw as usize + (position - text as usize),
            None => 0,
        }
    }

    /// Adds these raw bytes as they are.
    pub(super) fn push(&mut self, raw: &[u8], range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.note_origin(range.start);
        self.text.extend_from_slice(&raw[range]);
    }

    /// Adds a byte that stands for the raw one at `origin`.
    pub(super) fn push_byte(&mut self, byte: u8, origin: usize) {
        self.note_origin(origin);
        self.text.push(byte);
    }

    fn note_origin(&mut self, raw: usize) {
        let position = |at: usize| u32::try_from(at).expect("a block is small");
        let goes_on = self
            .origins
            .last()
            .is_some_and(|(text, from)| *from as usize + (self.text.len() - *text as usize) == raw);
        if !goes_on {
            self.origins
                .push((position(self.text.len()), position(raw)));
        }
    }

    /// Takes back the line that was begun.
    fn forget_line(&mut self) {
        let start = memrchr(b'\n', &self.text).map_or(0, |newline| newline + 1);
        self.text.truncate(start);
        let kept = self
            .origins
            .partition_point(|(text, _)| (*text as usize) < start);
        self.origins.truncate(kept);
    }
}

/// Whether a text is not shown as it is. Carriage returns before newlines do not count.
pub(super) fn has_special(raw: &[u8]) -> bool {
    let mut start = 0;
    // Without a way out in the middle of a chunk, many bytes are looked at in one instruction.
    raw.chunks(LOOK_BYTES).any(|chunk| {
        let behind = start + chunk.len();
        let next = raw.get(start + 1..(behind + 1).min(raw.len()));
        start = behind;
        let controls = chunk
            .iter()
            .fold(false, |any, byte| any | is_control(*byte));
        let pairs = chunk.iter().zip(next.unwrap_or_default());
        controls
            | pairs.fold(false, |any, (byte, next)| {
                any | ((*byte == b'\r') & (*next != b'\n'))
            })
    })
}

/// A control character other than tab, newline and carriage return.
const fn is_control(byte: u8) -> bool {
    ((byte < 0x20) & (byte != b'\n') & (byte != b'\t') & (byte != b'\r')) | (byte == 0x7f)
}

/// The first control character from `from` on, other than tab and newline.
fn next_special(raw: &[u8], from: usize) -> Option<usize> {
    let special = |byte: &u8| is_control(*byte) | (*byte == b'\r');
    let mut at = from;
    for chunk in raw.get(from..)?.chunks(CHUNK_BYTES) {
        if chunk.iter().fold(false, |any, byte| any | special(byte)) {
            return chunk.iter().position(special).map(|found| at + found);
        }
        at += chunk.len();
    }
    None
}
