//! What a pending pod costs, and where it stands in the list.

use std::{fs, path::Path, time::Instant};

use super::{launch_pending, until};
use crate::support::{DEADLINE, Launched, Pods};

const STOPPED: usize = 1_000;

/// How often the threads that wait for others have been woken up so far, and how many there are.
fn wakes(host: i32) -> (usize, u64) {
    let tasks = fs::read_dir(format!("/proc/{host}/task")).expect("a live host");
    let mut found = (0, 0);
    for task in tasks {
        let task = task.expect("an entry").path();
        let read = |file: &str| fs::read_to_string(task.join(file)).unwrap_or_default();
        if read("comm").trim_end() != "sleeper" {
            continue;
        }
        let status = read("status");
        let switches = status
            .lines()
            .filter(|line| line.contains("ctxt_switches:"))
            .filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok());
        found.0 += 1;
        found.1 += switches.sum::<u64>();
    }
    found
}

/// Whether the one thread that waits for others is asleep in the kernel.
fn is_asleep(host: i32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{host}/task")).expect("a live host");
    let mut sleepers = tasks
        .map(|task| task.expect("an entry").path().join("stat"))
        .filter_map(|stat| fs::read_to_string(stat).ok())
        .filter(|stat| stat.contains("(sleeper)"));
    let asleep = sleepers.next().is_some_and(|stat| stat.contains(") S "));
    asleep && sleepers.next().is_none()
}

#[test]
fn who_waits_sleeps_whatever_others_do() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let script = until(gate.path());
    pods.launch("first", &script);
    pods.launch_with(&["--group", "gpu", "--name", "a", "--", "sh", "-c", &script]);
    let waiters = [
        launch_pending(&pods, "after", &["--after", "first"], "true"),
        launch_pending(&pods, "turn", &["--group", "gpu"], "true"),
    ];
    let deadline = Instant::now() + DEADLINE;
    while !waiters.iter().all(|waiter| is_asleep(waiter.host_pid)) {
        assert!(Instant::now() < deadline, "somebody who waits is awake");
        std::thread::yield_now();
    }
    let counts = || waiters.each_ref().map(|waiter| wakes(waiter.host_pid));
    // Who stops and continues everything, as a container that is frozen, wakes them up, too; whatever
    // others do would do it every time.
    let undisturbed = (0..3).any(|_| {
        let before = counts();
        pods.text(&["ls"]);
        pods.run(&["run", "--name", "other", "--", "true"]);
        pods.text(&["stop", "other"]);
        pods.text(&["show", "after"]);
        counts() == before
    });
    assert!(undisturbed, "somebody was woken up: {:?}", counts());
    pods.text(&["stop", "first", "a", "after", "turn"]);
}

/// Copies a stopped pod under another name, with another session.
fn copy(state: &Path, pod: &Launched, number: usize) {
    let (from, name) = (pod.session.to_string(), format!("stopped-{number:04}"));
    let to = format!("{}{number:012x}", &from[..24]);
    let rewritten = |path: &Path| {
        let text = fs::read_to_string(path).expect("text");
        text.replace(&from, &to)
            .replace("\"original\"", &format!("\"{name}\""))
    };
    let sessions = state.join("sessions");
    fs::create_dir(sessions.join(&to)).expect("a directory");
    for file in ["session.json", &format!("{}.jsonl", pod.segment)] {
        let text = rewritten(&sessions.join(&from).join(file));
        fs::write(sessions.join(&to).join(file), text).expect("a file");
    }
    let pods = state.join("pods");
    fs::create_dir(pods.join(&name)).expect("a directory");
    let metadata = rewritten(&pods.join("original").join("metadata.json"));
    fs::write(pods.join(&name).join("metadata.json"), metadata).expect("a file");
}

#[test]
fn a_pending_pod_is_among_the_first_of_a_thousand_newer_ones() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    pods.launch("first", &until(gate.path()));
    launch_pending(&pods, "waiting", &["--after", "first"], "true");
    let original = pods.launch("original", "exec sleep 1000");
    pods.text(&["stop", "original"]);
    for number in 0..STOPPED {
        copy(&pods.state(), &original, number);
    }
    let list = pods.json(&["ls", "--limit", "10", "--json"]);
    let rows = list["rows"].as_array().expect("rows");
    let names: Vec<_> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names[..2], ["first", "waiting"], "{names:?}");
    assert_eq!(rows[1]["preview"], "[live, pending segment]");
    assert_eq!(list["hidden"], STOPPED + 3 - 10);

    let mut picker = pods.terminal(&["-r"]);
    picker.wait_for_text("waiting");
    picker.wait_for_text("pending · after first");
    picker.send("waiting\r");
    picker.wait_for_text("PENDING");
    picker.send("\x03");
    assert_eq!(picker.wait_for_exit(), 0);
}
