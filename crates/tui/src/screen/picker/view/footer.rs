//! The last line: what keys do now, or why one did nothing.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::{
    super::{
        Action,
        keys::Command,
        model::{Mode, Model},
        naming,
    },
    name_problem, right_of,
};
use crate::{
    preview,
    screen::{keymap::Keymap, palette::Mood, spans},
};

/// What a reason in the footer leaves free: its key, its brackets, and how to leave.
const BESIDE_A_REASON: usize = 20;

/// Draws it.
pub(super) fn draw_footer(model: &Model, row: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let columns = usize::from(row.width);
    // Where the field has no room for what is wrong with the name, it stands here.
    let problem = name_problem(model).filter(|_| right_of(model, columns).is_none());
    if let Some(message) = model.message.as_ref().or(problem.as_ref()) {
        let mark = Span::styled("! ", palette.mark(Mood::Attention));
        let text = Span::raw(pod_protocol::printable(message).into_owned());
        return spans::put(buffer, row, vec![mark, text], &[]);
    }
    let (question, keys) = match &model.mode {
        Mode::Picking => (None, commands(model)),
        Mode::Asking(pod) => (Some(format!("stop {pod}?")), all(&model.keys.stop)),
        Mode::Naming(_) => (None, all(&model.keys.naming)),
        Mode::Help => (None, vec![("any key".to_owned(), "back".to_owned())]),
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
    spans::put(buffer, row, line, &[]);
}

fn all<C: Copy + PartialEq>(keymap: &Keymap<C>) -> Vec<(String, String)> {
    let bindings = keymap.0.iter();
    bindings
        .map(|binding| (keymap.key_of(binding.command), binding.short.to_owned()))
        .collect()
}

/// The keys that do something to the selected row, the primary action by its name. An action that
/// it does not have shows its reason.
fn commands(model: &Model) -> Vec<(String, String)> {
    let keys = &model.keys.picker;
    let hint = |command: Command, word: &str| (keys.key_of(command), word.to_owned());
    let usual = |command: Command| {
        let word = keys.binding(command).map_or("", |binding| binding.short);
        hint(command, word)
    };
    let mut hints = Vec::new();
    if let Some(entry) = model.selected_entry() {
        match &entry.primary {
            Ok(Action::Attach) => hints.push(hint(Command::Primary, "attach")),
            Ok(Action::Resume) => hints.push(hint(Command::Primary, "resume")),
            Ok(Action::View) => hints.push(hint(Command::Primary, "view")),
            Err(why) => {
                let columns = usize::from(model.size.width).saturating_sub(BESIDE_A_REASON);
                let why = preview::fitted(why, columns);
                hints.push(hint(Command::Primary, &format!("({why})")));
            }
        }
        if entry.viewable && entry.primary != Ok(Action::View) {
            hints.push(usual(Command::View));
        }
        if entry.live {
            hints.push(usual(Command::Stop));
        }
        match entry.pinned {
            Some(true) => hints.push(hint(Command::Pin, "unpin")),
            Some(false) => hints.push(usual(Command::Pin)),
            None => {}
        }
        if model.peek.is_none() {
            hints.push(usual(Command::Peek));
        }
        if naming::refusal(entry).is_none() {
            hints.push(usual(Command::Rename));
        }
    }
    hints.push(match model.peek {
        Some(_) => hint(Command::Back, "close"),
        None => usual(Command::Back),
    });
    hints
}
