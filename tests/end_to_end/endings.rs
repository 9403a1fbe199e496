//! Every way to end a run: what is answered, what is recorded, and that nobody is left.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use pod_protocol::{ErrorCode, HostMessage};
use serde_json::{Value, json};

use crate::support::{Pods, Viewer, attach, family, wait_gone};

/// A tree of everything that tries to get away, and a pod inside the pod.
fn tree(pods: &Pods) -> String {
    // A file of this name makes a session leader look like the host of a pod by its words.
    std::fs::write(pods.root().join("__host"), "sleep 1000").expect("a script");
    let binary = env!("CARGO_BIN_EXE_tui");
    format!(
        "
        trap '' INT TERM HUP
        {binary} run -d --name inner -- sleep 4242
        setsid sh -c 'sleep 1000 & sleep 1000 & wait; sleep 1000' &
        ( ( setsid sleep 1000 & ) & )
        ( sh -c 'sleep 1000 & sleep 1000' & )
        setsid sh __host &
        echo grown
        while :; do sleep 1000; done
        "
    )
}

/// Grows the tree, ends it by `end`, and asserts that only the pod inside is left.
#[track_caller]
fn ends_all_but_the_inner_pod(
    options: &[&str],
    end: impl FnOnce(&Pods, i32),
    outcome: &str,
    code: i32,
) {
    let pods = Pods::new();
    let script = tree(&pods);
    let words = [options, &["--name", "outer", "--", "sh", "-c", &script]].concat();
    let outer = pods.launch_with(&words);
    pods.start(&["logs", "-f", "outer"]).wait_for("grown");
    let inner = pods.show("inner")["host_pid"].as_i64().expect("a host");
    let spared = family(i32::try_from(inner).expect("a pid"));
    assert!(spared.len() >= 3, "host, warden and command: {spared:?}");
    let before = pods.processes();
    assert!(
        before
            .iter()
            .any(|process| process.words.contains("__host") && process.words.starts_with("sh"))
    );

    end(&pods, outer.host_pid);

    assert_eq!(pods.run(&["wait", "outer"]).code, code);
    assert_eq!(pods.status("outer"), outcome);
    for process in before {
        if !spared.contains(&process.pid) {
            assert!(wait_gone(process.pid), "{} outlived the end", process.words);
        }
    }
    assert_eq!(pods.status("inner"), "running");
    assert_eq!(pods.show("inner")["parent"], "outer");
    let text = pods.text(&["show", "inner"]);
    assert!(text.contains("parent     outer"), "{text}");
    for pid in spared {
        assert!(
            pods.processes().iter().any(|process| process.pid == pid),
            "{pid} lives on"
        );
    }
}

#[test]
fn a_stop_leaves_nobody_but_the_inner_pod() {
    let end = |pods: &Pods, _| drop(pods.text(&["stop", "--grace", "500ms", "outer"]));
    ends_all_but_the_inner_pod(&[], end, "stopped", 137);
}

#[test]
fn a_cancel_leaves_nobody_but_the_inner_pod() {
    let end = |pods: &Pods, _| drop(pods.text(&["cancel", "--grace", "500ms", "outer"]));
    ends_all_but_the_inner_pod(&["--pipe"], end, "cancelled", 137);
}

#[test]
fn a_kill_leaves_nobody_but_the_inner_pod() {
    let end = |pods: &Pods, _| drop(pods.text(&["kill", "outer"]));
    ends_all_but_the_inner_pod(&[], end, "stopped", 137);
}

#[test]
fn a_kill_of_a_paused_tree_leaves_nobody_but_the_inner_pod() {
    let end = |pods: &Pods, _| {
        pods.text(&["pause", "outer"]);
        pods.text(&["kill", "outer"]);
    };
    ends_all_but_the_inner_pod(&[], end, "stopped", 137);
}

#[test]
fn the_death_of_the_host_leaves_nobody_but_the_inner_pod() {
    let end = |_: &Pods, host| kill(Pid::from_raw(host), Signal::SIGKILL).expect("our own host");
    ends_all_but_the_inner_pod(&[], end, "interrupted", 125);
}

