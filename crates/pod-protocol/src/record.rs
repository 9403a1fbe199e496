//! One numbered line of a record log.
//!
//! A record keeps its payload as ordered JSON fields rather than as a typed value, so a record
//! written by a newer version, or by a run that invents its own kinds, passes through every reader
//! unchanged. What the fields *mean* is read with [`crate::Event::read`].

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::{Kind, Offset, Seq, Timestamp};

/// The payload of a record, in the order it was written.
pub type Fields = Map<String, Value>;

/// The longest line of a record log, newline included. A viewer may hold one whole record in
/// memory, so no run decides how much that is.
pub const RECORD_BYTES_MAX: usize = 256 * 1024;

/// A record as it stands in a log, on the socket and in `tui events --json`.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number within the session.
    pub seq: Seq,
    /// Wall time when it was written.
    pub at: Timestamp,
    /// Monotonic milliseconds since the segment's start; absent in foreign records.
    pub t_ms: Option<u64>,
    /// How much output the session had at that moment.
    pub out: Offset,
    /// What it is about.
    pub kind: Kind,
    /// Everything else.
    pub fields: Fields,
}

/// When and where in the output a record happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Wall time.
    pub at: Timestamp,
    /// Monotonic milliseconds since the segment's start.
    pub t_ms: u64,
    /// The session's output offset.
    pub out: Offset,
}

/// A record that has no number yet: what a producer hands to the one writer.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What it is about.
    pub kind: Kind,
    /// Its payload, without envelope fields.
    pub fields: Fields,
}

/// Why a line is not a record.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The line is longer than [`RECORD_BYTES_MAX`].
    #[error("a record has at most {RECORD_BYTES_MAX} bytes, this one has {bytes}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// The line is not a JSON object with the envelope of a record.
    #[error("not a record")]
    Malformed(#[from] serde_json::Error),
    /// The kind is one that only the host may write.
    #[error("the kind {kind} belongs to the host")]
    OfHost {
        /// The kind.
        kind: String,
    },
}

/// The fields that the writer gives. A run that names them itself is refused.
pub(crate) const ENVELOPE: [&str; 5] = ["seq", "at", "t", "out", "kind"];

impl Draft {
    /// A draft of `kind` with the fields of `payload`, which must serialise to a JSON object.
    ///
    /// # Panics
    /// When `payload` is not an object or names an envelope field, or `kind` is not a kind: both are
    /// written in our own code.
    #[must_use]
    pub fn new(kind: &str, payload: &impl Serialize) -> Self {
        let kind = Kind::new(kind).expect("kinds in our own code are valid");
        match serde_json::to_value(payload).expect("payloads in our own code serialise") {
            Value::Object(fields) => {
                let taken = ENVELOPE.iter().find(|name| fields.contains_key(**name));
                assert_eq!(taken, None, "payload of {kind} has a field of the envelope");
                Self { kind, fields }
            }
            other => unreachable!("payload of {kind} is not an object: {other}"),
        }
    }

    /// Reads one line that a run wrote: a JSON object with a `kind` and no other envelope field.
    ///
    /// # Errors
    /// When it is too long, not such an object, or its kind is not a kind.
    pub fn from_line(line: &[u8]) -> Result<Self, RecordError> {
        check_length(line)?;
        let mut fields: Fields = serde_json::from_slice(line)?;
        if let Some(field) = ENVELOPE
            .iter()
            .find(|name| **name != "kind" && fields.contains_key(**name))
        {
            let error = de::Error::custom(format_args!("the field {field:?} belongs to the host"));
            return Err(RecordError::Malformed(error));
        }
        let kind = fields
            .shift_remove("kind")
            .ok_or_else(|| de::Error::missing_field("kind"));
        let kind = serde_json::from_value(kind.map_err(RecordError::Malformed)?)?;
        Ok(Self { kind, fields })
    }

