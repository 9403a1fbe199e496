//! Finds a program's questions in its output as it comes, however the bytes are cut.
//!
//! It follows the shape of control sequences and holds a few bytes of the one that is under way. It
//! is not an emulator: it knows nothing of a screen.

use super::{Colour, TerminalQuery};

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

/// How much of one sequence is looked at: the longest question that is understood is shorter.
const HELD_BYTES_MAX: usize = 32;

/// A streaming search for [`TerminalQuery`].
#[derive(Clone, Debug, Default)]
pub struct QueryScanner {
    state: State,
    held: [u8; HELD_BYTES_MAX],
    /// How many bytes the sequence has had so far, held or not.
    length: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// In text.
    #[default]
    Text,
    /// Behind an escape.
    Escape,
    /// In an escape sequence that is no question, up to its final byte.
    Charset,
    /// Behind `CSI`.
    Control,
    /// In a string, up to `ST` or, for some, a bell.
    String(Kind),
    /// Behind an escape in a string.
    StringEscape(Kind),
}

/// The strings that a program can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `OSC`.
    System,
    /// `DCS`.
    Device,
    /// The others, which ask nothing.
    Other,
}

impl QueryScanner {
    /// Looks through what the program has written next. `found` gets each question and how many of
    /// these bytes there are up to its end.
    pub fn scan(&mut self, bytes: &[u8], mut found: impl FnMut(usize, TerminalQuery)) {
        let mut at = 0;
        while at < bytes.len() {
            if self.state == State::Text {
                match memchr::memchr(ESC, &bytes[at..]) {
                    None => return,
                    Some(distance) => at += distance,
                }
                if let Some((length, query)) = whole_control(&bytes[at..]) {
                    at += length;
                    if let Some(query) = query {
                        found(at, query);
                    }
                    continue;
                }
            }
            let query = self.take(bytes[at]);
            at += 1;
            if let Some(query) = query {
                found(at, query);
            }
        }
    }

    fn take(&mut self, byte: u8) -> Option<TerminalQuery> {
        match (self.state, byte) {
            (_, CAN | SUB) => self.state = State::Text,
            (State::String(kind), ESC) => self.state = State::StringEscape(kind),
            (_, ESC) => self.begin(State::Escape),
            (State::Text, _) => {}
            (State::Escape, byte) => return self.escape(byte),
            (State::StringEscape(kind), b'\\') => {
                self.state = State::Text;
                return self.string(kind, false);
            }
            // The string was given up for another sequence.
            (State::StringEscape(_), byte) => {
                self.begin(State::Escape);
                return self.escape(byte);
            }
            (State::Charset, 0x30..=0x7e) => self.state = State::Text,
            (State::Control, 0x20..=0x3f) => self.hold(byte),
            (State::Control, 0x40..=0x7e) => {
                self.state = State::Text;
                return self.whole().and_then(|held| control(held, byte));
            }
            (State::Control | State::Charset, 0x80..) => self.state = State::Text,
            // Others take effect within a sequence and leave it alone.
            (State::Control | State::Charset, _) => {}
            (State::String(Kind::System), BEL) => {
                self.state = State::Text;
                return self.string(Kind::System, true);
            }
            (State::String(_), byte) => self.hold(byte),
        }
        None
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.length = 0;
    }

