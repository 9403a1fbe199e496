//! The keys of the Results tab.

use crate::screen::{keymap::Keymap, monitor::model::Model};

/// What a key does in the Results tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {}

/// The keys.
pub(crate) fn keymap() -> Keymap<Command> {
    Keymap(Vec::new())
}

/// Keys and words for the footer.
pub(in crate::screen::monitor) fn hints(_model: &Model) -> Vec<(String, String)> {
    Vec::new()
}
