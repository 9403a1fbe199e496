//! What a run found out: items, tables and artifacts, as far as they are held.

use std::collections::{BTreeMap, HashMap};

use pod_protocol::{Event, ItemOutcome, Record, Seq, printable};

use unicode_width::UnicodeWidthStr;

use super::table::{Named, Table, named};

/// The most items that are held. Failures are kept longest.
pub(crate) const ITEMS_MAX: usize = 20_000;
/// The most tables.
const TABLES_MAX: usize = 64;
/// The most memory that the rows of all tables take, in bytes.
const TABLES_BYTES_MAX: usize = 48 * 1024 * 1024;
/// The most artifacts that are held.
const ARTIFACTS_MAX: usize = 5_000;
/// The longest detail that is held, in bytes: the record has all of it.
const DETAIL_BYTES_MAX: usize = 8 * 1024;
/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 1_024;

/// One record, reduced to what it says about results. All texts are printable, line by line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Finding {
    /// An item is done.
    Item(Item),
    /// A row of the table of this name.
    Row(Seq, Box<str>, Named),
    /// A file was made.
    Artifact(Artifact),
}

/// The last result of an item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) seq: Seq,
    pub(crate) name: Box<str>,
    pub(crate) outcome: ItemOutcome,
    pub(crate) duration_ms: Option<u64>,
    /// Its lines.
    pub(crate) detail: Vec<Box<str>>,
}

/// A file that the run made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Artifact {
    pub(crate) seq: Seq,
    /// As the run named it; not printable.
    pub(crate) path: Box<str>,
    pub(crate) label: Option<Box<str>>,
    /// How long the file is, where somebody looked and it is there.
    pub(crate) bytes: Option<u64>,
}

impl Finding {
    /// What `record` says about results.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let seq = record.seq;
        Some(match Event::read(record) {
            Event::ItemFinished(item) => Self::Item(Item {
                seq,
                name: short(&item.item, NAME_BYTES_MAX),
                outcome: item.outcome,
                duration_ms: item.duration_ms,
                detail: item.detail.map_or_else(Vec::new, |detail| {
                    let detail = &detail[..detail.floor_char_boundary(DETAIL_BYTES_MAX)];
                    detail.lines().map(|line| printable(line).into()).collect()
                }),
            }),
            Event::TableRow(row) => {
                let cells = named(&row.row);
                Self::Row(seq, short(&row.table, NAME_BYTES_MAX), cells)
            }
            Event::Artifact(artifact) => Self::Artifact(Artifact {
                seq,
                path: artifact.path.into(),
                label: artifact.label.map(|label| short(&label, NAME_BYTES_MAX)),
                bytes: None,
            }),
            _ => return None,
        })
    }
}

fn short(text: &str, bytes: usize) -> Box<str> {
    printable(&text[..text.floor_char_boundary(bytes)]).into()
}

/// Failures first.
pub(crate) const fn rank(outcome: ItemOutcome) -> u8 {
    match outcome {
        ItemOutcome::Failed => 0,
        ItemOutcome::Errored => 1,
        ItemOutcome::Skipped => 2,
        ItemOutcome::Passed => 3,
    }
}

/// The place of an item: its outcome, then the order of the log.
pub(crate) type ItemKey = (u8, Seq);

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Gathered {
    pub(crate) items: BTreeMap<ItemKey, Item>,
    places: HashMap<Box<str>, ItemKey>,
    /// The columns of the widest name of an item so far.
    pub(crate) name_width: usize,
    /// Items that there was no room for.
    pub(crate) items_left_out: u64,
    /// In the order of their first rows.
    pub(crate) tables: Vec<Table>,
    /// Findings of any kind that there was no room for at all.
    pub(crate) missed: u64,
    /// By path: what was said of it last.
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) artifacts_left_out: u64,
}

impl Gathered {
    /// Takes the next finding, in the order of the log.
    pub(crate) fn take(&mut self, finding: Finding) {
        match finding {
            Finding::Item(item) => self.take_item(item),
            Finding::Row(seq, table, row) => self.take_row(seq, table, row),
            Finding::Artifact(artifact) => {
                self.artifacts.retain(|known| known.path != artifact.path);
                match self.artifacts.len() < ARTIFACTS_MAX {
                    true => self.artifacts.push(artifact),
                    false => self.artifacts_left_out += 1,
                }
            }
        }
    }

