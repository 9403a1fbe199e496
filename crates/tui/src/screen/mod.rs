//! The screens: what an operator sees and presses.
//!
//! Every screen is a pure core in a thin shell. The core is `update(&mut Model, Msg) ->
//! Vec<Effect>` and `view(&Model, &mut Frame)`: no clock, no terminal, no socket, so every screen
//! is tested as a table and a buffer. The shell (`run`) owns the terminal, the clock and the
//! keyboard thread, and feeds the core.
//!
//! Invariants:
//! - Input is handled before data, so no flood of records or output delays a key.
//! - A frame is drawn only when something changed, with one write, and at most as often as
//!   [`pace`] lets it. An idle screen writes nothing and wakes only for a clock that is visible.
//! - Text of a run reaches a cell only through [`pod_protocol::printable`] or the output parser;
//!   the backend refuses control characters once more.
//! - Every state has a word and a glyph; colour comes from the terminal's own 16 and only
//!   reinforces.
//!
//! Absent on purpose: sockets, files and the registry. Screens get events through channels and
//! hand out orders; who carries them out is not their business.

mod bindings;
mod elapsed;
mod keymap;
#[cfg(test)]
mod keys_page;
pub(crate) mod monitor;
pub(crate) mod output;
pub(crate) mod pace;
mod palette;
pub(crate) mod picker;
mod pill;
pub mod rehearsal;
mod shell;
mod spans;
mod terminal;
#[cfg(test)]
mod testing;
mod typed;
mod viewport;

use std::io;

use thiserror::Error;

pub(crate) use bindings::{BindingError, KeyChanges, read_changes};
pub(crate) use palette::{Depth, Palette};
pub(crate) use shell::TypedAhead;
pub(crate) use terminal::Alerts;
pub(crate) use typed::Typed;

/// Why a screen could not be shown.
#[derive(Debug, Error)]
pub(crate) enum ScreenError {
    /// The terminal does not do what it should.
    #[error("cannot {operation} the terminal")]
    Terminal {
        /// What was tried.
        operation: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}
