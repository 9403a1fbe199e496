//! The Output tab: what the command printed, from the first column on, so that it can be copied.

use std::ops::Range;

use discovery::Stream;
use pod_protocol::{cut_to_width, printable};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::Span,
};
use unicode_width::UnicodeWidthStr;

use super::{Printout, Wrap, terminal};
use crate::screen::{
    monitor::{model::Model, tabs::Edges},
    output::{Kind, Line, Streams, StyledLine},
    palette::Mood,
    spans,
    viewport::{self, Spot, Viewport},
};

/// How many columns lines have.
pub(in crate::screen::monitor) fn columns(model: &Model) -> usize {
    usize::from(model.size.width).saturating_sub(gutter(model))
}

/// How many columns tell the streams apart.
fn gutter(model: &Model) -> usize {
    usize::from(model.output.streams == Streams::Both && model.output.only().is_none())
}

/// Draws the tab.
pub(in crate::screen::monitor) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    if model.output.terminal.is_shown() {
        return terminal::view::draw(model, area, buffer);
    }
    let palette = model.options.palette;
    let rows = model.output.rows(columns(model));
    let height = usize::from(area.height);
    let top = model.output.viewport.top(&rows, height);
    let visible = viewport::visible(top, &rows, height);
    if visible.is_empty() {
        let hint = Span::styled(empty(model), palette.faint());
        spans::put(buffer, spans::row(area, 0), vec![hint], &[]);
    }
    for (index, spot) in visible.into_iter().enumerate() {
        let Some(line) = rows.window.line(spot.id) else {
            continue;
        };
        let spans = row(model, line, spot);
        spans::put(buffer, spans::row(area, index), spans, &[]);
    }
    if let Some(printout) = &model.output.printout {
        draw_printout(model, printout, area, buffer);
    }
}

/// What stands where there is no line.
fn empty(model: &Model) -> &'static str {
    match (model.output.only(), model.output.is_looking()) {
        (None | Some(Stream::Pty), _) if model.run.closed.is_some() => "no output",
        (None | Some(Stream::Pty), _) => "no output yet",
        (Some(_), true) => "looking for lines of this stream…",
        (Some(Stream::Stdout), false) => "nothing on standard output",
        (Some(Stream::Stderr), false) => "nothing on standard error",
    }
}

/// What a command printed, over the first rows.
fn draw_printout(model: &Model, printout: &Printout, area: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let room = Printout::room(usize::from(area.height));
    let columns = usize::from(area.width);
    let title = Span::styled(printable(&printout.title), palette.strong());
    let lines = printout.lines.iter().skip(printout.top).take(room);
    let below = printout.lines.len() - printout.top - lines.len();
    let more = match below {
        0 => String::new(),
        1 => " 1 more line ·".to_owned(),
        below => format!(" {below} more lines ·"),
    };
    let more = format!("──{more} esc closes ");
    let rule = "─".repeat(columns.saturating_sub(more.width()));
    let more = more + &rule;
    let mut rows = vec![vec![title]];
    rows.extend(lines.map(|line| vec![Span::raw(printable(line))]));
    rows.push(vec![Span::styled(
        cut_to_width(&more, columns),
        palette.faint(),
    )]);
    for (index, row) in rows.into_iter().enumerate() {
        let row = spans::padded(row, columns);
        spans::put(buffer, spans::row(area, index), row, &[]);
    }
}

