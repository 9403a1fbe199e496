//! What can go wrong with a file.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a file or directory was not used.
#[derive(Debug, Error)]
pub enum FileError {
    /// Somebody else owns it, so somebody else decides what is in it.
    #[error("{path} belongs to user {owner}, not to you")]
    ForeignOwner {
        /// The directory.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
    },
    /// Every user may write to it.
    #[error("{path} can be written by every user (mode {mode:04o})")]
    WritableByAll {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Something else stands where a directory should.
    #[error("{path} is not a directory")]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// Something else stands where a regular file should.
    #[error("{path} is not a regular file")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A symbolic link stands where the thing itself should.
    #[error("{path} is a symbolic link")]
    Symlink {
        /// The path.
        path: PathBuf,
    },
    /// The file is longer than its reader is willing to hold.
    #[error("{path} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit_bytes: u64,
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
}

impl FileError {
    /// Names the operation and the path of a refusal: `.map_err(FileError::io("read", path))`.
    pub fn io(operation: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            operation,
            path,
            source,
        }
    }

    /// What the operating system said, where it was asked.
    #[must_use]
    pub fn os_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            _ => None,
        }
    }
}
