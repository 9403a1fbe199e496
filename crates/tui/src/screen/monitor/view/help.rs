//! The help: all keys, as the keymap has them.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};
use unicode_width::UnicodeWidthStr;

use crate::screen::{
    monitor::{model::Model, tabs::Tab},
    spans,
};

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let lines = lines(model);
    let widest = lines.iter().map(|(keys, _)| keys.width()).max();
    let widest = widest.unwrap_or(0);
    for (index, (keys, does)) in lines.into_iter().skip(model.text_scroll).enumerate() {
        let gap = " ".repeat(widest + 3 - keys.width());
        let line = vec![
            Span::styled(keys, palette.strong()),
            Span::raw(gap),
            Span::styled(does, palette.text()),
        ];
        spans::put(buffer, spans::row(area, index), line, &[]);
    }
}

pub(super) fn rows(model: &Model) -> usize {
    lines(model).len()
}

/// The keys of the tab in front, then those that work everywhere.
fn lines(model: &Model) -> Vec<(String, &'static str)> {
    let keys = &model.keys;
    let mut lines = match model.tab {
        Tab::Events => [keys.events.lines(), keys.events_filtered.lines()].concat(),
        Tab::Channels if model.channels.chart.is_some() => keys.chart.lines(),
        Tab::Channels => keys.channels.lines(),
        Tab::Output => keys.output.lines(),
        Tab::Results => [keys.results.lines(), keys.results_filtered.lines()].concat(),
        Tab::Info => Vec::new(),
    };
    if !lines.is_empty() {
        lines.push((String::new(), ""));
    }
    lines.extend(keys.monitor.lines());
    lines
}