#[test]
fn the_death_of_the_host_of_a_paused_tree_leaves_nobody_but_the_inner_pod() {
    let end = |pods: &Pods, host| {
        pods.text(&["pause", "outer"]);
        kill(Pid::from_raw(host), Signal::SIGKILL).expect("our own host");
    };
    ends_all_but_the_inner_pod(&["--pipe"], end, "interrupted", 125);
}

/// A command that has to be killed.
const DEAF: &str = "trap '' INT TERM; echo ready; exec sleep 1000";

fn launch_ready(pods: &Pods, name: &str, script: &str) {
    pods.launch(name, script);
    pods.start(&["logs", "-f", name]).wait_for("ready");
}

fn kinds(pods: &Pods, name: &str) -> Vec<String> {
    let kind = |event: Value| event["kind"].as_str().expect("a kind").to_owned();
    pods.events(name).into_iter().map(kind).collect()
}

/// The answers to one request after another, as JSON without the version and as text.
#[test]
fn the_answers_of_stop_cancel_and_kill() {
    let pods = Pods::new();
    let again = |name: &str, verb: &[&str], answers: [(bool, Option<&str>); 2]| {
        launch_ready(&pods, name, DEAF);
        for (stopped, reason) in answers {
            let answer = pods.json(&[verb, &["--json", "--no-wait", name]].concat());
            assert_eq!(answer["name"], name);
            assert_eq!(answer["stopped"], stopped, "{name}: {answer}");
            assert_eq!(answer["reason"], json!(reason), "{name}: {answer}");
            assert_eq!(answer["outcome"], Value::Null, "{name}: {answer}");
        }
    };
    let first = (true, None);
    let already = (false, Some("already_requested"));
    again("stopped", &["stop", "--grace", "1h"], [first, already]);
    again("cancelled", &["cancel", "--grace", "1h"], [first, already]);
    for (name, verb, requested) in [
        ("stopped", "stop", "stop"),
        ("cancelled", "cancel", "cancellation"),
    ] {
        assert_eq!(pods.show(name)["requested"], verb);
        pods.wait_for_listed(&format!("running · {requested} requested"));
    }
    let said = pods.run(&["stop", "--no-wait", "stopped"]);
    assert_eq!(
        (said.code, said.stderr.as_str()),
        (0, "stopped: already ending\n")
    );

    let killed = pods.json(&["kill", "--json", "stopped"]);
    assert_eq!(
        (&killed["stopped"], &killed["outcome"]),
        (&json!(true), &json!("stopped"))
    );
    let killed = pods.json(&["kill", "--json", "cancelled"]);
    assert_eq!(
        (&killed["stopped"], &killed["outcome"]),
        (&json!(true), &json!("cancelled"))
    );

    pods.text(&["run", "-d", "--name", "over", "--", "true"]);
    pods.run(&["wait", "over"]);
    for verb in ["stop", "cancel", "kill"] {
        for (name, outcome) in [("over", "passed"), ("cancelled", "cancelled")] {
            let answer = pods.json(&[verb, "--json", name]);
            let expected = json!({
                "version": 1, "name": name, "stopped": false, "reason": "already_terminal",
                "outcome": outcome,
            });
            assert_eq!(answer, expected, "{verb}");
            let said = pods.run(&[verb, name]);
            let words = format!("{name}: already {outcome}\n");
            assert_eq!((said.code, said.stderr), (0, words), "{verb}");
        }
    }
    launch_ready(&pods, "untouched", DEAF);
    for verb in ["stop", "cancel", "kill", "pause", "continue"] {
        let unknown = pods.run(&[verb, "untouched", "untuoched"]);
        unknown.failed_with(4, &["untuoched", "did you mean untouched?"]);
    }
    assert_eq!(pods.show("untouched")["requested"], Value::Null);
    assert_eq!(pods.show("untouched")["paused"], false);
}

#[test]
fn who_may_only_watch_is_refused_whatever_is_asked() {
    let pods = Pods::new();
    let pod = pods.launch("watched", DEAF);
    let mut viewer = Viewer::connect(&pod.socket);
    let mut hello = attach(1);
    hello["mode"] = json!("read_only");
    viewer.send(&hello);
    assert!(matches!(viewer.next(), Some(HostMessage::Attached(_))));
    let requests = [
        json!({"id": 1, "type": "stop", "grace_ms": 0}),
        json!({"id": 2, "type": "cancel", "grace_ms": 0}),
        json!({"id": 3, "type": "kill"}),
        json!({"id": 4, "type": "pause"}),
        json!({"id": 5, "type": "continue"}),
    ];
    for request in requests {
        viewer.send(&request);
        match viewer.next() {
            Some(HostMessage::Error(refusal)) => {
                assert_eq!(refusal.code, ErrorCode::ReadOnly);
                assert_eq!(json!(refusal.id), request["id"]);
            }
            other => panic!("{request}: {other:?}"),
        }
    }
    assert_eq!(
        kinds(&pods, "watched"),
        ["segment.started", "child.started"]
    );
}

