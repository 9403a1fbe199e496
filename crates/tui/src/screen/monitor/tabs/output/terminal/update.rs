//! How the terminal view changes.

use pod_protocol::{Offset, Status, TerminalSize, TerminalView, printable};

use super::{
    Control, Fed, Found, Hearing, Terminal, Wish, encode,
    keys::{Command, Typing},
};
use crate::screen::{
    keymap::Chord,
    monitor::{
        model::{Connection, Message, Model},
        news::TerminalOrder,
        tabs::{Reading, output::Printed},
        update::Effect,
        view,
    },
    palette::Mood,
};

/// While output is skipped again and again, a program is asked to draw anew no more often than this.
const REPAINT_INTERVAL_MS: u64 = 1_000;

/// The run is there (again), perhaps in another segment, and its output reaches to `length`.
pub(in crate::screen::monitor) fn attached(model: &mut Model, length: Offset, is_other: bool) {
    let terminal = &mut model.output.terminal;
    if terminal.told.is_none() {
        terminal.hearing = Hearing::Awaited;
    }
    if is_other {
        terminal.picture.begin_segment();
    }
    // After a break of the connection the output goes on where the picture ends.
    if terminal.picture.is_none() {
        terminal.picture.skip_to(length);
    }
}

/// The host says how the terminal is.
pub(in crate::screen::monitor) fn told(model: &mut Model, told: TerminalView) {
    let terminal = &mut model.output.terminal;
    let before = terminal.control;
    terminal.control = before.told(&told);
    let by_before = terminal.told.as_ref().and_then(|told| told.by.clone());
    let by = told.by.clone().filter(|_| !told.yours);
    let is_news = by != by_before && terminal.control != Control::Lost;
    terminal.told = Some(told);
    let fed = terminal.picture.resize(terminal.size());
    if std::mem::take(&mut terminal.hearing) == Hearing::Eager {
        terminal.take();
        // It said that this is waited for.
        model.notice = None;
    }
    fed_with(model, fed);
    if let Some(by) = by.filter(|_| is_news) {
        let text = format!("{} types into the command", printable(&by));
        model.notice = Some(Message::new(Mood::Plain, text));
    }
}

/// A log goes on: what the host says right behind the attaching has been said.
pub(in crate::screen::monitor) fn heard_logs(model: &mut Model) {
    let terminal = &mut model.output.terminal;
    if std::mem::take(&mut terminal.hearing) == Hearing::Eager {
        obey(model, Command::Type);
    }
}

/// Output came.
pub(in crate::screen::monitor) fn output(model: &mut Model, printed: &Printed) {
    heard_logs(model);
    let fed = model.output.terminal.picture.feed(printed);
    fed_with(model, fed);
}

/// What came before was read.
pub(in crate::screen::monitor) fn found(model: &mut Model, found: &Found) -> Vec<Effect> {
    let terminal = &mut model.output.terminal;
    let size = terminal.size();
    let fed = terminal.picture.found(found, size);
    if terminal.picture.is_alternate() == Some(true) && terminal.picture.emulator().is_some() {
        repaint(model);
    }
    fed_with(model, fed);
    Vec::new()
}

/// The host has given control, or refused it.
pub(in crate::screen::monitor) fn took(model: &mut Model, outcome: Result<(), String>) {
    let terminal = &mut model.output.terminal;
    match outcome {
        Ok(()) => terminal.control = terminal.control.granted(),
        Err(why) => let_go(model, format!("cannot type into the command: {why}")),
    }
}

/// Something did not reach the command.
pub(in crate::screen::monitor) fn not_typed(model: &mut Model, why: &str) {
    if model.output.terminal.is_typing() {
        model.notice = Some(Message::new(Mood::Attention, format!("not typed: {why}")));
    }
}

/// What the picture made of what it was fed.
fn fed_with(model: &mut Model, fed: Fed) {
    model.output.terminal.answer(fed.asked);
    let terminal = &model.output.terminal;
    let last = terminal.repainted_at.map(|at| model.now.millis_since(at));
    let is_due = last.is_none_or(|ago| ago >= REPAINT_INTERVAL_MS);
    if fed.skipped && is_due && terminal.picture.is_alternate() == Some(true) {
        repaint(model);
    }
    if fed.broke {
        let text = "the emulation of the terminal broke and was begun anew";
        model.notice = Some(Message::new(Mood::Attention, text));
        repaint(model);
    }
}

/// Asks for everything to be drawn anew, where that is allowed.
fn repaint(model: &mut Model) {
    if !model.options.read_only {
        model.output.terminal.orders.push(TerminalOrder::Repaint);
        model.output.terminal.repainted_at = Some(model.now);
    }
}

fn let_go(model: &mut Model, why: String) {
    model.output.terminal.let_go();
    model.notice = Some(Message::new(Mood::Attention, why));
}

/// What to say of a run without a terminal.
const NO_TERMINAL: &str = "the command has no terminal to type into: it was run with --pipe";

/// Why nobody can type into the command from here.
fn refusal(model: &Model) -> Option<&'static str> {
    if model.options.read_only {
        return Some("read-only: this viewer may only watch");
    }
    if model.status().is_terminal() {
        return Some("the run has ended");
    }
    if model.link != Connection::Connected {
        return Some("not connected to the run");
    }
    match (&model.output.terminal.told, model.status()) {
        (Some(_), _) => None,
        (None, Status::Pending) => Some("the command has not started yet"),
        (None, _) => Some(NO_TERMINAL),
    }
}

