//! What everything takes on disk. Looks at every file once.

use std::{collections::HashMap, fs, io, os::unix::fs::MetadataExt, path::Path};

use nix::sys::statvfs::statvfs;
use pod_files::FileError;
use pod_protocol::{PodName, SessionId, Timestamp};
use pod_registry::{LeaseState, Registry};
use pod_store::{Metadata, Store, StoreError};

use crate::{
    KeepingError,
    retention::{Measured, Piece},
};

/// The share of its file system that the state may take: one part of this many.
const SHARE: u64 = 10;
/// What `st_blocks` counts, in bytes, whatever the file system.
const BLOCK_BYTES: u64 = 512;

/// How much the state in `root` may take by default.
pub(crate) fn default_cap_bytes(root: &Path) -> Result<u64, KeepingError> {
    let found = statvfs(root)
        .map_err(|errno| StoreError::from(FileError::io("look at", root)(errno.into())))?;
    let (blocks, block_bytes): (u64, u64) = (found.blocks(), found.fragment_size());
    Ok(blocks.saturating_mul(block_bytes) / SHARE)
}

/// Everything that can go by itself.
pub(crate) fn pieces(store: &Store, registry: &Registry) -> Result<Vec<Measured>, KeepingError> {
    let active = active_sessions(store)?;
    let mut pieces = Vec::new();
    for removed in store.removed()? {
        let (bytes, _) = measure(&removed.path);
        pieces.push(Measured {
            at: removed.at,
            piece: Piece::Removed(removed),
            bytes,
            exempt: false,
        });
    }
    let mut standings = HashMap::new();
    for session in store.sessions()? {
        let (bytes, at) = measure(&store.layout().session_dir(session));
        let pod = active
            .get(&session)
            .cloned()
            .or_else(|| store.owner(session));
        let exempt = pod.as_ref().is_some_and(|pod| {
            *standings
                .entry(pod.clone())
                .or_insert_with(|| is_exempt(store, registry, pod))
        });
        let piece = Piece::Session { session, pod };
        pieces.push(Measured {
            piece,
            bytes,
            at,
            exempt,
        });
    }
    Ok(pieces)
}

fn active_sessions(store: &Store) -> Result<HashMap<SessionId, PodName>, KeepingError> {
    let mut sessions = HashMap::new();
    for pod in store.names()? {
        let active = store.metadata(&pod).ok().flatten();
        if let Some(active) = active.and_then(|metadata: Metadata| metadata.active) {
            sessions.insert(active.session_id, pod);
        }
    }
    Ok(sessions)
}

/// Whether nothing of `pod` may go. What cannot be read or asked stays.
fn is_exempt(store: &Store, registry: &Registry, pod: &PodName) -> bool {
    let pinned = match store.metadata(pod) {
        Ok(metadata) => metadata.is_some_and(|metadata| metadata.pinned),
        Err(_) => true,
    };
    pinned || !matches!(registry.lease(pod), Ok(LeaseState::Free))
}

/// What `path` and everything in it takes, and when it last changed. What vanishes meanwhile takes
/// nothing.
fn measure(path: &Path) -> (u64, Timestamp) {
    let (mut bytes, mut newest) = (0, 0);
    let mut left = vec![path.to_owned()];
    while let Some(path) = left.pop() {
        let Ok(found) = fs::symlink_metadata(&path) else {
            continue;
        };
        bytes += found.blocks() * BLOCK_BYTES;
        if found.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten();
            left.extend(entries.filter_map(io::Result::ok).map(|entry| entry.path()));
        } else {
            newest = newest.max(found.mtime() * 1_000 + found.mtime_nsec() / 1_000_000);
        }
    }
    (bytes, Timestamp::from_millis(newest))
}
