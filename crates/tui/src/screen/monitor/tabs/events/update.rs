//! How the Events tab changes.
//!
//! There is one reading at a time. When it is done, or something moved, [`read_on`] decides whether
//! the window needs more at the end that the operator is near.

use crossterm::event::Event as TerminalEvent;
use pod_protocol::Seq;
use tui_input::{Input, backend::crossterm::EventHandler};

use super::{
    Expanded, Filter, Found, Keep, Kinds, Part, Reading, Wanted, Window,
    filter::FILTER_CHARS_MAX,
    keys::{Command, KindsCommand},
};
use crate::screen::{
    keymap::Chord,
    monitor::{
        model::Model,
        tabs::{self, Movement, filter_keys::FilterCommand},
        update::Effect,
        view,
    },
    viewport::{self, Rows, Spot, Viewport},
};

/// More is read when fewer rows than this are left to scroll through, in heights of the screen.
const MARGIN_SCREENS: usize = 3;

/// Obeys a key of the tab.
pub(in crate::screen::monitor) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    model.events.failed = None;
    let filter = model.events.window.filter();
    match command {
        Command::Expand => {
            expand(model);
            read_on(model)
        }
        Command::Filter => {
            model.events.field = Some(Input::new(filter.text().to_owned()));
            Vec::new()
        }
        Command::Tone => {
            let filter = filter.with_tones(filter.tones.next());
            show_only(model, filter)
        }
        Command::Kinds => open_kinds(model),
        Command::Time => {
            model.events.time = model.events.time.other();
            Vec::new()
        }
    }
}

/// Obeys the key that takes the filter away, while there is one.
pub(in crate::screen::monitor) fn press_filtered(
    model: &mut Model,
    chord: Chord,
) -> Option<Vec<Effect>> {
    let command = model.keys.events_filtered.command(chord)?;
    if model.events.window.filter().is_empty() || command != FilterCommand::Clear {
        return None;
    }
    Some(show_only(model, Filter::default()))
}

/// Gives a key to the open text field or list.
pub(in crate::screen::monitor) fn type_in(model: &mut Model, chord: Chord) -> Vec<Effect> {
    if model.events.kinds.is_some() {
        return press_in_kinds(model, chord);
    }
    let command = model.keys.events_field.command(chord);
    let Some(field) = &mut model.events.field else {
        return Vec::new();
    };
    match command {
        Some(FilterCommand::Apply) => {
            let tones = model.events.window.filter().tones;
            let filter = Filter::typed(field.value(), tones);
            model.events.field = None;
            show_only(model, filter)
        }
        Some(_) => {
            model.events.field = None;
            Vec::new()
        }
        None => {
            let is_full = field.value().chars().count() >= FILTER_CHARS_MAX;
            if !(chord.is_text() && is_full) {
                field.handle_event(&TerminalEvent::Key(chord.to_event()));
            }
            Vec::new()
        }
    }
}

/// The tab came to the front.
pub(in crate::screen::monitor) fn shown(model: &mut Model) -> Vec<Effect> {
    read_on(model)
}

/// Takes what was found.
pub(in crate::screen::monitor) fn found(model: &mut Model, found: Found) -> Vec<Effect> {
    let newest = model.run.state.seq;
    let events = &mut model.events;
    if found.number != events.number || events.under_way.is_none() {
        return Vec::new();
    }
    match found.part {
        Part::Before(entries, from) => {
            let keep = events.keep();
            events.window.prepend(entries, from, keep);
            events.under_way = Some(from);
        }
        Part::Behind(entries, to) => {
            events.window.append(entries, to, newest);
            events.under_way = Some(to);
        }
        Part::Kinds(counts, at) => {
            if let Some(kinds) = &mut events.kinds {
                kinds.before = counts;
            }
            events.under_way = Some(at);
        }
        Part::Failed(why) => events.failed = Some(why),
    }
    events.hold_on();
    if found.is_last {
        events.under_way = None;
        return read_on(model);
    }
    Vec::new()
}

