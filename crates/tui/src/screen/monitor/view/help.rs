//! The help: all keys, as the keymap has them.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};
use unicode_width::UnicodeWidthStr;

use crate::screen::{monitor::model::Model, spans};

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let bindings = &model.keys.monitor.0;
    let widest = bindings
        .iter()
        .map(|binding| binding.keys().width())
        .max()
        .unwrap_or(0);
    for (index, binding) in bindings.iter().skip(model.text_scroll).enumerate() {
        let keys = binding.keys();
        let gap = " ".repeat(widest + 3 - keys.width());
        let line = vec![
            Span::styled(keys, palette.strong()),
            Span::raw(gap),
            Span::styled(binding.long, palette.text()),
        ];
        spans::put(buffer, spans::row(area, index), line, &[]);
    }
}

pub(super) fn rows(model: &Model) -> usize {
    model.keys.monitor.0.len()
}
