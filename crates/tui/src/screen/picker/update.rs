//! How the picker changes: `update(model, message) -> effects`, and nothing else.

use crossterm::event::Event;
use discovery::Peek;
use pod_protocol::{PodName, Timestamp};
use ratatui::layout::Size;
use tui_input::{InputRequest, backend::crossterm::EventHandler};

use super::{
    Action, Order, Scope,
    entry::Entry,
    keys::{Answer, Command, Naming},
    listing::Listing,
    model::{Mode, Model},
    naming::{self, NameField, Typed},
    peek::Pane,
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
    List(Listing),
    /// What a look at a run found.
    Peeked(PodName, Result<Peek, String>),
    /// There is no shell to suspend to.
    NotSuspended,
    /// What came of an order.
    Settled(Order, Result<(), String>),
}

/// What is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// End with this choice.
    Choose(PodName, Action),
    /// Have this done.
    Order(Order),
    /// End without a choice.
    Leave,
    /// Draw everything anew.
    Repaint,
    /// Give the terminal back and stop until the shell says otherwise.
    Suspend,
}

/// Changes `model` by `msg`.
pub(super) fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let effect = change(model, msg);
    let selected = model.selected.as_ref();
    let due = model.peek.as_mut().and_then(|pane| pane.due(selected));
    let look = due.map(|pod| Effect::Order(Order::Peek(pod)));
    effect.into_iter().chain(look).collect()
}

fn change(model: &mut Model, msg: Msg) -> Option<Effect> {
    match msg {
        Msg::Clock(now) => model.now = now,
        Msg::Resized(size) => {
            model.size = size;
            model.reveal();
        }
        Msg::List(list) => {
            model.take(list);
            model.reveal();
        }
        Msg::Paste(text) => paste(model, &text),
        Msg::Peeked(pod, seen) => {
            if let Some(pane) = &mut model.peek {
                pane.take(pod, seen);
            }
        }
        Msg::Settled(order, result) => settle(model, &order, result),
        Msg::NotSuspended => {
            model.message = Some("no shell here that could bring it back".to_owned());
        }
        Msg::Key(chord) => {
            model.message = None;
            return press(model, chord);
        }
    }
    None
}

/// What was done shows in the list; what was not is said.
fn settle(model: &mut Model, order: &Order, result: Result<(), String>) {
    let (what, pod) = match order {
        Order::Stop(pod) => ("stop", pod),
        Order::Pin { pod, pinned: true } => ("pin", pod),
        Order::Pin { pod, pinned: false } => ("unpin", pod),
        Order::Rename { from, to } => {
            model.renaming = None;
            if result.is_ok() {
                model.rename(from, to);
                model.find();
                model.reveal();
            }
            ("rename", from)
        }
        // Nobody asked for these by name.
        Order::Peek(_) | Order::Remember(_) => return,
    };
    if let Err(why) = result {
        model.message = Some(format!("cannot {what} {pod}: {why}"));
    }
}

fn paste(model: &mut Model, text: &str) {
    let text = pod_protocol::printable(text.trim());
    match &mut model.mode {
        Mode::Picking => {
            let room = FILTER_CHARS_MAX.saturating_sub(model.filter.value().chars().count());
            for c in text.chars().take(room) {
                model.filter.handle(InputRequest::InsertChar(c));
            }
            model.refilter();
        }
        Mode::Naming(field) => field.paste(&text),
        Mode::Asking(_) | Mode::Help => {}
    }
}

fn press(model: &mut Model, chord: Chord) -> Option<Effect> {
    // Before every question and in every field: it is never text.
    if model.keys.picker.command(chord) == Some(Command::Suspend) {
        return Some(Effect::Suspend);
    }
    match &mut model.mode {
        Mode::Picking => {}
        Mode::Asking(pod) => {
            let answer = model.keys.stop.command(chord)?;
            let pod = pod.clone();
            model.mode = Mode::Picking;
            return (answer == Answer::Yes).then_some(Effect::Order(Order::Stop(pod)));
        }
        Mode::Naming(field) => {
            match model.keys.naming.command(chord) {
                Some(Naming::Take) => return rename(model),
                Some(Naming::Keep) => model.mode = Mode::Picking,
                None => field.press(chord),
            }
            return None;
        }
        Mode::Help => {
            model.mode = Mode::Picking;
            return None;
        }
    }
    match model.keys.picker.command(chord) {
        // A letter is a command only where it could not be text.
        Some(_) if chord.is_text() && !model.filter.value().is_empty() => {
            type_into_filter(model, chord);
            None
        }
        Some(command) => obey(model, command),
        None => {
            type_into_filter(model, chord);
            None
        }
    }
}

