//! Pieces of a segment's logs, for whoever follows or replays it.
//!
//! Nothing is cached: each call sees what is committed then, so a reader of a growing log and a
//! reader of a finished one are the same code. Output that is no longer kept (`gap` records) reads
//! as zeros: whoever wants output past its gaps reads it with [`OutputReader`](crate::OutputReader).

use std::{fs::File, io, ops::Range, path::PathBuf};

use memchr::memrchr;
use pod_files::FileError;
use pod_protocol::{Offset, RECORD_BYTES_MAX, Record, Seq, Timestamp};

use crate::{
    StoreError, Tail,
    lines::{Line, Lines, committed_bytes, fill_at, line_start, locate, locate_where, read_up_to},
};

/// Reads the logs of one segment.
#[derive(Debug)]
pub struct SegmentReader {
    records: (File, PathBuf),
    output: (File, PathBuf),
    out_base: Offset,
}

/// Whole lines of a record log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSlice {
    /// The lines, each with its newline.
    pub bytes: Vec<u8>,
    /// Where to read on. The same as where this was read from: nothing more is committed. With no
    /// bytes but further on: a line longer than any record was passed over.
    pub next_byte: u64,
}

impl SegmentReader {
    pub(crate) const fn new(
        records: (File, PathBuf),
        output: (File, PathBuf),
        out_base: Offset,
    ) -> Self {
        Self {
            records,
            output,
            out_base,
        }
    }

    /// Whole lines from `from_byte` on, which must be the start of a line: about `max_bytes` of
    /// them, but always one line if one is committed.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn read_records(
        &self,
        from_byte: u64,
        max_bytes: usize,
    ) -> Result<RecordSlice, StoreError> {
        let (file, path) = &self.records;
        let slice = whole_lines(file, from_byte, max_bytes);
        Ok(slice.map_err(FileError::io("read", path))?)
    }

    /// At most `max_bytes` bytes of output from the session-wide offset `from` on; none at the end.
    ///
    /// # Errors
    /// When `from` is before this segment, or the operating system has something against it.
    pub fn read_output(&self, from: Offset, max_bytes: usize) -> Result<Vec<u8>, StoreError> {
        let (file, path) = &self.output;
        let read = read_up_to(file, self.output_byte(from)?, max_bytes);
        Ok(read.map_err(FileError::io("read", path))?)
    }

    /// Reads output from the session-wide offset `from` on into `buffer`, as much as is there and
    /// fits; how much that was, which is 0 at the end.
    ///
    /// # Errors
    /// As for [`SegmentReader::read_output`].
    pub fn read_output_into(&self, from: Offset, buffer: &mut [u8]) -> Result<usize, StoreError> {
        let (file, path) = &self.output;
        let read = fill_at(file, self.output_byte(from)?, buffer);
        Ok(read.map_err(FileError::io("read", path))?)
    }

    /// Where the output at `from` lies in its file.
    fn output_byte(&self, from: Offset) -> Result<u64, StoreError> {
        if from < self.out_base {
            return Err(StoreError::BeforeSegment {
                path: self.output.1.clone(),
                asked: from,
                base: self.out_base,
            });
        }
        Ok(from.since(self.out_base))
    }

    /// Reads the record log from `from_byte` on into `buffer`, committed or not; how much that was.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn read_records_into(
        &self,
        from_byte: u64,
        buffer: &mut [u8],
    ) -> Result<usize, StoreError> {
        let (file, path) = &self.records;
        Ok(fill_at(file, from_byte, buffer).map_err(FileError::io("read", path))?)
    }

    /// Where the line that holds the byte before `byte` of the record log starts.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn record_line_start(&self, byte: u64) -> Result<u64, StoreError> {
        let (file, path) = &self.records;
        Ok(line_start(file, byte).map_err(FileError::io("read", path))?)
    }

    /// Where the first record numbered `seq` or later starts; the end of the log if there is none.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn locate_seq(&self, seq: Seq) -> Result<u64, StoreError> {
        let (file, path) = &self.records;
        Ok(locate(file, seq).map_err(FileError::io("read", path))?)
    }

    /// Where the first record starts that was written when the session had `out` bytes of output or
    /// more; the end of the log if there is none.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn locate_output(&self, out: Offset) -> Result<u64, StoreError> {
        self.locate_record(|record| record.out >= out)
    }

    /// Where the first record starts that is not from before `at`; the end of the log if there is
    /// none. Where the wall clock was set back, one of the places.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn locate_time(&self, at: Timestamp) -> Result<u64, StoreError> {
        self.locate_record(|record| record.at >= at)
    }

    fn locate_record(&self, reached: impl Fn(&Record) -> bool) -> Result<u64, StoreError> {
        let (file, path) = &self.records;
        let reached = |line: &[u8]| Record::from_line(line).ok().map(|record| reached(&record));
        Ok(locate_where(file, reached).map_err(FileError::io("read", path))?)
    }

    /// How many bytes of the record log are committed.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn records_bytes(&self) -> Result<u64, StoreError> {
        let (file, path) = &self.records;
        Ok(committed_bytes(file).map_err(FileError::io("read", path))?)
    }

    /// How much of the record log lies behind `byte`, committed or not: the cheap question before
    /// reading on. `None` for nothing.
    pub(crate) fn records_behind(&self, byte: u64) -> Result<Option<u64>, StoreError> {
        let (file, path) = &self.records;
        let length = file.metadata().map_err(FileError::io("read", path))?.len();
        Ok(length.checked_sub(byte).filter(|bytes| *bytes > 0))
    }

    /// How the record log ends.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn tail(&self) -> Result<Tail, StoreError> {
        let (file, path) = &self.records;
        let length = file.metadata().map_err(FileError::io("read", path))?.len();
        Ok(Tail::between(self.records_bytes()?, length))
    }

    /// The session-wide offsets of the output that is here.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn output_range(&self) -> Result<Range<Offset>, StoreError> {
        let (file, path) = &self.output;
        let length = file.metadata().map_err(FileError::io("read", path))?.len();
        Ok(self.out_base..self.out_base.plus(length))
    }
}

fn whole_lines(file: &File, from: u64, max_bytes: usize) -> io::Result<RecordSlice> {
    let mut bytes = read_up_to(file, from, max_bytes)?;
    if let Some(newline) = memrchr(b'\n', &bytes) {
        bytes.truncate(newline + 1);
        let next_byte = from + bytes.len() as u64;
        return Ok(RecordSlice { bytes, next_byte });
    }
    let mut lines = Lines::new(file, from);
    let bytes = match lines.next_line()? {
        Some(Line::Whole { text, .. }) if text.len() <= RECORD_BYTES_MAX => text.to_vec(),
        _ => Vec::new(),
    };
    let next_byte = lines.position();
    Ok(RecordSlice { bytes, next_byte })
}
