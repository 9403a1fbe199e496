//! The output of a session through all its segments, past what is no longer kept.
//!
//! A log that is being written may lose a stretch between the moment a reader learns of the gaps and
//! the moment it reads, and would then show a hole as zeros. So the records are looked at again after
//! every read, and what has gone by then is discarded: a gap is recorded before its hole is punched.
//!
//! A segment whose files have gone since its session was looked at has no output: what was in it is
//! passed over like a gap, though no record tells of it.

use std::{ops::Range, sync::Arc};

use memchr::{memchr, memmem, memrchr};
use pod_files::{Access, open_existing};
use pod_protocol::{Event, Gaps, Offset, RECORD_BYTES_MAX, Record, SegmentId, SessionId};

use crate::{SegmentHead, SegmentReader, Store, StoreError, StoredRun, checkpoint};

/// How much is read of the records at once, in bytes: two records of the greatest length, so that
/// every record is whole in one of the reads.
const RECORDS_BYTES: u64 = 2 * RECORD_BYTES_MAX as u64;

/// Reads the output of one session. A clone reads on its own, from files that are open already.
#[derive(Clone, Debug)]
pub struct OutputReader {
    store: Store,
    session: SessionId,
    /// By ordinal; never empty.
    heads: Arc<[SegmentHead]>,
    /// The newest segment, whose records tell of gaps.
    newest: Arc<SegmentReader>,
    /// The segment that was read last, if it is an earlier one.
    earlier: Option<(usize, Arc<SegmentReader>)>,
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
        let mut reader = Self::bare(store, session, heads)?;
        reader.gaps = run.state.gaps.clone();
        reader.records_byte = run.records_bytes;
        Ok(reader)
    }

    /// As [`OutputReader::new`], for a run that nobody has folded: the records are searched for gaps
    /// from the newest checkpoint on, which takes a small part of the time that a fold takes.
    ///
    /// # Errors
    /// When the logs of the last segment cannot be opened, or a record log cannot be read.
    ///
    /// # Panics
    /// When there is no segment.
    pub fn open(
        store: Store,
        session: SessionId,
        heads: Vec<SegmentHead>,
    ) -> Result<Self, StoreError> {
        let mut reader = Self::bare(store, session, heads)?;
        let last = reader.heads.len() - 1;
        let mut from = (0, 0);
        for index in (0..=last).rev() {
            let segment = reader.heads[index].segment;
            if let Some((gaps, byte)) = reader.store.checkpointed_gaps(session, segment) {
                reader.gaps = gaps;
                from = (index, byte);
                break;
            }
        }
        for index in from.0..=last {
            let byte = if index == from.0 { from.1 } else { 0 };
            if index == last {
                reader.records_byte = byte;
                reader.learn()?;
            } else if let Some(earlier) = reader.segment_reader(index)? {
                learn(&earlier, byte, &mut reader.gaps)?;
            }
        }
        Ok(reader)
    }

    fn bare(store: Store, session: SessionId, heads: Vec<SegmentHead>) -> Result<Self, StoreError> {
        let newest = heads.last().expect("a session with output has a segment");
        let newest = store.segment_reader(session, newest.segment)?;
        Ok(Self {
            store,
            session,
            heads: heads.into(),
            newest: Arc::new(newest),
            earlier: None,
            gaps: Gaps::default(),
            records_byte: 0,
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
    /// `end` on; `None` if there is none. It starts later than `from` behind what is not there.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn read(
        &mut self,
        from: Offset,
        end: Offset,
        max_bytes: usize,
    ) -> Result<Option<(Offset, Vec<u8>)>, StoreError> {
        let left = usize::try_from(end.since(from)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(max_bytes)];
        let read = self.read_into(from, end, &mut bytes)?;
        Ok(read.map(|(at, filled)| {
            bytes.truncate(filled);
            (at, bytes)
        }))
    }

    /// As [`OutputReader::read`], into `buffer`; where the output starts and how much it is.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn read_into(
        &mut self,
        from: Offset,
        end: Offset,
        buffer: &mut [u8],
    ) -> Result<Option<(Offset, usize)>, StoreError> {
        let mut at = from;
        loop {
            at = self.gaps.kept_from(at);
            if at >= end || buffer.is_empty() {
                return Ok(None);
            }
            let index = self.segment_at(at);
            let next = self.heads.get(index + 1);
            let next = next.map_or(end, |next| next.started.out_base.min(end));
            let Some(reader) = self.segment_reader(index)? else {
                at = next;
                continue;
            };
            let until = self.gaps.kept_until(at, next);
            let filled = read_within(&reader, at..until, buffer)?;
            if filled == 0 {
                // The file ends before its gap or its successor begins.
                at = until;
                continue;
            }
            self.learn()?;
            if self.gaps.bytes_within(&(at..at.plus(filled as u64))) == 0 {
                return Ok(Some((at, filled)));
            }
        }
    }

    /// The last output before `end` that is kept and not before `start`, at most `max_bytes` of it;
    /// `None` if there is none.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn read_back(
        &mut self,
        start: Offset,
        end: Offset,
        max_bytes: usize,
    ) -> Result<Option<(Offset, Vec<u8>)>, StoreError> {
        let left = usize::try_from(end.since(start)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(max_bytes)];
        let read = self.read_back_into(start, end, &mut bytes)?;
        Ok(read.map(|(at, filled)| {
            bytes.truncate(filled);
            (at, bytes)
        }))
    }

    /// As [`OutputReader::read_back`], into the beginning of `buffer`; where the output starts and
    /// how much it is.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn read_back_into(
        &mut self,
        start: Offset,
        end: Offset,
        buffer: &mut [u8],
    ) -> Result<Option<(Offset, usize)>, StoreError> {
        let mut until = end;
        loop {
            until = self.gaps.kept_end(until);
            if until <= start || buffer.is_empty() {
                return Ok(None);
            }
            let last = Offset(until.0 - 1);
            let index = self.segment_at(last);
            let base = self.heads[index].started.out_base;
            let Some(reader) = self.segment_reader(index)? else {
                until = base.min(last);
                continue;
            };
            let base = base.max(start);
            let earliest = Offset(until.0.saturating_sub(buffer.len() as u64));
            let at = self.gaps.kept_since(until, base).max(earliest);
            let filled = read_within(&reader, at..until, buffer)?;
            if filled == 0 {
                // The file ends before that, perhaps long before.
                until = reader.output_range()?.end.min(at);
                continue;
            }
            self.learn()?;
            if self.gaps.bytes_within(&(at..at.plus(filled as u64))) == 0 {
                return Ok(Some((at, filled)));
            }
        }
    }

    /// The segments, by ordinal.
    #[must_use]
    pub fn segments(&self) -> &[SegmentHead] {
        &self.heads
    }

    /// Whether a segment begins at `at` that is not the first one: what comes there was written to
    /// another terminal, and nothing that came before goes on in it.
    #[must_use]
    pub fn begins_segment(&self, at: Offset) -> bool {
        let mut later = self.heads.iter().skip(1);
        later.any(|head| head.started.out_base == at)
    }

    /// The index of the segment that holds the byte at `at`.
    #[must_use]
    pub fn segment_at(&self, at: Offset) -> usize {
        let behind = |head: &SegmentHead| head.started.out_base <= at;
        self.heads.partition_point(behind).saturating_sub(1)
    }

    /// A reader of the segment `index`; `None` if its files are gone.
    ///
    /// # Errors
    /// When a log of it cannot be opened.
    ///
    /// # Panics
    /// When there are not so many segments.
    pub fn segment_reader(
        &mut self,
        index: usize,
    ) -> Result<Option<Arc<SegmentReader>>, StoreError> {
        if index + 1 == self.heads.len() {
            return Ok(Some(Arc::clone(&self.newest)));
        }
        if let Some((open, reader)) = &self.earlier
            && *open == index
        {
            return Ok(Some(Arc::clone(reader)));
        }
        let segment = self.heads[index].segment;
        let reader = match self.store.segment_reader(self.session, segment) {
            Err(StoreError::NoLog { .. }) => return Ok(None),
            reader => Arc::new(reader?),
        };
        self.earlier = Some((index, Arc::clone(&reader)));
        Ok(Some(reader))
    }

    /// Takes note of the gaps that were recorded since.
    fn learn(&mut self) -> Result<(), StoreError> {
        self.records_byte = learn(&self.newest, self.records_byte, &mut self.gaps)?;
        Ok(())
    }
}