/// One row of a line.
fn row<'a>(model: &Model, line: &'a Line, spot: Spot) -> Vec<Span<'a>> {
    let palette = model.options.palette;
    let columns = columns(model);
    let (range, cut) = match model.output.wrap {
        Wrap::On => (line.text.row_range(spot.row, columns), Cut::default()),
        Wrap::Off(from) => cut_out(&line.text, from, columns),
    };
    let selection = model.output.selection.as_ref();
    let selected = selection.is_some_and(|selection| selection.holds(line));
    let marked: Vec<Range<usize>> = match &model.output.search {
        Some(search) if line.kind == Kind::Text => {
            search.pattern.matches_in(line.text.text()).collect()
        }
        _ => Vec::new(),
    };
    let found = model.output.search.as_ref().and_then(|search| search.line);
    let emphasis = match found.is_some_and(|(start, _)| start == line.from) {
        true => Modifier::BOLD.union(Modifier::UNDERLINED),
        false => Modifier::empty(),
    };
    let mut spans = Vec::new();
    if gutter(model) > 0 {
        let glyph = if line.is_error() { "▌" } else { " " };
        spans.push(Span::styled(glyph, palette.mark(Mood::Bad)));
    }
    let mark = |glyph| Span::styled(glyph, palette.faint());
    spans.extend(cut.left.then(|| mark("‹")));
    let room = spans::width(&spans) + cut.columns;
    for (at, text, style) in line.text.pieces(range) {
        let mut style = palette.of_run(style);
        if selected {
            style = toggled(style);
        }
        spans.extend(highlighted(at, text, style, (&marked, emphasis)));
    }
    // A line without text is selected, too.
    if selected && line.text.text().is_empty() {
        spans.push(Span::styled(" ", toggled(Style::new())));
    }
    if cut.right {
        // Half of a wide character is not shown.
        let blank = room.saturating_sub(spans::width(&spans));
        spans.push(Span::raw(" ".repeat(blank)));
        spans.push(mark("›"));
    }
    spans
}

/// Where a line goes on that is not shown whole, and how many columns of it are.
#[derive(Clone, Copy, Default)]
struct Cut {
    left: bool,
    right: bool,
    columns: usize,
}

/// What is shown of `text` from column `from` on, beside the marks for what is not.
fn cut_out(text: &StyledLine, from: usize, columns: usize) -> (Range<usize>, Cut) {
    let left = from > 0 && !text.text().is_empty();
    let (from, columns) = match left {
        true => (from + 1, columns.saturating_sub(1)),
        false => (from, columns),
    };
    let whole = text.column_range(from, columns);
    let right = whole.end < text.text().len();
    let columns = columns.saturating_sub(usize::from(right));
    let range = match right {
        true => text.column_range(from, columns),
        false => whole,
    };
    let cut = Cut {
        left,
        right,
        columns,
    };
    (range, cut)
}

/// `text`, which stands at `at`, with the matches in it in reverse, and emphasised on the line that was
/// found last.
fn highlighted<'a>(
    at: usize,
    text: &'a str,
    style: Style,
    (marked, emphasis): (&[Range<usize>], Modifier),
) -> Vec<Span<'a>> {
    let mut spans = Vec::new();
    let mut done = 0;
    for range in marked {
        let start = range.start.saturating_sub(at).clamp(done, text.len());
        let end = range.end.saturating_sub(at).clamp(start, text.len());
        let (Some(before), Some(found)) = (text.get(done..start), text.get(start..end)) else {
            continue;
        };
        spans.extend([
            Span::styled(before, style),
            Span::styled(found, toggled(style).add_modifier(emphasis)),
        ]);
        done = end;
    }
    spans.push(Span::styled(text.get(done..).unwrap_or_default(), style));
    spans.retain(|span| !span.content.is_empty());
    spans
}

/// In reverse, or no longer.
fn toggled(style: Style) -> Style {
    let mut style = style;
    style.add_modifier.toggle(Modifier::REVERSED);
    style
}

/// Which match was found last, and of how many.
pub(in crate::screen::monitor) fn place(model: &Model) -> Option<String> {
    let shows_lines = !model.output.terminal.is_shown();
    let search = model.output.search.as_ref().filter(|_| shows_lines)?;
    search.place(&model.output.in_sight(super::update::frame(model)))
}

/// What lies beyond the rows.
pub(in crate::screen::monitor) fn edges(model: &Model, height: usize) -> Edges {
    if model.output.terminal.is_shown() {
        return Edges::default();
    }
    // What is before the window is read as soon as it is scrolled to.
    let rows = model.output.rows(columns(model));
    let edges = Edges::of(model.output.viewport, &rows, height, false);
    if model.output.viewport == Viewport::Following {
        return edges;
    }
    let end = rows.window.live_end().unwrap_or(rows.window.end().0);
    Edges {
        below_bytes: model.run.out_end.since(end),
        ..edges
    }
}
