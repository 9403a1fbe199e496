//! How the monitor changes: `update(model, message) -> effects`, and nothing else.

use pod_protocol::{Outcome, Timestamp, short_duration};
use ratatui::layout::Size;

use super::{
    Ask, Launch, Leaving, Neighbours, News, Occasion, Order, TerminalOrder,
    keys::{Answer, Command},
    model::{Connection, Message, Model, Overlay},
    refusal::{jump, refusal},
    tabs::{
        self, Movement, Reading, Tab,
        output::{Printed, terminal},
    },
    view, vitals,
};
use crate::screen::{keymap::Chord, palette::Mood, pill::Pill, terminal::Copied};

/// A second interrupt within this time of the first one stops the run.
const INSIST_MS: u64 = 3_000;

/// What happens to the monitor.
#[derive(Debug)]
pub(crate) enum Msg {
    /// It is this late.
    Clock(Timestamp),
    /// The clock on the screen changes.
    Tick,
    /// The screen has this size.
    Resized(Size),
    /// A key was pressed.
    Key(Chord),
    /// Text was pasted.
    Paste(String),
    /// The run has news.
    News(News),
    /// There is no shell to suspend to.
    NotSuspended,
    /// What became of a copy.
    Copied(Copied),
    /// The feed ended.
    FeedEnded,
}

/// What is to be done about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Hand this to whoever opened the screen.
    Order(Order),
    /// Have this read beside the screen.
    Read(Reading),
    /// Have this done with the command's terminal.
    Terminal(TerminalOrder),
    /// Tell the operator, who may be looking elsewhere.
    Alert(String),
    /// Give this to the clipboard of the operator's terminal.
    Copy(String),
    /// Draw everything anew.
    Repaint,
    /// Give the terminal back and stop until the shell says otherwise.
    Suspend,
    /// Leave.
    Leave(Leaving),
}

/// Changes `model` by `msg`.
pub(crate) fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = change(model, msg);
    effects.extend(tabs::output::update::settle(model));
    effects
}

fn change(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Clock(now) => model.now = now,
        Msg::Tick => return vitals::tick(model),
        Msg::Resized(size) => model.size = size,
        Msg::News(News::Neighbours(neighbours)) => return meet(model, neighbours),
        Msg::News(News::Found(found)) => return tabs::found(model, found),
        Msg::News(news @ News::Records { .. }) => {
            hear(model, news);
            return tabs::channels::update::heard(model);
        }
        Msg::News(News::Closed(outcome)) => {
            close(model, outcome);
            let name = &model.options.name;
            let alert = Effect::Alert(format!("{name}: {outcome}"));
            return model.options.live.then_some(alert).into_iter().collect();
        }
        Msg::News(News::Output(printed)) => return hear_output(model, printed),
        Msg::News(news) => {
            let is_there = matches!(news, News::Attached(_));
            hear(model, news);
            // What the tab in front could not ask for before.
            if is_there && matches!(model.tab, Tab::Results | Tab::Info) {
                return tabs::shown(model);
            }
        }
        Msg::Key(chord) if model.output.terminal.is_typing() => return press(model, chord),
        Msg::Key(chord) => {
            let mut effects = tabs::output::update::catch_up(model);
            effects.extend(press(model, chord));
            return effects;
        }
        Msg::Paste(text) if model.overlay.is_none() => return tabs::paste(model, &text),
        Msg::Paste(_) => {}
        Msg::NotSuspended => {
            let why = "no shell here that could bring it back";
            model.notice = Some(Message::new(Mood::Plain, why));
        }
        Msg::Copied(copied) => tabs::output::update::copied(model, copied),
        Msg::FeedEnded if matches!(model.link, Connection::Ended | Connection::Lost) => {}
        Msg::FeedEnded => lose(model, "the feed ended without a word"),
    }
    Vec::new()
}

fn hear(model: &mut Model, news: News) {
    let before = vitals::before(model);
    take(model, news);
    vitals::after(model, &before);
}

