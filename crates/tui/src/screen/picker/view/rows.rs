//! The rows of the list, and what stands beneath the selected one.

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier, text::Span};
use unicode_width::UnicodeWidthStr;

use super::{
    super::{Scope, age, entry::Entry, keys::Command, model::Model},
    beneath, grouped,
};
use crate::{
    preview,
    screen::{palette::Mood, spans},
};

/// What a row needs before its name: mark, glyph, gap.
const LEAD_COLUMNS: usize = 3;
/// A preview narrower than this says nothing.
const PREVIEW_COLUMNS_MIN: usize = 12;
/// Longer names are cut where there is something beside them.
const NAME_COLUMNS_MAX: usize = 32;
/// Behind the name of a pod that is never pruned.
const PINNED: &str = " ★";

/// How wide the columns are. What does not fit is 0 and left out: first the preview, then the age,
/// then the status; the name goes last.
struct Columns {
    name: usize,
    status: usize,
    /// Whether the status is only its word.
    terse: bool,
    age: usize,
    preview: usize,
}

impl Columns {
    fn of(entries: &[(&Entry, String)], width: usize) -> Self {
        let widest = |measure: &dyn Fn(&(&Entry, String)) -> usize| {
            entries.iter().map(measure).max().unwrap_or(0)
        };
        let name = widest(&|(entry, _)| entry.name.as_str().width() + pin_of(entry).width());
        let name = name.min(NAME_COLUMNS_MAX.max(width / 3));
        let (full, word) = (
            widest(&|(entry, _)| entry.status.width()),
            widest(&|(entry, _)| entry.word.width()),
        );
        let age = widest(&|(_, age)| age.width());
        let mut free = width.saturating_sub(LEAD_COLUMNS + name);
        let mut take = |columns: usize| {
            let fits = columns > 0 && columns + 2 <= free;
            free -= if fits { columns + 2 } else { 0 };
            if fits { columns } else { 0 }
        };
        let with_age = full + age + 4 <= width.saturating_sub(LEAD_COLUMNS + name);
        let (status, terse) = match with_age {
            true => (take(full), false),
            false => (take(word), true),
        };
        let age = take(age);
        let preview = free.saturating_sub(2);
        let preview = if preview < PREVIEW_COLUMNS_MIN {
            0
        } else {
            preview
        };
        let name = name.min(width.saturating_sub(LEAD_COLUMNS));
        Self {
            name,
            status,
            terse,
            age,
            preview,
        }
    }
}

/// Draws the rows that are visible.
pub(super) fn draw_rows(model: &Model, area: Rect, buffer: &mut Buffer) {
    let shown: Vec<(&Entry, String)> = (model.top..model.top + model.visible_rows())
        .map_while(|at| model.hit(at))
        .map(|entry| (entry, age_of(model, entry)))
        .collect();
    if shown.is_empty() {
        for (at, line) in hint(model).into_iter().enumerate() {
            let line = Span::styled(format!("  {line}"), model.options.palette.faint());
            spans::put(buffer, spans::row(area, at), vec![line], &[]);
        }
    }
    let columns = Columns::of(&shown, usize::from(area.width));
    let mut at = 0;
    for (entry, age) in &shown {
        draw_row(model, entry, age, &columns, spans::row(area, at), buffer);
        at += 1;
        if model.selected.as_ref() == Some(&entry.name) {
            for line in beneath::lines(model, entry, area.width) {
                spans::put(buffer, spans::row(area, at), line, &[]);
                at += 1;
            }
        }
    }
}

/// What stands in place of rows.
fn hint(model: &Model) -> Vec<String> {
    let (place, elsewhere) = match model.scope {
        Scope::All => ("", None),
        Scope::Directory => {
            let key = model.keys.picker.key_of(Command::Scope);
            let total = grouped(model.list.total());
            (
                " in this directory",
                Some(format!("{key} shows all {total}")),
            )
        }
    };
    let nothing = match (model.filter.value(), model.scope) {
        ("", Scope::All) => "nothing here yet".to_owned(),
        ("", Scope::Directory) => format!("nothing{place}"),
        (typed, _) => format!("nothing{place} matches {typed:?}"),
    };
    [Some(nothing), elsewhere].into_iter().flatten().collect()
}

fn pin_of(entry: &Entry) -> &'static str {
    if entry.pinned == Some(true) {
        PINNED
    } else {
        ""
    }
}

fn age_of(model: &Model, entry: &Entry) -> String {
    match entry.at {
        Some(at) if entry.live => age::of_live(at, model.now),
        Some(at) => age::of_stored(at, model.now, &model.options.zone),
        None => String::new(),
    }
}

fn draw_row(
    model: &Model,
    entry: &Entry,
    age: &str,
    columns: &Columns,
    row: Rect,
    buffer: &mut Buffer,
) {
    let palette = model.options.palette;
    let selected = model.selected.as_ref() == Some(&entry.name);
    let mark = match selected {
        true => Span::styled("▌", palette.mark(Mood::Active)),
        false => Span::raw(" "),
    };
    let mut line = vec![
        mark,
        Span::styled(entry.glyph, palette.mark(entry.mood)),
        Span::raw(" "),
    ];
    let mut name = name_spans(model, entry);
    // The name goes last, so not before its mark.
    if spans::width(&name) + pin_of(entry).width() <= columns.name {
        name.push(Span::raw(pin_of(entry)));
    }
    line.extend(spans::padded(name, columns.name));
    let dim = if entry.live || selected {
        palette.text()
    } else {
        palette.faint()
    };
    if columns.status > 0 {
        let status = if columns.terse {
            &entry.word
        } else {
            &entry.status
        };
        line.push(Span::raw("  "));
        line.extend(spans::padded(
            vec![Span::styled(status.clone(), dim)],
            columns.status,
        ));
    }
    if columns.preview > 0 {
        line.push(Span::raw("  "));
        let preview = preview::fitted(&entry.preview, columns.preview);
        line.push(Span::styled(preview.into_owned(), dim));
    }
    if selected {
        for span in &mut line {
            span.style = span.style.add_modifier(Modifier::BOLD);
        }
    }
    let age = (columns.age > 0).then(|| Span::styled(age.to_owned(), palette.faint()));
    spans::put(buffer, row, line, age.as_slice());
}

/// The name with the matched characters marked. Names are ASCII, so bytes are characters.
fn name_spans(model: &Model, entry: &Entry) -> Vec<Span<'static>> {
    let palette = model.options.palette;
    let matched = match model.filter.value().trim() {
        "" => Vec::new(),
        query => fuzzy::positions(query, entry.name.as_str()),
    };
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut marked = None;
    for (at, c) in entry.name.as_str().char_indices() {
        let is_match = matched.contains(&at);
        match spans.last_mut() {
            Some(span) if marked == Some(is_match) => span.content.to_mut().push(c),
            _ => {
                let style = if is_match {
                    palette.matched()
                } else {
                    palette.text()
                };
                spans.push(Span::styled(c.to_string(), style));
            }
        }
        marked = Some(is_match);
    }
    spans
}
