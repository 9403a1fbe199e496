//! The keys of the Output tab.

use crossterm::event::KeyCode;

use super::terminal;
use crate::screen::{
    keymap::{Binding, Chord, Keymap, bind},
    monitor::model::Model,
};

/// What a key does in the Output tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// About the terminal of the command.
    Terminal(terminal::keys::Command),
    /// Wrap long lines, or cut them.
    Wrap,
    /// Show what is to the left of lines that are cut.
    Left,
    /// Show what is to the right.
    Right,
    /// Search all output.
    Search,
    /// Go to the next match, upwards.
    Next,
    /// Go to the match before, downwards.
    Previous,
    /// Go to a time.
    Time,
    /// Remember this place.
    Mark,
    /// Go back to it.
    ToMark,
    /// Show both streams, or one of them.
    Streams,
    /// Select lines, or no longer.
    Select,
    /// Copy what is selected.
    Copy,
    /// Save it, or all output.
    Save,
    /// Pipe it to a command.
    Pipe,
}

/// The keys.
pub(crate) fn keymap() -> Keymap<Command> {
    use Command as C;
    let key = |c| vec![Chord::character(c)];
    let (left, right) = (
        vec![Chord::code(KeyCode::Left), Chord::character('h')],
        vec![Chord::code(KeyCode::Right), Chord::character('l')],
    );
    let mut bindings = vec![
        bind(
            C::Search,
            "search",
            key('/'),
            "search",
            "search all output: a regular expression",
        ),
        bind(C::Next, "next-match", key('n'), "", "next match, upwards"),
        bind(
            C::Previous,
            "previous-match",
            key('N'),
            "",
            "match before, downwards",
        ),
        bind(
            C::Wrap,
            "wrap",
            key('w'),
            "wrap",
            "wrap long lines, or cut them",
        ),
        bind(
            C::Left,
            "left",
            left,
            "",
            "to the left, where lines are cut",
        ),
        bind(
            C::Right,
            "right",
            right,
            "",
            "to the right, where lines are cut",
        ),
    ];
    bindings.extend(taking());
    bindings.extend(terminal::keys::bindings(C::Terminal));
    Keymap(bindings)
}

/// The keys that mark places and take lines.
fn taking() -> Vec<Binding<Command>> {
    use Command as C;
    let key = |c| vec![Chord::character(c)];
    let streams = "both streams, standard output, or standard error";
    vec![
        bind(
            C::Select,
            "select",
            key('v'),
            "select",
            "select lines, or no longer",
        ),
        bind(C::Copy, "copy", key('y'), "copy", "copy what is selected"),
        bind(
            C::Save,
            "save",
            key('S'),
            "save",
            "save what is selected, or all output, as it was written",
        ),
        bind(
            C::Pipe,
            "pipe",
            key('|'),
            "pipe",
            "pipe what is selected, or all output, to a command",
        ),
        bind(C::Time, "time", key('@'), "", "go to a time"),
        bind(C::Mark, "mark", key('m'), "", "mark this place"),
        bind(C::ToMark, "to-mark", key('\''), "", "back to the mark"),
        bind(C::Streams, "streams", key('o'), "", streams),
    ]
}

/// Keys and words for the footer.
pub(in crate::screen::monitor) fn hints(model: &Model) -> Vec<(String, String)> {
    use Command as C;
    let output = &model.output;
    if output.terminal.is_typing() || output.terminal.is_shown() {
        return terminal::view::hints(model);
    }
    if output.is_typing() {
        return vec![
            ("enter".to_owned(), "go".to_owned()),
            ("esc".to_owned(), "back".to_owned()),
        ];
    }
    let shown: &[Command] = match (&output.selection, &output.search) {
        (Some(_), _) => &[C::Copy, C::Save, C::Pipe, C::Select],
        (None, Some(_)) => &[C::Next, C::Previous, C::Search],
        (None, None) => &[C::Search, C::Wrap, C::Select],
    };
    let hint = |command: &Command| {
        let binding = model.keys.output.binding(*command)?;
        let word = match command {
            C::Next => "next",
            C::Previous => "before",
            C::Select if output.selection.is_some() => "unselect",
            _ => binding.short,
        };
        Some((model.keys.output.key_of(*command), word.to_owned()))
    };
    let mut hints: Vec<_> = shown.iter().filter_map(hint).collect();
    if output.selection.is_none() && output.search.is_none() {
        hints.splice(..0, terminal::view::hints(model));
    }
    hints
}
