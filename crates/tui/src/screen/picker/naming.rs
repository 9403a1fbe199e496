//! The name field of a rename.

use crossterm::event::Event;
use pod_protocol::{NAME_CHARS_MAX, NameError, PodName};
use tui_input::{Input, InputRequest, backend::crossterm::EventHandler};

use super::{entry::Entry, listing::Listing};
use crate::screen::keymap::Chord;

/// What the keeper says of a pod that somebody holds, said before anything is typed.
pub(super) const LIVE: &str = "live: rename after it ends";

/// A rename that is being typed.
#[derive(Clone, Debug)]
pub(super) struct NameField {
    /// The name that it has.
    pub(super) of: PodName,
    pub(super) input: Input,
}

/// What stands in the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The name that it has.
    Same,
    /// Another one that it can have.
    New(PodName),
    /// Not a name that it can have, and why.
    Refused(String),
}

/// Why `entry` cannot have another name, whatever it is.
pub(super) fn refusal(entry: &Entry) -> Option<&'static str> {
    match entry.pinned {
        _ if entry.held => Some(LIVE),
        None => Some("nothing is stored under this name yet"),
        Some(_) => None,
    }
}

impl NameField {
    pub(super) fn new(of: PodName) -> Self {
        Self {
            input: Input::new(of.to_string()),
            of,
        }
    }

    pub(super) fn press(&mut self, chord: Chord) {
        // One more than a name may have, so that it can be seen what is wrong.
        if chord.is_text() && self.input.value().chars().count() > NAME_CHARS_MAX {
            return;
        }
        self.input.handle_event(&Event::Key(chord.to_event()));
    }

    pub(super) fn paste(&mut self, text: &str) {
        let room = (NAME_CHARS_MAX + 1).saturating_sub(self.input.value().chars().count());
        for c in text.chars().take(room) {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// What stands there, by the list as it is now.
    pub(super) fn typed(&self, listing: &Listing) -> Typed {
        let why_not = match listing.entry(&self.of) {
            None => Some("it is gone"),
            Some(entry) => refusal(entry),
        };
        if let Some(why) = why_not {
            return Typed::Refused(why.to_owned());
        }
        match PodName::new(self.input.value()) {
            Ok(name) if name == self.of => Typed::Same,
            Ok(name) if listing.entry(&name).is_some() => {
                Typed::Refused("there is one already".to_owned())
            }
            Ok(name) => Typed::New(name),
            Err(error) => Typed::Refused(in_short(&error)),
        }
    }
}

/// The field is one line, so the rule that is broken is enough.
fn in_short(error: &NameError) -> String {
    match error {
        NameError::Empty => "no name".to_owned(),
        NameError::TooLong { .. } => format!("at most {NAME_CHARS_MAX} characters"),
        NameError::BadStart { first } => format!("not {first:?} at the start"),
        NameError::BadCharacter { found } => format!("no {found:?}: only letters, digits, . _ -"),
    }
}
