//! The last rows: what has to be said or asked, and the keys that work now.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use crate::screen::{
    monitor::{
        Ask,
        gone_on::{self, gone_on},
        keys::Command,
        model::{Connection, Message, Model, Overlay},
        refusal::refusal,
        tabs::{self, Tab},
    },
    palette::Mood,
    pill::Pill,
    spans,
};

/// Below this width a tab's own keys go before what is known anyway.
const NARROW_COLUMNS: u16 = 60;

/// Whether there is anything to say or to ask.
pub(super) fn has_message(model: &Model) -> bool {
    message(model).is_some()
}

pub(super) fn draw(model: &Model, said: Rect, keys: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    if let Some(message) = message(model) {
        let style = match model.overlay {
            Some(overlay) if overlay.is_question() => palette.strong(),
            _ => palette.text(),
        };
        let glyph = Span::styled(
            format!("{} ", glyph(model, message.mood)),
            palette.mark(message.mood),
        );
        let text = Span::styled(pod_protocol::printable(&message.text).into_owned(), style);
        spans::put(buffer, said, vec![glyph, text], &[]);
    }
    let own = model
        .overlay
        .is_none()
        .then(|| tabs::footer(model))
        .flatten();
    if let Some(line) = own {
        return spans::put(buffer, keys, line, &[]);
    }
    // Help and leave are what is needed when nothing else fits.
    let line = spans::fitting_hints(palette, hints(model), usize::from(keys.width), 2);
    spans::put(buffer, keys, line, &[]);
}

/// Who else needs somebody, and what for.
pub(in crate::screen::monitor) fn needy(model: &Model) -> Option<String> {
    let neighbours = model.neighbours.as_ref()?;
    let (name, need) = neighbours.needy.as_ref()?;
    let more = match neighbours.more_needy {
        0 => String::new(),
        more => format!(" · {more} more"),
    };
    Some(format!("! {name}: {need}{more}"))
}

/// Whether it has a row of its own. Beside a program's terminal it is said where messages are: the
/// program is not to be given another size for it.
pub(super) fn needy_row(model: &Model) -> bool {
    needy(model).is_some() && !tabs::is_terminal(model)
}

/// The one line about other pods, in every view.
pub(super) fn draw_needy(model: &Model, row: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let Some(text) = needy(model).filter(|_| needy_row(model)) else {
        return;
    };
    let style = palette.mark(Mood::Attention);
    let key = model.keys.monitor.key_of(Command::Jump);
    let key = Span::styled(format!("{key} go there"), palette.text());
    let key = key_beside(model).then_some(key);
    let text = vec![Span::styled(text, style)];
    spans::put(buffer, row, text, key.as_slice());
}

/// Whether the key leads there: after a jump it leads back first.
fn key_beside(model: &Model) -> bool {
    model.options.back.is_none() && !model.keys.monitor.key_of(Command::Jump).is_empty()
}

/// A question goes before a message.
fn message(model: &Model) -> Option<Message> {
    let name = &model.options.name;
    match model.overlay {
        Some(Overlay::Confirm(ask)) => Some(Message::new(
            Mood::Attention,
            format!("{} {name}?{}", ask.verb(), consequence(ask)),
        )),
        Some(Overlay::Interrupted { .. }) => Some(Message::new(
            Mood::Attention,
            format!("{name} goes on when you detach"),
        )),
        _ => {
            let said = tabs::says(model).or_else(|| model.notice.clone());
            let said = said.or_else(|| gone_on::message(model));
            let said = said.or_else(|| model.message.clone());
            said.or_else(|| {
                let text = needy(model).filter(|_| tabs::is_terminal(model))?;
                let text = text.trim_start_matches("! ").to_owned();
                Some(Message::new(Mood::Attention, text))
            })
        }
    }
}

/// What follows, where the verb does not say it.
const fn consequence(ask: Ask) -> &'static str {
    match ask {
        Ask::Stop => " it is asked to end, then killed",
        Ask::Cancel => " it is ended for good: no resuming",
        Ask::Kill => " it cannot clean up",
        Ask::Pause | Ask::Continue => "",
    }
}

