//! Which items of a session have which result: read from the logs, because a run may have more of
//! them than a fold can hold.
//!
//! Two passes: the first finds the last result of every item, 32 bytes each whatever its name; the
//! second writes the names out.

use std::{
    collections::HashMap,
    fs::File,
    hash::{BuildHasher, RandomState},
    path::Path,
};

use pod_files::{FileError, create_private, disk};
use pod_protocol::{Event, ItemOutcome, Record, Seq, SessionId};

use crate::{Store, StoreError};

/// How much of a log is read at once.
const READ_BYTES: usize = 256 * 1024;

/// The last result of every item of a session.
#[derive(Debug, Default)]
pub struct ItemResults {
    /// By hash of the name: which record told last, and what. `None` is an item that began only.
    last: HashMap<u64, (Seq, Option<ItemOutcome>)>,
    hasher: RandomState,
}

/// Some of the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemsWanted {
    /// Those that need not be done again: passed, or skipped on purpose.
    Done,
    /// Those to be repeated whose names are known: failed, errored, or begun and not finished.
    Failed,
}

impl ItemsWanted {
    const fn includes(self, outcome: Option<ItemOutcome>) -> bool {
        let done = matches!(outcome, Some(ItemOutcome::Passed | ItemOutcome::Skipped));
        match self {
            Self::Done => done,
            Self::Failed => !done,
        }
    }
}

impl ItemResults {
    fn note(&mut self, record: &Record) {
        let (item, outcome) = match Event::read(record) {
            Event::ItemStarted(started) => (started.item, None),
            Event::ItemFinished(finished) => (finished.item, Some(finished.outcome)),
            _ => return,
        };
        let key = self.hasher.hash_one(&item);
        // An item that is begun again keeps its result until it has another.
        if outcome.is_some() || !self.last.contains_key(&key) {
            self.last.insert(key, (record.seq, outcome));
        }
    }

    fn wants(&self, record: &Record, wanted: ItemsWanted) -> Option<String> {
        let item = match Event::read(record) {
            Event::ItemStarted(started) => started.item,
            Event::ItemFinished(finished) => finished.item,
            _ => return None,
        };
        let (seq, outcome) = self.last.get(&self.hasher.hash_one(&item))?;
        (*seq == record.seq && wanted.includes(*outcome)).then_some(item)
    }

    /// How many items there are of these.
    #[must_use]
    pub fn count(&self, wanted: ItemsWanted) -> u64 {
        let all = self.last.values();
        all.filter(|(_, outcome)| wanted.includes(*outcome)).count() as u64
    }

    /// How many items have a result.
    #[must_use]
    pub fn finished(&self) -> u64 {
        let all = self.last.values();
        all.filter(|(_, outcome)| outcome.is_some()).count() as u64
    }

    /// How many items have begun and have no result.
    #[must_use]
    pub fn unfinished(&self) -> u64 {
        self.last.len() as u64 - self.finished()
    }
}

impl Store {
    /// The last result of every item of `session`.
    ///
    /// # Errors
    /// When a log cannot be read. Damaged lines are passed over.
    pub fn item_results(&self, session: SessionId) -> Result<ItemResults, StoreError> {
        let mut results = ItemResults::default();
        self.each_record(session, |record| {
            results.note(record);
            Ok(())
        })?;
        Ok(results)
    }

    /// Writes the names of the `wanted` items of `session` to a new private file at `path`, one a
    /// line. A name that holds a control character, or starts with a quotation mark, stands there
    /// as a JSON string.
    ///
    /// # Errors
    /// When a log cannot be read, or the file cannot be made or written.
    pub fn write_items(
        &self,
        session: SessionId,
        results: &ItemResults,
        wanted: ItemsWanted,
        path: &Path,
    ) -> Result<(), StoreError> {
        let mut list = ItemFile {
            file: create_private(path)?,
            path,
            waiting: String::new(),
            position: 0,
        };
        self.each_record(session, |record| match results.wants(record, wanted) {
            Some(item) => list.add(&item),
            None => Ok(()),
        })?;
        list.flush()
    }

    fn each_record(
        &self,
        session: SessionId,
        mut take: impl FnMut(&Record) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for head in self.segments(session)? {
            let reader = self.segment_reader(session, head.segment)?;
            let mut byte = 0;
            loop {
                let slice = reader.read_records(byte, READ_BYTES)?;
                if slice.next_byte == byte {
                    break;
                }
                byte = slice.next_byte;
                let lines = slice.bytes.split_inclusive(|b| *b == b'\n');
                for record in lines.filter_map(|line| Record::from_line(line).ok()) {
                    take(&record)?;
                }
            }
        }
        Ok(())
    }
}

/// A list of items that is being written.
struct ItemFile<'a> {
    file: File,
    path: &'a Path,
    /// Not written yet.
    waiting: String,
    position: u64,
}

impl ItemFile<'_> {
    fn add(&mut self, item: &str) -> Result<(), StoreError> {
        self.waiting.push_str(&item_line(item));
        self.waiting.push('\n');
        match self.waiting.len() < READ_BYTES {
            true => Ok(()),
            false => self.flush(),
        }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        disk::write_all_at(&self.file, self.waiting.as_bytes(), self.position)
            .map_err(FileError::io("write", self.path))?;
        self.position += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}

/// An item as a line of a list.
fn item_line(item: &str) -> String {
    if item.starts_with('"') || item.chars().any(char::is_control) {
        return serde_json::Value::from(item).to_string();
    }
    item.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_becomes_two_lines() {
        let check = |item: &str, line: &str| assert_eq!(item_line(item), line);
        check("tests/a.py::test[1 2]", "tests/a.py::test[1 2]");
        check("ünïcode", "ünïcode");
        check("two\nlines", r#""two\nlines""#);
        check("\u{1b}[31m", r#""\u001b[31m""#);
        check("\"quoted\"", r#""\"quoted\"""#);
        check("", "");
    }
}