    fn hold(&mut self, byte: u8) {
        if let Some(place) = self.held.get_mut(self.length) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    fn escape(&mut self, byte: u8) -> Option<TerminalQuery> {
        let next = match byte {
            b'[' => State::Control,
            b']' => State::String(Kind::System),
            b'P' => State::String(Kind::Device),
            b'X' | b'^' | b'_' => State::String(Kind::Other),
            0x20..=0x2f => State::Charset,
            0..=0x1f => State::Escape,
            _ => State::Text,
        };
        self.begin(next);
        (byte == b'Z').then_some(TerminalQuery::Attributes)
    }

    /// The held bytes, if they are the whole sequence.
    fn whole(&self) -> Option<&[u8]> {
        self.held.get(..self.length)
    }

    fn string(&self, kind: Kind, bell: bool) -> Option<TerminalQuery> {
        match kind {
            Kind::System => colour(self.whole()?).map(|of| TerminalQuery::Colour { of, bell }),
            // The names that follow may be many; none of them is known.
            Kind::Device if self.length >= 2 => match self.held[..2] {
                [b'+', b'q'] => Some(TerminalQuery::Capability),
                [b'$', b'q'] => Some(TerminalQuery::Setting),
                _ => None,
            },
            Kind::Device | Kind::Other => None,
        }
    }
}

/// The way of most sequences, which come whole: how long the control sequence at the beginning of
/// `bytes` is, and what it asks. `None` for anything else.
fn whole_control(bytes: &[u8]) -> Option<(usize, Option<TerminalQuery>)> {
    let rest = bytes.strip_prefix(b"\x1b[")?;
    let length = rest.iter().position(|byte| !matches!(byte, 0x20..=0x3f))?;
    let (held, last) = (&rest[..length], rest[length]);
    let query = match last {
        b'c' | b'n' | b'p' | b'q' | b't' | b'u' if length <= HELD_BYTES_MAX => control(held, last),
        0x40..=0x7e => None,
        _ => return None,
    };
    Some((length + 3, query))
}

/// What a control sequence asks that ends with `last`.
fn control(held: &[u8], last: u8) -> Option<TerminalQuery> {
    let (mark, rest) = match held.split_first() {
        Some((&mark @ b'<'..=b'?', rest)) => (Some(mark), rest),
        _ => (None, held),
    };
    if let Some(number) = rest.strip_suffix(b"$") {
        let private = mark == Some(b'?');
        return match (last, number_of(number)?) {
            (b'p', number) if private || mark.is_none() => {
                Some(TerminalQuery::Mode { number, private })
            }
            _ => None,
        };
    }
    let is_plain = rest.is_empty() || rest == b"0";
    match (mark, last) {
        (None, b'n') => match rest {
            b"5" => Some(TerminalQuery::Status),
            b"6" => Some(TerminalQuery::Cursor { private: false }),
            _ => None,
        },
        (Some(b'?'), b'n') if rest == b"6" => Some(TerminalQuery::Cursor { private: true }),
        (None, b'c') if is_plain => Some(TerminalQuery::Attributes),
        (Some(b'>'), b'c') if is_plain => Some(TerminalQuery::SecondaryAttributes),
        (Some(b'='), b'c') if is_plain => Some(TerminalQuery::TertiaryAttributes),
        (Some(b'>'), b'q') if is_plain => Some(TerminalQuery::Version),
        (Some(b'?'), b'u') if is_plain => Some(TerminalQuery::KittyKeyboard),
        (None, b't') => window(rest),
        _ => None,
    }
}

fn window(parameters: &[u8]) -> Option<TerminalQuery> {
    let operation = parameters.split(|&byte| byte == b';').next()?;
    Some(match operation {
        b"11" => TerminalQuery::WindowState,
        b"13" => TerminalQuery::WindowPosition,
        b"14" => TerminalQuery::TextPixels,
        b"15" => TerminalQuery::ScreenPixels,
        b"16" => TerminalQuery::CellPixels,
        b"18" => TerminalQuery::TextCells,
        b"19" => TerminalQuery::ScreenCells,
        _ => return None,
    })
}

fn colour(command: &[u8]) -> Option<Colour> {
    let asked = command.strip_suffix(b";?")?;
    match asked {
        b"10" => Some(Colour::Foreground),
        b"11" => Some(Colour::Background),
        b"12" => Some(Colour::Cursor),
        _ => {
            let index = number_of(asked.strip_prefix(b"4;")?)?;
            u8::try_from(index).ok().map(Colour::Palette)
        }
    }
}

/// A number of digits only.
fn number_of(digits: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests;
