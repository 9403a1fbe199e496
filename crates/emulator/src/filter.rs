//! What stands between a program and the screen: the emulator below reads less than terminals do, and
//! keeps what nobody wants.
//!
//! - Control strings are read over, so that nothing keeps them, however long they are.
//! - The line-drawing characters become the characters that they stand for.
//! - Sequences that the screen does not know become those that it does.
//! - A character that is cut in two waits for its other half: the parser below loses what follows it.
//! - What is no UTF-8 becomes U+FFFD: that parser makes of it what depends on how it was cut.

use pod_protocol::begun_bytes;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const DEL: u8 = 0x7f;

/// A control string of which more than this has come without its end is none: what follows is text.
/// As for lines of output.
const STRING_BYTES_MAX: usize = 64 * 1024;
/// The longest control sequence. A longer one is read over: the screen knows 32 parameters.
const SEQUENCE_BYTES_MAX: usize = 256;
/// The most tabulators that one sequence can ask for: more reach any edge.
const TABS_MAX: u16 = 255;

/// What `DEC` terminals draw for the bytes from `0x60` on.
const LINE_DRAWING: [char; 31] = [
    '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼',
    '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

/// Where what is left goes.
pub(crate) trait Sink {
    /// Bytes that the screen can read.
    fn write(&mut self, bytes: &[u8]);
    /// Back by so many tabulators.
    fn back_tab(&mut self, count: u16);
}

/// The filter. It holds a few bytes of what is under way.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    state: State,
    /// The sequence that is under way, or half a character.
    held: Vec<u8>,
    /// How much of a control string has come.
    string_bytes: usize,
    charsets: Charsets,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Escape,
    /// In an escape sequence that began with this byte.
    Intermediate(u8),
    Control,
    String(Ends),
    StringEscape(Ends),
}

/// What ends a control string beside `ST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Bell,
    Nothing,
}

/// Which of two sets of characters draw lines, and which is in use.
#[derive(Clone, Copy, Debug, Default)]
struct Charsets {
    drawing: [bool; 2],
    used: usize,
}

impl Charsets {
    const fn is_drawing(self) -> bool {
        self.drawing[self.used]
    }
}

impl Filter {
    /// Reads what the program has written next.
    pub(crate) fn read(&mut self, bytes: &[u8], sink: &mut impl Sink) {
        let mut at = 0;
        while at < bytes.len() {
            if self.state == State::Text {
                at += self.text(&bytes[at..], sink);
            } else {
                self.step(bytes[at], sink);
                at += 1;
            }
        }
    }

    /// Passes text on up to the next byte that is none; how many bytes that took.
    fn text(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let special = |byte: &u8| matches!(*byte, ESC | SHIFT_OUT | SHIFT_IN | DEL);
        let length = bytes.iter().position(special).unwrap_or(bytes.len());
        let (text, rest) = bytes.split_at(length);
        if !text.is_empty() {
            self.pass(text, sink);
        }
        let Some(byte) = rest.first() else {
            return length;
        };
        // What was begun is no character.
        self.flush(sink);
        match *byte {
            ESC => self.state = State::Escape,
            SHIFT_OUT => self.charsets.used = 1,
            SHIFT_IN => self.charsets.used = 0,
            // Terminals show nothing for a delete.
            _ => {}
        }
        length + 1
    }

    fn pass(&mut self, text: &[u8], sink: &mut impl Sink) {
        let joined;
        let mut text = text;
        if !self.held.is_empty() {
            self.held.extend_from_slice(text);
            joined = std::mem::take(&mut self.held);
            text = &joined;
        }
        let whole = text.len() - begun_bytes(text);
        let characters = String::from_utf8_lossy(&text[..whole]);
        if self.charsets.is_drawing() {
            sink.write(&drawn(characters.as_bytes()));
        } else {
            sink.write(characters.as_bytes());
        }
        self.held.extend_from_slice(&text[whole..]);
    }

    fn flush(&mut self, sink: &mut impl Sink) {
        if !self.held.is_empty() {
            sink.write(String::from_utf8_lossy(&self.held).as_bytes());
            self.held.clear();
        }
    }

