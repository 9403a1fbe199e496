//! Pods that end before they have begun, and commands that are gone when their turn comes.

use std::{fs, os::unix::fs::PermissionsExt};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;

use super::{kill_host, launch_pending, sockets, until, watch_pending};
use crate::support::{Pods, make_program};

#[test]
fn a_stop_while_pending_ends_the_run_without_a_segment() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    pods.launch("first", &until(gate.path()));
    for (verb, outcome) in [
        ("stop", "stopped"),
        ("kill", "stopped"),
        ("cancel", "cancelled"),
    ] {
        launch_pending(&pods, "second", &["--after", "first"], "echo never");
        let ended = pods.json(&[verb, "second", "--json"]);
        assert_eq!(
            ended,
            json!({"version": 1, "name": "second", "stopped": true, "reason": null, "outcome": outcome})
        );

        let shown = pods.show("second");
        assert_eq!(shown["status"], "pending");
        assert_eq!(shown["attachable"], false);
        assert_eq!(shown["restorable"], false);
        assert_eq!(shown["not_restorable"], "no active segment yet");
        assert_eq!(shown["preview"], "[pending segment]");
        assert_eq!(shown["segment"], json!(null));
        pods.run(&["resume", "second"])
            .failed_with(5, &["no active segment yet"]);
        pods.run(&["wait", "second"])
            .failed_with(1, &["[pending segment]"]);
    }
    assert_eq!(pods.status("first"), "running");
    // The name is free for a run that begins.
    pods.launch("second", "exit 0");
    assert_eq!(pods.run(&["wait", "second"]).code, 0);
}

#[test]
fn whoever_watches_a_pending_run_exits_as_it_ended() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    pods.launch("first", &until(gate.path()));
    let waited = loop {
        let (stopped, host) = watch_pending(&pods, "stopped", "true");
        let connected = sockets(host);
        let waiting = pods.start(&["wait", "stopped"]);
        while sockets(host) == connected {
            std::thread::yield_now();
        }
        pods.text(&["stop", "stopped"]);
        assert_eq!(stopped.finish().code, 130);
        let waited = waiting.finish();
        // Its first connection only asks what the pod is: the end may come before the second.
        if waited.code != 125 || !waited.stderr.contains("lost the pod") {
            break waited;
        }
    };
    assert_eq!(waited.code, 130, "{waited:?}");
    let (interrupted, _) = watch_pending(&pods, "interrupted", "true");
    interrupted.signal(Signal::SIGINT);
    assert_eq!(interrupted.finish().code, 130, "Ctrl-C stops it");
    let (killed, host) = watch_pending(&pods, "killed", "true");
    kill(Pid::from_raw(host), Signal::SIGKILL).expect("the host is alive");
    assert_eq!(killed.finish().code, 125);

    let mut terminal =
        pods.terminal(&["run", "--after", "first", "--name", "watched", "--", "true"]);
    terminal.wait_for_text("waits: after first");
    pods.text(&["cancel", "watched"]);
    terminal.wait_for_text("CANCELLED");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 130);

    let lost = launch_pending(&pods, "lost", &["--after", "first"], "true");
    let mut terminal = pods.terminal(&["attach", "lost", "--exit-status"]);
    terminal.wait_for_text("waits: after first");
    kill_host(&lost);
    terminal.wait_for_text("INTERRUPTED");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 125);
    assert_eq!(pods.show("lost")["not_restorable"], "no active segment yet");
}

#[test]
fn a_name_whose_pending_run_never_began_stands_for_what_it_stood_for() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    pods.launch("first", &until(gate.path()));
    let before = pods.launch_with(&["--name", "second", "--", "sh", "-c", "exit 3"]);
    assert_eq!(pods.run(&["wait", "second"]).code, 3);
    let end = |how: &dyn Fn(&crate::support::Launched)| {
        let pending = launch_pending(&pods, "second", &["--after", "first"], "echo never");
        let shown = pods.show("second");
        assert_eq!(shown["session"], json!(pending.session));
        assert_eq!(shown["segment"], json!(pending.segment));
        assert_eq!(shown["preview"], "[live, pending segment]");
        how(&pending);
        let shown = pods.show("second");
        assert_eq!(shown["status"], "failed");
        assert_eq!(shown["session"], json!(before.session));
        assert_eq!(pods.run(&["wait", "second"]).code, 3);
    };
    end(&|_| drop(pods.text(&["stop", "second"])));
    let runs = pods.json(&["ls", "--runs", "second", "--json"]);
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1), "{runs}");
    end(&|pending| {
        let waiting = pods.start(&["attach", "second", "--exit-status"]);
        kill_host(pending);
        // Of the run that never began, and not of the one before.
        let code = waiting.finish().code;
        assert!([0, 3, 125].contains(&code), "{code}");
    });
}

#[test]
fn a_command_that_is_gone_when_its_turn_comes_is_a_run_that_errored() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let program = pods.root().join("program");
    let path = program.to_str().expect("our own names are text");
    let make = || make_program(&program, "#!/bin/sh\necho began\n");
    let spoil: [(&dyn Fn(), i32); 2] = [
        (&|| fs::remove_file(&program).expect("removed"), 127),
        (
            &|| {
                fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).expect("a mode");
            },
            126,
        ),
    ];
    for (spoil, code) in spoil {
        make();
        pods.launch("first", &until(gate.path()));
        pods.launch_with(&["--pipe", "--after", "first", "--name", "second", "--", path]);
        assert_eq!(pods.status("second"), "pending");
        let waiting = pods.start(&["wait", "second"]);
        spoil();
        gate.open();
        assert_eq!(waiting.finish().code, code);
        assert_eq!(pods.run(&["wait", "second"]).code, code);
        let events = pods.events("second");
        let kinds: Vec<_> = events.iter().filter_map(|it| it["kind"].as_str()).collect();
        assert_eq!(
            kinds,
            ["segment.started", "log", "segment.ended", "run.closed"]
        );
        let message = events[1]["message"].as_str().expect("a message");
        assert!(message.contains("program"), "{message}");
        assert_eq!(events[2]["code"], code);
        assert_eq!(events[3]["outcome"], "errored");
    }
    // It can be taken up again when the command is back.
    make();
    assert_eq!(pods.show("second")["restorable"], true);
    pods.text(&["resume", "-d", "second"]);
    assert_eq!(pods.run(&["wait", "second"]).code, 0);
    assert_eq!(pods.text(&["logs", "second"]), "began\n");
}
