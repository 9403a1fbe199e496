//! The host of a writing command is killed at a random moment, again and again, under one name.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use fastrand::Rng;

use crate::{
    line::Line,
    script::{End, Script},
    stage::Stage,
    tally::Tally,
};

/// A host is killed within this time after its launch, in microseconds.
const LIFE_US_MAX: u64 = 60_000;

/// Kills `times` hosts; every third one at the moment it acknowledges a request.
pub(crate) fn kill_hosts(stage: &Stage, seed: u64, times: u32) -> Result<()> {
    let tally = Tally::default();
    let from = Instant::now();
    for time in 1..=times {
        let mut rng = Rng::with_seed(seed ^ (u64::from(time) << 20));
        let mut line = Line::new(stage, &tally, "killed", rng.fork())?;
        line.script = Script {
            lines: u64::MAX,
            pause_us: rng.u64(..500),
            errors: rng.u64(..4),
            events: rng.u64(1..4),
            end: End::Hold,
            tree: rng.u8(..3) == 0,
            deaf: rng.bool(),
            ..line.script.clone()
        };
        line.script.items = 0;
        let life = Duration::from_micros(rng.u64(..LIFE_US_MAX));
        let at_acknowledgement = rng.u8(..3) == 0;
        let killed = line.kill_once(life, at_acknowledgement);
        killed.with_context(|| format!("host {time} of {times}"))?;
    }
    let took = from.elapsed().as_secs_f64();
    println!("torture: {times} hosts killed without a violation in {took:.1} s: {tally}");
    Ok(())
}

impl Line<'_> {
    fn kill_once(&mut self, life: Duration, at_acknowledgement: bool) -> Result<()> {
        self.launch_plainly()?;
        self.follow()?;
        thread::sleep(life);
        match at_acknowledgement {
            true => {
                let request = ["stop", "cancel", "kill"][self.rng.usize(..3)];
                self.kill_host_at_acknowledgement(request)?;
            }
            false => self.kill_host()?,
        }
        self.settle()
    }
}
