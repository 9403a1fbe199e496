//! The memory of who shows a log, long or growing.

use std::{collections::BTreeSet, path::Path, time::Duration};

use anyhow::{Context, Result};

use super::watched::{Watched, Who};
use crate::{
    DrawOptions,
    child::{LAST, Pace},
    figures::Figure,
    part::{
        lineup::Lineup,
        logs::{self, Logs, MIB, NAME},
    },
    process::{peak_kib, resident_kib},
    screen::{Cells, PATIENCE, Size},
    table::{Table, median, spread},
};

/// A viewer that has shown the last line may still be about to read more.
const AFTER: Duration = Duration::from_millis(200);

/// The table.
pub(super) fn measure(
    lineup: &mut Lineup,
    binary: &Path,
    options: &DrawOptions,
    everybody: &[Who],
) -> Result<String> {
    let mut table = Table::new(&[
        "shown",
        "who",
        "memory now, MiB",
        "spread",
        "at its peak, MiB",
        "spread",
    ]);
    let notes = of_logs(&mut table, lineup, binary, options)?;
    let stops_ms: [u64; 3] = match options.common.quick {
        true => [50, 500, 5_000],
        false => [600, 6_000, 60_000],
    };
    for who in everybody {
        of_flood(&mut table, lineup, binary, *who, stops_ms)?;
    }
    Ok(format!(
        "{}\nFloods are one run each, looked at three times. Of tmux it is the client and the \
         server.\n{notes}",
        table.into_text()
    ))
}

fn of_logs(
    table: &mut Table,
    lineup: &mut Lineup,
    binary: &Path,
    options: &DrawOptions,
) -> Result<String> {
    let common = &options.common;
    let sizes = logs::sizes_mib(common, options.largest_mib);
    let logs = Logs::fill(lineup, binary, None, &sizes)?;
    for log in &logs.all {
        let mut samples = Vec::new();
        for _ in 0..common.pairs {
            let mut cells = Cells::start(log.roots.tui(&["attach", NAME]), Size::LARGE)?;
            let shown = cells.until(PATIENCE, |text| text.contains(LAST));
            shown.context("the last line is not shown")?;
            cells.settle(AFTER)?;
            samples.push(memory(&[cells.terminal.pid()].into()));
        }
        let shown = format!("log of {} MiB", log.bytes.div_ceil(MIB));
        row(table, shown, Who::Tui, &samples);
    }
    let not_shown = logs
        .left_out
        .iter()
        .map(|why| format!("\nNot shown: {why}.\n"));
    Ok(not_shown.collect())
}

fn of_flood(
    table: &mut Table,
    lineup: &mut Lineup,
    binary: &Path,
    who: Who,
    stops_ms: [u64; 3],
) -> Result<()> {
    eprintln!("draw: memory of {who} under flood");
    let mut watched = Watched::start(who, lineup, binary, Pace::Flood, Size::LARGE)?;
    watched.begin()?;
    let mut passed_ms = 0;
    for stop_ms in stops_ms {
        let time = Duration::from_millis(stop_ms - passed_ms);
        watched.cells.terminal.read_for(time)?;
        passed_ms = stop_ms;
        let seconds = Duration::from_millis(stop_ms).as_secs_f64();
        let shown = format!("flood of {seconds} s");
        row(table, shown, who, &[memory(&watched.drawers)]);
    }
    Ok(())
}

/// MiB now and at the peak.
fn memory(pids: &BTreeSet<i32>) -> [f64; 2] {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mib = [resident_kib(pids), peak_kib(pids)].map(|kib| kib as f64 / 1024.0);
    mib
}

fn row(table: &mut Table, shown: String, who: Who, samples: &[[f64; 2]]) {
    let figure = |part: usize| Figure::of(samples.iter().map(|sample| sample[part]));
    table.row([
        shown,
        who.to_string(),
        median(figure(0)),
        spread(figure(0)),
        median(figure(1)),
        spread(figure(1)),
    ]);
}
