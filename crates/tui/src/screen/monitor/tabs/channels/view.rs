//! How the Channels tab looks.

use pod_protocol::printable;
use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use crate::screen::{
    monitor::{model::Model, tabs::Edges},
    spans,
};

/// Draws the tab.
pub(in crate::screen::monitor) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let series = &model.run.state.channels.series;
    if series.is_empty() {
        let hint = Span::styled("no readings yet", palette.faint());
        spans::put(buffer, spans::row(area, 0), vec![hint], &[]);
    }
    for (index, channel) in series.iter().enumerate() {
        let name = Span::styled(printable(&channel.name).into_owned(), palette.text());
        let last = Span::styled(channel.last().to_string(), palette.text());
        spans::put(buffer, spans::row(area, index), vec![name], &[last]);
    }
}

/// What lies beyond the rows.
pub(in crate::screen::monitor) fn edges(_model: &Model, _height: usize) -> Edges {
    Edges::default()
}
