//! How the picker looks: `view(&model, frame)`, and nothing else.

use ratatui::{Frame, buffer::Buffer, layout::Rect, style::Modifier, text::Span};
use unicode_width::UnicodeWidthStr;

use super::{age, entry::Entry, keys::Command, model::Model};
use crate::{
    preview,
    screen::{palette::Mood, spans},
};

const PROMPT: &str = "resume ▸ ";
/// What a row needs before its name: mark, glyph, gap.
const LEAD_COLUMNS: usize = 3;
/// A preview narrower than this says nothing.
const PREVIEW_COLUMNS_MIN: usize = 12;
/// Longer names are cut where there is something beside them.
const NAME_COLUMNS_MAX: usize = 32;

/// What a reason in the footer leaves free: its key, its brackets, and how to leave.
const BESIDE_A_REASON: usize = 20;

/// Draws `model`.
pub(super) fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    draw_filter(model, spans::row(area, 0), frame);
    let rows = model
        .visible_rows()
        .min(usize::from(area.height.saturating_sub(2)));
    let buffer = frame.buffer_mut();
    draw_rows(
        model,
        Rect {
            y: area.y + 1,
            height: fit(rows),
            ..area
        },
        buffer,
    );
    let mut last = usize::from(area.height).saturating_sub(1);
    if area.height > 1 {
        draw_footer(model, spans::row(area, last), buffer);
    }
    if let (Some(warning), true) = (model.warnings.first(), area.height > 3) {
        last -= 1;
        let mark = Span::styled("! ", model.options.palette.mark(Mood::Attention));
        let more = match model.warnings.len() {
            1 => String::new(),
            count => format!("  (+{} more)", count - 1),
        };
        let text = Span::raw(format!("{warning}{more}"));
        spans::put(buffer, spans::row(area, last), vec![mark, text], &[]);
    }
}

fn fit(rows: usize) -> u16 {
    u16::try_from(rows).unwrap_or(u16::MAX)
}

fn draw_filter(model: &Model, row: Rect, frame: &mut Frame<'_>) {
    let palette = model.options.palette;
    let total = model.entries.len() + model.hidden;
    let count = format!("{} of {}", grouped(model.hits.len()), grouped(total));
    let columns = usize::from(row.width);
    let prompt = if columns > PROMPT.width() + count.width() + 4 {
        PROMPT
    } else {
        "▸ "
    };
    let room = columns.saturating_sub(prompt.width() + 1).max(1);
    // The count gives way to what is typed.
    let counted = model.filter.value().width() + count.width() + 3 <= room;
    let scroll = model.filter.visual_scroll(room);
    let typed = skip_columns(model.filter.value(), scroll).to_owned();
    let left = vec![Span::styled(prompt, palette.strong()), Span::raw(typed)];
    let right = counted.then(|| Span::styled(count, palette.faint()));
    spans::put(frame.buffer_mut(), row, left, right.as_slice());
    if model.asking.is_none() && !row.is_empty() {
        let at = prompt.width() + model.filter.visual_cursor().saturating_sub(scroll);
        let x = row.x + fit(at).min(row.width - 1);
        frame.set_cursor_position((x, row.y));
    }
}

fn skip_columns(text: &str, columns: usize) -> &str {
    use unicode_segmentation::UnicodeSegmentation;
    let mut skipped = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if skipped >= columns {
            return &text[at..];
        }
        skipped += grapheme.width();
    }
    ""
}

/// Thousands apart: `1,204`.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

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
        let name = widest(&|(entry, _)| entry.name.as_str().width());
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

fn draw_rows(model: &Model, area: Rect, buffer: &mut Buffer) {
    let height = usize::from(area.height);
    let shown: Vec<(&Entry, String)> = (model.top..model.top + height)
        .map_while(|at| model.hit(at))
        .map(|entry| (entry, age_of(model, entry)))
        .collect();
    if shown.is_empty() {
        let hint = match model.filter.value() {
            "" => "nothing here yet".to_owned(),
            typed => format!("nothing matches {typed:?}"),
        };
        let hint = Span::styled(format!("  {hint}"), model.options.palette.faint());
        spans::put(buffer, spans::row(area, 0), vec![hint], &[]);
    }
    let columns = Columns::of(&shown, usize::from(area.width));
    for (index, (entry, age)) in shown.iter().enumerate() {
        draw_row(model, entry, age, &columns, spans::row(area, index), buffer);
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
    line.extend(spans::padded(name_spans(model, entry), columns.name));
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

fn draw_footer(model: &Model, row: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    if let Some(message) = &model.message {
        let mark = Span::styled("! ", palette.mark(Mood::Attention));
        let text = Span::raw(pod_protocol::printable(message).into_owned());
        return spans::put(buffer, row, vec![mark, text], &[]);
    }
    let columns = usize::from(row.width);
    let (question, keys) = match &model.asking {
        Some(name) => (Some(format!("stop {name}?")), answers(model)),
        None => (None, commands(model)),
    };
    let keys = spans::fitting_hints(palette, keys, columns, 1);
    let mut line = Vec::new();
    if let Some(question) = question {
        // A long name is cut rather than an answer.
        let room = columns.saturating_sub(spans::width(&keys) + 5);
        line.push(Span::styled("? ", palette.mark(Mood::Attention)));
        line.extend(spans::cut(
            vec![Span::styled(question, palette.strong())],
            room,
        ));
        line.push(Span::raw("   "));
    }
    line.extend(keys);
    // How many more there are is said above as well; a key is not.
    let below = model
        .hits
        .len()
        .saturating_sub(model.top + model.visible_rows());
    let more =
        (below > 0).then(|| Span::styled(format!("+{} more", grouped(below)), palette.faint()));
    let free = columns.saturating_sub(spans::width(&line));
    let more = more.filter(|more| more.content.width() + 2 <= free);
    spans::put(buffer, row, line, more.as_slice());
}

fn answers(model: &Model) -> Vec<(String, String)> {
    let keymap = &model.stop_keys;
    let hint = |binding: &crate::screen::keymap::Binding<_>| {
        (keymap.key_of(binding.command), binding.short.to_owned())
    };
    keymap.0.iter().map(hint).collect()
}

/// The keys that do something to the selected row, the primary action by its name. An action that
/// it does not have shows its reason.
fn commands(model: &Model) -> Vec<(String, String)> {
    let hint = |command: Command, word: &str| (model.keys.key_of(command), word.to_owned());
    let word = |command: Command| {
        model
            .keys
            .binding(command)
            .map_or("", |binding| binding.short)
    };
    let mut hints = Vec::new();
    if let Some(entry) = model.selected_entry() {
        match &entry.primary {
            Ok(super::Action::Attach) => hints.push(hint(Command::Primary, "attach")),
            Ok(super::Action::Resume) => hints.push(hint(Command::Primary, "resume")),
            Ok(super::Action::View) => hints.push(hint(Command::Primary, "view")),
            Err(why) => {
                let columns = usize::from(model.size.width).saturating_sub(BESIDE_A_REASON);
                let why = preview::fitted(why, columns);
                hints.push(hint(Command::Primary, &format!("({why})")));
            }
        }
        if entry.viewable && entry.primary != Ok(super::Action::View) {
            hints.push(hint(Command::View, word(Command::View)));
        }
        if entry.live {
            hints.push(hint(Command::Stop, word(Command::Stop)));
        }
    }
    hints.push(hint(Command::Leave, word(Command::Leave)));
    hints
}
