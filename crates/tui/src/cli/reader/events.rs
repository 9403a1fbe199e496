//! What the Events tab asks for: stretches of the record log, through a filter.

use discovery::{RecordLine, RecordLines, RunLog};
use pod_protocol::{Record, Seq, Timestamp};

use super::Desk;
use crate::screen::monitor::{
    Found,
    tabs::events::{self, Entry, Filter, KindCounts, Origin, Part, Reading, Wanted},
};

/// How much of the log is read at once, in bytes. After each such piece is told how far it got.
const PIECE_BYTES: usize = 1024 * 1024;
/// So many records are enough for one reading: more are read when the operator gets near them.
const ENTRIES_ENOUGH: usize = 1_000;
/// As many bytes of lines are enough too: records may be 256 KiB long.
const LINES_BYTES_ENOUGH: usize = 2 * 1024 * 1024;

/// Reads it.
pub(super) fn read(desk: &Desk, reading: Reading) {
    let tell = |part, is_last| {
        let number = reading.number;
        let found = events::Found {
            number,
            part,
            is_last,
        };
        desk.tell(Found::Events(found))
    };
    let log = match RunLog::open(&desk.roots.state, desk.session) {
        Ok(log) => log,
        Err(error) => {
            tell(Part::Failed(error.to_string()), true);
            return;
        }
    };
    let scan = Scan::of(&log);
    let done = match reading.wanted {
        Wanted::Before(before, filter) => scan.before(before, &filter, tell),
        Wanted::From(from, filter) => scan.from(from, &filter, tell),
        Wanted::Kinds(up_to) => scan.kinds(up_to, tell),
    };
    if let Err(error) = done {
        tell(Part::Failed(error.to_string()), true);
    }
}

/// A log, and when its segments began.
struct Scan<'a> {
    log: &'a RunLog,
    /// By segment: its first number and when it began.
    begun: Vec<(Seq, Option<Timestamp>)>,
}

type Done = Result<(), pod_store::StoreError>;

impl<'a> Scan<'a> {
    fn of(log: &'a RunLog) -> Self {
        let heads = log.segments();
        let begun = heads.iter().map(|head| {
            let first = head.started.first_seq;
            let lines = log.read_records(first, 1).unwrap_or_default();
            let record = lines.lines.first();
            let record = record.and_then(|line| Record::from_line(&line.text).ok());
            (first, record.map(|record| record.at))
        });
        Self {
            begun: begun.collect(),
            log,
        }
    }

    fn origin(&self, seq: Seq) -> Origin {
        let index = self.begun.partition_point(|(first, _)| *first <= seq);
        Origin {
            session: self.begun.first().and_then(|(_, at)| *at),
            segment: self.begun[index.saturating_sub(1)].1,
        }
    }

    /// Goes back from the record `before`.
    fn before(&self, before: Seq, filter: &Filter, tell: impl Fn(Part, bool) -> bool) -> Done {
        let mut place = self.log.place_of(before)?;
        let (mut from, mut wanted) = (before, Enough::default());
        loop {
            let mut lines = self.log.read_records_before(place, PIECE_BYTES)?;
            let is_start = lines.lines.is_empty();
            let numbered = lines.lines.iter().position(|line| line.seq.is_some());
            // Damaged lines belong to the record before them, which comes with the next piece.
            place = numbered.map_or(lines.start, |first| lines.lines[first].place);
            lines.lines.drain(..numbered.unwrap_or(0));
            from = match (lines.first_seq(), is_start) {
                (_, true) => Seq::FIRST,
                (Some(first), false) => first,
                // All of it is damaged: as if it were the record before.
                (None, false) => Seq(from.0.saturating_sub(1)),
            };
            let mut entries = self.entries(&lines, from, filter);
            let cut = wanted.cut_back(&mut entries);
            if let Some(first) = cut {
                from = first;
            }
            let is_enough = cut.is_some() || (wanted.is_reached() && numbered.is_some());
            let is_last = is_start || is_enough;
            if !tell(Part::Before(entries, from), is_last) || is_last {
                return Ok(());
            }
        }
    }

