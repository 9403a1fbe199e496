//! Text of a run made safe for the operator's terminal.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Replaces everything that could drive a terminal or disguise text: C0 and C1 controls, DEL, and
/// the characters that override or isolate text direction. A tab becomes a space; all else becomes
/// `U+FFFD`. The result is one line.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(drives_terminal) {
        return Cow::Borrowed(text);
    }
    let replace = |c| match c {
        '\t' | '\n' | '\r' => ' ',
        c if drives_terminal(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    Cow::Owned(text.chars().map(replace).collect())
}

fn drives_terminal(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}'
        )
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Cuts `text` to at most `columns` terminal columns, the last one an ellipsis when something was
/// cut. Never cuts inside a grapheme.
#[must_use]
pub fn cut_to_width(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut used = 0;
    let mut kept = String::new();
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// The last line of raw output that says anything, made printable: escape sequences are left out,
/// a line that was redrawn with carriage returns counts in its last form.
#[must_use]
pub fn last_line(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    let visible = |line: &str| {
        let plain = without_escapes(line);
        let shown = plain
            .trim_end()
            .rsplit('\r')
            .find(|part| !part.trim().is_empty())?;
        Some(printable(shown.trim()).into_owned())
    };
    text.rsplit('\n').find_map(visible)
}

/// Drops ANSI escape sequences: CSI up to its final byte, OSC and its kin up to their terminator,
/// others with the byte behind the escape.
fn without_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('[') => {
                chars.by_ref().find(|c| matches!(c, '@'..='~'));
            }
            Some(']' | 'P' | 'X' | '^' | '_') => {
                let mut before = ' ';
                chars.by_ref().find(|&c| {
                    let ends = c == '\u{7}' || (before == '\u{1b}' && c == '\\');
                    before = c;
                    ends
                });
            }
            Some('(' | ')' | '#' | '%') => {
                chars.next();
            }
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_bytes_never_reach_the_terminal() {
        assert_eq!(printable("plain ü 日本"), "plain ü 日本");
        assert_eq!(printable("a\u{1b}[31mb"), "a\u{fffd}[31mb");
        assert_eq!(
            printable("a\u{9b}b\u{7f}\u{202e}c"),
            "a\u{fffd}b\u{fffd}\u{fffd}c"
        );
        assert_eq!(printable("a\tb\nc"), "a b c");
    }

    #[test]
    fn a_cut_keeps_graphemes_whole() {
        assert_eq!(cut_to_width("hello", 5), "hello");
        assert_eq!(cut_to_width("hello!", 5), "hell…");
        assert_eq!(cut_to_width("日本語", 4), "日…");
        assert_eq!(cut_to_width("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut_to_width("x", 0), "");
    }

    #[test]
    fn the_last_line_is_what_a_person_would_see() {
        let check = |output: &[u8], line: Option<&str>| {
            assert_eq!(last_line(output).as_deref(), line, "{output:?}");
        };
        check(b"", None);
        check(b"one\ntwo\n\n  \n", Some("two"));
        check(b"10%\r 50%\r 99%\r", Some("99%"));
        check(b"\x1b[31mred\x1b[0m\r\n", Some("red"));
        check(b"\x1b]0;title\x07text", Some("text"));
        check(b"\x1b]0;title\x1b\\text", Some("text"));
        check(b"\x1b]0;never ends", None);
        check(b"a\xffb", Some("a\u{fffd}b"));
    }
}
