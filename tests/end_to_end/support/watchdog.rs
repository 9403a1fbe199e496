//! An end for a test that has none of its own: a read that nobody answers would hold up all the others
//! for ever, and say nothing.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::processes::{Process, started_below};

/// How long one test may take. The longest ones take seconds, and minutes where their sizes are set
/// by hand.
const TEST_MAX: Duration = Duration::from_secs(10 * 60);

/// Watches until it is dropped.
#[derive(Debug)]
pub(super) struct Watchdog {
    _ends: Sender<()>,
}

impl Watchdog {
    /// Over the test that has its files in `root`.
    pub(super) fn over(root: &Path) -> Self {
        let (ends, ended) = channel();
        let name = thread::current().name().unwrap_or_default().to_owned();
        let root = root.to_owned();
        thread::spawn(move || {
            if ended.recv_timeout(TEST_MAX) == Err(RecvTimeoutError::Timeout) {
                give_up(&name, &root);
            }
        });
        Self { _ends: ends }
    }
}

/// A thread that waits cannot be made to fail, so all tests end with it.
fn give_up(name: &str, root: &Path) -> ! {
    // Not `eprintln`, which a test's own threads say to the test.
    let mut stderr = io::stderr();
    let _ = writeln!(
        stderr,
        "{name} is stuck. What runs of it, and what it waits for:"
    );
    for Process { pid, words } in started_below(root) {
        // Gone by now, or nobody's to look into.
        let waits = fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
        let _ = writeln!(stderr, "{pid} {waits} {words}");
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    process::abort();
}
