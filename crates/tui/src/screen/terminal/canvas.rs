//! A ratatui backend that writes a frame at once, and as little of it as it can.
//!
//! The canvas keeps what the terminal shows and what it is to show. When a frame is complete it
//! looks for rows that only moved, scrolls those, and writes the cells that then still differ, the
//! ends of rows by erasing them. Views know nothing of it.
//!
//! Invariants:
//! - A frame that changes nothing writes nothing; every other one is one write.
//! - Nothing is ever asked of the terminal, so nothing has to be read back from the input that the
//!   keyboard thread owns. The inline origin therefore moves relatively: the canvas knows in which
//!   of its rows the cursor is, and nothing else. It scrolls nothing, because what stands above it
//!   is not its own.
//! - A scroll region stays set from frame to frame: it is paid once, not with every line of a log.
//!   The pen stays too. Whoever takes the terminal from the canvas resets both.
//! - No control character leaves a cell, whatever a widget put there.

mod grid;
mod ground;
mod pen;
mod plotter;
mod shift;

use std::{
    io::{self, Write},
    mem,
};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

use self::{grid::Grid, plotter::Plotter};

pub(super) use self::grid::settle;

/// Where the rows of a canvas are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The whole screen: absolute moves.
    Full,
    /// Wherever the cursor was: relative moves.
    Inline,
}

const SYNCHRONIZED_BEGIN: &str = "\x1b[?2026h";
const SYNCHRONIZED_END: &str = "\x1b[?2026l";
/// Up to so many bytes come to a terminal in one piece and are shown at once, also through a
/// network: one packet holds them. Only longer frames are marked, so that a line of a log does not
/// cost sixteen bytes more.
const PIECE_BYTES_MAX: usize = 1_024;
/// Panes that scroll one above the other in one frame. More are written.
const SHIFTS_MAX: usize = 4;

/// The backend.
#[derive(Debug)]
pub(crate) struct Canvas<W> {
    out: W,
    origin: Origin,
    size: Size,
    plotter: Plotter,
    /// What is on the terminal once the plotter's frame is written.
    shown: Grid,
    /// What the next flush is to make of it.
    wanted: Grid,
    /// Rows in which the two may differ.
    changed: Vec<bool>,
    cursor_shown: bool,
    /// Where the cursor is wanted; without a place it is wanted out of sight.
    cursor: Option<Position>,
    /// The cell that is cleared from; the position of a cursor that is not wanted yet.
    at: Position,
}

impl<W: Write> Canvas<W> {
    /// A canvas of `size` on a terminal with a plain pen and without a scroll region. For
    /// [`Origin::Inline`] the cursor must be in its first row, with room below; see
    /// [`Canvas::start_anew`].
    pub(crate) fn new(out: W, origin: Origin, size: Size) -> Self {
        Self {
            out,
            origin,
            size,
            plotter: Plotter::new(origin, size),
            shown: Grid::new(size),
            wanted: Grid::new(size),
            changed: vec![false; usize::from(size.height)],
            cursor_shown: true,
            cursor: None,
            at: Position::ORIGIN,
        }
    }

    /// Takes a size and blanks the canvas. An inline one gets its rows below the one in which the
    /// cursor is, by scrolling where there are not enough; the cursor ends in the first one.
    pub(crate) fn start_anew(&mut self, size: Size) {
        self.size = size;
        self.plotter.start_anew(size);
        (self.shown, self.wanted) = (Grid::new(size), Grid::new(size));
        self.changed = vec![false; usize::from(size.height)];
    }

    /// What it writes to.
    pub(crate) const fn out(&self) -> &W {
        &self.out
    }

    /// Forgets what is known of the terminal, which was somebody else's: its pen is plain, its cursor
    /// shown, and the row in which that is becomes the first one of an inline canvas.
    pub(super) fn forget(&mut self) {
        self.plotter = Plotter::new(self.origin, self.size);
        self.cursor_shown = true;
        self.start_anew(self.size);
    }

    /// In which row of the canvas the cursor is.
    pub(crate) fn row(&self) -> u16 {
        self.plotter.row()
    }

    /// Writes something that is no part of the picture and moves no cursor.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub(crate) fn write_aside(&mut self, sequence: &str) -> io::Result<()> {
        self.out.write_all(sequence.as_bytes())?;
        self.out.flush()
    }

    /// Writes what makes the shown cells the wanted ones.
    fn plot(&mut self) {
        for y in self.changed_rows() {
            self.wanted.rehash(y);
        }
        if self.origin == Origin::Full {
            for _ in 0..SHIFTS_MAX {
                let Some(shift) = shift::find(&self.shown, &self.wanted) else {
                    break;
                };
                self.plotter.scroll(shift);
                self.shown.shift(shift);
                self.changed[usize::from(shift.top)..=usize::from(shift.bottom)].fill(true);
            }
        }
        for y in self.changed_rows() {
            let (shown, wanted) = (self.shown.row(y), self.wanted.row(y));
            if shown != wanted {
                self.plotter.draw_row(y, shown, wanted);
                self.shown.copy_row(&self.wanted, y);
            }
            self.changed[usize::from(y)] = false;
        }
    }

    fn changed_rows(&self) -> Vec<u16> {
        let changed = |y: &u16| self.changed[usize::from(*y)];
        (0..self.size.height).filter(changed).collect()
    }
}

impl<W: Write> Backend for Canvas<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            if let Some(changed) = self.changed.get_mut(usize::from(y)) {
                *changed = true;
                self.wanted.set(x, y, cell);
            }
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.cursor = Some(self.at);
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::new(self.plotter.column(), self.plotter.row()))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.at = position.into();
        if let Some(cursor) = &mut self.cursor {
            *cursor = self.at;
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        let (start, here, end) = ((0, 0), (self.at.x, self.at.y), (0, self.size.height));
        let (line, next) = ((0, self.at.y), (0, self.at.y.saturating_add(1)));
        let (from, to) = match region {
            ClearType::All => {
                self.start_anew(self.size);
                return Ok(());
            }
            ClearType::AfterCursor => (here, end),
            ClearType::BeforeCursor => (start, here),
            ClearType::CurrentLine => (line, next),
            ClearType::UntilNewLine => (here, next),
        };
        self.wanted.clear(from, to);
        self.changed.fill(true);
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        let shown = mem::replace(&mut self.cursor_shown, self.cursor.is_some());
        if shown && !self.cursor_shown {
            self.plotter.frame.push_str("\x1b[?25l");
        }
        self.plot();
        if let Some(cursor) = self.cursor {
            self.plotter.go_to(cursor.x, cursor.y);
        }
        if !shown && self.cursor_shown {
            self.plotter.frame.push_str("\x1b[?25h");
        }
        if self.plotter.frame.is_empty() {
            return Ok(());
        }
        let frame = mem::take(&mut self.plotter.frame);
        if frame.len() <= PIECE_BYTES_MAX {
            return self.write_aside(&frame);
        }
        self.write_aside(&format!("{SYNCHRONIZED_BEGIN}{frame}{SYNCHRONIZED_END}"))
    }
}

#[cfg(test)]
mod tests;