impl Store {
    /// The gaps of a session as the checkpoint of `segment` has them, and how much of the segment's
    /// records is in it.
    fn checkpointed_gaps(&self, session: SessionId, segment: SegmentId) -> Option<(Gaps, u64)> {
        let records =
            open_existing(&self.layout().records(session, segment), Access::Read).ok()??;
        let path = self.layout().checkpoint(session, segment);
        let checkpoint = checkpoint::load(&path, &records, segment)?;
        Some((checkpoint.state.gaps, checkpoint.records_bytes))
    }
}

/// Reads what is in `range` and fits into `buffer`; how much that was.
fn read_within(
    reader: &SegmentReader,
    range: Range<Offset>,
    buffer: &mut [u8],
) -> Result<usize, StoreError> {
    let bytes = usize::try_from(range.end.since(range.start)).unwrap_or(usize::MAX);
    let bytes = bytes.min(buffer.len());
    reader.read_output_into(range.start, &mut buffer[..bytes])
}

/// Adds the gaps that the records from `byte` on tell of, and says where to go on.
fn learn(reader: &SegmentReader, byte: u64, gaps: &mut Gaps) -> Result<u64, StoreError> {
    let mut byte = byte;
    let kind = memmem::Finder::new(br#""gap""#);
    let mut buffer = Vec::new();
    while let Some(bytes) = reader.records_behind(byte)? {
        let wanted = bytes.min(RECORDS_BYTES);
        buffer.resize(usize::try_from(wanted).expect("two records"), 0);
        let read = reader.read_records_into(byte, &mut buffer)?;
        let committed = match memrchr(b'\n', &buffer[..read]) {
            Some(newline) => newline + 1,
            // Longer than any record: whatever it is, it tells of no gap.
            None if read as u64 == RECORDS_BYTES => read,
            None => break,
        };
        let mut rest = &buffer[..committed];
        while let Some(found) = kind.find(rest) {
            let start = memrchr(b'\n', &rest[..found]).map_or(0, |newline| newline + 1);
            let end = memchr(b'\n', &rest[found..]).map_or(rest.len(), |at| found + at + 1);
            if let Ok(record) = Record::from_line(&rest[start..end])
                && let Event::Gap(gap) = Event::read(&record)
            {
                gaps.add(gap.from, gap.to);
            }
            rest = &rest[end..];
        }
        byte += committed as u64;
    }
    Ok(byte)
}
