//! What a host does for the list: its pod's line in the recent index.
//!
//! Nothing here is needed by anybody, so nothing here may hold a run up: a line is written only if
//! nobody else is writing at that moment, and what takes longer is done on a thread of its own when
//! the run is closed and its lease is free.

use std::{
    thread::{self, JoinHandle},
    time::Duration,
};

use pod_protocol::PodName;
use pod_store::{Noted, StoreWriter};

/// How long others who write to the index are waited for once nobody waits for this host.
const PATIENCE: Duration = Duration::from_millis(500);

/// Puts a pod that has begun among the newest.
pub(crate) fn note_begin(store: &StoreWriter, pod: &PodName) {
    // Whatever came of it, the list reads the files.
    let _ = store.name_recent(pod, Duration::ZERO);
}

/// Says how a run has ended, as far as that takes no time. Returns what is left to do.
pub(crate) fn note_end(store: &StoreWriter, pod: &PodName) -> Option<Noted> {
    let noted = store.note_recent(pod, Duration::ZERO);
    noted.ok().filter(|noted| *noted != Noted::Written)
}

/// Does what was left to do.
pub(crate) fn finish(store: StoreWriter, pod: PodName, left: Noted) -> Option<JoinHandle<()>> {
    let work = move || {
        // As above: an index that cannot be written is one that is not there.
        let _ = match left {
            Noted::Written => Ok(()),
            Noted::Busy => store.note_recent(&pod, PATIENCE).map(drop),
            Noted::RewriteDue => store.rewrite_recent(PATIENCE).map(drop),
        };
    };
    let thread = thread::Builder::new().name("upkeep".into());
    thread.spawn(work).ok()
}
