//! Select graphic rendition: the one control sequence that output keeps.

use emulator::OWN_COLOURS;
use ratatui::style::{Color, Modifier, Style};
use vte::Params;

/// `style` after the parameters of one `CSI … m`. What is not known changes nothing; blinking and
/// hidden text are ignored on purpose.
pub(super) fn apply(mut style: Style, params: &Params) -> Style {
    let mut params = params.iter();
    while let Some(param) = params.next() {
        let code = param.first().copied().unwrap_or(0);
        style = match code {
            0 => Style::new(),
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            3 => style.add_modifier(Modifier::ITALIC),
            4 if param.get(1) == Some(&0) => without(style, Modifier::UNDERLINED),
            4 | 21 => style.add_modifier(Modifier::UNDERLINED),
            7 => style.add_modifier(Modifier::REVERSED),
            9 => style.add_modifier(Modifier::CROSSED_OUT),
            22 => without(style, Modifier::BOLD | Modifier::DIM),
            23 => without(style, Modifier::ITALIC),
            24 => without(style, Modifier::UNDERLINED),
            27 => without(style, Modifier::REVERSED),
            29 => without(style, Modifier::CROSSED_OUT),
            30..=37 | 90..=97 => Style {
                fg: named(code),
                ..style
            },
            39 => Style { fg: None, ..style },
            40..=47 | 100..=107 => Style {
                bg: named(code - 10),
                ..style
            },
            49 => Style { bg: None, ..style },
            38 | 48 | 58 => {
                let colour = extended(param, &mut params);
                match (code, colour) {
                    (38, Some(_)) => Style {
                        fg: colour,
                        ..style
                    },
                    (48, Some(_)) => Style {
                        bg: colour,
                        ..style
                    },
                    _ => style,
                }
            }
            _ => style,
        };
    }
    style
}

/// Takes modifiers away so that a plain style compares equal to one that never had any.
fn without(style: Style, modifier: Modifier) -> Style {
    Style {
        add_modifier: style.add_modifier - modifier,
        ..style
    }
}

/// The colour behind 30 to 37 and 90 to 97.
fn named(code: u16) -> Option<Color> {
    let index = if code < 90 { code - 30 } else { code - 90 + 8 };
    OWN_COLOURS.get(usize::from(index)).copied()
}

/// Reads `5;n` and `2;r;g;b`, written with semicolons (parameters of their own) or with colons.
fn extended<'a>(param: &[u16], rest: &mut impl Iterator<Item = &'a [u16]>) -> Option<Color> {
    let byte = |value: u16| u8::try_from(value).ok();
    if let [_, parts @ ..] = param
        && !parts.is_empty()
    {
        return match *parts {
            [5, index, ..] => Some(Color::Indexed(byte(index)?)),
            [2, _, r, g, b, ..] | [2, r, g, b] => Some(Color::Rgb(byte(r)?, byte(g)?, byte(b)?)),
            _ => None,
        };
    }
    let mut next = || rest.next().and_then(|param| param.first().copied());
    match next()? {
        5 => Some(Color::Indexed(byte(next()?)?)),
        2 => {
            let (r, g, b) = (next()?, next()?, next()?);
            Some(Color::Rgb(byte(r)?, byte(g)?, byte(b)?))
        }
        _ => None,
    }
}
