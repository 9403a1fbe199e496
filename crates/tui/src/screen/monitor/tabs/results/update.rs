//! How the Results tab changes.

use crossterm::event::Event as TerminalEvent;
use pod_protocol::{Outcome, printable};
use tui_input::{Input, backend::crossterm::EventHandler};

use super::{Act, Found, History, Outcomes, Part, Reading, Results, Shape, keys::Command};
use crate::screen::{
    keymap::Chord,
    monitor::{
        model::{Message, Model},
        news::Order,
        tabs::{self, Movement, filter_keys::FilterCommand},
        update::Effect,
        view,
    },
    palette::Mood,
    viewport::{Rows, Spot, Viewport},
};

/// The longest text that can be typed, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// Obeys a key of the tab.
pub(in crate::screen::monitor) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    let results = &mut model.results;
    if results.puts_off(Act::Command(command)) {
        return Vec::new();
    }
    match command {
        Command::Next => turn(results, 1),
        Command::Previous => {
            let shapes = results.shapes().len();
            turn(results, shapes.saturating_sub(1));
        }
        Command::Outcome => {
            if results.shape() == Some(Shape::Items) {
                results.outcomes = results.outcomes.next();
                list_from_top(results);
            }
        }
        Command::Filter => results.field = Some(Input::new(results.text.clone())),
        Command::Expand => expand(model),
        Command::Left | Command::Right | Command::Sort => in_table(results, command),
        Command::Promote => return promote(model),
    }
    Vec::new()
}

fn in_table(results: &mut Results, command: Command) {
    let Some(Shape::Table(index)) = results.shape() else {
        return;
    };
    let table = &mut results.gathered.tables[index];
    match command {
        Command::Left => table.step(false),
        Command::Right => table.step(true),
        _ => {
            table.sort_next();
            list_from_top(results);
        }
    }
}

/// Lists something else, so many places further on.
fn turn(results: &mut Results, steps: usize) {
    let shapes = results.shapes();
    let Some(shape) = results.shape() else { return };
    let at = shapes.iter().position(|one| *one == shape).unwrap_or(0);
    results.wanted = shapes[(at + steps) % shapes.len()];
    list_from_top(results);
}

fn list_from_top(results: &mut Results) {
    (results.selected, results.expanded) = (None, None);
    results.viewport = Viewport::Held(Spot { id: 0, row: 0 });
    results.list();
}

/// Obeys the key that takes the filter away, while there is one.
pub(in crate::screen::monitor) fn press_filtered(
    model: &mut Model,
    chord: Chord,
) -> Option<Vec<Effect>> {
    let command = model.keys.results_filtered.command(chord)?;
    if !model.results.is_filtered() || command != FilterCommand::Clear {
        return None;
    }
    model.results.text.clear();
    model.results.outcomes = Outcomes::All;
    model.results.list();
    reveal(model);
    Some(Vec::new())
}

/// Gives a key to the open text field.
pub(in crate::screen::monitor) fn type_in(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let command = model.keys.results_field.command(chord);
    let results = &mut model.results;
    let Some(field) = &mut results.field else {
        return Vec::new();
    };
    match command {
        Some(FilterCommand::Apply) => {
            results.text = field.value().trim().to_owned();
            results.field = None;
            list_from_top(results);
        }
        Some(_) => results.field = None,
        None if chord.is_text() && field.value().chars().count() >= TEXT_CHARS_MAX => {}
        None => {
            field.handle_event(&TerminalEvent::Key(chord.to_event()));
        }
    }
    Vec::new()
}

/// Moves through the rows.
pub(in crate::screen::monitor) fn scroll(model: &mut Model, movement: Movement) -> Vec<Effect> {
    let results = &mut model.results;
    if results.puts_off(Act::Movement(movement)) {
        return Vec::new();
    }
    let Some(last) = results.listed.len().checked_sub(1) else {
        return Vec::new();
    };
    let last = u64::try_from(last).unwrap_or(u64::MAX);
    let at = results.selected.and_then(|key| results.place(key));
    let rows = i64::try_from(movement.rows()).unwrap_or(0);
    let to = match at {
        Some(at) => at.saturating_add_signed(rows).min(last),
        None if rows > 1 => u64::try_from(rows).unwrap_or(0).min(last),
        None => 0,
    };
    results.selected = results.key(to);
    reveal(model);
    Vec::new()
}

