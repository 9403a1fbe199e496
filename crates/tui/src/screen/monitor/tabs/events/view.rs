//! The Events tab: the record log as a timeline.

use pod_protocol::{Timestamp, Tone, short_duration};
use ratatui::{buffer::Buffer, layout::Rect, style::Modifier, text::Span};

use crate::screen::{
    monitor::{
        model::Model,
        tabs::{
            BELOW_MAX, Edges,
            events::{
                Entry, EventRows, JSON_INDENT_COLUMNS, Kinds, grouped, json_rows, time::same_day,
            },
        },
    },
    palette::{Mood, Palette},
    pill::Pill,
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
    if let Some(kinds) = &model.events.kinds {
        draw_kinds(kinds, palette, area, buffer);
        return;
    }
    let rows = model.event_rows();
    let height = usize::from(area.height);
    let top = model.events.viewport.top(&rows, height);
    let visible = viewport::visible(top, &rows, height);
    if visible.is_empty() {
        let hint = Span::styled(nothing(model), palette.faint());
        spans::put(buffer, spans::row(area, 0), vec![hint], &[]);
    }
    for (index, spot) in visible.into_iter().enumerate() {
        let row = spans::row(area, index);
        match spot.row {
            0 => draw_entry(model, spot.id, row, buffer),
            at if rows.end_row(spot.id) == Some(at) => draw_end(model, row, buffer),
            _ => draw_json(model, &rows, spot, row, buffer),
        }
    }
}

/// Why there is nothing to see.
fn nothing(model: &Model) -> &'static str {
    match (model.events.under_way, model.events.window.filter()) {
        (Some(_), filter) if filter.is_empty() => "reading …",
        (Some(_), _) => "looking …",
        (None, filter) if filter.is_empty() => "no records yet",
        (None, _) => "nothing of this kind",
    }
}

/// What lies beyond the rows.
pub(in crate::screen::monitor) fn edges(model: &Model, height: usize) -> Edges {
    if let Some(kinds) = &model.events.kinds {
        let rows = kinds.rows().len();
        return Edges::of_text(first_kind(kinds.selected, height), height, rows);
    }
    let window = &model.events.window;
    let mut edges = Edges::of(model.events.viewport, &model.event_rows(), height, false);
    if let Some(to) = window.later() {
        let unread = (model.run.state.seq.0 + 1).saturating_sub(to.0);
        let unread = usize::try_from(unread).unwrap_or(BELOW_MAX);
        edges.below = (edges.below + unread).min(BELOW_MAX);
    }
    edges
}

/// The first row of a list of which `selected` is visible.
const fn first_kind(selected: usize, height: usize) -> usize {
    (selected + 1).saturating_sub(height)
}

fn draw_kinds(kinds: &Kinds, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let rows = kinds.rows();
    let most = rows.first().map_or(0, |(_, count)| *count);
    let wide = grouped(most).len();
    let first = first_kind(kinds.selected, usize::from(area.height));
    for (index, (kind, count)) in rows.iter().enumerate().skip(first) {
        let selected = index == kinds.selected;
        let (gutter, style) = match selected {
            true => (
                Span::styled("▌", palette.mark(Mood::Active)),
                palette.strong(),
            ),
            false => (Span::raw(" "), palette.text()),
        };
        let count = Span::styled(format!("{:>wide$}  ", grouped(*count)), palette.faint());
        let line = vec![gutter, count, Span::styled(kind.to_string(), style)];
        spans::put(buffer, spans::row(area, index - first), line, &[]);
    }
}

fn draw_entry(model: &Model, id: u64, row: Rect, buffer: &mut Buffer) {
    let Some(entry) = model.events.window.entry(id) else {
        return;
    };
    let palette = model.options.palette;
    let selected = model.events.selected == Some(id);
    let gutter = match selected {
        true => Span::styled("▌", palette.mark(Mood::Active)),
        false => Span::raw(" "),
    };
    let dated = row.width >= KIND_COLUMNS && needs_date(model);
    let time = model.events.time.show(entry, &model.options.zone, dated);
    let mut left = vec![
        gutter,
        Span::styled(time, palette.faint()),
        Span::raw(if row.width < KIND_COLUMNS { " " } else { "  " }),
        Span::styled(glyph(entry.tone), palette.mark(entry.tone.into())),
        Span::raw(" "),
    ];
    match entry.begins_segment {
        Some(ordinal) => left.extend(border(entry, ordinal, palette)),
        None => left.extend(kind_and_summary(entry, row.width, palette)),
    }
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

/// Whether times of the day do not say which day.
fn needs_date(model: &Model) -> bool {
    let times = &model.run.state.times;
    let zone = &model.options.zone;
    let end = if model.status().is_terminal() {
        times.updated_at
    } else {
        Some(model.now)
    };
    let other = |at: Option<Timestamp>| at.is_some_and(|at| !same_day(at, model.now, zone));
    other(times.started_at) || other(end)
}

/// Where the run was taken up again: what is behind it is another segment.
fn border(entry: &Entry, ordinal: u32, palette: Palette) -> Vec<Span<'static>> {
    vec![
        Span::styled(format!("━━ segment {ordinal} ━━ "), palette.strong()),
        Span::styled(entry.summary.to_string(), palette.text()),
    ]
}

fn kind_and_summary(entry: &Entry, columns: u16, palette: Palette) -> Vec<Span<'static>> {
    let kind = match columns {
        KIND_COLUMNS.. => format!("{:<KIND_WIDTH$}  ", entry.kind),
        _ => format!("{} ", entry.kind),
    };
    vec![
        Span::styled(kind, palette.faint()),
        Span::styled(entry.summary.to_string(), palette.text()),
    ]
}

/// How the run ended, behind its last record.
fn draw_end(model: &Model, row: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let status = model.status();
    let pill = Pill::of(status, None);
    let took = model
        .elapsed_ms()
        .filter(|_| row.width >= DURATION_COLUMNS)
        .map(|ms| format!(" after {}", short_duration(ms)));
    let text = format!("{status}{}", took.unwrap_or_default());
    let results = match model.results.has_any(&model.run.state) {
        true => " · press 4 for results",
        false => " · this is the end",
    };
    let line = vec![
        Span::styled(format!(" {} ", pill.glyph), palette.mark(pill.mood)),
        Span::styled(text, palette.strong()),
        Span::styled(results, palette.text()),
    ];
    spans::put(buffer, row, line, &[]);
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
pub(crate) fn json_row(lines: &[String], mut index: usize, columns: usize) -> Option<String> {
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
