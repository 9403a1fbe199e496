//! What commands, launchers and file systems do to a host, meant or not.

use std::{fs, os::unix::fs::PermissionsExt};

use pod_protocol::HostMessage;
use serde_json::Value;

use crate::support::{Launched, Pods, Viewer, wait_gone};

/// Signals that a program can ignore or block; the ones above belong to its C library.
const COMMON_SIGNALS: u64 = (1 << 31) - 1;

/// Launches `script` from a shell that has run `before`.
fn launch_after(pods: &Pods, before: &str, options: &[&str], script: &str) -> Launched {
    let shell = format!("{before}; exec \"$0\" \"$@\"");
    let run = ["run", "-d", "--json", "--name", "it"];
    let words = ["-c", &shell, env!("CARGO_BIN_EXE_tui")];
    let words = [&words[..], &run[..], options, &["--", "sh", "-c", script]].concat();
    let done = crate::support::Verb::start(pods.within("sh", words)).finish();
    assert_eq!(done.code, 0, "{done:?}");
    serde_json::from_slice(&done.stdout).expect("what a launch prints")
}

fn record<'a>(records: &'a [Value], kind: &str) -> &'a Value {
    let found = records.iter().find(|record| record["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {records:#?}"))
}

#[test]
fn a_command_inherits_the_limits_and_nothing_else() {
    let before = "trap '' CHLD INT TERM HUP; umask 027; ulimit -S -n 123; exec 7</dev/null";
    // The masks of a child: a shell blocks signals itself while it waits.
    let script = "ls -1 /proc/$$/fd; umask; ulimit -n; grep -E '^Sig(Blk|Ign)' /proc/self/status";
    for options in [&["--pipe"][..], &[]] {
        let pods = Pods::new();
        launch_after(&pods, before, options, script);
        assert_eq!(pods.run(&["wait", "it"]).code, 0);
        let text = pods.text(&["logs", "--raw", "it"]);
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words[..5], ["0", "1", "2", "0027", "123"], "{options:?}");
        assert_eq!(words.len(), 9, "{words:?}");
        for mask in words[5..].chunks(2) {
            let (name, mask) = (mask[0], u64::from_str_radix(mask[1], 16).expect("a mask"));
            assert_eq!(mask & COMMON_SIGNALS, 0, "{name} {options:?}");
        }
    }
}

#[test]
fn a_file_size_limit_is_the_command_s_own() {
    let pods = Pods::new();
    launch_after(&pods, "ulimit -S -f 8", &[], "seq 20000; ulimit -f");
    assert_eq!(pods.run(&["wait", "it"]).code, 0);
    let text = pods.text(&["logs", "--raw", "it"]);
    assert_eq!(text.lines().count(), 20_001, "everything is in the log");
    assert_eq!(text.lines().last().map(str::trim_end), Some("8"));
}

#[test]
fn files_are_private_whatever_the_umask() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!("read go < {}", gate.path());
    let pod = launch_after(&pods, "umask 0777", &[], &script);
    for path in [pod.socket.clone(), pod.socket.with_extension("events")] {
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{path:?}");
    }
    gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, 0);
}

#[test]
fn an_end_by_a_real_time_signal_is_told_as_it_is() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    // One that falls to the warden, and then the command itself.
    let stray = "(sh -c 'kill -36 $$' &)";
    let script = format!("{stray}; read go < {}; kill -35 $$", gate.path());
    pods.launch("it", &script);
    gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, 128 + 35);
    assert_eq!(pods.status("it"), "errored");
}

#[test]
fn a_command_that_leaves_its_terminal_can_come_back() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!(
        "exec 0<&- 1>&- 2>&-; read go < {}; exec 1>/dev/tty; echo back",
        gate.path()
    );
    let pod = pods.launch("it", &script);
    // The host is up and idle: it has seen what there was to see of the terminal.
    drop(Viewer::connect(&pod.socket));
    gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, 0);
    assert_eq!(pods.text(&["logs", "--raw", "it"]), "back\r\n");
}

#[test]
fn a_command_that_closes_its_pipes_lives_on() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!(
        "echo out; exec 1>&- 2>&-; read go < {}; exit 7",
        gate.path()
    );
    let pod = launch_after(&pods, ":", &["--pipe"], &script);
    drop(Viewer::connect(&pod.socket));
    assert_eq!(pods.status("it"), "running");
    gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, 7);
    assert_eq!(pods.text(&["logs", "--raw", "it"]), "out\n");
}

