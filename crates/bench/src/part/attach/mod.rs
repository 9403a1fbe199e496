//! **attach**: from exec to the last line on the screen, however long the log; the search of all of
//! it; and a key to its echo.

mod echo;
mod opening;
mod search;

use std::time::Duration;

use anyhow::{Context, Result};

use super::{
    lineup::Lineup,
    logs::{self, Logs},
};
use crate::{AttachOptions, screen::Cells, table::machine};

/// How long a program may take for what it may not be able to do at all.
const PROBE: Duration = Duration::from_secs(8);

/// Measures and prints the tables.
pub(crate) fn attach(options: &AttachOptions) -> Result<()> {
    let common = &options.common;
    let mut lineup = Lineup::new(common)?;
    let binary = lineup
        .product(common)?
        .context("there is no tui to measure")?;
    let sizes = logs::sizes_mib(common, options.largest_mib);
    println!("### attach\n\n{}, {} rounds.\n", machine(), common.pairs);
    if !options.echo_only {
        let mut logs = Logs::fill(&mut lineup, &binary, Some(common), &sizes)?;
        println!("{}", opening::measure(&mut logs, common.pairs)?);
        println!("{}", search::measure(&logs, common.pairs)?);
    }
    println!("{}", echo::measure(&mut lineup, &binary, common)?);
    println!("{}", lineup.who_is_absent());
    Ok(())
}

/// Opens the Output tab of a monitor where it is not the first that shows, by the digit that its
/// strip of tabs names. How many keys that took.
pub(super) fn open_output(cells: &mut Cells) -> Result<usize> {
    cells.until(PROBE, |text| output_digit(text).is_some())?;
    let digit = output_digit(&cells.text()).context("the tabs are gone")?;
    cells.terminal.press(&digit.to_string())?;
    Ok(1)
}

/// The digit before the word Output, or before its first letter on a narrow screen.
fn output_digit(text: &str) -> Option<char> {
    let line = text.lines().find(|line| line.contains("Output"))?;
    let (before, _) = line.split_once("Output")?;
    before.chars().rev().find(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_tab_is_opened_by_the_digit_before_it() {
        let strip = "x RUNNING\n1 Events   2 Channels   3 Output   4 Results   5 Info\n";
        assert_eq!(output_digit(strip), Some('3'));
        assert_eq!(output_digit("1 Events   2 Output   3 Info"), Some('2'));
        assert_eq!(output_digit("nothing yet"), None);
    }
}
