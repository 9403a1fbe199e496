//! The keys of the Events tab.

use crossterm::event::KeyCode;

use crate::screen::{
    keymap::{Chord, Keymap, bind},
    monitor::model::Model,
};

/// What a key does in the Events tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Show the whole record, or its row again.
    Expand,
    /// Type a filter.
    Filter,
    /// Show only what feels a certain way; the next one each time.
    Tone,
    /// Choose among the kinds of record.
    Kinds,
    /// Show times the other way.
    Time,
}

/// What a key does in the list of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KindsCommand {
    /// Show only this one.
    Choose,
    /// Leave everything as it was.
    Back,
    /// One up in the list.
    Up,
    /// One down in the list.
    Down,
}

/// The keys.
pub(crate) fn keymap() -> Keymap<Command> {
    let key = |c| vec![Chord::character(c)];
    let enter = vec![Chord::code(KeyCode::Enter)];
    let filter = "show only what has this text, or `kind:item.*`";
    let tone = "show only bad, caution and bad, good, active, or all";
    Keymap(vec![
        bind(Command::Filter, "filter", key('/'), "filter", filter),
        bind(Command::Tone, "tone", key('f'), "tone", tone),
        bind(Command::Kinds, "kinds", key('l'), "kinds", "choose a kind"),
        bind(
            Command::Expand,
            "expand",
            enter,
            "expand",
            "whole record as JSON",
        ),
        bind(
            Command::Time,
            "time",
            key('T'),
            "",
            "time since the start, or of the day",
        ),
    ])
}

/// The keys of the list of kinds.
pub(crate) fn kinds_keymap() -> Keymap<KindsCommand> {
    let (key, code) = (Chord::character, Chord::code);
    let enter = vec![code(KeyCode::Enter), key(' ')];
    let back = vec![code(KeyCode::Esc), key('q'), key('l'), Chord::ctrl('c')];
    let up = vec![code(KeyCode::Up), key('k')];
    let down = vec![code(KeyCode::Down), key('j')];
    Keymap(vec![
        bind(
            KindsCommand::Choose,
            "choose",
            enter,
            "only this",
            "show only this kind",
        ),
        bind(KindsCommand::Up, "up", up, "", "up"),
        bind(KindsCommand::Down, "down", down, "", "down"),
        bind(
            KindsCommand::Back,
            "back",
            back,
            "back",
            "leave it as it was",
        ),
    ])
}

/// Keys and words for the footer.
pub(in crate::screen::monitor) fn hints(model: &Model) -> Vec<(String, String)> {
    let keys = &model.keys;
    if model.events.field.is_some() {
        let mut hints = keys.events_field.hints();
        hints.insert(1, ("kind:".to_owned(), "item.* for a kind".to_owned()));
        return hints;
    }
    if model.events.kinds.is_some() {
        return keys.events_kinds.hints();
    }
    let mut hints = keys.events.hints();
    if !model.events.window.filter().is_empty() {
        hints.splice(0..0, keys.events_filtered.hints());
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::keymap::assert_unambiguous;

    #[test]
    fn no_key_of_the_list_of_kinds_means_two_things() {
        assert_unambiguous(&kinds_keymap());
    }
}