/// Moves through the records.
pub(in crate::screen::monitor) fn scroll(model: &mut Model, movement: Movement) -> Vec<Effect> {
    let newest = model.run.state.seq;
    let events = &mut model.events;
    events.failed = None;
    let filter = events.window.filter().clone();
    match movement {
        Movement::First if events.window.earlier().is_some() => {
            begin(model, Window::at(filter, Seq::FIRST), Place::Top);
        }
        Movement::Last if events.window.later().is_some() => {
            begin(model, Window::following(filter, newest), Place::End);
        }
        _ => select(model, movement.rows(), view::body_rows(model)),
    }
    read_on(model)
}

/// Where the operator is put in a new window.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// On its first record.
    Top,
    /// At the end.
    End,
}

/// Begins anew with another window, whatever is under way.
fn begin(model: &mut Model, window: Window, place: Place) {
    let events = &mut model.events;
    let first = window.ids().start;
    (events.viewport, events.selected) = match place {
        Place::Top => (Viewport::Held(Spot { id: first, row: 0 }), Some(first)),
        Place::End => (Viewport::Following, None),
    };
    events.window = window;
    events.expanded = None;
    events.under_way = None;
}

/// Shows only what `filter` wants, of the whole log. Where it is taken away, the record that the
/// operator is on stays, with what is around it.
fn show_only(model: &mut Model, filter: Filter) -> Vec<Effect> {
    let newest = model.run.state.seq;
    let events = &mut model.events;
    if *events.window.filter() == filter {
        return Vec::new();
    }
    let on = events.selected.and_then(|id| events.window.entry(id));
    match on.map(|entry| entry.place).filter(|_| filter.is_empty()) {
        Some(place) => begin(model, Window::at(filter, place), Place::Top),
        None => begin(model, Window::following(filter, newest), Place::End),
    }
    read_on(model)
}

/// Asks for more at the end that the operator is near.
fn read_on(model: &mut Model) -> Vec<Effect> {
    let events = &model.events;
    let busy = events.under_way.is_some() || events.kinds.is_some() || events.failed.is_some();
    if busy || model.run.state.seq == Seq(0) {
        return Vec::new();
    }
    let height = view::body_rows(model).max(1);
    let margin = height * MARGIN_SCREENS;
    let rows = model.event_rows();
    let top = events.viewport.top(&rows, height);
    let above = top.id - rows.ids().start;
    let few_above = usize::try_from(above).is_ok_and(|above| above < margin);
    let few_below = viewport::rows_below(top, &rows, height, margin) < margin;
    // Whoever follows wants the newest records, so nothing of them is given for older ones.
    let wants_more = events.keep() == Keep::Oldest || events.window.has_room();
    let filter = events.window.filter();
    let later = events.window.later().filter(|_| few_below);
    let earlier = events.window.earlier().filter(|_| few_above && wants_more);
    let (wanted, at) = match (later, earlier) {
        // A new window is filled downwards first, since that is how it is read.
        (Some(from), _) => (Wanted::From(from, filter.clone()), from),
        (None, Some(before)) => (Wanted::Before(before, filter.clone()), before),
        (None, None) => return Vec::new(),
    };
    ask(model, wanted, at)
}

fn ask(model: &mut Model, wanted: Wanted, at: Seq) -> Vec<Effect> {
    model.events.number += 1;
    model.events.under_way = Some(at);
    let number = model.events.number;
    let reading = Reading { number, wanted };
    vec![Effect::Read(tabs::Reading::Events(reading))]
}

fn open_kinds(model: &mut Model) -> Vec<Effect> {
    let newest = model.run.state.seq;
    model.events.kinds = Some(Kinds::default());
    match newest {
        Seq(0) => Vec::new(),
        _ => ask(model, Wanted::Kinds(newest), Seq::FIRST),
    }
}

