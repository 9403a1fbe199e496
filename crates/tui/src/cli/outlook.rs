//! Whether to colour.

use std::{env, io::IsTerminal};

use super::arguments::ColorChoice;
use crate::screen::Palette;

/// How output looks on this terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outlook {
    /// For screens.
    pub(crate) palette: Palette,
}

impl Outlook {
    /// Decides from the flag, the environment and the terminal, in this order.
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let terminal = std::io::stdout().is_terminal();
        Self {
            palette: Palette::new(coloured(choice, terminal, variable)),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
