//! How the Results tab looks: what there is in one row, counts or columns in another, then rows.

use pod_protocol::{ItemOutcome, printable, short_bytes, short_duration};
use ratatui::{buffer::Buffer, layout::Rect, style::Modifier, text::Span};
use unicode_width::UnicodeWidthStr;

use super::{
    History, Key, ResultRows, Results, Shape,
    table::{Direction, Table, fitting},
};
use crate::screen::{
    monitor::{
        model::Model,
        tabs::{
            Edges,
            events::{grouped, json_row},
        },
    },
    palette::{Mood, Palette},
    spans,
    viewport::{self, Rows, Spot},
};

/// Rows above the list.
pub(super) const HEAD_ROWS: usize = 2;
/// How much room the number of hidden columns takes.
const MORE_COLUMNS: usize = 4;
/// From this width up outcomes are written out.
const WORDS_COLUMNS: u16 = 60;

/// Draws the tab.
pub(in crate::screen::monitor) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let results = &model.results;
    let Some(shape) = results.shape() else {
        let hint = Span::styled(nothing(model), palette.faint());
        spans::put(buffer, spans::row(area, 0), vec![hint], &[]);
        return;
    };
    spans::put(
        buffer,
        spans::row(area, 0),
        strip(results, shape, usize::from(area.width), palette),
        &[],
    );
    let columns = match shape {
        Shape::Table(index) => columns(&results.gathered.tables[index], usize::from(area.width)),
        _ => Vec::new(),
    };
    let head = match shape {
        Shape::Items => counts(model),
        Shape::Table(index) => headings(&results.gathered.tables[index], &columns, palette),
        Shape::Artifacts => vec![Span::styled(" path", palette.faint())],
    };
    spans::put(buffer, spans::row(area, 1), head, &[]);
    let rows = model.result_rows();
    let height = usize::from(area.height).saturating_sub(HEAD_ROWS);
    let top = results.viewport.top(&rows, height);
    for (index, spot) in viewport::visible(top, &rows, height)
        .into_iter()
        .enumerate()
    {
        let row = spans::row(area, HEAD_ROWS + index);
        match (results.key(spot.id), spot.row) {
            (Some(key), 0) => draw_row(model, key, &columns, row, buffer),
            _ => draw_whole(&rows, spot, row, palette, buffer),
        }
    }
}

/// Why there is nothing to see.
fn nothing(model: &Model) -> &'static str {
    match model.results.history {
        History::Reading(_) => "reading the log …",
        _ if model.status().is_terminal() => {
            "no results: the run reported no items, table rows or artifacts"
        }
        _ => "no results yet: items, table rows and artifacts will be listed here",
    }
}

/// What lies beyond the rows.
pub(in crate::screen::monitor) fn edges(model: &Model, height: usize) -> Edges {
    let height = height.saturating_sub(HEAD_ROWS);
    let rows = model.result_rows();
    if rows.ids().is_empty() {
        return Edges::default();
    }
    Edges::of(model.results.viewport, &rows, height, false)
}

/// Everything that can be listed, the current one marked and in sight.
fn strip(results: &Results, shape: Shape, columns: usize, palette: Palette) -> Vec<Span<'static>> {
    let shapes = results.shapes();
    let at = shapes.iter().position(|one| *one == shape).unwrap_or(0);
    let line = |from: usize, to: usize| {
        let titles = shapes[from..to].iter().enumerate();
        let titles = titles.flat_map(|(index, one)| {
            let gap = Span::raw(if index == 0 { " " } else { "   " });
            let title = title(results, *one, *one == shape, palette);
            [gap].into_iter().chain(title)
        });
        titles.collect::<Vec<_>>()
    };
    let fits = |from: &usize| spans::width(&line(*from, at + 1)) <= columns;
    let from = (0..at).find(fits).unwrap_or(at);
    line(from, shapes.len())
}

