//! What a program can ask its terminal, and what a plain xterm-like terminal says.
//!
//! A reply is made of numbers only, never of anything that the program has written: what a terminal
//! repeats to a program, a stranger's text could make it type.

use super::TerminalSize;

/// The values that xterm gives the sixteen named colours, in the order of their numbers.
pub const NAMED_COLOURS: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// A cell of the terminals that never had pixels, where a program insists: width and height.
const CELL_PIXELS: (u32, u32) = (8, 16);

/// A question of a program to its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalQuery {
    /// Is it in order? (DSR, `CSI 5 n`)
    Status,
    /// Where is the cursor? (CPR, `CSI 6 n`)
    Cursor {
        /// Asked as `CSI ? 6 n`.
        private: bool,
    },
    /// What can it do? (DA1, `CSI c`, `ESC Z`)
    Attributes,
    /// Which one is it? (DA2, `CSI > c`)
    SecondaryAttributes,
    /// Which unit is it? (DA3, `CSI = c`)
    TertiaryAttributes,
    /// What is it called? (XTVERSION, `CSI > q`)
    Version,
    /// Is this mode on? (DECRQM, `CSI ? … $ p`)
    Mode {
        /// Which.
        number: u16,
        /// Whether it is one of the private modes, with a `?`.
        private: bool,
    },
    /// Which of kitty's keyboard flags are set? (`CSI ? u`) A terminal without them says nothing:
    /// programs ask for the attributes next and take their coming first for a no.
    KittyKeyboard,
    /// Which colour is it? (`OSC 10 ; ?` and the like)
    Colour {
        /// Which colour.
        of: Colour,
        /// Whether the question ended with a bell, as the answer should then.
        bell: bool,
    },
    /// Is the window open? (`CSI 11 t`)
    WindowState,
    /// Where is the window? (`CSI 13 t`)
    WindowPosition,
    /// How many pixels has the text? (`CSI 14 t`)
    TextPixels,
    /// How many pixels has the screen? (`CSI 15 t`)
    ScreenPixels,
    /// How many pixels has a cell? (`CSI 16 t`)
    CellPixels,
    /// How many cells has the text? (`CSI 18 t`)
    TextCells,
    /// How many cells has the screen? (`CSI 19 t`)
    ScreenCells,
    /// What is this capability? (XTGETTCAP, `DCS + q`)
    Capability,
    /// How is this set? (DECRQSS, `DCS $ q`)
    Setting,
}

/// A colour that a program can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Of text (`OSC 10`).
    Foreground,
    /// Behind text (`OSC 11`).
    Background,
    /// Of the cursor (`OSC 12`).
    Cursor,
    /// One of the palette (`OSC 4`).
    Palette(u8),
}

/// What a reply may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalState {
    /// The size of the terminal.
    pub size: TerminalSize,
    /// Row of the cursor, from 1.
    pub row: u16,
    /// Column of the cursor, from 1.
    pub col: u16,
}

impl TerminalQuery {
    /// What a plain terminal in this state says; `None` where it says nothing.
    #[must_use]
    pub fn reply(self, state: &TerminalState) -> Option<String> {
        let TerminalState { size, row, col } = state;
        let (cols, rows) = (u32::from(size.cols), u32::from(size.rows));
        let (width, height) = (cols * CELL_PIXELS.0, rows * CELL_PIXELS.1);
        Some(match self {
            Self::Status => "\x1b[0n".to_owned(),
            Self::Cursor { private: false } => format!("\x1b[{row};{col}R"),
            Self::Cursor { private: true } => format!("\x1b[?{row};{col}R"),
            // A VT220 with colours, and nothing that the emulators of viewers cannot do.
            Self::Attributes => "\x1b[?62;22c".to_owned(),
            // So old that no program turns on what newer ones can do.
            Self::SecondaryAttributes => "\x1b[>0;10;1c".to_owned(),
            Self::TertiaryAttributes => "\x1bP!|00000000\x1b\\".to_owned(),
            Self::Version => format!("\x1bP>|tui({})\x1b\\", env!("CARGO_PKG_VERSION")),
            // Not recognized: the program goes on without it.
            Self::Mode { number, private } => {
                let mark = if private { "?" } else { "" };
                format!("\x1b[{mark}{number};0$y")
            }
            Self::KittyKeyboard => return None,
            Self::Colour { of, bell } => of.reply(bell),
            Self::WindowState => "\x1b[1t".to_owned(),
            Self::WindowPosition => "\x1b[3;0;0t".to_owned(),
            Self::TextPixels => format!("\x1b[4;{height};{width}t"),
            Self::ScreenPixels => format!("\x1b[5;{height};{width}t"),
            Self::CellPixels => format!("\x1b[6;{};{}t", CELL_PIXELS.1, CELL_PIXELS.0),
            Self::TextCells => format!("\x1b[8;{rows};{cols}t"),
            Self::ScreenCells => format!("\x1b[9;{rows};{cols}t"),
            // Neither is known.
            Self::Capability => "\x1bP0+r\x1b\\".to_owned(),
            Self::Setting => "\x1bP0$r\x1b\\".to_owned(),
        })
    }
}

