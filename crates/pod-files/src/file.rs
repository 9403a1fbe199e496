//! Files that only their owner uses.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::{
    FileError,
    directory::parent_of,
    disk, sync_dir,
    trace::{Op, file_id, report},
};

/// When a replacement counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Content and name survive a power failure.
    Synced,
    /// Readers see the whole old or the whole new content; a power failure may keep either, or an
    /// empty file. For what can be rebuilt.
    Cached,
}

/// What an opened file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and writing.
    ReadWrite,
}

/// Replaces the content of `path` in one step: a reader sees all of the old or all of the new one.
/// The file is created with mode 0600 if there was none. Two replacements at once leave one of the
/// two contents, whole.
///
/// # Errors
/// When the new content could not be written. The old one is then still in place, except after a
/// failed directory sync, when either may survive a power failure.
pub fn replace_file(path: &Path, content: &[u8], durability: Durability) -> Result<(), FileError> {
    let directory = parent_of(path);
    let failed = |source| FileError::io("replace", path)(source);
    let new = tempfile::Builder::new()
        .prefix(".")
        .suffix(".new")
        .tempfile_in(directory)
        .map_err(failed)?;
    report(|| Op::Create {
        path: new.path().into(),
        file: file_id(new.as_file()),
    });
    disk::write_all_at(new.as_file(), content, 0).map_err(failed)?;
    if durability == Durability::Synced {
        disk::sync_data(new.as_file()).map_err(failed)?;
    }
    let from = new.path().to_owned();
    new.persist(path).map_err(|error| failed(error.error))?;
    report(|| Op::Rename {
        from,
        to: path.into(),
    });
    match durability {
        Durability::Synced => sync_dir(directory),
        Durability::Cached => Ok(()),
    }
}

/// The whole content of a regular file of at most `limit_bytes`; `None` if there is none.
///
/// # Errors
/// When it cannot be opened (see [`open_existing`]) or read, or is longer.
pub fn read_small(path: &Path, limit_bytes: u64) -> Result<Option<Vec<u8>>, FileError> {
    let Some((file, length)) = open_regular(path, Access::Read)? else {
        return Ok(None);
    };
    // As a rule one read, and one more that finds the end.
    let room = usize::try_from(length.min(limit_bytes)).unwrap_or(0);
    let mut content = Vec::with_capacity(room + 1);
    file.take(limit_bytes + 1)
        .read_to_end(&mut content)
        .map_err(FileError::io("read", path))?;
    if content.len() as u64 > limit_bytes {
        let path = path.to_owned();
        return Err(FileError::TooLarge { path, limit_bytes });
    }
    Ok(Some(content))
}

/// Creates a new file of mode 0600 for reading and writing.
///
/// # Errors
/// When anything is there already, or it cannot be created.
pub fn create_private(path: &Path) -> Result<File, FileError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
        .map_err(FileError::io("create", path))?;
    report(|| Op::Create {
        path: path.into(),
        file: file_id(&file),
    });
    Ok(file)
}

/// Opens a regular file; `None` if there is none. Creates nothing and never waits, whatever stands
/// at `path`.
///
/// # Errors
/// When it is a symbolic link, not a regular file, or cannot be opened.
pub fn open_existing(path: &Path, access: Access) -> Result<Option<File>, FileError> {
    Ok(open_regular(path, access)?.map(|(file, _)| file))
}

/// The same, with the length that the file had then.
fn open_regular(path: &Path, access: Access) -> Result<Option<(File, u64)>, FileError> {
    let opened = OpenOptions::new()
        .read(true)
        .write(access == Access::ReadWrite)
        // A FIFO planted here would make an open for reading wait for its writer.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) => return not_opened(path, error),
    };
    let metadata = file.metadata().map_err(FileError::io("look at", path))?;
    if metadata.is_file() {
        Ok(Some((file, metadata.len())))
    } else {
        let path = path.to_owned();
        Err(FileError::NotAFile { path })
    }
}

fn not_opened<T>(path: &Path, error: io::Error) -> Result<Option<T>, FileError> {
    let owned = || -> PathBuf { path.to_owned() };
    match error.raw_os_error() {
        Some(libc::ENOENT) => Ok(None),
        // The kernel's answer to a link in the last component; a loop above it reads the same.
        Some(libc::ELOOP) => Err(FileError::Symlink { path: owned() }),
        // A socket, or a directory opened for writing.
        Some(libc::ENXIO | libc::EISDIR) => Err(FileError::NotAFile { path: owned() }),
        _ => Err(FileError::io("open", path)(error)),
    }
}
