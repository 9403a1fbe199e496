//! The search of a whole log.

use std::{
    fmt::{self, Write},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::{PROBE, open_output};
use crate::{
    child::{FIRST, NEEDLE},
    clock::now_ns,
    figures::{Figure, ratios},
    part::{
        logs::{Filled, Logs, MIB, NAME},
        rounds,
    },
    screen::{Cells, PATIENCE, Size, ms_between},
    table::{Table, median, spread, with_interval},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Grep,
    TuiLogs,
    Monitor,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grep => "`grep -c`",
            Self::TuiLogs => "**tui logs --grep**",
            Self::Monitor => "**tui attach**, `/` to the first line",
        })
    }
}

impl Who {
    /// Milliseconds.
    fn measure(self, log: &Filled) -> Result<f64> {
        match self {
            Self::Grep => {
                let mut grep = Command::new("grep");
                grep.args(["-c", NEEDLE]).arg(&log.file);
                timed(grep.env("LC_ALL", "C")).map(|(ms, _)| ms)
            }
            Self::TuiLogs => {
                let mut logs = log.roots.tui(&["logs", "--grep", NEEDLE, NAME]);
                let (ms, said) = timed(&mut logs)?;
                let found = memchr::memmem::find_iter(&said, NEEDLE).count();
                ensure!(found > 0 || log.bytes < 8 * MIB, "nothing was found");
                Ok(ms)
            }
            Self::Monitor => in_monitor(log),
        }
    }
}

/// Milliseconds, and what was printed.
fn timed(command: &mut Command) -> Result<(f64, Vec<u8>)> {
    let from_ns = now_ns();
    let output = command.stdin(Stdio::null()).output()?;
    let ms = ms_between(from_ns, now_ns());
    let said = String::from_utf8_lossy(&output.stderr);
    let complaint = said.lines().next().unwrap_or("it failed");
    // Like grep, with 1 when nothing was found.
    ensure!(matches!(output.status.code(), Some(0 | 1)), "{complaint}");
    Ok((ms, output.stdout))
}

/// From the return key behind a pattern to the line that has it. That line is the first of the log
/// and the search begins at its end.
fn in_monitor(log: &Filled) -> Result<f64> {
    let mut cells = Cells::start(log.roots.tui(&["attach", NAME]), Size::USUAL)?;
    open_output(&mut cells)?;
    cells.settle(std::time::Duration::from_millis(200))?;
    cells.terminal.press("/")?;
    cells.terminal.press(FIRST)?;
    cells.until(PROBE, |text| text.contains(FIRST))?;
    let shown = format!("{:010} {FIRST}", 0);
    // Of a log that fits on the screen it would be there already.
    ensure!(!cells.text().contains(&shown), "the log is too short");
    let from_ns = now_ns();
    cells.terminal.press("\r")?;
    let patience = if log.bytes < 8 * MIB { PROBE } else { PATIENCE };
    let at_ns = cells.until(patience, |text| text.contains(&shown))?;
    Ok(ms_between(from_ns, at_ns))
}

/// The table, with what cannot be measured named below it.
pub(super) fn measure(logs: &Logs, pairs: usize) -> Result<String> {
    let mut table = Table::new(&[
        "log",
        "search by",
        "ms",
        "spread",
        "× `grep -c` (95 %)",
        "× the smallest log (95 %)",
    ]);
    let smallest = logs.all.first().context("no log was written")?;
    let mut everybody = vec![Who::Grep];
    let mut not_shown = String::new();
    for who in [Who::TuiLogs, Who::Monitor] {
        match who.measure(smallest) {
            Ok(_) => everybody.push(who),
            Err(error) => writeln!(not_shown, "\nNot shown: {who}: {error:#}.")?,
        }
    }
    let count = logs.all.len() * everybody.len();
    let samples = rounds("attach: search", pairs, count, |at| {
        let log = &logs.all[at / everybody.len()];
        let who = everybody[at % everybody.len()];
        let measured = who.measure(log);
        let failed =
            |error: &anyhow::Error| eprintln!("  {who}, {} MiB: {error:#}", log.bytes / MIB);
        Ok(measured.inspect_err(failed).ok())
    })?;
    for (size, log) in logs.all.iter().enumerate() {
        let column =
            |at: usize| -> Vec<Option<f64>> { samples.iter().map(|round| round[at]).collect() };
        let first = size * everybody.len();
        for (at, who) in everybody.iter().enumerate() {
            let values = column(first + at);
            let figure = Figure::of(values.iter().copied().flatten());
            table.row([
                format!("{} MiB", log.bytes.div_ceil(MIB)),
                who.to_string(),
                median(figure),
                spread(figure),
                with_interval(ratios(&values, &column(first))),
                with_interval(ratios(&values, &column(at))),
            ]);
        }
    }
    Ok(format!("{}{not_shown}", table.into_text()))
}
