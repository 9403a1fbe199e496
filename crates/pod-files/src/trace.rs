//! What was done to files, for tests that ask what a power failure could leave of it.
//!
//! Only the feature `trace` keeps anything, and only test programs turn it on; without it a report
//! is no code at all. A trace belongs to one thread, so tests that run side by side do not meet.

use std::{cell::RefCell, fs::File, os::unix::fs::MetadataExt, path::PathBuf};

/// A file apart from its names: device and inode. A new file may get the number of one that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u64, u64);

/// One change, or one wait for the disk. Paths are as they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the system calls")]
pub enum Op {
    /// A new empty file.
    Create { path: PathBuf, file: FileId },
    /// Bytes in a file.
    Write {
        file: FileId,
        at: u64,
        bytes: Vec<u8>,
    },
    /// A file's length.
    SetLen { file: FileId, bytes: u64 },
    /// A hole.
    Punch { file: FileId, at: u64, bytes: u64 },
    /// A wait for the content of a file.
    Sync { file: FileId },
    /// A new directory.
    MakeDir { path: PathBuf },
    /// Another name, in one step; what had it before has it no more.
    Rename { from: PathBuf, to: PathBuf },
    /// A file or an empty directory that is gone.
    Remove { path: PathBuf },
    /// A directory that is gone with everything in it.
    RemoveTree { path: PathBuf },
    /// A wait for the entries of a directory.
    SyncDir { path: PathBuf },
}

impl Op {
    pub(crate) fn wrote(file: &File, bytes: &[u8], at: u64) -> Self {
        Self::Write {
            file: file_id(file),
            at,
            bytes: bytes.to_owned(),
        }
    }
}

pub(crate) fn file_id(file: &File) -> FileId {
    let metadata = file.metadata().expect("an open file can be looked at");
    FileId(metadata.dev(), metadata.ino())
}

thread_local! {
    /// What is being recorded; nothing, unless [`recorded`] is under way.
    static RECORDING: RefCell<Option<Vec<Op>>> = const { RefCell::new(None) };
}

/// Keeps what `op` makes, if somebody records.
pub(crate) fn report(op: impl FnOnce() -> Op) {
    if cfg!(feature = "trace") {
        RECORDING.with_borrow_mut(|recording| {
            if let Some(ops) = recording {
                ops.push(op());
            }
        });
    }
}

/// Does `act` and returns what this thread changed on disk meanwhile, in order.
///
/// # Panics
/// Within another recording.
#[cfg(feature = "trace")]
pub fn recorded<T>(act: impl FnOnce() -> T) -> (T, Vec<Op>) {
    let before = RECORDING.replace(Some(Vec::new()));
    assert!(before.is_none(), "recordings do not nest");
    let given = act();
    let ops = RECORDING.take().expect("set above");
    (given, ops)
}
