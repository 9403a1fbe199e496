//! Stopping reaches everything of a run and nothing else.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::support::{Pods, Process, wait_gone};

/// Grandchildren in sessions of their own and twice-forked orphans, all deaf to what can be ignored.
const TREE: &str = "
    trap '' INT TERM HUP
    setsid sh -c 'sleep 1000 & sleep 1000 & wait; sleep 1000' &
    ( ( setsid sleep 1000 & ) & )
    ( sh -c 'sleep 1000 & sleep 1000' & )
    echo grown
    while :; do sleep 1000; done
";
/// Shells and sleeps of [`TREE`] that live at once, host and warden aside.
const TREE_PROCESSES_MIN: usize = 6;

/// How often a stop and a natural end are let loose on each other.
const MEETINGS: usize = 25;

fn wait_for_output(pods: &Pods, name: &str, text: &str) {
    let logs = pods.start(&["logs", "-f", name]);
    logs.wait_for(text);
}

fn signals(pods: &Pods, name: &str) -> Vec<String> {
    let sent = |record: &Value| (record["kind"] == "signal.sent").then(|| record["name"].clone());
    let text = |name: Value| name.as_str().expect("a signal has a name").to_owned();
    let events = pods.events(name);
    events.iter().filter_map(sent).map(text).collect()
}

#[test]
fn a_deaf_and_scattered_tree_is_stopped_to_the_last_process() {
    let pods = Pods::new();
    pods.launch("tree", TREE);
    wait_for_output(&pods, "tree", "grown");
    let before = pods.processes();
    assert!(before.len() >= TREE_PROCESSES_MIN, "{before:?}");

    let done = pods.run(&["stop", "--grace", "1s", "tree"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("tree: stopped"), "{done:?}");

    assert_eq!(pods.status("tree"), "stopped");
    assert_eq!(pods.run(&["wait", "tree"]).code, 137);
    for Process { pid, words } in before {
        assert!(wait_gone(pid), "{words} outlived the stop");
    }
    pods.wait_until_nobody_is_left();
    let sent = signals(&pods, "tree");
    assert_eq!(sent.first().map(String::as_str), Some("SIGINT"), "{sent:?}");
    assert_eq!(sent.last().map(String::as_str), Some("SIGKILL"), "{sent:?}");
}

#[test]
fn waiting_for_a_stopped_run_tells_the_last_signal() {
    let pods = Pods::new();
    let check = |name: &str, script: &str, grace: &str, code: i32| {
        pods.launch(name, script);
        wait_for_output(&pods, name, "ready");
        let stopped = pods.json(&["stop", "--json", "--grace", grace, name]);
        assert_eq!(stopped["stopped"], true, "{stopped}");
        assert_eq!(stopped["outcome"], "stopped", "{stopped}");
        let ended = pods.run(&["wait", "--json", name]);
        assert_eq!(ended.code, code, "{name}: {ended:?}");
        let ended: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
        assert_eq!(ended["exit_code"], code, "{ended}");
    };
    check("int", "echo ready; exec sleep 1000", "1h", 130);
    // The second signal goes out after half of the grace time: enough of it is left for a machine
    // that is busy with other tests.
    check(
        "term",
        "trap '' INT; echo ready; exec sleep 1000",
        "6s",
        143,
    );
    check(
        "kill",
        "trap '' INT TERM; echo ready; exec sleep 1000",
        "1s",
        137,
    );
    check("now", "echo ready; exec sleep 1000", "0s", 137);
    // What a command makes of the signal does not change what became of the run.
    let polite = "trap 'exit 0' INT; echo ready; while :; do sleep 0.05; done";
    check("polite", polite, "1h", 130);
}

#[test]
fn a_pod_launched_inside_a_pod_lives_on() {
    let pods = Pods::new();
    let binary = env!("CARGO_BIN_EXE_tui");
    let script = format!("{binary} run -d --name inner -- sleep 1000; exec sleep 1000");
    let outer = pods.launch("outer", &script);
    wait_for_output(&pods, "outer", "inner");
    assert_eq!(pods.status("inner"), "running");

    pods.text(&["stop", "--grace", "0s", "outer"]);
    assert!(wait_gone(outer.host_pid), "the outer host goes");
    assert_eq!(pods.status("outer"), "stopped");
    assert_eq!(pods.status("inner"), "running");

    let session = pods.show("inner")["session"].clone();
    let session = session.as_str().expect("a session");
    let file = pods
        .state()
        .join("sessions")
        .join(session)
        .join("session.json");
    let text = std::fs::read_to_string(&file).expect("the session's file");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(file["parent_pod"], "outer", "{file}");
}

#[test]
fn a_dead_host_takes_its_inner_pod_s_host_with_it_no_more_than_a_stop_does() {
    let pods = Pods::new();
    let binary = env!("CARGO_BIN_EXE_tui");
    let script = format!("{binary} run -d --name inner -- sleep 1000; exec sleep 1000");
    let outer = pods.launch("outer", &script);
    wait_for_output(&pods, "outer", "inner");
    kill(Pid::from_raw(outer.host_pid), Signal::SIGKILL).expect("our own host");
    assert_eq!(pods.run(&["wait", "outer"]).code, 125);
    assert_eq!(pods.status("inner"), "running");
}

#[test]
fn a_stop_that_is_not_needed_is_no_error() {
    let pods = Pods::new();
    pods.launch("twice", "trap '' INT; echo ready; exec sleep 1000");
    wait_for_output(&pods, "twice", "ready");
    let stop = ["stop", "--json", "--no-wait", "--grace", "1h", "twice"];
    let first = pods.json(&stop);
    assert_eq!(
        (&first["stopped"], &first["reason"]),
        (&Value::Bool(true), &Value::Null)
    );
    let second = pods.json(&stop);
    assert_eq!(second["stopped"], false, "{second}");
    assert_eq!(second["reason"], "already_requested", "{second}");
    assert_eq!(pods.show("twice")["requested"], "stop");

    pods.text(&["run", "-d", "--name", "over", "--", "true"]);
    pods.run(&["wait", "over"]);
    let over = pods.json(&["stop", "--json", "over"]);
    assert_eq!(over["stopped"], false, "{over}");
    assert_eq!(over["reason"], "already_terminal", "{over}");
    assert_eq!(over["outcome"], "passed", "{over}");

    let unknown = pods.run(&["stop", "over", "ovre"]);
    unknown.failed_with(4, &["ovre", "did you mean over?"]);

    for process in pods.processes() {
        if process.words.starts_with("sleep") {
            kill(Pid::from_raw(process.pid), Signal::SIGKILL).expect("our own command");
        }
    }
    let ended = pods.run(&["wait", "twice"]);
    assert_eq!(pods.status("twice"), "stopped", "{ended:?}");
}

#[test]
fn a_stop_that_meets_the_end_of_the_run_is_no_error() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!("read go < {}", gate.path());
    for round in 0..MEETINGS {
        pods.launch("ending", &script);
        gate.open();
        let stopped = pods.json(&["stop", "--json", "--grace", "1h", "ending"]);
        let over = stopped["reason"] == "already_terminal";
        let outcome = if over { "passed" } else { "stopped" };
        // A stop that came in time may still find a command that exits by itself.
        let fits = stopped["stopped"] == !over && stopped["outcome"] == outcome;
        assert!(fits, "round {round}: {stopped}");
    }
}

