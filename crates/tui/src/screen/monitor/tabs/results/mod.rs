//! The Results tab: items with their outcomes, tables, artifacts.
//!
//! Nothing is gathered before the tab is first looked at. Then the log is gone through once, in the
//! order it was written, and from there on the records that come keep it current.

mod gathered;
pub(crate) mod keys;
mod table;
pub(in crate::screen::monitor) mod update;
pub(in crate::screen::monitor) mod view;

use std::ops::Range;

use pod_protocol::{ItemOutcome, Record, RunState, Seq};
use tui_input::Input;

use super::{
    Movement,
    events::{grouped, has, json_rows, with_cursor},
};
use crate::screen::{
    monitor::model::Message,
    palette::Mood,
    viewport::{Rows, Spot, Viewport},
};
use gathered::{Gathered, Item};

pub(crate) use gathered::{Artifact, Finding};

/// What the tab wants read: what the log says about results up to the record `newest`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) number: u64,
    pub(crate) newest: Seq,
}

/// What was found for the tab.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// For which reading.
    pub(crate) number: u64,
    pub(crate) part: Part,
}

/// A part of what was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// What comes next in the log, and how far it was read, in percent.
    Findings(Vec<Finding>, u8),
    /// All was found.
    Done,
    /// It cannot be read, and why.
    Failed(String),
}

/// The most findings that wait while the log is gone through; each is at most one record.
const WAITING_MAX: usize = 20_000;

/// Keys that wait until there is something that they can be for.
const PUT_OFF_MAX: usize = 64;

/// What the operator wanted before anything was listed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Command(keys::Command),
    Movement(Movement),
}

/// How far the log was gone through.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum History {
    /// Nobody has looked yet.
    #[default]
    Unread,
    /// This much of it, in percent.
    Reading(u8),
    /// All of it.
    Read,
    /// It cannot be read, and why.
    Failed(String),
}

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Items.
    Items,
    /// A table, by its place.
    Table(usize),
    /// Artifacts.
    Artifacts,
}

/// Which items are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcomes {
    /// All.
    #[default]
    All,
    /// Failed and errored ones.
    Bad,
    /// Skipped ones.
    Skipped,
    /// Passed ones.
    Passed,
}

impl Outcomes {
    const fn next(self) -> Self {
        match self {
            Self::All => Self::Bad,
            Self::Bad => Self::Skipped,
            Self::Skipped => Self::Passed,
            Self::Passed => Self::All,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Bad => "failed",
            Self::Skipped => "skipped",
            Self::Passed => "passed",
        }
    }

    const fn has(self, outcome: ItemOutcome) -> bool {
        match self {
            Self::All => true,
            Self::Bad => matches!(outcome, ItemOutcome::Failed | ItemOutcome::Errored),
            Self::Skipped => matches!(outcome, ItemOutcome::Skipped),
            Self::Passed => matches!(outcome, ItemOutcome::Passed),
        }
    }
}

/// A row that is listed: of an item its rank and number, of anything else its number.
pub(crate) type Key = (u8, Seq);

/// The Results tab.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) gathered: Gathered,
    pub(crate) history: History,
    number: u64,
    /// Whether records went by that belong here, before anybody looked.
    noticed: bool,
    /// What came while the log was gone through.
    waiting: Vec<Finding>,
    /// What is listed, if it is there; else the first thing that is.
    wanted: Shape,
    pub(crate) outcomes: Outcomes,
    /// The text that rows must have.
    pub(crate) text: String,
    pub(crate) field: Option<Input>,
    /// The rows that are listed.
    pub(crate) listed: Vec<Key>,
    /// The row that the operator is on.
    pub(crate) selected: Option<Key>,
    pub(crate) viewport: Viewport,
    pub(crate) expanded: Option<(Key, Vec<String>)>,
    put_off: Vec<Act>,
}

impl Default for Results {
    fn default() -> Self {
        Self {
            gathered: Gathered::default(),
            history: History::Unread,
            number: 0,
            noticed: false,
            waiting: Vec::new(),
            wanted: Shape::Items,
            outcomes: Outcomes::All,
            text: String::new(),
            field: None,
            listed: Vec::new(),
            selected: None,
            viewport: Viewport::Held(Spot { id: 0, row: 0 }),
            expanded: None,
            put_off: Vec::new(),
        }
    }
}

