//! What a program writes to its terminal, as the cells of a screen.
//!
//! [`Emulator`] is fed the bytes of a command and knows what a terminal would show of them: cells,
//! cursor, and the modes that decide what a key sends. The screen itself is `vt100`'s; before it stands
//! a filter that keeps from it what it cannot read, and around it a guard for its panics.
//!
//! Invariants:
//! - Whatever the bytes and however they are cut, nothing panics outwards, memory stays within what the
//!   size of the screen asks for, and every cell holds printable text of exactly its own width.
//! - Control strings (titles, links, clipboard, images) are read over and never kept.
//!
//! Absent on purpose: writing anything anywhere. What a program asks its terminal is answered by
//! whoever feeds the emulator, if at all.

mod cell;
mod filter;
mod guard;
mod screen;

pub use cell::Glyph;
pub use guard::is_catching;
pub use screen::{Broken, Emulator, InputModes};