    /// Goes on from the record `from`.
    fn from(&self, from: Seq, filter: &Filter, tell: impl Fn(Part, bool) -> bool) -> Done {
        // What is damaged behind the record before it belongs to the stretch.
        let behind = Seq(from.0.saturating_sub(1));
        let mut place = self.log.place_of(behind)?;
        let (mut to, mut wanted) = (from, Enough::default());
        loop {
            let mut lines = self.log.read_records_from(place, PIECE_BYTES)?;
            place = lines.end;
            let is_end = lines.lines.is_empty();
            lines
                .lines
                .retain(|line| line.seq.is_none_or(|seq| seq >= from));
            let mut entries = self.entries(&lines, Seq(to.0.saturating_sub(1)), filter);
            let last = lines.lines.iter().rev().find_map(|line| line.seq);
            to = last.map_or(to, Seq::next).max(to);
            let cut = wanted.cut(&mut entries);
            if let Some(end) = cut {
                to = end;
            }
            let is_last = is_end || cut.is_some() || wanted.is_reached();
            if !tell(Part::Behind(entries, to), is_last) || is_last {
                return Ok(());
            }
        }
    }

    fn kinds(&self, up_to: Seq, tell: impl Fn(Part, bool) -> bool) -> Done {
        let mut place = self.log.place_of(Seq::FIRST)?;
        let mut counts = KindCounts::default();
        loop {
            let lines = self.log.read_records_from(place, PIECE_BYTES)?;
            place = lines.end;
            let newer = |line: &RecordLine| line.seq.is_some_and(|seq| seq > up_to);
            let mut is_last = lines.lines.is_empty();
            let mut at = None;
            for line in &lines.lines {
                if newer(line) {
                    is_last = true;
                    break;
                }
                counts.read(&line.text);
                at = line.seq.or(at);
            }
            let at = if is_last {
                up_to
            } else {
                at.unwrap_or(Seq::FIRST)
            };
            if !tell(Part::Kinds(counts.clone(), at), is_last) || is_last {
                return Ok(());
            }
        }
    }

    /// The rows of `lines` that the filter wants; `place` is the record before them.
    fn entries(&self, lines: &RecordLines, mut place: Seq, filter: &Filter) -> Vec<Entry> {
        let mut entries = Vec::new();
        for line in &lines.lines {
            place = line.seq.unwrap_or(place);
            if !filter.may_want(&line.text) {
                continue;
            }
            let origin = self.origin(place);
            let entry = match Record::from_line(&line.text) {
                Ok(record) => Entry::of(&record, &line.text, origin),
                Err(error) => Entry::unreadable(&error.to_string(), &line.text, place, 0),
            };
            if filter.wants(&entry) {
                entries.push(entry);
            }
        }
        entries
    }
}

/// Counts what was found until it is enough.
#[derive(Default)]
struct Enough {
    entries: usize,
    bytes: usize,
}

impl Enough {
    const fn is_reached(&self) -> bool {
        self.entries >= ENTRIES_ENOUGH || self.bytes >= LINES_BYTES_ENOUGH
    }

    /// Leaves out the oldest of `entries` if they are more than enough. The number of the first one
    /// that is left, if any was left out.
    fn cut_back(&mut self, entries: &mut Vec<Entry>) -> Option<Seq> {
        let mut first = entries.len();
        while first > 0 && !self.is_reached() {
            first -= 1;
            self.count(&entries[first]);
        }
        // Damaged lines go with the record before them.
        while first < entries.len() && entries[first].seq.is_none() {
            first += 1;
        }
        if first == 0 || first == entries.len() {
            return None;
        }
        entries.drain(..first);
        Some(entries[0].place)
    }

    /// Leaves out the newest of `entries` if they are more than enough. The number behind the last
    /// one that is left, if any was left out.
    fn cut(&mut self, entries: &mut Vec<Entry>) -> Option<Seq> {
        let mut end = 0;
        while end < entries.len() && !self.is_reached() {
            self.count(&entries[end]);
            end += 1;
        }
        while end < entries.len() && entries[end].seq.is_none() {
            end += 1;
        }
        if end == entries.len() {
            return None;
        }
        entries.truncate(end);
        entries.last().map(|entry| entry.place.next())
    }

    fn count(&mut self, entry: &Entry) {
        self.entries += 1;
        self.bytes += entry.line.len();
    }
}
