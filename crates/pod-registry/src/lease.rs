//! The lock that a host holds for its whole life, and what it permits.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use pod_files::{
    Access, Durability, FileError, Presence, check_private_dir, create_private, open_existing,
    private_dir, replace_file,
};
use pod_protocol::PodName;

use crate::{
    Allocation, Holder, RegistryError,
    allocation::{allocation_path, allocations_dir, socket_file},
    lock::{self, Part},
};

/// How long a held lease is tried again, in milliseconds. A child that was being forked when its
/// host died keeps a copy of the lock until its exec, for up to 20 ms as measured.
pub const LINGER_MS: u64 = 100;
/// How long to wait between two tries.
const RETRY: Duration = Duration::from_millis(4);

/// The right to be the host of a pod. There is at most one per pod at any time, on all machines
/// that share the state directory as far as its file system locks across them.
///
/// The lock belongs to the open file, not to the process: a process forked from the holder shares
/// it until it execs, and must not drop its copy of this value before.
#[derive(Debug)]
pub struct Lease {
    file: File,
    path: PathBuf,
    pod: PodName,
}

impl Lease {
    /// Takes the lease of `pod` and writes `holder` into its file. Waits up to [`LINGER_MS`] for a
    /// holder that is just going away. Creates `leases_dir` if need be.
    ///
    /// # Errors
    /// [`RegistryError::Held`] when somebody else is the host; otherwise what stood in the way.
    pub fn acquire(
        leases_dir: &Path,
        pod: &PodName,
        holder: &Holder,
    ) -> Result<Self, RegistryError> {
        private_dir(leases_dir)?;
        let path = leases_dir.join(pod.as_str());
        let deadline = Instant::now() + Duration::from_millis(LINGER_MS);
        loop {
            let refusal = match Self::try_acquire(&path, pod)? {
                Attempt::Taken(lease) => return lease.held_by(holder),
                Attempt::Refused(refusal) => refusal,
            };
            if Instant::now() >= deadline {
                return Err(refusal);
            }
            thread::sleep(RETRY);
        }
    }

    fn held_by(self, holder: &Holder) -> Result<Self, RegistryError> {
        self.show_presence()?;
        let Err(source) = holder.write_to(&self.file) else {
            return Ok(self);
        };
        let refusal = RegistryError::io("write lease", &self.path)(source);
        // Nobody's text: the file was made just now, and the disk had no room for more than that.
        if self.file.metadata().is_ok_and(|file| file.len() == 0) {
            // A file that stays is free, and is all that stays.
            let _ = self.abandon();
        }
        Err(refusal)
    }

    fn try_acquire(path: &Path, pod: &PodName) -> Result<Attempt, RegistryError> {
        Self::lock_opened(open_or_create(path)?, path, pod)
    }

    fn lock_opened(file: File, path: &Path, pod: &PodName) -> Result<Attempt, RegistryError> {
        let locked =
            lock::try_lock(&file, Part::Permission).map_err(RegistryError::io("lock", path))?;
        if !locked {
            let holder = Holder::read_from(&file).map_err(RegistryError::io("read", path))?;
            return Ok(Attempt::Refused(RegistryError::Held {
                pod: pod.clone(),
                holder: holder.map(Box::new),
            }));
        }
        let lease = Self {
            file,
            path: path.to_owned(),
            pod: pod.clone(),
        };
        // Between our open and our lock the file may have been removed and made again: then another
        // process can lock the new one, and ours permits nothing.
        Ok(match lease.is_in_place()? {
            true => Attempt::Taken(lease),
            false => Attempt::Refused(RegistryError::Replaced {
                path: path.to_owned(),
            }),
        })
    }

