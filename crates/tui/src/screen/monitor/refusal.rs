//! What cannot be done at the moment, and why: asked before a command is obeyed and before its key
//! is shown.

use super::{
    keys::Command,
    model::{Connection, Model, Tab},
};

/// Why `command` cannot be carried out now.
pub(crate) fn refusal(model: &Model, command: Command) -> Option<&'static str> {
    match command {
        Command::Stop if model.options.read_only => Some("read-only: this viewer may only watch"),
        Command::Stop if model.status().is_terminal() => Some("the run has ended"),
        Command::Stop if model.link != Connection::Connected => Some("not connected to the run"),
        Command::Stop if model.run.state.requests.stop_at.is_some() => {
            Some("a stop is under way already")
        }
        Command::Reconnect if !(model.link == Connection::Lost) => {
            Some("the connection is not lost")
        }
        Command::Expand if model.tab != Tab::Events => Some("only records expand"),
        _ => None,
    }
}
