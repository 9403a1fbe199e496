//! What can go wrong.

use pod_protocol::PodName;
use pod_registry::RegistryError;
use pod_store::StoreError;
use thiserror::Error;

/// Why a pod was left as it is.
#[derive(Debug, Error)]
pub enum KeepingError {
    /// Somebody holds its lease.
    #[error("live: {}", if *renaming { "rename after it ends" } else { "stop it first" })]
    Live {
        /// The pod.
        pod: PodName,
        /// Whether another name was asked for.
        renaming: bool,
    },
    /// Nothing of that name was removed, or it was too long ago.
    #[error("no removed pod {pod}")]
    NotRemoved {
        /// The name.
        pod: PodName,
    },
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lease cannot be taken.
    #[error(transparent)]
    Registry(RegistryError),
}
