//! What a command printed, as lines that are safe to show.
//!
//! [`Scrollback`] keeps a bounded window of styled lines, parsed from raw bytes. Colours and
//! emphasis survive; nothing else that a byte stream can say to a terminal does.
//!
//! Absent on purpose: a terminal emulator. Programs that draw whole screens are shown as the lines
//! they print.

mod line;
mod parser;
mod scrollback;
mod sgr;

pub(crate) use line::StyledLine;
pub(crate) use parser::OutputParser;
pub(crate) use scrollback::Scrollback;

#[cfg(test)]
mod tests;
