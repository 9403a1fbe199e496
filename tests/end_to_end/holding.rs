//! Pause and continue: everything is held, everything goes on, and the list says so.

use std::time::Instant;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::{DEADLINE, Pods, Process};

/// Forks all the time, in several generations.
const RESTLESS: &str = "
    busy() { while :; do /bin/true; ( /bin/true & ); done; }
    busy & busy & setsid sh -c 'while :; do /bin/true; done' &
    trap 'echo bye; exit 7' INT
    echo ready
    while :; do echo tick; sleep 0.05; done
";

fn launch(pods: &Pods, name: &str, script: &str) {
    pods.launch_piped(name, script);
    pods.start(&["logs", "-f", name]).wait_for("ready");
}

/// The letter that the kernel has for the state of a process; `None` if it is gone.
fn state(process: &Process) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid)).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Waits until the process is held. A signal takes effect when the process is next on its way out of
/// the kernel; one that waits there for a child that is held is held with it, and one that ended
/// before waits to be buried.
fn is_held(process: &Process) -> bool {
    let since = Instant::now();
    while since.elapsed() < DEADLINE {
        if matches!(state(process), Some('T' | 'D' | 'Z') | None) {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

/// Waits until the process has stopped: a signal that comes before that is heard first.
fn wait_until_stopped(process: &Process) {
    let since = Instant::now();
    while state(process) != Some('T') {
        assert!(
            since.elapsed() < DEADLINE,
            "{process:?}: {:?}",
            state(process)
        );
        std::thread::yield_now();
    }
}

/// Host and warden are no part of the run.
fn of_the_run(pods: &Pods) -> Vec<Process> {
    let ours = |process: &Process| {
        let comm = std::fs::read_to_string(format!("/proc/{}/comm", process.pid));
        comm.is_ok_and(|comm| !comm.starts_with("tui"))
    };
    pods.processes().into_iter().filter(ours).collect()
}

#[test]
fn a_restless_tree_is_held_to_the_last_process_and_goes_on() {
    let pods = Pods::new();
    launch(&pods, "restless", RESTLESS);
    assert_eq!(pods.show("restless")["paused"], false);

    let held = pods.run(&["pause", "restless"]);
    assert_eq!((held.code, held.stderr.as_str()), (0, "restless: paused\n"));
    let all = of_the_run(&pods);
    assert!(all.len() >= 4, "{all:?}");
    for process in &all {
        assert!(is_held(process), "{process:?}: {:?}", state(process));
    }
    let shown = pods.show("restless");
    assert_eq!(
        (&shown["status"], &shown["paused"]),
        (&json!("running"), &json!(true))
    );
    assert_eq!(shown["activity"], Value::Null, "its silence says nothing");
    pods.wait_for_listed("running · paused");
    assert!(pods.text(&["show", "restless"]).contains("paused"));
    // What was written before is on its way to the log.
    pods.text(&["logs", "restless"]);
    let output = pods.text(&["logs", "restless"]);
    assert_eq!(
        pods.text(&["logs", "restless"]),
        output,
        "nothing is written meanwhile"
    );

    let again = pods.json(&["pause", "--json", "restless"]);
    assert_eq!(
        again,
        json!({"version": 1, "name": "restless", "paused": true, "changed": false, "reason": null})
    );

    let goes_on = pods.json(&["continue", "--json", "restless"]);
    assert_eq!(
        (&goes_on["paused"], &goes_on["changed"]),
        (&json!(false), &json!(true))
    );
    let ticks = output.matches("tick").count();
    pods.start(&["logs", "-f", "restless"])
        .wait_for(&"tick\n".repeat(ticks + 3));
    let again = pods.run(&["continue", "restless"]);
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (0, "restless: not paused\n")
    );

    let events = pods.events("restless");
    let signals: Vec<(&str, &str)> = events
        .iter()
        .filter_map(|event| Some((event["kind"].as_str()?, event["name"].as_str()?)))
        .collect();
    let expected = [
        ("signal.requested", "SIGSTOP"),
        ("signal.sent", "SIGSTOP"),
        ("signal.requested", "SIGCONT"),
        ("signal.sent", "SIGCONT"),
    ];
    assert_eq!(signals, expected);
    let asked = events
        .iter()
        .find(|event| event["kind"] == "signal.requested");
    assert!(
        asked.is_some_and(|asked| asked["by"].is_string()),
        "{asked:?}"
    );
    pods.text(&["kill", "restless"]);
}

#[test]
fn a_stop_of_a_paused_run_is_heard() {
    let pods = Pods::new();
    launch(&pods, "held", RESTLESS);
    pods.text(&["pause", "held"]);
    let stopped = pods.json(&["stop", "--json", "--grace", "10s", "held"]);
    assert_eq!(stopped["outcome"], "stopped", "{stopped}");
    assert!(
        pods.text(&["logs", "held"]).ends_with("bye\n"),
        "it ended by itself"
    );
    assert_eq!(pods.show("held")["paused"], false);
}

#[test]
fn a_stop_of_a_run_that_somebody_else_holds_is_heard() {
    let pods = Pods::new();
    launch(
        &pods,
        "held",
        "trap 'echo bye; exit 0' INT; echo ready; while :; do sleep 0.05; done",
    );
    let shell = of_the_run(&pods)
        .into_iter()
        .find(|process| process.words.starts_with("sh"));
    let shell = shell.expect("the command");
    let pid = nix::unistd::Pid::from_raw(shell.pid);
    nix::sys::signal::kill(pid, Signal::SIGSTOP).expect("our own command");
    wait_until_stopped(&shell);
    pods.text(&["stop", "--grace", "1h", "held"]);
    assert_eq!(pods.text(&["logs", "held"]), "ready\nbye\n");
}

#[test]
fn what_does_not_run_cannot_be_held() {
    let pods = Pods::new();
    pods.text(&["run", "-d", "--name", "over", "--", "true"]);
    pods.run(&["wait", "over"]);
    for verb in ["pause", "continue"] {
        let done = pods.run(&[verb, "over"]);
        done.failed_with(5, &["over", "the run has ended"]);
        let done = pods.run(&[verb, "--json", "over"]);
        let line: Value = serde_json::from_slice(&done.stdout).expect("JSON");
        assert_eq!(
            (done.code, &line["reason"]),
            (5, &json!("not_running")),
            "{line}"
        );
    }
    launch(&pods, "ending", "trap '' INT; echo ready; exec sleep 1000");
    pods.text(&["stop", "--no-wait", "--grace", "1h", "ending"]);
    pods.run(&["pause", "ending"])
        .failed_with(5, &["the run is being ended"]);
    launch(&pods, "other", "echo ready; exec sleep 1000");
    // One that cannot be held keeps none of the others from being held.
    assert_eq!(pods.run(&["pause", "over", "other"]).code, 5);
    assert_eq!(pods.show("other")["paused"], true);
}
