//! Output as plain text, for readers that are no terminal or must not be driven like one.

use pod_protocol::printable;
use vte::{Parser, Perform};

/// The longest line that is held back for its end, in bytes; a longer one goes out in pieces.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// Turns raw output into printable lines: escape sequences are dropped, a line that was redrawn
/// with carriage returns goes out in its last form.
#[derive(Default)]
pub(crate) struct PlainText {
    parser: Parser,
    lines: Lines,
}

impl PlainText {
    /// Takes raw bytes and gives back the lines that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.parser.advance(&mut self.lines, bytes);
        std::mem::take(&mut self.lines.complete)
    }

    /// The line that has no end yet.
    pub(crate) fn finish(&mut self) -> String {
        if !self.lines.current.is_empty() {
            self.lines.end_line();
        }
        std::mem::take(&mut self.lines.complete)
    }
}

#[derive(Default)]
struct Lines {
    complete: String,
    current: String,
    /// A carriage return came: what follows replaces the line, an end keeps it.
    returned: bool,
}

impl Lines {
    fn end_line(&mut self) {
        self.complete.push_str(&printable(&self.current));
        self.complete.push('\n');
        self.current.clear();
        self.returned = false;
    }
}

impl Perform for Lines {
    fn print(&mut self, c: char) {
        if std::mem::take(&mut self.returned) {
            self.current.clear();
        }
        self.current.push(c);
        if self.current.len() >= LINE_BYTES_MAX {
            self.complete.push_str(&printable(&self.current));
            self.current.clear();
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.end_line(),
            b'\r' => self.returned = true,
            b'\t' => self.print('\t'),
            b'\x08' => drop(self.current.pop()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_becomes_printable_lines_in_any_pieces() {
        let check = |raw: &[u8], text: &str| {
            for size in 1..=raw.len().max(1) {
                let mut plain = PlainText::default();
                let mut got: String = raw.chunks(size).map(|piece| plain.push(piece)).collect();
                got.push_str(&plain.finish());
                assert_eq!(got, text, "{raw:?} in pieces of {size}");
            }
        };
        check(b"", "");
        check(b"one\ntwo", "one\ntwo\n");
        check(b"a\r\nb\r\n", "a\nb\n");
        check(b" 10%\r 99%\n", " 99%\n");
        check(b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\n", "red x\n");
        check("ü\u{202e}日\n".as_bytes(), "ü\u{fffd}日\n");
        check(b"\xff\n", "\u{fffd}\n");
    }

    #[test]
    fn a_line_without_end_does_not_fill_memory() {
        let mut plain = PlainText::default();
        let mut bytes = 0;
        for _ in 0..1_000 {
            bytes += plain.push(&[b'x'; 1_000]).len();
            assert!(plain.lines.current.len() <= LINE_BYTES_MAX);
        }
        assert_eq!(bytes + plain.finish().len(), 1_000_000 + 1);
    }
}