impl Colour {
    fn reply(self, bell: bool) -> String {
        let number = match self {
            Self::Foreground => "10".to_owned(),
            Self::Background => "11".to_owned(),
            Self::Cursor => "12".to_owned(),
            Self::Palette(index) => format!("4;{index}"),
        };
        let [red, green, blue] = self.rgb();
        let end = if bell { "\x07" } else { "\x1b\\" };
        // Two digits of a colour stand for four, each once more.
        format!(
            "\x1b]{number};rgb:{red:02x}{red:02x}/{green:02x}{green:02x}/{blue:02x}{blue:02x}{end}"
        )
    }

    /// As xterm has it, light on dark.
    fn rgb(self) -> [u8; 3] {
        let step = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        match self {
            Self::Foreground | Self::Cursor => NAMED_COLOURS[7],
            Self::Background => NAMED_COLOURS[0],
            Self::Palette(index @ 0..16) => NAMED_COLOURS[usize::from(index)],
            Self::Palette(index @ 16..232) => {
                let index = index - 16;
                [step(index / 36), step(index / 6 % 6), step(index % 6)]
            }
            Self::Palette(index) => [8 + 10 * (index - 232); 3],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plain_terminal_says() {
        let state = TerminalState {
            size: TerminalSize::UNWATCHED,
            row: 3,
            col: 7,
        };
        let check = |query: TerminalQuery, expected: Option<&str>| {
            assert_eq!(query.reply(&state).as_deref(), expected, "{query:?}");
        };
        use TerminalQuery as Q;
        let colour = |of, bell| Q::Colour { of, bell };
        check(Q::Status, Some("\x1b[0n"));
        check(Q::Cursor { private: false }, Some("\x1b[3;7R"));
        check(Q::Cursor { private: true }, Some("\x1b[?3;7R"));
        check(Q::Attributes, Some("\x1b[?62;22c"));
        check(Q::SecondaryAttributes, Some("\x1b[>0;10;1c"));
        check(Q::TertiaryAttributes, Some("\x1bP!|00000000\x1b\\"));
        let mode = |number, private| Q::Mode { number, private };
        check(mode(2026, true), Some("\x1b[?2026;0$y"));
        check(mode(4, false), Some("\x1b[4;0$y"));
        check(Q::KittyKeyboard, None);
        check(Q::TextPixels, Some("\x1b[4;384;640t"));
        check(Q::CellPixels, Some("\x1b[6;16;8t"));
        check(Q::TextCells, Some("\x1b[8;24;80t"));
        check(Q::ScreenCells, Some("\x1b[9;24;80t"));
        check(Q::Capability, Some("\x1bP0+r\x1b\\"));
        check(Q::Setting, Some("\x1bP0$r\x1b\\"));
        let black = "\x1b]11;rgb:0000/0000/0000\x1b\\";
        check(colour(Colour::Background, false), Some(black));
        let white = "\x1b]10;rgb:e5e5/e5e5/e5e5\x07";
        check(colour(Colour::Foreground, true), Some(white));
        let orange = "\x1b]4;208;rgb:ffff/8787/0000\x07";
        check(colour(Colour::Palette(208), true), Some(orange));
        let grey = "\x1b]4;255;rgb:eeee/eeee/eeee\x07";
        check(colour(Colour::Palette(255), true), Some(grey));
    }
}
