//! The text field of the tab: what is searched for, where to go, where to save, what to run.

use crossterm::event::{Event, KeyCode};
use tui_input::{Input, backend::crossterm::EventHandler};

use crate::screen::keymap::Chord;

/// The longest text of a field, in characters.
const FIELD_CHARS_MAX: usize = 4_096;

/// What a text is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A pattern to search for.
    Search,
    /// A time to go to.
    Time,
    /// A file to save to; whether it may be there already.
    Save {
        /// The operator was told that it is, and insists.
        overwrite: bool,
    },
    /// A command to pipe to.
    Pipe,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Time => "go to time",
            Self::Save { .. } => "save to",
            Self::Pipe => "pipe to",
        }
    }
}

/// A field that is open.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) purpose: Purpose,
    input: Input,
    /// Why what stands there will not do.
    pub(super) problem: Option<String>,
}

/// What a key did in a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The text changed, or nothing.
    On,
    /// The operator is done with it.
    Done(String),
    /// The operator wants nothing.
    GivenUp,
}

impl Field {
    pub(super) fn new(purpose: Purpose, text: &str) -> Self {
        Self {
            purpose,
            input: Input::new(text.to_owned()),
            problem: None,
        }
    }

    /// Takes a key.
    pub(super) fn press(&mut self, chord: Chord) -> Typed {
        if chord == Chord::code(KeyCode::Enter) {
            return Typed::Done(self.input.value().to_owned());
        }
        let leaves = [Chord::code(KeyCode::Esc), Chord::ctrl('c')].contains(&chord);
        let rubs_out = chord == Chord::code(KeyCode::Backspace) && self.input.value().is_empty();
        if leaves || rubs_out {
            return Typed::GivenUp;
        }
        if chord.is_text() && self.input.value().chars().count() >= FIELD_CHARS_MAX {
            return Typed::On;
        }
        let before = self.input.value().to_owned();
        self.input.handle_event(&Event::Key(chord.to_event()));
        if before != self.input.value() {
            self.problem = None;
            if let Purpose::Save { overwrite } = &mut self.purpose {
                *overwrite = false;
            }
        }
        Typed::On
    }

    /// The field as a line, of which the end is cut first: what is wrong goes before what is typed.
    pub(super) fn line(&self, columns: usize) -> String {
        let label = self.purpose.label();
        let cursor = self.input.cursor();
        let value: Vec<char> = self.input.value().chars().collect();
        let (before, after) = value.split_at(cursor.min(value.len()));
        let problem = self.problem.as_ref();
        let problem = problem.map_or_else(String::new, |why| format!("   {why}"));
        // What has been typed last stays in sight.
        let room = columns.saturating_sub(label.len() + problem.chars().count() + 6);
        let hidden = before.len().saturating_sub(room.max(8));
        let before: String = before[hidden..].iter().collect();
        let after: String = after.iter().collect();
        format!("{label} ▸ {before}█{after}{problem}")
    }
}