/// Brings the row that the operator is on into sight.
fn reveal(model: &mut Model) {
    let height = view::body_rows(model)
        .saturating_sub(super::view::HEAD_ROWS)
        .max(1);
    let results = &model.results;
    let rows = model.result_rows();
    let mut viewport = results.viewport;
    match results.selected.and_then(|key| results.place(key)) {
        Some(place) if rows.ids().contains(&place) => viewport.reveal(place, &rows, height),
        _ => viewport = Viewport::Held(Spot { id: 0, row: 0 }),
    }
    model.results.viewport = viewport;
}

/// The tab came to the front.
pub(in crate::screen::monitor) fn shown(model: &mut Model) -> Vec<Effect> {
    let newest = model.run.state.seq;
    let results = &mut model.results;
    let unread = matches!(results.history, History::Unread | History::Failed(_));
    if !unread || newest.0 == 0 {
        return Vec::new();
    }
    results.gathered = super::Gathered::default();
    results.history = History::Reading(0);
    results.number += 1;
    let reading = Reading {
        number: results.number,
        newest,
    };
    vec![Effect::Read(tabs::Reading::Results(reading))]
}

/// Takes what was found.
pub(in crate::screen::monitor) fn found(model: &mut Model, found: Found) -> Vec<Effect> {
    let results = &mut model.results;
    if found.number != results.number || !matches!(results.history, History::Reading(_)) {
        return Vec::new();
    }
    match found.part {
        Part::Findings(findings, percent) => {
            for finding in findings {
                results.gathered.take(finding);
            }
            results.history = History::Reading(percent);
        }
        Part::Done => {
            for finding in std::mem::take(&mut results.waiting) {
                results.gathered.take(finding);
            }
            results.history = History::Read;
        }
        Part::Failed(why) => results.history = History::Failed(why),
    }
    results.list();
    let is_over = !matches!(results.history, History::Reading(_));
    if !is_over && results.listed.is_empty() {
        return Vec::new();
    }
    // Keys that came before there was anything that they could be for.
    let acts = std::mem::take(&mut results.put_off);
    let obeyed = acts.into_iter().map(|act| match act {
        Act::Command(command) => obey(model, command),
        Act::Movement(movement) => scroll(model, movement),
    });
    obeyed.flatten().collect()
}

/// Shows a row whole, or in one line again.
fn expand(model: &mut Model) {
    let results = &mut model.results;
    let Some(key) = results.selected.or_else(|| results.key(0)) else {
        return;
    };
    results.selected = Some(key);
    let is_open = results.expanded.take().is_some_and(|(of, _)| of == key);
    if !is_open {
        let lines = lines(results, key);
        results.expanded = Some((key, lines));
    }
    reveal(model);
}

/// Everything that is known of a row.
fn lines(results: &Results, key: super::Key) -> Vec<String> {
    let indented = |text: &str| format!("    {text}");
    match results.shape() {
        Some(Shape::Items) => match results.item(key) {
            Some(item) if item.detail.is_empty() => vec![indented("no detail")],
            Some(item) => item.detail.iter().map(|line| indented(line)).collect(),
            None => Vec::new(),
        },
        Some(Shape::Table(index)) => {
            let table = &results.gathered.tables[index];
            let row = table.row(key.1);
            let columns = table.columns.iter().enumerate();
            let lines = columns.filter_map(|(at, column)| {
                let cell = row?.cell(at).exact();
                Some(indented(&format!("{}: {cell}", column.name)))
            });
            lines.collect()
        }
        Some(Shape::Artifacts) => match results.artifact(key) {
            Some(artifact) => {
                let label = artifact.label.iter().map(|label| indented(label));
                let path = indented(&printable(&artifact.path));
                label.chain([path]).collect()
            }
            None => Vec::new(),
        },
        None => Vec::new(),
    }
}

/// Has the artifact copied that the operator is on.
fn promote(model: &mut Model) -> Vec<Effect> {
    let results = &model.results;
    let key = results.selected.or_else(|| results.key(0));
    let artifact = match results.shape() {
        Some(Shape::Artifacts) => key.and_then(|key| results.artifact(key)),
        _ => None,
    };
    let say = |text: &str| Some(Message::new(Mood::Plain, text));
    let Some(artifact) = artifact else {
        model.notice = match results.gathered.artifacts.is_empty() {
            true => say("the run made no artifact that could be promoted"),
            false => say("promotes an artifact: press n until they are listed"),
        };
        return Vec::new();
    };
    if model.run.closed != Some(Outcome::Passed) {
        model.notice = say("only an artifact of a passed run can be promoted");
        return Vec::new();
    }
    let path = artifact.path.to_string();
    model.results.selected = key;
    model.notice = say("promoting …");
    vec![Effect::Order(Order::Promote(path))]
}
