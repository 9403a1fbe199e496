//! One line of the record log, reduced to what a row shows.

use pod_protocol::{Event, Record, Seq, Timestamp, Tone, printable, tone};
use serde_json::Value;

use crate::screen::monitor::summary::summarise;

/// The most lines of JSON that a record is expanded to.
const JSON_LINES_MAX: usize = 2_000;
/// The kind that a line is shown with which is no record.
pub(crate) const UNREADABLE: &str = "unreadable";

/// A row of the timeline. All of its texts are printable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Its number; `None` for a line that could not be read.
    pub(crate) seq: Option<Seq>,
    /// Its number, or that of the record before it in the log.
    pub(crate) place: Seq,
    /// When it was written.
    pub(crate) at: Option<Timestamp>,
    /// The same in milliseconds since the start of the session.
    pub(crate) t_ms: u64,
    /// How it feels.
    pub(crate) tone: Tone,
    /// What it is about.
    pub(crate) kind: Box<str>,
    /// What it says, in one line.
    pub(crate) summary: Box<str>,
    /// How long the thing took that it reports the end of.
    pub(crate) duration_ms: Option<u64>,
    /// Which segment it begins, from the second one on.
    pub(crate) begins_segment: Option<u32>,
    /// The line of the log.
    pub(crate) line: Box<str>,
}

/// When the session and the segment of a record began. `T+` counts from the start of the session;
/// within a segment the host's monotonic clock is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// First record of the session.
    pub(crate) session: Option<Timestamp>,
    /// First record of the segment, where that is known.
    pub(crate) segment: Option<Timestamp>,
}

impl Origin {
    fn t_ms(self, record: &Record) -> u64 {
        let since = |at: Timestamp| self.session.map_or(0, |start| at.millis_since(start));
        match record.t_ms {
            Some(t_ms) if self.session.is_none() => t_ms,
            Some(t_ms) => self
                .segment
                .map_or_else(|| since(record.at), |at| since(at) + t_ms),
            None => since(record.at),
        }
    }
}

impl Entry {
    /// The row of `record`, which stands on `line`.
    pub(crate) fn of(record: &Record, line: &[u8], origin: Origin) -> Self {
        let begins_segment = match record.kind.as_str() {
            "segment.started" => match Event::read(record) {
                Event::SegmentStarted(started) if started.ordinal > 1 => Some(started.ordinal),
                _ => None,
            },
            _ => None,
        };
        Self {
            seq: Some(record.seq),
            place: record.seq,
            at: Some(record.at),
            t_ms: origin.t_ms(record),
            tone: tone(record),
            kind: record.kind.as_str().into(),
            summary: summarise(record).into(),
            duration_ms: record.fields.get("duration_ms").and_then(Value::as_u64),
            begins_segment,
            line: String::from_utf8_lossy(line.trim_ascii_end()).into(),
        }
    }

    /// The row of a line that is no record and stands behind the record `place`.
    pub(crate) fn unreadable(why: &str, line: &[u8], place: Seq, t_ms: u64) -> Self {
        Self {
            seq: None,
            place,
            at: None,
            t_ms,
            tone: Tone::Caution,
            kind: UNREADABLE.into(),
            summary: printable(why).into(),
            duration_ms: None,
            begins_segment: None,
            line: String::from_utf8_lossy(line.trim_ascii_end()).into(),
        }
    }

    /// What a run wrote beside the envelope: the part of the line that a filter looks at.
    pub(crate) fn payload(&self) -> &str {
        payload(&self.line)
    }

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

/// Hosts write the envelope first and the kind last of it. A line of another shape is all payload.
fn payload(line: &str) -> &str {
    const KIND: &str = "\"kind\":\"";
    let envelope = line.find(KIND).filter(|_| line.starts_with("{\"seq\":"));
    let behind = envelope.map(|at| &line[at + KIND.len()..]);
    behind
        .and_then(|rest| rest.split_once('"'))
        .map_or(line, |(_, payload)| payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_no_payload() {
        let line = r#"{"seq":41,"at":"2026-11-20T10:00:00Z","out":7,"kind":"a.b","x":"41"}"#;
        assert_eq!(payload(line), r#","x":"41"}"#);
        assert_eq!(payload("garbage"), "garbage");
        let foreign = r#"{"x":1,"seq":3}"#;
        assert_eq!(payload(foreign), foreign);
    }

    #[test]
    fn a_session_has_one_clock_through_all_its_segments() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let record = |at: &str, t: &str| {
            let line = format!(r#"{{"seq":9,"at":"{at}",{t}"out":0,"kind":"step","label":"x"}}"#);
            Record::from_line(line.as_bytes()).expect("a record")
        };
        let origin = Origin {
            session: Some(at("2026-11-20T10:00:00Z")),
            segment: Some(at("2026-11-20T11:00:00Z")),
        };
        assert_eq!(
            origin.t_ms(&record("2026-11-20T09:00:00Z", "\"t\":1500,")),
            3_601_500,
            "a clock that was set back does not count within a segment"
        );
        assert_eq!(origin.t_ms(&record("2026-11-20T10:00:02Z", "")), 2_000);
    }
}
