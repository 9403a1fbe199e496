//! The stored halves: from the recent index where it still holds, else from the files. Blocking.

use std::{collections::BTreeSet, num::NonZero, thread};

use pod_protocol::{PodName, SessionId};
use pod_store::{Recent, RecentLines, Shortcut, Store};

use crate::{Stored, Warning, survey::Scope};

/// How much of the end of the index a first look reads, in bytes: some hundreds of lines.
const FIRST_BYTES: u64 = 256 * 1024;
/// How many stored pods a first look shows: more than any screen has lines.
const FIRST_ROWS: usize = 100;
/// With fewer pods than this a second thread costs more than it saves.
const PODS_PER_THREAD_MIN: usize = 512;
/// More threads than this gain nothing: they wait for the same directories.
const THREADS_MAX: usize = 4;

/// The pods that a first look is about, and the end of the index that they were found in.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) names: Vec<PodName>,
    pub(crate) recent: Recent,
}

/// Which pods to read, and what may save reading them.
#[derive(Debug)]
pub(crate) struct Prepared {
    names: Vec<PodName>,
    recent: Recent,
    warnings: Vec<Warning>,
}

/// Everything that the store says.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) stored: Vec<(PodName, Stored)>,
    pub(crate) warnings: Vec<Warning>,
}

impl Prepared {
    /// All of them.
    pub(crate) fn whole(store: &Store) -> Self {
        let mut warnings = Vec::new();
        let names = store.names().unwrap_or_else(|error| {
            warnings.push(Warning::new(&error));
            Vec::new()
        });
        let recent = Recent::read(store.layout());
        Self {
            names,
            recent,
            warnings,
        }
    }

    /// Those of `scope`, and those that turned out to be live.
    pub(crate) fn of(scope: Scope, live: impl Iterator<Item = PodName>) -> Self {
        let mut names: BTreeSet<PodName> = live.collect();
        let recent = match scope {
            Scope::Newest(newest) => {
                names.extend(newest.names);
                newest.recent
            }
            Scope::Only(only) => {
                names.extend(only);
                Recent::default()
            }
            Scope::All => Recent::default(),
        };
        Self {
            names: names.into_iter().collect(),
            recent,
            warnings: Vec::new(),
        }
    }

    /// Reads them, on several threads where there are many.
    pub(crate) fn read(self, store: &Store, mut warnings: Vec<Warning>) -> Files {
        let Self {
            names,
            recent,
            warnings: unlisted,
        } = self;
        warnings.extend(unlisted);
        let lines = recent.lines();
        let share = share(names.len());
        let mut parts = split(names, share);
        let last = parts.pop().unwrap_or_default();
        let mut files = Files {
            stored: Vec::new(),
            warnings,
        };
        let read: Vec<Files> = thread::scope(|scope| {
            let read = |part| scope.spawn(|| read_part(store, &lines, part));
            let readers: Vec<_> = parts.into_iter().map(read).collect();
            let ours = read_part(store, &lines, last);
            let joined = readers.into_iter().map(|reader| reader.join());
            let theirs = joined.map(|part| part.expect("reading files does not panic"));
            theirs.chain([ours]).collect()
        });
        for part in read {
            files.stored.extend(part.stored);
            files.warnings.extend(part.warnings);
        }
        files
    }
}

/// How many of so many pods each thread reads.
fn share(pods: usize) -> usize {
    if pods <= PODS_PER_THREAD_MIN {
        // Asking how many processors there are takes longer than reading a few pods.
        return PODS_PER_THREAD_MIN;
    }
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.min(THREADS_MAX);
    pods.div_ceil(threads).max(PODS_PER_THREAD_MIN)
}

fn split(mut names: Vec<PodName>, share: usize) -> Vec<Vec<PodName>> {
    let mut parts = Vec::new();
    while names.len() > share {
        parts.push(names.split_off(names.len() - share));
    }
    parts.push(names);
    parts
}

fn read_part(store: &Store, lines: &RecentLines<'_>, names: Vec<PodName>) -> Files {
    let mut files = Files::default();
    let mut shortcut = Shortcut::new(store.layout(), lines);
    for name in names {
        let known = shortcut.stored(&name);
        let half = known.or_else(|| read_stored(store, &name, &mut files.warnings));
        files.stored.extend(half.map(|half| (name, half)));
    }
    files
}

/// What is stored of `pod`, past any index.
pub(crate) fn read_stored(
    store: &Store,
    pod: &PodName,
    warnings: &mut Vec<Warning>,
) -> Option<Stored> {
    let mut troubles = Vec::new();
    let stored = store.stored(pod, &mut troubles);
    warnings.extend(troubles.iter().map(|trouble| Warning::new(trouble)));
    stored
}

/// The pods that changed last, roughly: from the end of the index, or, where there is none, those
/// of the newest sessions, whose ids grow with time.
pub(crate) fn newest(store: &Store) -> Newest {
    let recent = Recent::read_end(store.layout(), FIRST_BYTES);
    let mut names = recent.newest(FIRST_ROWS);
    if names.is_empty() {
        names = newest_launched(store);
    }
    Newest { names, recent }
}

fn newest_launched(store: &Store) -> Vec<PodName> {
    let mut sessions: Vec<SessionId> = store.sessions().unwrap_or_default();
    if sessions.len() > FIRST_ROWS {
        sessions.select_nth_unstable_by(FIRST_ROWS, |a, b| b.cmp(a));
        sessions.truncate(FIRST_ROWS);
    }
    sessions
        .into_iter()
        .filter_map(|session| store.owner(session))
        .collect()
}

#[cfg(test)]
mod tests;
