//! Screens played to nobody: their real cores, on the canvas that an operator's terminal gets, with a
//! terminal that only counts. What drawing costs is measured on these.
//!
//! Absent on purpose: clock, keyboard, feed, and anything that a test would look at; see the tests of
//! each screen for that.

use std::io::{self, Write};

use ratatui::{Frame, Terminal, layout::Size};

use super::terminal::{Canvas, Origin, draw_on, terminal_on};

pub use super::{monitor::rehearsal::Monitor, picker::rehearsal::Picker};

/// A terminal that nobody sees.
pub(super) struct Boards(Terminal<Canvas<Tally>>);

/// What was written, as its length.
struct Tally {
    bytes: u64,
}

impl Write for Tally {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Boards {
    pub(super) fn new(origin: Origin, size: Size) -> Self {
        let terminal = terminal_on(Tally { bytes: 0 }, origin, size);
        Self(terminal.expect("counting does not fail"))
    }

    /// Draws a frame and returns how many bytes it took.
    pub(super) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> u64 {
        let before = self.0.backend().out().bytes;
        draw_on(&mut self.0, view).expect("counting does not fail");
        self.0.backend().out().bytes - before
    }
}