fn title(results: &Results, shape: Shape, current: bool, palette: Palette) -> [Span<'static>; 2] {
    let gathered = &results.gathered;
    let (name, count) = match shape {
        Shape::Items => ("Items", gathered.items.len()),
        Shape::Table(index) => {
            let table = &gathered.tables[index];
            (&*table.name, table.len())
        }
        Shape::Artifacts => ("Artifacts", gathered.artifacts.len()),
    };
    let style = match current {
        true => palette.strong().add_modifier(Modifier::UNDERLINED),
        false => palette.faint(),
    };
    [
        Span::styled(name.to_owned(), style),
        Span::styled(format!(" {}", grouped(count as u64)), palette.faint()),
    ]
}

/// Items by outcome, as the fold has them.
fn counts(model: &Model) -> Vec<Span<'static>> {
    let palette = model.options.palette;
    let mut line = vec![Span::raw(" ")];
    let outcomes = [
        ItemOutcome::Failed,
        ItemOutcome::Errored,
        ItemOutcome::Skipped,
        ItemOutcome::Passed,
    ];
    for outcome in outcomes {
        let count = model.run.state.counts.of(outcome);
        if count == 0 {
            continue;
        }
        if line.len() > 1 {
            line.push(Span::styled(" · ", palette.faint()));
        }
        let (_, word, mood) = look(outcome);
        line.push(Span::styled(grouped(count), palette.mark(mood)));
        line.push(Span::styled(format!(" {word}"), palette.text()));
    }
    if let Some(planned) = model.run.state.counts.planned {
        let text = format!(" · of {} planned", grouped(planned));
        line.push(Span::styled(text, palette.faint()));
    }
    line
}

const fn look(outcome: ItemOutcome) -> (&'static str, &'static str, Mood) {
    match outcome {
        ItemOutcome::Passed => ("✓", "passed", Mood::Good),
        ItemOutcome::Failed => ("✗", "failed", Mood::Bad),
        ItemOutcome::Errored => ("‼", "errored", Mood::Bad),
        ItemOutcome::Skipped => ("–", "skipped", Mood::Plain),
    }
}

/// Columns that fit, with their widths.
fn columns(table: &Table, room: usize) -> Vec<(usize, usize)> {
    let widths: Vec<usize> = table
        .columns
        .iter()
        .map(|column| column.width + 1)
        .collect();
    let room = room.saturating_sub(1);
    let mut shown = fitting(&widths, table.column, room);
    if shown.last().is_some_and(|last| last + 1 < widths.len()) {
        // How many more there are has to fit too.
        shown = fitting(&widths, table.column, room.saturating_sub(MORE_COLUMNS));
    }
    shown
        .into_iter()
        .map(|at| (at, widths[at].min(room)))
        .collect()
}

/// Names of columns: the one that the operator is on is underlined, the sorted one has an arrow.
fn headings(table: &Table, columns: &[(usize, usize)], palette: Palette) -> Vec<Span<'static>> {
    let mut line = Vec::new();
    let mut behind = 0;
    for (index, (at, width)) in columns.iter().enumerate() {
        let column = &table.columns[*at];
        let arrow = match table.sort {
            Some((sorted, Direction::Descending)) if sorted == *at => "▼",
            Some((sorted, Direction::Ascending)) if sorted == *at => "▲",
            _ => "",
        };
        let room = width - arrow.width();
        let name = pod_protocol::cut_to_width(&column.name, room).into_owned();
        let blank = " ".repeat(room - name.width());
        let style = match *at == table.column {
            true => palette.strong().add_modifier(Modifier::UNDERLINED),
            false => palette.faint(),
        };
        // Where columns are hidden in between, the gap says so.
        line.push(Span::styled(gap(index, *at, behind), palette.faint()));
        behind = *at;
        let name = Span::styled(format!("{name}{arrow}"), style);
        match column.is_number {
            true => line.extend([Span::raw(blank), name]),
            false => line.extend([name, Span::raw(blank)]),
        }
    }
    let hidden = table.columns.len().saturating_sub(behind + 1);
    if hidden > 0 {
        line.push(Span::styled(format!(" +{hidden}"), palette.faint()));
    }
    line
}

/// What stands before a column.
const fn gap(index: usize, at: usize, behind: usize) -> &'static str {
    match index {
        0 => " ",
        _ if at > behind + 1 => "… ",
        _ => "  ",
    }
}