fn press_in_kinds(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let Some(command) = model.keys.events_kinds.command(chord) else {
        return Vec::new();
    };
    let Some(kinds) = &mut model.events.kinds else {
        return Vec::new();
    };
    let rows = kinds.rows();
    match command {
        KindsCommand::Up => kinds.selected = kinds.selected.saturating_sub(1),
        KindsCommand::Down => {
            kinds.selected = (kinds.selected + 1).min(rows.len().saturating_sub(1));
        }
        KindsCommand::Choose => {
            let tones = model.events.window.filter().tones;
            let chosen = rows.get(kinds.selected);
            let filter = chosen.map(|(kind, _)| Filter::typed(&format!("kind:{kind}"), tones));
            close_kinds(model);
            return match filter {
                Some(filter) => show_only(model, filter),
                None => read_on(model),
            };
        }
        KindsCommand::Back => {
            close_kinds(model);
            return read_on(model);
        }
    }
    Vec::new()
}

/// What is still being counted is not wanted any more.
fn close_kinds(model: &mut Model) {
    model.events.kinds = None;
    model.events.under_way = None;
}

/// Moves through the records. A record that is higher than the screen is scrolled through first.
fn select(model: &mut Model, rows: isize, height: usize) {
    let things = model.event_rows();
    let ids = things.ids();
    let Some(last) = ids.end.checked_sub(1).filter(|id| ids.contains(id)) else {
        return;
    };
    let mut viewport = model.events.viewport;
    let top = viewport.top(&things, height);
    // How much of a record lies beyond the edge of the screen that is moved to.
    let hidden = |id| {
        let (above, below) = viewport::hidden_rows(top, id, &things, height);
        isize::try_from(if rows < 0 { above } else { below }).unwrap_or(isize::MAX)
    };
    // A page is one of rows, also where a record has many.
    let is_page = (2..=height).contains(&rows.unsigned_abs());
    let step = |id: u64| match viewport::thing_beside(id, rows, &things) {
        beside if is_page && beside != id => beside,
        _ => id.saturating_add_signed(i64::try_from(rows).unwrap_or(0)),
    };
    let selected = match model.events.selected {
        // Following has no selection; the first step up selects the newest record.
        None if rows == -1 => last,
        None if rows > 0 => return,
        None => step(last).max(ids.start),
        Some(id) => {
            // What is not seen yet of a record that is longer than the screen comes first.
            let hidden = hidden(id);
            if hidden > 0 && rows.unsigned_abs() <= height {
                viewport.scroll(rows.clamp(-hidden, hidden), &things, height);
                model.events.viewport = viewport;
                return;
            }
            step(id).max(ids.start)
        }
    };
    let follows = model.events.window.later().is_none();
    if selected > last && follows {
        (model.events.viewport, model.events.selected) = (Viewport::Following, None);
        return;
    }
    let selected = selected.min(last);
    let hidden = hidden(selected);
    match rows < 0 {
        true if hidden > 0 && is_page => {
            viewport.scroll(rows.max(-hidden), &things, height);
        }
        true => viewport.reveal_from_below(selected, &things, height),
        false => viewport.reveal(selected, &things, height),
    }
    (model.events.viewport, model.events.selected) = (viewport, Some(selected));
}

/// Shows a record whole, or its row again.
fn expand(model: &mut Model) {
    let newest = model.events.window.ids().end.checked_sub(1);
    let Some(id) = model.events.selected.or(newest) else {
        return;
    };
    let Some(entry) = model.events.window.entry(id) else {
        return;
    };
    let open = model
        .events
        .expanded
        .as_ref()
        .is_some_and(|expanded| expanded.id == id);
    let lines = entry.json();
    model.events.expanded = (!open).then_some(Expanded { id, lines });
    model.events.selected = Some(id);
    let height = view::body_rows(model);
    let mut viewport = model.events.viewport;
    viewport.reveal(id, &model.event_rows(), height);
    model.events.viewport = viewport;
}
