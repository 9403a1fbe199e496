//! What has to go: pure, on plain data.

use pod_protocol::{PodName, SessionId, Timestamp};
use pod_store::Removed;

/// How long a removed pod can come back, in days.
pub const UNDO_DAYS: u64 = 30;
/// A session that belongs to nobody is left alone for this long, in milliseconds: it may be one that
/// is being launched.
const ORPHAN_MS: u64 = 24 * 60 * 60 * 1_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Something that is stored and can go by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A pod that was removed.
    Removed(Removed),
    /// A session, and the pod that it belongs to as far as that is known.
    Session {
        /// The session.
        session: SessionId,
        /// Its pod.
        pod: Option<PodName>,
    },
}

/// Why something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was removed more than [`UNDO_DAYS`] days ago.
    RemovedLongAgo,
    /// The state is larger than it may be, and this is the oldest of it.
    OverCap,
}

/// A piece with what decides about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) piece: Piece,
    /// What it takes on disk.
    pub(crate) bytes: u64,
    /// When it last changed.
    pub(crate) at: Timestamp,
    /// Pinned or live.
    pub(crate) exempt: bool,
}

/// What has to go, in this order: what was removed long ago; then, until the rest takes at most
/// `cap_bytes`, what was removed, oldest first, and sessions, oldest first.
pub(crate) fn plan(
    pieces: Vec<Measured>,
    cap_bytes: u64,
    now: Timestamp,
) -> Vec<(Measured, Reason)> {
    let mut total: u64 = pieces.iter().map(|piece| piece.bytes).sum();
    let mut pieces: Vec<Measured> = pieces
        .into_iter()
        .filter(|piece| may_go(piece, now))
        .collect();
    // Ids break ties, so that two plans of one state are the same.
    pieces.sort_by_cached_key(|piece| match &piece.piece {
        Piece::Removed(removed) => (0, piece.at, removed.path.display().to_string()),
        Piece::Session { session, .. } => (1, piece.at, session.to_string()),
    });
    let mut going = Vec::new();
    for piece in pieces {
        let age_ms = now.millis_since(piece.at);
        let long_ago = matches!(piece.piece, Piece::Removed(_)) && age_ms >= UNDO_DAYS * DAY_MS;
        let reason = match (long_ago, total > cap_bytes) {
            (true, _) => Reason::RemovedLongAgo,
            (false, true) => Reason::OverCap,
            (false, false) => continue,
        };
        total -= piece.bytes;
        going.push((piece, reason));
    }
    going
}

fn may_go(piece: &Measured, now: Timestamp) -> bool {
    let orphan = matches!(piece.piece, Piece::Session { pod: None, .. });
    let in_the_making = orphan && now.millis_since(piece.at) < ORPHAN_MS;
    !(piece.exempt || in_the_making)
}

#[cfg(test)]
mod tests;
