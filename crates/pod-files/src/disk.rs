//! Every change to files that are kept, and every wait for the disk.
//!
//! The functions are the system calls of the same names and add one thing: with the feature `trace`
//! they report what they did to [`trace`](crate::trace). A crash test learns from that what a power
//! failure could leave. Whoever changes the store past them is found out by that test, which
//! compares what was reported with what is there.
//!
//! What fails is not reported: a disk that refuses is another test's matter.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, FileExt},
    path::Path,
};

use nix::{
    errno::Errno,
    fcntl::{FallocateFlags, fallocate},
};

use crate::trace::{Op, file_id, report};

/// Writes some of `bytes` at `at` and returns how many.
///
/// # Errors
/// What the operating system has against it.
pub fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<usize> {
    let written = file.write_at(bytes, at)?;
    report(|| Op::wrote(file, &bytes[..written], at));
    Ok(written)
}

/// Writes all of `bytes` at `at`.
///
/// # Errors
/// What the operating system has against it. Some of `bytes` may be in the file then.
pub fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    file.write_all_at(bytes, at)?;
    report(|| Op::wrote(file, bytes, at));
    Ok(())
}

/// Cuts `file`, or lengthens it with zeros, to `bytes` bytes.
///
/// # Errors
/// What the operating system has against it.
pub fn set_len(file: &File, bytes: u64) -> io::Result<()> {
    file.set_len(bytes)?;
    report(|| Op::SetLen {
        file: file_id(file),
        bytes,
    });
    Ok(())
}

/// Gives the space of `bytes` bytes at `at` back; they read as zeros, and the length stays.
///
/// # Errors
/// What the operating system has against it: many file systems cannot.
pub fn punch_hole(file: &File, at: u64, bytes: u64) -> io::Result<()> {
    let mode = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    allocate(file, mode, at, bytes)?;
    report(|| Op::Punch {
        file: file_id(file),
        at,
        bytes,
    });
    Ok(())
}

/// Sets aside space for `bytes` bytes at `at`, so that writing them later needs none. Neither content
/// nor length changes, so there is nothing to report.
///
/// # Errors
/// What the operating system has against it: many file systems cannot.
pub fn set_aside(file: &File, at: u64, bytes: u64) -> io::Result<()> {
    allocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, at, bytes)
}

fn allocate(file: &File, mode: FallocateFlags, at: u64, bytes: u64) -> io::Result<()> {
    let beyond = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let (at, bytes) = (at.try_into(), bytes.try_into());
    let (at, bytes) = (at.map_err(beyond)?, bytes.map_err(beyond)?);
    loop {
        match fallocate(file, mode, at, bytes) {
            Err(Errno::EINTR) => {}
            allocated => return Ok(allocated?),
        }
    }
}

/// Waits until the content of `file` is on disk. Its name is not: see [`sync_dir`](crate::sync_dir).
///
/// # Errors
/// What the operating system has against it.
pub fn sync_data(file: &File) -> io::Result<()> {
    file.sync_data()?;
    report(|| Op::Sync {
        file: file_id(file),
    });
    Ok(())
}

/// Makes the directory `path` with mode 0700. Its parent must be there.
///
/// # Errors
/// What the operating system has against it.
pub fn make_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    report(|| Op::MakeDir { path: path.into() });
    Ok(())
}

/// Gives a file or directory another name on the same file system.
///
/// # Errors
/// What the operating system has against it: among others, that a directory is there already which
/// is not empty.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    report(|| Op::Rename {
        from: from.into(),
        to: to.into(),
    });
    Ok(())
}

/// Removes a file.
///
/// # Errors
/// What the operating system has against it.
pub fn remove_file(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    report(|| Op::Remove { path: path.into() });
    Ok(())
}

/// Removes an empty directory.
///
/// # Errors
/// What the operating system has against it.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    fs::remove_dir(path)?;
    report(|| Op::Remove { path: path.into() });
    Ok(())
}

/// Removes a directory with everything in it, following no link.
///
/// # Errors
/// What the operating system has against it.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    fs::remove_dir_all(path)?;
    report(|| Op::RemoveTree { path: path.into() });
    Ok(())
}
