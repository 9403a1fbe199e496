//! The Results tab. Items with their outcomes, and tables.

pub(crate) mod keys;
pub(in crate::screen::monitor) mod update;
pub(in crate::screen::monitor) mod view;

use crate::screen::monitor::model::Message;

/// What the tab wants read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {}

/// What was found for the tab.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {}

/// The Results tab.
#[derive(Debug, Default)]
pub(crate) struct Results {}

impl Results {
    /// Whether there is anything to see.
    pub(crate) fn has_any(&self, state: &pod_protocol::RunState) -> bool {
        state.counts.done() > 0
    }
}

impl Results {
    /// Whether a text field is open.
    pub(super) const fn is_typing(&self) -> bool {
        false
    }

    /// What is to be said above the footer.
    pub(super) fn says(&self) -> Option<Message> {
        None
    }
}