fn take(model: &mut Model, news: News) {
    match news {
        News::Attached(attached) => {
            model.message = None;
            let (length, segment) = (attached.length, attached.segment);
            let before = model.run.state.identity.as_ref().map(|it| it.segment);
            model.attach(*attached);
            let is_other = before.is_some() && before != segment;
            terminal::update::attached(model, length, is_other);
        }
        News::Records { bytes } => {
            let known = model.run.state.seq;
            terminal::update::heard_logs(model);
            model.events.read(&bytes, &mut model.run.state);
            model.channels.read(&bytes, &model.run.state);
            model.results.read(&bytes, known);
        }
        // Taken before.
        News::Output(_) => {}
        News::Process(process) => model.run.vitals.process = process,
        News::Terminal(told) => terminal::update::told(model, told),
        News::Took(outcome) => terminal::update::took(model, outcome),
        News::NotTyped(why) => terminal::update::not_typed(model, &why),
        News::Retrying { cause } => {
            model.link = Connection::Retrying;
            let text = format!("connection broke: {cause}; trying once more");
            model.message = Some(Message::new(Mood::Attention, text));
        }
        News::Lost { cause } => lose(model, &cause),
        // Taken before.
        News::Found(_) | News::Neighbours(_) | News::Closed(_) => {}
        News::Standing(standing) => model.run.standing = Some(standing),
        News::Anew => model.begin_anew(),
        News::NotLaunched(launch, why) => {
            model.run.launching = false;
            let verb = launch.verb();
            // Most reasons begin with the same words: "cannot resume NAME: …".
            let text = match why.starts_with("cannot ") {
                true => why,
                false => format!("cannot {verb}: {why}"),
            };
            model.notice = Some(Message::new(Mood::Attention, text));
        }
        News::Promoted(Ok((place, digest))) => {
            let digest = &digest[..digest.floor_char_boundary(12)];
            let text = format!("promoted · sha256 {digest}… · {}", place.display());
            model.notice = Some(Message::new(Mood::Good, text));
        }
        News::Promoted(Err(why)) => {
            let text = format!("cannot promote: {why}");
            model.notice = Some(Message::new(Mood::Attention, text));
        }
        News::Settled(_, Ok(())) => {}
        News::Settled(ask, Err(why)) => {
            let text = format!("cannot {}: {why}", ask.verb());
            model.notice = Some(Message::new(Mood::Attention, text));
        }
    }
}

fn hear_output(model: &mut Model, printed: Printed) -> Vec<Effect> {
    let before = vitals::before(model);
    let run = &mut model.run;
    let end = printed.from.plus(printed.bytes.len() as u64);
    if end > run.history_end {
        run.output_at = Some(model.now);
    }
    run.out_end = run.out_end.max(end);
    run.output_came = true;
    vitals::after(model, &before);
    terminal::update::output(model, &printed);
    tabs::output::update::hear(model, printed)
}

fn close(model: &mut Model, outcome: Outcome) {
    model.run.closed = Some(outcome);
    model.link = Connection::Ended;
    model.overlay = model.overlay.filter(|overlay| !overlay.is_question());
    let least = if model.ran_on() { "at least " } else { "" };
    let took = model
        .elapsed_ms()
        .map(|ms| format!(" after {least}{}", short_duration(ms)));
    let exit = model
        .run
        .state
        .exit()
        .filter(|_| outcome != Outcome::Passed);
    let exit = exit.map(|exit| format!(" · {}", super::summary::exit(exit)));
    let left = match model.run.state.health.left {
        0 => String::new(),
        left => format!(" · {}", super::summary::left_behind(left)),
    };
    let limit = match model.run.state.requests.timed_out && outcome == Outcome::Errored {
        true => " · over its time limit",
        false => "",
    };
    let text = format!(
        "{outcome}{}{}{limit}{left}",
        took.unwrap_or_default(),
        exit.unwrap_or_default()
    );
    model.message = Some(Message::new(Pill::of(outcome.into(), None).mood, text));
}

