//! The Output tab: a window over what the command printed.

pub(crate) mod keys;
pub(crate) mod terminal;
pub(in crate::screen::monitor) mod update;
pub(in crate::screen::monitor) mod view;

use std::ops::Range;

use pod_protocol::Offset;

use crate::screen::{
    monitor::model::Message,
    output::Scrollback,
    viewport::{Rows, Viewport},
};

use terminal::Terminal;

/// What the tab wants read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {}

/// What was found for the tab.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {}

/// The Output tab.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) scrollback: Scrollback,
    pub(crate) viewport: Viewport,
    pub(crate) terminal: Terminal,
}

/// The output as rows of a given width.
pub(crate) struct OutputRows<'a> {
    pub(crate) scrollback: &'a Scrollback,
    pub(crate) columns: usize,
}

impl Rows for OutputRows<'_> {
    fn ids(&self) -> Range<u64> {
        self.scrollback.ids()
    }

    fn rows(&self, id: u64) -> usize {
        self.scrollback
            .line(id)
            .map_or(1, |line| line.rows(self.columns))
    }
}

impl Output {
    /// Takes a piece of the output. `start` is where the output of the segment starts.
    pub(crate) fn read(&mut self, from: Offset, bytes: &[u8], start: Offset) {
        self.scrollback.read(from, bytes, start);
    }

    /// Whether a text field is open, or keys go to the command.
    pub(super) const fn is_typing(&self) -> bool {
        self.terminal.is_typing()
    }

    /// What is to be said above the footer.
    pub(super) fn says(&self) -> Option<Message> {
        self.terminal.says()
    }
}
