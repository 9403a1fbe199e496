//! `tui run` on a terminal: watching is not owning.

use nix::{
    sys::{
        signal::{Signal, kill},
        termios::LocalFlags,
    },
    unistd::Pid,
};

use crate::support::{Pods, Pty};

/// A run that waits at a gate, watched in the foreground.
fn watched(pods: &Pods, gate: &str) -> Pty {
    let script = format!("echo before the gate; read go < {gate}; echo after the gate");
    let terminal = pods.terminal(&["run", "--name", "fore", "--", "sh", "-c", &script]);
    terminal.wait_for_text("RUNNING");
    terminal.send("3");
    terminal.wait_for_text("before the gate");
    let (alternate, hidden) =
        terminal.with_screen(|screen| (screen.alternate_screen(), screen.hide_cursor()));
    assert!(alternate, "the shell's screen is left alone");
    assert!(hidden, "a monitor has no cursor");
    assert!(!terminal.settings().local_flags.contains(LocalFlags::ECHO));
    terminal
}

/// The terminal is as it was, and the run's own screen has left no trace on it.
#[track_caller]
fn is_given_back(terminal: &Pty) {
    terminal.with_screen(|screen| {
        assert!(!screen.alternate_screen(), "{}", screen.contents());
        assert!(!screen.hide_cursor(), "the cursor can be seen");
        assert!(!screen.bracketed_paste(), "paste is plain again");
        assert!(
            !screen.contents().contains("RUNNING"),
            "{}",
            screen.contents()
        );
    });
    assert_eq!(
        terminal.settings(),
        terminal.found,
        "echo and line mode are back"
    );
}

#[test]
fn closing_the_terminal_leaves_the_run_alive() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    watched(&pods, gate.path()).hang_up();
    assert_eq!(pods.status("fore"), "running");
    gate.open();
    assert_eq!(pods.run(&["wait", "fore"]).code, 0);
    assert_eq!(
        pods.text(&["logs", "fore"]),
        "before the gate\nafter the gate\n"
    );
}

#[test]
fn q_detaches_and_gives_the_terminal_back() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let mut terminal = watched(&pods, gate.path());
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
    is_given_back(&terminal);
    terminal.wait_for_text("fore goes on; come back with: tui attach fore");
    assert_eq!(pods.status("fore"), "running");
    gate.open();
    assert_eq!(pods.run(&["wait", "fore"]).code, 0);
}

#[test]
fn ctrl_c_asks_first_and_stops_only_when_told_to() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let mut terminal = watched(&pods, gate.path());
    terminal.send("\x03");
    terminal.wait_for_text("fore goes on when you detach");
    terminal.wait_for_text("esc stay");
    terminal.send("\x1b");
    terminal.wait_for("answer taken", |screen| {
        !screen.contents().contains("when you detach")
    });
    assert_eq!(pods.show("fore")["requested"], serde_json::Value::Null);
    terminal.send("\x03");
    terminal.wait_for_text("when you detach");
    terminal.send("s");
    terminal.wait_for_text("STOPPED");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 130, "as the run ended");
    is_given_back(&terminal);
    assert_eq!(pods.status("fore"), "stopped");
}

#[test]
fn ctrl_c_twice_stops() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let mut terminal = watched(&pods, gate.path());
    // Together, so that no time passes in between.
    terminal.send("\x03\x03");
    terminal.wait_for_text("STOPPED");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 130);
    assert_eq!(pods.status("fore"), "stopped");
}

#[test]
fn a_pause_and_a_cancel_from_the_monitor() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let mut terminal = watched(&pods, gate.path());
    terminal.send("z");
    terminal.wait_for_text("z continue");
    terminal.wait_for_text("paused");
    assert_eq!(pods.show("fore")["paused"], true);
    terminal.send("z");
    terminal.wait_for("it goes on", |screen| !screen.contents().contains("paused"));
    assert_eq!(pods.show("fore")["paused"], false);
    terminal.send("c");
    terminal.wait_for_text("cancel fore? it is ended for good");
    terminal.send("y");
    terminal.wait_for_text("CANCELLED");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 130);
}

#[test]
fn a_monitor_that_is_told_to_end_gives_the_terminal_back() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let end = |mut terminal: Pty, signal: Signal| {
        kill(Pid::from_raw(terminal.pid()), signal).expect("our own monitor");
        terminal.wait_for_exit();
        is_given_back(&terminal);
    };
    end(watched(&pods, gate.path()), Signal::SIGTERM);
    let visit = || {
        let terminal = pods.terminal(&["attach", "fore"]);
        terminal.wait_for_text("RUNNING");
        terminal
    };
    end(visit(), Signal::SIGHUP);
    let half_a_key = visit();
    half_a_key.send("\x1b[");
    // Nothing tells that half a key was read; until the screen has another size there is time.
    half_a_key.resize(10, 60);
    half_a_key.wait_for_text("? help · q leave");
    end(half_a_key, Signal::SIGTERM);
    assert_eq!(pods.status("fore"), "running");
    gate.open();
    assert_eq!(pods.run(&["wait", "fore"]).code, 0);
}

#[test]
fn a_run_that_ends_while_it_is_watched_gives_its_code() {
    let pods = Pods::new();
    let mut terminal = pods.terminal(&["run", "--name", "seven", "--", "sh", "-c", "exit 7"]);
    terminal.wait_for_text("FAILED");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 7);
    is_given_back(&terminal);
}

#[test]
fn a_small_terminal_shows_the_name_and_the_state() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let mut terminal = watched(&pods, gate.path());
    for (rows, columns) in [(12, 40), (40, 120), (5, 20), (24, 80)] {
        terminal.resize(rows, columns);
        terminal.wait_for("name and state", |screen| {
            let top = screen.rows(0, columns).next().unwrap_or_default();
            top.contains("fore") && top.contains("RUNNING")
        });
    }
    terminal.wait_for_text("before the gate");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}
