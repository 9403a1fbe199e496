//! The Events tab: a window over the record log.

pub(crate) mod keys;
mod timeline;
pub(in crate::screen::monitor) mod update;
pub(in crate::screen::monitor) mod view;

use std::ops::Range;

use pod_protocol::RunState;
use unicode_width::UnicodeWidthStr;

use crate::screen::{
    monitor::model::Message,
    viewport::{Rows, Viewport},
};

pub(crate) use timeline::{Entry, Timeline};

/// What the tab wants read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {}

/// What was found for the tab.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {}

/// The Events tab.
#[derive(Default)]
pub(crate) struct Events {
    pub(crate) timeline: Timeline,
    pub(crate) viewport: Viewport,
    /// The record that the operator is on.
    pub(crate) selected: Option<u64>,
    /// The record that is shown whole.
    pub(crate) expanded: Option<Expanded>,
}

/// A record shown whole.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) id: u64,
    pub(crate) lines: Vec<String>,
}

/// How far expanded JSON is indented, in columns.
pub(crate) const JSON_INDENT_COLUMNS: usize = 4;

/// The timeline as rows of a given width.
pub(crate) struct EventRows<'a> {
    pub(crate) events: &'a Events,
    pub(crate) columns: usize,
}

impl EventRows<'_> {
    /// How many columns a line of JSON has.
    pub(crate) fn json_columns(&self) -> usize {
        self.columns.saturating_sub(JSON_INDENT_COLUMNS).max(1)
    }
}

impl Rows for EventRows<'_> {
    fn ids(&self) -> Range<u64> {
        self.events.timeline.ids()
    }

    fn rows(&self, id: u64) -> usize {
        let expanded = self
            .events
            .expanded
            .as_ref()
            .filter(|expanded| expanded.id == id);
        let json = expanded.map_or(0, |expanded| {
            let columns = self.json_columns();
            expanded
                .lines
                .iter()
                .map(|line| json_rows(line, columns))
                .sum()
        });
        1 + json
    }
}

/// How many rows a line of JSON has.
pub(crate) fn json_rows(line: &str, columns: usize) -> usize {
    // Wide characters may leave a column free at the end of each row.
    match line.width() == line.len() {
        true => line.len().div_ceil(columns).max(1),
        false => line
            .width()
            .div_ceil(columns.saturating_sub(1).max(1))
            .max(1),
    }
}

impl Events {
    /// Takes whole lines of the record log. `state` becomes the fold of everything read.
    pub(crate) fn read(&mut self, bytes: &[u8], state: &mut RunState) {
        self.timeline.read(bytes, state);
        let first = self.timeline.ids().start;
        self.selected = self.selected.map(|id| id.max(first));
        if self
            .expanded
            .as_ref()
            .is_some_and(|expanded| expanded.id < first)
        {
            self.expanded = None;
        }
    }

    /// Whether a text field is open.
    pub(super) const fn is_typing(&self) -> bool {
        false
    }

    /// What is to be said above the footer.
    pub(super) fn says(&self) -> Option<Message> {
        None
    }
}
