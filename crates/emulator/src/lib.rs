//! What a program writes to its terminal, as the cells of a screen.
//!
//! [`Emulator`] is fed the bytes of a command and knows what a terminal would show of them: cells,
//! cursor, and the modes that decide what a key sends. The screen itself is `vt100`'s; before it stand
//! a filter that keeps from it what it cannot read and a page that does what it does not know, and
//! around it a guard for its panics.
//!
//! Invariants:
//! - Whatever the bytes and however they are cut, nothing panics outwards, memory stays within what the
//!   size of the screen asks for, and every cell holds printable text of exactly its own width.
//! - Control strings (titles, links, clipboard, images) are read over and never kept.
//!
//! What terminals make of a sequence is written down as a table (`screen/tests/terminals.rs`), mostly by
//! one of them.
//!
//! Absent on purpose: writing anything anywhere; what a program asks its terminal is answered by
//! whoever feeds the emulator, if at all. And what nothing uses that people run: a screen reversed as a
//! whole or of 132 columns, double rows, margins to the left and right.

mod cell;
mod filter;
mod guard;
mod page;
mod screen;

pub use cell::{Glyph, OWN_COLOURS};
pub use guard::is_catching;
pub use screen::{Broken, Emulator, InputModes};
