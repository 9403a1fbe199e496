//! Processes of a run, found by what none of them can shed: the environment they were started with.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::DEADLINE;

/// How often `/proc` is looked at while something is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Everybody alive whose environment contains `token`.
pub(crate) fn carrying(token: &str) -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let carries = |pid: &i32| {
        // Gone by now, or somebody else's: not ours.
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        memchr::memmem::find(&environment, token.as_bytes()).is_some()
    };
    pids.filter(carries).collect()
}

/// Waits until `done` says so. `what` is for the sentence when it never does.
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let from = Instant::now();
    while !done()? {
        if from.elapsed() > DEADLINE {
            bail!("waited in vain: {what}");
        }
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Waits until nobody with `token` is left.
pub(crate) fn wait_gone(token: &str) -> Result<()> {
    let mut left = Vec::new();
    let gone = wait_until("the processes of a run go", || {
        left = carrying(token);
        Ok(left.is_empty())
    });
    gone.map_err(|error| {
        let words: Vec<String> = left.iter().map(|pid| describe(*pid)).collect();
        error.context(format!("still alive: {}", words.join("; ")))
    })
}

fn describe(pid: i32) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&words).replace('\0', " ");
    format!("{pid} {words}")
}

/// The name of a process, as the kernel keeps it.
pub(crate) fn name(pid: i32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// `kill -9`. Returns whether there was somebody to kill.
pub(crate) fn kill_now(pid: i32) -> bool {
    kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok()
}

/// The largest memory that a process has had, in KiB.
pub(crate) fn peak_kib(pid: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
