//! The parts of the benchmark: one table each.

mod attach;
mod draw;
mod launch;
mod lineup;
mod list;
mod logs;
mod output;
mod stream;
mod viewers;

pub(crate) use attach::attach;
pub(crate) use draw::draw;
pub(crate) use launch::launch;
pub(crate) use list::list;
pub(crate) use output::output;
pub(crate) use stream::stream;

use std::{collections::BTreeSet, time::Duration};

use anyhow::Result;

use crate::{gate::wait_for, process};

/// How long anything may take that should take no time.
const SOON: Duration = Duration::from_secs(20);

/// Waits until the holders of a child have followed it, and ends those that have not.
fn see_off(holders: &BTreeSet<i32>) {
    if wait_for(SOON, || process::are_gone(holders)).is_err() {
        eprintln!("  still there without its child, ended: {holders:?}");
        process::end(holders);
    }
}

/// What `sample` gives for everybody, round by round, in turns; `what` tells the operator what is
/// being measured.
fn rounds<S: Clone>(
    what: &str,
    rounds: usize,
    count: usize,
    mut sample: impl FnMut(usize) -> Result<Option<S>>,
) -> Result<Vec<Vec<Option<S>>>> {
    let one_round = |round: usize| {
        eprintln!("{what}, round {} of {rounds}", round + 1);
        let mut samples = vec![None; count];
        for at in turns(count, round) {
            samples[at] = sample(at)?;
        }
        Ok(samples)
    };
    (0..rounds).map(one_round).collect()
}

/// The order of a round: every subject comes first as often as any other.
fn turns(count: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |index| (index + round) % count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_runs_everybody_and_starts_with_another() {
        let rounds: Vec<Vec<usize>> = (0..3).map(|round| turns(3, round).collect()).collect();
        assert_eq!(rounds, [[0, 1, 2], [1, 2, 0], [2, 0, 1]]);
    }
}
