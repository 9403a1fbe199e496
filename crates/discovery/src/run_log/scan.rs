//! Walks over records: what a filter lets through, without reading the others as records.

use std::{
    ops::{ControlFlow, Range},
    sync::Arc,
};

use memchr::memrchr;
use pod_protocol::{RECORD_BYTES_MAX, Seq};
use pod_store::{SegmentReader, StoreError};

use super::{Cancel, Direction, Ended, OutputPattern, PatternError, Progress, RecordPlace, RunLog};

/// How much is read at once, in bytes: twice the longest record, so that one is always whole.
const READ_BYTES: usize = 2 * RECORD_BYTES_MAX;

/// Which lines a scan tells of. It looks at bytes: whoever is told reads the record and may still
/// not want it.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// `None` lets every line through.
    wanted: Option<OutputPattern>,
}

impl RecordFilter {
    /// Every line.
    #[must_use]
    pub const fn all() -> Self {
        Self { wanted: None }
    }

    /// Lines of these kinds, or of kinds that begin with one of them and a dot.
    ///
    /// # Errors
    /// When there are too many of them.
    pub fn kinds(kinds: &[&str]) -> Result<Self, PatternError> {
        let exact = kinds.iter().map(|kind| format!(r#""kind":"{kind}""#));
        let below = kinds.iter().map(|kind| format!(r#""kind":"{kind}."#));
        let texts: Vec<Vec<u8>> = exact.chain(below).map(String::into_bytes).collect();
        Self::containing(&texts)
    }

    /// Lines that contain one of these texts, which have no newline.
    ///
    /// # Errors
    /// When there are too many of them.
    pub fn containing(texts: &[Vec<u8>]) -> Result<Self, PatternError> {
        let wanted = Some(OutputPattern::any_of(texts)?);
        Ok(Self { wanted })
    }

    /// Lines that the pattern is in, as they stand in the log: text is escaped there as JSON is.
    #[must_use]
    pub const fn matching(pattern: OutputPattern) -> Self {
        Self {
            wanted: Some(pattern),
        }
    }

    /// The first line of `text` from `from` on that is wanted, with its newline.
    fn find(&self, text: &[u8], from: usize) -> Option<Range<usize>> {
        match &self.wanted {
            Some(pattern) => {
                let found = pattern.find_line(text, from)?;
                Some(found.line.start..found.line.end + 1)
            }
            None => {
                let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
                let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
                Some(from..from + length)
            }
        }
    }
}

/// What is scanned.
#[derive(Clone, Debug)]
pub struct RecordScan {
    /// From the record with the first number up to the one with the second. Damaged lines between
    /// belong to it.
    pub range: Range<Seq>,
    /// Which lines.
    pub filter: RecordFilter,
    /// In which order.
    pub direction: Direction,
}

/// What a scan tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned<'a> {
    /// A line that the filter lets through.
    Line {
        /// Where it begins.
        place: RecordPlace,
        /// The line, with its newline; of one that is longer than any record, a part.
        text: &'a [u8],
    },
    /// How far the scan has come: after every piece of the log, whether or not it had a line.
    Reached(Progress),
}

/// A stretch of one segment's record log.
#[derive(Clone, Debug)]
struct Stretch {
    reader: Arc<SegmentReader>,
    segment: usize,
    bytes: Range<u64>,
}

impl RunLog {
    /// Tells `each` of the lines of a scan, until it breaks. What is appended meanwhile is not part
    /// of it.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn scan_records(
        &self,
        scan: &RecordScan,
        cancel: &Cancel,
        each: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> Result<Ended, StoreError> {
        let mut stretches = self.stretches(&scan.range)?;
        let total_bytes = stretches
            .iter()
            .map(|one| one.bytes.end - one.bytes.start)
            .sum();
        if scan.direction == Direction::Back {
            stretches.reverse();
        }
        let mut walk = Walk {
            filter: &scan.filter,
            cancel,
            progress: Progress {
                done_bytes: 0,
                total_bytes,
            },
            buffer: Vec::new(),
            each,
        };
        if cancel.is_cancelled() {
            return Ok(Ended::Cancelled);
        }
        for stretch in &stretches {
            let walked = match scan.direction {
                Direction::Forward => walk.forwards(stretch)?,
                Direction::Back => walk.backwards(stretch)?,
            };
            if let ControlFlow::Break(ended) = walked {
                return Ok(ended);
            }
        }
        Ok(Ended::AtTheEnd)
    }

    /// Where the records of `range` are, in order.
    fn stretches(&self, range: &Range<Seq>) -> Result<Vec<Stretch>, StoreError> {
        let from = self.place_of(range.start)?;
        let until = self.place_of(range.end)?;
        let mut stretches = Vec::new();
        for segment in from.segment..=until.segment {
            let Some(reader) = self.segment_reader(segment)? else {
                continue;
            };
            let start = if segment == from.segment {
                from.byte
            } else {
                0
            };
            let end = match segment == until.segment {
                true => until.byte,
                false => reader.records_bytes()?,
            };
            if start < end {
                stretches.push(Stretch {
                    reader,
                    segment,
                    bytes: start..end,
                });
            }
        }
        Ok(stretches)
    }
}

struct Walk<'a> {
    filter: &'a RecordFilter,
    cancel: &'a Cancel,
    progress: Progress,
    buffer: Vec<u8>,
    each: &'a mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
}

type Walked = Result<ControlFlow<Ended>, StoreError>;

impl Walk<'_> {
    fn forwards(&mut self, stretch: &Stretch) -> Walked {
        let mut at = stretch.bytes.start;
        while at < stretch.bytes.end {
            let read = self.read(stretch, at..stretch.bytes.end.min(at + READ_BYTES as u64))?;
            // No newline: a part of a line that is longer than any record.
            let lines = memrchr(b'\n', &self.buffer[..read]).map_or(read, |newline| newline + 1);
            if lines == 0 {
                break;
            }
            let told = self.tell(stretch, at, 0..lines);
            if let Some(ended) = self.ended(told, lines) {
                return Ok(ControlFlow::Break(ended));
            }
            at += lines as u64;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn backwards(&mut self, stretch: &Stretch) -> Walked {
        let mut end = stretch.bytes.end;
        while end > stretch.bytes.start {
            let from = stretch
                .bytes
                .start
                .max(end.saturating_sub(READ_BYTES as u64));
            let read = self.read(stretch, from..end)?;
            let start = match from == stretch.bytes.start {
                true => 0,
                false => memchr::memchr(b'\n', &self.buffer[..read]).map_or(0, |n| n + 1),
            };
            // One newline, at the end: the end of a line that is longer than any record.
            let start = if start >= read { 0 } else { start };
            let told = self.tell_back(stretch, from, start..read);
            if let Some(ended) = self.ended(told, read - start) {
                return Ok(ControlFlow::Break(ended));
            }
            end = from + start as u64;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn read(&mut self, stretch: &Stretch, bytes: Range<u64>) -> Result<usize, StoreError> {
        let wanted = usize::try_from(bytes.end - bytes.start).expect("a piece");
        self.buffer.resize(wanted.max(self.buffer.len()), 0);
        stretch
            .reader
            .read_records_into(bytes.start, &mut self.buffer[..wanted])
    }

    /// Tells that so much more is done with, and why the walk ends, if it does.
    fn ended(&mut self, told: ControlFlow<()>, bytes: usize) -> Option<Ended> {
        self.progress.done_bytes += bytes as u64;
        if told.is_break() || (self.each)(Scanned::Reached(self.progress)).is_break() {
            return Some(Ended::Early);
        }
        self.cancel.is_cancelled().then_some(Ended::Cancelled)
    }

    fn tell(&mut self, stretch: &Stretch, base: u64, lines: Range<usize>) -> ControlFlow<()> {
        let (text, mut at) = (&self.buffer[..lines.end], lines.start);
        while let Some(found) = self.filter.find(text, at) {
            at = found.end;
            (self.each)(line(text, stretch, base, &found))?;
        }
        ControlFlow::Continue(())
    }

    fn tell_back(&mut self, stretch: &Stretch, base: u64, lines: Range<usize>) -> ControlFlow<()> {
        let (text, mut at) = (&self.buffer[..lines.end], lines.start);
        let mut wanted = Vec::new();
        while let Some(found) = self.filter.find(text, at) {
            at = found.end;
            wanted.push(found);
        }
        for found in wanted.iter().rev() {
            (self.each)(line(text, stretch, base, found))?;
        }
        ControlFlow::Continue(())
    }
}

fn line<'a>(text: &'a [u8], stretch: &Stretch, base: u64, found: &Range<usize>) -> Scanned<'a> {
    let end = found.end.min(text.len());
    Scanned::Line {
        place: RecordPlace {
            segment: stretch.segment,
            byte: base + found.start as u64,
        },
        text: &text[found.start.min(end)..end],
    }
}
