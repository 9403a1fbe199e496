//! Searching all of the log while it is followed.

use std::ops::Range;

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
    /// How many more matches the operator wants to go on, back if positive: keys come faster than
    /// matches are found.
    owed: i32,
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
            owed: 0,
            said: None,
        }
    }

    /// Goes on once more when the match is there that is looked for now; `false` if none is.
    pub(super) const fn owe(&mut self, direction: Direction) -> bool {
        if self.running.is_none() {
            return false;
        }
        self.owed = self.owed.saturating_add(match direction {
            Direction::Back => 1,
            Direction::Forward => -1,
        });
        true
    }

    /// Which way is to be gone on, one match at a time.
    pub(super) const fn take_owed(&mut self) -> Option<Direction> {
        let direction = match self.owed {
            0 => return None,
            1.. => Direction::Back,
            _ => Direction::Forward,
        };
        self.owed -= self.owed.signum();
        Some(direction)
    }

    /// Looks for the next match: from the last one while that is in `sight`, else from there.
    pub(super) fn go(
        &mut self,
        number: u64,
        direction: Direction,
        sight: &Range<Offset>,
    ) -> Reading {
        let last = self.line.filter(|(start, _)| sight.contains(start));
        let from = match (last, direction) {
            (Some((start, _)), Direction::Back) => start,
            (Some((_, end)), Direction::Forward) => end,
            (None, Direction::Back) => sight.end,
            (None, Direction::Forward) => sight.start,
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

    /// Which of how many lines was found last, while it is in `sight`; else how many there are.
    pub(super) fn place(&self, sight: &Range<Offset>) -> Option<String> {
        let (start, _) = self.line?;
        let nowhere = Offset(u64::MAX);
        let is_in_sight = sight.contains(&start);
        self.tally.says(if is_in_sight { start } else { nowhere })
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

    /// It is given up.
    pub(super) fn give_up(&mut self) {
        self.fail("search given up".to_owned());
    }

    /// It came to nothing.
    pub(super) fn fail(&mut self, said: String) {
        self.owed = 0;
        self.end(Some(said));
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
