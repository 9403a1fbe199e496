//! The list under change: pods come, end, break and go while listers look, and every listing is held
//! against what the drivers know.
//!
//! A pod that nobody is changing has one true row. A lister takes the books before and after it looks:
//! what stood still in between must be in the listing as the books have it. A row that is wrong is
//! looked at once more, and must be right then. Every listing must be in order, whatever happens.

mod books;
mod driver;
mod lister;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use fastrand::Rng;

use crate::{round::Length, stage::Stage, tally::Tally};
use books::Books;
use driver::Driver;
use lister::Lister;

/// Drivers side by side, each with pods of its own.
const DRIVERS: u64 = 3;
/// How often a long soak says that it is alive.
const SAY_EVERY: Duration = Duration::from_secs(30);

/// What everybody in a soak shares.
struct Soak<'a> {
    stage: &'a Stage,
    tally: Tally,
    books: Books,
    /// The drivers are done, or somebody has found a violation.
    over: AtomicBool,
}

impl Soak<'_> {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// Soaks until the end or the first violation. A round is one act of every driver.
pub(crate) fn soak(stage: &Stage, seed: u64, listers: usize, length: Length) -> Result<()> {
    let soak = Soak {
        stage,
        tally: Tally::default(),
        books: Books::default(),
        over: AtomicBool::new(false),
    };
    let from = Instant::now();
    thread::scope(|scope| {
        let soak = &soak;
        let listers: Vec<_> = (0..listers)
            .map(|_| scope.spawn(move || ending_all(soak, || Lister::new(soak).look_until_over())))
            .collect();
        let drivers: Vec<_> = (0..DRIVERS)
            .map(|number| {
                let rng = Rng::with_seed(seed ^ (number << 32));
                let drive = move || Driver::new(soak, number, rng).drive(from, length);
                scope.spawn(move || ending_all(soak, drive))
            })
            .collect();
        let driven = joined(drivers);
        soak.over.store(true, Ordering::Relaxed);
        joined(listers).and(driven)
    })?;
    Lister::new(&soak).look_at_the_end()?;
    let (took, tally) = (from.elapsed().as_secs_f64(), &soak.tally);
    println!("torture: soaked for {took:.1} s without a violation: {tally}");
    Ok(())
}

/// Whoever fails ends it for everybody.
fn ending_all(soak: &Soak<'_>, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let done = work();
    if done.is_err() {
        soak.over.store(true, Ordering::Relaxed);
    }
    done
}

fn joined(threads: Vec<ScopedJoinHandle<'_, Result<()>>>) -> Result<()> {
    let join = |thread: ScopedJoinHandle<'_, Result<()>>| {
        let done = thread.join();
        done.map_err(|_| anyhow!("a thread of the soak panicked"))?
    };
    // All of them are waited for, whichever fails.
    let done: Vec<Result<()>> = threads.into_iter().map(join).collect();
    done.into_iter().collect()
}
