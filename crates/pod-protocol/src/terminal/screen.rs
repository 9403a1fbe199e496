//! Finds where a program takes the alternate screen and gives it back, in its output as it comes,
//! however the bytes are cut.
//!
//! Like [`QueryScanner`](super::QueryScanner) it follows the shape of control sequences and knows
//! nothing of a screen. It holds a few numbers, and looks for nothing but escapes in text, so that
//! it can see every byte of a flood.

use crate::Offset;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

/// A control string (title, link, image) of which more than this has come without its end is given
/// up: what follows is text.
pub const CONTROL_STRING_BYTES_MAX: usize = 64 * 1024;

/// The private modes that switch screens.
const SCREEN_MODES: [u32; 3] = [47, 1047, 1049];

/// What the bytes are that [`ScreenScanner::next`] has gone over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Text and control sequences.
    Text,
    /// Inside of a control string; the escape that begins it was text still.
    Inside,
    /// None: an escape that seemed to end a control string begins a sequence instead.
    Escape,
    /// Up to the end of a sequence that takes the alternate screen (or gives it back, if `false`).
    Switch(bool),
}

/// A streaming search for switches between the two screens.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScreenScanner {
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Text,
    Escape,
    /// A control sequence: whether it is a private one so far, the number being read, and whether
    /// one that switches screens was among those before.
    Sequence {
        shape: Shape,
        number: u32,
        switches: bool,
    },
    /// A control string, and how much of it has come.
    Inside(usize),
    /// An escape in a control string.
    InsideEscape(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Nothing of it has come.
    Begun,
    /// It began with a question mark.
    Private,
    /// No sequence of ours.
    Other,
}

impl ScreenScanner {
    /// Goes over the beginning of `bytes`: how far, and what it was. `None` when there are none.
    pub fn next(&mut self, bytes: &[u8]) -> Option<(usize, Scanned)> {
        if bytes.is_empty() {
            return None;
        }
        match self.state {
            State::Inside(_) | State::InsideEscape(_) => Some(self.inside(bytes)),
            _ => Some(self.text(bytes)),
        }
    }

    fn inside(&mut self, bytes: &[u8]) -> (usize, Scanned) {
        for (index, byte) in bytes.iter().enumerate() {
            let (escaped, seen) = match self.state {
                State::Inside(seen) => (false, seen + 1),
                State::InsideEscape(seen) => (true, seen + 1),
                _ => return (index, Scanned::Inside),
            };
            self.state = match *byte {
                b'\\' if escaped => State::Text,
                _ if escaped => {
                    self.state = State::Escape;
                    return match index {
                        0 => (0, Scanned::Escape),
                        // Told with the next call, as if it were the first byte then.
                        _ => {
                            self.state = State::InsideEscape(seen - 1);
                            (index, Scanned::Inside)
                        }
                    };
                }
                BEL | CAN | SUB => State::Text,
                _ if seen > CONTROL_STRING_BYTES_MAX => State::Text,
                ESC => State::InsideEscape(seen),
                _ => State::Inside(seen),
            };
        }
        (bytes.len(), Scanned::Inside)
    }

    fn text(&mut self, bytes: &[u8]) -> (usize, Scanned) {
        let mut at = 0;
        while at < bytes.len() {
            if matches!(self.state, State::Text) {
                match memchr::memchr(ESC, &bytes[at..]) {
                    Some(ahead) => at += ahead,
                    None => break,
                }
            }
            let switch = self.step(bytes[at]);
            at += 1;
            if let Some(on) = switch {
                return (at, Scanned::Switch(on));
            }
            if matches!(self.state, State::Inside(_)) {
                return (at, Scanned::Text);
            }
        }
        (bytes.len(), Scanned::Text)
    }