/// Whether a line, or any of several, may be about results.
fn finds(lines: &[u8]) -> bool {
    let kinds: [&[u8]; 3] = [b"\"item.finished\"", b"\"table.row\"", b"\"artifact\""];
    kinds
        .iter()
        .any(|kind| memchr::memmem::find(lines, kind).is_some())
}

/// The list as rows of a given width.
pub(crate) struct ResultRows<'a> {
    pub(crate) results: &'a Results,
    pub(crate) columns: usize,
}

impl Rows for ResultRows<'_> {
    fn ids(&self) -> Range<u64> {
        0..u64::try_from(self.results.listed.len()).unwrap_or(0)
    }

    fn rows(&self, id: u64) -> usize {
        let key = self.results.key(id);
        let expanded = self.results.expanded.as_ref();
        let lines = expanded.filter(|(of, _)| Some(*of) == key);
        let rows = lines.map(|(_, lines)| lines.iter().map(|line| json_rows(line, self.columns)));
        1 + rows.map_or(0, Iterator::sum)
    }
}

impl Results {
    /// Takes whole lines of the record log, if anybody has looked at the tab.
    pub(crate) fn read(&mut self, bytes: &[u8], known: Seq) {
        if matches!(self.history, History::Unread | History::Failed(_)) {
            self.noticed = self.noticed || finds(bytes);
            return;
        }
        let mut changed = false;
        let lines = bytes.split(|byte| *byte == b'\n');
        for line in lines.filter(|line| finds(line)) {
            let record = Record::from_line(line).ok();
            let new = record.filter(|record| record.seq > known);
            let Some(finding) = new.as_ref().and_then(Finding::of) else {
                continue;
            };
            changed = true;
            match self.history {
                History::Read => self.gathered.take(finding),
                _ if self.waiting.len() < WAITING_MAX => self.waiting.push(finding),
                _ => self.gathered.missed += 1,
            }
        }
        if changed {
            self.list();
        }
    }

    /// Whether `act` comes so early that it waits for what will be listed.
    fn puts_off(&mut self, act: Act) -> bool {
        // A text can be typed before that.
        let is_field = act == Act::Command(keys::Command::Filter);
        let is_coming = matches!(self.history, History::Unread | History::Reading(_));
        let is_early = is_coming && self.listed.is_empty();
        let puts_off = is_early && !is_field && !self.is_filtered();
        if puts_off && self.put_off.len() < PUT_OFF_MAX {
            self.put_off.push(act);
        }
        puts_off
    }

    /// Whether there is anything to see.
    pub(crate) fn has_any(&self, state: &RunState) -> bool {
        state.counts.done() > 0 || self.noticed || !self.gathered.is_empty()
    }

    /// What can be listed.
    pub(crate) fn shapes(&self) -> Vec<Shape> {
        let gathered = &self.gathered;
        let items = (!gathered.items.is_empty()).then_some(Shape::Items);
        let tables = (0..gathered.tables.len()).map(Shape::Table);
        let artifacts = (!gathered.artifacts.is_empty()).then_some(Shape::Artifacts);
        items.into_iter().chain(tables).chain(artifacts).collect()
    }

    /// What is listed.
    pub(crate) fn shape(&self) -> Option<Shape> {
        let shapes = self.shapes();
        let wanted = shapes.iter().find(|shape| **shape == self.wanted);
        wanted.or(shapes.first()).copied()
    }

    pub(crate) fn key(&self, id: u64) -> Option<Key> {
        let index = usize::try_from(id).ok()?;
        self.listed.get(index).copied()
    }

    fn place(&self, key: Key) -> Option<u64> {
        let index = self.listed.iter().position(|listed| *listed == key)?;
        u64::try_from(index).ok()
    }

    /// The item of a row.
    pub(crate) fn item(&self, key: Key) -> Option<&Item> {
        self.gathered.items.get(&key)
    }

    /// The artifact of a row.
    pub(crate) fn artifact(&self, key: Key) -> Option<&Artifact> {
        let mut artifacts = self.gathered.artifacts.iter();
        artifacts.find(|artifact| artifact.seq == key.1)
    }

