//! Records by their number, in both directions, damage included.

use bytes::Bytes;
use memchr::{memchr, memrchr};
use pod_protocol::{RECORD_BYTES_MAX, Seq};
use pod_store::{SegmentHead, SegmentReader, StoreError};
use serde::Deserialize;

use super::RunLog;

/// How much of a line is shown that is longer than any record, in bytes: enough to see what it is.
const CUT_LINE_BYTES: usize = 4 * 1024;

/// A place between two lines of a session's record logs. What stands behind it never changes while
/// the session is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordPlace {
    pub(super) segment: usize,
    pub(super) byte: u64,
}

/// A committed line of a record log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLine {
    /// Where it begins.
    pub place: RecordPlace,
    /// The number that it gives itself; `None` for a line that is damaged. A line with a number may
    /// be damaged behind it.
    pub seq: Option<Seq>,
    /// The line, with its newline. One that is longer than a record may be is cut short.
    pub text: Bytes,
}

/// Some lines that follow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordLines {
    /// The lines, in order.
    pub lines: Vec<RecordLine>,
    /// Where the first one begins: the place to read back from.
    pub start: RecordPlace,
    /// Behind the last one: the place to read on.
    pub end: RecordPlace,
}

impl RecordLines {
    /// The first number that can be read.
    #[must_use]
    pub fn first_seq(&self) -> Option<Seq> {
        self.lines.iter().find_map(|line| line.seq)
    }
}

impl RunLog {
    /// The lines from the record `from` on: about `max_bytes` of them, and one at least if there is
    /// one.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn read_records(&self, from: Seq, max_bytes: usize) -> Result<RecordLines, StoreError> {
        self.read_records_from(self.place_of(from)?, max_bytes)
    }

    /// Where the first record numbered `seq` or later stands; behind the last one if there is none.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn place_of(&self, seq: Seq) -> Result<RecordPlace, StoreError> {
        let segment = self.last_segment_where(|head| head.started.first_seq <= seq)?;
        let byte = match self.segment_reader(segment)? {
            Some(reader) => reader.locate_seq(seq)?,
            None => 0,
        };
        Ok(RecordPlace { segment, byte })
    }

    /// As [`RunLog::read_records`], from a place.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn read_records_from(
        &self,
        from: RecordPlace,
        max_bytes: usize,
    ) -> Result<RecordLines, StoreError> {
        let mut at = from;
        loop {
            if let Some(reader) = self.segment_reader(at.segment)? {
                let end = reader.records_bytes()?;
                if at.byte < end {
                    let lines = Lines::new(&reader, at.segment);
                    return lines.forwards(at.byte, end, max_bytes);
                }
            }
            if at.segment + 1 >= self.segment_count() {
                return Ok(RecordLines {
                    lines: Vec::new(),
                    start: at,
                    end: at,
                });
            }
            at = RecordPlace {
                segment: at.segment + 1,
                byte: 0,
            };
        }
    }

    /// The lines before the place `before`, in order: about `max_bytes` of them, and one at least if there
    /// is one.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn read_records_before(
        &self,
        before: RecordPlace,
        max_bytes: usize,
    ) -> Result<RecordLines, StoreError> {
        let mut at = before;
        loop {
            if let Some(reader) = self.segment_reader(at.segment)? {
                let end = reader.records_bytes()?.min(at.byte);
                if end > 0 {
                    return Lines::new(&reader, at.segment).backwards(end, max_bytes);
                }
            }
            let Some(earlier) = at.segment.checked_sub(1) else {
                let start = RecordPlace::default();
                return Ok(RecordLines {
                    lines: Vec::new(),
                    start,
                    end: start,
                });
            };
            at = RecordPlace {
                segment: earlier,
                byte: u64::MAX,
            };
        }
    }

    /// The last segment whose head `holds`, which it does for all before it; the first one if none.
    pub(super) fn last_segment_where(
        &self,
        holds: impl Fn(&SegmentHead) -> bool,
    ) -> Result<usize, StoreError> {
        let output = self.output();
        Ok(output.segments().partition_point(holds).saturating_sub(1))
    }
}

