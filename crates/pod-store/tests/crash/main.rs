//! The store over a disk that forgets what was not synced. `docs/design/0007-the-forgetful-disk.md`
//! says how this works and what it can and cannot find.
//!
//! `POD_CRASH_SEED` repeats a run's random disks, `POD_CRASH_DISKS` asks for more of them.

mod books;
mod checks;
mod disks;
mod history;
mod timeline;

use std::{collections::HashSet, env, fmt, path::Path};

use crate::{
    books::Books,
    disks::Crash,
    history::{STATE, history},
    timeline::{Happening, Timeline, Tree},
};

/// Random disks at each point of the history.
const RANDOM_DISKS: u64 = 1;
/// Changes that are lost or kept alone at each point.
const ALONE_CHANGES: usize = 3;

fn setting(name: &str, default: u64) -> u64 {
    let said = env::var(name).ok();
    said.map_or(default, |text| text.parse().expect("a number"))
}

/// A promise that a disk broke.
struct Broken {
    after: String,
    crash: Crash,
    what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { after, crash, what } = self;
        write!(f, "{what}\n  power failed after {after}\n  {crash:?}")
    }
}

/// Tries disks out, each only once.
struct Trial<'a> {
    timeline: &'a Timeline,
    /// The wait that is left out.
    without: Option<usize>,
    seen: HashSet<(usize, disks::Disk)>,
}

impl<'a> Trial<'a> {
    fn new(timeline: &'a Timeline, without: Option<usize>) -> Self {
        let seen = HashSet::new();
        Self {
            timeline,
            without,
            seen,
        }
    }

    /// Tries the disks of `crashes` when the power fails before happening `at`.
    fn try_out(
        &mut self,
        at: usize,
        crashes: impl IntoIterator<Item = Crash>,
    ) -> Result<(), Broken> {
        let books = Books::at(self.timeline, at);
        let (whole, unsynced) = (
            self.timeline.whole(at),
            self.timeline.unsynced(at, self.without),
        );
        for crash in crashes {
            let disk = self.timeline.disk(at, &unsynced, crash);
            if self.seen.insert((books.facts, disk.clone())) {
                let checked = on_disk(&disk.tree, |scratch| {
                    checks::check(&scratch.join(STATE), &disk, &books, &whole)
                });
                let after = self.timeline.last_before(at);
                checked.map_err(|what| Broken { after, crash, what })?;
            }
        }
        Ok(())
    }
}

fn on_disk<T>(tree: &Tree, act: impl FnOnce(&Path) -> T) -> T {
    let scratch = timeline::scratch();
    timeline::plant(scratch.path(), tree);
    act(scratch.path())
}

/// The disks that are not random. Only the newest changes get a disk each: what an older one means
/// alone was tried when it was new.
fn plain(timeline: &Timeline, at: usize, without: Option<usize>) -> impl Iterator<Item = Crash> {
    let unsynced = timeline.unsynced(at, without).into_iter();
    let alone = unsynced.rev().take(ALONE_CHANGES);
    [Crash::AllLost, Crash::AllKept]
        .into_iter()
        .chain(alone.flat_map(|change| [Crash::OnlyLost(change), Crash::OnlyKept(change)]))
}

fn random(seed: u64, at: usize, disks: u64) -> impl Iterator<Item = Crash> {
    (0..disks).map(move |disk| Crash::Random {
        seed: seed.wrapping_add(disk << 32).wrapping_add(at as u64),
    })
}

#[test]
fn no_crash_breaks_a_promise() {
    let timeline = Timeline::new(&history());
    let seed = setting("POD_CRASH_SEED", fastrand::u64(..));
    let disks = setting("POD_CRASH_DISKS", RANDOM_DISKS);
    let mut trial = Trial::new(&timeline, None);
    for at in timeline.points() {
        let crashes = plain(&timeline, at, None).chain(random(seed, at, disks));
        let tried = trial.try_out(at, crashes);
        tried.unwrap_or_else(|broken| panic!("POD_CRASH_SEED={seed}\n{broken}"));
    }
    println!("{} disks, POD_CRASH_SEED={seed}", trial.seen.len());
}

/// What the checks above are worth: they notice when any one sync is not done.
#[test]
fn no_sync_can_be_left_out() {
    let timeline = Timeline::new(&history());
    let superfluous: Vec<String> = timeline
        .waits()
        .filter(|wait| broken_without(&timeline, *wait).is_none())
        .map(|wait| timeline.last_before(wait + 1))
        .collect();
    assert!(
        superfluous.is_empty(),
        "could be left out: {superfluous:#?}"
    );
}

fn broken_without(timeline: &Timeline, wait: usize) -> Option<Broken> {
    let mut trial = Trial::new(timeline, Some(wait));
    let after = || timeline.points().filter(|at| *at > wait);
    let worst = after().find_map(|at| trial.try_out(at, [Crash::AllLost]).err());
    worst.or_else(|| {
        after().find_map(|at| {
            let crashes = plain(timeline, at, Some(wait));
            trial.try_out(at, crashes).err()
        })
    })
}

/// A change past `pod_files::disk` would be one that the other tests know nothing of.
#[test]
fn the_trace_tells_every_change() {
    let timeline = Timeline::new(&history());
    let mut looks = 0;
    for (at, happening) in timeline.happenings.iter().enumerate() {
        if let Happening::Seen(seen) = happening {
            assert_eq!(
                timeline.whole(at),
                *seen,
                "after {}",
                timeline.last_before(at)
            );
            looks += 1;
        }
    }
    assert!(looks > 20, "{looks}");
}
