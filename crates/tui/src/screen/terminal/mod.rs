//! The operator's terminal: taken, drawn on, and given back as it was.
//!
//! Invariants: everything that is switched on is switched off again by [`Stage`]'s drop, by the
//! panic hook, and, because signals end the screens' loops, after SIGTERM and SIGHUP. The terminal
//! is never asked anything: its size comes from the kernel.

mod canvas;
mod keyboard;
mod restoration;

use std::{fs::File, io, os::fd::AsFd, sync::Arc};

use ratatui::{
    Frame, Terminal, TerminalOptions, Viewport,
    layout::{Rect, Size},
};

use self::{
    canvas::{Canvas, Origin},
    restoration::{Mode, PanicHook, Restoration},
};
use super::ScreenError;

pub(crate) use keyboard::{Input, Keyboard};

/// The terminal while a screen has it.
pub(crate) struct Stage {
    terminal: Terminal<Canvas<File>>,
    origin: Origin,
    /// Rows that an inline screen wants; it gets fewer on a lower terminal.
    rows_wanted: u16,
    restoration: Arc<Restoration>,
    _panic_hook: PanicHook,
}

impl Stage {
    /// Takes the whole screen, on the alternate one.
    ///
    /// # Errors
    /// When standard output is not a terminal that can be set up.
    pub(crate) fn full() -> Result<Self, ScreenError> {
        Self::take(Origin::Full, u16::MAX, &[Mode::Raw, Mode::Alternate])
    }

    /// Takes `rows` rows from the cursor down; what stands above stays.
    ///
    /// # Errors
    /// When standard output is not a terminal that can be set up.
    pub(crate) fn inline(rows: u16) -> Result<Self, ScreenError> {
        Self::take(
            Origin::Inline,
            rows,
            &[Mode::Raw, Mode::Paste, Mode::Inline],
        )
    }

    fn take(origin: Origin, rows_wanted: u16, modes: &[Mode]) -> Result<Self, ScreenError> {
        let fail = |source| ScreenError::Terminal {
            operation: "set up",
            source,
        };
        let out = io::stdout().as_fd().try_clone_to_owned().map_err(fail)?;
        let size = canvas_size(rows_wanted)?;
        let restoration = Arc::new(Restoration::default());
        let panic_hook = PanicHook::install(&restoration);
        let mut canvas = Canvas::new(File::from(out), origin, size);
        restoration.switch_on(modes).map_err(fail)?;
        if origin == Origin::Inline {
            canvas.start_anew(size);
        }
        let options = TerminalOptions {
            viewport: Viewport::Fixed(Rect::from((ratatui::layout::Position::ORIGIN, size))),
        };
        let terminal = Terminal::with_options(canvas, options).map_err(fail)?;
        Ok(Self {
            terminal,
            origin,
            rows_wanted,
            restoration,
            _panic_hook: panic_hook,
        })
    }

    /// How much room the screen has.
    pub(crate) fn size(&mut self) -> Size {
        self.terminal.get_frame().area().as_size()
    }

    /// Takes over the size that the terminal has now and repaints on the next draw.
    ///
    /// # Errors
    /// When the terminal does not tell its size.
    pub(crate) fn resize(&mut self) -> Result<Size, ScreenError> {
        self.reshape(self.rows_wanted)
    }

    /// Gives an inline screen another number of rows.
    ///
    /// # Errors
    /// When the terminal does not tell its size.
    pub(crate) fn reshape(&mut self, rows_wanted: u16) -> Result<Size, ScreenError> {
        self.rows_wanted = rows_wanted;
        let size = canvas_size(rows_wanted)?;
        self.terminal.backend_mut().start_anew(size);
        let area = Rect::from((ratatui::layout::Position::ORIGIN, size));
        self.terminal.resize(area).map_err(drawing)?;
        Ok(size)
    }

    /// Draws a frame; only what changed is written, at once.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub(crate) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> Result<(), ScreenError> {
        let settled = |frame: &mut Frame<'_>| {
            view(frame);
            canvas::settle(frame.buffer_mut());
        };
        self.terminal.draw(settled).map_err(drawing)?;
        if self.origin == Origin::Inline {
            self.restoration.note_row(self.terminal.backend().row());
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.restoration.restore();
    }
}

fn drawing(source: io::Error) -> ScreenError {
    ScreenError::Terminal {
        operation: "draw on",
        source,
    }
}

fn canvas_size(rows_wanted: u16) -> Result<Size, ScreenError> {
    let (columns, rows) = crossterm::terminal::size().map_err(|source| ScreenError::Terminal {
        operation: "ask for the size of",
        source,
    })?;
    // A terminal that says 0 does not know; something must be drawn all the same.
    Ok(Size::new(columns.max(1), rows.clamp(1, rows_wanted.max(1))))
}
