//! What can go wrong with leases and allocations.

use std::{io, path::PathBuf};

use pod_files::FileError;
use pod_protocol::PodName;
use thiserror::Error;

use crate::{Holder, SOCKET_PATH_BYTES_MAX};

/// Why the registry was not read or changed.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// Somebody else holds the lease.
    #[error("pod {pod} is live")]
    Held {
        /// The pod.
        pod: PodName,
        /// Who holds it; unknown when the holder has not written its name yet.
        holder: Option<Box<Holder>>,
    },
    /// The lease file was replaced under our hands each time we had locked it.
    #[error("lease file {path} keeps being replaced")]
    Replaced {
        /// The lease file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// The refusal.
        #[source]
        source: io::Error,
    },
    /// A file or directory could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not an allocation.
    #[error("{path} is not an allocation")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// An allocation is filed under another pod's name.
    #[error("{path} is the allocation of pod {found}")]
    WrongPod {
        /// The file.
        path: PathBuf,
        /// Whom it is about.
        found: PodName,
    },
    /// The runtime directory is too deep for a socket.
    #[error(
        "socket path {path} has {bytes} bytes, at most {SOCKET_PATH_BYTES_MAX} fit: use a shorter runtime directory"
    )]
    SocketPathTooLong {
        /// The path.
        path: PathBuf,
        /// Its length.
        bytes: usize,
    },
}

impl RegistryError {
    /// Names the operation and the path of a refusal.
    pub(crate) fn io(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            operation,
            path,
            source,
        }
    }
}