#[test]
fn a_cancel_turns_a_stop_into_one_and_a_stop_does_not_turn_it_back() {
    let pods = Pods::new();
    launch_ready(&pods, "upgraded", DEAF);
    pods.text(&["stop", "--no-wait", "--grace", "1h", "upgraded"]);
    let upgraded = pods.json(&["cancel", "--json", "--no-wait", "--grace", "1h", "upgraded"]);
    assert_eq!(upgraded["stopped"], true, "{upgraded}");
    assert_eq!(pods.show("upgraded")["requested"], "cancel");
    let again = pods.json(&["stop", "--json", "--no-wait", "--grace", "0s", "upgraded"]);
    assert_eq!(again["reason"], "already_requested", "{again}");
    assert_eq!(
        pods.status("upgraded"),
        "running",
        "a stop does not hasten a cancel"
    );
    let done = pods.json(&["cancel", "--json", "--grace", "0s", "upgraded"]);
    assert_eq!(done["outcome"], "cancelled", "{done}");
    let kinds = kinds(&pods, "upgraded");
    let at = |kind: &str| kinds.iter().position(|found| found == kind).expect(kind);
    assert!(at("stop.requested") < at("signal.sent"), "{kinds:?}");
    assert!(at("cancel.requested") < at("child.exited"), "{kinds:?}");
    assert_eq!(pods.run(&["wait", "upgraded"]).code, 137);
}

#[test]
fn several_pods_are_asked_before_any_is_waited_for() {
    let pods = Pods::new();
    let names = ["one", "two", "three"];
    for name in names {
        launch_ready(&pods, name, "trap '' INT; echo ready; exec sleep 1000");
    }
    // Whoever was asked second would otherwise wait an hour for the first.
    let stopping = pods.start(&["stop", "--json", "--grace", "1h", "one", "two", "three"]);
    for name in names {
        pods.start(&["events", "-f", name, "--kind", "signal.sent"])
            .wait_for("SIGINT");
    }
    for name in names {
        pods.text(&["kill", name]);
    }
    let done = stopping.finish();
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(
        done.text().matches("\"outcome\":\"stopped\"").count(),
        3,
        "{done:?}"
    );
}

#[test]
fn what_is_being_stopped_may_still_say_something() {
    let pods = Pods::new();
    // A shell lets what it puts into the background ignore the signal.
    let script = r#"
        trap 'exit 1' INT
        env --default-signal=INT sh -c '
            trap "sleep 2; echo saved; exit" INT; echo ready; while :; do sleep 0.1; done' &
        while :; do sleep 0.1; done
    "#;
    pods.launch_piped("saving", script);
    pods.start(&["logs", "-f", "saving"]).wait_for("ready");
    pods.text(&["stop", "--grace", "1h", "saving"]);
    assert_eq!(pods.text(&["logs", "saving"]), "ready\nsaved\n");
}

#[test]
fn a_time_limit_ends_the_run_as_errored_with_a_code_of_its_own() {
    let pods = Pods::new();
    let done = pods.run(&[
        "run",
        "--name",
        "slow",
        "--timeout",
        "300ms",
        "--",
        "sleep",
        "1000",
    ]);
    assert_eq!(done.code, 124, "{done:?}");
    assert_eq!(pods.run(&["wait", "slow"]).code, 124);
    assert_eq!(pods.status("slow"), "errored");
    let events = pods.events("slow");
    let of = |kind: &str| {
        events
            .iter()
            .find(|event| event["kind"] == kind)
            .expect(kind)
    };
    assert_eq!(of("signal.sent")["reason"], "time_limit");
    assert_eq!(of("segment.ended")["timed_out"], true);
    assert!(
        pods.text(&["show", "slow"]).contains("time limit"),
        "it says why"
    );
    // In time is in time.
    let done = pods.run(&["run", "--timeout", "1h", "--", "sh", "-c", "exit 3"]);
    assert_eq!(done.code, 3, "{done:?}");
}

