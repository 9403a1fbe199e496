//! Directories that only their owner uses.

use std::{
    fs::{self, File, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use nix::{
    fcntl::{AT_FDCWD, AtFlags},
    unistd::{AccessFlags, Uid, faccessat},
};

use crate::{
    Durability, FileError, disk,
    trace::{Op, report},
};

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Present,
    /// It is not, and nothing was created.
    Absent,
}

/// Makes sure that `path` is a directory of this user: creates it and its missing parents with mode
/// 0700, or checks what is there. Returns what was there before.
///
/// Unsynced: a power failure may take what was made. See [`durable_dir`].
///
/// # Errors
/// When it cannot be created, is a symbolic link, is not a directory, belongs to somebody else or
/// can be written by everybody.
pub fn private_dir(path: &Path) -> Result<Presence, FileError> {
    make_private(path, Durability::Cached)
}

/// [`private_dir`], and what was made survives a power failure.
///
/// A process that is killed between making a directory and syncing its parent leaves that to the
/// kernel, which writes back within half a minute on its own: whoever comes next finds the directory
/// and cannot tell.
///
/// # Errors
/// As for [`private_dir`].
pub fn durable_dir(path: &Path) -> Result<Presence, FileError> {
    make_private(path, Durability::Synced)
}

fn make_private(path: &Path, durability: Durability) -> Result<Presence, FileError> {
    if check_private_dir(path)? == Presence::Present {
        return Ok(Presence::Present);
    }
    let mut missing: Vec<&Path> = path
        .ancestors()
        .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
        .collect();
    while let Some(directory) = missing.pop() {
        match disk::make_dir(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(FileError::io("create directory", path)(error));
            }
            _ => {}
        }
        if durability == Durability::Synced {
            sync_dir(parent_of(directory))?;
        }
    }
    // Somebody may have been faster with something else in its place.
    check_private_dir(path)?;
    Ok(Presence::Absent)
}

/// The check of [`private_dir`] for readers, who create nothing.
///
/// # Errors
/// When something is there that is not a directory of this user.
pub fn check_private_dir(path: &Path) -> Result<Presence, FileError> {
    check_for(path, Uid::effective())
}

/// The directory that `path` has its name in.
pub(crate) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub(crate) fn check_for(path: &Path, user: Uid) -> Result<Presence, FileError> {
    // `lstat("link/")` follows the link; without the slash it does not.
    let path: PathBuf = path.components().collect();
    let metadata = match fs::symlink_metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Presence::Absent),
        Err(source) => return Err(FileError::io("look at", path)(source)),
    };
    judge(path, &metadata, user).map(|()| Presence::Present)
}

fn judge(path: PathBuf, metadata: &Metadata, user: Uid) -> Result<(), FileError> {
    const WRITABLE_BY_ALL: u32 = 0o002;
    let mode = metadata.mode() & 0o7777;
    if metadata.is_symlink() {
        Err(FileError::Symlink { path })
    } else if !metadata.is_dir() {
        Err(FileError::NotADirectory { path })
    } else if metadata.uid() != user.as_raw() {
        let owner = metadata.uid();
        Err(FileError::ForeignOwner { path, owner })
    } else if mode & WRITABLE_BY_ALL != 0 {
        Err(FileError::WritableByAll { path, mode })
    } else {
        Ok(())
    }
}

/// Asks whether entries can be created in the directory `path`, without creating one.
///
/// # Errors
/// What the operating system has against it.
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    let wanted = AccessFlags::W_OK | AccessFlags::X_OK;
    faccessat(AT_FDCWD, path, wanted, AtFlags::AT_EACCESS)
        .map_err(|errno| FileError::io("write to", path)(errno.into()))
}

/// Waits until the entries of the directory `path` are on disk.
///
/// # Errors
/// What the operating system has against it.
pub fn sync_dir(path: &Path) -> Result<(), FileError> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(FileError::io("sync directory", path))?;
    report(|| Op::SyncDir { path: path.into() });
    Ok(())
}
