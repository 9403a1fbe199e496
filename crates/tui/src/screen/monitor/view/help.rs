//! The help: all keys, as the keymap has them.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};
use unicode_width::UnicodeWidthStr;

use crate::screen::{
    monitor::{model::Model, tabs::Tab},
    spans,
};

/// The least room for what a key does, in columns: with less the lines are cut, not broken.
const DOES_COLUMNS_MIN: usize = 12;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let broken = broken(lines(model), usize::from(area.width));
    for (index, (keys, gap, does)) in broken.into_iter().skip(model.text_scroll).enumerate() {
        let line = vec![
            Span::styled(keys, palette.strong()),
            Span::raw(gap),
            Span::styled(does, palette.text()),
        ];
        spans::put(buffer, spans::row(area, index), line, &[]);
    }
}

/// How many rows it takes in so many columns.
pub(super) fn rows(model: &Model, columns: u16) -> usize {
    broken(lines(model), usize::from(columns)).len()
}

/// Rows that fit: keys, which only the first one of each line has, a gap, and what they do.
fn broken(lines: Vec<(String, &'static str)>, columns: usize) -> Vec<(String, String, String)> {
    let widest = lines.iter().map(|(keys, _)| keys.width()).max();
    let indent = widest.unwrap_or(0) + 3;
    let room = columns.saturating_sub(indent).max(DOES_COLUMNS_MIN);
    let mut rows = Vec::new();
    for (keys, does) in lines {
        let mut front = keys;
        for part in words_within(does, room) {
            let gap = " ".repeat(indent - front.width());
            rows.push((front, gap, part));
            front = String::new();
        }
    }
    rows
}

/// Breaks between words. A word that is too long is left whole.
fn words_within(text: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split_whitespace() {
        let row = rows.last_mut().expect("one from the beginning");
        match row.is_empty() {
            true => row.push_str(word),
            false if row.width() + 1 + word.width() <= columns => {
                row.push(' ');
                row.push_str(word);
            }
            false => rows.push(word.to_owned()),
        }
    }
    rows
}

/// The keys of the tab in front, then those that work everywhere.
fn lines(model: &Model) -> Vec<(String, &'static str)> {
    let keys = &model.keys;
    let mut lines = match model.tab {
        Tab::Events => [keys.events.lines(), keys.events_filtered.lines()].concat(),
        Tab::Channels if model.channels.chart.is_some() => keys.chart.lines(),
        Tab::Channels => [keys.channels.lines(), keys.channels_filtered.lines()].concat(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_does_is_read_without_scrolling_sideways() {
        let lines = || {
            vec![
                ("f".to_owned(), "show only bad, caution and bad, or all"),
                (String::new(), ""),
                ("pgup".to_owned(), "page up"),
            ]
        };
        let wide = broken(lines(), 80);
        assert_eq!(wide.len(), 3);
        let narrow = broken(lines(), 25);
        let text = narrow
            .iter()
            .map(|(keys, gap, does)| format!("{keys}{gap}{does}"));
        let text: Vec<String> = text.collect();
        assert_eq!(
            text,
            [
                "f      show only bad,",
                "       caution and bad,",
                "       or all",
                "       ",
                "pgup   page up",
            ]
        );
    }
}
