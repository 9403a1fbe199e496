//! **draw**: bytes to the terminal and CPU for lines that come slowly, in bursts, as a flood or not
//! at all, and the memory of who shows them.

mod bursts;
mod flood;
mod idle;
mod memory;
mod watched;

use anyhow::{Context, Result};

use self::watched::Who;
use super::lineup::Lineup;
use crate::{DrawOptions, table::machine};

/// Measures and prints the tables.
pub(crate) fn draw(options: &DrawOptions) -> Result<()> {
    let common = &options.common;
    let mut lineup = Lineup::new(common)?;
    let binary = lineup
        .product(common)?
        .context("there is no tui to measure")?;
    let mut everybody = vec![Who::Scroll, Who::Repaint, Who::Tui];
    if lineup.has(common, "tmux") {
        everybody.push(Who::Tmux);
    }
    println!("### draw\n\n{}, {} rounds.\n", machine(), common.pairs);
    println!(
        "{}",
        bursts::measure(&mut lineup, &binary, common, &everybody)?
    );
    println!(
        "{}",
        flood::measure(&mut lineup, &binary, common, &everybody)?
    );
    println!(
        "{}",
        idle::measure(&mut lineup, &binary, common, &everybody)?
    );
    println!(
        "{}",
        memory::measure(&mut lineup, &binary, options, &everybody)?
    );
    println!("{}", lineup.who_is_absent());
    Ok(())
}
