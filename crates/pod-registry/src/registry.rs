//! Asking who is alive. Nothing here creates, locks or changes anything.

use std::{
    fs, io,
    os::unix::fs::DirEntryExt,
    path::{Path, PathBuf},
};

use pod_files::{Access, Presence, check_private_dir, open_existing};
use pod_protocol::PodName;

use crate::{
    Allocation, Holder, RegistryError,
    allocation::{ALLOCATION_SUFFIX, allocations_dir},
    lock::{self, Part},
    locked,
};

/// Up to this many leases are asked one by one, which takes a few milliseconds.
const ASKED_ALL_MAX: usize = 256;

/// The leases of a state directory and the allocations of a runtime directory.
#[derive(Clone, Debug)]
pub struct Registry {
    leases_dir: PathBuf,
    runtime_dir: PathBuf,
}

/// Whether a host is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// None is.
    Free,
    /// One is. Who, unless it has not written that down yet.
    Held(Option<Box<Holder>>),
}

impl Registry {
    /// The registry in these two directories; neither has to exist.
    #[must_use]
    pub fn new(leases_dir: impl Into<PathBuf>, runtime_dir: impl Into<PathBuf>) -> Self {
        Self {
            leases_dir: leases_dir.into(),
            runtime_dir: runtime_dir.into(),
        }
    }

    /// The runtime directory.
    #[must_use]
    pub fn runtime_dir(&self) -> &Path {
        &self.runtime_dir
    }

    /// The same leases, with the allocations of another runtime directory: that of a [`Holder`].
    #[must_use]
    pub fn with_runtime_dir(&self, runtime_dir: impl Into<PathBuf>) -> Self {
        Self::new(&self.leases_dir, runtime_dir)
    }

    /// Every pod that has a lease file, held or free, by name. A host has its lease before anything
    /// else, so a pod that is starting up is among them.
    ///
    /// # Errors
    /// When the directory cannot be read or is not this user's.
    pub fn leases(&self) -> Result<Vec<PodName>, RegistryError> {
        names_in(&self.leases_dir, |file| PodName::new(file).ok())
    }

    /// Every pod whose lease may be held, in no order: those that are worth asking about. Free ones
    /// may be among them. With many leases the kernel's list of locks is the sieve, where it can be
    /// relied on.
    ///
    /// # Errors
    /// As for [`Registry::leases`].
    pub fn leases_to_ask(&self) -> Result<Vec<PodName>, RegistryError> {
        let mut entries = entries_in(&self.leases_dir, |file| PodName::new(file).ok())?;
        if entries.len() > ASKED_ALL_MAX
            && let Some(locked) = locked::inodes(&self.leases_dir)
        {
            entries.retain(|(_, inode)| locked.contains(inode));
        }
        Ok(entries.into_iter().map(|(name, _)| name).collect())
    }

    /// Whether somebody holds the lease of `pod`.
    ///
    /// # Errors
    /// When the lease file cannot be opened or asked.
    pub fn lease(&self, pod: &PodName) -> Result<LeaseState, RegistryError> {
        let path = self.leases_dir.join(pod.as_str());
        let Some(file) = open_existing(&path, Access::Read)? else {
            return Ok(LeaseState::Free);
        };
        let ask = RegistryError::io("ask for the lock of", &path);
        if !lock::is_locked(&file, Part::Permission).map_err(ask)? {
            return Ok(LeaseState::Free);
        }
        let holder = Holder::read_from(&file).map_err(RegistryError::io("read", &path))?;
        Ok(LeaseState::Held(holder.map(Box::new)))
    }

    /// Every pod that has an allocation, by name. One that cannot be read is an error of its own
    /// and hides no other. An allocation outlives a crashed host: ask for the lease.
    ///
    /// # Errors
    /// When a directory cannot be read or is not this user's.
    #[expect(
        clippy::type_complexity,
        reason = "a list of pairs; a name for it would hide that each entry fails alone"
    )]
    pub fn allocations(
        &self,
    ) -> Result<Vec<(PodName, Result<Allocation, RegistryError>)>, RegistryError> {
        check_private_dir(&self.runtime_dir)?;
        let names = names_in(&allocations_dir(&self.runtime_dir), |file| {
            PodName::new(file.strip_suffix(ALLOCATION_SUFFIX)?).ok()
        })?;
        let read = |pod: PodName| {
            // One that vanished since the directory was read is one less.
            let allocation = Allocation::read(&self.runtime_dir, &pod).transpose()?;
            Some((pod, allocation))
        };
        Ok(names.into_iter().filter_map(read).collect())
    }

    /// The allocation of `pod`; `None` if there is none.
    ///
    /// # Errors
    /// When it cannot be read, or the runtime directory is not this user's.
    pub fn allocation(&self, pod: &PodName) -> Result<Option<Allocation>, RegistryError> {
        check_private_dir(&self.runtime_dir)?;
        Allocation::read(&self.runtime_dir, pod)
    }
}

/// The pods that files of `directory` are named after, sorted.
fn names_in(
    directory: &Path,
    name_of: impl Fn(&str) -> Option<PodName>,
) -> Result<Vec<PodName>, RegistryError> {
    let entries = entries_in(directory, name_of)?;
    let mut names: Vec<PodName> = entries.into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    Ok(names)
}

/// The same with the inodes of the files, in no order. Other files are not ours to judge:
/// half-written replacements, and what people leave lying about.
fn entries_in(
    directory: &Path,
    name_of: impl Fn(&str) -> Option<PodName>,
) -> Result<Vec<(PodName, u64)>, RegistryError> {
    if check_private_dir(directory)? == Presence::Absent {
        return Ok(Vec::new());
    }
    let failed = |source| RegistryError::io("read directory", directory)(source);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_str().and_then(&name_of);
        found.extend(name.map(|name| (name, entry.ino())));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
