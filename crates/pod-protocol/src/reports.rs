//! What a run reports, on its way into the log.
//!
//! A report passes through as text: it is read once to check it, to write it out as a record has it
//! and to note where its fields are, and what it means is read from them. What a report comes to is
//! defined by [`Draft::from_line`]; the short way taken here gives the same bytes or leaves the line
//! to it.
//!
//! Absent on purpose: a map of a report's fields. Nobody asks for them on the way in.

mod copy;
mod fields;

use self::{
    copy::{Names, Target, copy_fields},
    fields::{Field, Payload},
};
use crate::{Draft, Event, Kind, RECORD_BYTES_MAX, RecordError, Seq, Stamp};

/// The longest payload of a report, in bytes: with the envelope it fits a record.
pub const REPORT_BYTES_MAX: usize = RECORD_BYTES_MAX - 1024;

/// Reports in the order in which they came, without their envelopes.
#[derive(Debug, Default)]
pub struct Reports {
    /// One behind the other.
    kinds: String,
    /// The same, each a JSON object without `kind`, as it stands in a record.
    payloads: String,
    /// The same, of those that were not left to a map.
    fields: Vec<Field>,
    ends: Vec<Ends>,
    names: Names,
}

/// Where a report ends in each of them; it begins where the one before it ends.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    kind: usize,
    payload: usize,
    field: usize,
    /// Whether its fields are noted.
    has_fields: bool,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What it is about.
    pub kind: &'a str,
    /// Its payload, a JSON object.
    pub payload: &'a str,
    /// The fields of the payload, where they are noted.
    fields: Option<&'a [Field]>,
}

impl Report<'_> {
    /// What it means.
    #[must_use]
    pub fn event(&self) -> Event {
        let text = self.payload;
        match self.fields {
            Some(fields) => Event::read_from(self.kind, Payload { text, fields }),
            None => Event::read_from(self.kind, &mut serde_json::Deserializer::from_str(text)),
        }
    }
}

impl Reports {
    /// Takes a line that a run wrote. Nothing is taken of a line that is refused.
    ///
    /// # Errors
    /// As [`Draft::from_line`]; also when the kind belongs to the host, and when the payload has
    /// more than [`REPORT_BYTES_MAX`] bytes once its numbers are written out: one such record would
    /// keep everything that is recorded with it out of the log.
    pub fn take_line(&mut self, line: &[u8]) -> Result<(), RecordError> {
        let start = self.last_ends();
        let target = Target {
            kinds: &mut self.kinds,
            payloads: &mut self.payloads,
            fields: &mut self.fields,
            names: &mut self.names,
        };
        let has_fields = copy_fields(line, target).is_some();
        if !has_fields {
            self.cut(start);
            // Either no record, or one of the few that take the long way.
            let draft = Draft::from_line(line)?;
            self.write(&draft);
        }
        let kind = &self.kinds[start.kind..];
        let bytes = self.payloads.len() - start.payload;
        let refused = if Kind::is_of_host(kind) {
            Some(RecordError::OfHost {
                kind: kind.to_owned(),
            })
        } else {
            (bytes > REPORT_BYTES_MAX).then_some(RecordError::TooLong { bytes })
        };
        if let Some(refused) = refused {
            self.cut(start);
            return Err(refused);
        }
        self.keep(has_fields);
        Ok(())
    }

    /// Takes what the host has to say among them.
    pub fn take_draft(&mut self, draft: &Draft) {
        self.write(draft);
        self.keep(false);
    }

    /// Forgets all of them, and keeps the room that they took.
    pub fn clear(&mut self) {
        self.cut(Ends::default());
        self.ends.clear();
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Report<'_>> {
        let mut start = Ends::default();
        self.ends.iter().map(move |end| {
            let report = Report {
                kind: &self.kinds[start.kind..end.kind],
                payload: &self.payloads[start.payload..end.payload],
                fields: end.has_fields.then(|| &self.fields[start.field..end.field]),
            };
            start = *end;
            report
        })
    }

    /// Writes them as lines of a record log, numbered from `first` on. Returns the number that
    /// comes next.
    ///
    /// # Errors
    /// When a line would be longer than [`RECORD_BYTES_MAX`].
    pub fn write_lines(
        &self,
        first: Seq,
        stamp: Stamp,
        buffer: &mut Vec<u8>,
    ) -> Result<Seq, RecordError> {
        let Stamp { at, t_ms, out } = stamp;
        // The same for all of them, so it is written once.
        let stamp = format!(r#","at":"{at}","t":{t_ms},"out":{},"kind":""#, out.0);
        buffer.reserve(self.payloads.len() + self.kinds.len() + self.len() * (stamp.len() + 32));
        let mut seq = first;
        for Report { kind, payload, .. } in self.iter() {
            let start = buffer.len();
            buffer.extend_from_slice(br#"{"seq":"#);
            serde_json::to_writer(&mut *buffer, &seq.0)?;
            buffer.extend_from_slice(stamp.as_bytes());
            buffer.extend_from_slice(kind.as_bytes());
            // The payload goes on where the envelope ends.
            buffer.extend_from_slice(if payload == "{}" { b"\"" } else { b"\"," });
            buffer.extend_from_slice(&payload.as_bytes()[1..]);
            buffer.push(b'\n');
            match buffer.len() - start {
                bytes if bytes > RECORD_BYTES_MAX => return Err(RecordError::TooLong { bytes }),
                _ => seq = seq.next(),
            }
        }
        Ok(seq)
    }

    fn write(&mut self, draft: &Draft) {
        self.kinds.push_str(draft.kind.as_str());
        let payload = serde_json::to_string(&draft.fields);
        self.payloads
            .push_str(&payload.expect("a map with text keys is JSON"));
    }

    fn keep(&mut self, has_fields: bool) {
        self.ends.push(Ends {
            kind: self.kinds.len(),
            payload: self.payloads.len(),
            field: self.fields.len(),
            has_fields,
        });
    }

    fn last_ends(&self) -> Ends {
        self.ends.last().copied().unwrap_or_default()
    }

    fn cut(&mut self, at: Ends) {
        self.kinds.truncate(at.kind);
        self.payloads.truncate(at.payload);
        self.fields.truncate(at.field);
    }
}

#[cfg(test)]
mod tests;
