//! The one writer of a segment's record log.
//!
//! A batch is one `write(2)`. If it fails in the middle, the log is cut back to the last committed
//! newline, so a full disk never leaves half a record in front of the next one.
//!
//! Some room behind the log is set aside on the disk while there is some, so that the records that
//! end a run fit even when its output has filled everything else.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use pod_files::{Access, FileError, disk, open_existing};
use pod_protocol::{Draft, RECORD_BYTES_MAX, Record, RecordError, Reports, Seq, Stamp};

use crate::{
    StoreError, Tail,
    lines::{committed_bytes, line_start, read_up_to, seq_of},
};

/// The buffer that is kept between batches, in bytes. One large batch must not hold its memory for
/// the rest of a run.
const BUFFER_BYTES_KEPT: usize = 64 * 1024;

/// How much room behind the log is asked for, in bytes, beyond what is to be left: one request
/// serves many records.
const ROOM_AHEAD_BYTES: u64 = 32 * 1024;

/// What a record may take of the room that is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nothing: what a run reports.
    Report,
    /// Most of it: what the host has to say.
    Notice,
    /// All of it: how the run ended.
    Ending,
}

impl Weight {
    /// How much room must be left behind a record, in bytes. An ending is a few short records; a
    /// notice may carry an error with a long path.
    const fn leaves_bytes(self) -> u64 {
        match self {
            Self::Report => 16 * 1024,
            Self::Notice => 4 * 1024,
            Self::Ending => 0,
        }
    }
}

/// Appends records to a segment's log and numbers them.
#[derive(Debug)]
pub struct RecordWriter {
    journal: Journal<File>,
    path: PathBuf,
    next_seq: Seq,
    buffer: Vec<u8>,
}

impl RecordWriter {
    pub(crate) fn new(file: File, path: PathBuf, first: Seq) -> Self {
        Self {
            journal: Journal::new(file, 0),
            path,
            next_seq: first,
            buffer: Vec::new(),
        }
    }

    /// Goes on with an existing log: cuts off a torn tail and numbers on from its last record, or
    /// from `first` if it has none.
    ///
    /// # Errors
    /// When there is no log, or it cannot be read or cut.
    pub fn reopen(path: &Path, first: Seq) -> Result<(Self, Tail), StoreError> {
        let file = open_existing(path, Access::ReadWrite)?.ok_or_else(|| StoreError::NoLog {
            path: path.to_owned(),
        })?;
        let read = |error| FileError::io("read", path)(error);
        let committed = committed_bytes(&file).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let last = last_seq(&file, committed).map_err(read)?;
        let tail = Tail::between(committed, length);
        if tail != Tail::Clean {
            disk::set_len(&file, committed).map_err(FileError::io("cut the torn tail of", path))?;
        }
        let writer = Self {
            journal: Journal::new(file, committed),
            path: path.to_owned(),
            next_seq: last.map_or(first, Seq::next),
            buffer: Vec::new(),
        };
        Ok((writer, tail))
    }

    /// Numbers `draft` and commits it.
    ///
    /// # Errors
    /// As [`RecordWriter::append_batch`].
    ///
    /// # Panics
    /// Never: one draft makes one record.
    pub fn append(&mut self, draft: Draft, stamp: Stamp) -> Result<Record, StoreError> {
        let mut records = self.append_batch(vec![(draft, stamp)])?;
        Ok(records.pop().expect("one draft makes one record"))
    }

    /// Numbers the drafts in their order and commits them together.
    ///
    /// # Errors
    /// When one of them is too long for a record or the log could not be extended. Then none of
    /// them is in the log and no number was used.
    pub fn append_batch(&mut self, batch: Vec<(Draft, Stamp)>) -> Result<Vec<Record>, StoreError> {
        self.append_weighed(batch, Weight::Ending)
    }

    /// The same for records that may not take all the room that is set aside.
    ///
    /// # Errors
    /// As [`RecordWriter::append_batch`].
    pub fn append_weighed(
        &mut self,
        batch: Vec<(Draft, Stamp)>,
        weight: Weight,
    ) -> Result<Vec<Record>, StoreError> {
        self.empty_buffer();
        let mut seq = self.next_seq;
        let mut records = Vec::with_capacity(batch.len());
        for (draft, stamp) in batch {
            let record = draft.number(seq, stamp.at, stamp.t_ms, stamp.out);
            encode(&record, &mut self.buffer).map_err(|source| self.refused(source))?;
            records.push(record);
            seq = seq.next();
        }
        self.commit(seq, weight)?;
        Ok(records)
    }

    /// Numbers what a run reports and commits it together. Returns the number of the first.
    ///
    /// # Errors
    /// As [`RecordWriter::append_batch`].
    pub fn append_reports(
        &mut self,
        reports: &Reports,
        stamp: Stamp,
        weight: Weight,
    ) -> Result<Seq, StoreError> {
        self.empty_buffer();
        let first = self.next_seq;
        let next = reports.write_lines(first, stamp, &mut self.buffer);
        let next = next.map_err(|source| self.refused(source))?;
        self.commit(next, weight)?;
        Ok(first)
    }

