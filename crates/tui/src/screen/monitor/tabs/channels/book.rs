//! Readings by channel, taken from lines of the record log.
//!
//! Which channels are followed is the fold's decision; a book follows the same ones and counts the
//! others. It takes a record once, so what was read from the log and what came live can be joined
//! by their numbers.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
};

use memchr::memmem::Finder;
use pod_protocol::{Reading, Seq, TEXT_BYTES_MAX, Timestamp};
use serde::Deserialize;

use super::series::{Sample, Series};

/// What every line has in it that holds readings, as hosts write it. Others are not parsed.
pub(crate) const NEEDLE: &[u8] = br#""kind":"channel""#;
/// Channels that are not followed are told apart up to this many.
pub(crate) const OTHERS_MAX: usize = 1_000;

/// All followed channels of a run, summed up.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Book {
    channels: Vec<(String, Series)>,
    /// Hashes of the names of channels that are not followed.
    others: BTreeSet<u64>,
    /// The newest record that was taken.
    newest: Seq,
    /// Readings of other times are passed over.
    times: Option<Range<i64>>,
}

/// A line with readings, as [`pod_protocol::ChannelReadings`] has them.
#[derive(Deserialize)]
struct Line {
    seq: Seq,
    at: Timestamp,
    kind: String,
    readings: Option<Vec<Reading>>,
    name: Option<String>,
    value: Option<f64>,
}

impl Book {
    /// An empty one, of all readings or of those of some time.
    pub(crate) fn new(times: Option<Range<i64>>) -> Self {
        Self {
            times,
            ..Self::default()
        }
    }

    /// Takes whole lines of the record log, in order, up to the record before `end`. Of the
    /// channels it follows those in `known`.
    pub(crate) fn read(&mut self, bytes: &[u8], known: &[impl AsRef<str>], end: Seq) {
        let finder = Finder::new(NEEDLE);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if finder.find(line).is_none() {
                continue;
            }
            let Ok(line) = serde_json::from_slice::<Line>(line) else {
                continue;
            };
            if line.kind == "channel" && line.seq > self.newest && line.seq < end {
                self.newest = line.seq;
                self.take(line, known);
            }
        }
    }

    fn take(&mut self, line: Line, known: &[impl AsRef<str>]) {
        let at_ms = line.at.as_millis();
        if self
            .times
            .as_ref()
            .is_some_and(|times| !times.contains(&at_ms))
        {
            return;
        }
        let mut take = |name: &str, value| {
            let name = &name[..name.floor_char_boundary(TEXT_BYTES_MAX)];
            let sample = Sample {
                seq: line.seq,
                at_ms,
                value,
            };
            match self.series_of(name, known) {
                Some(series) => series.take(sample),
                None => self.note_other(name),
            }
        };
        match (line.readings, line.name, line.value) {
            (Some(readings), ..) => {
                for reading in readings {
                    take(&reading.name, reading.value);
                }
            }
            (None, Some(name), Some(value)) => take(&name, value),
            _ => {}
        }
    }

    fn series_of(&mut self, name: &str, known: &[impl AsRef<str>]) -> Option<&mut Series> {
        let found = self.channels.iter().position(|(own, _)| own == name);
        let index = match found {
            Some(index) => index,
            None if known.iter().any(|known| known.as_ref() == name) => {
                self.channels.push((name.to_owned(), Series::default()));
                self.channels.len() - 1
            }
            None => return None,
        };
        self.channels.get_mut(index).map(|(_, series)| series)
    }

    fn note_other(&mut self, name: &str) {
        if self.others.len() < OTHERS_MAX {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            self.others.insert(hasher.finish());
        }
    }

    /// Puts what `earlier` holds before what is here. No record may be in both.
    pub(crate) fn join(&mut self, earlier: Self) {
        for (name, series) in earlier.channels {
            match self.channels.iter_mut().find(|(own, _)| *own == name) {
                Some((_, own)) => own.join(series),
                None => self.channels.push((name, series)),
            }
        }
        self.others.extend(earlier.others);
        self.newest = self.newest.max(earlier.newest);
    }

    /// A channel's readings.
    pub(crate) fn series(&self, name: &str) -> Option<&Series> {
        let found = self.channels.iter().find(|(own, _)| own == name)?;
        Some(&found.1)
    }

    /// How many channels were seen that are not followed; [`OTHERS_MAX`] stands for more.
    pub(crate) fn others(&self) -> usize {
        self.others.len().min(OTHERS_MAX)
    }

    /// How many readings of followed channels were taken.
    #[cfg(test)]
    pub(crate) fn count(&self) -> u64 {
        self.channels.iter().map(|(_, series)| series.count()).sum()
    }
}

