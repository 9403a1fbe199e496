//! From bytes to styled lines.

use std::mem;

use ratatui::style::Style;
use vte::{Params, Perform};

use super::{
    line::{OpenLine, StyledLine},
    sgr,
};

/// A control string (title, link, image) of which more than this has come without its end is given
/// up, because the parser below buffers such strings whole.
const CONTROL_STRING_BYTES_MAX: usize = 64 * 1024;

/// Turns a stream of bytes, cut anywhere, into lines.
#[derive(Default)]
pub(crate) struct OutputParser {
    vte: vte::Parser,
    writer: Writer,
    /// Bytes since anything came out of the parser.
    silent_bytes: usize,
    /// The beginning of a character that was cut in two. It waits here because the parser below
    /// (0.15.0) loses what follows such a character in the next piece.
    begun: Vec<u8>,
}

/// What the parser calls.
#[derive(Default)]
struct Writer {
    open: OpenLine,
    style: Style,
    done: Vec<StyledLine>,
    calls: u64,
}

impl OutputParser {
    /// Reads `bytes` and returns the lines that they finish.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<StyledLine> {
        for piece in bytes.chunks(CONTROL_STRING_BYTES_MAX) {
            let mut whole = mem::take(&mut self.begun);
            whole.extend_from_slice(piece);
            self.begun = whole.split_off(whole.len() - begun_bytes(&whole));
            self.advance(&whole);
        }
        mem::take(&mut self.writer.done)
    }

    fn advance(&mut self, piece: &[u8]) {
        let before = self.writer.calls;
        self.vte.advance(&mut self.writer, piece);
        if self.writer.calls != before {
            self.silent_bytes = 0;
        } else {
            self.silent_bytes += piece.len();
        }
        if self.silent_bytes > CONTROL_STRING_BYTES_MAX {
            self.vte = vte::Parser::new();
            self.silent_bytes = 0;
        }
    }

    /// The line that has begun, if anything stands on it.
    pub(crate) fn open_line(&self) -> Option<StyledLine> {
        (!self.writer.open.is_empty()).then(|| self.writer.open.to_line())
    }

    /// Finishes the line that has begun, and forgets style and half-read sequences.
    pub(crate) fn cut(&mut self) -> Option<StyledLine> {
        self.vte = vte::Parser::new();
        self.begun.clear();
        self.writer.style = Style::new();
        (!self.writer.open.is_empty()).then(|| self.writer.open.finish())
    }
}

/// How many bytes at the end of `bytes` begin a UTF-8 character that is not complete.
fn begun_bytes(bytes: &[u8]) -> usize {
    for (before, byte) in bytes.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return 0,
        };
        return if length > before + 1 { before + 1 } else { 0 };
    }
    0
}

impl Writer {
    fn new_line(&mut self) {
        let line = self.open.finish();
        self.done.push(line);
    }
}

impl Perform for Writer {
    fn print(&mut self, c: char) {
        self.calls += 1;
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
        self.calls += 1;
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
        self.calls += 1;
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
            'C' | 'a' => self.open.move_by(count),
            'D' => self.open.move_by(-count),
            'G' | '`' => self.open.go_to(usize::from(first.max(1)) - 1),
            // Somewhere else on the screen: at least not on top of this line.
            'H' | 'f' | 'E' | 'B' if !self.open.is_empty() => self.new_line(),
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, _intermediates: &[u8], _ignore: bool, _byte: u8) {
        self.calls += 1;
    }

    fn osc_dispatch(&mut self, _params: &[&[u8]], _bell_terminated: bool) {
        self.calls += 1;
    }

    fn hook(&mut self, _params: &Params, _intermediates: &[u8], _ignore: bool, _action: char) {
        self.calls += 1;
    }

    fn put(&mut self, _byte: u8) {
        self.calls += 1;
    }
}
