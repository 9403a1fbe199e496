//! Searching all of the log while it is followed.

use discovery::{Direction, OutputPattern};
use pod_protocol::Offset;

use super::{Reading, reading::Pattern, tally::Tally};
use crate::screen::output::Only;

/// A search, from its pattern on.
pub(super) struct Search {
    pub(super) pattern: OutputPattern,
    text: String,
    /// In whose lines.
    only: Only,
    /// The line that was found last.
    pub(super) line: Option<(Offset, Offset)>,
    /// How many lines there are to be found.
    pub(super) tally: Tally,
    running: Option<Running>,
    /// What came of it, until the next key.
    pub(super) said: Option<String>,
}

/// A search under way.
#[derive(Clone, Copy, Debug)]
struct Running {
    number: u64,
    percent: u8,
}

impl Search {
    /// In the lines of `only`.
    pub(super) fn new(pattern: OutputPattern, text: String, only: Only) -> Self {
        Self {
            pattern,
            text,
            only,
            line: None,
            tally: Tally::default(),
            running: None,
            said: None,
        }
    }

    /// Looks for the next match: from the last one, else from `from`.
    pub(super) fn go(&mut self, number: u64, direction: Direction, from: Offset) -> Reading {
        let from = match (self.line, direction) {
            (Some((start, _)), Direction::Back) => start,
            (Some((_, end)), Direction::Forward) => end,
            (None, _) => from,
        };
        self.said = None;
        self.running = Some(Running { number, percent: 0 });
        Reading::Search {
            number,
            pattern: self.wanted(),
            from,
            direction,
            only: self.only,
        }
    }

    /// The same in other lines.
    pub(super) fn within(&self, only: Only) -> Self {
        Self {
            line: self.line,
            ..Self::new(self.pattern.clone(), self.text.clone(), only)
        }
    }

    /// Counts what has not been counted yet.
    pub(super) fn count(&mut self, number: u64, out_end: Offset) -> Option<Reading> {
        let from = self.tally.go_on(number, out_end)?;
        Some(Reading::Count {
            number,
            pattern: self.wanted(),
            from,
            only: self.only,
        })
    }

    fn wanted(&self) -> Pattern {
        Pattern {
            text: self.text.clone(),
            pattern: self.pattern.clone(),
        }
    }

    /// Which of how many lines was found last.
    pub(super) fn place(&self) -> Option<String> {
        let (start, _) = self.line?;
        self.tally.says(start)
    }

    /// Whether this is about the search that is under way.
    pub(super) fn expects(&self, number: u64) -> bool {
        self.running.is_some_and(|running| running.number == number)
    }

    pub(super) const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// It has come so far.
    pub(super) fn progress(&mut self, percent: u8) {
        if let Some(running) = &mut self.running {
            running.percent = percent;
        }
    }

    /// It is over.
    pub(super) fn end(&mut self, said: Option<String>) {
        self.running = None;
        self.said = said;
    }

    /// What came of it has been read.
    pub(super) fn forget_said(&mut self) {
        self.said = None;
    }

    /// What there is to say about it.
    pub(super) fn says(&self) -> Option<String> {
        match self.running {
            // Most searches are over before anybody could read this.
            Some(Running { percent: 0, .. }) => None,
            Some(Running { percent, .. }) => Some(format!("searching… {percent} % · esc gives up")),
            None => self.said.clone(),
        }
    }

    /// What it looks for, as it was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}