/// Types a whole line into the command, or says why not.
pub(in crate::screen::monitor) fn type_line(
    model: &Model,
    text: &str,
) -> Result<Effect, &'static str> {
    match refusal(model) {
        Some(why) => Err(why),
        None => Ok(Effect::Terminal(TerminalOrder::Type(
            format!("{text}\r").into_bytes(),
        ))),
    }
}

/// Obeys a key of the tab.
pub(in crate::screen::monitor) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    let is_typing = command == Command::Type;
    let why = refusal(model);
    let hearing = model.output.terminal.hearing;
    if why.is_none_or(|why| why == NO_TERMINAL) && hearing != Hearing::Settled && is_typing {
        model.output.terminal.hearing = Hearing::Eager;
        let text = "waiting for the terminal of the command";
        model.notice = Some(Message::new(Mood::Plain, text));
        return Vec::new();
    }
    // Looking is allowed to everybody.
    let why = why.filter(|_| is_typing || model.output.terminal.told.is_none());
    if let Some(why) = why {
        model.notice = Some(Message::new(Mood::Plain, why));
        return Vec::new();
    }
    let terminal = &mut model.output.terminal;
    if is_typing {
        terminal.take();
    } else {
        terminal.wish = match terminal.is_wanted() {
            true => Wish::Lines,
            false => Wish::Terminal,
        };
    }
    Vec::new()
}

/// Moves over a terminal that is larger than the screen: down and to the right, if positive; `None` goes
/// with its cursor again.
pub(in crate::screen::monitor) fn pan(model: &mut Model, steps: Option<(isize, isize)>) {
    let height = u16::try_from(view::body_rows(model)).unwrap_or(u16::MAX);
    let width = model.size.width;
    let terminal = &mut model.output.terminal;
    let (Some(emulator), Some((down, right))) = (terminal.shown(), steps) else {
        terminal.moved_to = None;
        return;
    };
    let (row, column) = terminal.corner(emulator, (height, width));
    let step = |at: u16, by: isize, last: u16| {
        let at = usize::from(at).saturating_add_signed(by);
        u16::try_from(at).unwrap_or(u16::MAX).min(last)
    };
    let size = emulator.size();
    terminal.moved_to = Some((
        step(row, down, size.rows.saturating_sub(height)),
        step(column, right, size.cols.saturating_sub(width)),
    ));
}

/// Gives a key to the command, but for the one that lets go.
pub(in crate::screen::monitor) fn press(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let terminal = &mut model.output.terminal;
    if model.keys.typing.command(chord) == Some(Typing::LetGo) {
        terminal.let_go();
        terminal.orders.push(TerminalOrder::LetGo);
    } else if let Some(bytes) = encode::key(chord.to_event(), modes(terminal)) {
        terminal.orders.push(TerminalOrder::Type(bytes));
    }
    Vec::new()
}

/// Gives pasted text to the command.
pub(in crate::screen::monitor) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let terminal = &mut model.output.terminal;
    if text.len() > encode::PASTE_BYTES_MAX {
        let text = "not pasted: more than 1 MiB";
        model.notice = Some(Message::new(Mood::Attention, text));
    } else {
        let bytes = encode::paste(text, modes(terminal));
        terminal.orders.push(TerminalOrder::Type(bytes));
    }
    Vec::new()
}

fn modes(terminal: &Terminal) -> emulator::InputModes {
    let emulator = terminal.picture.emulator();
    emulator.map_or_else(emulator::InputModes::default, |it| it.input_modes())
}

/// What follows from how everything is now: called after every change of the model.
pub(in crate::screen::monitor) fn settle(model: &mut Model) -> Vec<Effect> {
    let is_connected = model.link == Connection::Connected && !model.status().is_terminal();
    if !is_connected {
        if model.output.terminal.is_typing() {
            let_go(model, "no longer typing into the command".to_owned());
        }
        let terminal = &mut model.output.terminal;
        if model.run.closed.is_some() {
            terminal.told = None;
            terminal.picture.drop_emulator();
        }
        terminal.orders.clear();
        return Vec::new();
    }
    let mut effects = Vec::new();
    let fitting = fitting_size(model);
    let terminal = &mut model.output.terminal;
    let alternate = terminal.picture.is_alternate();
    if terminal.was_alternate != alternate && alternate.is_some() {
        terminal.was_alternate = alternate;
        terminal.wish = Wish::Fitting;
    }
    // Whether a program fills the screen has to be known before anything can be decided.
    let is_needed = terminal.is_wanted() || alternate.is_none();
    if terminal.told.is_some() && is_needed && terminal.picture.is_none() {
        let (reading, before) = terminal.picture.begin();
        let reading = super::Reading { reading, before };
        effects.push(Effect::Read(Reading::Terminal(reading)));
    } else if !terminal.is_wanted() && terminal.wish == Wish::Fitting && alternate == Some(false) {
        terminal.picture.drop_emulator();
    }
    let is_other = terminal
        .told
        .as_ref()
        .is_some_and(|told| told.size != fitting);
    if terminal.is_typing() && is_other && terminal.size_asked != Some(fitting) {
        terminal.size_asked = Some(fitting);
        terminal.orders.push(TerminalOrder::Resize(fitting));
    }
    let fed = terminal.picture.resize(terminal.size());
    fed_with(model, fed);
    let terminal = &mut model.output.terminal;
    effects.extend(terminal.orders.drain(..).map(Effect::Terminal));
    effects
}

/// The size of the tab, which the command's terminal has while the operator types into it.
fn fitting_size(model: &Model) -> TerminalSize {
    let rows = view::steady_body_rows(model);
    let size = TerminalSize {
        cols: model.size.width,
        rows,
    };
    size.clamped()
}
