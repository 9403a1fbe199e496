//! From text and control sequences to styled lines.

use std::mem;

use pod_protocol::begun_bytes;
use ratatui::style::Style;
use vte::{Params, Perform};

use super::{
    line::{LINE_COLUMNS_MAX, OpenLine, StyledLine},
    sgr,
};

/// Turns text, cut anywhere, into lines. Control strings must be taken out before.
#[derive(Default)]
pub(super) struct TextParser {
    vte: vte::Parser,
    writer: Writer,
    /// The beginning of a character that was cut in two. It waits here because the parser below
    /// (0.15.0) loses what follows such a character in the next piece.
    begun: Vec<u8>,
    /// Whether the parser below is in the middle of nothing and nothing stands on the line.
    is_fresh: bool,
}

/// What the parser calls.
#[derive(Default)]
struct Writer {
    open: OpenLine,
    style: Style,
    done: Vec<StyledLine>,
}

impl TextParser {
    /// One that writes with `style`.
    pub(super) fn styled(style: Style) -> Self {
        let mut parser = Self::default();
        parser.writer.style = style;
        parser
    }

    /// Reads the rest of a line, which came with a line feed behind it. That also ends a control
    /// sequence that it comes in the middle of.
    pub(super) fn read_to_end_of_line(&mut self, line: &[u8]) {
        // Most of what is printed is whole lines of plain text: they need no cells to be written into.
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        if self.is_fresh
            && text.len() < LINE_COLUMNS_MAX
            && let Some(line) = StyledLine::plain(text, self.writer.style)
        {
            self.writer.done.push(line);
            return;
        }
        self.read(line);
        self.read(b"\x18\n");
        self.is_fresh = self.begun.is_empty() && self.writer.open.is_empty();
    }

    /// Reads `bytes`; [`take`](Self::take) has the lines that they finish.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        self.is_fresh = false;
        let begun = begun_bytes(bytes);
        if self.begun.is_empty() && begun == 0 {
            self.vte.advance(&mut self.writer, bytes);
            return;
        }
        let mut whole = mem::take(&mut self.begun);
        whole.extend_from_slice(bytes);
        self.begun = whole.split_off(whole.len() - begun_bytes(&whole));
        self.vte.advance(&mut self.writer, &whole);
    }

    /// The lines that are finished.
    pub(super) fn take(&mut self) -> Vec<StyledLine> {
        mem::take(&mut self.writer.done)
    }

    /// Forgets a half-read sequence and a half-read character.
    pub(super) fn abort(&mut self) {
        self.vte = vte::Parser::new();
        self.begun.clear();
    }

    /// Drops half-read sequences and finishes the line that has begun, if anything stands on it.
    pub(super) fn cut(&mut self) -> Option<StyledLine> {
        self.abort();
        (!self.writer.open.is_empty()).then(|| self.writer.open.finish())
    }

    /// The style that the next character will have.
    pub(super) const fn style(&self) -> Style {
        self.writer.style
    }

    /// The line that has begun, if anything stands on it.
    pub(super) fn open_line(&self) -> Option<StyledLine> {
        (!self.writer.open.is_empty()).then(|| self.writer.open.to_line())
    }
}

impl Writer {
    fn new_line(&mut self) {
        let line = self.open.finish();
        self.done.push(line);
    }
}

impl Perform for Writer {
    fn print(&mut self, c: char) {
        // Terminals show nothing for a delete.
        if c == '\x7f' {
            return;
        }
        if self.open.is_full() {
            self.new_line();
        }
        self.open.print(c, self.style);
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            // Line feed, vertical tab, form feed.
            0x0a..=0x0c => self.new_line(),
            b'\r' => self.open.home(),
            b'\t' => self.open.tab(),
            0x08 => self.open.move_by(-1),
            // A C1 control or, which the parser does not tell, a byte that is not UTF-8.
            0x80.. => self.print(char::REPLACEMENT_CHARACTER),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        if ignore || !intermediates.is_empty() {
            return;
        }
        let first = params
            .iter()
            .next()
            .and_then(|param| param.first().copied())
            .unwrap_or(0);
        let count = isize::try_from(first.max(1)).unwrap_or(1);
        match action {
            'm' => self.style = sgr::apply(self.style, params),
            'K' => match first {
                0 => self.open.erase_right(),
                1 => self.open.erase_left(),
                _ => self.open.erase(),
            },
            'P' => self.open.delete(count.unsigned_abs()),
            '@' => self.open.insert(count.unsigned_abs()),
            'X' => self.open.blank_out(count.unsigned_abs()),
            'C' | 'a' => self.open.move_by(count),
            'D' => self.open.move_by(-count),
            'G' | '`' => self.open.go_to(usize::from(first.max(1)) - 1),
            // Somewhere else on the screen: at least not on top of this line.
            'H' | 'f' | 'E' | 'B' if !self.open.is_empty() => self.new_line(),
            _ => {}
        }
    }
}
