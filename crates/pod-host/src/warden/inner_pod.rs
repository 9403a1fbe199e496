//! Where the walk of a tree ends: at the host of a pod that was launched inside the pod, which lives
//! on.
//!
//! A host carries the hidden subcommand, but so can anything: it is one if it is this same program,
//! or, where the program has been replaced since, if it holds a lease. A host of another version
//! that has been started and has no lease yet is taken for a part of the run.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use crate::launch::HOST_SUBCOMMAND;

/// The directory of leases below every state directory.
const LEASES: &str = "leases";

/// Whether the process, which leads a session of its own, is the host of a pod.
pub(crate) fn is_pod_host(pid: i32) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    let is_called_host = fs::read(process.join("cmdline")).is_ok_and(|cmdline| {
        cmdline.split(|&byte| byte == 0).nth(1) == Some(HOST_SUBCOMMAND.as_bytes())
    });
    is_called_host && (is_same_program(&process) || holds_lease(&process))
}

fn is_same_program(process: &Path) -> bool {
    // Not the path: the file behind it may have been replaced.
    let program = |process: &Path| {
        let file = fs::metadata(process.join("exe")).ok()?;
        Some((file.dev(), file.ino()))
    };
    program(process).is_some_and(|theirs| program(Path::new("/proc/self")) == Some(theirs))
}

fn holds_lease(process: &Path) -> bool {
    let Ok(descriptors) = fs::read_dir(process.join("fd")) else {
        return false;
    };
    descriptors.flatten().any(|descriptor| {
        let is_lease = fs::read_link(descriptor.path()).is_ok_and(|file| {
            let directory = file.parent().and_then(Path::file_name);
            directory.is_some_and(|name| name == LEASES)
        });
        let info = process.join("fdinfo").join(descriptor.file_name());
        is_lease && fs::read_to_string(info).is_ok_and(|info| is_locked(&info))
    })
}

/// What the kernel says of a descriptor whose open file has a lock as leases have it.
fn is_locked(fdinfo: &str) -> bool {
    let mut locks = fdinfo.lines().filter_map(|line| line.strip_prefix("lock:"));
    locks.any(|lock| lock.contains("OFDLCK") && lock.contains("WRITE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_what_the_kernel_calls_one() {
        let held = "pos:\t0\nflags:\t0100002\nlock:\t1: OFDLCK ADVISORY WRITE -1 00:1c:7 0 EOF\n";
        assert!(is_locked(held));
        assert!(!is_locked("pos:\t0\nflags:\t0100002\n"));
        assert!(!is_locked(
            "lock:\t1: FLOCK  ADVISORY  WRITE 7 00:1c:7 0 EOF\n"
        ));
    }

    #[test]
    fn a_process_that_is_no_host_holds_no_lease() {
        let own = Path::new("/proc/self");
        assert!(is_same_program(own));
        assert!(!holds_lease(own));
        assert!(!is_pod_host(std::process::id().try_into().expect("a pid")));
    }
}
