//! Pieces of styled text on one row: measured, cut, and put at both ends.

use pod_protocol::cut_to_width;
use ratatui::{buffer::Buffer, layout::Rect, text::Span};
use unicode_width::UnicodeWidthStr;

use super::Palette;

/// How many columns `spans` take.
pub(crate) fn width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|span| span.content.width()).sum()
}

/// Cuts `spans` to `columns`, the last one an ellipsis when something was cut.
pub(crate) fn cut<'a>(spans: Vec<Span<'a>>, columns: usize) -> Vec<Span<'a>> {
    if width(&spans) <= columns {
        return spans;
    }
    let (mut left, mut kept) = (columns, Vec::new());
    for span in spans {
        let wide = span.content.width();
        // A span that fits exactly still needs room for the ellipsis of what follows.
        if wide < left {
            left -= wide;
            kept.push(span);
            continue;
        }
        let room = format!("{}…", span.content);
        kept.push(Span::styled(
            cut_to_width(&room, left).into_owned(),
            span.style,
        ));
        break;
    }
    kept
}

/// `text` in at most `columns`, cut in the middle: names differ at both ends.
pub(crate) fn cut_middle(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let head = cut_to_width(text, (columns / 2 + 1).min(columns));
    let room = columns.saturating_sub(head.width());
    let starts = text.char_indices().map(|(at, _)| at).rev();
    let tail = starts.take_while(|at| text[*at..].width() <= room).last();
    format!("{head}{}", &text[tail.unwrap_or(text.len())..])
}

/// Writes `left` from the start of a row and `right` up to its end. Where both do not fit, `left`
/// is cut.
pub(crate) fn put(buffer: &mut Buffer, row: Rect, left: Vec<Span<'_>>, right: &[Span<'_>]) {
    if row.is_empty() {
        return;
    }
    let columns = usize::from(row.width);
    let reserved = match width(right) {
        0 => 0,
        wide => wide + 1,
    };
    let left = cut(left, columns.saturating_sub(reserved));
    let mut x = row.x;
    for span in &left {
        x = buffer
            .set_span(x, row.y, span, row.right().saturating_sub(x))
            .0;
    }
    if reserved > columns {
        return;
    }
    let mut x = row.right() - u16::try_from(width(right)).unwrap_or(row.width);
    for span in right {
        x = buffer
            .set_span(x, row.y, span, row.right().saturating_sub(x))
            .0;
    }
}

/// Cuts or fills `spans` to exactly `columns`.
pub(crate) fn padded<'a>(spans: Vec<Span<'a>>, columns: usize) -> Vec<Span<'a>> {
    let mut spans = cut(spans, columns);
    let blank = columns.saturating_sub(width(&spans));
    spans.push(Span::raw(" ".repeat(blank)));
    spans
}

/// As many keys as fit into `columns`, the first ones before later ones. The last `kept` come before
/// them all, and of those the last.
pub(crate) fn fitting_hints(
    palette: Palette,
    mut keys: Vec<(String, String)>,
    columns: usize,
    kept: usize,
) -> Vec<Span<'static>> {
    let mut last = keys.split_off(keys.len().saturating_sub(kept));
    while last.len() > 1 && width(&hints(palette, &last)) > columns {
        last.remove(0);
    }
    let mut shown: Vec<(String, String)> = Vec::new();
    for key in keys {
        shown.push(key);
        let all = [&*shown, &*last].concat();
        if width(&hints(palette, &all)) > columns {
            shown.pop();
        }
    }
    shown.extend(last);
    hints(palette, &shown)
}

/// Keys and what they do, for a footer.
fn hints(palette: Palette, hints: &[(String, String)]) -> Vec<Span<'static>> {
    let mut line = Vec::new();
    for (index, (key, word)) in hints.iter().enumerate() {
        if index > 0 {
            line.push(Span::styled(" · ", palette.faint()));
        }
        line.push(Span::styled(key.clone(), palette.strong()));
        // A key that everybody knows has no word where there is no room.
        if !word.is_empty() {
            line.push(Span::styled(format!(" {word}"), palette.faint()));
        }
    }
    line
}

/// The row `index` of `area`, which may lie outside: then it is empty.
pub(crate) fn row(area: Rect, index: usize) -> Rect {
    match u16::try_from(index) {
        Ok(index) if index < area.height => Rect {
            y: area.y + index,
            height: 1,
            ..area
        },
        _ => Rect {
            height: 0,
            width: 0,
            ..area
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_row_ends_in_an_ellipsis() {
        let text = |spans: &[Span<'_>]| spans.iter().map(|s| s.content.clone()).collect::<String>();
        let spans = || vec![Span::raw("ab"), Span::raw("日本"), Span::raw("c")];
        for (columns, expected) in [
            (7, "ab日本c"),
            (6, "ab日…"),
            (5, "ab日…"),
            (4, "ab…"),
            (3, "ab…"),
            (2, "a…"),
            (1, "…"),
            (0, ""),
        ] {
            assert_eq!(text(&cut(spans(), columns)), expected, "{columns} columns");
        }
    }

    #[test]
    fn a_footer_names_what_fits_and_the_way_out_longest() {
        let keys = || {
            let keys = [
                ("s", "stop"),
                ("n", "next table"),
                ("/", "filter"),
                ("q", "leave"),
            ];
            let owned = keys.map(|(key, word)| (key.to_owned(), word.to_owned()));
            owned.to_vec()
        };
        for (columns, expected) in [
            (80, "s stop · n next table · / filter · q leave"),
            (41, "s stop · n next table · q leave"),
            (30, "s stop · / filter · q leave"),
            (16, "s stop · q leave"),
            (15, "q leave"),
            (3, "q leave"),
        ] {
            let line = fitting_hints(Palette::new(true), keys(), columns, 1);
            let text: String = line.iter().map(|span| &*span.content).collect();
            assert_eq!(text, expected, "{columns}");
        }
    }

    #[test]
    fn a_name_that_is_cut_keeps_both_its_ends() {
        for (columns, expected) in [
            (9, "gpu0.temp"),
            (8, "gpu0…emp"),
            (7, "gpu…emp"),
            (2, "g…"),
            (1, "…"),
            (0, ""),
        ] {
            assert_eq!(cut_middle("gpu0.temp", columns), expected);
        }
        assert_eq!(cut_middle("日本語の名前", 8), "日本…前");
    }
}
