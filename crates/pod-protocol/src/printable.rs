//! Text of a run made safe for the operator's terminal.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Replaces everything that could drive a terminal or disguise text: C0 and C1 controls, DEL, and
/// the characters that override or isolate text direction or are not seen at all. A tab becomes a space; all else becomes
/// `U+FFFD`. The result is one line.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    // Most text is plain, which is seen byte by byte several times as fast.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.chars().any(drives_terminal) {
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
        // The joiners, which emoji need, are not among these.
        || matches!(c, '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{E0000}'..='\u{E007F}')
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
        assert_eq!(printable("a\u{200b}\u{e0041}b"), "a\u{fffd}\u{fffd}b");
        assert_eq!(printable("👩\u{200d}🚀"), "👩\u{200d}🚀");
    }

    #[test]
    fn a_cut_keeps_graphemes_whole() {
        assert_eq!(cut_to_width("hello", 5), "hello");
        assert_eq!(cut_to_width("hello!", 5), "hell…");
        assert_eq!(cut_to_width("日本語", 4), "日…");
        assert_eq!(cut_to_width("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut_to_width("x", 0), "");
    }
}