/// The number that a line gives itself.
pub(crate) fn seq_of(line: &[u8]) -> Option<Seq> {
    #[derive(Deserialize)]
    struct Numbered {
        seq: Seq,
    }
    let numbered: Result<Numbered, _> = serde_json::from_slice(line);
    numbered.ok().map(|numbered| numbered.seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Seq = Seq(u64::MAX);

    fn line(seq: u64, payload: &str) -> String {
        format!(
            "{{\"seq\":{seq},\"at\":\"2026-11-20T10:00:00.000Z\",\"t\":{seq},\"out\":0,\"kind\":\"channel\",{payload}}}\n"
        )
    }

    fn read(book: &mut Book, text: &str, known: &[&str]) {
        book.read(text.as_bytes(), known, ALL);
    }

    #[test]
    fn one_record_may_hold_several_readings() {
        let mut book = Book::default();
        let many = r#""readings":[{"name":"a","value":1},{"name":"b","value":2.5},{"name":"a","value":3}]"#;
        read(&mut book, &line(1, many), &["a", "b"]);
        read(
            &mut book,
            &line(2, r#""name":"a","value":-4,"unit":"V""#),
            &["a", "b"],
        );
        let a = book.series("a").and_then(Series::values).expect("followed");
        assert_eq!((a.min, a.max, a.last, a.count), (-4.0, 3.0, -4.0, 3));
        assert_eq!(book.count(), 4);
    }

    #[test]
    fn what_is_no_reading_is_passed_over() {
        let mut book = Book::default();
        let log = r#"{"seq":1,"at":"2026-11-20T10:00:00Z","out":0,"kind":"log","fields":{"kind":"channel"},"name":"a","value":1}"#;
        read(&mut book, &format!("{log}\n"), &["a"]);
        read(&mut book, &line(2, r#""name":"a""#), &["a"]);
        read(&mut book, &line(3, r#""name":"a","value":1e999"#), &["a"]);
        read(&mut book, "{\"kind\":\"channel\"\n\u{1b}]0;\n", &["a"]);
        assert_eq!((book.count(), book.others()), (0, 0));
    }

    #[test]
    fn a_record_counts_once() {
        let mut book = Book::default();
        let two = line(1, r#""name":"a","value":1"#) + &line(2, r#""name":"a","value":2"#);
        read(&mut book, &two, &["a"]);
        read(&mut book, &two, &["a"]);
        assert_eq!(book.count(), 2);
        let mut history = Book::default();
        history.read(two.as_bytes(), &["a"], Seq(2));
        assert_eq!(history.count(), 1, "up to the end of the history only");
    }

    #[test]
    fn channels_that_are_not_followed_are_counted() {
        let mut book = Book::default();
        for index in 0..3_000 {
            let name = format!(r#""name":"n{}","value":1"#, index % 12);
            read(&mut book, &line(index + 1, &name), &["n0"]);
        }
        assert_eq!((book.others(), book.count()), (11, 250));
        for index in 0..3_000 {
            let name = format!(r#""name":"m{index}","value":1"#);
            read(&mut book, &line(5_000 + index, &name), &["n0"]);
        }
        assert_eq!(book.others(), OTHERS_MAX);
    }
}
