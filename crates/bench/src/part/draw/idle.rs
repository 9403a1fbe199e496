//! What is sent while nothing happens.

use std::{path::Path, thread, time::Duration};

use anyhow::{Context, Result};

use super::watched::{Watched, Who};
use crate::{
    Options,
    child::Pace,
    figures::Figure,
    part::lineup::Lineup,
    process::switches,
    screen::Size,
    table::{Table, median, spread},
};

/// How long nothing happens.
const TIME: Duration = Duration::from_secs(6);
/// A screen may still say that it is connected, that a run has ended or that it has come to rest.
const SETTLED: Duration = Duration::from_secs(6);

/// Bytes, frames and context switches of the viewer, a second.
type Sample = [f64; 3];

/// The table.
pub(super) fn measure(
    lineup: &mut Lineup,
    binary: &Path,
    options: &Options,
    everybody: &[Who],
) -> Result<String> {
    let mut table = Table::new(&[
        "terminal, idle",
        "who",
        "bytes a second",
        "spread",
        "frames a second",
        "context switches a second",
    ]);
    for size in [Size::USUAL, Size::LARGE] {
        let stills = stills(lineup, binary, everybody, size)?;
        eprintln!("draw: {}, idle, {} rounds", size.shown(), options.pairs);
        // Side by side: what is counted does not depend on who else runs.
        let watching = stills.into_iter().map(|(who, still)| {
            let pairs = options.pairs;
            (who, thread::spawn(move || watch(still, pairs)))
        });
        let watching: Vec<_> = watching.collect();
        for (who, thread) in watching {
            let samples = thread.join().ok().context("a watcher panicked")??;
            let figure = |part: usize| Figure::of(samples.iter().map(|sample| sample[part]));
            table.row([
                size.shown(),
                who.to_owned(),
                median(figure(0)),
                spread(figure(0)),
                median(figure(1)),
                median(figure(2)),
            ]);
        }
    }
    Ok(table.into_text())
}

/// Screens on which nothing happens.
fn stills(
    lineup: &mut Lineup,
    binary: &Path,
    everybody: &[Who],
    size: Size,
) -> Result<Vec<(&'static str, Watched)>> {
    let mut start = |who| Watched::start(who, lineup, binary, Pace::Flood, size);
    let mut ended = start(Who::Tui)?;
    ended.end()?;
    let mut stills = vec![
        ("**tui attach**, run has ended", ended),
        ("**tui attach**, live and quiet", start(Who::Tui)?),
    ];
    if everybody.contains(&Who::Tmux) {
        stills.push(("`tmux attach`, live and quiet", start(Who::Tmux)?));
    }
    Ok(stills)
}

fn watch(mut still: Watched, pairs: usize) -> Result<Vec<Sample>> {
    still.cells.terminal.read_for(SETTLED)?;
    let viewer = [still.cells.terminal.pid()].into();
    let mut samples = Vec::new();
    for _ in 0..pairs {
        let terminal = &mut still.cells.terminal;
        let before = [terminal.bytes, terminal.frames, switches(&viewer)];
        terminal.read_for(TIME)?;
        let after = [terminal.bytes, terminal.frames, switches(&viewer)];
        let a_second = |at: usize| {
            #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
            let count = after[at].saturating_sub(before[at]) as f64;
            count / TIME.as_secs_f64()
        };
        samples.push([0, 1, 2].map(a_second));
    }
    Ok(samples)
}
