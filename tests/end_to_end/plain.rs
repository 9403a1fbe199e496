//! `tui run` without a terminal: a command like any other, in a pipe or a script.

use nix::sys::signal::Signal;

use crate::support::{Pods, Verb};

#[test]
fn output_and_exit_code_are_those_of_the_command() {
    let pods = Pods::new();
    let check = |pipe: &[&str], script: &str, stdout: &str, code: i32| {
        let words = [&["run"], pipe, &["--", "sh", "-c", script]].concat();
        let done = pods.run(&words);
        assert_eq!(
            (done.text().as_str(), done.code),
            (stdout, code),
            "{script}: {done:?}"
        );
    };
    check(&["--pipe"], "echo out", "out\n", 0);
    check(&["--pipe"], "echo out; exit 7", "out\n", 7);
    check(&["--pipe"], "printf 'no end'; kill -9 $$", "no end", 137);
    // A terminal ends its lines like this.
    check(&[], "echo out; exit 3", "out\r\n", 3);
    check(
        &[],
        "test -t 0 && test -t 1 && test -t 2 && echo yes",
        "yes\r\n",
        0,
    );
    check(&["--pipe"], "test -t 0 || test -t 1 || echo no", "no\n", 0);
}

/// The streams were merged into standard output, so that `tui run --pipe -- cmd | jq` got the talk too.
#[test]
fn the_two_streams_of_a_pipe_stay_apart() {
    let pods = Pods::new();
    let script = "
        echo out 1; echo err 1 >&2; printf 'out'; printf 'err' >&2; echo ' 2'; echo ' 2' >&2
        seq 20000; seq 20000 >&2
        for n in $(seq 50); do echo o$n; echo e$n >&2; done
    ";
    let done = pods.run(&["run", "--pipe", "--", "sh", "-c", script]);
    let numbers: String = (1..=20_000).map(|n| format!("{n}\n")).collect();
    let lines = |letter: char| {
        (1..=50)
            .map(|n| format!("{letter}{n}\n"))
            .collect::<String>()
    };
    assert_eq!(
        done.text(),
        format!("out 1\nout 2\n{numbers}{}", lines('o'))
    );
    assert_eq!(
        done.stderr,
        format!("err 1\nerr 2\n{numbers}{}", lines('e'))
    );
    assert_eq!(done.code, 0);
}

#[test]
fn a_signal_to_the_launcher_stops_the_run() {
    let check = |signal: Signal| {
        let pods = Pods::new();
        let verb = pods.start(&[
            "run",
            "--pipe",
            "--name",
            "told",
            "--",
            "sh",
            "-c",
            "echo ready; exec sleep 1000",
        ]);
        verb.wait_for("ready");
        verb.signal(signal);
        let done = verb.finish();
        assert_eq!(
            (done.text().as_str(), done.code),
            ("ready\n", 130),
            "{done:?}"
        );
        assert_eq!(pods.status("told"), "stopped");
        pods.wait_until_nobody_is_left();
    };
    check(Signal::SIGTERM);
    check(Signal::SIGINT);
}

#[test]
fn a_signal_is_heard_behind_a_flood_of_records() {
    let pods = Pods::new();
    let script = "
        for n in $(seq 200); do /bin/true; echo '{\"kind\":\"progress\",\"done\":1}' >> $POD_EVENTS; done
        echo ready
        exec sleep 1000
    ";
    let verb = pods.start(&["run", "--pipe", "--name", "told", "--", "sh", "-c", script]);
    verb.wait_for("ready");
    verb.signal(Signal::SIGTERM);
    assert_eq!(verb.finish().code, 130);
}

#[test]
fn a_reader_that_goes_away_does_not_end_the_run() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!("echo one; read go < {}; echo two", gate.path());
    let shell = format!(
        "{} run --pipe --name goes-on -- sh -c '{script}' | head -n 1",
        env!("CARGO_BIN_EXE_tui")
    );
    let piped = Verb::start(pods.within("sh", ["-c", &shell]));
    piped.wait_for("one");
    gate.open();
    assert_eq!(piped.finish().text(), "one\n");
    assert_eq!(pods.run(&["wait", "goes-on"]).code, 0);
    assert_eq!(pods.text(&["logs", "goes-on"]), "one\ntwo\n");
}
