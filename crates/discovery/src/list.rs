//! Making the list: leases first, then files and sockets side by side, then a second look at what
//! changed meanwhile.
//!
//! Leases are asked before files are read: a host writes its last record before it gives its lease
//! up, so whoever reads after a free lease reads the end of the run. A host that starts between the
//! two is caught by asking again about every log that has no end. What is left is a run that starts
//! *and* ends within that moment: it may show as interrupted until the next look.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use pod_protocol::{PodName, Timestamp};
use pod_registry::{LeaseState, Machine, Registry};
use pod_store::{Layout, Store};

use crate::{
    Live, PodList, Reach, Row, Stored, Warning, merge, order,
    probe::probe,
    read::read_stored,
    survey::{Scope, Survey},
};

/// How long hosts may take to answer, all of them together.
pub const PROBE_DEADLINE: Duration = Duration::from_millis(250);

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// The state directory.
    pub state: PathBuf,
    /// The runtime directory.
    pub runtime: PathBuf,
}

/// Who looks, and when: what decides whether a lease is held here and whether its holder is young.
#[derive(Clone, Debug)]
struct Vantage {
    machine: Machine,
    now: Timestamp,
}

impl Vantage {
    fn here() -> Self {
        Self {
            machine: Machine::read(),
            now: now(),
        }
    }
}

impl Roots {
    pub(crate) fn registry(&self) -> Registry {
        Registry::new(Layout::new(&self.state).leases_dir(), &self.runtime)
    }
}

/// Every pod, in order, none cut. Hosts are given up on at `deadline`, usually [`PROBE_DEADLINE`].
/// Must be called within a tokio runtime; files are read on its blocking threads.
///
/// # Panics
/// When reading panics, or the runtime shuts down meanwhile.
pub async fn list(roots: &Roots, deadline: Duration) -> PodList {
    let vantage = blocking(Vantage::here).await;
    look(roots, Scope::All, deadline, vantage).await
}

/// The pod `name`, if there is anything of it.
///
/// # Panics
/// As [`list`].
pub async fn look_up(roots: &Roots, name: &PodName, deadline: Duration) -> Option<Row> {
    let vantage = blocking(Vantage::here).await;
    let list = look(roots, Scope::One(name.clone()), deadline, vantage).await;
    list.rows.into_iter().next()
}

async fn look(roots: &Roots, scope: Scope, deadline: Duration, vantage: Vantage) -> PodList {
    let Vantage { machine, now } = vantage;
    let (registry, store) = (roots.registry(), Store::new(&roots.state));
    let asked = {
        let (registry, scope) = (registry.clone(), scope.clone());
        blocking(move || Survey::take(&registry, &machine, &scope)).await
    };
    let Survey {
        held,
        mut settled,
        warnings,
    } = asked;
    let files = {
        let store = store.clone();
        // On its own thread already while the hosts are asked.
        tokio::task::spawn_blocking(move || Files::read(&store, &scope, warnings))
    };
    settled.extend(probe(held, deadline, now).await);
    let files = files.await.expect("reading files does not panic");
    blocking(move || finish(&registry, &store, settled, files)).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("reading files does not panic")
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// Everything that the store says.
struct Files {
    stored: BTreeMap<PodName, Stored>,
    warnings: Vec<Warning>,
}

impl Files {
    fn read(store: &Store, scope: &Scope, mut warnings: Vec<Warning>) -> Self {
        let names = match scope {
            Scope::One(name) => vec![name.clone()],
            Scope::All => store.names().unwrap_or_else(|error| {
                warnings.push(Warning::new(&error));
                Vec::new()
            }),
        };
        let mut stored = BTreeMap::new();
        for name in names {
            if let Some(half) = read_stored(store, &name, &mut warnings) {
                stored.insert(name, half);
            }
        }
        Self { stored, warnings }
    }
}

/// The second look, then merge and order.
fn finish(
    registry: &Registry,
    store: &Store,
    live: BTreeMap<PodName, Live>,
    files: Files,
) -> PodList {
    let Files {
        stored,
        mut warnings,
    } = files;
    let mut rows = merge(live, stored);
    rows.retain_mut(|row| {
        look_again(registry, store, row, &mut warnings);
        row.live.is_some() || row.stored.is_some()
    });
    order(&mut rows);
    PodList {
        rows,
        hidden: 0,
        warnings,
    }
}

fn look_again(registry: &Registry, store: &Store, row: &mut Row, warnings: &mut Vec<Warning>) {
    match &row.live {
        Some(live) if live.hello().is_some() => {}
        // It may have ended while its socket was being asked: then its files have an end now.
        Some(_) => {
            if matches!(registry.lease(&row.name), Ok(LeaseState::Free)) {
                row.live = None;
                row.stored = read_stored(store, &row.name, warnings);
            }
        }
        None => {
            let run = row.stored.as_ref().and_then(Stored::run);
            if run.is_some_and(|run| !run.latched) {
                row.live = started_meanwhile(registry, &row.name);
            }
        }
    }
}

/// A host that was not there a moment ago.
fn started_meanwhile(registry: &Registry, name: &PodName) -> Option<Live> {
    let Ok(LeaseState::Held(holder)) = registry.lease(name) else {
        return None;
    };
    Some(Live {
        reach: Reach::Starting,
        pid: holder.as_ref().map(|holder| holder.pid),
        since: holder.as_ref().map(|holder| holder.since),
        session: None,
        segment: None,
    })
}

#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
