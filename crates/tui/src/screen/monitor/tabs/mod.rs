//! The tabs: each a window over the logs with its own state, keys, update and view.
//!
//! A tab's keys go before the common ones, and while a tab has a text field open it gets every key.
//! What a tab needs beyond the news that come by themselves it asks for as an [`Effect::Read`];
//! what was found comes back as a [`Found`], in any number of parts.

pub(crate) mod channels;
pub(crate) mod events;
pub(crate) mod filter_keys;
pub(crate) mod info;
pub(crate) mod output;
mod reading;
pub(crate) mod results;

use crossterm::event::KeyCode;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Span,
};

use super::{model::Model, update::Effect};
use crate::screen::{
    keymap::Chord,
    viewport::{self, Rows, Spot, Viewport},
};

pub(crate) use reading::{Found, Lane, Outbox, Reading};

/// The tabs there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    /// The records.
    Events,
    /// The series of readings.
    Channels,
    /// What the command printed.
    Output,
    /// Items and tables.
    Results,
    /// What the run is.
    Info,
}

/// More of a pasted text does not go into a field.
const PASTE_CHARS_MAX: usize = 4_096;
/// More rows than this below the screen are not counted one by one.
pub(super) const BELOW_MAX: usize = 9_999;

impl Tab {
    /// In the order of the strip.
    pub(crate) const ALL: [Self; 5] = [
        Self::Events,
        Self::Channels,
        Self::Output,
        Self::Results,
        Self::Info,
    ];

    /// Its title.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Events => "Events",
            Self::Channels => "Channels",
            Self::Output => "Output",
            Self::Results => "Results",
            Self::Info => "Info",
        }
    }

    /// The tab `steps` further on, around the end.
    pub(crate) fn step(self, steps: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Self::ALL[(at + steps) % Self::ALL.len()]
    }
}

/// A move through whatever a tab shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Movement {
    /// This many rows, down if positive.
    Rows(isize),
    /// To the very first.
    First,
    /// To the end, and follow it.
    Last,
}

impl Movement {
    /// As a number of rows, far beyond either end for the ends.
    pub(crate) const fn rows(self) -> isize {
        match self {
            Self::Rows(rows) => rows,
            Self::First => isize::MIN / 2,
            Self::Last => isize::MAX / 2,
        }
    }
}

/// What lies beyond the rows of a tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edges {
    /// Whether the window starts at the first visible row, but the log does not.
    pub(super) earlier: bool,
    /// How many rows are below the screen.
    pub(super) below: usize,
    /// How much is below those, in bytes, where that is not in the window.
    pub(super) below_bytes: u64,
}

impl Edges {
    pub(super) fn of(
        viewport: Viewport,
        rows: &impl Rows,
        height: usize,
        has_earlier: bool,
    ) -> Self {
        let top = viewport.top(rows, height);
        let first = Spot {
            id: rows.ids().start,
            row: 0,
        };
        let below = match viewport {
            Viewport::Following => 0,
            Viewport::Held(_) => viewport::rows_below(top, rows, height, BELOW_MAX),
        };
        Self {
            earlier: has_earlier && top == first,
            below,
            below_bytes: 0,
        }
    }

    /// Of a text that is scrolled by lines: only its end may be out of sight.
    pub(super) const fn of_text(first_row: usize, height: usize, rows: usize) -> Self {
        Self {
            earlier: false,
            below: rows.saturating_sub(first_row + height),
            below_bytes: 0,
        }
    }
}