    fn step(&mut self, byte: u8, sink: &mut impl Sink) {
        match (self.state, byte) {
            (_, CAN | SUB) => self.begin(State::Text),
            (State::String(ends), ESC) => self.state = State::StringEscape(ends),
            (State::String(Ends::Bell), BEL) => self.state = State::Text,
            (State::String(_), _) => self.swallow(),
            (State::StringEscape(_), b'\\') => self.state = State::Text,
            (_, ESC) => self.state = State::Escape,
            // The string was given up for another sequence.
            (State::StringEscape(_), byte) => self.escape(byte, sink),
            // Others take effect within a sequence and leave it alone.
            (_, 0..0x20) => sink.write(&[byte]),
            (State::Escape, byte) => self.escape(byte, sink),
            (State::Intermediate(_), 0x20..=0x2f) => {}
            (State::Intermediate(first), byte) => {
                self.designate(first, byte);
                self.state = State::Text;
            }
            (State::Control, 0x20..=0x3f) => {
                if self.held.len() <= SEQUENCE_BYTES_MAX {
                    self.held.push(byte);
                }
            }
            (State::Control, byte @ 0x40..=0x7e) => {
                self.state = State::Text;
                let held = std::mem::take(&mut self.held);
                if held.len() <= SEQUENCE_BYTES_MAX {
                    control(&held, byte, sink);
                }
            }
            (State::Control, DEL) => {}
            (State::Control | State::Text, _) => self.begin(State::Text),
        }
    }

    fn begin(&mut self, state: State) {
        self.held.clear();
        self.string_bytes = 0;
        self.state = state;
    }

    fn swallow(&mut self) {
        self.string_bytes += 1;
        if self.string_bytes > STRING_BYTES_MAX {
            self.state = State::Text;
        }
    }

    fn escape(&mut self, byte: u8, sink: &mut impl Sink) {
        self.begin(match byte {
            b'[' => State::Control,
            b']' => State::String(Ends::Bell),
            b'P' | b'X' | b'^' | b'_' => State::String(Ends::Nothing),
            0x20..=0x2f => State::Intermediate(byte),
            _ => State::Text,
        });
        match byte {
            // Down, scrolling: as a line feed does.
            b'D' => sink.write(b"\n"),
            b'E' => sink.write(b"\r\n"),
            b'7' | b'8' | b'=' | b'>' | b'M' => sink.write(&[ESC, byte]),
            b'c' => {
                self.charsets = Charsets::default();
                sink.write(b"\x1bc");
            }
            _ => {}
        }
    }

    fn designate(&mut self, set: u8, characters: u8) {
        let index = match set {
            b'(' => 0,
            b')' => 1,
            _ => return,
        };
        self.charsets.drawing[index] = characters == b'0';
    }
}

/// Passes a control sequence on as the screen knows it.
fn control(parameters: &[u8], last: u8, sink: &mut impl Sink) {
    let is_private = matches!(parameters.first(), Some(b'<'..=b'?'));
    match last {
        b'h' | b'l' if parameters.first() == Some(&b'?') => modes(&parameters[1..], last, sink),
        _ if is_private => sequence(parameters, last, sink),
        b's' if parameters.is_empty() => sink.write(b"\x1b7"),
        b'u' if parameters.is_empty() => sink.write(b"\x1b8"),
        b'a' => sequence(parameters, b'C', sink),
        b'e' => sequence(parameters, b'B', sink),
        b'I' => (0..count(parameters)).for_each(|_| sink.write(b"\t")),
        b'Z' => sink.back_tab(count(parameters)),
        _ => sequence(parameters, last, sink),
    }
}

/// The alternate screen has more names than the screen below knows.
fn modes(parameters: &[u8], last: u8, sink: &mut impl Sink) {
    for mode in parameters.split(|byte| *byte == b';') {
        match (mode, last) {
            (b"1047", _) => sequence(b"?47", last, sink),
            (b"1048", b'h') => sink.write(b"\x1b7"),
            (b"1048", _) => sink.write(b"\x1b8"),
            _ => sequence(&[b"?", mode].concat(), last, sink),
        }
    }
}

fn sequence(parameters: &[u8], last: u8, sink: &mut impl Sink) {
    let mut sequence = Vec::with_capacity(parameters.len() + 3);
    sequence.extend_from_slice(b"\x1b[");
    sequence.extend_from_slice(parameters);
    sequence.push(last);
    sink.write(&sequence);
}

