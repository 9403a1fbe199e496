//! The Events tab: the record log as a timeline.

use pod_protocol::{Tone, short_duration};
use ratatui::{buffer::Buffer, layout::Rect, style::Modifier, text::Span};

use crate::screen::{
    monitor::{
        model::Model,
        tabs::{
            Edges,
            events::{Entry, EventRows, JSON_INDENT_COLUMNS, json_rows},
        },
    },
    palette::{Mood, Palette},
    spans,
    viewport::{self, Spot},
};

/// Below this width durations are left to the expanded record.
const DURATION_COLUMNS: u16 = 60;
/// Below this width kinds are not a column of their own.
const KIND_COLUMNS: u16 = 60;
/// How wide kinds are, where they are a column.
const KIND_WIDTH: usize = 16;

/// Draws the tab.
pub(in crate::screen::monitor) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let rows = model.event_rows();
    let height = usize::from(area.height);
    let top = model.events.viewport.top(&rows, height);
    let visible = viewport::visible(top, &rows, height);
    if visible.is_empty() {
        let hint = Span::styled("no records yet", palette.faint());
        spans::put(buffer, spans::row(area, 0), vec![hint], &[]);
    }
    for (index, spot) in visible.into_iter().enumerate() {
        let row = spans::row(area, index);
        match spot.row {
            0 => draw_entry(model, spot.id, row, buffer),
            _ => draw_json(model, &rows, spot, row, buffer),
        }
    }
}

/// What lies beyond the rows.
pub(in crate::screen::monitor) fn edges(model: &Model, height: usize) -> Edges {
    let has_earlier = model.events.timeline.has_earlier();
    Edges::of(
        model.events.viewport,
        &model.event_rows(),
        height,
        has_earlier,
    )
}

fn draw_entry(model: &Model, id: u64, row: Rect, buffer: &mut Buffer) {
    let Some(entry) = model.events.timeline.entry(id) else {
        return;
    };
    let palette = model.options.palette;
    let selected = model.events.selected == Some(id);
    let gutter = match selected {
        true => Span::styled("▌", palette.mark(Mood::Active)),
        false => Span::raw(" "),
    };
    let mut left = vec![
        gutter,
        Span::styled(time(entry.t_ms), palette.faint()),
        Span::raw(if row.width < KIND_COLUMNS { " " } else { "  " }),
        Span::styled(glyph(entry.tone), palette.mark(entry.tone.into())),
        Span::raw(" "),
    ];
    left.extend(kind_and_summary(entry, row.width, palette));
    if selected {
        for span in &mut left {
            span.style = span
                .style
                .add_modifier(Modifier::BOLD)
                .remove_modifier(Modifier::DIM);
        }
    }
    let duration = entry.duration_ms.filter(|_| row.width >= DURATION_COLUMNS);
    let right = duration.map(|ms| Span::styled(short_duration(ms), palette.faint()));
    spans::put(buffer, row, left, right.as_slice());
}

fn kind_and_summary(entry: &Entry, columns: u16, palette: Palette) -> Vec<Span<'static>> {
    let kind = match columns {
        KIND_COLUMNS.. => format!("{:<KIND_WIDTH$}  ", entry.kind),
        _ => format!("{} ", entry.kind),
    };
    vec![
        Span::styled(kind, palette.faint()),
        Span::styled(entry.summary.clone(), palette.text()),
    ]
}

fn draw_json(model: &Model, rows: &EventRows<'_>, spot: Spot, row: Rect, buffer: &mut Buffer) {
    let Some(expanded) = &model.events.expanded else {
        return;
    };
    let columns = rows.json_columns();
    let Some(piece) = json_row(&expanded.lines, spot.row - 1, columns) else {
        return;
    };
    let indent = Span::raw(" ".repeat(JSON_INDENT_COLUMNS.min(usize::from(row.width))));
    let text = Span::styled(piece, model.options.palette.faint());
    spans::put(buffer, row, vec![indent, text], &[]);
}

/// The row `index` of `lines`, each wrapped at `columns`.
fn json_row(lines: &[String], mut index: usize, columns: usize) -> Option<String> {
    use unicode_segmentation::UnicodeSegmentation;
    use unicode_width::UnicodeWidthStr;

    for line in lines {
        let rows = json_rows(line, columns);
        if index >= rows {
            index -= rows;
            continue;
        }
        let (mut row, mut used, mut piece) = (0, 0, String::new());
        for grapheme in line.graphemes(true) {
            if used + grapheme.width() > columns {
                (row, used) = (row + 1, 0);
            }
            used += grapheme.width();
            if row == index {
                piece.push_str(grapheme);
            }
        }
        return Some(piece);
    }
    None
}

/// `T+12:01.3`, with hours where there are any.
fn time(t_ms: u64) -> String {
    let (tenths, seconds) = (t_ms % 1_000 / 100, t_ms / 1_000);
    match seconds / 3_600 {
        0 => format!("T+{:02}:{:02}.{tenths}", seconds / 60, seconds % 60),
        hours => format!(
            "T+{hours}:{:02}:{:02}.{tenths}",
            seconds / 60 % 60,
            seconds % 60
        ),
    }
}

const fn glyph(tone: Tone) -> &'static str {
    match tone {
        Tone::Active => "▸",
        Tone::Good => "✓",
        Tone::Bad => "✗",
        Tone::Caution => "!",
        Tone::Neutral => "·",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_the_start() {
        assert_eq!(time(721_340), "T+12:01.3");
        assert_eq!(time(0), "T+00:00.0");
        assert_eq!(time(3_723_400), "T+1:02:03.4");
    }

    #[test]
    fn wrapped_json_loses_nothing() {
        let lines: Vec<String> = ["{", "  \"a\": \"0123456789日本語\"", "}"]
            .map(String::from)
            .into();
        let rows: Vec<String> = (0..).map_while(|row| json_row(&lines, row, 7)).collect();
        assert_eq!(rows.concat(), lines.concat());
        let counted: usize = lines.iter().map(|line| json_rows(line, 7)).sum();
        assert_eq!(rows.len(), counted);
    }
}