    /// The last result of an item replaces the ones before it.
    fn take_item(&mut self, item: Item) {
        let key = (rank(item.outcome), item.seq);
        self.name_width = self.name_width.max(item.name.width());
        if let Some(before) = self.places.insert(item.name.clone(), key) {
            self.items.remove(&before);
        }
        self.items.insert(key, item);
        if self.items.len() <= ITEMS_MAX {
            return;
        }
        // The oldest of what matters least.
        let least = self
            .items
            .last_key_value()
            .map_or(0, |((rank, _), _)| *rank);
        let mut oldest = self.items.range((least, Seq(0))..);
        let Some(key) = oldest.next().map(|(key, _)| *key) else {
            return;
        };
        if let Some(gone) = self.items.remove(&key) {
            self.places.remove(&gone.name);
            self.items_left_out += 1;
        }
    }

    fn take_row(&mut self, seq: Seq, name: Box<str>, row: Named) {
        let known = self.tables.iter().position(|table| table.name == name);
        let index = match known {
            Some(index) => index,
            None if self.tables.len() >= TABLES_MAX => {
                self.missed += 1;
                return;
            }
            None => {
                self.tables.push(Table::new(name));
                self.tables.len() - 1
            }
        };
        self.tables[index].push(seq, row);
        while self.tables.iter().map(Table::bytes).sum::<usize>() > TABLES_BYTES_MAX {
            let largest = self.tables.iter_mut().max_by_key(|table| table.bytes());
            if !largest.is_some_and(Table::forget_oldest) {
                break;
            }
        }
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.tables.is_empty() && self.artifacts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(seq: u64, name: &str, outcome: ItemOutcome) -> Finding {
        Finding::Item(Item {
            seq: Seq(seq),
            name: name.into(),
            outcome,
            duration_ms: None,
            detail: Vec::new(),
        })
    }

    fn names(gathered: &Gathered) -> Vec<&str> {
        gathered.items.values().map(|item| &*item.name).collect()
    }

    #[test]
    fn failures_come_first_and_the_last_result_counts() {
        use ItemOutcome::{Errored, Failed, Passed, Skipped};
        let mut gathered = Gathered::default();
        for (seq, name, outcome) in [
            (1, "a", Passed),
            (2, "b", Failed),
            (3, "c", Errored),
            (4, "d", Failed),
            (5, "e", Skipped),
            (6, "b", Passed),
            (7, "a", Failed),
        ] {
            gathered.take(item(seq, name, outcome));
        }
        assert_eq!(names(&gathered), ["d", "a", "c", "e", "b"]);
    }

    #[test]
    fn items_are_bounded_and_failures_are_kept_longest() {
        let mut gathered = Gathered::default();
        gathered.take(item(1, "bad", ItemOutcome::Failed));
        for seq in 2..30_000 {
            gathered.take(item(seq, &format!("i{seq}"), ItemOutcome::Passed));
        }
        assert_eq!(gathered.items.len(), ITEMS_MAX);
        assert_eq!(gathered.places.len(), ITEMS_MAX);
        assert_eq!(gathered.items_left_out, 29_999 - ITEMS_MAX as u64);
        assert_eq!(names(&gathered)[0], "bad");
        assert_eq!(names(&gathered)[ITEMS_MAX - 1], "i29999");
    }

    #[test]
    fn a_file_that_is_named_again_is_one_file() {
        let artifact = |seq, path: &str| {
            Finding::Artifact(Artifact {
                seq: Seq(seq),
                path: path.into(),
                label: None,
                bytes: None,
            })
        };
        let mut gathered = Gathered::default();
        for (seq, path) in [(1, "a"), (2, "b"), (3, "a")] {
            gathered.take(artifact(seq, path));
        }
        let paths: Vec<_> = gathered.artifacts.iter().map(|a| &*a.path).collect();
        assert_eq!(paths, ["b", "a"]);
    }
}