/// The lines of one segment.
struct Lines<'a> {
    reader: &'a SegmentReader,
    segment: usize,
}

impl<'a> Lines<'a> {
    const fn new(reader: &'a SegmentReader, segment: usize) -> Self {
        Self { reader, segment }
    }

    const fn place(&self, byte: u64) -> RecordPlace {
        RecordPlace {
            segment: self.segment,
            byte,
        }
    }

    /// Lines from `from` on, which ends before `end`.
    fn forwards(&self, from: u64, end: u64, max_bytes: usize) -> Result<RecordLines, StoreError> {
        let wanted = max_bytes.min(usize::try_from(end - from).unwrap_or(max_bytes));
        let mut bytes = self.read(from, wanted)?;
        let whole = match memrchr(b'\n', &bytes) {
            Some(newline) => newline + 1,
            None => {
                bytes = self.read(from, RECORD_BYTES_MAX)?;
                let Some(newline) = memchr(b'\n', &bytes) else {
                    return self.cut(from, end);
                };
                newline + 1
            }
        };
        bytes.truncate(whole);
        Ok(self.split(from, bytes))
    }

    /// Lines before `end`, which is behind a newline.
    fn backwards(&self, end: u64, max_bytes: usize) -> Result<RecordLines, StoreError> {
        let last = self.reader.record_line_start(end - 1)?;
        if end - last > RECORD_BYTES_MAX as u64 {
            return self.cut(last, end);
        }
        let wanted = max_bytes.max(usize::try_from(end - last).expect("one record"));
        // One byte more tells whether a line begins where that much begins.
        let from = end.saturating_sub(wanted as u64 + 1);
        let mut bytes = self.read(from, usize::try_from(end - from).expect("as wanted"))?;
        let starts = match from {
            0 => 0,
            _ => memchr(b'\n', &bytes).map_or(bytes.len(), |newline| newline + 1),
        };
        bytes.drain(..starts);
        Ok(self.split(from + starts as u64, bytes))
    }

    /// The line from `from` on, which is longer than any record.
    fn cut(&self, from: u64, end: u64) -> Result<RecordLines, StoreError> {
        let text = self.read(from, CUT_LINE_BYTES)?;
        let (mut behind, mut buffer) = (from, vec![0; RECORD_BYTES_MAX]);
        while behind < end {
            let read = self.reader.read_records_into(behind, &mut buffer)?;
            match memchr(b'\n', &buffer[..read]) {
                Some(newline) => {
                    behind += newline as u64 + 1;
                    break;
                }
                None if read == 0 => break,
                None => behind += read as u64,
            }
        }
        let line = RecordLine {
            place: self.place(from),
            seq: None,
            text: text.into(),
        };
        Ok(RecordLines {
            lines: vec![line],
            start: self.place(from),
            end: self.place(behind),
        })
    }

    fn read(&self, from: u64, bytes: usize) -> Result<Vec<u8>, StoreError> {
        let mut buffer = vec![0; bytes];
        let read = self.reader.read_records_into(from, &mut buffer)?;
        buffer.truncate(read);
        Ok(buffer)
    }

    fn split(&self, from: u64, bytes: Vec<u8>) -> RecordLines {
        let bytes = Bytes::from(bytes);
        let mut at = 0;
        let ends = memchr::memchr_iter(b'\n', &bytes);
        let lines: Vec<RecordLine> = ends
            .map(|newline| {
                let text = bytes.slice(at..=newline);
                let place = self.place(from + at as u64);
                at = newline + 1;
                RecordLine {
                    place,
                    seq: seq_of(&text),
                    text,
                }
            })
            .collect();
        RecordLines {
            lines,
            start: self.place(from),
            end: self.place(from + at as u64),
        }
    }
}

/// The number that a line gives itself, which is not too long to be a record.
pub(super) fn seq_of(line: &[u8]) -> Option<Seq> {
    if line.len() > RECORD_BYTES_MAX {
        return None;
    }
    #[derive(Deserialize)]
    struct Numbered {
        seq: Seq,
    }
    let numbered: Result<Numbered, _> = serde_json::from_slice(line);
    numbered.ok().map(|numbered| numbered.seq)
}
