//! Carrying the retention policy out.

use pod_protocol::{PodName, SessionId, Timestamp};
use pod_registry::Registry;

use crate::{
    Keeper, KeepingError, Piece, Reason, measure,
    retention::{Measured, plan},
};

/// Something that went, or would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// What.
    pub piece: Piece,
    /// What it took on disk.
    pub bytes: u64,
    /// When it last changed.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// What a look at everything that is stored came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruning {
    /// What the state may take on disk.
    pub cap_bytes: u64,
    /// What it took before.
    pub before_bytes: u64,
    /// What goes, in this order.
    pub pruned: Vec<Pruned>,
}

impl Pruning {
    /// What the state takes without what goes.
    #[must_use]
    pub fn after_bytes(&self) -> u64 {
        let gone: u64 = self.pruned.iter().map(|pruned| pruned.bytes).sum();
        self.before_bytes.saturating_sub(gone)
    }
}

impl Keeper {
    /// What has to go by the policy. `cap_bytes` is what the state may take; else a tenth of its
    /// file system. Deletes nothing.
    ///
    /// # Errors
    /// When the store cannot be looked through.
    pub fn plan_prune(
        &self,
        cap_bytes: Option<u64>,
        now: Timestamp,
    ) -> Result<Pruning, KeepingError> {
        let (store, layout) = (self.writer().store(), self.writer().layout());
        let cap_bytes = match cap_bytes {
            Some(bytes) => bytes,
            None => measure::default_cap_bytes(layout.root())?,
        };
        let registry = Registry::new(layout.leases_dir(), self.runtime_dir());
        let pieces = measure::pieces(store, &registry)?;
        let before_bytes = pieces.iter().map(|piece| piece.bytes).sum();
        let going = plan(pieces, cap_bytes, now);
        let pruned = going.into_iter().map(|(measured, reason)| {
            let Measured {
                piece, bytes, at, ..
            } = measured;
            Pruned {
                piece,
                bytes,
                at,
                reason,
            }
        });
        Ok(Pruning {
            cap_bytes,
            before_bytes,
            pruned: pruned.collect(),
        })
    }

    /// Deletes what `pruning` says, at most `limit` of it, and returns what really went: what has
    /// become live or was pinned meanwhile stays.
    ///
    /// # Errors
    /// When something cannot be deleted. What went before that is gone.
    pub fn prune(
        &self,
        pruning: &Pruning,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Pruned>, KeepingError> {
        let mut gone = Vec::new();
        for pruned in pruning.pruned.iter().take(limit) {
            let went = match &pruned.piece {
                Piece::Removed(removed) => {
                    self.writer().purge(removed)?;
                    true
                }
                Piece::Session { session, pod } => {
                    self.prune_session(*session, pod.as_ref(), now)?
                }
            };
            if went {
                gone.push(pruned.clone());
            }
        }
        Ok(gone)
    }

    fn prune_session(
        &self,
        session: SessionId,
        pod: Option<&PodName>,
        now: Timestamp,
    ) -> Result<bool, KeepingError> {
        let writer = self.writer();
        let Some(pod) = pod else {
            writer.remove_session(session)?;
            return Ok(true);
        };
        let _held = match self.hold(pod, now, false) {
            Err(KeepingError::Live { .. }) => return Ok(false),
            held => held?,
        };
        // Under the lease only a pin can still come between, and it comes too late then.
        let metadata = writer.store().metadata(pod)?;
        if metadata.as_ref().is_some_and(|metadata| metadata.pinned) {
            return Ok(false);
        }
        let active = metadata.and_then(|metadata| metadata.active);
        if active.is_some_and(|active| active.session_id == session) {
            // The name first: what is listed can be read.
            writer.remove_pod(pod)?;
        }
        writer.remove_session(session)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