fn draw_row(model: &Model, key: Key, columns: &[(usize, usize)], row: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let results = &model.results;
    let selected = results.selected == Some(key);
    let gutter = match selected {
        true => Span::styled("▌", palette.mark(Mood::Active)),
        false => Span::raw(" "),
    };
    let mut left = vec![gutter];
    let mut right = Vec::new();
    match results.shape() {
        Some(Shape::Items) => item_row(results, key, row.width, palette, &mut left, &mut right),
        Some(Shape::Table(index)) => {
            let table = &results.gathered.tables[index];
            left.extend(cells(table, key, columns, palette));
        }
        _ => artifact_row(results, key, palette, &mut left, &mut right),
    }
    if selected {
        for span in &mut left {
            let style = span.style.add_modifier(Modifier::BOLD);
            span.style = style.remove_modifier(Modifier::DIM);
        }
    }
    spans::put(buffer, row, left, &right);
}

fn item_row(
    results: &Results,
    key: Key,
    columns: u16,
    palette: Palette,
    left: &mut Vec<Span<'static>>,
    right: &mut Vec<Span<'static>>,
) {
    let Some(item) = results.item(key) else {
        return;
    };
    let (glyph, word, mood) = look(item.outcome);
    left.push(Span::styled(glyph, palette.mark(mood)));
    let word = match columns {
        WORDS_COLUMNS.. => format!(" {word:<7}  "),
        _ => format!(" {word} "),
    };
    left.push(Span::styled(word, palette.faint()));
    left.push(Span::styled(item.name.to_string(), palette.text()));
    if let Some(first) = item.detail.first() {
        let more = if item.detail.len() > 1 { " …" } else { "" };
        if columns >= WORDS_COLUMNS {
            // Details line up, but not so far to the right that they have no room themselves.
            let wanted = results.gathered.name_width.min(usize::from(columns) / 3);
            let blank = wanted.saturating_sub(item.name.width());
            left.push(Span::raw(" ".repeat(blank)));
        }
        left.push(Span::styled(format!("  {first}{more}"), palette.faint()));
    }
    let took = item.duration_ms.map(short_duration);
    right.extend(took.map(|took| Span::styled(took, palette.faint())));
}

fn artifact_row(
    results: &Results,
    key: Key,
    palette: Palette,
    left: &mut Vec<Span<'static>>,
    right: &mut Vec<Span<'static>>,
) {
    let Some(artifact) = results.artifact(key) else {
        return;
    };
    left.push(Span::styled(
        printable(&artifact.path).into_owned(),
        palette.text(),
    ));
    if let Some(label) = &artifact.label {
        left.push(Span::styled(format!("  {label}"), palette.faint()));
    }
    let size = artifact.bytes.map(short_bytes);
    right.extend(size.map(|size| Span::styled(size, palette.faint())));
}

fn cells(
    table: &Table,
    key: Key,
    columns: &[(usize, usize)],
    palette: Palette,
) -> Vec<Span<'static>> {
    let Some(row) = table.row(key.1) else {
        return Vec::new();
    };
    let mut line = Vec::new();
    for (index, (at, width)) in columns.iter().enumerate() {
        let cell = row.cell(*at);
        let text = pod_protocol::cut_to_width(cell.text(), *width).into_owned();
        let blank = Span::raw(" ".repeat(width - text.width()));
        let to_right = cell.is_number() || table.columns[*at].is_number;
        let text = Span::styled(text, palette.text());
        if index > 0 {
            line.push(Span::raw("  "));
        }
        match to_right {
            true => line.extend([blank, text]),
            false => line.extend([text, blank]),
        }
    }
    line
}

fn draw_whole(rows: &ResultRows<'_>, spot: Spot, row: Rect, palette: Palette, buffer: &mut Buffer) {
    let Some((_, lines)) = &rows.results.expanded else {
        return;
    };
    let Some(piece) = json_row(lines, spot.row - 1, rows.columns) else {
        return;
    };
    spans::put(buffer, row, vec![Span::styled(piece, palette.faint())], &[]);
}
