//! The processes of a test, found by the one thing that none of them can shed: the environment they
//! were started with, which names the test's own directory.

use std::{
    fs,
    os::{
        fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
};

use nix::{
    errno::Errno,
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::DEADLINE;

/// A process that is alive. A dead one that nobody has buried yet is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) words: String,
}

/// Everybody who was started with `root` in the environment.
pub(super) fn started_below(root: &Path) -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("a process file system");
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let ours = |pid: &i32| {
        // The process may be gone by now, or another user's: then it is not ours.
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        memchr::memmem::find(&environment, root.as_os_str().as_bytes()).is_some()
    };
    let describe = |pid: i32| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        Process { pid, words }
    };
    pids.filter(ours).map(describe).collect()
}

/// Waits until the process is gone; returns whether it went within the deadline.
pub(crate) fn wait_gone(pid: i32) -> bool {
    open_process(pid).is_none_or(|process| wait_readable(process.as_fd()))
}

/// Waits until `fd` is readable; returns whether it came to that within the deadline.
pub(super) fn wait_readable(fd: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(fd, PollFlags::POLLIN)];
    let timeout = PollTimeout::try_from(DEADLINE).expect("a minute fits");
    loop {
        match poll(&mut fds, timeout) {
            Err(Errno::EINTR) => {}
            result => return result.expect("it can be polled") > 0,
        }
    }
}

#[expect(unsafe_code, reason = "the standard library's pidfd is not stable")]
fn open_process(pid: i32) -> Option<OwnedFd> {
    // SAFETY: the call takes two integers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = match Errno::result(fd) {
        Err(Errno::ESRCH) => return None,
        opened => opened.expect("a process can be opened"),
    };
    let fd = i32::try_from(fd).expect("a descriptor");
    // SAFETY: the kernel has just given us this descriptor, close-on-exec, and nobody else has it.
    Some(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The process and everybody below it.
pub(crate) fn family(root: i32) -> Vec<i32> {
    let mut found = vec![root];
    let mut at = 0;
    while let Some(pid) = found.get(at) {
        // What ends meanwhile has no children any more.
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        found.extend(
            children
                .split_whitespace()
                .filter_map(|pid| pid.parse::<i32>().ok()),
        );
        at += 1;
    }
    found
}

/// The most memory that a process ever had, in KiB.
pub(crate) fn peak_kib(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let words = line.expect("it has memory").split_whitespace().next();
    words.expect("a number").parse().expect("a number")
}
