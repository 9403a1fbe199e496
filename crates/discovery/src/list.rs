//! Making the list: leases first, then files and sockets side by side, then a second look at what
//! changed meanwhile.
//!
//! Leases are asked before files are read: a host writes its last record before it gives its lease
//! up, so whoever reads after a free lease reads the end of the run. A host that starts between the
//! two is caught by asking again about every log that has no end. What is left is a run that starts
//! *and* ends within that moment: it may show as interrupted until the next look.

use std::{
    collections::BTreeMap,
    mem,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use pod_protocol::{PodName, Timestamp};
use pod_registry::{LeaseState, Machine, Registry};
use pod_store::{Layout, Store};

use crate::{
    Live, PodList, Reach, Row, Stored, Warning,
    blocking::blocking,
    files::{Files, Prepared, newest, read_stored},
    merge, order,
    probe::probe,
    survey::{Scope, Survey},
};

/// How long hosts may take to answer, all of them together.
pub const PROBE_DEADLINE: Duration = Duration::from_millis(250);
/// How long the host of a single pod may take, which somebody has asked for by name: on a busy machine
/// an answer is worth more to them than a quick end. No others wait for it.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(2);

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
    look_at_all(roots, deadline, Vantage::here).await
}

/// The pods that matter most: those that are live, and the newest that are not; each as it would be
/// in [`list`]. Takes as long with 100,000 pods as with 10.
///
/// # Panics
/// As [`list`].
pub async fn first_look(roots: &Roots, deadline: Duration) -> PodList {
    look_at_some(roots, deadline, |store| Scope::Newest(newest(store))).await
}

/// The pod `name`, if there is anything of it. Its host is given up on at `deadline`, usually
/// [`ANSWER_DEADLINE`].
///
/// # Panics
/// As [`list`].
pub async fn look_up(roots: &Roots, name: &PodName, deadline: Duration) -> Option<Row> {
    let only = vec![name.clone()];
    let list = look_at_some(roots, deadline, |_| Scope::Only(only)).await;
    list.rows.into_iter().next()
}

/// The pod `name` for somebody who wants to follow it: as [`look_up`], but what is stored of it is
/// read only where no host answers for it.
///
/// # Panics
/// As [`list`].
pub async fn reach(roots: &Roots, name: &PodName, deadline: Duration) -> Option<Row> {
    let only = vec![name.clone()];
    let list = match survey(roots, |_| Scope::Only(only)).await {
        Ok(list) => list,
        Err(mut surveyed) => {
            let held = mem::take(&mut surveyed.survey.held);
            let live = probe(held, deadline, surveyed.now).await;
            let answering = live.get(name).filter(|live| live.hello().is_some());
            if let Some(live) = answering {
                return Some(Row {
                    name: name.clone(),
                    live: Some(live.clone()),
                    stored: None,
                });
            }
            surveyed.survey.settled.extend(live);
            blocking(move || surveyed.read()).await
        }
    };
    list.rows.into_iter().next()
}

/// `list` with another look at its live pods, for an open screen: nothing is looked at of pods that
/// are not live, so this costs nothing where none is. Pods that are new or were changed otherwise
/// are for [`list`] to find.
///
/// # Panics
/// As [`list`].
pub async fn refresh(roots: &Roots, mut list: PodList, deadline: Duration) -> PodList {
    let live: Vec<PodName> = list
        .rows
        .iter()
        .filter(|row| row.live.is_some())
        .map(|row| row.name.clone())
        .collect();
    if live.is_empty() {
        return list;
    }
    let fresh = look_at_some(roots, deadline, |_| Scope::Only(live)).await;
    list.rows.retain(|row| row.live.is_none());
    list.rows.extend(fresh.rows);
    order(&mut list.rows);
    list
}

/// Leases and files are listed side by side.
async fn look_at_all(
    roots: &Roots,
    deadline: Duration,
    vantage: impl FnOnce() -> Vantage + Send + 'static,
) -> PodList {
    let (registry, store) = (roots.registry(), Store::new(&roots.state));
    let prepared = {
        // What is only listed here is looked at when the leases have been asked.
        let store = store.clone();
        tokio::task::spawn_blocking(move || Prepared::whole(&store))
    };
    let surveyed = {
        let registry = registry.clone();
        blocking(move || {
            let Vantage { machine, now } = vantage();
            (Survey::take(&registry, &machine, &Scope::All), now)
        })
    };
    let (survey, now) = surveyed.await;
    let surveyed = Surveyed {
        registry,
        store,
        survey,
        prepared: prepared.await.expect("listing files does not panic"),
        now,
    };
    surveyed.ask(deadline).await
}

async fn look_at_some(
    roots: &Roots,
    deadline: Duration,
    scope: impl FnOnce(&Store) -> Scope + Send + 'static,
) -> PodList {
    match survey(roots, scope).await {
        Ok(list) => list,
        Err(surveyed) => surveyed.ask(deadline).await,
    }
}

/// Who is there to be asked; the list itself where nobody is. One thread does all of it then:
/// another one is woken later than a few files are read.
async fn survey(
    roots: &Roots,
    scope: impl FnOnce(&Store) -> Scope + Send + 'static,
) -> Result<PodList, Box<Surveyed>> {
    let (registry, store) = (roots.registry(), Store::new(&roots.state));
    let look = move || {
        let scope = scope(&store);
        let surveyed = Surveyed::of(registry, store, scope);
        match surveyed.survey.held.is_empty() {
            true => Ok(surveyed.read()),
            false => Err(Box::new(surveyed)),
        }
    };
    blocking(look).await
}

/// What the leases say, before hosts are asked and files are read.
#[derive(Debug)]
struct Surveyed {
    registry: Registry,
    store: Store,
    survey: Survey,
    prepared: Prepared,
    now: Timestamp,
}

impl Surveyed {
    fn of(registry: Registry, store: Store, scope: Scope) -> Self {
        let Vantage { machine, now } = Vantage::here();
        let survey = Survey::take(&registry, &machine, &scope);
        let live = survey.held.keys().chain(survey.settled.keys()).cloned();
        let prepared = Prepared::of(scope, live);
        Self {
            registry,
            store,
            survey,
            prepared,
            now,
        }
    }

    /// Hosts are asked while the files are read.
    async fn ask(self, deadline: Duration) -> PodList {
        let Self {
            registry,
            store,
            survey,
            prepared,
            now,
        } = self;
        let mut settled = survey.settled;
        let files = {
            let store = store.clone();
            // On its own thread already while the hosts are asked.
            tokio::task::spawn_blocking(move || prepared.read(&store, survey.warnings))
        };
        settled.extend(probe(survey.held, deadline, now).await);
        let files = files.await.expect("reading files does not panic");
        blocking(move || finish(&registry, &store, settled, files)).await
    }

    /// Nobody is asked any more.
    fn read(self) -> PodList {
        let files = self.prepared.read(&self.store, self.survey.warnings);
        finish(&self.registry, &self.store, self.survey.settled, files)
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
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
