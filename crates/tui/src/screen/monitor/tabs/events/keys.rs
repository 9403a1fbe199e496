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
}

/// The keys.
pub(crate) fn keymap() -> Keymap<Command> {
    let enter = vec![Chord::code(KeyCode::Enter)];
    Keymap(vec![bind(
        Command::Expand,
        "expand",
        enter,
        "expand",
        "whole record as JSON",
    )])
}

/// Keys and words for the footer.
pub(in crate::screen::monitor) fn hints(model: &Model) -> Vec<(String, String)> {
    model.keys.events.hints()
}