    fn empty_buffer(&mut self) {
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES_KEPT);
    }

    /// Commits what is in the buffer; the record after it is numbered `next`.
    fn commit(&mut self, next: Seq, weight: Weight) -> Result<(), StoreError> {
        let committed = self.journal.commit(&self.buffer, weight.leaves_bytes());
        committed.map_err(|source| StoreError::Append {
            path: self.path.clone(),
            source,
        })?;
        self.next_seq = next;
        Ok(())
    }

    fn refused(&self, source: RecordError) -> StoreError {
        StoreError::Record {
            path: self.path.clone(),
            source,
        }
    }

    /// Waits until everything committed is on disk.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn sync(&self) -> Result<(), StoreError> {
        let synced = disk::sync_data(&self.journal.file);
        Ok(synced.map_err(FileError::io("sync", &self.path))?)
    }

    /// Gives back the room that is set aside: nothing more comes.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn give_back(&mut self) -> Result<(), StoreError> {
        let given = self.journal.cut_back();
        Ok(given.map_err(FileError::io("shorten", &self.path))?)
    }

    /// How long the log is, in bytes: where the next record will start.
    #[must_use]
    pub const fn committed_bytes(&self) -> u64 {
        self.journal.committed
    }

    /// The number of the next record.
    #[must_use]
    pub const fn next_seq(&self) -> Seq {
        self.next_seq
    }

    /// The log itself, for syncing and reading elsewhere. What lies behind
    /// [`RecordWriter::committed_bytes`] is not part of it.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.journal.file
    }
}

fn encode(record: &Record, buffer: &mut Vec<u8>) -> Result<(), RecordError> {
    let start = buffer.len();
    serde_json::to_writer(&mut *buffer, record)?;
    buffer.push(b'\n');
    match buffer.len() - start {
        bytes if bytes > RECORD_BYTES_MAX => Err(RecordError::TooLong { bytes }),
        _ => Ok(()),
    }
}

/// The number of the last readable record before `end`.
fn last_seq(file: &File, end: u64) -> io::Result<Option<Seq>> {
    let mut end = end;
    while end > 0 {
        let start = line_start(file, end - 1)?;
        let bytes = usize::try_from(end - start).unwrap_or(usize::MAX);
        if bytes <= RECORD_BYTES_MAX
            && let Some(seq) = seq_of(&read_up_to(file, start, bytes)?)
        {
            return Ok(Some(seq));
        }
        end = start;
    }
    Ok(None)
}

/// What a journal needs of its file. A seam for tests: no real disk fills up at a chosen byte.
trait Extend {
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;
    fn set_len(&self, bytes: u64) -> io::Result<()>;
    /// Sets aside room from `from` to `end` without making the file longer.
    fn set_aside(&self, from: u64, end: u64) -> io::Result<()>;
}

impl Extend for File {
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        disk::write_all_at(self, bytes, at)
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        disk::set_len(self, bytes)
    }

    fn set_aside(&self, from: u64, end: u64) -> io::Result<()> {
        disk::set_aside(self, from, end - from)
    }
}

/// A file that grows by whole commits or not at all.
#[derive(Debug)]
struct Journal<F> {
    file: F,
    committed: u64,
    /// A failed commit could not be cut off yet.
    torn: bool,
    /// Up to here the disk has room for sure.
    room_end: u64,
    /// Whether the file system can set room aside.
    sets_aside: bool,
}

impl<F: Extend> Journal<F> {
    const fn new(file: F, committed: u64) -> Self {
        Self {
            file,
            committed,
            torn: false,
            room_end: committed,
            sets_aside: true,
        }
    }

    /// Commits `bytes` if `leaves` bytes of room stay behind them.
    fn commit(&mut self, bytes: &[u8], leaves: u64) -> io::Result<()> {
        if self.torn {
            self.cut_back()?;
        }
        self.set_aside(bytes.len() as u64, leaves)?;
        if let Err(error) = self.file.write_all_at(bytes, self.committed) {
            self.torn = true;
            // The error that counts is the first one. A tail that cannot be cut now is ignored by
            // readers, and cut before the next commit.
            let _ = self.cut_back();
            return Err(error);
        }
        self.committed += bytes.len() as u64;
        Ok(())
    }

    fn set_aside(&mut self, bytes: u64, leaves: u64) -> io::Result<()> {
        let wanted = self.committed + bytes + Weight::Report.leaves_bytes();
        if !self.sets_aside || wanted <= self.room_end {
            return Ok(());
        }
        match self
            .file
            .set_aside(self.committed, wanted + ROOM_AHEAD_BYTES)
        {
            Ok(()) => self.room_end = wanted + ROOM_AHEAD_BYTES,
            // The disk is full, or nearly.
            Err(error) if is_full(&error) => {
                if self.file.set_aside(self.committed, wanted).is_ok() {
                    self.room_end = wanted;
                } else if self.committed + bytes + leaves > self.room_end && leaves > 0 {
                    return Err(error);
                }
            }
            Err(_) => self.sets_aside = false,
        }
        Ok(())
    }

    fn cut_back(&mut self) -> io::Result<()> {
        self.file.set_len(self.committed)?;
        self.torn = false;
        self.room_end = self.committed;
        Ok(())
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

#[cfg(test)]
mod tests;
