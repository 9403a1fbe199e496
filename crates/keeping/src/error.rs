//! What can go wrong.

use std::path::PathBuf;

use pod_files::FileError;
use pod_protocol::{PodName, Status};
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
    /// Only what a passed run made is promoted.
    #[error("the run has not passed: {status}")]
    NotPassed {
        /// What became of it.
        status: Status,
    },
    /// The artifact is not there any more.
    #[error("there is no file {}", path.display())]
    ArtifactGone {
        /// Where it should be.
        path: PathBuf,
    },
    /// The artifact changed while it was copied.
    #[error("{} is being written to", path.display())]
    ArtifactChanging {
        /// Where it is.
        path: PathBuf,
    },
    /// It was promoted before.
    #[error("promoted already: {}", directory.display())]
    Promoted {
        /// Where it is.
        directory: PathBuf,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lease cannot be taken.
    #[error(transparent)]
    Registry(RegistryError),
}
