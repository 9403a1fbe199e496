mod bytes;
mod picture;

use ratatui::{
    Terminal, TerminalOptions, Viewport,
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::*;

/// Counts writes beside keeping them.
#[derive(Debug, Default)]
struct Wire {
    bytes: Vec<u8>,
    writes: usize,
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend(bytes);
        self.writes += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A canvas with a view, as a stage has it.
struct Easel {
    terminal: Terminal<Canvas<Wire>>,
}

impl Easel {
    fn new(origin: Origin, size: Size) -> Self {
        let mut canvas = Canvas::new(Wire::default(), origin, size);
        canvas.start_anew(size);
        let viewport = Viewport::Fixed(Rect::from((Position::ORIGIN, size)));
        let terminal = Terminal::with_options(canvas, TerminalOptions { viewport });
        Self {
            terminal: terminal.expect("a canvas"),
        }
    }

    fn resize(&mut self, size: Size) {
        self.terminal.backend_mut().start_anew(size);
        let area = Rect::from((Position::ORIGIN, size));
        self.terminal.resize(area).expect("a wire");
    }

    /// Draws a frame and returns what a terminal has to show now.
    fn draw(&mut self, view: impl FnOnce(&mut Buffer), cursor: Option<(u16, u16)>) -> Buffer {
        let mut drawn = Buffer::default();
        self.terminal
            .draw(|frame| {
                view(frame.buffer_mut());
                settle(frame.buffer_mut());
                drawn = frame.buffer_mut().clone();
                if let Some(cursor) = cursor {
                    frame.set_cursor_position(cursor);
                }
            })
            .expect("a wire");
        drawn
    }

    /// Draws rows of plain text.
    fn write(&mut self, rows: &[&str]) {
        let view = |buffer: &mut Buffer| {
            for (y, row) in (0..).zip(rows) {
                buffer.set_string(0, y, row, ratatui::style::Style::new());
            }
        };
        self.draw(view, None);
    }

    /// What was written since it was last taken.
    fn take(&mut self) -> Vec<u8> {
        let wire = &mut self.terminal.backend_mut().out;
        wire.writes = 0;
        mem::take(&mut wire.bytes)
    }
}