    /// One byte outside of control strings.
    fn step(&mut self, byte: u8) -> Option<bool> {
        let mut switch = None;
        self.state = match (self.state, byte) {
            (_, ESC) => State::Escape,
            // Lines are read from their beginnings, so nothing but a control string outlives one.
            (_, CAN | SUB | b'\n') => State::Text,
            (State::Escape, b'[') => State::Sequence {
                shape: Shape::Begun,
                number: 0,
                switches: false,
            },
            (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => State::Inside(0),
            (State::Escape, 0x30..=0x7e) => State::Text,
            (
                State::Sequence {
                    shape,
                    number,
                    switches,
                },
                byte,
            ) => {
                let is_ours = switches || SCREEN_MODES.contains(&number);
                match byte {
                    b'h' | b'l' if shape == Shape::Private && is_ours => {
                        switch = Some(byte == b'h');
                        State::Text
                    }
                    0x40..=0x7e => State::Text,
                    _ => sequence(shape, number, switches, byte),
                }
            }
            (state, _) => state,
        };
        switch
    }
}

/// A control sequence one byte further, which does not end it.
fn sequence(shape: Shape, number: u32, switches: bool, byte: u8) -> State {
    let (shape, number, switches) = match byte {
        b'?' if shape == Shape::Begun => (Shape::Private, 0, false),
        b'0'..=b'9' if shape == Shape::Private => {
            let digit = u32::from(byte - b'0');
            let number = number.saturating_mul(10).saturating_add(digit);
            (shape, number, switches)
        }
        b';' => (shape, 0, switches || SCREEN_MODES.contains(&number)),
        0x20..=0x3f => (Shape::Other, 0, false),
        // Control characters are carried out in the middle of it; other bytes are none of ours.
        _ => (shape, number, switches),
    };
    State::Sequence {
        shape,
        number,
        switches,
    }
}

/// Which screen a program is on, as far as its output was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreenInUse {
    /// Whether it is the alternate one; `None` until a switch was seen.
    pub is_alternate: Option<bool>,
    /// Behind the sequence that took the alternate screen last, if one was seen.
    pub entered: Option<Offset>,
}

impl ScreenInUse {
    /// Takes note of the output at `from`.
    pub fn see(&mut self, scanner: &mut ScreenScanner, from: Offset, bytes: &[u8]) {
        let (mut at, mut left) = (from, bytes);
        while let Some((count, scanned)) = scanner.next(left) {
            (at, left) = (at.plus(count as u64), &left[count..]);
            if let Scanned::Switch(on) = scanned {
                if on && self.is_alternate != Some(true) {
                    self.entered = Some(at);
                }
                self.is_alternate = Some(on);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(pieces: &[&[u8]]) -> ScreenInUse {
        let (mut seen, mut scanner, mut at) = (ScreenInUse::default(), ScreenScanner::default(), 0);
        for piece in pieces {
            seen.see(&mut scanner, Offset(at), piece);
            at += piece.len() as u64;
        }
        seen
    }

    #[test]
    fn every_way_to_take_the_alternate_screen_is_found() {
        let check = |bytes: &str, is_alternate: bool, entered: Option<u64>| {
            let expected = ScreenInUse {
                is_alternate: entered.map(|_| is_alternate),
                entered: entered.map(Offset),
            };
            assert_eq!(seen(&[bytes.as_bytes()]), expected, "{bytes:?}");
        };
        check("plain \x1b[31mtext", false, None);
        check("\x1b[?1049h", true, Some(8));
        check("ab\x1b[?47h", true, Some(8));
        check("\x1b[?1047h\x1b[?1047l", false, Some(8));
        check("\x1b[?25;1049;7h", true, Some(13));
        check("\x1b[?47;10490h", true, Some(12));
        check("\x1b[?1049;25h", true, Some(11));
        check("\x1b[1049h", false, None);
        check("\x1b[?10490h", false, None);
        check("\x1b[?1049x", false, None);
        check("\x1b[>?1049h", false, None);
        check("\x1b[?1049$p", false, None);
        check("\x1b[?10\r49h", true, Some(9));
        check("\x1b[?10\x1849h", false, None);
        check("\x1b[?10\n49h", false, None);
        check("\x1b]0;\x1b[?1049h", true, Some(12));
        check("\x1b]0;[?1049h\x07", false, None);
        check("\x1b]0;a\x1b\\\x1b[?1049h", true, Some(15));
        check("\x1bPq[?1049h", false, None);
        check("\x1b[?1049h..\x1b[?1049h", true, Some(8));
        check("\x1b(B\x1b[?1049h", true, Some(11));
    }

    #[test]
    fn a_control_string_without_an_end_is_given_up() {
        let mut bytes = b"\x1b]0;".to_vec();
        bytes.extend(vec![b'x'; CONTROL_STRING_BYTES_MAX + 1]);
        bytes.extend(b"\x1b[?1049h");
        assert_eq!(seen(&[&bytes]).is_alternate, Some(true));
    }

    fn noise() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            Just(b"\x1b[?1049h".to_vec()),
            Just(b"\x1b[?47l".to_vec()),
            Just(b"\x1b]0;".to_vec()),
            Just(b"\x1b".to_vec()),
            Just(b"\x1b\\".to_vec()),
            Just(b"[?25;1047h".to_vec()),
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn what_is_seen_does_not_depend_on_how_it_is_cut(bytes in noise(), cut in 0..120_usize) {
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(seen(&[first, second]), seen(&[&bytes]));
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(seen(&single), seen(&[&bytes]));
        }
    }
}
