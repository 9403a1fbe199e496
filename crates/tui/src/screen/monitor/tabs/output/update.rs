//! How the Output tab changes.

use discovery::Stream;
use pod_protocol::short_bytes;

use super::{Found, Printed, Reading, Wrap, acting, keys::Command, moving::Frame, terminal};
use crate::screen::{
    keymap::Chord,
    monitor::{
        model::{Message, Model},
        tabs::{self, Movement},
        update::Effect,
        view,
    },
    output::Streams,
    palette::Mood,
    terminal::Copied,
    viewport::Viewport,
};

/// Columns by which lines that are cut are moved at once.
const PAN_COLUMNS: usize = 8;

/// Obeys a key of the tab.
pub(in crate::screen::monitor) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Terminal(command) => return terminal::update::obey(model, command),
        Command::Wrap => {
            model.output.wrap = match model.output.wrap {
                Wrap::On => Wrap::Off(0),
                Wrap::Off(_) => Wrap::On,
            };
        }
        Command::Left => pan(model, false),
        Command::Right => pan(model, true),
        Command::Streams => return choose(model),
        command => return acting::obey(model, command),
    }
    Vec::new()
}

/// Shows both streams, or only one of them.
fn choose(model: &mut Model) -> Vec<Effect> {
    if model.output.streams == Streams::One {
        let text = "its streams cannot be told apart: tui run --pipe keeps both";
        model.notice = Some(Message::new(Mood::Plain, text));
        return Vec::new();
    }
    let (only, text) = match model.output.only() {
        None => (Some(Stream::Stdout), "only standard output"),
        Some(Stream::Stdout) => (Some(Stream::Stderr), "only standard error"),
        Some(_) => (None, "both streams"),
    };
    model.notice = Some(Message::new(Mood::Plain, text));
    let frame = frame(model);
    let mut effects = read(model.output.choose(only, frame));
    effects.extend(acting::search_within(model, only));
    effects
}

fn pan(model: &mut Model, right: bool) {
    if model.output.terminal.is_shown() {
        let columns = PAN_COLUMNS.cast_signed();
        let columns = if right { columns } else { -columns };
        return terminal::update::pan(model, Some((0, columns)));
    }
    match &mut model.output.wrap {
        Wrap::Off(from) if right => *from += PAN_COLUMNS,
        Wrap::Off(from) => *from = from.saturating_sub(PAN_COLUMNS),
        Wrap::On => {
            let key = model.keys.output.key_of(Command::Wrap);
            let text = format!("lines are wrapped: {key} cuts them");
            model.notice = Some(Message::new(Mood::Plain, text));
        }
    }
}

/// Gives a key to the open text field.
pub(in crate::screen::monitor) fn type_in(model: &mut Model, chord: Chord) -> Vec<Effect> {
    if model.output.terminal.is_typing() {
        return terminal::update::press(model, chord);
    }
    acting::type_in(model, chord)
}

/// The tab came to the front.
pub(in crate::screen::monitor) fn shown(model: &mut Model) -> Vec<Effect> {
    let frame = frame(model);
    read(model.output.read_on(frame))
}

/// Takes output that is new.
pub(in crate::screen::monitor) fn hear(model: &mut Model, printed: Printed) -> Vec<Effect> {
    model.output.screen = printed.after;
    model.output.unread.push(printed);
    match model.output.terminal.is_shown() {
        true => Vec::new(),
        false => catch_up(model),
    }
}

/// Makes lines of what has come: before lines are shown, or anything is done with them.
pub(in crate::screen::monitor) fn catch_up(model: &mut Model) -> Vec<Effect> {
    let unread = model.output.unread.take();
    if unread.is_empty() {
        return Vec::new();
    }
    let frame = frame(model);
    let mut first = None;
    for printed in unread {
        first = model.output.hear(printed, frame.start).or(first);
    }
    if first.is_some() {
        return read(first);
    }
    // While something else is read, what is new is nothing to go after.
    match model.output.viewport {
        Viewport::Following => read(model.output.read_on(frame)),
        Viewport::Held(_) => Vec::new(),
    }
}

/// What follows from how everything is now: called after every change of the model.
pub(in crate::screen::monitor) fn settle(model: &mut Model) -> Vec<Effect> {
    let mut effects = terminal::update::settle(model);
    if !model.output.terminal.is_shown() {
        effects.extend(catch_up(model));
    }
    effects
}

/// Takes what was found.
pub(in crate::screen::monitor) fn found(model: &mut Model, found: Found) -> Vec<Effect> {
    if !matches!(found, Found::Lines { .. }) {
        return acting::found(model, found);
    }
    let mut effects = catch_up(model);
    let frame = frame(model);
    match model.output.take_lines(found, frame) {
        Ok(next) => effects.extend(read(next)),
        Err(why) => {
            let text = format!("cannot read the output: {why}");
            model.notice = Some(Message::new(Mood::Bad, text));
        }
    }
    effects
}

/// Says what became of a copy.
pub(in crate::screen::monitor) fn copied(model: &mut Model, copied: Copied) {
    let what = std::mem::take(&mut model.output.copying);
    let (mood, text) = match copied {
        Copied::Handed => (Mood::Good, format!("copied {what}")),
        Copied::TooLong { bytes_max } => {
            let most = short_bytes(bytes_max as u64);
            (
                Mood::Attention,
                format!("too long to copy: terminals take {most}"),
            )
        }
        Copied::NoClipboard => {
            let text = "this terminal has no clipboard that programs can use";
            (Mood::Attention, text.to_owned())
        }
    };
    model.notice = Some(Message::new(mood, text));
}

/// Moves through the lines.
pub(in crate::screen::monitor) fn scroll(model: &mut Model, movement: Movement) -> Vec<Effect> {
    if model.output.terminal.is_shown() {
        let steps = match movement {
            Movement::Rows(rows) => Some((rows, 0)),
            Movement::First => Some((isize::MIN, isize::MIN)),
            Movement::Last => None,
        };
        terminal::update::pan(model, steps);
        return Vec::new();
    }
    let frame = frame(model);
    if let Some(printout) = &mut model.output.printout {
        printout.scroll(movement.rows(), frame.height);
        return Vec::new();
    }
    read(model.output.travel(movement, frame))
}

pub(super) fn frame(model: &Model) -> Frame {
    Frame {
        columns: super::view::columns(model),
        height: view::body_rows(model),
        start: model.run.out_base,
        end: model.run.out_end,
    }
}

pub(super) fn read(reading: Option<Reading>) -> Vec<Effect> {
    let reading = reading.map(|reading| Effect::Read(tabs::Reading::Output(reading)));
    reading.into_iter().collect()
}
