//! Where a link stands in both logs of a run: pure, so that "no gap, no duplicate" is a table.

use bytes::Bytes;
use pod_protocol::{Attached, ChunkHeader, Log, Offset, Request, SegmentId, Seq};

use crate::{ClientError, LinkEvent};

/// Where to begin in a log. Both are clamped to what the live segment has: what came before it is
/// in the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At this sequence number or session-wide offset.
    At(u64),
    /// This many records or bytes before the end.
    Back(u64),
}

/// What a link wants of one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing.
    Unwanted,
    /// To begin here.
    Wanted(Start),
    /// The next chunk must start here.
    Reached(u64),
}

impl Place {
    fn wanted(start: Option<Start>) -> Self {
        start.map_or(Self::Unwanted, Self::Wanted)
    }

    /// Settles where to begin in a log that has the positions `first` to `end`. A position that was
    /// reached before is kept, whatever the log has now: the host refuses it if it is past the end.
    fn settle(&mut self, first: u64, end: u64) -> Option<u64> {
        let end = end.max(first);
        let from = match *self {
            Self::Unwanted => return None,
            Self::Reached(from) => from,
            Self::Wanted(Start::At(from)) => from.clamp(first, end),
            Self::Wanted(Start::Back(count)) => end.saturating_sub(count).clamp(first, end),
        };
        *self = Self::Reached(from);
        Some(from)
    }
}

/// Where a link stands.
#[derive(Debug)]
pub(crate) struct Positions {
    segment: Option<SegmentId>,
    /// Where the output of the segment begins.
    out_base: u64,
    records: Place,
    output: Place,
}

impl Positions {
    pub(crate) fn new(records: Option<Start>, output: Option<Start>) -> Self {
        Self {
            segment: None,
            out_base: 0,
            records: Place::wanted(records),
            output: Place::wanted(output),
        }
    }

    /// The requests that make a host send what is still missing. `None` while its segment is
    /// pending: there is nothing to follow yet.
    pub(crate) fn follow(
        &mut self,
        attached: &Attached,
    ) -> Result<Option<Vec<Request>>, ClientError> {
        let Some(segment) = attached.segment else {
            return Ok(None);
        };
        if *self.segment.get_or_insert(segment) != segment {
            return Err(ClientError::Moved { segment });
        }
        self.out_base = attached.out_base.0;
        let next_seq = attached.state.seq.next().0;
        let records = self.records.settle(attached.first_seq.0, next_seq);
        let output = self.output.settle(attached.out_base.0, attached.length.0);
        let request =
            |log, from: Option<u64>| from.map(|from| Request::Follow { segment, log, from });
        let requests = [request(Log::Records, records), request(Log::Output, output)];
        Ok(Some(requests.into_iter().flatten().collect()))
    }

    /// Takes a chunk and moves on behind it.
    pub(crate) fn take(
        &mut self,
        chunk: &ChunkHeader,
        bytes: Bytes,
    ) -> Result<Option<LinkEvent>, ClientError> {
        if self.segment != Some(chunk.segment) || bytes.is_empty() {
            return Ok(None);
        }
        let (place, amount) = match chunk.log {
            Log::Records if bytes.last() != Some(&b'\n') => {
                return Err(ClientError::TornRecords { from: chunk.from });
            }
            Log::Records => (&mut self.records, lines(&bytes)),
            Log::Output => (&mut self.output, bytes.len() as u64),
        };
        let Place::Reached(expected) = *place else {
            return Ok(None);
        };
        // Output that is no longer kept is jumped over; records have no holes.
        let jumps = chunk.log == Log::Output && chunk.from > expected;
        if chunk.from != expected && !jumps {
            return Err(ClientError::OutOfOrder {
                log: chunk.log,
                got: chunk.from,
                expected,
            });
        }
        *place = Place::Reached(chunk.from.saturating_add(amount));
        Ok(Some(match chunk.log {
            Log::Records => LinkEvent::Records {
                from: Seq(chunk.from),
                bytes,
            },
            Log::Output => LinkEvent::Output {
                from: Offset(chunk.from),
                bytes,
                begins_segment: chunk.from > 0 && chunk.from == self.out_base,
            },
        }))
    }
}

fn lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests;
