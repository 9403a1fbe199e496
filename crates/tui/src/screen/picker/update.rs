//! How the picker changes: `update(model, message) -> effects`, and nothing else.

use crossterm::event::Event;
use discovery::PodList;
use pod_protocol::{PodName, Timestamp};
use ratatui::layout::Size;
use tui_input::{InputRequest, backend::crossterm::EventHandler};

use super::{
    Action,
    keys::{Answer, Command},
    model::Model,
};
use crate::screen::keymap::Chord;

/// The longest filter, in characters.
const FILTER_CHARS_MAX: usize = 128;

/// What happens to the picker.
#[derive(Debug)]
pub(super) enum Msg {
    /// It is this late.
    Clock(Timestamp),
    /// The picker has this much room.
    Resized(Size),
    /// A key was pressed.
    Key(Chord),
    /// Text was pasted.
    Paste(String),
    /// There is a newer list.
    List(PodList),
    /// What came of a stop.
    StopSettled(PodName, Result<(), String>),
}

/// What is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// End with this choice.
    Choose(PodName, Action),
    /// Ask this run to stop.
    Stop(PodName),
    /// End without a choice.
    Leave,
    /// Draw everything anew.
    Repaint,
}

/// Changes `model` by `msg`.
pub(super) fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Clock(now) => model.now = now,
        Msg::Resized(size) => {
            model.size = size;
            model.reveal();
        }
        Msg::List(list) => {
            model.take(&list);
            model.reveal();
        }
        Msg::Paste(text) => paste(model, &text),
        Msg::StopSettled(_, Ok(())) => {}
        Msg::StopSettled(name, Err(why)) => {
            model.message = Some(format!("cannot stop {name}: {why}"));
        }
        Msg::Key(chord) => {
            model.message = None;
            return press(model, chord).into_iter().collect();
        }
    }
    Vec::new()
}

fn paste(model: &mut Model, text: &str) {
    if model.asking.is_some() {
        return;
    }
    let room = FILTER_CHARS_MAX.saturating_sub(model.filter.value().chars().count());
    for c in pod_protocol::printable(text.trim()).chars().take(room) {
        model.filter.handle(InputRequest::InsertChar(c));
    }
    model.refilter();
}

fn press(model: &mut Model, chord: Chord) -> Option<Effect> {
    if model.asking.is_some() {
        return answer(model, chord);
    }
    match model.keys.command(chord) {
        Some(command) => obey(model, command),
        None => {
            type_into_filter(model, chord);
            None
        }
    }
}

fn answer(model: &mut Model, chord: Chord) -> Option<Effect> {
    let answer = model.stop_keys.command(chord)?;
    let name = model.asking.take()?;
    (answer == Answer::Yes).then_some(Effect::Stop(name))
}

fn type_into_filter(model: &mut Model, chord: Chord) {
    let full = model.filter.value().chars().count() >= FILTER_CHARS_MAX;
    let before = model.filter.value().to_owned();
    if full && chord.is_text() {
        return;
    }
    model.filter.handle_event(&Event::Key(chord.to_event()));
    if model.filter.value() != before {
        model.refilter();
    }
}

fn obey(model: &mut Model, command: Command) -> Option<Effect> {
    let page = isize::try_from(model.visible_rows()).unwrap_or(1);
    match command {
        Command::Up => step(model, -1),
        Command::Down => step(model, 1),
        Command::PageUp => step(model, -page),
        Command::PageDown => step(model, page),
        Command::Primary => return choose(model),
        Command::View => return view(model),
        Command::Stop => ask_to_stop(model),
        Command::Repaint => return Some(Effect::Repaint),
        Command::Leave => return Some(Effect::Leave),
    }
    None
}

fn step(model: &mut Model, rows: isize) {
    let last = model.hits.len().saturating_sub(1);
    let at = match model.selected_at() {
        Some(at) => at.saturating_add_signed(rows).min(last),
        // From nothing, the first step selects the nearest end.
        None if rows < 0 => last,
        None => 0,
    };
    model.select_at(at);
}

fn choose(model: &mut Model) -> Option<Effect> {
    let entry = model.selected_entry()?;
    match &entry.primary {
        Ok(action) => Some(Effect::Choose(entry.name.clone(), *action)),
        Err(why) => {
            model.message = Some(format!("{}: {why}", entry.name));
            None
        }
    }
}

fn view(model: &mut Model) -> Option<Effect> {
    let entry = model.selected_entry()?;
    if entry.viewable {
        return Some(Effect::Choose(entry.name.clone(), Action::View));
    }
    model.message = Some(format!("{}: nothing to view yet", entry.name));
    None
}

fn ask_to_stop(model: &mut Model) {
    let Some(entry) = model.selected_entry() else {
        return;
    };
    if entry.live {
        model.asking = Some(entry.name.clone());
    } else {
        model.message = Some(format!(
            "{}: not live, there is nothing to stop",
            entry.name
        ));
    }
}
