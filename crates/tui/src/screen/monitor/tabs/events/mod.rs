//! The Events tab: a window over the record log.
//!
//! The window follows the newest records as they come, or stands anywhere in the log. Near an end of
//! it more is read, with the filter that is on; see [`update`]. `T+` is the time of the session,
//! through all of its segments.

mod entry;
mod filter;
pub(crate) mod keys;
mod kinds;
mod time;
pub(in crate::screen::monitor) mod update;
pub(in crate::screen::monitor) mod view;
mod window;

use std::ops::Range;

use pod_protocol::{RunState, Seq};
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

use crate::screen::{
    monitor::model::Message,
    palette::Mood,
    viewport::{Rows, Viewport},
};

pub(crate) use entry::{Entry, Origin};
pub(crate) use filter::{Filter, has};
pub(crate) use kinds::{KindCounts, Kinds};
pub(crate) use time::TimeForm;
pub(crate) use view::json_row;
#[cfg(test)]
pub(crate) use window::RECORDS_MAX;
pub(crate) use window::{Keep, Window};

/// What the tab wants read. Numbered, so that what is found for an older one can be told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) number: u64,
    pub(crate) wanted: Wanted,
}

/// A stretch of the log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// What the filter wants before this record, newest first.
    Before(Seq, Filter),
    /// What it wants from this record on.
    From(Seq, Filter),
    /// How many records of which kind there are up to this one.
    Kinds(Seq),
}

/// What was found for the tab.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// For which reading.
    pub(crate) number: u64,
    pub(crate) part: Part,
    /// Whether nothing more is found for this reading.
    pub(crate) is_last: bool,
}

/// A part of what was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// Records before the window, in the order of the log; everything from this number on was
    /// looked at.
    Before(Vec<Entry>, Seq),
    /// Records behind the window; everything before this number was looked at.
    Behind(Vec<Entry>, Seq),
    /// Records of each kind so far, up to this one.
    Kinds(KindCounts, Seq),
    /// Nothing can be read, and why.
    Failed(String),
}

/// The Events tab.
#[derive(Default)]
pub(crate) struct Events {
    pub(crate) window: Window,
    pub(crate) viewport: Viewport,
    /// The record that the operator is on.
    pub(crate) selected: Option<u64>,
    /// The record that is shown whole.
    pub(crate) expanded: Option<Expanded>,
    /// How times are shown.
    pub(crate) time: TimeForm,
    /// The filter that is being typed.
    pub(crate) field: Option<Input>,
    /// The list of kinds, while it is open.
    pub(crate) kinds: Option<Kinds>,
    /// The newest reading.
    pub(crate) number: u64,
    /// How far the reading under way has looked.
    pub(crate) under_way: Option<Seq>,
    /// Why nothing could be read; not tried again until a key is pressed.
    pub(crate) failed: Option<String>,
}

/// A record shown whole.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) id: u64,
    pub(crate) lines: Vec<String>,
}

/// How far expanded JSON is indented, in columns.
pub(crate) const JSON_INDENT_COLUMNS: usize = 4;

/// The window as rows of a given width.
pub(crate) struct EventRows<'a> {
    pub(crate) events: &'a Events,
    pub(crate) columns: usize,
    /// Whether a line behind the last record says how the run ended.
    pub(crate) has_end: bool,
}

impl EventRows<'_> {
    /// How many columns a line of JSON has.
    pub(crate) fn json_columns(&self) -> usize {
        self.columns.saturating_sub(JSON_INDENT_COLUMNS).max(1)
    }

    /// The row of a record that says how the run ended.
    pub(crate) fn end_row(&self, id: u64) -> Option<usize> {
        let is_last = id + 1 == self.events.window.ids().end;
        (self.has_end && is_last && self.events.window.later().is_none())
            .then(|| 1 + self.json_rows(id))
    }

    fn json_rows(&self, id: u64) -> usize {
        let expanded = self.events.expanded.as_ref();
        let Some(expanded) = expanded.filter(|expanded| expanded.id == id) else {
            return 0;
        };
        let columns = self.json_columns();
        let lines = expanded.lines.iter();
        lines.map(|line| json_rows(line, columns)).sum()
    }
}

impl Rows for EventRows<'_> {
    fn ids(&self) -> Range<u64> {
        self.events.window.ids()
    }

    fn rows(&self, id: u64) -> usize {
        1 + self.json_rows(id) + usize::from(self.end_row(id).is_some())
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
        let keep = self.keep();
        self.window.read(bytes, state, keep);
        if let Some(kinds) = &mut self.kinds {
            kinds.counts.read(bytes);
        }
        self.hold_on();
    }

    /// What may be forgotten to make room.
    pub(crate) const fn keep(&self) -> Keep {
        match self.viewport {
            Viewport::Following => Keep::Newest,
            Viewport::Held(_) => Keep::Oldest,
        }
    }

    /// Lets go of a selection that fell out of the window.
    pub(crate) fn hold_on(&mut self) {
        let ids = self.window.ids();
        let last = ids.end.saturating_sub(1).max(ids.start);
        self.selected = self.selected.map(|id| id.clamp(ids.start, last));
        self.expanded
            .take_if(|expanded| !ids.contains(&expanded.id));
    }

    /// Whether a text field or a list is open that takes every key.
    pub(in crate::screen::monitor) const fn is_typing(&self) -> bool {
        self.field.is_some() || self.kinds.is_some()
    }

    /// Whether a text field is open.
    pub(super) const fn has_field(&self) -> bool {
        self.field.is_some()
    }

    /// What is to be said above the footer: the text field, or what the filter does.
    pub(super) fn says(&self, newest: Seq) -> Option<Message> {
        let plain = |text| Some(Message::new(Mood::Plain, text));
        if let Some(field) = &self.field {
            return plain(format!("show ▸ {}", with_cursor(field)));
        }
        if let Some(why) = &self.failed {
            return Some(Message::new(
                Mood::Attention,
                format!("cannot read the log: {why}"),
            ));
        }
        if let Some(kinds) = &self.kinds {
            return plain(kinds.says(self.under_way, newest));
        }
        let filter = self.window.filter();
        if filter.is_empty() {
            return None;
        }
        let ids = self.window.ids();
        let shown = ids.end - ids.start;
        let more = self.window.earlier().is_some() || self.window.later().is_some();
        let looking = match self.under_way {
            Some(at) => format!(" · looking at record {}", grouped(at.0)),
            None => String::new(),
        };
        let more = if more && self.under_way.is_none() {
            "+"
        } else {
            ""
        };
        let text = format!(
            "filtered: {} · {shown}{more} shown{looking}",
            filter.describe()
        );
        plain(text)
    }
}

/// The text of a field with its cursor.
pub(crate) fn with_cursor(field: &Input) -> String {
    let (before, behind): (String, String) = (
        field.value().chars().take(field.cursor()).collect(),
        field.value().chars().skip(field.cursor()).collect(),
    );
    format!("{before}█{behind}")
}

/// A count with its thousands told apart.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
