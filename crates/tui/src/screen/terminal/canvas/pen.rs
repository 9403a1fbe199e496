//! How text looks, and the shortest way from one look to another.

use std::fmt::Write;

use ratatui::{
    buffer::Cell,
    style::{Color, Modifier},
};

/// What a terminal puts text on the screen with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen {
    pub(super) foreground: Color,
    pub(super) background: Color,
    pub(super) modifier: Modifier,
}

/// Every modifier that is written, how it is switched on, and how off. Nothing blinks and nothing is
/// hidden.
const MODIFIERS: [(Modifier, u8, u8); 6] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::CROSSED_OUT, 9, 29),
];
/// These are switched off together.
const WEIGHTS: Modifier = Modifier::BOLD.union(Modifier::DIM);

impl Pen {
    /// The pen that draws `cell`.
    pub(super) fn of(cell: &Cell) -> Self {
        let written = MODIFIERS.iter().fold(Modifier::empty(), |all, m| all | m.0);
        Self {
            foreground: cell.fg,
            background: cell.bg,
            modifier: cell.modifier & written,
        }
    }

    /// Appends what turns this pen into `to`.
    pub(super) fn write_change(self, to: Self, frame: &mut String) {
        if to == Self::default() {
            frame.push_str("\x1b[m");
            return;
        }
        let (mut anew, mut change) = (String::from("0"), String::new());
        Self::default().write_parameters(to, &mut anew);
        self.write_parameters(to, &mut change);
        let change = change.strip_prefix(';').unwrap_or(&change);
        let shorter = if change.len() <= anew.len() {
            change
        } else {
            &anew
        };
        let _ = write!(frame, "\x1b[{shorter}m");
    }

    /// Appends the parameters that turn this pen into `to`, each after a semicolon.
    fn write_parameters(self, to: Self, parameters: &mut String) {
        let mut from = self.modifier;
        for (modifier, _, off) in MODIFIERS {
            if from.contains(modifier) && !to.modifier.contains(modifier) {
                let _ = write!(parameters, ";{off}");
                from -= if WEIGHTS.contains(modifier) {
                    WEIGHTS
                } else {
                    modifier
                };
            }
        }
        for (modifier, on, _) in MODIFIERS {
            if to.modifier.contains(modifier) && !from.contains(modifier) {
                let _ = write!(parameters, ";{on}");
            }
        }
        if self.foreground != to.foreground {
            write_colour(parameters, to.foreground, 30);
        }
        if self.background != to.background {
            write_colour(parameters, to.background, 40);
        }
    }
}

/// Appends the parameters of `colour`; `base` is 30 for text and 40 for its background.
fn write_colour(parameters: &mut String, colour: Color, base: u8) {
    let (offset, bright) = match colour {
        Color::Reset => (9, false),
        Color::Black => (0, false),
        Color::Red => (1, false),
        Color::Green => (2, false),
        Color::Yellow => (3, false),
        Color::Blue => (4, false),
        Color::Magenta => (5, false),
        Color::Cyan => (6, false),
        Color::Gray => (7, false),
        Color::DarkGray => (0, true),
        Color::LightRed => (1, true),
        Color::LightGreen => (2, true),
        Color::LightYellow => (3, true),
        Color::LightBlue => (4, true),
        Color::LightMagenta => (5, true),
        Color::LightCyan => (6, true),
        Color::White => (7, true),
        Color::Indexed(index) => {
            let _ = write!(parameters, ";{};5;{index}", base + 8);
            return;
        }
        Color::Rgb(r, g, b) => {
            let _ = write!(parameters, ";{};2;{r};{g};{b}", base + 8);
            return;
        }
    };
    let _ = write!(
        parameters,
        ";{}",
        base + offset + if bright { 60 } else { 0 }
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn pen(foreground: Color, background: Color, modifier: Modifier) -> Pen {
        Pen {
            foreground,
            background,
            modifier,
        }
    }

    #[test]
    fn only_what_changes_is_said() {
        let check = |from: Pen, to: Pen, expected: &str| {
            let mut frame = String::new();
            from.write_change(to, &mut frame);
            assert_eq!(frame.replace('\x1b', ""), expected, "{from:?} {to:?}");
        };
        let (none, bold, dim) = (Modifier::empty(), Modifier::BOLD, Modifier::DIM);
        let plain = Pen::default();
        let red = pen(Color::Red, Color::Reset, none);
        let bold_red = pen(Color::Red, Color::Reset, bold);
        check(plain, red, "[31m");
        check(red, plain, "[m");
        check(red, bold_red, "[1m");
        check(bold_red, red, "[22m");
        check(
            pen(Color::Red, Color::Reset, bold | dim),
            bold_red,
            "[22;1m",
        );
        check(bold_red, pen(Color::Reset, Color::Reset, bold), "[39m");
        check(red, pen(Color::Reset, Color::White, none), "[0;107m");
        check(
            pen(Color::Rgb(1, 2, 3), Color::Indexed(200), none),
            pen(Color::Reset, Color::Reset, Modifier::REVERSED),
            "[0;7m",
        );
        check(
            plain,
            pen(Color::Indexed(9), Color::Reset, none),
            "[38;5;9m",
        );
    }
}
