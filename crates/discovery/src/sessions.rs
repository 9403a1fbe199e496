//! Sessions beside the one that a name stands for: those of a pod, and those that repeat each other.
//! Blocking.

use std::collections::BTreeMap;

use pod_protocol::{Liveness, PodName, SessionId, Status, Timestamp};
use pod_registry::{LeaseState, Registry};
use pod_store::{SessionFile, Store, StoreError};

use crate::Roots;

/// How far up a lineage is followed: a chain that is longer has a circle in it.
const ANCESTORS_MAX: usize = 64;
/// How many of the newest sessions are searched for reruns. Each is one file to be read.
const SEARCHED_MAX: usize = 2_000;

/// A session, whether or not a name stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastSession {
    /// Its id.
    pub session: SessionId,
    /// The pod that it ran as.
    pub pod: PodName,
    /// When it was launched.
    pub created_at: Timestamp,
    /// The session that it repeats.
    pub rerun_of: Option<SessionId>,
    /// How it is.
    pub status: Status,
    /// Finished items.
    pub done: u64,
    /// Planned items.
    pub planned: Option<u64>,
    /// How often it was resumed.
    pub resumed: u32,
    /// How often of these nobody had asked for it.
    pub recovered: u32,
}

/// A session's place among those that repeat each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relative {
    /// How many sessions are above it.
    pub depth: usize,
    /// The session.
    pub session: PastSession,
}

/// Every session of `pod`, newest first.
///
/// # Errors
/// When the sessions cannot be listed. One that cannot be read is not among them.
pub fn sessions_of(roots: &Roots, pod: &PodName) -> Result<Vec<PastSession>, StoreError> {
    let store = Store::new(&roots.state);
    let mut ids = store.sessions()?;
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let files = ids.into_iter().filter_map(|id| store.session_file(id).ok());
    let mut sessions: Vec<PastSession> = files
        .filter(|file| file.pod == *pod)
        .map(|file| past(roots, &store, &file))
        .collect();
    sessions.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.session)));
    Ok(sessions)
}

/// The session that `session` repeats, if it repeats one.
#[must_use]
pub fn rerun_of(roots: &Roots, session: SessionId) -> Option<SessionId> {
    let store = Store::new(&roots.state);
    store.session_file(session).ok()?.rerun_of
}

/// Everything that repeats the first run of which `session` is a repetition, as a tree from top to
/// bottom. Of one that neither repeats nor is repeated, itself.
#[must_use]
pub fn lineage(roots: &Roots, session: SessionId) -> Vec<Relative> {
    let store = Store::new(&roots.state);
    let mut root = session;
    for _ in 0..ANCESTORS_MAX {
        match store.session_file(root).ok().and_then(|file| file.rerun_of) {
            // What was removed is nobody's ancestor any more.
            Some(above) if store.session_file(above).is_ok() => root = above,
            _ => break,
        }
    }
    // A rerun is younger than what it repeats, and ids grow with time.
    let mut ids = store.sessions().unwrap_or_default();
    ids.retain(|id| *id > root);
    ids.sort_unstable();
    let searched = ids.split_off(ids.len().saturating_sub(SEARCHED_MAX));
    let mut below: BTreeMap<SessionId, Vec<SessionId>> = BTreeMap::new();
    for id in searched {
        if let Some(above) = store.session_file(id).ok().and_then(|file| file.rerun_of) {
            below.entry(above).or_default().push(id);
        }
    }
    let mut tree = Vec::new();
    let mut waiting = vec![(0, root)];
    while let Some((depth, id)) = waiting.pop() {
        // Taken out, so that a circle in hostile files ends.
        let children = below.remove(&id).unwrap_or_default();
        waiting.extend(children.into_iter().rev().map(|child| (depth + 1, child)));
        if let Ok(file) = store.session_file(id) {
            let session = past(roots, &store, &file);
            tree.push(Relative { depth, session });
        }
    }
    tree
}

fn past(roots: &Roots, store: &Store, file: &SessionFile) -> PastSession {
    let session = file.session;
    let heads = store.segments(session).unwrap_or_default();
    let run = heads
        .last()
        .and_then(|last| store.run(session, last.segment).ok());
    let state = run.map(|run| run.state).unwrap_or_default();
    PastSession {
        session,
        pod: file.pod.clone(),
        created_at: file.created_at,
        rerun_of: file.rerun_of,
        status: state.status(liveness(&roots.registry(), &file.pod, session)),
        done: state.counts.done(),
        planned: state.counts.planned.or(file.terms.planned),
        resumed: state.health.resumed,
        recovered: state.health.recovered,
    }
}

/// Whether the host of `pod` is alive, and hosts `session`.
fn liveness(registry: &Registry, pod: &PodName, session: SessionId) -> Liveness {
    let Ok(LeaseState::Held(holder)) = registry.lease(pod) else {
        return Liveness::Free;
    };
    let registry = match holder {
        Some(holder) => registry.with_runtime_dir(&holder.runtime_dir),
        None => registry.clone(),
    };
    match registry.allocation(pod) {
        Ok(Some(allocation)) if allocation.session != session => Liveness::Free,
        _ => Liveness::Held,
    }
}
