//! What stands between a program and the screen: the emulator below reads less than terminals do, and
//! keeps what nobody wants.
//!
//! - Control strings are read over, so that nothing keeps them, however long they are.
//! - The line-drawing characters become the characters that they stand for.
//! - Sequences that the screen does not know become those that it does, or what the page does in
//!   their place.
//! - A character that is cut in two waits for its other half: the parser below loses what follows it.
//! - What is no UTF-8 becomes U+FFFD: that parser makes of it what depends on how it was cut.

mod sequence;

use pod_protocol::begun_bytes;

use self::sequence::control;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const TAB: u8 = 0x09;
const DEL: u8 = 0x7f;

/// A control string of which more than this has come without its end is none: what follows is text.
/// As for lines of output.
const STRING_BYTES_MAX: usize = 64 * 1024;
/// The longest control sequence. A longer one is read over: the screen knows 32 parameters.
const SEQUENCE_BYTES_MAX: usize = 256;

/// What `DEC` terminals draw for the bytes from `0x60` on.
const LINE_DRAWING: [char; 31] = [
    '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼',
    '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

/// Where what is left goes.
pub(crate) trait Sink {
    /// Text, and single control characters.
    fn text(&mut self, text: &str);
    /// A sequence that the screen can read.
    fn write(&mut self, sequence: &[u8]);
    /// What it cannot read.
    fn act(&mut self, act: Act);
}

/// What a program can ask for and the screen does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Forward by so many tabulators.
    Tab(u16),
    /// Back by so many.
    BackTab(u16),
    /// A tabulator stops in this column from now on.
    SetTab,
    /// Not any more.
    ClearTab,
    /// There are no stops.
    ClearTabs,
    /// What is written moves what stands there, or takes its place.
    Insert(bool),
    /// Text goes on in the next row at the margin, or stays there.
    Wrap(bool),
    /// The other screen, and whether it is the alternate one, which is blank in the beginning.
    Switch(Switch, bool),
    /// The character before this, so many times more.
    Repeat(u16),
    /// Up by so many rows, within the region.
    Up(u16),
    /// Down by so many.
    Down(u16),
    /// To the first column.
    Begin,
    /// To this row, from 1.
    Row(u16),
    /// Up by a row, scrolling.
    Back,
    /// The cursor is kept, to be restored.
    Save,
    /// It is where it was when it was kept.
    Restore,
    /// Rows are counted from the first one of the region, or of the screen.
    Origin(bool),
    /// Only the rows between these, from 1, scroll; 0 is the first or the last one.
    Region(u16, u16),
    /// Modes, pen and region are as in the beginning; what is written stays.
    ResetModes,
    /// Everything is as in the beginning.
    Reset,
}

/// How the other screen is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// The cursor stays where it is, both ways.
    Bare,
    /// The cursor comes back to where it was.
    Whole,
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
    /// Those that were saved with the cursor.
    saved: Charsets,
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
        let special = |byte: &u8| matches!(*byte, ESC | TAB | SHIFT_OUT | SHIFT_IN | DEL);
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
            TAB => sink.act(Act::Tab(1)),
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
            sink.text(&drawn(&characters));
        } else {
            sink.text(&characters);
        }
        self.held.extend_from_slice(&text[whole..]);
    }

    fn flush(&mut self, sink: &mut impl Sink) {
        if !self.held.is_empty() {
            sink.text(&String::from_utf8_lossy(&self.held));
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
                    self.heed(&held, byte);
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
            b'H' => sink.act(Act::SetTab),
            b'7' => {
                self.saved = self.charsets;
                sink.act(Act::Save);
            }
            b'8' => {
                self.charsets = self.saved;
                sink.act(Act::Restore);
            }
            b'M' => sink.act(Act::Back),
            b'=' | b'>' => sink.write(&[ESC, byte]),
            b'c' => {
                (self.charsets, self.saved) = Default::default();
                sink.act(Act::Reset);
            }
            _ => {}
        }
    }

    /// Takes from a control sequence what concerns the sets of characters.
    fn heed(&mut self, parameters: &[u8], last: u8) {
        match (parameters, last) {
            (b"", b's') | (b"?1048", b'h') => self.saved = self.charsets,
            (b"", b'u') | (b"?1048", b'l') => self.charsets = self.saved,
            (b"!", b'p') => (self.charsets, self.saved) = Default::default(),
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

/// Text with its line-drawing characters as what they stand for.
fn drawn(text: &str) -> String {
    let stands_for = |c: char| match u32::from(c) {
        0x5f => ' ',
        code @ 0x60..=0x7e => LINE_DRAWING[code as usize - 0x60],
        _ => c,
    };
    text.chars().map(stands_for).collect()
}

#[cfg(test)]
mod tests;
