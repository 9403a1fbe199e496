//! The keys of the Output tab.

use super::terminal;
use crate::screen::{keymap::Keymap, monitor::model::Model};

/// What a key does in the Output tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// About the terminal of the command.
    Terminal(terminal::keys::Command),
}

/// The keys.
pub(crate) fn keymap() -> Keymap<Command> {
    Keymap(terminal::keys::bindings(Command::Terminal))
}

/// Keys and words for the footer.
pub(in crate::screen::monitor) fn hints(model: &Model) -> Vec<(String, String)> {
    terminal::view::hints(model)
}