#[test]
fn a_stop_that_was_asked_for_before_the_time_limit_decides() {
    // Where the limit was quicker than the stop, a longer one is tried.
    for limit_s in [2, 8, 32] {
        let pods = Pods::new();
        let limit = format!("{limit_s}s");
        pods.launch_with(&[
            "--timeout",
            &limit,
            "--name",
            "asked",
            "--",
            "sh",
            "-c",
            DEAF,
        ]);
        pods.start(&["logs", "-f", "asked"]).wait_for("ready");
        // The limit comes in the grace time.
        let grace = format!("{}s", limit_s + 1);
        pods.run(&["stop", "--grace", &grace, "asked"]);
        let asked = |event: &Value| event["kind"] == "stop.requested";
        let limited = |event: &Value| event["reason"] == "time_limit";
        let events = pods.events("asked");
        let stop = events.iter().position(asked);
        if events
            .iter()
            .position(limited)
            .is_some_and(|at| stop.is_none_or(|stop| at < stop))
        {
            continue;
        }
        assert_eq!(pods.status("asked"), "stopped");
        assert_eq!(pods.run(&["wait", "asked"]).code, 137);
        return;
    }
    panic!("no stop was quicker than a limit of half a minute");
}

#[test]
fn a_paused_run_still_has_its_time_limit() {
    let pods = Pods::new();
    let polite = "trap 'echo bye; exit 0' INT; echo ready; while :; do sleep 0.1; done";
    pods.launch_with(&[
        "--timeout",
        "3s",
        "--name",
        "held",
        "--",
        "sh",
        "-c",
        polite,
    ]);
    pods.start(&["logs", "-f", "held"]).wait_for("ready");
    // Where the limit was quicker there is nothing to pause any more, and the rest is the same.
    let paused = pods.run(&["pause", "held"]);
    assert!([0, 5].contains(&paused.code), "{paused:?}");
    assert_eq!(pods.run(&["wait", "held"]).code, 124);
    assert!(
        pods.text(&["logs", "held"]).contains("bye"),
        "it heard of it"
    );
}

#[test]
fn what_a_command_leaves_behind_is_counted_and_left_alone() {
    let pods = Pods::new();
    let done = pods.run(&[
        "run",
        "--pipe",
        "--name",
        "father",
        "--",
        "sh",
        "-c",
        "setsid sleep 1000 & setsid sleep 1000 & echo gone",
    ]);
    assert_eq!((done.text().as_str(), done.code), ("gone\n", 0));
    assert_eq!(pods.status("father"), "passed");
    assert_eq!(pods.show("father")["left"], 2);
    assert!(
        pods.text(&["show", "father"])
            .contains("2 processes left behind")
    );
    // One that has not become what it is to be is still called as its father.
    let since = std::time::Instant::now();
    let orphans = loop {
        let mut orphans = pods.processes();
        orphans.retain(|process| process.words.starts_with("sleep"));
        if orphans.len() == 2 {
            break orphans;
        }
        assert!(since.elapsed() < crate::support::DEADLINE, "{orphans:?}");
    };
    for orphan in orphans {
        kill(Pid::from_raw(orphan.pid), Signal::SIGKILL).expect("our own orphan");
    }
}

#[test]
fn with_reap_nothing_is_left_behind() {
    let pods = Pods::new();
    let script = "
        setsid sh -c 'trap \"\" INT TERM; while :; do sleep 1000; done' &
        setsid sleep 1000 &
        exit 3
    ";
    let done = pods.run(&[
        "run", "--pipe", "--reap", "--name", "tidy", "--", "sh", "-c", script,
    ]);
    assert_eq!(
        done.code, 3,
        "the end of the others is not the command's: {done:?}"
    );
    pods.wait_until_nobody_is_left();
    assert_eq!(pods.status("tidy"), "failed");
    assert_eq!(pods.show("tidy")["left"], 0);
    let events = pods.events("tidy");
    let reaped = events
        .iter()
        .filter(|event| event["reason"] == "reap")
        .count();
    assert!(reaped > 0, "{events:?}");
}
