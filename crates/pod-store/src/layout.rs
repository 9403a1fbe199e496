//! Where everything is. Pure paths: nothing here looks at a disk.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use directories::BaseDirs;
use pod_files::FileError;
use pod_protocol::{GroupName, PodName, SegmentId, SessionId};

use crate::StoreError;

/// The state directory: `named` if it is not empty (made absolute, since a host changes its working
/// directory), else `pods` in the user's state directory.
///
/// # Errors
/// When the user has no home, or the working directory that `named` is relative to is gone.
pub fn state_root(named: Option<&OsStr>) -> Result<PathBuf, StoreError> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        let absolute = std::path::absolute(named).map_err(FileError::io("make absolute", named))?;
        return Ok(absolute);
    }
    let base = BaseDirs::new().ok_or(StoreError::NoHome)?;
    let state = base.state_dir().unwrap_or(base.data_local_dir());
    Ok(state.join("pods"))
}

/// The paths below a state directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of the state directory `root`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The state directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// One directory per pod.
    #[must_use]
    pub fn pods_dir(&self) -> PathBuf {
        self.root.join("pods")
    }

    /// The directory of `pod`.
    #[must_use]
    pub fn pod_dir(&self, pod: &PodName) -> PathBuf {
        self.pods_dir().join(pod.as_str())
    }

    /// What is remembered under the name `pod`.
    #[must_use]
    pub fn metadata(&self, pod: &PodName) -> PathBuf {
        self.pod_dir(pod).join("metadata.json")
    }

    /// The directory of leases, which `pod-registry` keeps.
    #[must_use]
    pub fn leases_dir(&self) -> PathBuf {
        self.root.join("leases")
    }

    /// The directory of tickets of the group `name`, which `pod-registry` keeps.
    #[must_use]
    pub fn group_dir(&self, name: &GroupName) -> PathBuf {
        self.root.join("groups").join(name.as_str())
    }

    /// One marker per run that is to be taken up again when its host is lost.
    #[must_use]
    pub fn recover_dir(&self) -> PathBuf {
        self.root.join("recover")
    }

    /// The marker of `pod`.
    #[must_use]
    pub fn marker(&self, pod: &PodName) -> PathBuf {
        self.recover_dir().join(pod.as_str())
    }

    /// Markers of runs that kept dying. No pod has this name.
    #[must_use]
    pub fn given_up_dir(&self) -> PathBuf {
        self.recover_dir().join(".given-up")
    }

    /// The marker of `pod` after it was set aside.
    #[must_use]
    pub fn given_up(&self, pod: &PodName) -> PathBuf {
        self.given_up_dir().join(pod.as_str())
    }

    /// The recent index; derived.
    #[must_use]
    pub fn recent(&self) -> PathBuf {
        self.root.join("recent.jsonl")
    }

    /// Locked by whoever writes the recent index.
    #[must_use]
    pub fn recent_lock(&self) -> PathBuf {
        self.root.join("recent.lock")
    }

    /// What was removed and can still come back: one directory per removal.
    #[must_use]
    pub fn removed_dir(&self) -> PathBuf {
        self.root.join("removed")
    }

    /// What was promoted: one directory per pod. Nothing prunes it.
    #[must_use]
    pub fn promoted_dir(&self) -> PathBuf {
        self.root.join("promoted")
    }

    /// One directory per session.
    #[must_use]
    pub fn sessions_dir(&self) -> PathBuf {
        self.root.join("sessions")
    }

    /// The directory of `session`.
    #[must_use]
    pub fn session_dir(&self, session: SessionId) -> PathBuf {
        self.sessions_dir().join(session.to_string())
    }

    /// The launch snapshot of `session`.
    #[must_use]
    pub fn session_file(&self, session: SessionId) -> PathBuf {
        self.session_dir(session).join("session.json")
    }

    /// The record log of a segment.
    #[must_use]
    pub fn records(&self, session: SessionId, segment: SegmentId) -> PathBuf {
        self.segment_file(session, segment, "jsonl")
    }

    /// The output log of a segment.
    #[must_use]
    pub fn output(&self, session: SessionId, segment: SegmentId) -> PathBuf {
        self.segment_file(session, segment, "out")
    }

    /// The marks of a segment; derived.
    #[must_use]
    pub fn marks(&self, session: SessionId, segment: SegmentId) -> PathBuf {
        self.segment_file(session, segment, "marks")
    }

    /// The checkpoint of a segment; derived.
    #[must_use]
    pub fn checkpoint(&self, session: SessionId, segment: SegmentId) -> PathBuf {
        self.segment_file(session, segment, "state")
    }

    /// What a segment was told not to do again: one item a line.
    #[must_use]
    pub fn done_items(&self, session: SessionId, segment: SegmentId) -> PathBuf {
        self.segment_file(session, segment, "done")
    }

    /// What a segment was told to repeat: one item a line.
    #[must_use]
    pub fn failed_items(&self, session: SessionId, segment: SegmentId) -> PathBuf {
        self.segment_file(session, segment, "failed")
    }

    fn segment_file(&self, session: SessionId, segment: SegmentId, extension: &str) -> PathBuf {
        self.session_dir(session)
            .join(format!("{segment}.{extension}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_override_counts_as_unset() {
        let named = |text: &str| state_root(Some(OsStr::new(text))).expect("a root");
        assert_eq!(named("/some/where"), Path::new("/some/where"));
        assert!(named("relative").is_absolute());
        // A user without a home has neither: the two questions still have one answer.
        let (empty, unset) = (state_root(Some(OsStr::new(""))), state_root(None));
        assert_eq!(empty.ok(), unset.ok());
    }
}
