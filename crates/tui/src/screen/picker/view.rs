//! How the picker looks: `view(&model, frame)`, and nothing else.

mod beneath;
mod footer;
mod rows;

use ratatui::{Frame, buffer::Buffer, layout::Rect, text::Span};
use unicode_width::UnicodeWidthStr;

use super::{
    Scope,
    keys::Command,
    model::{Mode, Model},
    naming::Typed,
};
use crate::screen::{palette::Mood, spans};

const PROMPT: &str = "resume ▸ ";
const PROMPT_OF_A_NAME: &str = "name ▸ ";
/// Where there is no room for words.
const PROMPT_SHORT: &str = "▸ ";
/// From here on there is.
const WORDY_COLUMNS: usize = 50;
/// Between two things on the filter line.
const GAP_COLUMNS: usize = 2;

/// What a key and what it does take in the help.
const HELP_COLUMNS: u16 = 40;

/// Draws `model`.
pub(super) fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    draw_field(model, spans::row(area, 0), frame);
    let body = model.body_rows().max(1);
    let body = body.min(usize::from(area.height.saturating_sub(2)));
    let buffer = frame.buffer_mut();
    let rows = Rect {
        y: area.y + 1,
        height: fit(body),
        ..area
    };
    match model.mode {
        Mode::Help => draw_help(model, rows, buffer),
        _ => rows::draw_rows(model, rows, buffer),
    }
    let mut last = usize::from(area.height).saturating_sub(1);
    if area.height > 1 {
        footer::draw_footer(model, spans::row(area, last), buffer);
    }
    if let (Some(warning), true) = (model.list.warnings.first(), area.height > 3) {
        last -= 1;
        let mark = Span::styled("! ", model.options.palette.mark(Mood::Attention));
        let more = match model.list.warnings.len() {
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

/// The line that is typed into: the filter, or a name.
fn draw_field(model: &Model, row: Rect, frame: &mut Frame<'_>) {
    let palette = model.options.palette;
    let columns = usize::from(row.width);
    let (input, prompt) = match &model.mode {
        Mode::Naming(field) => (&field.input, PROMPT_OF_A_NAME),
        _ => (&model.filter, PROMPT),
    };
    let right = right_of(model, columns).unwrap_or_default();
    let taken = prompt.width() + right.width() + GAP_COLUMNS * 2;
    let prompt = match columns > taken && columns >= WORDY_COLUMNS {
        true => prompt,
        false => PROMPT_SHORT,
    };
    let room = columns.saturating_sub(prompt.width() + 1).max(1);
    let scroll = input.visual_scroll(room);
    let typed = skip_columns(input.value(), scroll).to_owned();
    let mut left = vec![Span::styled(prompt, palette.strong()), Span::raw(typed)];
    left.extend(placeholder(
        model,
        columns.saturating_sub(prompt.width() + right.width() + 2),
    ));
    let style = match name_problem(model) {
        Some(_) => palette.mark(Mood::Attention),
        None => palette.faint(),
    };
    let right = (!right.is_empty()).then(|| Span::styled(right, style));
    spans::put(frame.buffer_mut(), row, left, right.as_slice());
    if !matches!(model.mode, Mode::Asking(_)) && !row.is_empty() {
        let at = prompt.width() + input.visual_cursor().saturating_sub(scroll);
        let x = row.x + fit(at).min(row.width - 1);
        frame.set_cursor_position((x, row.y));
    }
}

/// What stands at the right of the field. It gives way to what is typed, and the prompt to both.
fn right_of(model: &Model, columns: usize) -> Option<String> {
    let typed = match &model.mode {
        Mode::Naming(field) => &field.input,
        _ => &model.filter,
    };
    let taken = PROMPT_SHORT.width() + typed.value().width() + 1 + GAP_COLUMNS;
    let room = columns.saturating_sub(taken);
    beside(model).into_iter().find(|text| text.width() <= room)
}

/// What could stand there, the most telling first.
fn beside(model: &Model) -> Vec<String> {
    if let Mode::Naming(field) = &model.mode {
        return vec![match field.typed(&model.list) {
            Typed::Refused(why) => why,
            Typed::New(_) => format!("instead of {}", field.of),
            Typed::Same => "type another name".to_owned(),
        }];
    }
    let total = grouped(model.list.total());
    let count = format!("{} of {total}", grouped(model.hits.len()));
    let scope = match model.scope {
        Scope::All => "all",
        Scope::Directory => "this directory",
    };
    let scoped = format!("{scope} · {count}");
    let seen = model.top + model.visible_rows();
    let below = model.hits.len().saturating_sub(seen);
    let more = (below > 0).then(|| format!("+{} more · {scoped}", grouped(below)));
    more.into_iter().chain([scoped, count]).collect()
}

/// What is wrong with the name that is being typed.
fn name_problem(model: &Model) -> Option<String> {
    match &model.mode {
        Mode::Naming(field) => match field.typed(&model.list) {
            Typed::Refused(why) => Some(why),
            Typed::Same | Typed::New(_) => None,
        },
        _ => None,
    }
}

/// What an empty filter is for, behind the cursor.
fn placeholder(model: &Model, room: usize) -> Option<Span<'static>> {
    let is_empty = matches!(model.mode, Mode::Picking) && model.filter.value().is_empty();
    let chords = &model.keys.picker.binding(Command::Help)?.chords;
    let key = chords.last()?;
    let texts = [
        format!(" type to filter · {key} all keys"),
        format!(" {key} keys"),
    ];
    let text = texts.into_iter().find(|text| text.width() <= room);
    let text = text.filter(|_| is_empty)?;
    Some(Span::styled(text, model.options.palette.faint()))
}

/// All keys, in as many columns as it takes.
fn draw_help(model: &Model, area: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let bindings = &model.keys.picker.0;
    let per_column = usize::from(area.height).max(1);
    // Keys that need no telling come last, and are left out where there is no room.
    let columns = fit(bindings.len().div_ceil(per_column));
    let columns = columns.min(area.width / HELP_COLUMNS).max(1);
    let width = area.width / columns;
    let fitting = per_column * usize::from(columns);
    for (index, binding) in bindings.iter().take(fitting).enumerate() {
        let row = spans::row(area, index % per_column);
        let cell = Rect {
            x: row.x + fit(index / per_column) * width,
            width,
            ..row
        };
        let key = binding.chords.first().map(ToString::to_string);
        let key = Span::styled(key.unwrap_or_default(), palette.strong());
        let key = spans::padded(vec![Span::raw(" "), key], 8);
        let line = key.into_iter().chain([Span::raw(binding.long)]);
        spans::put(buffer, cell, line.collect(), &[]);
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
