//! Whether to colour, with how many colours, and whether to draw at all.

use std::{env, io::IsTerminal};

use super::arguments::ColorChoice;
use crate::screen::{Depth, Palette};

/// How output looks on this terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outlook {
    /// For screens.
    pub(crate) palette: Palette,
    /// Whether screens are lines.
    pub(crate) plain: bool,
    /// Whether there are braille dots: the console of Linux has a few hundred glyphs, without them.
    pub(crate) braille: bool,
}

impl Outlook {
    /// Decides from the flag, the environment and the terminal, in this order.
    pub(crate) fn new(choice: ColorChoice, plain: bool) -> Self {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let terminal = std::io::stdout().is_terminal();
        Self {
            palette: Palette::of(if coloured(choice, terminal, variable) {
                depth(variable)
            } else {
                Depth::None
            }),
            plain: plain || plain_by(variable),
            braille: variable("TERM").as_deref() != Some("linux"),
        }
    }
}

/// Whether the environment asks for lines: somebody who cannot look at a screen, or a terminal that
/// cannot show one.
fn plain_by(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("ACCESSIBLE").is_some_and(|value| value != "0")
        || variable("TERM").as_deref() == Some("dumb")
}

/// The rule: `--color`, then `NO_COLOR`, `CLICOLOR_FORCE` or `FORCE_COLOR`, `CLICOLOR=0`,
/// `TERM=dumb`, and last whether there is a terminal. An empty variable counts as unset.
fn coloured(
    choice: ColorChoice,
    terminal: bool,
    variable: impl Fn(&str) -> Option<String>,
) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if variable("NO_COLOR").is_some() => false,
        ColorChoice::Auto if variable("CLICOLOR_FORCE").is_some() => true,
        ColorChoice::Auto if variable("FORCE_COLOR").is_some() => true,
        ColorChoice::Auto if variable("CLICOLOR").as_deref() == Some("0") => false,
        ColorChoice::Auto if variable("TERM").as_deref() == Some("dumb") => false,
        ColorChoice::Auto => terminal,
    }
}

/// How many colours a terminal has that is to be coloured: `COLORTERM`, then what `TERM` is known
/// for. In doubt it has the sixteen that every terminal has.
fn depth(variable: impl Fn(&str) -> Option<String>) -> Depth {
    /// Terminals that have had all colours since they are called this.
    const TRUE: [&str; 7] = [
        "-direct",
        "alacritty",
        "contour",
        "foot",
        "ghostty",
        "kitty",
        "wezterm",
    ];
    let term = variable("TERM").unwrap_or_default();
    let colour_term = variable("COLORTERM").unwrap_or_default();
    // GNU screen hands the variable of the terminal around it on, and not its colours.
    let screen = term.starts_with("screen") && variable("TMUX").is_none();
    if matches!(colour_term.as_str(), "truecolor" | "24bit") && !screen {
        return Depth::True;
    }
    if TRUE.iter().any(|known| term.contains(known)) {
        Depth::True
    } else if term.contains("256color") {
        Depth::Indexed
    } else {
        Depth::Sixteen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_table() {
        let check = |term: &str, others: &[(&str, &str)], expected| {
            let variable = |name: &str| {
                let mut variables = others.iter().copied().chain([("TERM", term)]);
                let found = variables.find(|(known, _)| *known == name);
                found.map(|(_, value)| value.to_owned())
            };
            assert_eq!(depth(variable), expected, "{term} {others:?}");
        };
        let rich = ("COLORTERM", "truecolor");
        check("xterm-256color", &[], Depth::Indexed);
        check("xterm-256color", &[rich], Depth::True);
        check("xterm", &[("COLORTERM", "24bit")], Depth::True);
        check("xterm-kitty", &[], Depth::True);
        check("xterm-direct", &[], Depth::True);
        check("tmux-256color", &[], Depth::Indexed);
        check("screen-256color", &[rich], Depth::Indexed);
        check("screen-256color", &[rich, ("TMUX", "/tmp/x")], Depth::True);
        check("xterm", &[("COLORTERM", "yes")], Depth::Sixteen);
        check("linux", &[], Depth::Sixteen);
        check("", &[], Depth::Sixteen);
    }

    #[test]
    fn the_environment_asks_for_lines() {
        let check = |name: &'static str, value: &'static str, expected| {
            let variable = |asked: &str| (asked == name).then(|| value.to_owned());
            assert_eq!(plain_by(variable), expected, "{name}={value}");
        };
        check("ACCESSIBLE", "1", true);
        check("ACCESSIBLE", "0", false);
        check("TERM", "dumb", true);
        check("TERM", "xterm", false);
    }

    #[test]
    fn the_colour_table() {
        let check = |choice, terminal, variables: &[(&str, &str)], expected| {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(
                coloured(choice, terminal, variable),
                expected,
                "{choice:?} {variables:?}"
            );
        };
        check(ColorChoice::Auto, true, &[], true);
        check(ColorChoice::Auto, false, &[], false);
        check(ColorChoice::Auto, true, &[("NO_COLOR", "1")], false);
        check(
            ColorChoice::Auto,
            true,
            &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")],
            false,
        );
        check(
            ColorChoice::Auto,
            false,
            &[("FORCE_COLOR", "1"), ("TERM", "dumb")],
            true,
        );
        check(ColorChoice::Auto, true, &[("CLICOLOR", "0")], false);
        check(ColorChoice::Auto, true, &[("TERM", "dumb")], false);
        check(ColorChoice::Always, false, &[("NO_COLOR", "1")], true);
        check(ColorChoice::Never, true, &[("CLICOLOR_FORCE", "1")], false);
    }
}
