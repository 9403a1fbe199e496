//! The Output tab over a real log: any place of it, a search, and a flood.

use std::{fs::File, io::Read};

use crate::support::Pods;

/// Lines that take more room than a viewer keeps.
const LINES: u32 = 200_000;
/// Many times what waits for the screen, and little enough for a viewer without optimisation to have
/// looked at it in a few seconds of its own.
const FLOOD_BYTES: u32 = 40_000_000;

#[test]
fn a_window_goes_anywhere_in_a_long_log() {
    let pods = Pods::new();
    pods.launch_piped("long", &format!("seq -f 'line %.0f of it' 1 {LINES}"));
    assert_eq!(pods.run(&["wait", "long"]).code, 0);
    let mut monitor = pods.terminal(&["attach", "long"]);
    monitor.wait_for_text(&format!("line {LINES} of it"));

    monitor.send("g");
    monitor.wait_for_text("line 1 of it");
    monitor.send("  ");
    monitor.wait_for("the third page", |screen| {
        let contents = screen.contents();
        !contents.contains("line 1 of it") && contents.contains("line 50 of it")
    });

    monitor.send("G");
    monitor.wait_for_text(&format!("line {LINES} of it"));
    monitor.send("/line 100[0]00 of\r");
    monitor.wait_for_text("line 100000 of it");
    monitor.send("n");
    monitor.wait_for_text("around the end");
    monitor.send("\x1b");
    monitor.wait_for("no search", |screen| {
        !screen.contents().contains("N before")
    });

    // Page by page over the edge of what was read around it.
    for _ in 0..150 {
        monitor.send("\x02");
    }
    monitor.wait_for("lines far above", |screen| {
        let contents = screen.contents();
        let first = contents.lines().find_map(|line| {
            let number = line.strip_prefix("line ")?.split(' ').next()?;
            number.parse::<u32>().ok()
        });
        first.is_some_and(|first| first < 97_600)
    });

    monitor.send("G");
    monitor.wait_for_text(&format!("line {LINES} of it"));
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
}

#[test]
fn a_key_is_heard_while_a_run_prints_as_fast_as_it_can() {
    let pods = Pods::new();
    let flood = "yes 'the flood goes on and on'";
    let script = format!("{flood} | head -c {FLOOD_BYTES}; echo; echo the very last line");
    pods.launch_piped("fast", &script);
    let mut monitor = pods.terminal(&["attach", "fast"]);
    monitor.send("1");
    monitor.wait_for_text("child.started");
    monitor.send("3g");
    monitor.wait_for_text("more");
    monitor.send("G");
    monitor.wait_for_text("the very last line");
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
}

#[test]
fn what_is_selected_is_piped_and_saved() {
    let pods = Pods::new();
    pods.launch_piped("short", "seq 1 9; echo careful >&2");
    assert_eq!(pods.run(&["wait", "short"]).code, 0);
    let mut monitor = pods.terminal(&["attach", "short"]);
    monitor.wait_for_text("▌careful");
    monitor.send("o");
    monitor.wait_for("standard output alone", |screen| {
        let contents = screen.contents();
        contents.contains("only standard output") && !contents.contains("▌careful")
    });
    monitor.send("oo");
    monitor.wait_for_text("both streams");
    monitor.send("|sort -r | head -2; echo done\r");
    monitor.wait_for_text("exit 0");
    monitor.wait_for_text("done");
    monitor.send("\x1b");
    monitor.wait_for("the lines again", |screen| {
        !screen.contents().contains("exit 0")
    });
    let file = pods.root().join("saved");
    monitor.send(&format!("S{}\r", file.display()));
    monitor.wait_for_text("saved 26 B");
    let saved = std::fs::read_to_string(&file).expect("saved");
    assert!(saved.ends_with("9\ncareful\n"), "{saved:?}");
    monitor.send("S\r");
    monitor.wait_for_text("is there already");
    monitor.send("\x1b");
    monitor.wait_for("no field", |screen| {
        !screen.contents().contains("is there already")
    });
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
}

/// More than a pipe holds.
const LONG_BYTES: usize = 200_000;

/// A run that has written so much, and the word `needle` in a line of its own.
fn long() -> Pods {
    let pods = Pods::new();
    let rest = LONG_BYTES - 7;
    let script = format!("echo needle; yes 'as long as it gets' | head -c {rest}");
    pods.launch_piped("long", &script);
    assert_eq!(pods.run(&["wait", "long"]).code, 0);
    pods
}

#[test]
fn what_is_in_the_way_of_saving_is_said() {
    let pods = long();
    let mut monitor = pods.terminal_at(&["attach", "long"], (24, 120));
    monitor.wait_for_text("as long as");
    let unread = pods.feed("unread");
    let root = pods.root().display().to_string();
    for (path, why) in [
        ("/dev/full", "no space left on device"),
        ("/dev/tty", "it is a terminal"),
        ("/nowhere/x", "there is no directory /nowhere"),
        ("~nobody/x", "only ~/ is known"),
        ("/sys/x", "cannot save to /sys/x: "),
        (root.as_str(), "it is a directory"),
        (unread.path(), "nobody reads from it"),
    ] {
        monitor.send(&format!("S\x15{path}\r"));
        monitor.wait_for_text(why);
    }
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
}

#[test]
fn a_search_goes_on_beside_what_is_saved_and_both_come_to_their_end() {
    let pods = long();
    let mut monitor = pods.terminal(&["attach", "long"]);
    monitor.wait_for_text("as long as");
    let gate = pods.gate("slow");
    let fifo = gate.path().to_owned();
    monitor.send(&format!("S{fifo}\r"));
    monitor.wait_for_text("saving…");
    monitor.send("S");
    monitor.wait_for_text("still saving");
    monitor.send("/^needle$\r");
    monitor.wait_for_text("1/1");
    monitor.send("/long as\r");
    let lines = (LONG_BYTES - "needle\n".len()).div_ceil("as long as it gets\n".len());
    monitor.wait_for_text(&format!("/{lines} "));
    let mut saved = vec![0; LONG_BYTES];
    let mut reader = File::open(&fifo).expect("it is written to");
    reader.read_exact(&mut saved).expect("all of it");
    assert!(saved.starts_with(b"needle\nas long as it gets\n"));
    monitor.wait_for_text("saved 195");
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
}

#[test]
fn what_came_of_a_command_is_said_and_none_keeps_the_monitor() {
    let pods = long();
    let mut monitor = pods.terminal_at(&["attach", "long"], (24, 120));
    monitor.wait_for_text("as long as");
    for (command, end) in [
        ("no-such-command", "exit 127: there is no such command"),
        ("exit 3", "exit 3 · exit 3"),
        ("head -1; true", "exit 0"),
        ("kill -9 $$", "ended by SIGKILL"),
        ("sleep 1000 & echo left", "exit 0"),
    ] {
        monitor.send(&format!("|{command}\r"));
        monitor.wait_for_text(end);
        monitor.send("\x1b");
        monitor.wait_for("the lines again", |screen| !screen.contents().contains(end));
    }
    monitor.send("|exec >/dev/null 2>&1; sleep 1000\r");
    monitor.wait_for_text("piping…");
    monitor.send("\x1b");
    monitor.wait_for_text("given up");
    monitor.send("|sleep 1000\r");
    monitor.wait_for_text("piping…");
    monitor.send("q");
    assert_eq!(monitor.wait_for_exit(), 0);
}
