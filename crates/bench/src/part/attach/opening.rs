//! From exec to the last line.

use std::{
    fmt::{self, Write},
    process::Command,
};

use anyhow::{Context, Result};

use super::{PROBE, open_output};
use crate::{
    child::LAST,
    figures::{Figure, ratios},
    part::{
        self,
        logs::{Filled, Logs, MIB, NAME},
    },
    screen::{Cells, PATIENCE, Size, ms_between},
    subject::Tmux,
    table::{Table, median, spread, with_interval},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Tmux,
    /// Whether the Output tab has to be opened with a key.
    Tui {
        key: bool,
    },
    Tail,
    Less,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tmux => "`tmux attach`",
            Self::Tui { key: false } => "**tui attach**",
            Self::Tui { key: true } => "**tui attach**, Output opened by a key",
            Self::Tail => "`tail -n 100`",
            Self::Less => "`less +G`",
        })
    }
}

impl Who {
    fn command(self, log: &Filled, tmux: Option<&Tmux>) -> Result<Command> {
        let mut command = match self {
            Self::Tmux => tmux.context("there is no tmux")?.attach(&log.session()),
            Self::Tui { .. } => log.roots.tui(&["attach", NAME]),
            Self::Tail => {
                let mut tail = Command::new("tail");
                tail.args(["-n", "100"]);
                tail
            }
            Self::Less => {
                let mut less = Command::new("less");
                less.arg("+G").env("LESS", "").env("LESSHISTFILE", "-");
                less
            }
        };
        if matches!(self, Self::Tail | Self::Less) {
            command.arg(&log.file).env("TERM", "xterm-256color");
        }
        Ok(command)
    }

    /// Milliseconds.
    fn measure(self, log: &Filled, tmux: Option<&Tmux>) -> Result<f64> {
        let mut cells = Cells::start(self.command(log, tmux)?, Size::USUAL)?;
        if self == (Self::Tui { key: true }) {
            open_output(&mut cells)?;
        }
        // tail ends at once, which closes the terminal behind the last line.
        let at_ns = cells
            .until(PATIENCE, |text| text.contains(LAST))
            .with_context(|| format!("{self}: {}", cells.text()))?;
        Ok(ms_between(cells.terminal.from_ns, at_ns))
    }
}

/// The table.
pub(super) fn measure(logs: &mut Logs, pairs: usize) -> Result<String> {
    let mut table = Table::new(&[
        "log",
        "run",
        "who",
        "ms",
        "spread",
        "× `tmux attach` (95 %)",
        "× the smallest log (95 %)",
    ]);
    let smallest = logs.all.first().context("no log was written")?;
    let key = needs_key(smallest)?;
    let mut everybody = vec![Who::Tui { key }, Who::Tail];
    if logs.tmux.is_some() {
        everybody.insert(0, Who::Tmux);
    }
    if logs.less {
        everybody.push(Who::Less);
    }
    for state in ["live", "ended"] {
        if state == "ended" {
            logs.finish()?;
        }
        let samples = rounds(logs, &everybody, pairs, state)?;
        rows(&mut table, logs, &everybody, &samples, state);
    }
    let mut text = table.into_text();
    let remembered = logs.all.iter().filter(|log| log.history_bytes < log.bytes);
    for log in remembered {
        let (part, whole) = (log.history_bytes.div_ceil(MIB), log.bytes.div_ceil(MIB));
        writeln!(text, "\ntmux remembers the last {part} MiB of {whole} MiB.")?;
    }
    for why in &logs.left_out {
        writeln!(text, "\nNot shown: {why}.")?;
    }
    Ok(text)
}

/// Whether the monitor opens on another tab than Output.
fn needs_key(log: &Filled) -> Result<bool> {
    let mut cells = Cells::start(log.roots.tui(&["attach", NAME]), Size::USUAL)?;
    if cells.until(PROBE, |text| text.contains(LAST)).is_ok() {
        return Ok(false);
    }
    open_output(&mut cells)?;
    cells
        .until(PROBE, |text| text.contains(LAST))
        .with_context(|| format!("the last line is on no tab: {}", cells.text()))?;
    Ok(true)
}

/// Milliseconds for each round, and for each log and each who.
fn rounds(
    logs: &Logs,
    everybody: &[Who],
    pairs: usize,
    state: &str,
) -> Result<Vec<Vec<Option<f64>>>> {
    let count = logs.all.len() * everybody.len();
    let sample = |at: usize| {
        let log = &logs.all[at / everybody.len()];
        let who = everybody[at % everybody.len()];
        who.measure(log, logs.tmux.as_ref()).map(Some)
    };
    part::rounds("attach: warming up", 1, count, sample)?;
    part::rounds(&format!("attach: {state} runs"), pairs, count, sample)
}

fn rows(
    table: &mut Table,
    logs: &Logs,
    everybody: &[Who],
    samples: &[Vec<Option<f64>>],
    state: &str,
) {
    let column =
        |at: usize| -> Vec<Option<f64>> { samples.iter().map(|round| round[at]).collect() };
    let tmux = everybody.iter().position(|who| *who == Who::Tmux);
    for (size, log) in logs.all.iter().enumerate() {
        let first = size * everybody.len();
        for (at, who) in everybody.iter().enumerate() {
            let values = column(first + at);
            let figure = Figure::of(values.iter().copied().flatten());
            let of_tmux = tmux.and_then(|tmux| ratios(&values, &column(first + tmux)));
            table.row([
                format!("{} MiB", log.bytes.div_ceil(MIB)),
                state.to_owned(),
                who.to_string(),
                median(figure),
                spread(figure),
                with_interval(of_tmux),
                with_interval(ratios(&values, &column(at))),
            ]);
        }
    }
}
