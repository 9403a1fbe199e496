//! What a command printed, as lines that are safe to show.
//!
//! [`Lines`] turns bytes into [`Line`]s that know where they stand, [`piece`] reads some of them from
//! anywhere in a log, and [`Window`] keeps a bounded number of them to be looked at. Colours and
//! emphasis survive; nothing else that a byte stream can say to a terminal does.
//!
//! Absent on purpose: a terminal emulator. What a program draws on the alternate screen is one line
//! that says so.

mod line;
mod lines;
mod parser;
pub(crate) mod piece;
mod sgr;
mod window;

pub(crate) use line::StyledLine;
pub(crate) use lines::{Kind, Line, LineState, Lines, after_first_break};
pub(crate) use piece::{Log, Only, Piece, moves_cursor};
pub(crate) use window::{Streams, Stretch, Window};

#[cfg(test)]
mod tests;
