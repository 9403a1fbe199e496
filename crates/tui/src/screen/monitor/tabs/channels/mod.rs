//! The Channels tab. The series of readings.

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

/// The Channels tab.
#[derive(Debug, Default)]
pub(crate) struct Channels {}

impl Channels {
    /// Whether a text field is open.
    pub(super) const fn is_typing(&self) -> bool {
        false
    }

    /// What is to be said above the footer.
    pub(super) fn says(&self) -> Option<Message> {
        None
    }
}
