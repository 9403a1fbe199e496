//! Removal that can be undone: a pod's files move to `removed/<time>-<name>/` and stay there until
//! they are purged.
//!
//! The name goes first and its sessions after it, and come back in the opposite order, each step on
//! disk before the next. So whatever moment a crash or a power failure picks, the name stands for
//! all of its sessions or for nothing, and bringing it back completes what was begun. A session that
//! a crash left behind is nobody's until then.
//!
//! A move is one step on every file system that keeps a journal: it lasts once the directory that
//! it leads to is synced, and the one that it comes from needs no sync.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use pod_files::{FileError, disk, durable_dir, private_dir, sync_dir};
use pod_protocol::{PodName, SessionId, Timestamp};

use crate::{Store, StoreError, StoreWriter, store::file_names, store_writer::remove_dir};

/// How long the time in the name of a removal is, in characters: `2026-11-21T14:30:00.000Z`.
const TIME_CHARS: usize = 24;
/// Removals of one name in one millisecond that find a place.
const PLACES_MAX: i64 = 1_000;

/// A pod that was removed and can come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its name.
    pub pod: PodName,
    /// When it was removed.
    pub at: Timestamp,
    /// Where its files are.
    pub path: PathBuf,
}

impl Removed {
    fn at(removed_dir: &Path, pod: &PodName, at: Timestamp) -> Self {
        Self {
            pod: pod.clone(),
            at,
            path: removed_dir.join(format!("{at}-{pod}")),
        }
    }

    fn from_name(removed_dir: &Path, name: &str) -> Option<Self> {
        let (at, pod) = name.split_at_checked(TIME_CHARS)?;
        let pod = PodName::new(pod.strip_prefix('-')?).ok()?;
        let removed = Self::at(removed_dir, &pod, at.parse().ok()?);
        // Times can be written in more than one way, and only one is ours.
        (removed.path.file_name()?.to_str()? == name).then_some(removed)
    }

    fn pod_dir(&self) -> PathBuf {
        self.path.join("pod")
    }

    fn sessions_dir(&self) -> PathBuf {
        self.path.join("sessions")
    }
}

impl Store {
    /// Everything that was removed and is not purged yet, the newest removal first.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn removed(&self) -> Result<Vec<Removed>, StoreError> {
        let directory = self.layout().removed_dir();
        let mut removed = file_names(&directory, |name| Removed::from_name(&directory, name))?;
        removed.sort_by(|a, b| (b.at, &b.pod).cmp(&(a.at, &a.pod)));
        Ok(removed)
    }
}

impl StoreWriter {
    /// Removes everything under the name `pod` with all of its sessions, so that it can come back.
    /// The caller holds its lease.
    ///
    /// # Errors
    /// When there is no such pod, it is of a newer version, or it cannot be moved.
    pub fn discard(&self, pod: &PodName, now: Timestamp) -> Result<Removed, StoreError> {
        self.refuse_newer_metadata(pod)?;
        let layout = self.layout();
        if !layout.pod_dir(pod).exists() {
            return Err(StoreError::NoPod { pod: pod.clone() });
        }
        // Looked for first: a scan that fails has moved nothing.
        let sessions = self.store().sessions_of(pod)?;
        let removed = self.place_for(pod, now)?;
        // What an operator removes is not taken up again by itself, not even after an undo.
        let was_marked = layout.marker(pod).exists();
        self.unmark(pod)?;
        if was_marked {
            sync_dir(&layout.recover_dir())?;
        }
        move_dir(&layout.pod_dir(pod), &removed.pod_dir())?;
        sync_dir(&removed.path)?;
        for session in sessions {
            let to = removed.sessions_dir().join(session.to_string());
            move_dir(&layout.session_dir(session), &to)?;
        }
        sync_dir(&removed.sessions_dir())?;
        Ok(removed)
    }

    /// A place that is on disk before anything moves to it.
    fn place_for(&self, pod: &PodName, now: Timestamp) -> Result<Removed, StoreError> {
        let directory = self.layout().removed_dir();
        durable_dir(&directory)?;
        for later in 0..PLACES_MAX {
            let at = Timestamp::from_millis(now.as_millis().saturating_add(later));
            let removed = Removed::at(&directory, pod, at);
            match disk::make_dir(&removed.path) {
                Ok(()) => {
                    private_dir(&removed.sessions_dir())?;
                    sync_dir(&directory)?;
                    return Ok(removed);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(FileError::io("create directory", removed.path)(error).into());
                }
            }
        }
        Err(StoreError::NameTaken { pod: pod.clone() })
    }

    /// Brings a removed pod back. The caller holds the lease of its name.
    ///
    /// # Errors
    /// When the name stands for something again, or something cannot be moved.
    pub fn bring_back(&self, removed: &Removed) -> Result<(), StoreError> {
        let layout = self.layout();
        let pod_dir = layout.pod_dir(&removed.pod);
        if pod_dir.exists() {
            let pod = removed.pod.clone();
            return Err(StoreError::NameTaken { pod });
        }
        let read = |name: &str| name.parse().ok();
        let sessions: Vec<SessionId> = file_names(&removed.sessions_dir(), read)?;
        for session in sessions {
            let from = removed.sessions_dir().join(session.to_string());
            move_dir(&from, &layout.session_dir(session))?;
        }
        sync_dir(&layout.sessions_dir())?;
        move_dir(&removed.pod_dir(), &pod_dir)?;
        sync_dir(&layout.pods_dir())?;
        self.purge(removed)
    }

    /// Deletes what was removed, for good.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn purge(&self, removed: &Removed) -> Result<(), StoreError> {
        remove_dir(&removed.path)?;
        match fs::exists(self.layout().removed_dir()) {
            Ok(true) => Ok(sync_dir(&self.layout().removed_dir())?),
            _ => Ok(()),
        }
    }
}

fn move_dir(from: &Path, to: &Path) -> Result<(), StoreError> {
    match disk::rename(from, to) {
        Ok(()) => Ok(()),
        // A removal that was interrupted is completed by whoever comes next.
        Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => Ok(()),
        Err(error) => Err(FileError::io("move", from)(error).into()),
    }
}
