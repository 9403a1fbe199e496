//! The keys of the Results tab.

use crossterm::event::KeyCode;

use super::Shape;
use crate::screen::{
    keymap::{Binding, Chord, Keymap, bind},
    monitor::model::Model,
};

/// What a key does in the Results tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Items, tables, artifacts: the next of them.
    Next,
    /// The one before.
    Previous,
    /// Show only items of an outcome; the next one each time.
    Outcome,
    /// Type a text that rows must have.
    Filter,
    /// Show the whole row.
    Expand,
    /// The column to the left.
    Left,
    /// The column to the right.
    Right,
    /// Sort by the column.
    Sort,
    /// Copy an artifact to where it stays.
    Promote,
}

/// The keys.
pub(crate) fn keymap() -> Keymap<Command> {
    use Command as C;
    let (key, code) = (|c| vec![Chord::character(c)], |c| vec![Chord::code(c)]);
    let outcome = "show only what failed, was skipped, passed, or all";
    let promote = "copy an artifact of a passed run to where it stays";
    let sort = "sort by the column: largest first, smallest first, not";
    Keymap(vec![
        bind(
            C::Next,
            "next",
            key('n'),
            "next",
            "items, tables, artifacts",
        ),
        bind(C::Previous, "previous", key('N'), "", "the one before"),
        bind(C::Outcome, "outcome", key('f'), "outcome", outcome),
        bind(
            C::Filter,
            "filter",
            key('/'),
            "filter",
            "show only rows with this text",
        ),
        bind(
            C::Expand,
            "expand",
            code(KeyCode::Enter),
            "expand",
            "whole row",
        ),
        bind(
            C::Left,
            "left",
            code(KeyCode::Left),
            "column",
            "column to the left",
        ),
        bind(
            C::Right,
            "right",
            code(KeyCode::Right),
            "",
            "column to the right",
        ),
        bind(C::Sort, "sort", key('o'), "sort", sort),
        bind(C::Promote, "promote", key('p'), "promote", promote),
    ])
}

/// Keys and words for the footer: those that do something to what is shown.
pub(in crate::screen::monitor) fn hints(model: &Model) -> Vec<(String, String)> {
    use Command as C;
    let keys = &model.keys;
    let results = &model.results;
    if results.field.is_some() {
        return keys.results_field.hints();
    }
    let mut hints = Vec::new();
    if results.is_filtered() {
        hints = keys.results_filtered.hints();
    }
    let shape = results.shape();
    let has = |command| match command {
        C::Next => results.shapes().len() > 1,
        C::Outcome => shape == Some(Shape::Items),
        C::Left | C::Sort => matches!(shape, Some(Shape::Table(_))),
        C::Promote => shape == Some(Shape::Artifacts),
        C::Filter | C::Expand => shape.is_some(),
        C::Previous | C::Right => false,
    };
    let bindings = keys.results.0.iter().filter(|binding| has(binding.command));
    // What artifacts are there for comes first.
    let promotes = |binding: &&Binding<Command>| binding.command == C::Promote;
    let (first, rest): (Vec<_>, Vec<_>) = bindings.partition(promotes);
    let bindings = first.into_iter().chain(rest);
    hints.extend(bindings.map(|binding| {
        let mut key = keys.results.key_of(binding.command);
        if binding.command == C::Left {
            key += &keys.results.key_of(C::Right);
        }
        (key, binding.short.to_owned())
    }));
    hints
}
