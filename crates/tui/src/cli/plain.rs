//! Output as plain text, for readers that are no terminal or must not be driven like one.

use pod_protocol::Offset;

use crate::screen::output::{LineState, Lines};

/// Turns raw output into printable lines, the same that the monitor shows, without their colours.
#[derive(Default)]
pub(crate) struct PlainText {
    lines: Lines,
}

impl PlainText {
    /// Of output from `from` on, where a line begins in `state`.
    pub(crate) fn starting(from: Offset, state: LineState) -> Self {
        Self {
            lines: Lines::new(from, state),
        }
    }

    /// Takes raw bytes and gives back the lines that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.lines.read(bytes, None);
        let lines = self.lines.take();
        lines
            .iter()
            .map(|line| format!("{}\n", line.text.text()))
            .collect()
    }

    /// The line that has no end yet, where a segment begins: nothing goes on in that.
    pub(crate) fn begin_segment(&mut self) -> String {
        self.lines.begin_segment();
        self.push(b"")
    }

    /// The line that has no end yet.
    pub(crate) fn finish(&mut self) -> String {
        self.lines.flush();
        self.push(b"")
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
}