fn rename(model: &mut Model) -> Option<Effect> {
    let Mode::Naming(field) = &model.mode else {
        return None;
    };
    let from = field.of.clone();
    let to = match field.typed(&model.list) {
        Typed::Same => {
            model.mode = Mode::Picking;
            return None;
        }
        // The line says why; the name stays there to be changed.
        Typed::Refused(_) => return None,
        Typed::New(to) => to,
    };
    model.mode = Mode::Picking;
    model.renaming = Some((from.clone(), to.clone()));
    Some(Effect::Order(Order::Rename { from, to }))
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
        Command::Help => model.mode = Mode::Help,
        Command::Scope => return toggle_scope(model),
        Command::Leave => return Some(Effect::Leave),
        Command::Suspend => return Some(Effect::Suspend),
        Command::Back if model.peek.is_none() => return Some(Effect::Leave),
        Command::Back => toggle_peek(model),
        Command::Repaint => {
            model.list.put_in_order();
            model.find();
            model.reveal();
            return Some(Effect::Repaint);
        }
        Command::Peek => toggle_peek(model),
        Command::Primary | Command::View | Command::Stop | Command::Pin | Command::Rename => {
            let pod = model.selected_entry()?.name.clone();
            return match about_selected(model, command)? {
                Ok(effect) => effect,
                Err(why) => {
                    model.message = Some(format!("{pod}: {why}"));
                    None
                }
            };
        }
    }
    None
}

/// What a key does to the selected row, or why it does nothing.
fn about_selected(model: &mut Model, command: Command) -> Option<Result<Option<Effect>, String>> {
    let entry = model.selected_entry()?;
    let (pod, refused) = (entry.name.clone(), |why: &str| Err(why.to_owned()));
    Some(match command {
        Command::Primary => entry
            .primary
            .clone()
            .map(|action| Some(Effect::Choose(pod, action))),
        Command::View if entry.viewable => Ok(Some(Effect::Choose(pod, Action::View))),
        Command::View => match &entry.primary {
            Err(why) => refused(why),
            Ok(_) => refused("nothing to view yet"),
        },
        Command::Stop if entry.live => {
            model.mode = Mode::Asking(pod);
            Ok(None)
        }
        Command::Stop => refused("not live: nothing to stop"),
        Command::Pin => pin(entry).map(Some),
        _ => match naming::refusal(entry) {
            Some(why) => refused(why),
            None => {
                model.mode = Mode::Naming(NameField::new(pod));
                Ok(None)
            }
        },
    })
}

fn pin(entry: &Entry) -> Result<Effect, String> {
    let pinned = entry
        .pinned
        .ok_or("nothing is stored that could be pinned")?;
    Ok(Effect::Order(Order::Pin {
        pod: entry.name.clone(),
        pinned: !pinned,
    }))
}

fn toggle_peek(model: &mut Model) {
    model.peek = match (&model.peek, &model.selected) {
        (None, Some(_)) => Some(Pane::default()),
        _ => None,
    };
    model.reveal();
}

/// The same pod stays selected where it is shown in both, unless it only was the best match.
fn toggle_scope(model: &mut Model) -> Option<Effect> {
    model.scope = match model.scope {
        Scope::All => Scope::Directory,
        Scope::Directory => Scope::All,
    };
    let was_best = !model.filter.value().is_empty() && model.selected_at() == Some(0);
    model.find();
    if was_best || model.selected_at().is_none() {
        model.top = 0;
        model.select_at(0);
    }
    model.reveal();
    Some(Effect::Order(Order::Remember(model.scope)))
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
