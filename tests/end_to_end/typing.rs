//! Typing into a command: who may, who does, and what does not get in the way.

use crate::support::{Pods, Pty};

/// A run in the foreground whose script has said "ready", on its Output tab.
fn ready(pods: &Pods, script: &str) -> Pty {
    let terminal = pods.terminal(&["run", "--name", "typed", "--", "sh", "-c", script]);
    terminal.wait_for_text("RUNNING");
    terminal.send("3");
    terminal.wait_for_text("ready");
    terminal
}

fn enter(terminal: &Pty) {
    terminal.send("i");
    terminal.wait_for_text("typing into typed");
}

fn let_go(terminal: &Pty) {
    terminal.send("\x1c");
    terminal.wait_for("keys of the monitor", |screen| {
        !screen.contents().contains("typing into")
    });
}

#[test]
fn control_goes_to_who_asked_last_and_the_others_are_told() {
    let pods = Pods::new();
    let first = ready(
        &pods,
        "echo ready; read a; echo heard $a; read b; echo and $b; read c",
    );
    enter(&first);
    let second = pods.terminal(&["attach", "typed"]);
    second.wait_for_text("ready");
    enter(&second);
    first.wait_for_text("has control · i takes it back");
    second.send("one\r");
    first.wait_for_text("heard one");
    enter(&first);
    second.wait_for_text("has control · i takes it back");
    first.send("two\r");
    second.wait_for_text("and two");
    let third = pods.terminal(&["attach", "--read-only", "typed"]);
    third.wait_for_text("and two");
    third.send("i");
    third.wait_for_text("read-only: this viewer may only watch");
    first.send("\r");
    for terminal in [&first, &second, &third] {
        terminal.wait_for_text("PASSED");
    }
}

#[test]
fn what_is_typed_before_letting_go_is_typed() {
    let pods = Pods::new();
    let terminal = ready(
        &pods,
        "echo ready; read a; echo heard $a; read b; echo and $b; read c",
    );
    enter(&terminal);
    // All in one go, as a slow link brings it: the keys, the line end, and the key that lets go.
    terminal.send("a line of some length\r\x1c");
    terminal.wait_for_text("heard a line of some length");
    // Also with the key that takes the keyboard.
    terminal.wait_for("keys of the monitor", |screen| {
        !screen.contents().contains("typing into")
    });
    terminal.send("ianother one\r\x1c");
    terminal.wait_for_text("and another one");
}

#[test]
fn a_command_that_does_not_read_holds_nothing_up() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let script = format!("stty raw -echo; echo ready; read go < {}", gate.path());
    let mut terminal = ready(&pods, &script);
    enter(&terminal);
    // More than a terminal takes without being read.
    terminal.send(&format!("\x1b[200~{}\x1b[201~", "x".repeat(200_000)));
    let_go(&terminal);
    terminal.send("s");
    terminal.wait_for_text("stop typed?");
    terminal.send("y");
    terminal.wait_for_text("STOPPED");
    terminal.send("q");
    terminal.wait_for_exit();
}

#[test]
fn who_types_answers_what_the_program_asks_its_terminal() {
    let pods = Pods::new();
    let script = "stty raw -echo; echo ready; dd bs=1 count=1 2>/dev/null; \
                  printf '\\033[5;9H\\033[6n'; reply=$(dd bs=1 count=6 2>/dev/null | tr -d '\\033'); \
                  stty sane; echo; echo \"reply: $reply\"; read end";
    let terminal = ready(&pods, script);
    enter(&terminal);
    terminal.send("x");
    terminal.wait_for_text("reply: [5;9R");
    terminal.send("\r");
    terminal.wait_for_text("PASSED");
}

#[test]
fn a_run_without_a_terminal_says_why_nothing_can_be_typed() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    pods.launch_piped("typed", &format!("echo ready; read go < {}", gate.path()));
    let terminal = pods.terminal(&["attach", "typed"]);
    terminal.wait_for_text("ready");
    terminal.send("i");
    terminal.wait_for_text("the command has no terminal to type into: it was run with --pipe");
}
