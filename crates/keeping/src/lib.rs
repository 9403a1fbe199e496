//! What becomes of pods that do not run: removal and its undoing, other names, pins, retention.
//!
//! Invariants:
//! - Nothing of a pod is moved or deleted without its lease, and a lease that is held by anybody is
//!   an answer: the pod is live.
//! - A name that stands for nothing keeps no lease file.
//! - What is pinned or live is never pruned; what an operator removed can come back for
//!   [`UNDO_DAYS`] days unless the disk needs its place.
//!
//! Absent on purpose: the environment, the terminal, and any clock: `now` is an argument.

mod error;
mod keeper;
mod measure;
mod promote;
mod prune;
mod retention;

pub use error::KeepingError;
pub use keeper::Keeper;
pub use promote::Promoted;
pub use prune::{Pruned, Pruning};
pub use retention::{Piece, Reason, UNDO_DAYS};
