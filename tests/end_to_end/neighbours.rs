//! From one pod to another, and back to the row that the operator came from.

use crate::support::Pods;

const DOWN: &str = "\x1b[B";
const ENTER: &str = "\r";
const ESC: &str = "\x1b";

/// Three live pods, the newest first in the list.
fn three() -> Pods {
    let pods = Pods::new();
    for name in ["oldest", "mizzen", "newest"] {
        let script = format!("echo output of {name}; exec sleep 1000");
        let pod = pods.launch_piped(name, &script);
        pods.wait_for_output(&pod, 11 + name.len() as u64);
    }
    pods
}

#[test]
fn brackets_go_along_the_list_and_q_back_to_the_shell() {
    let pods = three();
    let mut monitor = pods.terminal(&["attach", "newest"]);
    monitor.wait_for_text("output of newest");
    for name in ["mizzen", "oldest"] {
        monitor.send("]");
        monitor.wait_for_text(&format!("output of {name}"));
    }
    monitor.send("]");
    monitor.wait_for_text("this is the last pod of the list");
    monitor.send("[");
    monitor.wait_for_text("output of mizzen");
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
}

#[test]
fn leaving_a_monitor_leads_back_to_the_row_it_was_opened_from() {
    let pods = three();
    let mut terminal = pods.terminal(&["-r"]);
    terminal.wait_for_text("3 of 3");
    terminal.send("mizzen");
    terminal.wait_for_text("1 of 3");
    terminal.send(ENTER);
    terminal.wait_for_text("1 Events");
    terminal.send("q");
    terminal.wait_for("the filter and its row", |screen| {
        let contents = screen.contents();
        contents.contains("resume ▸ mizzen") && contents.contains("1 of 3")
    });
    // The filter is emptied, another row is chosen, and that one is come back to.
    terminal.send("\x15");
    terminal.wait_for_text("3 of 3");
    terminal.send(DOWN);
    let second_is_selected = |screen: &vt100::Screen| {
        let contents = screen.contents();
        let selected = contents.lines().find(|line| line.contains('▌'));
        contents.contains("3 of 3") && selected.is_some_and(|row| row.contains("● mizzen"))
    };
    terminal.wait_for("second row selected", second_is_selected);
    terminal.send(ENTER);
    terminal.wait_for_text("1 Events");
    terminal.send(ESC);
    terminal.wait_for("second row selected", second_is_selected);
    terminal.send(ESC);
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn another_pod_that_needs_somebody_is_said_and_a_key_away() {
    let pods = three();
    // Its logs are gone: that pod's host is degraded once it writes.
    let monitor = pods.terminal(&["attach", "newest"]);
    monitor.wait_for_text("output of newest");
    let mut gate = pods.gate("gate");
    let script = format!(
        "echo before; read go < {}; echo after; exec sleep 1000",
        gate.path()
    );
    let sick = pods.launch_piped("sick", &script);
    pods.wait_for_output(&sick, 7);
    std::fs::remove_dir_all(pods.session_dir(sick.session)).expect("the session's files");
    gate.open();
    monitor.wait_for_text("! sick: host degraded");
    monitor.send("!");
    monitor.wait_for_text("! back");
    assert!(monitor.contents().contains("sick"));
    monitor.send("!");
    monitor.wait_for_text("output of newest");
}

#[test]
fn leaving_a_run_that_somebody_else_resumed_does_not_wait_for_its_end() {
    let pods = Pods::new();
    let pod = pods.launch_piped("long", "echo it runs; exec sleep 1000");
    pods.wait_for_output(&pod, 8);
    let mut monitor = pods.terminal(&["attach", "long"]);
    monitor.wait_for_text("it runs");
    assert_eq!(pods.run(&["stop", "long"]).code, 0);
    monitor.wait_for_text("STOPPED");
    assert_eq!(pods.run(&["resume", "-d", "long"]).code, 0);
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
}

#[test]
fn a_monitor_notices_that_its_run_was_resumed_and_then_run_again() {
    let pods = Pods::new();
    let pod = pods.launch_piped("long", "echo it runs; exec sleep 1000");
    pods.wait_for_output(&pod, 8);
    let runs = |screen: &vt100::Screen, times: usize| {
        let contents = screen.contents();
        let said = contents.lines().filter(|line| *line == "it runs").count();
        contents.contains("RUNNING") && said == times
    };
    let mut monitor = pods.terminal(&["attach", "long"]);
    monitor.wait_for("the run", |screen| runs(screen, 1));
    assert_eq!(pods.run(&["stop", "long"]).code, 0);
    monitor.wait_for_text("STOPPED");
    assert_eq!(pods.run(&["resume", "-d", "long"]).code, 0);
    monitor.wait_for_text("! long was resumed at");
    assert!(
        monitor.contents().contains("STOPPED"),
        "until it is asked for"
    );
    monitor.send("\x12");
    monitor.wait_for("the run that was resumed", |screen| runs(screen, 2));
    assert_eq!(pods.run(&["cancel", "long"]).code, 0);
    monitor.wait_for_text("CANCELLED");
    assert_eq!(pods.run(&["rerun", "-d", "long"]).code, 0);
    monitor.wait_for_text("! long was run again at");
    monitor.send("\x12");
    monitor.wait_for("the run that was begun anew", |screen| runs(screen, 1));
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
}

#[test]
fn what_is_typed_right_after_enter_is_for_the_monitor() {
    let pods = three();
    let mut terminal = pods.terminal(&["-r"]);
    terminal.wait_for_text("3 of 3");
    // Enter, the tab of the results, and back to the list with a filter: in one go.
    terminal.send("\r4");
    terminal.wait_for_text("no results");
    terminal.send("qold");
    terminal.wait_for_text("resume ▸ old");
    terminal.send("\x1b");
    assert_eq!(terminal.wait_for_exit(), 0);
}
