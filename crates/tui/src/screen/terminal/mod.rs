//! The operator's terminal: taken, drawn on, and given back as it was.
//!
//! Invariants: everything that is switched on is switched off again by [`Stage`]'s drop, by the
//! panic hook, and, because signals end the screens' loops, after SIGTERM and SIGHUP; and before this
//! process stops for SIGTSTP, to be switched on again when it goes on. The terminal is never asked
//! anything: its size comes from the kernel. Titles and alerts are printable text of bounded length.

mod alert;
mod canvas;
mod dialect;
mod keyboard;
mod restoration;
mod suspension;

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    sync::Arc,
};

use ratatui::{
    Frame, Terminal, TerminalOptions, Viewport,
    layout::{Rect, Size},
};

use self::{
    dialect::Dialect,
    restoration::{Mode, PanicHook, Restoration},
};
use super::ScreenError;

pub(crate) use alert::Alerts;
pub(super) use canvas::{Canvas, Origin};
pub(crate) use dialect::Copied;
pub(crate) use keyboard::{Input, Keyboard};
pub(crate) use restoration::LineSettings;
pub(crate) use suspension::{Stop, Stops};

/// The terminal while a screen has it.
pub(crate) struct Stage {
    terminal: Terminal<Canvas<File>>,
    origin: Origin,
    /// Rows that an inline screen wants; it gets fewer on a lower terminal.
    rows_wanted: u16,
    /// What is switched on while the screen has the terminal, beside a title.
    modes: &'static [Mode],
    dialect: Dialect,
    /// The title that was set last.
    title: Option<String>,
    /// Whether the operator looks here, as far as the terminal has told.
    focused: Option<bool>,
    restoration: Arc<Restoration>,
    _panic_hook: PanicHook,
}

impl Stage {
    /// Takes the whole screen, on the alternate one.
    ///
    /// # Errors
    /// When standard output is not a terminal that can be set up.
    pub(crate) fn full() -> Result<Self, ScreenError> {
        const MODES: &[Mode] = &[Mode::Raw, Mode::Alternate, Mode::Paste, Mode::Focus];
        Self::take(Origin::Full, u16::MAX, MODES)
    }

    /// Takes `rows` rows from the cursor down; what stands above stays.
    ///
    /// # Errors
    /// When standard output is not a terminal that can be set up.
    pub(crate) fn inline(rows: u16) -> Result<Self, ScreenError> {
        const MODES: &[Mode] = &[Mode::Raw, Mode::Paste, Mode::Inline];
        Self::take(Origin::Inline, rows, MODES)
    }

    fn take(origin: Origin, rows_wanted: u16, modes: &'static [Mode]) -> Result<Self, ScreenError> {
        let fail = setting_up;
        let out = io::stdout().as_fd().try_clone_to_owned().map_err(fail)?;
        let size = canvas_size(rows_wanted)?;
        let restoration = Arc::new(Restoration::default());
        let panic_hook = PanicHook::install(&restoration);
        restoration.switch_on(modes).map_err(fail)?;
        let terminal = terminal_on(File::from(out), origin, size).map_err(fail)?;
        Ok(Self {
            terminal,
            origin,
            rows_wanted,
            modes,
            dialect: Dialect::new(|name| std::env::var(name).ok()),
            title: None,
            focused: None,
            restoration,
            _panic_hook: panic_hook,
        })
    }

    /// Gives the terminal back for a while, as it was found.
    pub(crate) fn leave(&mut self) {
        self.restoration.restore();
    }

    /// Takes the terminal again, after it was left or after somebody else had it while this process
    /// was stopped: everything is switched on anew, and the next draw paints everything.
    ///
    /// # Errors
    /// When the terminal cannot be set up.
    pub(crate) fn take_again(&mut self, found: LineSettings) -> Result<Size, ScreenError> {
        self.restoration
            .switch_on_again(self.modes, found)
            .map_err(setting_up)?;
        self.title = None;
        self.focused = None;
        self.terminal.backend_mut().forget();
        self.resize()
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
        draw_on(&mut self.terminal, view).map_err(drawing)?;
        if self.origin == Origin::Inline {
            self.restoration.note_row(self.terminal.backend().row());
        }
        Ok(())
    }

    /// Sets the title of the terminal, which gets its own back in the end. Does nothing if that is
    /// the title already. What is not printable is replaced; what is too long is cut.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub(crate) fn set_title(&mut self, text: &str) -> Result<(), ScreenError> {
        if !self.dialect.has_title() || self.title.as_deref() == Some(text) {
            return Ok(());
        }
        if !self.restoration.is_on(Mode::Title) {
            self.restoration
                .switch_on(&[Mode::Title])
                .map_err(drawing)?;
        }
        self.title = Some(text.to_owned());
        self.write_aside(&self.dialect.title(text))
    }

    /// Alerts the operator with a line of text: by a notification of the terminal where there is
    /// one, else by its bell.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub(crate) fn alert(&mut self, when: Alerts, text: &str) -> Result<(), ScreenError> {
        if !alert::due(when, self.focused) {
            return Ok(());
        }
        self.write_aside(&self.dialect.alert(text))
    }

    /// Hands lines of text to the operator's clipboard, through the terminal; what is not printable
    /// in them is replaced. Whether the terminal takes it, nobody learns.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub(crate) fn copy(&mut self, text: &str) -> Result<Copied, ScreenError> {
        match self.dialect.copy(text) {
            Ok(sequence) => self.write_aside(&sequence).map(|()| Copied::Handed),
            Err(refused) => Ok(refused),
        }
    }

    /// Notes what the terminal told about the operator's attention.
    pub(crate) const fn note_focus(&mut self, focused: bool) {
        self.focused = Some(focused);
    }

    fn write_aside(&mut self, sequence: &str) -> Result<(), ScreenError> {
        let canvas = self.terminal.backend_mut();
        canvas.write_aside(sequence).map_err(drawing)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.restoration.restore();
    }
}

/// What a screen of `size` is drawn with on a terminal that reads `out`.
pub(super) fn terminal_on<W: Write>(
    out: W,
    origin: Origin,
    size: Size,
) -> io::Result<Terminal<Canvas<W>>> {
    let mut canvas = Canvas::new(out, origin, size);
    if origin == Origin::Inline {
        canvas.start_anew(size);
    }
    let options = TerminalOptions {
        viewport: Viewport::Fixed(Rect::from((ratatui::layout::Position::ORIGIN, size))),
    };
    Terminal::with_options(canvas, options)
}

/// Draws a frame; only what changed is written, at once.
pub(super) fn draw_on<W: Write>(
    terminal: &mut Terminal<Canvas<W>>,
    view: impl FnOnce(&mut Frame<'_>),
) -> io::Result<()> {
    let settled = |frame: &mut Frame<'_>| {
        view(frame);
        canvas::settle(frame.buffer_mut());
    };
    terminal.draw(settled).map(drop)
}

fn setting_up(source: io::Error) -> ScreenError {
    ScreenError::Terminal {
        operation: "set up",
        source,
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

#[cfg(test)]
mod tests;
