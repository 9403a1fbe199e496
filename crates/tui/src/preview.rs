//! The preview of a row, and the reason why it cannot do something, in the columns that there are.

use std::borrow::Cow;

use pod_protocol::cut_to_width;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands before the name of a file in the preview of a row that cannot be read, and in the
/// reason why it cannot be restored.
const BEFORE_A_FILE: [&str; 2] = ["[corrupt: ", "log corrupt at "];
/// Less of a file's name says nothing.
const FILE_COLUMNS_MIN: usize = 8;

/// `text`, at most `columns` wide. It loses its end; a damaged file loses its beginning, since paths
/// of sessions begin alike and the line stands at the end.
pub(crate) fn fitted(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let split = |before| Some((before, text.strip_prefix(before)?));
    if let Some((before, file)) = BEFORE_A_FILE.into_iter().find_map(split) {
        let room = columns.saturating_sub(before.len() + 1);
        if room >= FILE_COLUMNS_MIN {
            return Cow::Owned(format!("{before}…{}", end_of(file, room)));
        }
    }
    cut_to_width(text, columns)
}

fn end_of(text: &str, columns: usize) -> &str {
    let (mut from, mut used) = (text.len(), 0);
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > columns {
            break;
        }
        from = at;
    }
    &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_loses_its_end_and_a_file_its_beginning() {
        let check = |preview: &str, columns, expected: &str| {
            let shown = fitted(preview, columns);
            assert_eq!(shown, expected);
            assert!(shown.width() <= columns);
        };
        check("epoch 27/50", 11, "epoch 27/50");
        check("epoch 27/50", 8, "epoch 2…");
        check("[unreachable: no socket]", 12, "[unreachabl…");
        let corrupt = "[corrupt: sessions/s/log.jsonl:12]";
        check(corrupt, 34, corrupt);
        check(corrupt, 25, "[corrupt: …/log.jsonl:12]");
        check(corrupt, 19, "[corrupt: …sonl:12]");
        check(corrupt, 12, "[corrupt: s…");
        let reason = "log corrupt at sessions/s/log.jsonl:12";
        check(reason, 30, "log corrupt at …s/log.jsonl:12");
        check("日本語の行", 7, "日本語…");
    }
}
