//! What can go wrong with the store.

use std::{io, path::PathBuf};

use pod_files::FileError;
use pod_protocol::{Offset, PodName, RecordError};
use thiserror::Error;

/// Why something was not read or not written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file or directory itself was refused, or the operating system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// The content of a file is not what it should be.
    #[error("corrupt: {path}:{line}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A segment's log does not start with its `segment.started`.
    #[error("corrupt: {path}:1: not the start of this segment")]
    NoHead {
        /// The record log.
        path: PathBuf,
    },
    /// The file was written by a newer version: it may be read, never written.
    #[error("{path} has format version {version}, written by a newer version of this program")]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// The metadata of one pod stands in the directory of another.
    #[error("{path} is about the pod {found}")]
    WrongName {
        /// The file.
        path: PathBuf,
        /// The pod that it names.
        found: PodName,
    },
    /// Nothing is remembered under the name.
    #[error("no pod {pod}")]
    NoPod {
        /// The name.
        pod: PodName,
    },
    /// The name stands for something else.
    #[error("the name {pod} is taken")]
    NameTaken {
        /// The name.
        pod: PodName,
    },
    /// There is no such log.
    #[error("log missing: {path}")]
    NoLog {
        /// Where it should be.
        path: PathBuf,
    },
    /// Nothing is known of how the session was launched.
    #[error("session missing: {path}")]
    NoSession {
        /// Where its file should be.
        path: PathBuf,
    },
    /// A record cannot be written. The log is unchanged.
    #[error("cannot write this record to {path}")]
    Record {
        /// The record log.
        path: PathBuf,
        /// Why not.
        #[source]
        source: RecordError,
    },
    /// A log could not be extended. What had been committed before stays.
    #[error("cannot append to {path}")]
    Append {
        /// The log.
        path: PathBuf,
        /// The refusal.
        #[source]
        source: io::Error,
    },
    /// Output was asked for that belongs to an earlier segment.
    #[error("{path} starts at offset {base}, not at {asked}")]
    BeforeSegment {
        /// The output log.
        path: PathBuf,
        /// The offset asked for.
        asked: Offset,
        /// The offset of its first byte.
        base: Offset,
    },
    /// The user has no home directory, and no state directory was named.
    #[error("no home directory to keep state in")]
    NoHome,
}

impl StoreError {
    /// Whether the disk, the quota or a size limit is what stands in the way.
    #[must_use]
    pub fn is_out_of_space(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let kind = match self {
            Self::Append { source, .. } => Some(source.kind()),
            Self::File(error) => error.os_kind(),
            _ => None,
        };
        matches!(kind, Some(StorageFull | QuotaExceeded | FileTooLarge))
    }
}
