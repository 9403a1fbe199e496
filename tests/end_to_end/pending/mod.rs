//! Pods that are live before they have a log: `tui run --after` and `tui run --group`.

mod after;
mod ended;
mod group;
mod listed;

use std::{fs, thread};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use serde_json::Value;

use crate::support::{Launched, Pods, Verb, wait_gone};

/// A run that lasts until its gate is opened.
fn until(gate: &str) -> String {
    format!("read go < {gate}")
}

/// Launches a shell script that has to wait for its turn.
#[track_caller]
fn launch_pending(pods: &Pods, name: &str, conditions: &[&str], script: &str) -> Launched {
    let command = ["--pipe", "--name", name, "--", "sh", "-c", script];
    let launched = pods.launch_with(&[conditions, &command].concat());
    assert_eq!(pods.status(name), "pending");
    launched
}

/// How many sockets a process has.
fn sockets(pid: i32) -> usize {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).expect("a live process");
    files
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .filter(|link| link.to_string_lossy().starts_with("socket:"))
        .count()
}

/// Launches a run that waits for `first`, watched in the foreground, and returns it with its host
/// once it is connected.
#[track_caller]
fn watch_pending(pods: &Pods, name: &str, script: &str) -> (Verb, i32) {
    let idle = launch_pending(pods, "idle", &["--after", "first"], "true");
    let words = ["run", "--pipe", "--after", "first", "--name", name];
    let verb = pods.start(&[&words[..], &["--", "sh", "-c", script]].concat());
    let host = loop {
        let shown = pods.run(&["show", name, "--json"]);
        let row = serde_json::from_slice::<Value>(shown.text().as_bytes()).unwrap_or_default();
        if let Some(pid) = row["host_pid"].as_i64() {
            break i32::try_from(pid).expect("a process id");
        }
    };
    // One connection to follow the output, one to control the run.
    while sockets(host) < sockets(idle.host_pid) + 2 {
        thread::yield_now();
    }
    pods.text(&["stop", "idle"]);
    (verb, host)
}

/// Kills the host of a pod as the kernel does when memory is short, and waits until it is gone.
fn kill_host(pod: &Launched) {
    kill(Pid::from_raw(pod.host_pid), Signal::SIGKILL).expect("the host is alive");
    // The lease is free when the process is gone, and not before.
    assert!(wait_gone(pod.host_pid), "nobody survives that");
}
