//! The Output tab: what the command printed, from the first column on, so that it can be copied.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::terminal;
use crate::screen::{
    monitor::{model::Model, tabs::Edges},
    spans, viewport,
};

/// Draws the tab.
pub(in crate::screen::monitor) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    if model.output.terminal.is_shown() {
        return terminal::view::draw(model, area, buffer);
    }
    let palette = model.options.palette;
    let rows = model.output_rows();
    let height = usize::from(area.height);
    let top = model.output.viewport.top(&rows, height);
    let visible = viewport::visible(top, &rows, height);
    if visible.is_empty() {
        let hint = Span::styled("no output yet", palette.faint());
        spans::put(buffer, spans::row(area, 0), vec![hint], &[]);
    }
    for (index, spot) in visible.into_iter().enumerate() {
        let row = spans::row(area, index);
        let Some(line) = rows.scrollback.line(spot.id) else {
            continue;
        };
        let pieces = line.row(spot.row, rows.columns);
        let spans = pieces
            .into_iter()
            .map(|(text, style)| Span::styled(text, palette.of_run(style)));
        spans::put(buffer, row, spans.collect(), &[]);
    }
}

/// What lies beyond the rows.
pub(in crate::screen::monitor) fn edges(model: &Model, height: usize) -> Edges {
    if model.output.terminal.is_shown() {
        return Edges::default();
    }
    let has_earlier = model.output.scrollback.has_earlier();
    Edges::of(
        model.output.viewport,
        &model.output_rows(),
        height,
        has_earlier,
    )
}
