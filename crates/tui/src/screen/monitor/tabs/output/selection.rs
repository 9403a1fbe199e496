//! Lines marked to be copied, saved or piped: by their places, so they may reach beyond the window.

use std::ops::Range;

use pod_protocol::Offset;

use crate::screen::output::Line;

/// A selection of whole lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// The line that it began with.
    anchor: Range<Offset>,
    /// The line that it goes to.
    cursor: Range<Offset>,
}

impl Selection {
    /// Begins with a line.
    pub(super) fn new(line: &Line) -> Self {
        let place = line.from..line.to;
        Self {
            anchor: place.clone(),
            cursor: place,
        }
    }

    /// Where the line begins that it goes to.
    pub(super) const fn cursor(&self) -> Offset {
        self.cursor.start
    }

    /// Makes it go to another line.
    pub(super) fn extend(&mut self, line: Range<Offset>) {
        self.cursor = line;
    }

    /// All that is selected.
    pub(super) fn range(&self) -> Range<Offset> {
        let start = self.anchor.start.min(self.cursor.start);
        start..self.anchor.end.max(self.cursor.end)
    }

    /// Whether a line is part of it.
    pub(super) fn holds(&self, line: &Line) -> bool {
        let range = self.range();
        line.from >= range.start && line.from < range.end
    }
}