    /// Gives the draft its envelope.
    #[must_use]
    pub fn number(self, seq: Seq, at: Timestamp, t_ms: u64, out: Offset) -> Record {
        Record {
            seq,
            at,
            t_ms: Some(t_ms),
            out,
            kind: self.kind,
            fields: self.fields,
        }
    }
}

impl Record {
    /// Reads one line of a log, with or without its newline.
    ///
    /// # Errors
    /// When it is too long or not a record.
    pub fn from_line(line: &[u8]) -> Result<Self, RecordError> {
        check_length(line)?;
        Ok(serde_json::from_slice(line)?)
    }

    /// The line as it stands in a log, newline included.
    ///
    /// # Errors
    /// When it would be longer than [`RECORD_BYTES_MAX`].
    pub fn to_line(&self) -> Result<Vec<u8>, RecordError> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        check_length(&line)?;
        Ok(line)
    }

    /// A field as text, where it is a string.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }
}

fn check_length(line: &[u8]) -> Result<(), RecordError> {
    match line.len() {
        bytes if bytes > RECORD_BYTES_MAX => Err(RecordError::TooLong { bytes }),
        _ => Ok(()),
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("seq", &self.seq)?;
        map.serialize_entry("at", &self.at)?;
        if let Some(t_ms) = self.t_ms {
            map.serialize_entry("t", &t_ms)?;
        }
        map.serialize_entry("out", &self.out)?;
        map.serialize_entry("kind", &self.kind)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordVisitor)
    }
}

struct RecordVisitor;

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record: an object with seq, at, out and kind")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        let (mut seq, mut at, mut t_ms, mut out, mut kind) = (None, None, None, None, None);
        let mut fields = Fields::new();
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match name.as_ref() {
                "seq" => seq = Some(map.next_value()?),
                "at" => at = Some(map.next_value()?),
                "t" => t_ms = Some(map.next_value()?),
                "out" => out = Some(map.next_value()?),
                "kind" => kind = Some(map.next_value()?),
                _ => {
                    fields.insert(name.into_owned(), map.next_value()?);
                }
            }
        }
        Ok(Record {
            seq: seq.ok_or_else(|| de::Error::missing_field("seq"))?,
            at: at.ok_or_else(|| de::Error::missing_field("at"))?,
            t_ms,
            out: out.ok_or_else(|| de::Error::missing_field("out"))?,
            kind: kind.ok_or_else(|| de::Error::missing_field("kind"))?,
            fields,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_survives_a_round_trip_unchanged() {
        let line = concat!(
            r#"{"seq":41,"at":"2026-11-20T10:00:00.123Z","t":9,"out":183422,"#,
            r#""kind":"solver.converged","z":1,"a":{"y":[1,2.5,null],"b":"\u001b"},"m":-0.0}"#,
        );
        let record = Record::from_line(line.as_bytes()).expect("a record");
        assert_eq!(
            record.to_line().expect("short"),
            format!("{line}\n").into_bytes()
        );
    }

    #[test]
    fn a_run_cannot_write_the_envelope() {
        assert!(Draft::from_line(br#"{"kind":"x.y","seq":9}"#).is_err());
        assert!(Draft::from_line(br#"{"kind":"x y"}"#).is_err());
        assert!(Draft::from_line(br#"{"item":"a"}"#).is_err());
        assert!(Draft::from_line(br#"["kind"]"#).is_err());
        let draft = Draft::from_line(br#"{"kind":"x.y","v":1}"#).expect("a custom event");
        assert_eq!((draft.kind.as_str(), draft.fields.len()), ("x.y", 1));
    }

    #[test]
    fn a_record_has_a_longest_line() {
        let mut draft = Draft::from_line(br#"{"kind":"log"}"#).expect("a draft");
        draft
            .fields
            .insert("message".into(), "x".repeat(RECORD_BYTES_MAX).into());
        let record = draft.number(Seq::FIRST, Timestamp::default(), 0, Offset(0));
        assert!(matches!(record.to_line(), Err(RecordError::TooLong { .. })));
    }
}
