//! How the Results tab looks.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use crate::screen::{
    monitor::{model::Model, tabs::Edges},
    spans,
};

/// Draws the tab.
pub(in crate::screen::monitor) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let text = match model.run.state.done_of_planned() {
        Some(done) => done,
        None => "no results yet".to_owned(),
    };
    let hint = Span::styled(text, model.options.palette.faint());
    spans::put(buffer, spans::row(area, 0), vec![hint], &[]);
}

/// What lies beyond the rows.
pub(in crate::screen::monitor) fn edges(_model: &Model, _height: usize) -> Edges {
    Edges::default()
}
