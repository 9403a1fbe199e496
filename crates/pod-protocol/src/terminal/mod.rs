//! The terminal of a command: its size, who has control of it, and what the command asks it.

mod edits;
mod query;
mod scanner;
mod screen;

pub use edits::Edits;
pub use query::{Colour, NAMED_COLOURS, TerminalQuery, TerminalState};
pub use scanner::QueryScanner;
pub use screen::{CONTROL_STRING_BYTES_MAX, Scanned, ScreenInUse, ScreenScanner};

use serde::{Deserialize, Serialize};

use crate::Offset;

/// The fewest columns and rows of a terminal: with less, emulators and programs go wrong.
pub const TERMINAL_SIDE_MIN: u16 = 4;
/// The most columns and rows of a terminal. Larger than any screen; what viewers keep of a screen
/// grows with both.
pub const TERMINAL_SIDE_MAX: u16 = 1000;

/// The size of a terminal in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

impl TerminalSize {
    /// The size while nobody watches.
    pub const UNWATCHED: Self = Self { cols: 80, rows: 24 };

    /// The nearest size within bounds.
    #[must_use]
    pub fn clamped(self) -> Self {
        let clamp = |side: u16| side.clamp(TERMINAL_SIDE_MIN, TERMINAL_SIDE_MAX);
        Self {
            cols: clamp(self.cols),
            rows: clamp(self.rows),
        }
    }
}

/// How the terminal is for one viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalView {
    /// Its size.
    #[serde(flatten)]
    pub size: TerminalSize,
    /// The offset in the output from which on this holds. Queries of the command that end behind it
    /// are answered by who has control, and by the host where nobody has.
    pub since: Offset,
    /// The person who has control; absent where nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether it is this viewer that has control.
    pub yours: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_brought_within_bounds() {
        let check = |cols, rows, expected| {
            let TerminalSize { cols, rows } = TerminalSize { cols, rows }.clamped();
            assert_eq!((cols, rows), expected);
        };
        check(0, 0, (4, 4));
        check(120, 40, (120, 40));
        check(u16::MAX, 3, (1000, 4));
    }
}
