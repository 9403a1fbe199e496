//! The picker on a terminal: looking, keeping, and which pods are shown.

use std::fs;

use crate::support::{Pods, Viewer};

const TAB: &str = "\t";
const CTRL_D: &str = "\x04";
const CTRL_P: &str = "\x10";
const CTRL_R: &str = "\x12";
const ESC: &str = "\x1b";

/// Every file of the state with its size, and what the host was told.
fn traces(pods: &Pods, pod: &str) -> (Vec<String>, usize) {
    (pods.files(), pods.events(pod).len())
}

#[test]
fn a_peek_shows_a_live_and_a_finished_run_and_leaves_no_trace() {
    let pods = Pods::new();
    let script = "echo first of live; echo last of live; exec sleep 1000";
    let alive = pods.launch_piped("alive", script);
    pods.wait_for_output(&alive, 27);
    // Who answers has put the pod into the index.
    drop(Viewer::connect(&alive.socket));
    assert_eq!(
        pods.run(&["run", "--name", "over", "--", "echo", "all of over"])
            .code,
        0
    );
    let before = traces(&pods, "alive");

    let picker = pods.terminal(&["-r"]);
    picker.wait_for_text("enter attach");
    picker.send(TAB);
    picker.wait_for_text("first of live");
    picker.wait_for_text(&format!("session {}", alive.session.tail()));
    picker.wait_for_text(&format!("segment {}", alive.segment.tail()));
    picker.send("\x1b[B");
    picker.wait_for("only what is below the selection", |screen| {
        let contents = screen.contents();
        contents.matches("all of over").count() > 1 && !contents.contains("first of live")
    });
    picker.send(TAB);
    picker.wait_for_text("tab peek");
    assert!(!picker.contents().contains("session …"));
    assert_eq!(traces(&pods, "alive"), before);
}

#[test]
fn a_peek_goes_on_with_a_run_that_goes_on() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!(
        "echo before; read go < {}; echo after; exec sleep 1000",
        gate.path()
    );
    pods.launch_piped("alive", &script);
    let picker = pods.terminal(&["-r"]);
    picker.wait_for_text("enter attach");
    picker.send(TAB);
    picker.wait_for_text("   before");
    gate.open();
    picker.wait_for_text("   after");
}

#[test]
fn a_pin_is_there_the_next_time() {
    let pods = Pods::new();
    assert_eq!(pods.run(&["run", "--name", "kept", "--", "true"]).code, 0);
    let picker = pods.terminal(&["-r"]);
    picker.wait_for_text("ctrl-p pin");
    picker.send(CTRL_P);
    picker.wait_for_text("kept ★");
    picker.send(ESC);
    let picker = pods.terminal(&["-r"]);
    picker.wait_for_text("kept ★");
    picker.send(CTRL_P);
    picker.wait_for("a pod without a mark", |screen| {
        !screen.contents().contains('★')
    });
}

#[test]
fn a_rename_is_followed_by_the_selection_and_refused_for_a_live_pod() {
    let pods = Pods::new();
    assert_eq!(pods.run(&["run", "--name", "old", "--", "true"]).code, 0);
    pods.launch("alive", "exec sleep 1000");
    let picker = pods.terminal(&["-r"]);
    picker.wait_for_text("enter attach");
    picker.send(CTRL_R);
    picker.wait_for_text("alive: live: rename after it ends");
    picker.send("\x1b[B");
    picker.wait_for_text("ctrl-r rename");
    picker.send(CTRL_R);
    picker.wait_for_text("name ▸ old");
    picker.send("\x15alive");
    picker.wait_for_text("there is one already");
    picker.send("\x15new");
    picker.wait_for_text("instead of old");
    picker.send("\r");
    picker.wait_for_text("▌✓ new");
    picker.send(ESC);
    assert_eq!(pods.status("new"), "passed");
    assert_ne!(pods.run(&["show", "old"]).code, 0);
}

#[test]
fn the_picker_remembers_to_show_this_directory_only() {
    let pods = Pods::new();
    assert_eq!(pods.run(&["run", "--name", "near", "--", "true"]).code, 0);
    let elsewhere = pods.root().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a new directory");
    let mut command = pods.command(["run", "--name", "there", "--", "true"]);
    let done = command.current_dir(&elsewhere).output().expect("it runs");
    assert!(done.status.success());

    let within = |name: &str| {
        let mut command = pods.command(["-r"]);
        command.current_dir(pods.root().join(name));
        crate::support::Pty::start(command)
    };
    // Who leaves at once is remembered, too.
    let leave = |mut picker: crate::support::Pty| {
        picker.send(ESC);
        assert_eq!(picker.wait_for_exit(), 0);
    };
    let picker = within("elsewhere");
    picker.wait_for_text("all · 2 of 2");
    picker.send(CTRL_D);
    picker.wait_for_text("this directory · 1 of 2");
    assert!(!picker.contents().contains("near"));
    leave(picker);

    let nobody = pods.root().join("nobody");
    fs::create_dir(nobody).expect("a new directory");
    let picker = within("nobody");
    picker.wait_for_text("ctrl-d shows all 2");
    picker.send(CTRL_D);
    picker.wait_for_text("all · 2 of 2");
    leave(picker);
    within("elsewhere").wait_for_text("all · 2 of 2");
}

#[test]
fn a_picker_without_pods_says_how_to_start_one() {
    let pods = Pods::new();
    let mut picker = pods.terminal(&["-r"]);
    assert_eq!(picker.wait_for_exit(), 1);
    picker.wait_for_text("no pods yet: start one with tui run");
}
