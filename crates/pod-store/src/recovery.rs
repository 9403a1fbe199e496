//! Markers of runs that are to be taken up again when their host is lost: `recover/<name>`.
//!
//! A marker is there from before the command of such a run starts until its `run.closed` is on disk,
//! so whoever finds one under a free lease has found a run whose host is gone. One whose run is not
//! interrupted is stale: its host died between its last record and here.

use std::fs::File;

use pod_files::{
    Durability, FileError, disk, durable_dir, private_dir, read_small, replace_file, sync_dir,
};
use pod_protocol::{FORMAT_VERSION, PodName, SessionId};
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError, StoreWriter, store::file_names};

/// The longest marker that is read, in bytes.
const MARKER_BYTES_MAX: u64 = 4 * 1024;

/// What a marker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    version: u32,
    /// The session to be taken up again.
    pub session: SessionId,
}

impl Marker {
    /// The marker of `session`.
    #[must_use]
    pub const fn new(session: SessionId) -> Self {
        Self {
            version: FORMAT_VERSION,
            session,
        }
    }
}

impl Store {
    /// Every pod with a marker, sorted. Nearly always there is no directory of them.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn marked(&self) -> Result<Vec<PodName>, StoreError> {
        let mut names = file_names(&self.layout().recover_dir(), |name| PodName::new(name).ok())?;
        names.sort();
        Ok(names)
    }

    /// The marker of `pod`; `None` if there is none that can be read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn marker(&self, pod: &PodName) -> Result<Option<Marker>, StoreError> {
        let content = read_small(&self.layout().marker(pod), MARKER_BYTES_MAX)?;
        Ok(content.and_then(|content| serde_json::from_slice(&content).ok()))
    }
}

impl StoreWriter {
    /// Marks `pod`. Not synced: see [`StoreWriter::sync_marker`]. The caller holds its lease.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn mark(&self, pod: &PodName, marker: Marker) -> Result<(), StoreError> {
        durable_dir(&self.layout().recover_dir())?;
        let content = serde_json::to_vec(&marker).expect("a marker has string keys only");
        Ok(replace_file(
            &self.layout().marker(pod),
            &content,
            Durability::Cached,
        )?)
    }

    /// Waits until the marker of `pod` is on disk.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn sync_marker(&self, pod: &PodName) -> Result<(), StoreError> {
        let path = self.layout().marker(pod);
        File::open(&path)
            .and_then(|file| disk::sync_data(&file))
            .map_err(FileError::io("sync", &path))?;
        Ok(sync_dir(&self.layout().recover_dir())?)
    }

    /// Removes the marker of `pod`, one that was set aside as well. The caller holds its lease.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn unmark(&self, pod: &PodName) -> Result<(), StoreError> {
        for path in [self.layout().marker(pod), self.layout().given_up(pod)] {
            match disk::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(FileError::io("remove", &path)(error).into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Sets the marker of `pod` aside: its run is not taken up again by itself any more. The caller
    /// holds its lease.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn give_up(&self, pod: &PodName) -> Result<(), StoreError> {
        let from = self.layout().marker(pod);
        let Some(content) = read_small(&from, MARKER_BYTES_MAX)? else {
            return Ok(());
        };
        private_dir(&self.layout().given_up_dir())?;
        replace_file(&self.layout().given_up(pod), &content, Durability::Cached)?;
        Ok(disk::remove_file(&from).map_err(FileError::io("set aside", &from))?)
    }
}