#[test]
fn what_is_left_behind_is_counted_and_lives_on() {
    for options in [&["--pipe"][..], &[]] {
        let pods = Pods::new();
        let (mut gate, ready) = (pods.gate("gate"), pods.gate("ready"));
        let lives = pods.root().join("lives");
        let left = format!(
            "trap '' HUP; echo ready > {}; read go < {}; echo > {}",
            ready.path(),
            gate.path(),
            lives.display()
        );
        let script = format!("({left}) & read r < {}; exit 0", ready.path());
        let pod = launch_after(&pods, ":", options, &script);
        assert_eq!(pods.run(&["wait", "it"]).code, 0);
        assert!(wait_gone(pod.host_pid));

        let records = pods.events("it");
        let (exited, ended) = (
            record(&records, "child.exited"),
            record(&records, "segment.ended"),
        );
        assert_eq!(ended["left"], 1, "{options:?}");
        let drained = ended["t"].as_u64().expect("a time") - exited["t"].as_u64().expect("a time");
        assert!(drained >= 500, "{drained} ms were waited for more output");
        assert!(!lives.exists());
        gate.open();
        pods.wait_until_nobody_is_left();
        assert!(lives.exists(), "it was left in peace");
    }
}

#[test]
fn a_command_that_floods_its_events_is_stopped_all_the_same() {
    let pods = Pods::new();
    let line = r#"{"kind":"progress","done":1,"total":2}"#;
    let pod = pods.launch(
        "it",
        &format!("while :; do echo '{line}'; done >> $POD_EVENTS"),
    );
    let mut viewer = Viewer::following_output(&pod);
    let done = pods.run(&["stop", "--grace", "0s", "it"]);
    assert_eq!(done.code, 0, "{done:?}");
    loop {
        match viewer.next().expect("the end is told") {
            HostMessage::Closed { outcome } => break assert_eq!(outcome.to_string(), "stopped"),
            _ => continue,
        }
    }
    assert_eq!(pods.status("it"), "stopped");
}

#[test]
fn a_second_stop_brings_the_end_forward() {
    let pods = Pods::new();
    let pod = pods.launch(
        "it",
        "trap '' INT TERM; echo deaf; while :; do read x; done",
    );
    let mut viewer = Viewer::following_output(&pod);
    while viewer
        .next_framed()
        .expect("some output")
        .payload
        .is_empty()
    {}
    let slow = pods.start(&["stop", "--grace", "24h", "it"]);
    pods.start(&["events", "-f", "it", "--kind", "signal.sent"])
        .wait_for("SIGINT");
    assert_eq!(pods.run(&["stop", "--grace", "0s", "it"]).code, 0);
    assert_eq!(slow.finish().code, 0);
    assert_eq!(pods.run(&["wait", "it"]).code, 137);
}

#[test]
fn a_command_outlives_the_state_directory() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let finished = pods.root().join("finished");
    let script = format!(
        "read go < {}; seq 20000; echo > {}",
        gate.path(),
        finished.display()
    );
    let pod = pods.launch("it", &script);
    pods.remove_state();
    let degraded = Viewer::hello(&pod.socket).summary.degraded;
    assert!(degraded.is_some_and(|it| it.contains("removed")));
    gate.open();
    assert!(wait_gone(pod.host_pid));
    assert!(finished.exists());
    assert!(!pod.socket.exists(), "the socket belonged to this host");
}

#[test]
fn a_host_whose_lease_is_lost_leaves_its_successor_alone() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!("read go < {}", gate.path());
    let first = pods.launch("it", &script);
    fs::remove_file(pods.state().join("leases/it")).expect("ours to remove");
    let mut other_gate = pods.gate("other");
    let second = pods.launch("it", &format!("read go < {}", other_gate.path()));
    gate.open();
    assert!(wait_gone(first.host_pid));
    drop(Viewer::connect(&second.socket));
    assert_eq!(pods.show("it")["attachable"], true);
    other_gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, 0);
}

#[test]
fn metadata_that_cannot_be_replaced_refuses_the_launch_before_its_command() {
    let pods = Pods::new();
    pods.text(&["run", "--name", "it", "--", "true"]);
    let metadata = pods.state().join("pods/it/metadata.json");
    let kept = fs::read_to_string(&metadata).expect("metadata");
    let (files, mark) = (pods.files().len(), pods.root().join("ran"));
    for content in [
        "not json".to_owned(),
        kept.replace("\"version\":1", "\"version\":99"),
    ] {
        fs::write(&metadata, content).expect("ours to write");
        let mark = mark.to_str().expect("text");
        let done = pods.run(&["run", "-d", "--name", "it", "--", "touch", mark]);
        done.failed_with(125, &["metadata"]);
    }
    assert!(!mark.exists(), "nothing ran");
    assert_eq!(pods.files().len(), files, "nothing is left");
    fs::write(&metadata, kept).expect("ours to write");
}

#[test]
fn a_host_whose_launcher_died_in_mid_request_makes_nothing() {
    let pods = Pods::new();
    let done = pods.run(&["__host"]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(pods.files().is_empty(), "{:?}", pods.files());
}
