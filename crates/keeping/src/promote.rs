//! Promotion: an artifact of a passed run is copied, with its digest and the launch snapshot, to a
//! place that nothing prunes.
//!
//! Nothing may follow `run.closed` in its segment, so what an `artifact.promoted` record would say
//! stands beside the copy, as `artifact.json`.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use pod_files::{
    Access, Durability, FileError, create_private, disk, durable_dir, open_existing, read_small,
    replace_file, sync_dir,
};
use pod_protocol::{PodName, SessionId, Status, Timestamp, printable};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Keeper, KeepingError};

/// How much is copied at once, in bytes.
const COPY_BYTES: usize = 256 * 1024;
/// How many artifacts of one session may have the same file name.
const NAMESAKES_MAX: u32 = 99;
/// The longest file name that is kept as it is, in bytes: what is put before it and behind it fits.
const FILE_NAME_BYTES_MAX: usize = 200;
/// The longest `artifact.json` that is read, in bytes.
const NOTE_BYTES_MAX: u64 = 64 * 1024;

/// What was promoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promoted {
    /// The directory of the copy, the snapshot and the note.
    pub directory: PathBuf,
    /// The copy.
    pub file: PathBuf,
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
    /// Its length.
    pub bytes: u64,
}

/// `artifact.json`: the fields of an `artifact.promoted` record, and whose it is.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    version: u32,
    kind: String,
    at: Timestamp,
    pod: PodName,
    session: SessionId,
    /// As the run named it.
    path: String,
    sha256: String,
    size_bytes: u64,
    /// The name of the copy.
    promoted: String,
}

impl Keeper {
    /// Copies the file at `path`, relative to the directory that the run was launched in, to a
    /// directory of its own below `promoted/`. All of it survives a power failure, or none of it is
    /// there. Nothing that is there is overwritten.
    ///
    /// Whether the run named the file as an artifact is the caller's to know.
    ///
    /// # Errors
    /// When the run has not passed, the file is not there, is no regular file, or changes meanwhile,
    /// it was promoted before, or cannot be copied.
    pub fn promote(
        &self,
        pod: &PodName,
        session: SessionId,
        path: &str,
        now: Timestamp,
    ) -> Result<Promoted, KeepingError> {
        let store = self.writer().store();
        let status = store.stored_session(session).run().map(|run| run.status);
        let status = status.unwrap_or(Status::Interrupted);
        if status != Status::Passed {
            return Err(KeepingError::NotPassed { status });
        }
        let launched = store.session_file(session)?;
        let source = Path::new(launched.cwd.as_os_str()).join(path);
        let Some(file) = open_existing(&source, Access::Read)? else {
            return Err(KeepingError::ArtifactGone { path: source });
        };
        let name = file_name(&source);
        let place = store.layout().promoted_dir().join(pod.as_str());
        durable_dir(&place)?;
        let tail = session.tail();
        let tail = tail.trim_start_matches('…');
        let target = free_place(&place, &format!("{tail}-{name}"), path)?;
        let work = tempfile::Builder::new()
            .prefix(".")
            .suffix(".new")
            .tempdir_in(&place)
            .map_err(FileError::io("create directory in", &place))?;
        let copied = copy(&file, &source, &work.path().join(&name))?;
        let snapshot = store.layout().session_file(session);
        let whole = fs::read(&snapshot).map_err(FileError::io("read", &snapshot))?;
        replace_file(
            &work.path().join("session.json"),
            &whole,
            Durability::Synced,
        )?;
        let note = Note {
            version: 1,
            kind: "artifact.promoted".to_owned(),
            at: now,
            pod: pod.clone(),
            session,
            path: path.to_owned(),
            sha256: copied.0.clone(),
            size_bytes: copied.1,
            promoted: name.clone(),
        };
        let note = serde_json::to_vec_pretty(&note).expect("texts and numbers serialise");
        replace_file(
            &work.path().join("artifact.json"),
            &note,
            Durability::Synced,
        )?;
        sync_dir(work.path())?;
        // A directory that is there is not empty, so it is never replaced.
        disk::rename(work.path(), &target).map_err(FileError::io("name", &target))?;
        let _ = work.keep();
        sync_dir(&place)?;
        Ok(Promoted {
            file: target.join(&name),
            directory: target,
            digest: copied.0,
            bytes: copied.1,
        })
    }
}

/// What the copy is called: the name of the file, made printable, and not one of ours.
fn file_name(source: &Path) -> String {
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let name = printable(&name);
    let cut = &name[..name.floor_char_boundary(FILE_NAME_BYTES_MAX)];
    match cut {
        "artifact.json" | "session.json" | "" => format!("artifact-{cut}"),
        cut => cut.to_owned(),
    }
}

/// A directory that is not there yet. Another artifact of the same file name may have taken the
/// first ones.
fn free_place(place: &Path, name: &str, path: &str) -> Result<PathBuf, KeepingError> {
    for count in 1..=NAMESAKES_MAX {
        let directory = match count {
            1 => place.join(name),
            count => place.join(format!("{name}.{count}")),
        };
        if fs::symlink_metadata(&directory).is_err() {
            return Ok(directory);
        }
        let note = read_small(&directory.join("artifact.json"), NOTE_BYTES_MAX)?;
        let note = note.and_then(|note| serde_json::from_slice::<Note>(&note).ok());
        if note.is_some_and(|note| note.path == path) {
            return Err(KeepingError::Promoted { directory });
        }
    }
    let directory = place.join(name);
    Err(KeepingError::Promoted { directory })
}

/// Copies `file` to a new file: its digest and its length.
fn copy(mut file: &File, source: &Path, target: &Path) -> Result<(String, u64), KeepingError> {
    let look = || file.metadata().map_err(FileError::io("look at", source));
    let before = look()?;
    let copy = create_private(target)?;
    let (mut digest, mut at) = (Sha256::new(), 0);
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(FileError::io("read", source)(error).into()),
        };
        digest.update(&buffer[..read]);
        disk::write_all_at(&copy, &buffer[..read], at).map_err(FileError::io("write", target))?;
        at += read as u64;
    }
    disk::sync_data(&copy).map_err(FileError::io("sync", target))?;
    if stamp(&before) != stamp(&look()?) || before.len() != at {
        let path = source.to_owned();
        return Err(KeepingError::ArtifactChanging { path });
    }
    let digest = digest.finalize();
    let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((hex, at))
}

/// What a change of the content changes too.
fn stamp(metadata: &Metadata) -> (u64, i64, i64) {
    (metadata.len(), metadata.mtime(), metadata.mtime_nsec())
}

#[cfg(test)]
mod tests;