/// Obeys `chord` if the tab has a use for it.
pub(super) fn press(model: &mut Model, chord: Chord) -> Option<Vec<Effect>> {
    match model.tab {
        Tab::Events => events::update::press_filtered(model, chord).or_else(|| {
            let command = model.keys.events.command(chord)?;
            Some(events::update::obey(model, command))
        }),
        Tab::Channels => {
            if model.channels.chart.is_some() {
                return channels::update::press_in_chart(model, chord);
            }
            channels::update::press_filtered(model, chord).or_else(|| {
                let command = model.keys.channels.command(chord)?;
                Some(channels::update::obey(model, command))
            })
        }
        Tab::Output => {
            if chord == Chord::code(KeyCode::Esc)
                && let Some(effects) = output::acting::give_up(model)
            {
                return Some(effects);
            }
            let command = model.keys.output.command(chord)?;
            Some(output::update::obey(model, command))
        }
        Tab::Results => results::update::press_filtered(model, chord).or_else(|| {
            let command = model.keys.results.command(chord)?;
            Some(results::update::obey(model, command))
        }),
        Tab::Info => None,
    }
}

/// Whether the tab has a text field open, which gets every key.
pub(super) const fn is_typing(model: &Model) -> bool {
    match model.tab {
        Tab::Events => model.events.is_typing(),
        Tab::Channels => model.channels.is_typing(),
        Tab::Output => model.output.is_typing(),
        Tab::Results => model.results.is_typing(),
        Tab::Info => false,
    }
}

/// Whether the tab has a line of text open. A list to choose from is none.
const fn has_field(model: &Model) -> bool {
    match model.tab {
        Tab::Events => model.events.has_field(),
        Tab::Channels => model.channels.is_typing(),
        Tab::Output => model.output.has_field(),
        Tab::Results => model.results.is_typing(),
        Tab::Info => false,
    }
}

/// Whether the tab shows something whose keys go before all others and leave no room for them.
pub(super) const fn is_absorbed(model: &Model) -> bool {
    matches!(model.tab, Tab::Channels) && model.channels.chart.is_some()
}

/// Gives `chord` to the open text field.
pub(super) fn type_in(model: &mut Model, chord: Chord) -> Vec<Effect> {
    match model.tab {
        Tab::Events => events::update::type_in(model, chord),
        Tab::Channels => channels::update::type_in(model, chord),
        Tab::Output => output::update::type_in(model, chord),
        Tab::Results => results::update::type_in(model, chord),
        Tab::Info => Vec::new(),
    }
}

/// Moves through what the tab shows.
pub(super) fn scroll(model: &mut Model, movement: Movement) -> Vec<Effect> {
    match model.tab {
        Tab::Events => events::update::scroll(model, movement),
        Tab::Channels => channels::update::scroll(model, movement),
        Tab::Output => output::update::scroll(model, movement),
        Tab::Results => results::update::scroll(model, movement),
        Tab::Info => {
            model.scroll_text(movement.rows());
            Vec::new()
        }
    }
}

/// The tab came to the front.
pub(super) fn shown(model: &mut Model) -> Vec<Effect> {
    model.text_scroll = 0;
    match model.tab {
        Tab::Events => events::update::shown(model),
        Tab::Channels => channels::update::shown(model),
        Tab::Output => output::update::shown(model),
        Tab::Results => results::update::shown(model),
        Tab::Info => vec![Effect::Read(Reading::Info)],
    }
}

/// In how many milliseconds something changes by itself in the tab in front. `None`: never.
pub(super) fn next_change_ms(model: &Model) -> Option<u64> {
    match model.tab {
        Tab::Channels => channels::view::next_change_ms(model),
        Tab::Events | Tab::Output | Tab::Results | Tab::Info => None,
    }
}

/// Takes what was found for a tab, whichever is in front.
pub(super) fn found(model: &mut Model, found: Found) -> Vec<Effect> {
    match found {
        Found::Events(found) => events::update::found(model, found),
        Found::Channels(found) => channels::update::found(model, found),
        Found::Output(found) => output::update::found(model, found),
        Found::Silence(longest_ms) => {
            model.run.vitals.note_silence(longest_ms);
            Vec::new()
        }
        Found::Results(found) => results::update::found(model, found),
        Found::Info(facts) => {
            model.info = facts;
            Vec::new()
        }
        Found::Terminal(found) => output::terminal::update::found(model, &found),
    }
}

