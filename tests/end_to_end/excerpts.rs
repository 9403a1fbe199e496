//! What is taken out of the Output tab: exactly what is shown there, and what is missing from it is said.

use std::{fs, path::PathBuf};

use crate::support::{Pods, Pty};

/// The Output tab of a run that has ended.
fn output_of(pods: &Pods, name: &str) -> Pty {
    let monitor = pods.terminal_at(&["attach", name], (24, 120));
    monitor.wait_for_text("ended");
    monitor.send("3");
    monitor
}

/// Saves what is selected, or everything.
fn save(pods: &Pods, monitor: &Pty, name: &str) -> PathBuf {
    let path = pods.root().join(name);
    // The file that was saved to last is offered.
    monitor.send(&format!("S\x15{}\r", path.display()));
    monitor.wait_for_text(&format!("to {}", path.display()));
    path
}

#[test]
fn what_is_no_longer_kept_is_said_and_joins_nothing() {
    let pods = Pods::new();
    let words = [
        "run", "--pipe", "--cap", "1M", "--name", "chatty", "--", "seq", "400000",
    ];
    assert_eq!(pods.run(&words).code, 0);
    let raw = pods.run(&["logs", "--raw", "chatty"]).stdout;
    let monitor = output_of(&pods, "chatty");
    monitor.wait_for_text("400000");
    let path = save(&pods, &monitor, "all");
    monitor.wait_for_text("MiB no longer kept");
    assert!(fs::read(path).expect("it is there") == raw);
    monitor.send("|awk '{ if ($1 > 400000) bad++ } END { print NR, bad + 0, $1 }'\r");
    monitor.wait_for_text("MiB no longer kept");
    let lines = pods.text(&["logs", "chatty"]).lines().count();
    monitor.wait_for_text(&format!("{lines} 0 400000"));
}

#[test]
fn of_one_stream_only_that_is_saved_searched_and_counted() {
    let pods = Pods::new();
    let script = "for i in $(seq 200); do echo out $i; echo err $i >&2; done";
    let words = ["run", "--pipe", "--name", "both", "--", "sh", "-c", script];
    assert_eq!(pods.run(&words).code, 0);
    let monitor = output_of(&pods, "both");
    monitor.send("oog");
    monitor.wait_for("the first lines of standard error", |screen| {
        let contents = screen.contents();
        let mut lines = contents.lines().skip(4).map(str::trim_end);
        lines.next() == Some("err 1") && lines.next() == Some("err 2")
    });
    monitor.send("v\x1b[B");
    let path = save(&pods, &monitor, "two");
    monitor.wait_for_text("saved 12 B of standard error");
    let saved = fs::read_to_string(path).expect("it is there");
    assert_eq!(saved, "err 1\nerr 2\n");
    monitor.send("v/out 7\r");
    monitor.wait_for_text("no line matches out 7");
    monitor.send("/ 1*5$\r");
    monitor.wait_for_text("/3");
    // The next stream, and both: what is searched for is counted there.
    monitor.send("o");
    monitor.wait_for(
        "a count, whether the line is still in sight or not",
        |screen| {
            let contents = screen.contents();
            contents.contains("/6") || contents.contains("6 lines match")
        },
    );
}
