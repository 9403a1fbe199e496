//! Lines that come ten times a second, one, ten or a hundred at once.

use std::{path::Path, time::Duration};

use anyhow::Result;

use super::watched::{Watched, Who};
use crate::{
    Options,
    child::{LINE_BYTES, Pace, line_end},
    figures::{Figure, ratios},
    part::{lineup::Lineup, rounds},
    process::cpu_ns,
    screen::{PATIENCE, Size},
    table::{Table, absent, median, spread, with_interval},
};

/// What comes after the last line belongs to it as well.
const AFTER: Duration = Duration::from_millis(120);

/// What a burst costs.
#[derive(Clone, Copy)]
struct Sample {
    bytes_a_line: f64,
    cpu_ms_a_burst: f64,
    frames_a_burst: f64,
}

/// The table.
pub(super) fn measure(
    lineup: &mut Lineup,
    binary: &Path,
    options: &Options,
    everybody: &[Who],
) -> Result<String> {
    let times = if options.quick { 10 } else { 30 };
    let mut table = Table::new(&[
        "terminal",
        "lines at once",
        "who",
        "bytes a line",
        "spread",
        "× the text (95 %)",
        "× the region by hand (95 %)",
        "CPU ms a burst",
        "CPU × repainted (95 %)",
        "frames a burst",
    ]);
    for size in [Size::USUAL, Size::LARGE] {
        for lines in [1, 10, 100] {
            let what = format!("draw: {}, {lines} lines at once", size.shown());
            let samples = rounds(&what, options.pairs, everybody.len(), |at| {
                let pace = Pace::Bursts { lines, times };
                let watched = Watched::start(everybody[at], lineup, binary, pace, size)?;
                observe(watched, lines, times).map(Some)
            })?;
            rows(&mut table, everybody, &samples, size, lines);
        }
    }
    let line = LINE_BYTES;
    let note = format!("The text of a line is {line} bytes with its newline.\n");
    Ok(format!("{}\n{note}", table.into_text()))
}

fn observe(mut watched: Watched, lines: u64, times: u64) -> Result<Sample> {
    let cpu_before = cpu_ns(&watched.drawers);
    let before = (watched.cells.terminal.bytes, watched.cells.terminal.frames);
    watched.begin()?;
    let last = line_end(lines * times - 1);
    watched.cells.until(PATIENCE, |text| text.contains(&last))?;
    watched.cells.settle(AFTER)?;
    let terminal = &watched.cells.terminal;
    let (bytes, frames) = (terminal.bytes - before.0, terminal.frames - before.1);
    let cpu = cpu_ns(&watched.drawers).saturating_sub(cpu_before);
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let sample = Sample {
        bytes_a_line: bytes as f64 / (lines * times) as f64,
        cpu_ms_a_burst: cpu as f64 / 1e6 / times as f64,
        frames_a_burst: frames as f64 / times as f64,
    };
    Ok(sample)
}

fn rows(
    table: &mut Table,
    everybody: &[Who],
    samples: &[Vec<Option<Sample>>],
    size: Size,
    lines: u64,
) {
    let column = |at: usize, part: fn(Sample) -> f64| -> Vec<Option<f64>> {
        samples.iter().map(|round| round[at].map(part)).collect()
    };
    let place = |wanted: Who| everybody.iter().position(|who| *who == wanted);
    for (at, who) in everybody.iter().enumerate() {
        let bytes = column(at, |sample| sample.bytes_a_line);
        let cpu = column(at, |sample| sample.cpu_ms_a_burst);
        let frames = column(at, |sample| sample.frames_a_burst);
        let text = vec![Some(LINE_BYTES as f64); bytes.len()];
        let by_hand = place(Who::Scroll).map(|at| column(at, |sample| sample.bytes_a_line));
        let repainted = place(Who::Repaint).map(|at| column(at, |sample| sample.cpu_ms_a_burst));
        let figure = |values: &[Option<f64>]| Figure::of(values.iter().copied().flatten());
        let marks_frames = figure(&frames).is_some_and(|figure| figure.median > 0.0);
        table.row([
            size.shown(),
            lines.to_string(),
            who.to_string(),
            median(figure(&bytes)),
            spread(figure(&bytes)),
            with_interval(ratios(&bytes, &text)),
            with_interval(by_hand.and_then(|base| ratios(&bytes, &base))),
            median(figure(&cpu)),
            with_interval(repainted.and_then(|base| ratios(&cpu, &base))),
            match marks_frames {
                true => median(figure(&frames)),
                false => absent(),
            },
        ]);
    }
}
