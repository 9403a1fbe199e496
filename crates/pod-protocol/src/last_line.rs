//! The last line of a piece of output, as text.

use vte::{Parser, Perform};

use crate::printable;

/// The longest line that is kept, in characters: more than any screen shows in one row.
const LINE_CHARS_MAX: usize = 512;

/// The last line of `output` that is not blank, without colours and other control sequences, as a
/// terminal would leave it after carriage returns. `None` if there is none.
#[must_use]
pub fn last_line(output: &[u8]) -> Option<String> {
    let mut lines = Lines::default();
    Parser::new().advance(&mut lines, output);
    lines.end_line();
    Some(printable(&lines.last?).into_owned())
}

#[derive(Default)]
struct Lines {
    current: String,
    chars: usize,
    /// The cursor is at the start of a line that has text: what comes next replaces it.
    returned: bool,
    last: Option<String>,
}

impl Lines {
    fn end_line(&mut self) {
        let line = self.current.trim();
        if !line.is_empty() {
            self.last = Some(line.to_owned());
        }
        self.clear();
    }

    fn clear(&mut self) {
        self.current.clear();
        self.chars = 0;
        self.returned = false;
    }
}

impl Perform for Lines {
    fn print(&mut self, c: char) {
        if self.returned {
            self.clear();
        }
        if self.chars < LINE_CHARS_MAX {
            self.current.push(c);
            self.chars += 1;
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.end_line(),
            b'\r' => self.returned = true,
            b'\t' => self.print(' '),
            b'\x08' if self.chars > 0 => {
                self.current.pop();
                self.chars -= 1;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_a_terminal_would_leave() {
        let check = |output: &[u8], line: Option<&str>| {
            assert_eq!(last_line(output).as_deref(), line, "{output:?}");
        };
        check(b"", None);
        check(b"\n  \n\x1b[0m\n", None);
        check(b"one\ntwo\n", Some("two"));
        check(b"one\ntwo", Some("two"));
        check(b"one\r\n\r\n", Some("one"));
        check(
            b"\x1b[31merror:\x1b[0m no\tluck\r\n",
            Some("error: no luck"),
        );
        check(b"10%\r50%\r100%", Some("100%"));
        check(b"100%\r", Some("100%"));
        check(b"ab\x08c", Some("ac"));
        check(b"\x1b]0;title\x07text", Some("text"));
        check(b"31mtorn\nwhole\0\0", Some("whole"));
        check(b"bad \xff utf-8", Some("bad \u{fffd} utf-8"));
        check("日本 ü".as_bytes(), Some("日本 ü"));
    }

    #[test]
    fn a_line_without_an_end_is_bounded() {
        let line = last_line(&[b'x'; 10_000]).expect("text");
        assert_eq!(line.len(), LINE_CHARS_MAX);
    }
}
