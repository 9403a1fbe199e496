//! Output by its offset, in both directions.

use std::ops::Range;

use bytes::Bytes;
use pod_protocol::{Gaps, Offset};
use pod_store::{OutputReader, StoreError, Stream};

use super::RunLog;

/// How much is read at once where a line break is looked for, in bytes.
const BREAK_READ_BYTES: usize = 64 * 1024;

/// What stands at some place of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputPiece {
    /// Bytes that are kept, all of one stream.
    Text {
        /// Where they begin.
        from: Offset,
        /// Who wrote them; `None` where nothing tells any more.
        stream: Option<Stream>,
        /// The bytes.
        bytes: Bytes,
        /// Whether a segment begins with them that is not the first one.
        begins_segment: bool,
    },
    /// Bytes that are not there.
    Gap(OutputGap),
}

impl OutputPiece {
    /// The offsets of the piece.
    #[must_use]
    pub fn range(&self) -> Range<Offset> {
        match self {
            Self::Text { from, bytes, .. } => *from..from.plus(bytes.len() as u64),
            Self::Gap(gap) => gap.range.clone(),
        }
    }

    /// Whether nothing that came before it goes on behind it: it is a gap, or begins another segment.
    #[must_use]
    pub const fn begins_anew(&self) -> bool {
        match self {
            Self::Text { begins_segment, .. } => *begins_segment,
            Self::Gap(_) => true,
        }
    }
}

/// A stretch of output that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputGap {
    /// The stretch.
    pub range: Range<Offset>,
    /// Why it is not there.
    pub cause: GapCause,
}

/// Why output is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// The session says so: it was over its cap, or the disk was full.
    NotKept,
    /// No record explains it: the file is missing or shorter than it should be.
    Missing,
}

/// Some output, whose pieces follow each other without holes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputPieces {
    /// The pieces, in order of their offsets.
    pub pieces: Vec<OutputPiece>,
    /// What they cover: the place to read back and the place to read on.
    pub range: Range<Offset>,
}

/// Where the line begins that holds some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStart {
    /// There: behind a line break or a gap, or with the first output of a segment.
    At(Offset),
    /// Further back than was looked; up to there no line begins.
    Before(Offset),
}

impl LineStart {
    /// The place, whichever it is.
    #[must_use]
    pub const fn offset(self) -> Offset {
        match self {
            Self::At(offset) | Self::Before(offset) => offset,
        }
    }
}

impl RunLog {
    /// The output from `from` on: at most `max_bytes` that are kept, and the gaps between them.
    /// Nothing at the end. A place before the first output counts as that.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn read_output(&self, from: Offset, max_bytes: usize) -> Result<OutputPieces, StoreError> {
        let mut reader = self.own_output();
        let extent = reader.range()?;
        let start = from.clamp(extent.start, extent.end);
        let mut read = Reading::new(start);
        let mut left = max_bytes;
        while read.end < extent.end && left > 0 {
            let found = reader.read(read.end, extent.end, left)?;
            let (at, bytes) = found.unwrap_or((extent.end, Vec::new()));
            left -= bytes.len();
            read.gap_until(at, reader.gaps());
            self.push_text(&mut read, &reader, at, &bytes.into());
        }
        self.keep(reader);
        Ok(read.finish())
    }

    /// The output before `before`: at most `max_bytes` that are kept, and the gaps between them. In
    /// order of offsets, as [`RunLog::read_output`] gives it.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn read_output_back(
        &self,
        before: Offset,
        max_bytes: usize,
    ) -> Result<OutputPieces, StoreError> {
        let mut reader = self.own_output();
        let extent = reader.range()?;
        let end = before.clamp(extent.start, extent.end);
        let (mut found, mut at, mut left) = (Vec::new(), end, max_bytes);
        while at > extent.start && left > 0 {
            let Some((from, bytes)) = reader.read_back(extent.start, at, left)? else {
                at = extent.start;
                break;
            };
            left -= bytes.len();
            at = from;
            found.push((from, bytes));
        }
        let mut read = Reading::new(at);
        for (from, bytes) in found.into_iter().rev() {
            read.gap_until(from, reader.gaps());
            self.push_text(&mut read, &reader, from, &bytes.into());
        }
        read.gap_until(end, reader.gaps());
        self.keep(reader);
        Ok(read.finish())
    }

    /// The start of the line that holds the byte before `offset`, looked for in at most `max_bytes`.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn line_start_before(
        &self,
        offset: Offset,
        max_bytes: usize,
    ) -> Result<LineStart, StoreError> {
        let mut reader = self.own_output();
        let extent = reader.range()?;
        let mut at = offset.clamp(extent.start, extent.end);
        let mut left = max_bytes;
        // The line break just before ends the line that is looked for.
        let mut is_own_end = true;
        while left > 0 {
            let wanted = left.min(BREAK_READ_BYTES);
            let found = reader.read_back(extent.start, at, wanted)?;
            let Some((from, bytes)) = found else {
                return Ok(LineStart::At(at));
            };
            let end = from.plus(bytes.len() as u64);
            if end < at {
                return Ok(LineStart::At(at));
            }
            let searched = bytes.len() - usize::from(is_own_end && bytes.ends_with(b"\n"));
            is_own_end = false;
            if let Some(newline) = memchr::memrchr(b'\n', &bytes[..searched]) {
                return Ok(LineStart::At(from.plus(newline as u64 + 1)));
            }
            left -= bytes.len();
            at = from;
            if reader.begins_segment(at) {
                return Ok(LineStart::At(at));
            }
        }
        match at == extent.start {
            true => Ok(LineStart::At(at)),
            false => Ok(LineStart::Before(at)),
        }
    }

    /// Whoever reads next knows the gaps that this reader has learnt of.
    fn keep(&self, reader: OutputReader) {
        *self.output() = reader;
    }

    fn push_text(&self, read: &mut Reading, reader: &OutputReader, from: Offset, bytes: &Bytes) {
        if bytes.is_empty() {
            return;
        }
        for (length, stream) in self.streams(from, bytes.len()) {
            let at = read.end;
            let start = usize::try_from(at.since(from)).expect("within the bytes");
            read.push(OutputPiece::Text {
                from: at,
                stream,
                bytes: bytes.slice(start..start + length),
                begins_segment: start == 0 && reader.begins_segment(from),
            });
        }
    }
}

/// Pieces that follow each other.
struct Reading {
    pieces: Vec<OutputPiece>,
    start: Offset,
    end: Offset,
}

impl Reading {
    const fn new(start: Offset) -> Self {
        Self {
            pieces: Vec::new(),
            start,
            end: start,
        }
    }

    fn push(&mut self, piece: OutputPiece) {
        self.end = piece.range().end;
        self.pieces.push(piece);
    }

    /// Accounts for what is not there up to `until`.
    fn gap_until(&mut self, until: Offset, gaps: &Gaps) {
        while self.end < until {
            let kept = gaps.kept_from(self.end).min(until);
            let (end, cause) = match kept > self.end {
                true => (kept, GapCause::NotKept),
                false => (gaps.kept_until(self.end, until), GapCause::Missing),
            };
            let range = self.end..end;
            self.push(OutputPiece::Gap(OutputGap { range, cause }));
        }
    }

    fn finish(self) -> OutputPieces {
        OutputPieces {
            pieces: self.pieces,
            range: self.start..self.end,
        }
    }
}
