//! The tab strip, the connection, and the rule below them.

use pod_protocol::short_bytes;
use ratatui::{buffer::Buffer, layout::Rect, text::Span};
use unicode_width::UnicodeWidthStr;

use super::card;
use crate::screen::{
    monitor::{
        model::{Connection, Model, Overlay},
        tabs::{self, BELOW_MAX, Edges, Tab},
    },
    palette::Mood,
    spans,
};

/// How the tabs are named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Titles {
    /// By number and name.
    Whole,
    /// By number and first letter.
    Short,
}

impl Titles {
    const fn gap(self) -> &'static str {
        match self {
            Self::Whole => "   ",
            Self::Short => " ",
        }
    }
}

pub(super) fn draw(model: &Model, strip: Rect, rule: Rect, buffer: &mut Buffer) {
    let indicator = indicator(model);
    // No name is cut, and whether it is connected is said in any case.
    let room = usize::from(strip.width).saturating_sub(spans::width(&indicator) + 2);
    let (mut line, mut marked) = names(model, Titles::Whole);
    if spans::width(&line) > room {
        (line, marked) = names(model, Titles::Short);
    }
    spans::put(buffer, strip, line, &indicator);
    draw_rule(model, rule, marked, buffer);
}

/// The names of all tabs, and where that of the one in front stands and how wide it is.
fn names(model: &Model, titles: Titles) -> (Vec<Span<'static>>, (usize, usize)) {
    let palette = model.options.palette;
    let mut line: Vec<Span<'static>> = Vec::new();
    let mut marked = (0, 0);
    for (index, tab) in Tab::ALL.into_iter().enumerate() {
        let title = title(index, tab, titles);
        let active = tab == model.tab && model.overlay != Some(Overlay::Help);
        if index > 0 {
            line.push(Span::raw(titles.gap()));
        }
        if active {
            marked = (spans::width(&line), title.width());
        }
        let style = if active {
            palette.strong()
        } else {
            palette.faint()
        };
        line.push(Span::styled(title, style));
    }
    (line, marked)
}

fn title(index: usize, tab: Tab, titles: Titles) -> String {
    let number = index + 1;
    match titles {
        Titles::Whole => format!("{number} {}", tab.title()),
        Titles::Short => format!("{number}{}", tab.title().chars().next().unwrap_or(' ')),
    }
}

fn indicator(model: &Model) -> Vec<Span<'static>> {
    let palette = model.options.palette;
    let (glyph, word, mood) = match model.link {
        Connection::Connecting => ("◌", "connecting", Mood::Plain),
        Connection::Connected => ("●", "connected", Mood::Good),
        Connection::Retrying => ("◌", "retrying", Mood::Attention),
        Connection::Lost => ("○", "not connected", Mood::Bad),
        Connection::Ended => ("■", "ended", Mood::Plain),
    };
    // Whether it is connected is said by the glyph, too.
    if let Some(stuck) = card::stuck(model).filter(|_| model.link == Connection::Connected) {
        return vec![
            Span::styled(stuck, palette.mark(Mood::Attention)),
            Span::raw("  "),
            Span::styled(glyph, palette.mark(mood)),
        ];
    }
    vec![
        Span::styled(glyph, palette.mark(mood)),
        Span::styled(format!(" {word}"), palette.faint()),
    ]
}

/// A rule that is heavier below the tab it belongs to, and says what lies below the screen.
fn draw_rule(model: &Model, row: Rect, (start, wide): (usize, usize), buffer: &mut Buffer) {
    let palette = model.options.palette;
    let columns = usize::from(row.width);
    let room = columns.saturating_sub(start + wide + 3);
    let note = note(model, room).map(|note| Span::styled(note, palette.text()));
    let noted = note.as_ref().map_or(0, |note| note.content.width() + 2);
    let rest = columns.saturating_sub(start + wide + noted);
    let mut line = vec![
        Span::styled("─".repeat(start), palette.faint()),
        Span::styled("━".repeat(wide), palette.mark(Mood::Active)),
        Span::styled("─".repeat(rest), palette.faint()),
    ];
    if let Some(note) = note {
        line.extend([Span::raw(" "), note, Span::raw(" ")]);
    }
    spans::put(buffer, row, line, &[]);
}

/// What lies beyond the screen, as far as there is room to say it.
fn note(model: &Model, room: usize) -> Option<String> {
    let height = super::body_rows(model);
    let notes = match model.overlay {
        None => tabs::notes(model, height),
        Some(_) => Vec::new(),
    };
    if !notes.is_empty() {
        return notes.into_iter().find(|note| note.width() <= room);
    }
    let place = match model.overlay {
        None => tabs::place(model),
        Some(_) => None,
    };
    let (edges, verb) = match model.overlay {
        None => tabs::edges(model, height),
        Some(Overlay::Help) => {
            let rows = super::text_rows(model);
            (Edges::of_text(model.text_scroll, height, rows), "")
        }
        Some(_) => return None,
    };
    let below = match edges.below {
        _ if edges.below_bytes > 0 => Some(format!("↓ {} more", short_bytes(edges.below_bytes))),
        0 => None,
        BELOW_MAX.. => Some(format!("↓ {BELOW_MAX}+ more")),
        count => Some(format!("↓ {count} more")),
    };
    let earlier = edges
        .earlier
        .then(|| format!("↑ earlier: tui {verb} {}", model.options.name));
    let terse = edges.earlier.then(|| "↑ earlier".to_owned());
    let join = |parts: [Option<String>; 3]| {
        let notes: Vec<String> = parts.into_iter().flatten().collect();
        notes.join(" · ")
    };
    let (here, there) = (|| place.clone(), || below.clone());
    [
        join([here(), earlier, there()]),
        join([here(), terse, there()]),
        join([here(), None, there()]),
        join([here(), None, None]),
    ]
    .into_iter()
    .find(|note| !note.is_empty() && note.width() <= room)
}
