//! The colours of a run on a terminal that has fewer.
//!
//! A run was told of a terminal of its own, so its output may ask for any colour, today or long
//! after. Here each becomes the nearest one that the operator's terminal has.

use emulator::OWN_COLOURS;
use pod_protocol::NAMED_COLOURS;
use ratatui::style::{Color, Style};

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// There are to be none.
    None,
    /// The named ones.
    Sixteen,
    /// A cube of six steps and a ramp of greys beside the named ones.
    Indexed,
    /// All.
    True,
}

type Rgb = [u8; 3];

/// The steps of the cube, whose numbers begin at 16.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
const CUBE_FIRST: u8 = 16;
const GREY_FIRST: u8 = 232;

impl Depth {
    /// What this terminal has of a style. Text that could be told from its background still can.
    pub(super) fn of_run(self, style: Style) -> Style {
        let (fg, bg) = (
            style.fg.and_then(|colour| self.nearest(colour)),
            style.bg.and_then(|colour| self.nearest(colour)),
        );
        let merged = fg.is_some() && fg == bg && style.fg != style.bg;
        Style {
            fg: if merged { bg.map(contrast) } else { fg },
            bg,
            underline_color: None,
            ..style
        }
    }

    /// The nearest colour that there is.
    fn nearest(self, colour: Color) -> Option<Color> {
        match (self, colour) {
            (Self::None, _) => None,
            (Self::Sixteen, Color::Indexed(_) | Color::Rgb(..)) => Some(nearest_named(colour)),
            (Self::Indexed, Color::Rgb(r, g, b)) => Some(nearest_indexed([r, g, b])),
            _ => Some(colour),
        }
    }
}

/// The named colours and their values.
fn named() -> impl Iterator<Item = (Color, Rgb)> {
    // What a terminal makes of them is the operator's choice; the values say what a program is likely
    // to mean.
    OWN_COLOURS.into_iter().zip(NAMED_COLOURS)
}

fn nearest_named(colour: Color) -> Color {
    let wanted = match colour {
        Color::Indexed(index) => match OWN_COLOURS.get(usize::from(index)) {
            Some(named) => return *named,
            None => rgb_of(index),
        },
        Color::Rgb(r, g, b) => [r, g, b],
        own => return own,
    };
    named()
        .min_by_key(|(_, rgb)| distance(*rgb, wanted))
        .map_or(Color::Reset, |(named, _)| named)
}

fn nearest_indexed(wanted: Rgb) -> Color {
    // The named ones look different on every terminal.
    (CUBE_FIRST..=u8::MAX)
        .min_by_key(|index| distance(rgb_of(*index), wanted))
        .map_or(Color::Reset, Color::Indexed)
}

/// What is behind a number.
fn rgb_of(index: u8) -> Rgb {
    if let Some(rgb) = NAMED_COLOURS.get(usize::from(index)) {
        return *rgb;
    }
    if index >= GREY_FIRST {
        return [8 + 10 * (index - GREY_FIRST); 3];
    }
    let place = index - CUBE_FIRST;
    [place / 36, place / 6 % 6, place % 6].map(|step| STEPS[usize::from(step)])
}

/// How different two colours look: the eye minds green most, then red.
fn distance(one: Rgb, other: Rgb) -> u32 {
    const WEIGHTS: [u32; 3] = [3, 6, 1];
    let part = |(at, weight): (usize, u32)| weight * u32::from(one[at].abs_diff(other[at])).pow(2);
    WEIGHTS.into_iter().enumerate().map(part).sum()
}

/// Black or white, whichever can be read on `background`.
fn contrast(background: Color) -> Color {
    let rgb = match background {
        Color::Indexed(index) => rgb_of(index),
        Color::Rgb(r, g, b) => [r, g, b],
        wanted => named()
            .find(|(known, _)| *known == wanted)
            .map_or([0; 3], |(_, rgb)| rgb),
    };
    if distance(rgb, [0; 3]) > distance(rgb, [255; 3]) {
        Color::Black
    } else {
        Color::White
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_terminal_gets_the_nearest_colour_it_has() {
        let check = |colour, sixteen, indexed| {
            assert_eq!(Depth::None.nearest(colour), None, "{colour}");
            assert_eq!(Depth::Sixteen.nearest(colour), Some(sixteen), "{colour}");
            assert_eq!(Depth::Indexed.nearest(colour), Some(indexed), "{colour}");
            assert_eq!(Depth::True.nearest(colour), Some(colour));
        };
        let (rgb, index) = (Color::Rgb, Color::Indexed);
        for named in [Color::Reset, Color::Red, Color::LightCyan] {
            check(named, named, named);
        }
        check(index(1), Color::Red, index(1));
        check(index(15), Color::White, index(15));
        check(index(196), Color::LightRed, index(196));
        check(index(240), Color::DarkGray, index(240));
        check(rgb(255, 0, 0), Color::LightRed, index(196));
        check(rgb(250, 250, 245), Color::White, index(231));
        check(rgb(3, 3, 3), Color::Black, index(16));
        check(rgb(128, 128, 128), Color::DarkGray, index(244));
        check(rgb(0, 190, 20), Color::Green, index(34));
        check(rgb(80, 80, 250), Color::LightBlue, index(63));
    }

    #[test]
    fn text_does_not_vanish_into_its_background() {
        let check = |depth: Depth, fg, bg, expected: (Color, Color)| {
            let style = depth.of_run(Style::new().fg(fg).bg(bg));
            assert_eq!((style.fg, style.bg), (Some(expected.0), Some(expected.1)));
        };
        let (dark, darker) = (Color::Rgb(40, 40, 40), Color::Rgb(10, 10, 10));
        check(Depth::Sixteen, dark, darker, (Color::White, Color::Black));
        let (light, lighter) = (Color::Indexed(255), Color::Indexed(254));
        let on_grey = (Color::Black, Color::Gray);
        check(Depth::Sixteen, lighter, Color::Gray, on_grey);
        check(Depth::Indexed, light, lighter, (light, lighter));
        // What a program hides stays hidden.
        check(Depth::Sixteen, dark, dark, (Color::Black, Color::Black));
    }
}