    /// Lists anew, and stays on the row that the operator is on.
    pub(crate) fn list(&mut self) {
        let before = self.selected.and_then(|key| self.place(key));
        self.listed = self.ordered();
        let now = self.selected.and_then(|key| self.place(key));
        if now.is_none() {
            // It is hidden, or its item has another result.
            self.selected = None;
            self.expanded = None;
        }
        if let (Some(before), Some(now), Viewport::Held(spot)) = (before, now, &mut self.viewport) {
            spot.id = (spot.id + now).saturating_sub(before);
        }
    }

    fn ordered(&self) -> Vec<Key> {
        let text = &self.text;
        let with_text = |texts: &mut dyn Iterator<Item = &str>| {
            text.is_empty() || texts.map(|cell| has(cell, text)).max() == Some(true)
        };
        let gathered = &self.gathered;
        match self.shape() {
            None => Vec::new(),
            Some(Shape::Items) => {
                let items = gathered.items.iter().filter(|(_, item)| {
                    let detail = item.detail.iter().map(|line| &**line);
                    let mut texts = detail.chain([&*item.name]);
                    self.outcomes.has(item.outcome) && with_text(&mut texts)
                });
                items.map(|(key, _)| *key).collect()
            }
            Some(Shape::Table(index)) => {
                let table = &gathered.tables[index];
                let rows = table.ordered(|row| {
                    let columns = 0..table.columns.len();
                    with_text(&mut columns.map(|column| row.cell(column).text()))
                });
                rows.into_iter().map(|seq| (0, seq)).collect()
            }
            Some(Shape::Artifacts) => {
                let artifacts = gathered.artifacts.iter().filter(|artifact| {
                    let label = artifact.label.iter().map(|label| &**label);
                    with_text(&mut label.chain([&*artifact.path]))
                });
                artifacts.map(|artifact| (0, artifact.seq)).collect()
            }
        }
    }

    /// Whether a filter hides anything.
    pub(crate) fn is_filtered(&self) -> bool {
        let by_outcome = self.outcomes != Outcomes::All && self.shape() == Some(Shape::Items);
        by_outcome || !self.text.is_empty()
    }

    /// Whether a text field is open.
    pub(super) const fn is_typing(&self) -> bool {
        self.field.is_some()
    }

    /// What is to be said above the footer: the text field, the filter, what is left out, how far
    /// the log was read.
    pub(super) fn says(&self) -> Option<Message> {
        if let Some(field) = &self.field {
            let text = format!("show ▸ {}", with_cursor(field));
            return Some(Message::new(Mood::Plain, text));
        }
        if let History::Failed(why) = &self.history {
            let text = format!("cannot read the log: {why}");
            return Some(Message::new(Mood::Attention, text));
        }
        let mut parts = Vec::new();
        if self.is_filtered() {
            let by = [self.outcomes.word(), &self.text];
            let by: Vec<&str> = by.into_iter().filter(|by| !by.is_empty()).collect();
            let count = grouped(self.listed.len() as u64);
            parts.push(format!("filtered: {} · {count} shown", by.join(" · ")));
        }
        parts.extend(self.left_out());
        if self.gathered.missed > 0 {
            let missed = grouped(self.gathered.missed);
            parts.push(format!("no room for {missed} more"));
        }
        if let History::Reading(percent) = self.history {
            parts.push(format!("reading the log: {percent} %"));
        }
        (!parts.is_empty()).then(|| Message::new(Mood::Plain, parts.join(" · ")))
    }

    /// What of the list is not held.
    fn left_out(&self) -> Option<String> {
        let of = |shown: usize, all: u64, rows: &str, which: &str| {
            let cut = all > shown as u64;
            let (shown, all) = (grouped(shown as u64), grouped(all));
            cut.then(|| format!("showing {shown} of {all} {rows}: {which}"))
        };
        let gathered = &self.gathered;
        match self.shape()? {
            Shape::Items => {
                let held = gathered.items.len();
                let all = held as u64 + gathered.items_left_out;
                of(held, all, "items", "failures and the newest")
            }
            Shape::Table(index) => {
                let table = &gathered.tables[index];
                of(table.len(), table.seen, "rows", "the newest")
            }
            Shape::Artifacts => {
                let held = gathered.artifacts.len();
                let all = held as u64 + gathered.artifacts_left_out;
                of(held, all, "artifacts", "the first")
            }
        }
    }
}