fn lose(model: &mut Model, cause: &str) {
    model.overlay = model.overlay.filter(|overlay| *overlay == Overlay::Help);
    model.link = Connection::Lost;
    model.message = Some(Message::new(Mood::Bad, format!("connection lost: {cause}")));
}

fn press(model: &mut Model, chord: Chord) -> Vec<Effect> {
    if suspends(model, chord) {
        return vec![Effect::Suspend];
    }
    model.notice = None;
    model.output.forget_said();
    model.awaits_neighbours = None;
    match model.overlay {
        Some(Overlay::Confirm(ask)) => match model.keys.confirm.command(chord) {
            Some(Answer::Yes) => answer(model, Some(ask)),
            Some(_) => answer(model, None),
            None => Vec::new(),
        },
        Some(Overlay::Interrupted { at }) => match model.keys.interrupt.command(chord) {
            Some(answer) => answer_interrupt(model, at, answer),
            None => Vec::new(),
        },
        Some(Overlay::Help) => {
            press_in_help(model, model.keys.monitor.command(chord));
            Vec::new()
        }
        None if tabs::is_typing(model) => tabs::type_in(model, chord),
        None => match tabs::press(model, chord) {
            Some(effects) => effects,
            None => match model.keys.monitor.command(chord) {
                Some(command) => obey(model, command),
                None => Vec::new(),
            },
        },
    }
}

/// Whether the key suspends: in every field and before every question, unless it is text there or goes
/// to the command.
fn suspends(model: &Model, chord: Chord) -> bool {
    let is_asked = model.overlay.is_some();
    let types_into_command = !is_asked && model.output.terminal.is_typing();
    let may_be_text = is_asked || tabs::is_typing(model);
    model.keys.monitor.command(chord) == Some(Command::Suspend)
        && !types_into_command
        && !(chord.is_text() && may_be_text)
}

/// The question is answered: what, if anything, is to be asked of the run.
fn answer(model: &mut Model, ask: Option<Ask>) -> Vec<Effect> {
    model.overlay = None;
    ask.map(|ask| Effect::Order(Order::Ask(ask)))
        .into_iter()
        .collect()
}

fn answer_interrupt(model: &mut Model, at: Timestamp, given: Answer) -> Vec<Effect> {
    match given {
        Answer::Detach => vec![Effect::Leave(Leaving::Quit)],
        Answer::Stop => answer(model, Some(Ask::Stop)),
        Answer::Cancel => answer(model, Some(Ask::Cancel)),
        Answer::Again if model.now.millis_since(at) <= INSIST_MS => answer(model, Some(Ask::Stop)),
        // So late it is not a second one but a first one.
        Answer::Again => interrupt(model),
        Answer::Back | Answer::Yes => answer(model, None),
    }
}

fn press_in_help(model: &mut Model, command: Option<Command>) {
    let Some(command) = command else { return };
    if let Some(movement) = movement(model, command) {
        model.scroll_text(movement.rows());
    } else if matches!(command, Command::Help | Command::Leave | Command::Interrupt) {
        model.overlay = None;
        model.text_scroll = 0;
    }
}

fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    if let Some(why) = refusal(model, command) {
        model.notice = Some(Message::new(Mood::Plain, why));
        return Vec::new();
    }
    match command {
        Command::NextTab => return show(model, model.tab.step(1)),
        Command::PreviousTab => return show(model, model.tab.step(Tab::ALL.len() - 1)),
        Command::Tab(index) => {
            if let Some(tab) = Tab::ALL.get(index) {
                return show(model, *tab);
            }
        }
        Command::Stop => model.overlay = Some(Overlay::Confirm(Ask::Stop)),
        Command::Cancel => model.overlay = Some(Overlay::Confirm(Ask::Cancel)),
        Command::Kill => model.overlay = Some(Overlay::Confirm(Ask::Kill)),
        Command::Hold => {
            let ask = if model.is_held() {
                Ask::Continue
            } else {
                Ask::Pause
            };
            return vec![Effect::Order(Order::Ask(ask))];
        }
        Command::Help => {
            model.overlay = Some(Overlay::Help);
            model.text_scroll = 0;
        }
        Command::Resume => return launch(model, Launch::Resume),
        Command::Rerun => return launch(model, Launch::Rerun),
        Command::Reconnect => {
            model.link = Connection::Connecting;
            model.message = None;
            return vec![Effect::Order(Order::Reconnect)];
        }
        Command::Repaint => return vec![Effect::Repaint],
        Command::Suspend => return vec![Effect::Suspend],
        Command::PreviousPod | Command::NextPod | Command::Jump => return go(model, command),
        Command::Leave => return vec![Effect::Leave(Leaving::Asked)],
        Command::Interrupt => return interrupt(model),
        command => {
            if let Some(movement) = movement(model, command) {
                return tabs::scroll(model, movement);
            }
        }
    }
    Vec::new()
}

/// To another pod, as soon as it is known which.
fn go(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(neighbours) = &model.neighbours else {
        model.awaits_neighbours = Some(command);
        model.notice = Some(Message::new(Mood::Plain, "looking at the list"));
        return Vec::new();
    };
    let pod = match command {
        Command::PreviousPod => neighbours.previous.clone(),
        Command::NextPod => neighbours.next.clone(),
        _ => jump(model),
    };
    // From a jump the same key leads back, and the way back leads nowhere else.
    let here = Some(model.options.name.clone());
    let back = here.filter(|_| command == Command::Jump && model.options.back.is_none());
    let pod = pod.filter(|pod| *pod != model.options.name);
    let leaving = pod.map(|pod| Effect::Leave(Leaving::Elsewhere { pod, back }));
    leaving.into_iter().collect()
}

/// The list is known. What was asked about it before, and nothing since, is done now.
fn meet(model: &mut Model, neighbours: Neighbours) -> Vec<Effect> {
    let before = model.neighbours.replace(neighbours);
    if let Some(command) = model.awaits_neighbours.take() {
        model.notice = None;
        return obey(model, command);
    }
    // What was so when the monitor was opened is no news.
    let was = before.map(|before| before.needy);
    let needy = model.neighbours.as_ref().and_then(|now| now.needy.clone());
    match (was, needy) {
        (Some(was), Some((name, need))) if was.as_ref() != Some(&(name.clone(), need.clone())) => {
            vec![Effect::Alert(format!("{name}: {need}"))]
        }
        _ => Vec::new(),
    }
}

fn launch(model: &mut Model, launch: Launch) -> Vec<Effect> {
    let text = format!("{} asked for", launch.verb());
    model.notice = Some(Message::new(Mood::Plain, text));
    model.run.launching = true;
    vec![Effect::Order(Order::Launch(launch))]
}

fn show(model: &mut Model, tab: Tab) -> Vec<Effect> {
    model.tab = tab;
    model.tab_chosen = true;
    tabs::shown(model)
}

fn interrupt(model: &mut Model) -> Vec<Effect> {
    let own = model.options.occasion == Occasion::Launched;
    if !own || refusal(model, Command::Stop).is_some() {
        return vec![Effect::Leave(Leaving::Quit)];
    }
    model.overlay = Some(Overlay::Interrupted { at: model.now });
    Vec::new()
}

/// A move through the tab, if `command` is one.
fn movement(model: &Model, command: Command) -> Option<Movement> {
    let page = isize::try_from(view::body_rows(model)).unwrap_or(1).max(1);
    Some(match command {
        Command::Up => Movement::Rows(-1),
        Command::Down => Movement::Rows(1),
        Command::PageUp => Movement::Rows(-page),
        Command::PageDown => Movement::Rows(page),
        Command::First => Movement::First,
        Command::Last => Movement::Last,
        _ => return None,
    })
}
