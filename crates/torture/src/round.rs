//! Rounds: several lines side by side, in weather that concerns them all.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use fastrand::Rng;

use crate::{line::Line, stage::Stage, tally::Tally};

/// How long to go on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    /// This many rounds.
    Rounds(u32),
    /// Rounds until this much time has passed.
    Time(Duration),
}

impl Length {
    /// That many rounds, else that much time.
    pub(crate) fn of(rounds: Option<u32>, duration: Duration) -> Self {
        rounds.map_or(Self::Time(duration), Self::Rounds)
    }

    /// Whether there is another round after `rounds` since `from`.
    pub(crate) fn goes_on(self, rounds: u32, from: Instant) -> bool {
        match self {
            Self::Rounds(count) => rounds < count,
            Self::Time(duration) => from.elapsed() < duration,
        }
    }
}

/// What happens in each round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Pods side by side.
    pub(crate) pods: usize,
    /// The most lines that a victim writes, where less than its script says is enough.
    pub(crate) flood_lines_max: Option<u64>,
}

/// Between two signs of life on the screen.
const SAY_EVERY: Duration = Duration::from_secs(30);

/// Tortures until the end or the first violation.
pub(crate) fn torture(stage: &Stage, seed: u64, scale: Scale, length: Length) -> Result<()> {
    let tally = Tally::default();
    let from = Instant::now();
    let mut said = from;
    let mut rounds = 0;
    while length.goes_on(rounds, from) {
        rounds += 1;
        round(stage, &tally, seed, rounds, scale).with_context(|| format!("round {rounds}"))?;
        if said.elapsed() > SAY_EVERY {
            said = Instant::now();
            println!("torture: {rounds} rounds");
        }
    }
    println!("torture: {rounds} rounds without a violation: {tally}");
    Ok(())
}

fn round(stage: &Stage, tally: &Tally, seed: u64, round: u32, scale: Scale) -> Result<()> {
    // Every round and line draws from the seed on its own, so that none depends on how far another
    // has come.
    let rng = |line: u64| Rng::with_seed(seed ^ (u64::from(round) << 16) ^ (line << 48));
    foul_the_runtime_dir(stage, tally, &mut rng(u64::from(u16::MAX)))?;
    thread::scope(|scope| {
        let torture = |number: usize| {
            let name = format!("line-{number}");
            let mut line = Line::new(stage, tally, &name, rng(number as u64 + 1))?;
            let lines_max = scale.flood_lines_max.unwrap_or(u64::MAX);
            line.script.lines = line.script.lines.min(lines_max);
            line.torture()
        };
        let threads: Vec<_> = (0..scale.pods)
            .map(|number| scope.spawn(move || torture(number)))
            .collect();
        for thread in threads {
            thread.join().map_err(|_| anyhow!("a line panicked"))??;
        }
        Ok(())
    })
}

/// Leaves garbage where hosts and readers look, under names of the lines and of nobody.
fn foul_the_runtime_dir(stage: &Stage, tally: &Tally, rng: &mut Rng) -> Result<()> {
    let allocations = stage.runtime().join("allocations");
    if !allocations.is_dir() || rng.bool() {
        return Ok(());
    }
    tally.note("garbage in the runtime directory");
    let garbage: Vec<u8> = (0..rng.usize(..4096)).map(|_| rng.u8(..)).collect();
    let names = ["line-0.json", "nobody.json", ".json", "line-1.json", "x"];
    let name = names[rng.usize(..names.len())];
    fs::write(allocations.join(name), &garbage)?;
    fs::write(stage.runtime().join("0123456789abcdef.sock"), &garbage)?;
    Ok(())
}
