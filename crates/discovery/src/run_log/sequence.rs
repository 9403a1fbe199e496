//! Escape sequences: how long they are, and which of them move the cursor within what is shown.

use memchr::memchr;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
/// Cancel and substitute, which end a sequence without effect.
const ABORTS: [u8; 2] = [0x18, 0x1a];

/// An escape sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// Nothing of it can be seen in a line. It ends there.
    Invisible(usize),
    /// It moves the cursor, or what stands on the line, or erases.
    Moves {
        /// Where it ends.
        end: usize,
        /// What it does, as its last byte says.
        action: u8,
        /// How far: its first number, 0 if there is none.
        count: usize,
    },
}

impl Sequence {
    /// Where it ends.
    pub(super) const fn end(self) -> usize {
        match self {
            Self::Invisible(end) | Self::Moves { end, .. } => end,
        }
    }
}

/// The sequence that begins at `at`, which is an escape. One without an end ends with its line.
pub(super) fn read(raw: &[u8], at: usize) -> Sequence {
    let Some(kind) = raw.get(at + 1) else {
        return Sequence::Invisible(at + 1);
    };
    match kind {
        b'[' => control_sequence(raw, at + 2),
        b']' => Sequence::Invisible(string_end(raw, at + 2, true)),
        b'P' | b'X' | b'^' | b'_' => Sequence::Invisible(string_end(raw, at + 2, false)),
        0x20..=0x2f => {
            let rest = &raw[at + 2..];
            let last = rest.iter().position(|byte| !matches!(byte, 0x20..=0x2f));
            let end = at + 2 + last.unwrap_or(rest.len());
            let has_last = raw.get(end).is_some_and(|byte| matches!(byte, 0x30..=0x7e));
            Sequence::Invisible(end + usize::from(has_last))
        }
        0x30..=0x7e => Sequence::Invisible(at + 2),
        _ => Sequence::Invisible(at + 1),
    }
}

/// A control sequence whose parameters begin at `from`.
fn control_sequence(raw: &[u8], from: usize) -> Sequence {
    let rest = &raw[from..];
    let Some(last) = rest.iter().position(|byte| !matches!(byte, 0x20..=0x3f)) else {
        return Sequence::Invisible(raw.len());
    };
    let end = from + last;
    match rest[last] {
        action @ (b'K' | b'P' | b'@' | b'X' | b'C' | b'a' | b'D' | b'G' | b'`' | b'H' | b'f'
        | b'E' | b'B')
            if rest[..last]
                .iter()
                .all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':')) =>
        {
            Sequence::Moves {
                end: end + 1,
                action,
                count: first_number(&rest[..last]),
            }
        }
        0x40..=0x7e => Sequence::Invisible(end + 1),
        byte if ABORTS.contains(&byte) => Sequence::Invisible(end + 1),
        // A control character, or not a sequence at all: that is read on its own.
        _ => Sequence::Invisible(end),
    }
}

fn first_number(parameters: &[u8]) -> usize {
    let digits = parameters.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: usize, digit| {
        number
            .saturating_mul(10)
            .saturating_add(usize::from(digit - b'0'))
    })
}

/// Behind the control string whose content begins at `from`.
fn string_end(raw: &[u8], from: usize, bell_ends: bool) -> usize {
    let line = memchr(b'\n', &raw[from..]).map_or(raw.len(), |newline| from + newline);
    let ends = |byte: &u8| *byte == ESCAPE || (bell_ends && *byte == BELL) || ABORTS.contains(byte);
    match raw[from..line].iter().position(ends) {
        None => line,
        Some(found) if raw[from + found] == ESCAPE => match raw.get(from + found + 1) {
            Some(b'\\') => from + found + 2,
            // Another sequence begins.
            _ => from + found,
        },
        Some(found) => from + found + 1,
    }
}