/// Whether the tab shows the screen of the command's terminal, which has a size of its own.
pub(super) fn is_terminal(model: &Model) -> bool {
    matches!(model.tab, Tab::Output) && model.output.terminal.is_shown()
}

/// Draws the tab.
pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    match model.tab {
        Tab::Events => events::view::draw(model, area, buffer),
        Tab::Channels => channels::view::draw(model, area, buffer),
        Tab::Output => output::view::draw(model, area, buffer),
        Tab::Results => results::view::draw(model, area, buffer),
        Tab::Info => info::view::draw(model, area, buffer),
    }
}

/// Gives pasted text to whatever is typed into; elsewhere it is not wanted.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    match model.tab {
        Tab::Output if model.output.terminal.is_typing() => {
            output::terminal::update::paste(model, text)
        }
        _ if !has_field(model) => Vec::new(),
        _ => {
            let line = in_one_line(text);
            let keys = line.chars().map(|c| Chord::code(KeyCode::Char(c)));
            keys.flat_map(|key| type_in(model, key)).collect()
        }
    }
}

/// What of pasted text goes into a field: printable, in one line, and no more than any field takes.
fn in_one_line(text: &str) -> String {
    let lines = text.split(['\r', '\n']).map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let line: String = lines.join(" ").chars().take(PASTE_CHARS_MAX).collect();
    pod_protocol::printable(&line).into_owned()
}

/// Where the cursor belongs in a tab that is typed into.
pub(super) fn cursor(model: &Model, area: Rect) -> Option<Position> {
    match model.tab {
        Tab::Output => output::terminal::view::cursor(model, area),
        _ => None,
    }
}

/// What the rule says about the tab, the longest first; instead of what lies beyond its rows.
pub(super) fn notes(model: &Model, rows: usize) -> Vec<String> {
    match model.tab {
        Tab::Output => output::terminal::view::notes(model, rows),
        _ => Vec::new(),
    }
}

/// Where the operator is among what was searched for; goes before what lies beyond the rows.
pub(super) fn place(model: &Model) -> Option<String> {
    match model.tab {
        Tab::Output => output::view::place(model),
        _ => None,
    }
}

/// The footer of a tab that takes all keys.
pub(super) fn footer(model: &Model) -> Option<Vec<Span<'static>>> {
    match model.tab {
        Tab::Output => output::terminal::view::footer(model),
        _ => None,
    }
}

/// What lies beyond the tab's rows, and the verb that shows what is before them.
pub(super) fn edges(model: &Model, height: usize) -> (Edges, &'static str) {
    match model.tab {
        Tab::Events => (events::view::edges(model, height), "events"),
        Tab::Channels => (channels::view::edges(model, height), ""),
        Tab::Output => (output::view::edges(model, height), "logs"),
        Tab::Results => (results::view::edges(model, height), ""),
        Tab::Info => {
            let rows = info::view::rows(model);
            (Edges::of_text(model.text_scroll, height, rows), "")
        }
    }
}

/// The tab's own keys for the footer, most wanted first.
pub(super) fn hints(model: &Model) -> Vec<(String, String)> {
    match model.tab {
        Tab::Events => events::keys::hints(model),
        Tab::Channels => channels::keys::hints(model),
        Tab::Output => output::keys::hints(model),
        Tab::Results => results::keys::hints(model),
        Tab::Info => Vec::new(),
    }
}

/// What the tab has to say above its footer: an open text field, how far a search has come. What the
/// last key came to goes before it, but not before the text field.
pub(super) fn says(model: &Model) -> Option<super::model::Message> {
    if model.notice.is_some() && !has_field(model) {
        return None;
    }
    match model.tab {
        Tab::Events => model.events.says(model.run.state.seq),
        Tab::Channels => model.channels.says(),
        Tab::Output => model.output.says(usize::from(model.size.width)),
        Tab::Results => model.results.says(),
        Tab::Info => None,
    }
}
