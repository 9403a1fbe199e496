//! A bounded window over the record log, ready to be shown.

use std::{collections::VecDeque, ops::Range};

use pod_protocol::{Record, RunState, Seq, Timestamp, Tone, printable, tone};
use serde_json::Value;

use crate::screen::monitor::summary::summarise;

/// The most records that are kept.
const RECORDS_MAX: usize = 10_000;
/// The most memory that their lines take, in bytes.
const LINES_BYTES_MAX: usize = 16 * 1024 * 1024;

/// One record, reduced to what a row shows. All of its texts are printable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Its number; `None` for a line that could not be read.
    pub(crate) seq: Option<Seq>,
    /// When, in milliseconds since the start of the segment.
    pub(crate) t_ms: u64,
    /// How it feels.
    pub(crate) tone: Tone,
    /// What it is about.
    pub(crate) kind: String,
    /// What it says, in one line.
    pub(crate) summary: String,
    /// How long the thing took that it reports the end of.
    pub(crate) duration_ms: Option<u64>,
    /// The line of the log.
    line: Box<str>,
}

/// The newest records.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    entries: VecDeque<Entry>,
    lines_bytes: usize,
    /// Records that fell out of the window.
    dropped: u64,
    /// The newest number seen.
    newest: Seq,
    /// Whether there were records before the first one of the window.
    begins_late: bool,
}

impl Timeline {
    /// Reads whole lines of the log. `state` becomes the fold of everything read: records that it
    /// has in it already are only shown.
    pub(crate) fn read(&mut self, bytes: &[u8], state: &mut RunState) {
        for line in bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            match Record::from_line(line) {
                Ok(record) => self.take(&record, line, state),
                Err(error) => self.push(Entry {
                    seq: None,
                    t_ms: self.entries.back().map_or(0, |entry| entry.t_ms),
                    tone: Tone::Caution,
                    kind: "unreadable".to_owned(),
                    summary: printable(&error.to_string()).into_owned(),
                    duration_ms: None,
                    line: String::from_utf8_lossy(line).into(),
                }),
            }
        }
    }

    fn take(&mut self, record: &Record, line: &[u8], state: &mut RunState) {
        if record.seq > state.seq {
            state.apply(record);
        }
        // After a reconnect the same records may come again.
        if record.seq <= self.newest {
            return;
        }
        if self.entries.is_empty() && self.dropped == 0 {
            self.begins_late = record.seq > Seq::FIRST;
        }
        self.newest = record.seq;
        let started_at = state.times.segment_started_at;
        self.push(Entry {
            seq: Some(record.seq),
            t_ms: record.t_ms.unwrap_or_else(|| since(record.at, started_at)),
            tone: tone(record),
            kind: record.kind.to_string(),
            summary: summarise(record),
            duration_ms: record.fields.get("duration_ms").and_then(Value::as_u64),
            line: String::from_utf8_lossy(line).into(),
        });
    }

    fn push(&mut self, entry: Entry) {
        self.lines_bytes += entry.line.len();
        self.entries.push_back(entry);
        while self.entries.len() > RECORDS_MAX || self.lines_bytes > LINES_BYTES_MAX {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.lines_bytes -= oldest.line.len();
            self.dropped += 1;
        }
    }

    /// Ids of the records in the window. Not their numbers: an unreadable line has none.
    pub(crate) fn ids(&self) -> Range<u64> {
        let count = u64::try_from(self.entries.len()).unwrap_or(0);
        self.dropped..self.dropped + count
    }

    /// A record of the window.
    pub(crate) fn entry(&self, id: u64) -> Option<&Entry> {
        let index = usize::try_from(id.checked_sub(self.dropped)?).ok()?;
        self.entries.get(index)
    }

    /// Whether there are records before the first one of the window.
    pub(crate) const fn has_earlier(&self) -> bool {
        self.begins_late || self.dropped > 0
    }
}

fn since(at: Timestamp, earlier: Option<Timestamp>) -> u64 {
    earlier.map_or(0, |earlier| at.millis_since(earlier))
}

/// The most lines of JSON that a record is expanded to.
const JSON_LINES_MAX: usize = 2_000;

impl Entry {
    /// The whole record as indented JSON, printable.
    pub(crate) fn json(&self) -> Vec<String> {
        let value = serde_json::from_str::<Value>(&self.line).ok();
        let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
        let text = pretty.unwrap_or_else(|| self.line.to_string());
        let mut lines: Vec<String> = text
            .lines()
            .take(JSON_LINES_MAX)
            .map(|line| printable(line).into_owned())
            .collect();
        let more = text.lines().count().saturating_sub(JSON_LINES_MAX);
        if more > 0 {
            lines.push(format!("… {more} more lines"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: u64) -> String {
        format!(
            "{{\"seq\":{seq},\"at\":\"2026-11-20T10:00:00.000Z\",\"out\":0,\"kind\":\"log\",\"message\":\"m{seq}\"}}\n"
        )
    }

    fn lines(seqs: Range<u64>) -> Vec<u8> {
        seqs.map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn the_window_is_bounded_and_counts_what_it_drops() {
        let (mut timeline, mut state) = (Timeline::default(), RunState::default());
        timeline.read(&lines(1..10_101), &mut state);
        assert_eq!(timeline.ids(), 100..10_100);
        assert!(timeline.has_earlier());
        assert_eq!(state.seq, Seq(10_100));
        let huge = format!("{{\"kind\":\"log\",\"message\":\"{}\"", "x".repeat(200_000));
        for seq in 10_101..10_301 {
            let huge =
                format!("{huge},\"seq\":{seq},\"at\":\"2026-11-20T10:00:00Z\",\"out\":0}}\n");
            timeline.read(huge.as_bytes(), &mut state);
        }
        assert!(timeline.lines_bytes <= LINES_BYTES_MAX);
        assert!(
            timeline.entries.len() < 100,
            "large records push the small ones out"
        );
    }

    #[test]
    fn records_that_come_again_are_shown_once() {
        let (mut timeline, mut state) = (Timeline::default(), RunState::default());
        timeline.read(&lines(3..6), &mut state);
        timeline.read(&lines(4..8), &mut state);
        let shown: Vec<_> = timeline
            .entries
            .iter()
            .filter_map(|entry| entry.seq)
            .collect();
        assert_eq!(shown, [3, 4, 5, 6, 7].map(Seq));
        assert!(timeline.has_earlier(), "1 and 2 were never sent");
    }

    #[test]
    fn a_line_that_is_no_record_is_shown_as_such() {
        let (mut timeline, mut state) = (Timeline::default(), RunState::default());
        timeline.read(b"\x1b]0;evil\x07\n", &mut state);
        let entry = timeline.entry(0).expect("shown");
        assert_eq!((entry.seq, entry.kind.as_str()), (None, "unreadable"));
        assert_eq!(entry.json(), ["\u{fffd}]0;evil\u{fffd}"]);
    }
}
