//! Lines marked to be copied, saved or piped: by their places, so they may reach beyond the window.

use std::ops::Range;

use pod_protocol::Offset;

use super::Excerpt;
use crate::screen::output::{Line, LineState, Only};

/// A selection of whole lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// The line that it began with.
    anchor: Place,
    /// The line that it goes to.
    cursor: Place,
}

/// Where a line is, and how it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    from: Offset,
    to: Offset,
    state: LineState,
}

impl Place {
    /// That of a line.
    pub(super) const fn of(line: &Line) -> Self {
        Self {
            from: line.from,
            to: line.to,
            state: line.state,
        }
    }

    /// That of an end of all output.
    pub(super) fn at(end: Offset) -> Self {
        Self {
            from: end,
            to: end,
            state: LineState::default(),
        }
    }
}

impl Selection {
    /// Begins with a line.
    pub(super) const fn new(line: &Line) -> Self {
        Self {
            anchor: Place::of(line),
            cursor: Place::of(line),
        }
    }

    /// Where the line begins that it goes to.
    pub(super) const fn cursor(&self) -> Offset {
        self.cursor.from
    }

    /// Makes it go elsewhere.
    pub(super) fn extend(&mut self, place: Place) {
        self.cursor = place;
    }

    /// All that is selected.
    pub(super) fn range(&self) -> Range<Offset> {
        self.first().from..self.anchor.to.max(self.cursor.to)
    }

    /// The same, as far as it was written to a stream.
    pub(super) fn excerpt(&self, only: Only) -> Excerpt {
        Excerpt {
            range: Some(self.range()),
            only,
            state: self.first().state,
        }
    }

    fn first(&self) -> &Place {
        match self.cursor.from < self.anchor.from {
            true => &self.cursor,
            false => &self.anchor,
        }
    }

    /// Whether a line is part of it.
    pub(super) fn holds(&self, line: &Line) -> bool {
        let range = self.range();
        line.from >= range.start && line.from < range.end
    }
}