fn count(parameters: &[u8]) -> u16 {
    let digits = std::str::from_utf8(parameters).unwrap_or_default();
    digits
        .parse()
        .map_or(1, |count: u16| count.clamp(1, TABS_MAX))
}

/// Text with its line-drawing characters as what they stand for.
fn drawn(text: &[u8]) -> Vec<u8> {
    let mut drawn = Vec::with_capacity(text.len() * 3);
    for byte in text {
        let character = match byte {
            b'_' => Some(' '),
            0x60..=0x7e => LINE_DRAWING.get(usize::from(byte - 0x60)).copied(),
            _ => None,
        };
        match character {
            Some(character) => {
                drawn.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            None => drawn.push(*byte),
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Written(String);

    impl Sink for Written {
        fn write(&mut self, bytes: &[u8]) {
            self.0.push_str(&String::from_utf8_lossy(bytes));
        }

        fn back_tab(&mut self, count: u16) {
            self.0.push_str(&format!("<back {count}>"));
        }
    }

    fn filtered(bytes: &[u8], cut: usize) -> String {
        let (mut filter, mut written) = (Filter::default(), Written::default());
        for piece in bytes.chunks(cut) {
            filter.read(piece, &mut written);
        }
        written.0
    }

    #[test]
    fn the_screen_gets_what_it_can_read() {
        let check = |bytes: &[u8], expected: &str| {
            for cut in 1..=bytes.len() {
                assert_eq!(filtered(bytes, cut), expected, "cut at {cut}");
            }
        };
        check(b"plain \x1b[1;31mred\x1b[m", "plain \x1b[1;31mred\x1b[m");
        check("日本 é".as_bytes(), "日本 é");
        // Strings are swallowed, however they end.
        check(b"a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", "abc");
        check(b"a\x1bP+q544e\x1b\\b\x1b_Gpng\x1b\\c\x1b^x\x1b\\d", "abcd");
        check(b"a\x1b]0;cut\x18b\x1b]0;cut\x1b[1mc", "ab\x1b[1mc");
        check(b"a\x1bPbell\x07more\x1b\\b", "ab");
        // Lines are drawn.
        check(b"\x1b(0lqk_x\x1b(Bq", "┌─┐ │q");
        check(b"\x1b)0q\x0eq\x0fq", "q─q");
        check("\x1b(0é\x1b(B".as_bytes(), "é");
        // Other names of the same.
        check(
            b"\x1b[s\x1b[u\x1bD\x1bE\x1b[3a\x1b[3e",
            "\x1b7\x1b8\n\r\n\x1b[3C\x1b[3B",
        );
        check(b"\x1b[?1047;25h\x1b[?1048l", "\x1b[?47h\x1b[?25h\x1b8");
        check(b"\x1b[2I\x1b[Z\x1b[3Z", "\t\t<back 1><back 3>");
        // Keyboard protocols are no cursor movements.
        check(b"\x1b[>1u\x1b[<u", "\x1b[>1u\x1b[<u");
        // Bytes that are no characters, alone and before a sequence.
        check(b"a\xc2\x1b0\x80 \x80b", "a\u{fffd}\u{fffd} \u{fffd}b");
        check(
            b"\xf0\x80\x1b[mx\xe2\x82y\x9b",
            "\u{fffd}\u{fffd}\x1b[mx\u{fffd}y\u{fffd}",
        );
        // Controls within a sequence, and what is no sequence.
        check(b"\x1b[3\r1m\x1b[4\x18m\x7f", "\r\x1b[31mm");
        check(b"\x1b\x1b[m\x1b#8\x1b%G", "\x1b[m");
    }

    #[test]
    fn what_has_no_end_is_given_up() {
        let string = [
            b"\x1b]0;".to_vec(),
            vec![b'x'; STRING_BYTES_MAX],
            b"ytext".to_vec(),
        ]
        .concat();
        assert!(filtered(&string, 4096).ends_with("text"));
        assert!(filtered(&string, 4096).len() < 16);
        let sequence = [b"\x1b[".to_vec(), vec![b'1'; 10_000], b"mtext".to_vec()].concat();
        assert_eq!(filtered(&sequence, 100), "text");
    }
}
