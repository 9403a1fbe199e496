//! A cell of the screen as something to draw.

use std::borrow::Cow;

use pod_protocol::printable;
use ratatui_core::style::{Color, Modifier, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The colours that are the terminal's own, in the order of the numbers by which a program asks for
/// them.
pub const OWN_COLOURS: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// What one cell shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glyph<'a> {
    /// Printable, and exactly as wide as [`Glyph::is_wide`] says.
    pub text: Cow<'a, str>,
    /// Whether it takes two columns; the next cell shows nothing then.
    pub is_wide: bool,
    /// Its colours and emphasis.
    pub style: Style,
}

impl<'a> Glyph<'a> {
    pub(crate) fn of(cell: &'a vt100::Cell) -> Self {
        let (text, is_wide) = fitted(cell.contents(), cell.is_wide());
        Self {
            text,
            is_wide,
            style: style(cell),
        }
    }

    /// Where the screen has no cell.
    pub(crate) const fn blank() -> Self {
        Self {
            text: Cow::Borrowed(" "),
            is_wide: false,
            style: Style::new(),
        }
    }
}

/// Text that is printable and as wide as its cell, whatever the program piled up there.
fn fitted(text: &str, is_wide: bool) -> (Cow<'_, str>, bool) {
    let width = if is_wide { 2 } else { 1 };
    match text {
        "" => return (Cow::Borrowed(" "), false),
        text if text.len() == 1 && text.as_bytes()[0].is_ascii_graphic() => {
            return (Cow::Borrowed(text), false);
        }
        _ => {}
    }
    if text.width() == width && matches!(printable(text), Cow::Borrowed(_)) {
        return (Cow::Borrowed(text), is_wide);
    }
    let shown = text.chars().next().filter(|first| {
        let is_printable = matches!(printable(first.encode_utf8(&mut [0; 4])), Cow::Borrowed(_));
        is_printable && first.width() == Some(width)
    });
    match shown {
        Some(first) => (Cow::Owned(first.to_string()), is_wide),
        None => (Cow::Borrowed("\u{fffd}"), false),
    }
}

fn style(cell: &vt100::Cell) -> Style {
    let emphasis = [
        (cell.bold(), Modifier::BOLD),
        (cell.dim(), Modifier::DIM),
        (cell.italic(), Modifier::ITALIC),
        (cell.underline(), Modifier::UNDERLINED),
        (cell.inverse(), Modifier::REVERSED),
    ];
    let modifiers = emphasis.iter().filter(|(is_on, _)| *is_on);
    let mut style = Style::new();
    for (_, modifier) in modifiers {
        style = style.add_modifier(*modifier);
    }
    style.fg = colour(cell.fgcolor());
    style.bg = colour(cell.bgcolor());
    style
}

fn colour(colour: vt100::Color) -> Option<Color> {
    Some(match colour {
        vt100::Color::Default => return None,
        vt100::Color::Idx(index) => match OWN_COLOURS.get(usize::from(index)) {
            Some(own) => *own,
            None => Color::Indexed(index),
        },
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits_its_cell_and_drives_no_terminal() {
        let check = |text: &str, is_wide, expected: (&str, bool)| {
            let (shown, wide) = fitted(text, is_wide);
            assert_eq!((&*shown, wide), expected, "{text:?}");
        };
        check("", false, (" ", false));
        check("a", false, ("a", false));
        check("é", false, ("é", false));
        check("e\u{301}", false, ("e\u{301}", false));
        check("日", true, ("日", true));
        check("日", false, ("\u{fffd}", false));
        check("a\u{202e}", false, ("a", false));
        check("\u{85}", false, ("\u{fffd}", false));
        check(" \u{200b}", false, (" ", false));
    }
}
