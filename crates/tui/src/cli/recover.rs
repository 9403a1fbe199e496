//! `tui recover`, and what every verb that lists or opens runs does first: take up again what was
//! launched with `--recover` and has lost its host.
//!
//! A marker says which run that may be; the lease says that nobody hosts it; the log says that it
//! was interrupted. The host asks all three again under the lease before it goes on.

use anyhow::Result;
use pod_host::{LaunchError, LaunchFailure, Launched, Origin};
use pod_protocol::{Liveness, Outcome, PodName, RunState, SessionId, Timestamp, printable};
use pod_registry::{Holder, Lease, LeaseState, Machine, Registry};
use pod_store::{Store, StoreError, StoreWriter};

use super::{
    arguments::RecoverOptions,
    exit,
    json::{self, RecoveredDocument},
    launch, print,
    roots::Roots,
    talk,
};

/// A run that loses its host this often in a row, with no operator in between, is left alone: it may
/// be what kills its host.
pub(crate) const RECOVERIES_MAX: u32 = 5;

/// What came of a marker.
#[derive(Debug)]
pub(crate) struct Recovery {
    name: PodName,
    session: SessionId,
    came: Came,
}

#[derive(Debug)]
enum Came {
    /// The run goes on.
    Recovered(Box<Launched>),
    /// It cannot be taken up now; the marker stays.
    Refused(String),
    /// It has lost its host too often; the marker is set aside.
    GivenUp { times: u32 },
}

pub(crate) fn recover(roots: &Roots, options: &RecoverOptions) -> Result<u8> {
    let recoveries = look(roots);
    let mut code = 0;
    for recovery in &recoveries {
        if options.json {
            print(&json::line(&recovery.document()))?;
        } else {
            print(format!("{}\n", recovery.sentence()).as_bytes())?;
        }
        if matches!(recovery.came, Came::Refused(_)) {
            code = exit::GENERAL;
        }
    }
    if recoveries.is_empty() && !options.json {
        talk(format_args!("nothing to recover"));
    }
    Ok(code)
}

/// The same for another verb: one line each on standard error.
pub(crate) fn in_passing(roots: &Roots) {
    for recovery in look(roots) {
        talk(format_args!("tui: {}", recovery.sentence()));
    }
}

impl Recovery {
    fn sentence(&self) -> String {
        let name = &self.name;
        match &self.came {
            Came::Recovered(_) => format!("{name}: recovered after the loss of its host"),
            Came::Refused(why) => format!("{name}: not recovered: {}", printable(why)),
            Came::GivenUp { times } => format!(
                "{name}: lost its host {times} times in a row and is not recovered again; \
                 try: tui resume {name}"
            ),
        }
    }

    fn document(&self) -> RecoveredDocument<'_> {
        let (reason, launched) = match &self.came {
            Came::Recovered(launched) => (None, Some(launched)),
            Came::Refused(why) => (Some(why.clone()), None),
            Came::GivenUp { times } => (Some(format!("lost its host {times} times")), None),
        };
        RecoveredDocument {
            version: json::VERSION,
            name: &self.name,
            session: self.session,
            recovered: launched.is_some(),
            reason,
            segment: launched.map(|launched| launched.segment),
            host_pid: launched.map(|launched| launched.host_pid),
        }
    }
}

/// Takes up what can be. With no marker, which is nearly always, this lists one directory that is
/// not there.
fn look(roots: &Roots) -> Vec<Recovery> {
    let store = Store::new(&roots.state);
    let marked = store.marked().unwrap_or_default().into_iter();
    marked
        .filter_map(|name| look_at(roots, &store, &name))
        .collect()
}

fn look_at(roots: &Roots, store: &Store, name: &PodName) -> Option<Recovery> {
    let registry = Registry::new(store.layout().leases_dir(), &roots.runtime);
    if !matches!(registry.lease(name), Ok(LeaseState::Free)) {
        return None;
    }
    let session = store.marker(name).ok()??.session;
    let state = state_of(store, name, session);
    let recovery = |came| {
        let name = name.clone();
        Some(Recovery {
            name,
            session,
            came,
        })
    };
    let interrupted =
        |state: &&RunState| state.outcome(Liveness::Free) == Some(Outcome::Interrupted);
    let Some(state) = state.as_ref().filter(interrupted) else {
        // Its host died between its last record and its marker, or the name stands for another run.
        let _ = settle(roots, name, session, StoreWriter::unmark);
        return None;
    };
    let times = state.health.recovered_in_a_row;
    if times >= RECOVERIES_MAX {
        return match settle(roots, name, session, StoreWriter::give_up) {
            Ok(true) => recovery(Came::GivenUp { times }),
            Ok(false) => None,
            Err(error) => recovery(Came::Refused(format!("{error:#}"))),
        };
    }
    let origin = Origin::Resume {
        pod: name.clone(),
        session,
        recovery: true,
    };
    let request = match launch::request(roots, origin) {
        Ok(request) => request,
        Err(error) => return recovery(Came::Refused(format!("{error:#}"))),
    };
    match pod_host::launch(&request) {
        Ok(launched) => recovery(Came::Recovered(Box::new(launched))),
        // Somebody else has just done it.
        Err(LaunchError::Failed(LaunchFailure::Live { .. })) => None,
        Err(error) => recovery(Came::Refused(error.to_string())),
    }
}

/// The run of `session` if `name` stands for it.
fn state_of(store: &Store, name: &PodName, session: SessionId) -> Option<RunState> {
    let active = store.metadata(name).ok()??.active?;
    let last = store.segments(session).ok()?.pop()?;
    let run = store.run(session, last.segment).ok()?;
    (active.session_id == session).then_some(run.state)
}

/// Changes the marker of `session` under the lease. `false` where somebody hosts the pod, or the
/// marker is another one by now.
fn settle(
    roots: &Roots,
    name: &PodName,
    session: SessionId,
    change: impl FnOnce(&StoreWriter, &PodName) -> Result<(), StoreError>,
) -> Result<bool> {
    let writer = StoreWriter::open(&roots.state)?;
    let (pid, now): (u32, Timestamp) = (std::process::id(), json::now());
    let holder = Holder::new(&Machine::read(), pid, &roots.runtime, now);
    let leases = writer.layout().leases_dir();
    let Ok(lease) = Lease::acquire(&leases, name, &holder) else {
        return Ok(false);
    };
    let ours = writer.store().marker(name)?;
    let same = ours.is_some_and(|marker| marker.session == session);
    if same {
        change(&writer, name)?;
    }
    lease.release()?;
    Ok(same)
}
