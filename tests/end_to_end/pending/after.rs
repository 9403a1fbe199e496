//! A run that begins when others have ended.

use std::fs;

use serde_json::json;

use super::{kill_host, launch_pending, until, watch_pending};
use crate::support::Pods;

#[test]
fn a_run_begins_when_the_one_before_it_has_ended() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    pods.launch("first", &until(gate.path()));
    let words = ["run", "-d", "--after", "first", "--name", "second"];
    let launching = pods.run(&[&words[..], &["--", "sh", "-c", "echo began"]].concat());
    assert_eq!(launching.code, 0, "{launching:?}");
    assert_eq!(launching.text(), "second\n");
    assert!(
        launching.stderr.contains("second: pending, after first"),
        "{launching:?}"
    );

    let shown = pods.show("second");
    assert_eq!(shown["status"], "pending");
    assert_eq!(shown["waiting_for"], json!({"after": ["first"]}));
    assert_eq!(shown["preview"], "[live, pending segment]");
    assert_eq!(shown["attachable"], true);
    assert_eq!(shown["not_restorable"], "live: attach instead");
    assert!(
        shown["segment"].is_string(),
        "the registry's segment is shown: {shown}"
    );
    pods.wait_for_listed("pending · after first");
    assert!(pods.text(&["show", "second"]).contains("after first"));
    let session = shown["session"].as_str().expect("a session");
    let directory = pods.state().join("sessions").join(session);
    let logs = || {
        let entries = fs::read_dir(&directory).expect("a session has a directory");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        names.filter(|name| name != "session.json").count()
    };
    assert_eq!(logs(), 0, "nothing is on record yet");
    assert_eq!(
        pods.run(&["pause", "second"]).code,
        5,
        "there is nothing to hold"
    );

    gate.open();
    assert_eq!(pods.run(&["wait", "first"]).code, 0);
    assert_eq!(pods.run(&["wait", "second"]).code, 0);
    assert_eq!(pods.text(&["logs", "second"]), "began\n");
    let again = pods.show("second");
    assert_eq!(
        (&again["session"], &again["segment"]),
        (&shown["session"], &shown["segment"])
    );
    assert_eq!(again["waiting_for"], json!(null));
    assert_eq!(pods.events("second")[0]["kind"], "segment.started");
}

#[test]
fn the_death_of_the_awaited_host_lets_the_run_begin() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let first = pods.launch("first", &until(gate.path()));
    launch_pending(&pods, "second", &["--after", "first"], "exit 3");
    let waiting = pods.start(&["wait", "second"]);
    kill_host(&first);
    assert_eq!(waiting.finish().code, 3);
    assert_eq!(pods.status("first"), "interrupted");
}

#[test]
fn several_pods_are_waited_for_until_the_last() {
    let pods = Pods::new();
    let mut gates = [pods.gate("one-gate"), pods.gate("two-gate")];
    pods.launch("one", &until(gates[0].path()));
    pods.launch("two", &until(gates[1].path()));
    let conditions = ["--after", "one", "--after", "two"];
    launch_pending(&pods, "last", &conditions, "exit 0");
    let watching = pods.start(&["wait", "last"]);
    gates[0].open();
    assert_eq!(pods.run(&["wait", "one"]).code, 0);
    // Whoever is attached hears of it; a list asks.
    loop {
        let left = pods.show("last")["waiting_for"]["after"].clone();
        if left == json!(["two"]) {
            break;
        }
        assert_eq!(left, json!(["one", "two"]));
    }
    gates[1].open();
    assert_eq!(watching.finish().code, 0);
}

#[test]
fn the_awaited_name_can_be_launched_again_and_again() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    for round in 0..5 {
        pods.launch("first", &until(gate.path()));
        let name = format!("second-{round}");
        launch_pending(&pods, &name, &["--after", "first"], "exit 0");
        gate.open();
        assert_eq!(pods.run(&["wait", "first"]).code, 0);
        // Those who waited for it wake up now, and are not in the way.
        pods.launch("first", "exit 0");
        assert_eq!(pods.run(&["wait", &name]).code, 0);
        assert_eq!(pods.run(&["wait", "first"]).code, 0);
    }
}

