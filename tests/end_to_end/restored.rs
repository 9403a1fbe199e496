//! However a screen ends, the terminal is as it was found.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{Pods, Pty};

const ESC: &str = "\x1b";

/// The control sequences in what was written, without their introducer.
fn sequences(written: &str) -> Vec<&str> {
    written
        .split("\x1b[")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| ('@'..='~').contains(&c))?;
            rest.get(..=end)
        })
        .collect()
}

/// Asserts that everything that was set was undone afterwards.
#[track_caller]
fn assert_undone(written: &str) {
    let sequences = sequences(written);
    let last = |wanted: &dyn Fn(&str) -> bool| sequences.iter().rposition(|s| wanted(s));
    for (at, sequence) in sequences.iter().enumerate() {
        let Some(mode) = sequence.strip_prefix('?') else {
            continue;
        };
        // The cursor is found switched on; everything else is found switched off.
        let (mode, undo) = match mode.split_at(mode.len() - 1) {
            ("25", "l") => ("25", "?25h".to_owned()),
            (mode, "h") if mode != "25" => (mode, format!("?{mode}l")),
            _ => continue,
        };
        let undone = last(&|s| s == undo);
        assert!(undone > Some(at), "mode {mode} stays: {written:?}");
    }
    let regions = |s: &str| s.ends_with('r') && !s.starts_with('?');
    if let Some(region) = last(&regions) {
        assert_eq!(sequences[region], "r", "a region stays: {written:?}");
    }
    let pen = last(&|s| s.ends_with('m')).map(|at| sequences[at]);
    assert!(
        matches!(pen, None | Some("m" | "0m")),
        "a pen stays: {pen:?}"
    );
    let count = |wanted: &str| sequences.iter().filter(|s| **s == wanted).count();
    assert_eq!(count("22;0t"), count("23;0t"), "titles: {written:?}");
}

#[track_caller]
fn assert_restored(mut screen: Pty, code: i32, taken: &[&str]) {
    assert_eq!(screen.wait_for_exit(), code);
    let written = screen.written();
    for sequence in taken {
        assert!(written.contains(sequence), "{sequence:?} in {written:?}");
    }
    assert_undone(&written);
    assert_eq!(screen.settings(), screen.found, "line settings");
}

const FULL: [&str; 4] = ["\x1b[?1049h", "\x1b[?2004h", "\x1b[?1004h", "\x1b[?25l"];

/// A monitor of a run whose log scrolls.
fn monitor(pods: &Pods) -> Pty {
    let mut gate = pods.gate("gate");
    let script = format!(
        "seq 1000 1099; read go < {}; seq 2000 2099; exec sleep 1000",
        gate.path()
    );
    pods.launch_piped("scrolls", &script);
    let monitor = pods.terminal(&["attach", "scrolls"]);
    monitor.wait_for_text("RUNNING");
    gate.open();
    monitor
}

#[test]
fn a_monitor_that_is_left_restores_the_terminal() {
    let pods = Pods::new();
    let monitor = monitor(&pods);
    monitor.send("q");
    assert_restored(monitor, 0, &FULL);
}

#[test]
fn a_monitor_that_is_terminated_restores_the_terminal() {
    let pods = Pods::new();
    let first = monitor(&pods);
    let second = pods.terminal(&["attach", "scrolls"]);
    second.wait_for_text("RUNNING");
    for (monitor, signal) in [(first, Signal::SIGTERM), (second, Signal::SIGHUP)] {
        kill(Pid::from_raw(monitor.pid()), signal).expect("it runs");
        assert_restored(monitor, 128 + signal as i32, &FULL);
    }
}

#[test]
fn a_picker_that_is_left_restores_the_terminal() {
    let pods = Pods::new();
    assert_eq!(pods.run(&["run", "--name", "one", "--", "true"]).code, 0);
    let picker = pods.terminal(&["-r"]);
    picker.wait_for_text("enter view");
    picker.send(ESC);
    assert_restored(picker, 0, &["\x1b[?2004h"]);
    let picker = pods.terminal(&["-r"]);
    picker.wait_for_text("enter view");
    kill(Pid::from_raw(picker.pid()), Signal::SIGTERM).expect("it runs");
    assert_restored(picker, 143, &["\x1b[?2004h"]);
}
