//! The files of a session as the events of a link. Blocking, one event at a time.

use std::ops::Range;

use bytes::Bytes;
use pod_client::{ClientError, LinkEvent, Start};
use pod_protocol::{Attached, Liveness, Offset, Record, RunState, SegmentId, Seq, SessionId};
use pod_store::{OutputReader, SegmentHead, SegmentReader, Store, StoreError, StoredRun};

use crate::FeedError;

/// The most bytes of one event. A single record may be as long as records may be.
pub(crate) const REPLAY_BYTES: usize = 256 * 1024;

/// A session as it was when it was opened: what is appended later is not part of it.
#[derive(Debug)]
pub(crate) struct Replay {
    run: Run,
    records: Option<RecordCursor>,
    output: Option<OutputCursor>,
    /// Which log comes next, while both have something left.
    turn: Turn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Records,
    Output,
}

#[derive(Debug)]
struct Run {
    store: Store,
    session: SessionId,
    /// By ordinal; never empty.
    heads: Vec<SegmentHead>,
    state: RunState,
    /// Committed bytes of the last segment's records.
    records_bytes: u64,
    /// Of the whole session.
    output: Range<Offset>,
}

impl Run {
    fn open(
        store: Store,
        session: SessionId,
        heads: Vec<SegmentHead>,
    ) -> Result<(Self, StoredRun), FeedError> {
        Self::over(store, session, heads)?.ok_or(FeedError::NoSegments { session })
    }

    /// These segments of the session, which are its first ones; `None` if there are none.
    fn over(
        store: Store,
        session: SessionId,
        heads: Vec<SegmentHead>,
    ) -> Result<Option<(Self, StoredRun)>, StoreError> {
        let (Some(first), Some(last)) = (heads.first(), heads.last()) else {
            return Ok(None);
        };
        let stored = store.run(session, last.segment)?;
        let run = Self {
            output: first.started.out_base..stored.output.end,
            state: stored.state.clone(),
            records_bytes: stored.records_bytes,
            heads,
            store,
            session,
        };
        Ok(Some((run, stored)))
    }

    fn reader(&self, index: usize) -> Result<SegmentReader, StoreError> {
        self.store
            .segment_reader(self.session, self.heads[index].segment)
    }

    fn is_last(&self, index: usize) -> bool {
        index + 1 == self.heads.len()
    }

    /// The last segment that starts at or before a position, by what its head says of it.
    fn segment_at(&self, starts_by: impl Fn(&SegmentHead) -> bool) -> usize {
        let later = self.heads.partition_point(starts_by);
        later.saturating_sub(1)
    }

    fn first_seq(&self) -> Seq {
        self.heads[0].started.first_seq
    }
}

impl Replay {
    /// Whatever segments of the session can be read.
    pub(crate) fn open(
        store: Store,
        session: SessionId,
        records: Option<Start>,
        output: Option<Start>,
    ) -> Result<Self, FeedError> {
        let heads = store.segments(session)?;
        Self::over(store, session, heads, records, output)
    }

    /// As [`open`](Self::open), but not without `segment`: the end of an earlier one would pass for
    /// the end of the run.
    pub(crate) fn of(
        store: Store,
        session: SessionId,
        segment: SegmentId,
        records: Option<Start>,
        output: Option<Start>,
    ) -> Result<Self, FeedError> {
        let heads = store.segments(session)?;
        if !heads.iter().any(|head| head.segment == segment) {
            // What the operating system or its contents have against it says more.
            store.segment_head(session, segment)?;
            return Err(FeedError::NoActiveSegment { session, segment });
        }
        Self::over(store, session, heads, records, output)
    }

    fn over(
        store: Store,
        session: SessionId,
        heads: Vec<SegmentHead>,
        records: Option<Start>,
        output: Option<Start>,
    ) -> Result<Self, FeedError> {
        let (run, stored) = Run::open(store, session, heads)?;
        let seqs = run.first_seq().0..run.state.seq.next().0;
        let offsets = run.output.start.0..run.output.end.0;
        let records = records.map(|start| RecordCursor::new(&run, Seq(settle(start, seqs))));
        let output =
            output.map(|start| OutputCursor::new(&run, &stored, Offset(settle(start, offsets))));
        Ok(Self {
            records: records.transpose()?,
            output: output.transpose()?,
            run,
            turn: Turn::Records,
        })
    }

    /// What came before `segment`, from the given places on; `None` if nothing did.
    pub(crate) fn before(
        store: Store,
        session: SessionId,
        segment: SegmentId,
        records: Option<Seq>,
        output: Option<Offset>,
    ) -> Result<Option<Self>, StoreError> {
        let mut heads = store.segments(session)?;
        let live = heads.iter().position(|head| head.segment == segment);
        heads.truncate(live.unwrap_or(0));
        let Some((run, stored)) = Run::over(store, session, heads)? else {
            return Ok(None);
        };
        let records = records
            .map(|seq| RecordCursor::new(&run, seq))
            .transpose()?;
        let output = output.map(|offset| OutputCursor::new(&run, &stored, offset));
        Ok(Some(Self {
            run,
            records,
            output: output.transpose()?,
            turn: Turn::Records,
        }))
    }

