//! How long a run has been silent before: the measure for a silence that is unusual.
//!
//! Marks say when output came, to a tenth of a second, and which records there were by then. Only
//! between two marks that are further apart than the longest silence so far, records are looked at.

use std::ops::Range;

use pod_protocol::{SessionId, Timestamp};
use pod_store::{Mark, MarkReader, SegmentReader, StoreError};
use serde::Deserialize;

use super::{Cancel, RunLog};

/// How many earlier sessions count: what a command did long ago says little of what it does now.
const SESSIONS_MAX: usize = 8;
/// Among how many of the newest sessions they are looked for. Each is one small file to be read.
const SEARCHED_MAX: usize = 256;
/// How many marks are read at once: 160 KiB.
const MARKS_AT_ONCE: usize = 4 * 1024;
/// How much of the records is read at once, in bytes.
const RECORDS_BYTES: usize = 256 * 1024;

/// The longest time in which a command wrote nothing and told nothing while it ran, and went on. Time
/// in which it was paused does not count, nor does a silence that has not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PastSilence {
    /// How long, in milliseconds; `None` if there was none at all.
    pub longest_ms: Option<u64>,
    /// How many sessions that says something of.
    pub sessions: usize,
}

impl RunLog {
    /// The longest silence of this session so far and of up to eight earlier ones of its pod. Given
    /// up, it says what it has found by then.
    ///
    /// # Errors
    /// When a log of this session cannot be read. Earlier ones that cannot be read do not count.
    pub fn past_silence(&self, cancel: &Cancel) -> Result<PastSilence, StoreError> {
        let mut past = PastSilence::default();
        self.add_silence(&mut past, cancel)?;
        for session in self.earlier_sessions()? {
            if cancel.is_cancelled() {
                break;
            }
            if let Ok(log) = Self::open(self.shared.store.layout().root(), session) {
                // One that is being removed says as much as it still does.
                let _ = log.add_silence(&mut past, cancel);
            }
        }
        Ok(past)
    }

    /// The newest sessions of the same pod that were launched before this one.
    fn earlier_sessions(&self) -> Result<Vec<SessionId>, StoreError> {
        let store = &self.shared.store;
        let Some(pod) = store.owner(self.session()) else {
            return Ok(Vec::new());
        };
        let mut ids = store.sessions()?;
        // Ids grow with time.
        ids.retain(|id| *id < self.session());
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let searched = ids.into_iter().take(SEARCHED_MAX);
        let own = searched.filter(|id| store.owner(*id).as_ref() == Some(&pod));
        Ok(own.take(SESSIONS_MAX).collect())
    }

    fn add_silence(&self, past: &mut PastSilence, cancel: &Cancel) -> Result<(), StoreError> {
        past.sessions += 1;
        for index in 0..self.segment_count() {
            let Some(reader) = self.segment_reader(index)? else {
                continue;
            };
            let mut search = Search {
                reader: &reader,
                longest_ms: &mut past.longest_ms,
                cancel,
            };
            search.between_marks(self.marks(index).as_ref())?;
        }
        Ok(())
    }
}

struct Search<'a> {
    reader: &'a SegmentReader,
    longest_ms: &'a mut Option<u64>,
    cancel: &'a Cancel,
}

/// What a line says of silence.
#[derive(Deserialize)]
struct Told<'a> {
    at: Timestamp,
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    name: Option<std::borrow::Cow<'a, str>>,
}

impl Search<'_> {
    fn between_marks(&mut self, marks: Option<&MarkReader>) -> Result<(), StoreError> {
        let end = self.reader.records_bytes()?;
        let (mut before, mut index): (Option<Mark>, u64) = (None, 0);
        // Marks are derived: where they cannot be read, the records say what there is to say.
        while let Some(Ok(some)) = marks.map(|marks| marks.read(index, MARKS_AT_ONCE))
            && !some.is_empty()
            && !self.cancel.is_cancelled()
        {
            index += some.len() as u64;
            for mark in some {
                let from = before.map_or(0, |before| before.record_byte).min(end);
                if before.is_none_or(|before| self.is_longer(before.at, mark.at)) {
                    let records = from..mark.record_byte.clamp(from, end);
                    self.between(records, before.map(|before| before.at), Some(mark.at))?;
                }
                before = Some(mark);
            }
        }
        let from = before.map_or(0, |before| before.record_byte).min(end);
        self.between(from..end, before.map(|before| before.at), None)
    }

    fn is_longer(&self, from: Timestamp, to: Timestamp) -> bool {
        span_ms(from, to) > self.longest_ms.unwrap_or(0)
    }

    fn note(&mut self, from: Option<Timestamp>, to: Timestamp) {
        if let Some(from) = from {
            let ms = span_ms(from, to);
            *self.longest_ms = Some(self.longest_ms.map_or(ms, |longest| longest.max(ms)));
        }
    }

    /// Looks at records between two moments at which there was output.
    fn between(
        &mut self,
        records: Range<u64>,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let (mut at, mut last) = (records.start, from);
        while at < records.end && !self.cancel.is_cancelled() {
            let slice = self.reader.read_records(at, RECORDS_BYTES)?;
            if slice.next_byte == at {
                break;
            }
            let mut line_start = at;
            for line in slice.bytes.split_inclusive(|byte| *byte == b'\n') {
                if line_start >= records.end {
                    break;
                }
                line_start += line.len() as u64;
                if let Ok(told) = serde_json::from_slice::<Told<'_>>(line) {
                    last = self.after(&told, last);
                }
            }
            at = slice.next_byte;
        }
        if let Some(to) = to {
            self.note(last, to);
        }
        Ok(())
    }

    /// Since when nothing has come after this record; `None` while nothing can come.
    fn after(&mut self, told: &Told<'_>, last: Option<Timestamp>) -> Option<Timestamp> {
        let signal = match &*told.kind {
            "signal.sent" => told.name.as_deref(),
            _ => None,
        };
        match (&*told.kind, signal) {
            ("child.started", _) | (_, Some("SIGCONT")) => Some(told.at),
            ("child.exited", _) | (_, Some("SIGSTOP")) => {
                self.note(last, told.at);
                None
            }
            _ => {
                self.note(last, told.at);
                last.map(|_| told.at)
            }
        }
    }
}

/// From one moment to another; 0 where the clock was set back.
fn span_ms(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millis().saturating_sub(from.as_millis())).unwrap_or(0)
}
