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

/// As many keys as fit into `columns`. The last `kept` are dropped last, before them the first ones.
pub(crate) fn fitting_hints(
    palette: Palette,
    mut keys: Vec<(String, String)>,
    columns: usize,
    kept: usize,
) -> Vec<Span<'static>> {
    loop {
        let line = hints(palette, &keys);
        if width(&line) <= columns || keys.len() <= 1 {
            return line;
        }
        keys.remove(keys.len().saturating_sub(kept + 1));
    }
}

/// Keys and what they do, for a footer.
fn hints(palette: Palette, hints: &[(String, String)]) -> Vec<Span<'static>> {
    let mut line = Vec::new();
    for (index, (key, word)) in hints.iter().enumerate() {
        if index > 0 {
            line.push(Span::styled(" · ", palette.faint()));
        }
        line.push(Span::styled(key.clone(), palette.strong()));
        line.push(Span::styled(format!(" {word}"), palette.faint()));
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
}
