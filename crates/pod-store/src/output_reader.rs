//! The output of a session through all its segments, past what is no longer kept.
//!
//! A log that is being written may lose a stretch between the moment a reader learns of the gaps and
//! the moment it reads, and would then show a hole as zeros. So the records are looked at again after
//! every read, and what has gone by then is discarded: a gap is recorded before its hole is punched.

use std::ops::Range;

use pod_protocol::{Event, Gaps, Offset, Record, SessionId};

use crate::{SegmentHead, SegmentReader, Store, StoreError, StoredRun};

/// How much is read of the records at once, in bytes.
const RECORDS_BYTES: usize = 64 * 1024;

/// Reads the output of one session.
#[derive(Debug)]
pub struct OutputReader {
    store: Store,
    session: SessionId,
    /// By ordinal; never empty.
    heads: Vec<SegmentHead>,
    /// The newest segment, whose records tell of gaps.
    newest: SegmentReader,
    /// The segment that was read last, if it is an earlier one.
    earlier: Option<(usize, SegmentReader)>,
    gaps: Gaps,
    /// Up to here the newest segment's records are in `gaps`.
    records_byte: u64,
}

impl OutputReader {
    /// A reader of the session with the segments `heads`, the last of which is `run`.
    ///
    /// # Errors
    /// When the logs of the last segment cannot be opened.
    ///
    /// # Panics
    /// When there is no segment.
    pub fn new(
        store: Store,
        session: SessionId,
        heads: Vec<SegmentHead>,
        run: &StoredRun,
    ) -> Result<Self, StoreError> {
        let newest = heads.last().expect("a session with output has a segment");
        let newest = store.segment_reader(session, newest.segment)?;
        Ok(Self {
            store,
            session,
            heads,
            newest,
            earlier: None,
            gaps: run.state.gaps.clone(),
            records_byte: run.records_bytes,
        })
    }

    /// The offsets of the session's output, gaps included.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn range(&self) -> Result<Range<Offset>, StoreError> {
        let end = self.newest.output_range()?.end;
        // What was lost at the very end is behind the end of the file.
        let lost = self.gaps.iter().next_back().map(|gap| gap.end);
        Ok(self.heads[0].started.out_base..end.max(lost.unwrap_or(end)))
    }

    /// What is not kept, as far as it is known.
    #[must_use]
    pub const fn gaps(&self) -> &Gaps {
        &self.gaps
    }

    /// The first output from `from` on that is kept, at most `max_bytes` of it and nothing from
    /// `end` on; `None` if there is none. It starts later than `from` behind a gap.
    ///
    /// # Errors
    /// When a log is missing or cannot be read.
    pub fn read(
        &mut self,
        from: Offset,
        end: Offset,
        max_bytes: usize,
    ) -> Result<Option<(Offset, Vec<u8>)>, StoreError> {
        let mut at = from;
        loop {
            at = self.gaps.kept_from(at);
            if at >= end {
                return Ok(None);
            }
            let index = self.segment_of(at);
            let next = self.heads.get(index + 1);
            let next = next.map_or(end, |next| next.started.out_base.min(end));
            let until = self.gaps.kept_until(at, next);
            let bytes = self.read_within(index, at..until, max_bytes)?;
            if bytes.is_empty() {
                // The file ends before its gap or its successor begins.
                at = until;
                continue;
            }
            self.learn()?;
            let read = at..at.plus(bytes.len() as u64);
            if self.gaps.bytes_within(&read) == 0 {
                return Ok(Some((at, bytes)));
            }
        }
    }

    /// The last output before `end` that is kept and not before `start`, at most `max_bytes` of it;
    /// `None` if there is none.
    ///
    /// # Errors
    /// When a log is missing or cannot be read.
    pub fn read_back(
        &mut self,
        start: Offset,
        end: Offset,
        max_bytes: usize,
    ) -> Result<Option<(Offset, Vec<u8>)>, StoreError> {
        let mut until = end;
        loop {
            until = self.gaps.kept_end(until);
            if until <= start {
                return Ok(None);
            }
            let index = self.segment_of(Offset(until.0 - 1));
            let base = self.heads[index].started.out_base.max(start);
            let earliest = Offset(until.0.saturating_sub(max_bytes as u64));
            let at = self.gaps.kept_since(until, base).max(earliest);
            let bytes = self.read_within(index, at..until, max_bytes)?;
            if bytes.is_empty() {
                until = at;
                continue;
            }
            self.learn()?;
            let read = at..at.plus(bytes.len() as u64);
            if self.gaps.bytes_within(&read) == 0 {
                return Ok(Some((at, bytes)));
            }
        }
    }

    /// The segment that holds the byte at `at`.
    fn segment_of(&self, at: Offset) -> usize {
        let behind = |head: &SegmentHead| head.started.out_base <= at;
        self.heads.partition_point(behind).saturating_sub(1)
    }

    fn read_within(
        &mut self,
        index: usize,
        range: Range<Offset>,
        max_bytes: usize,
    ) -> Result<Vec<u8>, StoreError> {
        let bytes = usize::try_from(range.end.since(range.start)).unwrap_or(usize::MAX);
        self.reader(index)?
            .read_output(range.start, bytes.min(max_bytes))
    }

    fn reader(&mut self, index: usize) -> Result<&SegmentReader, StoreError> {
        if index + 1 == self.heads.len() {
            return Ok(&self.newest);
        }
        let reader = match self.earlier.take() {
            Some((open, reader)) if open == index => reader,
            _ => self
                .store
                .segment_reader(self.session, self.heads[index].segment)?,
        };
        Ok(&self.earlier.insert((index, reader)).1)
    }

    /// Takes note of the gaps that were recorded since.
    fn learn(&mut self) -> Result<(), StoreError> {
        while self.newest.has_records_behind(self.records_byte)? {
            let slice = self.newest.read_records(self.records_byte, RECORDS_BYTES)?;
            if slice.next_byte == self.records_byte {
                return Ok(());
            }
            let lines = slice.bytes.split(|byte| *byte == b'\n');
            let told = lines.filter(|line| memchr::memmem::find(line, b"gap").is_some());
            for record in told.filter_map(|line| Record::from_line(line).ok()) {
                if let Event::Gap(gap) = Event::read(&record) {
                    self.gaps.add(gap.from, gap.to);
                }
            }
            self.records_byte = slice.next_byte;
        }
        Ok(())
    }
}