fn glyph(model: &Model, mood: Mood) -> &'static str {
    match mood {
        _ if model.overlay.is_some_and(Overlay::is_question) => "?",
        _ if model.link == Connection::Ended
            && model.notice.is_none()
            && tabs::says(model).is_none()
            && gone_on(model).is_none() =>
        {
            Pill::of(model.status(), None).glyph
        }
        Mood::Bad => Pill::CONNECTION_ERROR.glyph,
        Mood::Attention => "!",
        _ => "·",
    }
}

/// Keys and words. Help and leave come last and are kept longest, before them the first ones.
fn hints(model: &Model) -> Vec<(String, String)> {
    match model.overlay {
        Some(Overlay::Confirm(ask)) => {
            let mut hints = model.keys.confirm.hints();
            if let Some((_, yes)) = hints.first_mut() {
                *yes = format!("{} it", ask.verb());
            }
            hints
        }
        Some(Overlay::Interrupted { .. }) => model.keys.interrupt.hints(),
        Some(Overlay::Help) => help(model),
        None => commands(model),
    }
}

fn help(model: &Model) -> Vec<(String, String)> {
    let key = |command| model.keys.monitor.key_of(command);
    let overflows = super::text_rows(model) > super::body_rows(model);
    let scroll = (key(Command::Up) + &key(Command::Down), "scroll".to_owned());
    let back = (key(Command::Help), "back".to_owned());
    overflows
        .then_some(scroll)
        .into_iter()
        .chain([back])
        .collect()
}

fn commands(model: &Model) -> Vec<(String, String)> {
    let keymap = &model.keys.monitor;
    if tabs::is_typing(model) || tabs::is_absorbed(model) {
        return tabs::hints(model);
    }
    let gone_on = gone_on(model);
    let elsewhere = model.link == Connection::Lost || gone_on.is_some();
    // Whoever waits for an end may get tired of it.
    let is_asked = model.run.state.requests.strongest().is_some();
    // The strip names the keys of the tabs, in few columns nothing else does.
    let narrow = model.size.width < NARROW_COLUMNS;
    let before = [
        (model.options.back.is_some(), Command::Jump),
        (elsewhere, Command::Reconnect),
        (true, Command::Stop),
        (is_asked, Command::Kill),
        (model.is_held(), Command::Hold),
        (true, Command::Resume),
        (true, Command::Rerun),
        (!narrow, Command::NextTab),
    ];
    let behind = [
        (true, Command::Up),
        (model.tab != Tab::Info, Command::Last),
        (true, Command::Help),
        (true, Command::Leave),
    ];
    let hint = |(shown, command): (bool, Command)| {
        let shown = shown && refusal(model, command).is_none();
        let word = keymap.binding(command).filter(|_| shown)?.short.to_owned();
        let key = keymap.key_of(command);
        Some(match command {
            Command::Up => (key + &keymap.key_of(Command::Down), word),
            Command::Hold if model.is_held() => (key, Ask::Continue.verb().to_owned()),
            Command::Reconnect => match gone_on {
                Some(here) if here.live => (key, "follow".to_owned()),
                Some(_) => (key, "show".to_owned()),
                None => (key, word),
            },
            _ => (key, word),
        })
    };
    let mut own = tabs::hints(model);
    let mut behind: Vec<_> = behind.into_iter().filter_map(hint).collect();
    if !narrow {
        let before = before.into_iter().filter_map(hint);
        return before.chain(own).chain(behind).collect();
    }
    // What leads elsewhere, what the tab is for, what ends the run, and the rest of the tab.
    let (urgent, acts) = before.split_at(2);
    let rest = own.split_off(own.len().min(1));
    let (urgent, acts) = (urgent.iter().copied(), acts.iter().copied());
    let own = urgent.filter_map(hint).chain(own);
    let mut hints: Vec<_> = own.chain(acts.filter_map(hint)).chain(rest).collect();
    let help = keymap.key_of(Command::Help);
    let known = behind.iter_mut().filter(|(key, _)| *key == help);
    known.for_each(|(_, word)| word.clear());
    hints.extend(behind);
    hints
}
