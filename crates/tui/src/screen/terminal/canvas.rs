//! A ratatui backend over a byte buffer: one write per frame.
//!
//! Invariants:
//! - A frame that changes nothing writes nothing.
//! - Nothing is ever asked of the terminal, so nothing has to be read back from the input that the
//!   keyboard thread owns. The inline origin therefore moves relatively: the canvas knows in which
//!   of its rows the cursor is, and nothing else.
//! - No control character leaves a cell, whatever a widget put there.

use std::{
    fmt::Write as _,
    io::{self, Write},
    mem,
};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
    style::{Color, Modifier},
};

/// Where the rows of a canvas are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The whole screen: absolute moves.
    Full,
    /// Wherever the cursor was: relative moves.
    Inline,
}

/// The longest symbol of a cell, in bytes. A longer pile of combining marks is not text.
const SYMBOL_BYTES_MAX: usize = 32;

const SYNCHRONIZED_BEGIN: &str = "\x1b[?2026h";
const SYNCHRONIZED_END: &str = "\x1b[?2026l";

/// The backend.
#[derive(Debug)]
pub(crate) struct Canvas<W> {
    out: W,
    /// What the next flush writes.
    frame: String,
    origin: Origin,
    size: Size,
    /// Where the terminal's cursor is. The column is unknown at the right margin, where terminals
    /// differ.
    row: u16,
    column: Option<u16>,
    cursor_shown: bool,
    pen: Pen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pen {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

impl<W: Write> Canvas<W> {
    /// A canvas of `size`. For [`Origin::Inline`] the cursor must be in its first row, with room
    /// below; see [`Canvas::make_room`].
    pub(crate) const fn new(out: W, origin: Origin, size: Size) -> Self {
        Self {
            out,
            frame: String::new(),
            origin,
            size,
            row: 0,
            column: None,
            cursor_shown: true,
            pen: Pen {
                foreground: Color::Reset,
                background: Color::Reset,
                modifier: Modifier::empty(),
            },
        }
    }

    /// Scrolls so that all rows of an inline canvas are on the screen, and clears them. The cursor
    /// ends in the first one.
    pub(crate) fn make_room(&mut self, size: Size) {
        self.size = size;
        self.go_home();
        self.frame.push_str("\x1b[J");
        let below = size.height.saturating_sub(1);
        for _ in 0..below {
            self.frame.push_str("\r\n");
        }
        if below > 0 {
            let _ = write!(self.frame, "\x1b[{below}A");
        }
        self.frame.push('\r');
        self.column = Some(0);
    }

    /// Takes a new size of the screen and clears it.
    pub(crate) fn set_size(&mut self, size: Size) {
        match self.origin {
            Origin::Inline => self.make_room(size),
            Origin::Full => {
                self.size = size;
                self.set_pen(Pen::default());
                self.frame.push_str("\x1b[2J");
                self.column = None;
            }
        }
    }

    /// In which row of the canvas the cursor is.
    pub(crate) const fn row(&self) -> u16 {
        self.row
    }

    fn go_home(&mut self) {
        self.set_pen(Pen::default());
        self.column = None;
        self.go_to(0, 0);
    }

    fn go_to(&mut self, x: u16, y: u16) {
        if self.column == Some(x) && self.row == y {
            return;
        }
        match self.origin {
            Origin::Full => {
                let _ = write!(self.frame, "\x1b[{};{}H", y + 1, x + 1);
            }
            Origin::Inline => {
                if y < self.row {
                    let _ = write!(self.frame, "\x1b[{}A", self.row - y);
                } else if y > self.row {
                    let _ = write!(self.frame, "\x1b[{}B", y - self.row);
                }
                self.frame.push('\r');
                if x > 0 {
                    let _ = write!(self.frame, "\x1b[{x}C");
                }
            }
        }
        (self.column, self.row) = (Some(x), y);
    }

    fn set_pen(&mut self, pen: Pen) {
        if mem::replace(&mut self.pen, pen) != pen {
            self.frame.push_str("\x1b[0");
            pen.write_parameters(&mut self.frame);
            self.frame.push('m');
        }
    }

    fn put(&mut self, cell: &Cell) {
        self.set_pen(Pen {
            foreground: cell.fg,
            background: cell.bg,
            modifier: cell.modifier,
        });
        let symbol = cell.symbol();
        let safe = symbol.len() <= SYMBOL_BYTES_MAX && !symbol.contains(char::is_control);
        self.frame.push_str(if safe { symbol } else { "\u{fffd}" });
        let width = if safe {
            unicode_width::UnicodeWidthStr::width(symbol)
        } else {
            1
        };
        let after = self.column.map(usize::from).map(|column| column + width);
        self.column = after
            .filter(|column| *column < usize::from(self.size.width))
            .and_then(|column| u16::try_from(column).ok());
    }
}

impl Pen {
    fn write_parameters(self, frame: &mut String) {
        const MODIFIERS: [(Modifier, &str); 6] = [
            (Modifier::BOLD, ";1"),
            (Modifier::DIM, ";2"),
            (Modifier::ITALIC, ";3"),
            (Modifier::UNDERLINED, ";4"),
            (Modifier::REVERSED, ";7"),
            (Modifier::CROSSED_OUT, ";9"),
        ];
        for (modifier, parameter) in MODIFIERS {
            if self.modifier.contains(modifier) {
                frame.push_str(parameter);
            }
        }
        write_colour(frame, self.foreground, 30);
        write_colour(frame, self.background, 40);
    }
}

/// Appends the parameters of `colour`; `base` is 30 for text and 40 for its background.
fn write_colour(frame: &mut String, colour: Color, base: u8) {
    let (offset, bright) = match colour {
        Color::Reset => return,
        Color::Black => (0, false),
        Color::Red => (1, false),
        Color::Green => (2, false),
        Color::Yellow => (3, false),
        Color::Blue => (4, false),
        Color::Magenta => (5, false),
        Color::Cyan => (6, false),
        Color::Gray => (7, false),
        Color::DarkGray => (0, true),
        Color::LightRed => (1, true),
        Color::LightGreen => (2, true),
        Color::LightYellow => (3, true),
        Color::LightBlue => (4, true),
        Color::LightMagenta => (5, true),
        Color::LightCyan => (6, true),
        Color::White => (7, true),
        Color::Indexed(index) => {
            let _ = write!(frame, ";{};5;{index}", base + 8);
            return;
        }
        Color::Rgb(r, g, b) => {
            let _ = write!(frame, ";{};2;{r};{g};{b}", base + 8);
            return;
        }
    };
    let _ = write!(frame, ";{}", base + offset + if bright { 60 } else { 0 });
}

impl<W: Write> Backend for Canvas<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.go_to(x, y);
            self.put(cell);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if mem::replace(&mut self.cursor_shown, false) {
            self.frame.push_str("\x1b[?25l");
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !mem::replace(&mut self.cursor_shown, true) {
            self.frame.push_str("\x1b[?25h");
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::new(self.column.unwrap_or(0), self.row))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        self.go_to(x, y);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.set_pen(Pen::default());
        match (region, self.origin) {
            (ClearType::All, Origin::Full) => self.frame.push_str("\x1b[2J"),
            (ClearType::All, Origin::Inline) => {
                self.go_home();
                self.frame.push_str("\x1b[J");
            }
            (ClearType::AfterCursor, _) => self.frame.push_str("\x1b[J"),
            (ClearType::CurrentLine, _) => self.frame.push_str("\x1b[2K"),
            (ClearType::UntilNewLine, _) => self.frame.push_str("\x1b[K"),
            (ClearType::BeforeCursor, Origin::Full) => self.frame.push_str("\x1b[1J"),
            // What stands before an inline canvas is the shell's.
            (ClearType::BeforeCursor, Origin::Inline) => {}
        }
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
        if self.frame.is_empty() {
            return Ok(());
        }
        self.set_pen(Pen::default());
        let frame = format!("{SYNCHRONIZED_BEGIN}{}{SYNCHRONIZED_END}", self.frame);
        self.frame.clear();
        self.out.write_all(frame.as_bytes())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests;
