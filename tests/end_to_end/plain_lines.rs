//! `--plain`: the same screens as lines, for who cannot look at them.

use crate::support::Pods;

#[test]
fn a_run_is_watched_and_stopped_in_lines() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!(
        "echo one; read go < {}; printf '\\033[31mtwo\\033[0m\\n'; exec sleep 1000",
        gate.path()
    );
    let pod = pods.launch_piped("train", &script);
    pods.wait_for_output(&pod, 4);
    let mut terminal = pods.terminal(&["attach", "train", "--plain"]);
    terminal.wait_for_text("train: RUNNING");
    terminal.wait_for_text("one");
    gate.open();
    terminal.wait_for_text("two");
    terminal.send("stop\n");
    terminal.wait_for_text("stop train? yes or no");
    terminal.send("yes\n");
    terminal.wait_for_text("train: STOPPED");
    assert!(!terminal.with_screen(vt100::Screen::alternate_screen));
    terminal.send("quit\n");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn the_list_is_numbered_and_come_back_to() {
    let pods = Pods::new();
    for name in ["first", "zweite"] {
        let pod = pods.launch_piped(name, &format!("echo output of {name}; exec sleep 1000"));
        pods.wait_for_output(&pod, 11 + name.len() as u64);
    }
    let mut terminal = pods.terminal(&["-r", "--plain"]);
    let asked = |times: usize| {
        terminal.wait_for("the list", |screen| {
            screen.contents().matches("Which one?").count() == times
        });
    };
    // Of a host that is late, no more is said than that it lives: then it is looked at again.
    let mut lists = 1;
    asked(lists);
    while !terminal
        .contents()
        .contains("1. zweite, running, attach: output of zweite")
    {
        terminal.send("i\n");
        lists += 1;
        asked(lists);
    }
    assert!(terminal.contents().contains("2 of 2. Which one?"));
    terminal.send("2\n");
    terminal.wait_for_text("first: RUNNING");
    terminal.send("quit\n");
    asked(lists + 1);
    terminal.send("zwei\n");
    terminal.wait_for_text("1 of 2. Which one?");
    terminal.send("\n");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn a_command_that_asks_is_heard_and_answered_in_lines() {
    let pods = Pods::new();
    let script = "printf 'what is your name? '; read name; echo \"hello, $name\"; read end";
    pods.launch("ask", script);
    let mut terminal = pods.terminal(&["attach", "ask", "--plain"]);
    terminal.wait_for_text("what is your name?");
    terminal.send("type ada\n");
    terminal.wait_for_text("hello, ada");
    terminal.send("type\n");
    terminal.wait_for_text("ask: PASSED");
    terminal.send("quit\n");
    assert_eq!(terminal.wait_for_exit(), 0);
}