/// Output and records without end, from two writers.
const FLOOD: &str = "
    while :; do echo '{\"kind\":\"progress\",\"done\":1}' >> $POD_EVENTS; /bin/true; done &
    echo flowing
    exec yes 'a line of a flood that nobody can read'
";

#[test]
fn a_flood_is_stopped_by_the_verb() {
    let pods = Pods::new();
    for name in ["flood", "flood-2", "flood-3"] {
        pods.launch_piped(name, FLOOD);
        wait_for_output(&pods, name, "flowing");
        let stopped = pods.json(&["stop", "--json", "--grace", "0s", name]);
        assert_eq!(stopped["outcome"], "stopped", "{stopped}");
    }
}

#[test]
fn a_flood_is_stopped_from_the_monitor() {
    let pods = Pods::new();
    pods.launch_piped("flood", FLOOD);
    let mut monitor = pods.terminal(&["attach", "flood"]);
    monitor.wait_for_text("RUNNING");
    monitor.send("3");
    monitor.wait_for_text("that nobody can read");
    monitor.send("s");
    monitor.wait_for_text("stop it");
    monitor.send("y");
    monitor.wait_for_text("STOPPED");
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
    assert_eq!(pods.status("flood"), "stopped");
}

#[test]
fn when_the_host_is_killed_nothing_runs_on_unseen() {
    let pods = Pods::new();
    let pod = pods.launch("orphan", TREE);
    wait_for_output(&pods, "orphan", "grown");
    let waiting = pods.start(&["wait", "orphan"]);
    let before = pods.processes();
    assert!(before.len() >= TREE_PROCESSES_MIN, "{before:?}");

    kill(Pid::from_raw(pod.host_pid), Signal::SIGKILL).expect("our own host");

    assert_eq!(waiting.finish().code, 125, "who waited is told");
    pods.wait_until_nobody_is_left();
    assert_eq!(pods.status("orphan"), "interrupted");
    assert_eq!(pods.run(&["wait", "orphan"]).code, 125);
    assert_eq!(pods.text(&["logs", "orphan"]), "grown\n");

    let again = pods.launch("orphan", "exit 0");
    assert_ne!(again.session, pod.session);
    assert_eq!(pods.run(&["wait", "orphan"]).code, 0);
    assert_eq!(pods.status("orphan"), "passed");
}

#[test]
fn when_the_warden_is_killed_nothing_runs_on_unseen() {
    let pods = Pods::new();
    pods.launch("bereft", TREE);
    wait_for_output(&pods, "bereft", "grown");
    let warden = pods.processes().into_iter().find(|process| {
        let name = std::fs::read_to_string(format!("/proc/{}/comm", process.pid));
        name.is_ok_and(|name| name.trim_end() == "tui-warden")
    });
    let warden = warden.expect("every run has a warden");
    kill(Pid::from_raw(warden.pid), Signal::SIGKILL).expect("our own warden");

    assert_eq!(pods.run(&["wait", "bereft"]).code, 137);
    pods.wait_until_nobody_is_left();
    assert_eq!(pods.status("bereft"), "errored");
}
