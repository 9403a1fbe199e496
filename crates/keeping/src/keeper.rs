//! The lease first, then the files.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use pod_protocol::{PodName, Timestamp};
use pod_registry::{Holder, Lease, LeaseState, Machine, Registry, RegistryError};
use pod_store::{Noted, Removed, Store, StoreError, StoreWriter};

use crate::KeepingError;

/// How long others who write to the recent index are waited for.
const NOTE_PATIENCE: Duration = Duration::from_millis(500);

/// Changes what is stored of pods that do not run.
#[derive(Debug)]
pub struct Keeper {
    writer: StoreWriter,
    runtime_dir: PathBuf,
}

/// A lease for as long as something is changed.
pub(crate) struct Held<'a> {
    lease: Option<Lease>,
    store: &'a Store,
}

impl Keeper {
    /// A keeper of the state directory `state`; `runtime` is where hosts have their sockets.
    ///
    /// # Errors
    /// As for [`StoreWriter::open`].
    pub fn open(state: &Path, runtime: &Path) -> Result<Self, KeepingError> {
        Ok(Self {
            writer: StoreWriter::open(state)?,
            runtime_dir: runtime.to_owned(),
        })
    }

    /// The store.
    #[must_use]
    pub const fn writer(&self) -> &StoreWriter {
        &self.writer
    }

    pub(crate) fn runtime_dir(&self) -> &Path {
        &self.runtime_dir
    }

    /// Removes `pod` with all of its sessions. It can come back: [`Keeper::undo`].
    ///
    /// # Errors
    /// When it is live, there is none, or the store refuses.
    pub fn remove(&self, pod: &PodName, now: Timestamp) -> Result<Removed, KeepingError> {
        self.must_exist(pod)?;
        let _held = self.hold(pod, now, false)?;
        let removed = self.writer.discard(pod, now)?;
        self.note(pod);
        Ok(removed)
    }

    /// Whether [`Keeper::remove`] would do it, and what it would remove. Changes nothing.
    ///
    /// # Errors
    /// As for [`Keeper::remove`].
    pub fn would_remove(&self, pod: &PodName) -> Result<usize, KeepingError> {
        self.must_exist(pod)?;
        let registry = Registry::new(self.leases_dir(), &self.runtime_dir);
        match registry.lease(pod).map_err(KeepingError::Registry)? {
            LeaseState::Free => Ok(self.writer.store().sessions_of(pod)?.len()),
            LeaseState::Held(_) => Err(KeepingError::Live {
                pod: pod.clone(),
                renaming: false,
            }),
        }
    }

    /// Brings the pod back that was last removed under this name.
    ///
    /// # Errors
    /// When there is none, the name stands for something again, or the store refuses.
    pub fn undo(&self, pod: &PodName, now: Timestamp) -> Result<Removed, KeepingError> {
        let removed = self.writer.store().removed()?;
        let newest = removed.into_iter().find(|removed| removed.pod == *pod);
        let newest = newest.ok_or_else(|| KeepingError::NotRemoved { pod: pod.clone() })?;
        if self.writer.layout().pod_dir(pod).exists() {
            let pod = pod.clone();
            return Err(StoreError::NameTaken { pod }.into());
        }
        let _held = self.hold(pod, now, false)?;
        self.writer.bring_back(&newest)?;
        self.note(pod);
        Ok(newest)
    }

    /// Gives `from` the name `to`.
    ///
    /// # Errors
    /// When either is live, there is no `from`, there is a `to`, or the store refuses.
    pub fn rename(&self, from: &PodName, to: &PodName, now: Timestamp) -> Result<(), KeepingError> {
        self.must_exist(from)?;
        if from == to {
            let pod = to.clone();
            return Err(StoreError::NameTaken { pod }.into());
        }
        // In one order, so that two renames that cross each other do not both fail.
        let (first, second) = if from < to { (from, to) } else { (to, from) };
        let _first = self.hold(first, now, true)?;
        let _second = self.hold(second, now, true)?;
        self.writer.rename_pod(from, to)?;
        self.note(to);
        Ok(())
    }

    /// Exempts `pod` from pruning, or takes that back, live or not. `false` if it was so already.
    ///
    /// # Errors
    /// When there is no such pod, or the store refuses.
    pub fn pin(&self, pod: &PodName, pinned: bool) -> Result<bool, KeepingError> {
        let changed = self.writer.set_pinned(pod, pinned)?;
        self.note(pod);
        Ok(changed)
    }

    /// Says in the recent index how `pod` is now. What is not said there is read from the files.
    fn note(&self, pod: &PodName) {
        let noted = self.writer.note_recent(pod, NOTE_PATIENCE);
        if matches!(noted, Ok(Noted::RewriteDue)) {
            let _ = self.writer.rewrite_recent(NOTE_PATIENCE);
        }
    }

    /// Taking a lease makes a file, so this is asked before.
    fn must_exist(&self, pod: &PodName) -> Result<(), KeepingError> {
        match self.writer.layout().pod_dir(pod).exists() {
            true => Ok(()),
            false => Err(StoreError::NoPod { pod: pod.clone() }.into()),
        }
    }

    fn leases_dir(&self) -> PathBuf {
        self.writer.layout().leases_dir()
    }

    pub(crate) fn hold(
        &self,
        pod: &PodName,
        now: Timestamp,
        renaming: bool,
    ) -> Result<Held<'_>, KeepingError> {
        let holder = Holder::new(&Machine::read(), std::process::id(), &self.runtime_dir, now);
        match Lease::acquire(&self.leases_dir(), pod, &holder) {
            Ok(lease) => Ok(Held {
                lease: Some(lease),
                store: self.writer.store(),
            }),
            Err(RegistryError::Held { pod, .. }) => Err(KeepingError::Live { pod, renaming }),
            Err(error) => Err(KeepingError::Registry(error)),
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else {
            return;
        };
        // A lease that cannot be given up goes with this process.
        let _ = match self.store.layout().pod_dir(lease.pod()).exists() {
            true => lease.release(),
            false => lease.abandon(),
        };
    }
}

#[cfg(test)]
mod tests;
