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