#[test]
fn what_is_not_alive_is_not_waited_for() {
    let pods = Pods::new();
    pods.launch("first", "exit 1");
    assert_eq!(pods.run(&["wait", "first"]).code, 1);
    let done = pods.run(&[
        "run", "--pipe", "--after", "first", "--name", "second", "--", "echo", "here",
    ]);
    assert_eq!((done.code, done.text().as_str()), (0, "here\n"), "{done:?}");
    assert!(!done.stderr.contains("pending"), "{done:?}");
    // A run that takes the name of what it is to follow does not wait for itself.
    let own = pods.run(&["run", "--after", "first", "--name", "first", "--", "true"]);
    assert_eq!(own.code, 0, "{own:?}");
}

#[test]
fn a_launch_that_makes_no_sense_is_refused_while_somebody_is_there_to_read_it() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    pods.launch("first", &until(gate.path()));
    // The line of the first one in the index may come a moment after its launch.
    let files = || {
        let mut files = pods.files();
        files.retain(|file| !file.contains("/recent."));
        files
    };
    let before = files();
    let run = |conditions: &[&str], command: &str| {
        pods.run(&[&["run", "-d"], conditions, &["--name", "x", "--", command]].concat())
    };
    run(&["--after", "frist"], "true").failed_with(4, &["frist", "first"]);
    run(&["--after", "first"], "nosuchcommand").failed_with(127, &["nosuchcommand"]);
    run(&["--after", "first"], "/etc/passwd").failed_with(126, &["/etc/passwd"]);
    run(&["--after", "first", "--cwd", "/gone"], "true").failed_with(2, &["/gone"]);
    run(&["--group", "../up"], "true").failed_with(2, &["--group"]);
    run(&["--group", "g", "--limit", "0"], "true").failed_with(2, &["--limit"]);
    run(&["--limit", "2"], "true").failed_with(2, &["--group"]);
    assert_eq!(files(), before, "a failed launch leaves nothing");
    gate.open();
    assert_eq!(pods.run(&["wait", "first"]).code, 0);
}

#[test]
fn a_monitor_waits_along_and_goes_on_with_the_run() {
    let pods = Pods::new();
    let (mut first, mut second) = (pods.gate("first-gate"), pods.gate("second-gate"));
    pods.launch("first", &until(first.path()));
    let script = format!("echo it has begun; {}", until(second.path()));
    let mut launcher = pods.terminal(&[
        "run", "--after", "first", "--name", "second", "--", "sh", "-c", &script,
    ]);
    launcher.wait_for_text("PENDING");
    launcher.wait_for_text("waits: after first");
    let mut visitor = pods.terminal(&["attach", "second"]);
    visitor.wait_for_text("PENDING");

    first.open();
    for terminal in [&launcher, &visitor] {
        terminal.wait_for_text("RUNNING");
        terminal.wait_for_text("it has begun");
        assert!(!terminal.contents().contains("waits:"));
    }
    let mut late = pods.terminal(&["attach", "second"]);
    late.wait_for_text("it has begun");
    second.open();
    for terminal in [&mut launcher, &mut visitor, &mut late] {
        terminal.wait_for_text("PASSED");
        terminal.send("q");
        assert_eq!(terminal.wait_for_exit(), 0);
    }
}

#[test]
fn a_run_without_a_terminal_waits_and_prints_what_comes() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    pods.launch("first", &until(gate.path()));
    let (second, _) = watch_pending(&pods, "second", "echo out; exit 5");
    gate.open();
    let done = second.finish();
    assert!(
        done.stderr.contains("second: pending, after first"),
        "{done:?}"
    );
    assert_eq!((done.code, done.text().as_str()), (5, "out\n"), "{done:?}");
}
