//! Sleeping until a pod has ended.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path, thread, time::Duration};

use pod_files::{Access, open_existing};
use pod_protocol::PodName;

use crate::{
    Holder, RegistryError,
    lock::{self, Part},
};

/// How long to wait before looking again at a host on which nobody can sleep: one that could not
/// show its presence, because a process was frozen in the instant in which it woke up.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Sleeps until the host that has the lease of `pod` now is gone, however it goes. Returns at once
/// when there is none. Blocks the thread in the kernel; a launch of `pod` in the meantime is not
/// hindered, and one that follows right upon the end is not waited for.
///
/// # Errors
/// When the lease file cannot be opened, asked or locked.
pub fn await_end(leases_dir: &Path, pod: &PodName) -> Result<(), RegistryError> {
    let path = leases_dir.join(pod.as_str());
    loop {
        let Some(file) = open_existing(&path, Access::Read)? else {
            return Ok(());
        };
        let is_held = || {
            let ask = RegistryError::io("ask for the lock of", &path);
            lock::is_locked(&file, Part::Permission).map_err(ask)
        };
        let holder = || Holder::read_from(&file).map_err(RegistryError::io("read", &path));
        if !is_held()? {
            return Ok(());
        }
        let awaited = holder()?;
        lock::wait(&file, Part::Presence).map_err(RegistryError::io("wait for", &path))?;
        if !is_held()? {
            if is_at(&file, &path)? {
                return Ok(());
            }
            continue;
        }
        // A host shows its presence before it writes its name, so another name is that of the next
        // host. The same one is a host that has no presence, or has it in a moment.
        if holder()? != awaited {
            return Ok(());
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// Whether `file` is still the one at `path`: a lease whose file was removed by hand protects
/// nothing any more, and another may be held in its place.
fn is_at(file: &fs::File, path: &Path) -> Result<bool, RegistryError> {
    let look = |source| RegistryError::io("look at", path)(source);
    let ours = file.metadata().map_err(look)?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(look(source)),
    }
}

#[cfg(test)]
mod tests;
