//! How the Output tab changes.

use super::{Found, keys::Command, terminal};
use crate::screen::{
    keymap::Chord,
    monitor::{model::Model, tabs::Movement, update::Effect, view},
};

/// Obeys a key of the tab.
pub(in crate::screen::monitor) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Terminal(command) => terminal::update::obey(model, command),
    }
}

/// Gives a key to the open text field.
pub(in crate::screen::monitor) fn type_in(model: &mut Model, chord: Chord) -> Vec<Effect> {
    terminal::update::press(model, chord)
}

/// The tab came to the front.
pub(in crate::screen::monitor) fn shown(_model: &mut Model) -> Vec<Effect> {
    Vec::new()
}

/// Takes what was found.
pub(in crate::screen::monitor) fn found(_model: &mut Model, found: Found) -> Vec<Effect> {
    match found {}
}

/// Moves through the lines.
pub(in crate::screen::monitor) fn scroll(model: &mut Model, movement: Movement) -> Vec<Effect> {
    let height = view::body_rows(model);
    let mut viewport = model.output.viewport;
    viewport.scroll(movement.rows(), &model.output_rows(), height);
    model.output.viewport = viewport;
    Vec::new()
}
