//! The emulator itself.

use pod_protocol::{QueryScanner, TerminalQuery, TerminalSize, TerminalState};
use thiserror::Error;

use crate::{cell::Glyph, filter::Filter, guard::caught, page::Page};

/// The screen had to be begun anew, because the bytes brought the emulator down.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the emulation of the terminal broke and was begun anew")]
pub struct Broken;

/// What the program has asked of the keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputModes {
    /// The cursor keys send application sequences.
    pub application_cursor: bool,
    /// The keypad sends application sequences.
    pub application_keypad: bool,
    /// Pasted text is to be told from typed text.
    pub bracketed_paste: bool,
}

/// A terminal without keys and without glass.
pub struct Emulator {
    filter: Filter,
    page: Page,
    scanner: QueryScanner,
    size: TerminalSize,
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Emulator {
    /// An empty screen. `size` is brought within bounds.
    #[must_use]
    pub fn new(size: TerminalSize) -> Self {
        let size = size.clamped();
        Self {
            filter: Filter::default(),
            page: Page::new(size),
            scanner: QueryScanner::default(),
            size,
        }
    }

    /// Takes what the program has written next.
    ///
    /// # Errors
    /// When the screen had to be begun anew.
    pub fn process(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.scanner.scan(bytes, |_, _| {});
        self.show(bytes)
    }

    /// Takes what the program has written next. `asked` gets each question of the program that ends in
    /// these bytes, where it ends, and the screen as it was then.
    ///
    /// # Errors
    /// When the screen had to be begun anew.
    pub fn process_live(
        &mut self,
        bytes: &[u8],
        mut asked: impl FnMut(usize, TerminalQuery, &Self),
    ) -> Result<(), Broken> {
        let mut queries = Vec::new();
        self.scanner
            .scan(bytes, |end, query| queries.push((end, query)));
        let (mut start, mut outcome) = (0, Ok(()));
        for (end, query) in queries {
            outcome = outcome.and(self.show(&bytes[start..end]));
            start = end;
            asked(end, query, self);
        }
        outcome.and(self.show(&bytes[start..]))
    }

    fn show(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.attempt(|filter, page| filter.read(bytes, page))
    }

    /// Gives the screen another size. What does not fit any more is gone.
    ///
    /// # Errors
    /// When the screen had to be begun anew.
    pub fn resize(&mut self, size: TerminalSize) -> Result<(), Broken> {
        self.size = size.clamped();
        let size = self.size;
        self.attempt(|_, page| page.resize(size))
    }

    fn attempt(&mut self, act: impl FnOnce(&mut Filter, &mut Page)) -> Result<(), Broken> {
        let (filter, page) = (&mut self.filter, &mut self.page);
        if caught(|| act(filter, page)).is_some() {
            return Ok(());
        }
        self.filter = Filter::default();
        self.page = Page::new(self.size);
        Err(Broken)
    }

    /// Its size.
    #[must_use]
    pub const fn size(&self) -> TerminalSize {
        self.size
    }

    /// What the cell in this row and column shows, both from 0.
    #[must_use]
    pub fn glyph(&self, row: u16, column: u16) -> Glyph<'_> {
        let cell = self.page.screen().cell(row, column);
        cell.map_or_else(Glyph::blank, Glyph::of)
    }

    /// Row and column of the cursor, both from 0 and within the screen.
    #[must_use]
    pub fn cursor(&self) -> (u16, u16) {
        let (row, column) = self.page.screen().cursor_position();
        (row.min(self.size.rows - 1), column.min(self.size.cols - 1))
    }

    /// Whether the program shows the cursor.
    #[must_use]
    pub fn shows_cursor(&self) -> bool {
        !self.page.screen().hide_cursor()
    }

    /// Whether the program has the alternate screen.
    #[must_use]
    pub fn is_alternate(&self) -> bool {
        self.page.screen().alternate_screen()
    }

    /// What the program has asked of the keyboard.
    #[must_use]
    pub fn input_modes(&self) -> InputModes {
        let screen = self.page.screen();
        InputModes {
            application_cursor: screen.application_cursor(),
            application_keypad: screen.application_keypad(),
            bracketed_paste: screen.bracketed_paste(),
        }
    }

    /// What a terminal in this state says to `query`, if anything.
    #[must_use]
    pub fn reply(&self, query: TerminalQuery) -> Option<String> {
        if let TerminalQuery::Mode {
            number,
            private: true,
        } = query
            && let Some(is_on) = self.mode(number)
        {
            return Some(format!("\x1b[?{number};{}$y", if is_on { 1 } else { 2 }));
        }
        let (row, column) = self.cursor();
        query.reply(&TerminalState {
            size: self.size,
            row: row + 1,
            col: column + 1,
        })
    }

    /// Whether a private mode is on, if it is one that is known here.
    fn mode(&self, number: u16) -> Option<bool> {
        let modes = self.input_modes();
        Some(match number {
            1 => modes.application_cursor,
            25 => self.shows_cursor(),
            47 | 1047 | 1049 => self.is_alternate(),
            66 => modes.application_keypad,
            2004 => modes.bracketed_paste,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
