//! The preview of a row, in the columns that there are for it.

use std::borrow::Cow;

use pod_protocol::cut_to_width;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands before the file in the preview of a row that cannot be read.
const CORRUPT: &str = "[corrupt: ";
/// Less of a file's name says nothing.
const FILE_COLUMNS_MIN: usize = 8;

/// `preview`, at most `columns` wide. Text loses its end; a damaged file loses its beginning, since
/// paths of sessions begin alike and the line stands at the end.
pub(crate) fn fitted(preview: &str, columns: usize) -> Cow<'_, str> {
    if preview.width() <= columns {
        return Cow::Borrowed(preview);
    }
    let room = columns.saturating_sub(CORRUPT.len() + 1);
    match preview.strip_prefix(CORRUPT) {
        Some(file) if room >= FILE_COLUMNS_MIN => {
            Cow::Owned(format!("{CORRUPT}…{}", end_of(file, room)))
        }
        _ => cut_to_width(preview, columns),
    }
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
        check("日本語の行", 7, "日本語…");
    }
}
