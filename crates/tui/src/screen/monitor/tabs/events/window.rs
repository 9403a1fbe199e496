//! A bounded window over the record log: of the stretch that it spans it holds every record that the
//! filter wants. It grows at either end and forgets at the other; what it forgot is read again.

use std::{collections::VecDeque, ops::Range};

use pod_protocol::{Record, RunState, Seq, Timestamp};

use super::{Entry, Filter, Origin};

/// The most records that are held: more than anybody scrolls through before the next are read.
pub(crate) const RECORDS_MAX: usize = 10_000;
/// The most memory that their lines take, in bytes. Half of it holds 32 of the longest records.
const LINES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Ids begin here, so that as many can be put before the first one.
const FIRST_ID: u64 = 1 << 62;

/// What may be forgotten to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// The newest records.
    Newest,
    /// The oldest records, because they are being read.
    Oldest,
}

/// The records of a stretch of the log.
#[derive(Debug)]
pub(crate) struct Window {
    entries: VecDeque<Entry>,
    /// The id of the first entry. Ids are dense and stay with their entries.
    first_id: u64,
    lines_bytes: usize,
    /// First number of the stretch.
    from: Seq,
    /// The number behind the stretch.
    to: Seq,
    /// Whether the stretch goes on with what is written from now on.
    follows: bool,
    /// When the segment began whose records were read last, if they were read from its first on.
    segment_at: Option<Timestamp>,
    filter: Filter,
}

impl Default for Window {
    fn default() -> Self {
        Self::following(Filter::default(), Seq(0))
    }
}

impl Window {
    /// Nothing yet of what follows the record `newest`, nor of what is before.
    pub(crate) fn following(filter: Filter, newest: Seq) -> Self {
        let mut window = Self::at(filter, newest.next());
        window.follows = true;
        window
    }

    /// Nothing yet of what is around the record `at`.
    pub(crate) const fn at(filter: Filter, at: Seq) -> Self {
        Self {
            entries: VecDeque::new(),
            first_id: FIRST_ID,
            lines_bytes: 0,
            from: at,
            to: at,
            follows: false,
            segment_at: None,
            filter,
        }
    }

