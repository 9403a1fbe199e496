//! The Output tab: a window over what the command printed.
//!
//! What is new comes by itself and is looked at only while it is followed. Everything else is read
//! where it lies, when the operator comes near: above and below the window, at a match, at a time.

pub(in crate::screen::monitor) mod acting;
mod field;
pub(crate) mod keys;
mod moving;
mod reading;
mod search;
mod selection;
mod tally;
pub(crate) mod terminal;
mod time;
mod unread;
pub(in crate::screen::monitor) mod update;
pub(in crate::screen::monitor) mod view;

use std::ops::Range;

use pod_protocol::{Offset, ScreenInUse};

use crate::screen::{
    monitor::model::Message,
    output::{Only, Streams, Window},
    palette::Mood,
    viewport::{Rows, Viewport},
};

use field::Field;
use moving::Asked;
pub(crate) use moving::Printed;
pub(crate) use reading::{
    CopiedText, Counted, Excerpt, Found, Handover, Reading, Wanted, no_longer_kept,
};
use search::Search;
use selection::Selection;
pub(crate) use tally::PLACES_MAX;
use terminal::Terminal;
use unread::Unread;

/// The Output tab.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) window: Window,
    pub(crate) viewport: Viewport,
    pub(crate) terminal: Terminal,
    /// Which screen the command is on.
    pub(crate) screen: ScreenInUse,
    /// Whether lines go on in the next row.
    wrap: Wrap,
    /// Whose output is shown.
    only: Only,
    /// What is known of the streams of all that has been seen.
    streams: Streams,
    /// What is being read, and what came meanwhile.
    asked: Asked,
    /// What came while the terminal was shown.
    unread: Unread,
    /// The newest number of a request.
    numbers: u64,
    search: Option<Search>,
    selection: Option<Selection>,
    field: Option<Field>,
    /// Where the operator wants to come back to.
    mark: Option<Offset>,
    /// Saving or piping, while it is under way.
    working: Option<Working>,
    /// What a command printed that lines were piped to.
    printout: Option<Printout>,
    /// The file that was saved to last.
    saving: String,
    /// What is being copied, in words.
    copying: String,
}

/// Something that takes as long as it takes, beside all searching and reading.
#[derive(Clone, Copy, Debug)]
struct Working {
    /// What it is.
    verb: &'static str,
    /// How far it has come, in hundredths.
    percent: u8,
}

/// What a command printed, over the lines.
struct Printout {
    title: String,
    lines: Vec<String>,
    /// The first line that is shown.
    top: usize,
}

/// What stands around what a command printed: its title and a rule.
const PRINTOUT_FRAME_ROWS: usize = 2;

impl Printout {
    /// How many lines there is room for on a screen of so many rows.
    const fn room(height: usize) -> usize {
        height.saturating_sub(PRINTOUT_FRAME_ROWS)
    }

    fn scroll(&mut self, rows: isize, height: usize) {
        let last = self.lines.len().saturating_sub(Self::room(height));
        self.top = self.top.saturating_add_signed(rows).min(last);
    }
}

/// What becomes of lines that are wider than the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wrap {
    /// They go on in the next row.
    #[default]
    On,
    /// They are cut, and shown from this column on.
    Off(usize),
}

/// The output as rows of a given width.
pub(crate) struct OutputRows<'a> {
    pub(crate) window: &'a Window,
    /// `None` where lines are cut.
    pub(crate) columns: Option<usize>,
}

impl Rows for OutputRows<'_> {
    fn ids(&self) -> Range<u64> {
        self.window.ids()
    }

    fn rows(&self, id: u64) -> usize {
        let line = self.window.line(id);
        match (self.columns, line) {
            (Some(columns), Some(line)) => line.text.rows(columns),
            _ => 1,
        }
    }
}

impl Output {
    /// The lines at the width of the screen.
    pub(crate) fn rows(&self, columns: usize) -> OutputRows<'_> {
        OutputRows {
            window: &self.window,
            columns: (self.wrap == Wrap::On).then_some(columns),
        }
    }

    /// Whether a text field is open.
    pub(in crate::screen::monitor) const fn has_field(&self) -> bool {
        self.field.is_some()
    }

    /// Whether a text field is open, or keys go to the command.
    pub(super) const fn is_typing(&self) -> bool {
        self.field.is_some() || self.terminal.is_typing()
    }

    /// What was said about the last search has been read.
    pub(in crate::screen::monitor) fn forget_said(&mut self) {
        if let Some(search) = &mut self.search {
            search.forget_said();
        }
    }

    /// What is to be said above the footer.
    pub(super) fn says(&self, columns: usize) -> Option<Message> {
        if let Some(field) = &self.field {
            let line = field.line(columns.saturating_sub(2));
            return Some(Message::new(Mood::Plain, line));
        }
        let working = self
            .working
            .map(|Working { verb, percent }| format!("{verb}… {percent} % · esc gives up"));
        let searching = self.search.as_ref().and_then(Search::says);
        let said: Vec<String> = [working, searching].into_iter().flatten().collect();
        match said.is_empty() {
            true => self.terminal.says(),
            false => Some(Message::new(Mood::Plain, said.join(" · "))),
        }
    }
}
