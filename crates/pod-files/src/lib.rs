//! File manners shared by every crate that touches disk: private directories, atomic replacement,
//! bounded reads, private files.
//!
//! Invariants:
//! - What is created here is for its owner only: directories 0700, files 0600.
//! - A symbolic link is never followed in the last component of a path, so nobody who can write to
//!   a parent directory can point us at a file of theirs.
//! - Every descriptor handed out is closed by exec.
//! - The functions that readers call create nothing.
//! - Files that are kept are changed through [`disk`] and nothing else, so that a test can know what
//!   a power failure may leave of them.
//!
//! Absent on purpose: any knowledge of pods, roots or formats, and locks (the lease lives in
//! `pod-registry`, and the store has one writer per file).

mod directory;
pub mod disk;
mod error;
mod file;
#[doc(hidden)]
pub mod trace;

pub use directory::{
    Presence, check_private_dir, check_writable, durable_dir, private_dir, sync_dir,
};
pub use error::FileError;
pub use file::{Access, Durability, create_private, open_existing, read_small, replace_file};

#[cfg(test)]
mod tests;
