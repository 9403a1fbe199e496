//! Lines that come as fast as they are taken.

use std::{path::Path, time::Duration};

use anyhow::Result;

use super::watched::{Watched, Who};
use crate::{
    Options,
    child::Pace,
    figures::{Figure, ratios},
    part::{lineup::Lineup, rounds},
    process::cpu_ns,
    screen::Size,
    table::{Table, absent, median, spread, with_interval},
};

/// How long it takes until a flood flows evenly.
const WARM_UP: Duration = Duration::from_millis(300);

#[derive(Clone, Copy)]
struct Sample {
    kib_a_second: f64,
    frames_a_second: f64,
    cpu_ms_a_second: f64,
}

/// The table.
pub(super) fn measure(
    lineup: &mut Lineup,
    binary: &Path,
    options: &Options,
    everybody: &[Who],
) -> Result<String> {
    let time = Duration::from_secs(if options.quick { 1 } else { 5 });
    let mut table = Table::new(&[
        "terminal, under flood",
        "who",
        "KiB a second",
        "spread",
        "× tmux (95 %)",
        "frames a second",
        "CPU ms a second",
        "CPU ms a frame",
    ]);
    for size in [Size::USUAL, Size::LARGE] {
        let what = format!("draw: {}, flood", size.shown());
        let samples = rounds(&what, options.pairs, everybody.len(), |at| {
            let watched = Watched::start(everybody[at], lineup, binary, Pace::Flood, size)?;
            observe(watched, time).map(Some)
        })?;
        rows(&mut table, everybody, &samples, size);
    }
    Ok(table.into_text())
}

fn observe(mut watched: Watched, time: Duration) -> Result<Sample> {
    watched.begin()?;
    // As bytes: an emulator would be what is measured.
    watched.cells.terminal.read_for(WARM_UP)?;
    let cpu_before = cpu_ns(&watched.drawers);
    let before = (watched.cells.terminal.bytes, watched.cells.terminal.frames);
    watched.cells.terminal.read_for(time)?;
    let terminal = &watched.cells.terminal;
    let (bytes, frames) = (terminal.bytes - before.0, terminal.frames - before.1);
    let cpu = cpu_ns(&watched.drawers).saturating_sub(cpu_before);
    let seconds = time.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let sample = Sample {
        kib_a_second: bytes as f64 / 1024.0 / seconds,
        frames_a_second: frames as f64 / seconds,
        cpu_ms_a_second: cpu as f64 / 1e6 / seconds,
    };
    Ok(sample)
}

fn rows(table: &mut Table, everybody: &[Who], samples: &[Vec<Option<Sample>>], size: Size) {
    let column = |at: usize, part: fn(Sample) -> f64| -> Vec<Option<f64>> {
        samples.iter().map(|round| round[at].map(part)).collect()
    };
    let figure = |values: Vec<Option<f64>>| Figure::of(values.into_iter().flatten());
    let tmux = everybody.iter().position(|who| *who == Who::Tmux);
    for (at, who) in everybody.iter().enumerate() {
        let sent = column(at, |sample| sample.kib_a_second);
        let of_tmux = tmux.map(|at| column(at, |sample| sample.kib_a_second));
        let frames = figure(column(at, |sample| sample.frames_a_second));
        let a_frame = column(at, |sample| sample.cpu_ms_a_second / sample.frames_a_second);
        let marks_frames = frames.is_some_and(|figure| figure.median > 0.0);
        let unless_unmarked = |text| if marks_frames { text } else { absent() };
        table.row([
            size.shown(),
            who.to_string(),
            median(figure(sent.clone())),
            spread(figure(sent.clone())),
            with_interval(of_tmux.and_then(|base| ratios(&sent, &base))),
            unless_unmarked(median(frames)),
            median(figure(column(at, |sample| sample.cpu_ms_a_second))),
            unless_unmarked(median(figure(a_frame))),
        ]);
    }
}