    /// Reads whole lines of the log as they come. `state` becomes the fold of everything read:
    /// records that it has in it already are only shown.
    pub(crate) fn read(&mut self, bytes: &[u8], state: &mut RunState, keep: Keep) {
        for line in bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            match Record::from_line(line) {
                Ok(record) => self.take(&record, line, state, keep),
                Err(error) => {
                    let (place, t_ms) = (Seq(self.to.0.saturating_sub(1)), self.last_t_ms());
                    let entry = Entry::unreadable(&error.to_string(), line, place, t_ms);
                    self.push(entry, keep);
                }
            }
        }
    }

    fn take(&mut self, record: &Record, line: &[u8], state: &mut RunState, keep: Keep) {
        if record.kind.as_str() == "segment.started" {
            self.segment_at = Some(record.at);
        }
        let is_new = record.seq > state.seq;
        if is_new {
            state.apply(record);
        }
        let origin = self.origin(state, is_new);
        // After a reconnect the same records may come again.
        if !self.follows || record.seq < self.to {
            return;
        }
        if self.from == self.to && self.entries.is_empty() {
            // Where the feed begins, which may be late in the log.
            self.from = record.seq;
        }
        self.to = record.seq.next();
        self.push(Entry::of(record, line, origin), keep);
    }

    /// What the time of a record counts from. Only one that is new is of the segment that `state` is in
    /// for sure, unless there is no other.
    fn origin(&self, state: &RunState, is_new: bool) -> Origin {
        let times = &state.times;
        let is_only = state.identity.as_ref().is_some_and(|it| it.ordinal == 1);
        let current = times.segment_started_at.filter(|_| is_new || is_only);
        Origin {
            session: times.started_at,
            segment: current.or(self.segment_at),
        }
    }

    fn push(&mut self, entry: Entry, keep: Keep) {
        if !self.follows || !self.filter.wants(&entry) {
            return;
        }
        if keep == Keep::Oldest && self.is_full() {
            self.follows = false;
            self.to = entry.place;
            self.drop_behind();
            return;
        }
        self.lines_bytes += entry.line.len();
        self.entries.push_back(entry);
        self.forget_oldest();
    }

    /// Puts what was found before the window in front of it. `from` is as far as was looked.
    pub(crate) fn prepend(&mut self, entries: Vec<Entry>, from: Seq, keep: Keep) {
        // Damaged lines before the first record come again with what is before them.
        while self.entries.front().is_some_and(|e| e.place < self.from) {
            self.pop_front();
        }
        for entry in entries.into_iter().rev() {
            self.lines_bytes += entry.line.len();
            self.first_id -= 1;
            self.entries.push_front(entry);
        }
        self.from = from;
        if keep == Keep::Newest {
            self.forget_oldest();
        }
        while self.is_over() {
            let Some(newest) = self.entries.pop_back() else {
                break;
            };
            self.lines_bytes -= newest.line.len();
            self.follows = false;
            self.to = newest.place;
            self.drop_behind();
        }
    }

    /// Puts what was found behind the window at its end. `to` is as far as was looked, and `newest`
    /// the newest record that is known.
    pub(crate) fn append(&mut self, entries: Vec<Entry>, to: Seq, newest: Seq) {
        for entry in entries {
            // What is newer comes by itself.
            if entry.place > newest {
                break;
            }
            self.lines_bytes += entry.line.len();
            self.entries.push_back(entry);
        }
        self.to = to.min(newest.next());
        self.follows = self.to > newest;
        self.forget_oldest();
    }

    /// Whatever stands behind the end is read again with what follows it.
    fn drop_behind(&mut self) {
        while self.entries.back().is_some_and(|e| e.place >= self.to) {
            if let Some(entry) = self.entries.pop_back() {
                self.lines_bytes -= entry.line.len();
            }
        }
    }

    fn forget_oldest(&mut self) {
        while self.is_over() && self.pop_front() {
            // Damaged lines in front belong to the record that was forgotten.
            let from = self.entries.iter().find_map(|entry| entry.seq);
            self.from = from.unwrap_or(self.to);
            while self.entries.front().is_some_and(|e| e.place < self.from) {
                self.pop_front();
            }
        }
    }

    fn pop_front(&mut self) -> bool {
        let Some(oldest) = self.entries.pop_front() else {
            return false;
        };
        self.lines_bytes -= oldest.line.len();
        self.first_id += 1;
        true
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= RECORDS_MAX || self.lines_bytes >= LINES_BYTES_MAX
    }

    /// Whether more may be put in front without anything being forgotten soon.
    pub(crate) fn has_room(&self) -> bool {
        self.entries.len() < RECORDS_MAX / 2 && self.lines_bytes < LINES_BYTES_MAX / 2
    }

    fn is_over(&self) -> bool {
        self.entries.len() > RECORDS_MAX || self.lines_bytes > LINES_BYTES_MAX
    }

    fn last_t_ms(&self) -> u64 {
        self.entries.back().map_or(0, |entry| entry.t_ms)
    }

    /// Ids of the records in the window. Not their numbers: a damaged line has none.
    pub(crate) fn ids(&self) -> Range<u64> {
        let count = u64::try_from(self.entries.len()).unwrap_or(0);
        self.first_id..self.first_id + count
    }

    /// A record of the window.
    pub(crate) fn entry(&self, id: u64) -> Option<&Entry> {
        let index = usize::try_from(id.checked_sub(self.first_id)?).ok()?;
        self.entries.get(index)
    }

    /// The number before which is to be read on, if anything is there.
    pub(crate) fn earlier(&self) -> Option<Seq> {
        (self.from > Seq::FIRST).then_some(self.from)
    }

    /// The number from which on is to be read on, if not all newer records come by themselves.
    pub(crate) fn later(&self) -> Option<Seq> {
        (!self.follows).then_some(self.to)
    }

    /// Which records it holds.
    pub(crate) const fn filter(&self) -> &Filter {
        &self.filter
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