    /// Lets others sleep until this lease is given up. Those who slept on the one before hold the
    /// place for an instant each while they wake up, and do not keep this launch: without it they
    /// have to look again from time to time, see [`await_end`](crate::await_end).
    fn show_presence(&self) -> Result<(), RegistryError> {
        let deadline = Instant::now() + Duration::from_millis(LINGER_MS);
        let lock = RegistryError::io("lock", &self.path);
        loop {
            match lock::try_lock(&self.file, Part::Presence) {
                Err(source) => return Err(lock(source)),
                Ok(false) if Instant::now() < deadline => thread::sleep(RETRY),
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Whether the locked file is still the one that others find. A host whose lease file was
    /// removed by hand is not protected any more.
    ///
    /// # Errors
    /// When the operating system cannot say.
    pub fn is_in_place(&self) -> Result<bool, RegistryError> {
        let look = |source| RegistryError::io("look at", &self.path)(source);
        let ours = self.file.metadata().map_err(look)?;
        match fs::symlink_metadata(&self.path) {
            Ok(found) => Ok((found.dev(), found.ino()) == (ours.dev(), ours.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(look(source)),
        }
    }

    /// The pod.
    #[must_use]
    pub const fn pod(&self) -> &PodName {
        &self.pod
    }

    /// Removes what a dead host of this pod left in `runtime_dir`: allocation, then socket. Creates
    /// nothing.
    ///
    /// # Errors
    /// When `runtime_dir` is not this user's, or something cannot be removed.
    pub fn sweep(&self, runtime_dir: &Path) -> Result<(), RegistryError> {
        if check_private_dir(runtime_dir)? == Presence::Absent {
            return Ok(());
        }
        remove(&allocation_path(runtime_dir, &self.pod))?;
        remove(&socket_file(runtime_dir, &self.pod))
    }

    /// Makes `runtime_dir` and what belongs into it, so that a socket can be bound.
    ///
    /// # Errors
    /// When a directory cannot be made or is not this user's.
    pub fn prepare(&self, runtime_dir: &Path) -> Result<(), RegistryError> {
        private_dir(runtime_dir)?;
        private_dir(&allocations_dir(runtime_dir))?;
        Ok(())
    }

    /// Says where this pod is found, replacing what was said before. The allocation is gone after a
    /// reboot in any case, so nothing is synced.
    ///
    /// # Errors
    /// When it is another pod's allocation, or cannot be written.
    pub fn allocate(
        &self,
        runtime_dir: &Path,
        allocation: &Allocation,
    ) -> Result<(), RegistryError> {
        let path = allocation_path(runtime_dir, &self.pod);
        if allocation.pod != self.pod {
            let found = allocation.pod.clone();
            return Err(RegistryError::WrongPod { path, found });
        }
        self.prepare(runtime_dir)?;
        let text = serde_json::to_vec(allocation)
            .map_err(io::Error::from)
            .map_err(RegistryError::io("write", &path))?;
        Ok(replace_file(&path, &text, Durability::Cached)?)
    }

    /// Takes back what [`Lease::allocate`] said, then removes the socket. Nothing being there any
    /// more is fine.
    ///
    /// # Errors
    /// As for [`Lease::sweep`].
    pub fn withdraw(&self, runtime_dir: &Path) -> Result<(), RegistryError> {
        self.sweep(runtime_dir)
    }

    /// Gives the lease up. Dropping it does the same and keeps quiet about errors.
    ///
    /// # Errors
    /// When the kernel refuses; the lock is then gone with the process.
    pub fn release(self) -> Result<(), RegistryError> {
        lock::unlock(&self.file).map_err(RegistryError::io("unlock", &self.path))
    }
}

impl Lease {
    /// Gives the lease up and removes its file, for a name that no pod came to have. Whoever opened
    /// the file before finds, once it has the lock, that it is not in its place any more, and tries
    /// again.
    ///
    /// # Errors
    /// When the file cannot be removed; the lease is given up all the same.
    pub fn abandon(self) -> Result<(), RegistryError> {
        remove(&self.path)
    }
}

impl Drop for Lease {
    /// Unlocks explicitly: closing alone leaves the lock with every child that has been forked and
    /// has not reached its exec.
    fn drop(&mut self) {
        // The close that follows unlocks too unless a child has a copy: nothing better to be done.
        let _ = lock::unlock(&self.file);
    }
}

#[derive(Debug)]
enum Attempt {
    Taken(Lease),
    Refused(RegistryError),
}

/// Opens the lease file, making it if nobody has. Never truncates: the text is the holder's.
fn open_or_create(path: &Path) -> Result<File, RegistryError> {
    loop {
        if let Some(file) = open_existing(path, Access::ReadWrite)? {
            return Ok(file);
        }
        match create_private(path) {
            Err(error) if error.os_kind() == Some(io::ErrorKind::AlreadyExists) => {}
            created => return Ok(created?),
        }
    }
}

fn remove(path: &Path) -> Result<(), RegistryError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(FileError::io("remove", path)(source).into()),
    }
}

#[cfg(test)]
mod tests;