    /// What a host would have said on attaching.
    pub(crate) fn attached(&self) -> Attached {
        Attached {
            id: 0,
            segment: self.run.heads.last().map(|head| head.segment),
            first_seq: self.run.first_seq(),
            out_base: self.run.output.start,
            length: self.run.output.end,
            output_at: None,
            waiting_for: None,
            state: self.run.state.clone(),
        }
    }

    /// The next event; both logs in turns, so that neither waits for the end of the other.
    pub(crate) fn next_event(&mut self, liveness: Liveness) -> LinkEvent {
        let piece = self.next_piece();
        match piece {
            Ok(Some(event)) => event,
            Ok(None) => self.end(liveness),
            Err(source) => LinkEvent::Lost {
                cause: ClientError::Files {
                    source: Box::new(source),
                },
            },
        }
    }

    pub(crate) fn next_piece(&mut self) -> Result<Option<LinkEvent>, StoreError> {
        for _ in 0..2 {
            let event = match self.turn {
                Turn::Records => self.next_records()?,
                Turn::Output => self.next_output()?,
            };
            self.turn = match self.turn {
                Turn::Records => Turn::Output,
                Turn::Output => Turn::Records,
            };
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    fn next_records(&mut self) -> Result<Option<LinkEvent>, StoreError> {
        let Some(cursor) = &mut self.records else {
            return Ok(None);
        };
        let piece = cursor.next(&self.run)?;
        Ok(piece.map(|(from, bytes)| LinkEvent::Records {
            from,
            bytes: bytes.into(),
        }))
    }

    fn next_output(&mut self) -> Result<Option<LinkEvent>, StoreError> {
        let Some(cursor) = &mut self.output else {
            return Ok(None);
        };
        let piece = cursor.next(&self.run)?;
        Ok(piece.map(|(from, bytes)| LinkEvent::Output {
            from,
            bytes,
            begins_segment: cursor.reader.begins_segment(from),
        }))
    }

    fn end(&self, liveness: Liveness) -> LinkEvent {
        match self.run.state.outcome(liveness) {
            Some(outcome) => LinkEvent::Closed(outcome),
            None => LinkEvent::Lost {
                cause: ClientError::NotConnected,
            },
        }
    }
}

/// A start within the positions that there are.
pub(crate) fn settle(start: Start, positions: Range<u64>) -> u64 {
    let end = positions.end.max(positions.start);
    let from = match start {
        Start::At(from) => from,
        Start::Back(count) => end.saturating_sub(count),
    };
    from.clamp(positions.start, end)
}

/// Where the records are read on.
#[derive(Debug)]
struct RecordCursor {
    index: usize,
    byte: u64,
    /// The number of the next record, where the record itself does not tell.
    seq: Seq,
    reader: Option<SegmentReader>,
}

impl RecordCursor {
    fn new(run: &Run, seq: Seq) -> Result<Self, StoreError> {
        let index = run.segment_at(|head| head.started.first_seq <= seq);
        let reader = run.reader(index)?;
        Ok(Self {
            index,
            byte: reader.locate_seq(seq)?,
            seq,
            reader: Some(reader),
        })
    }

    fn next(&mut self, run: &Run) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        while self.index < run.heads.len() {
            let reader = match self.reader.take() {
                Some(reader) => reader,
                None => run.reader(self.index)?,
            };
            let end = match run.is_last(self.index) {
                true => run.records_bytes,
                false => reader.records_bytes()?,
            };
            let left = usize::try_from(end.saturating_sub(self.byte)).unwrap_or(usize::MAX);
            let slice = match left {
                0 => None,
                left => Some(reader.read_records(self.byte, left.min(REPLAY_BYTES))?),
            };
            match slice {
                Some(slice) if slice.next_byte > self.byte => {
                    self.byte = slice.next_byte;
                    self.reader = Some(reader);
                    if !slice.bytes.is_empty() {
                        return Ok(Some(self.numbered(slice.bytes)));
                    }
                }
                _ => {
                    self.index += 1;
                    self.byte = 0;
                }
            }
        }
        Ok(None)
    }

    /// Damage in the middle of a log leaves numbers out: the first line knows its own.
    fn numbered(&mut self, bytes: Vec<u8>) -> (Seq, Vec<u8>) {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let first = lines.next().and_then(|line| Record::from_line(line).ok());
        let from = first.map_or(self.seq, |record| record.seq);
        self.seq = Seq(from.0 + 1 + lines.count() as u64);
        (from, bytes)
    }
}

/// Where the output is read on.
#[derive(Debug)]
struct OutputCursor {
    offset: Offset,
    reader: OutputReader,
}

impl OutputCursor {
    fn new(run: &Run, stored: &StoredRun, offset: Offset) -> Result<Self, StoreError> {
        let (store, heads) = (run.store.clone(), run.heads.clone());
        let reader = OutputReader::new(store, run.session, heads, stored)?;
        Ok(Self { offset, reader })
    }

    fn next(&mut self, run: &Run) -> Result<Option<(Offset, Bytes)>, StoreError> {
        let piece = self
            .reader
            .read(self.offset, run.output.end, REPLAY_BYTES)?;
        Ok(piece.map(|(from, bytes)| {
            self.offset = from.plus(bytes.len() as u64);
            (from, bytes.into())
        }))
    }
}
