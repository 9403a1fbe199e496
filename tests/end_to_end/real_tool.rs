//! A real tool as a run: launched, left, found, watched by two, read when everything else is gone.

use std::{fs, path::Path};

use crate::support::{Pods, Pty};

/// Rows above and below the text of the monitor's Output tab.
const HEAD_ROWS: usize = 4;
const FOOT_ROWS: usize = 2;
const COLUMNS: u16 = 80;

/// A crate with a test that passes at once and one that waits at `gate`.
fn make_crate(directory: &Path, gate: &str) {
    fs::create_dir_all(directory.join("src")).expect("a directory");
    let manifest = "[package]\nname = \"tiny\"\nedition = \"2021\"\n[workspace]\n";
    fs::write(directory.join("Cargo.toml"), manifest).expect("a manifest");
    let source = format!(
        "#[test]\nfn at_once() {{}}\n\
         #[test]\nfn held() {{\n    \
             use std::io::Read;\n    \
             let mut gate = std::fs::File::open({gate:?}).unwrap();\n    \
             gate.read_exact(&mut [0]).unwrap();\n\
         }}\n"
    );
    fs::write(directory.join("src/lib.rs"), source).expect("a source file");
}

/// What the Output tab shows.
fn output(terminal: &Pty) -> Vec<String> {
    terminal.with_screen(|screen| {
        let rows: Vec<String> = screen.rows(0, COLUMNS).collect();
        rows[HEAD_ROWS..rows.len() - FOOT_ROWS].to_vec()
    })
}

/// Types a part of the name into the picker and takes the row that is left.
fn pick(pods: &Pods, part: &str, name: &str) -> Pty {
    let terminal = pods.terminal(&["-r"]);
    terminal.wait_for_text("resume");
    terminal.wait_for_text(name);
    terminal.send(part);
    terminal.wait_for("a filtered list", |screen| {
        let contents = screen.contents();
        contents.contains(part) && contents.contains("1 of 2") && contents.contains(name)
    });
    terminal.send("\r");
    terminal
}

/// Launches from a shell on a terminal that is closed right after.
fn launch_and_close(pods: &Pods, directory: &Path) {
    let shell = Pty::start(pods.within("sh", ["-i"]));
    let line = format!(
        "cd {} && {} run -d --name tiny-tests -- {} test --offline --lib; echo launched: $?\r",
        directory.display(),
        env!("CARGO_BIN_EXE_tui"),
        env!("CARGO"),
    );
    shell.send(&line);
    shell.wait_for_text("launched: 0");
    shell.hang_up();
}

#[test]
fn a_test_run_outlives_its_terminal_and_is_read_after_everything_else_is_gone() {
    let pods = Pods::new();
    let directory = pods.root().join("tiny");
    let mut gate = pods.gate("gate");
    make_crate(&directory, gate.path());
    pods.text(&["run", "-d", "--name", "something-else", "--", "true"]);
    launch_and_close(&pods, &directory);
    assert_eq!(pods.status("tiny-tests"), "running");

    // Found from another terminal, and watched from a second one at once.
    let found = pick(&pods, "tinytst", "tiny-tests");
    let beside = pods.terminal(&["attach", "--read-only", "tiny-tests"]);
    for terminal in [&found, &beside] {
        terminal.wait_for_text("RUNNING");
        terminal.send("3");
        terminal.wait_for_text("test at_once ... ok");
        assert!(!terminal.contents().contains("test result"));
    }
    assert_eq!(output(&found), output(&beside));
    gate.open();
    for terminal in [&found, &beside] {
        terminal.wait_for_text("PASSED");
        terminal.wait_for_text("test result: ok. 2 passed");
        // Said behind all of the output.
        terminal.wait_for_text("■ ended");
    }
    assert_eq!(output(&found), output(&beside));
    for mut terminal in [found, beside] {
        terminal.send("\x03");
        assert_eq!(terminal.wait_for_exit(), 0);
    }

    assert_eq!(pods.run(&["wait", "tiny-tests"]).code, 0);
    pods.wait_until_nobody_is_left();
    fs::remove_dir_all(pods.runtime()).expect("the runtime directory goes");
    read_without_a_runtime_directory(&pods);
    assert!(!pods.runtime().exists(), "looking creates nothing");
}

/// Everything that shows a finished run.
fn read_without_a_runtime_directory(pods: &Pods) {
    // In the middle of a line, a pipe gets the colours that the tool gave to a terminal.
    let result = "2 passed; 0 failed";
    let list = pods.text(&["ls"]);
    let row = list.lines().find(|line| line.contains("tiny-tests"));
    assert!(row.is_some_and(|row| row.contains("passed")), "{list}");
    let shown = pods.show("tiny-tests");
    assert_eq!(shown["status"], "passed");
    assert_eq!(shown["attachable"], false);
    assert!(pods.text(&["show", "tiny-tests"]).contains("passed"));
    assert!(pods.text(&["logs", "tiny-tests"]).contains(result));
    assert!(pods.text(&["attach", "tiny-tests"]).contains(result));
    assert!(pods.text(&["-r", "tiny-tests"]).contains(result));
    let kinds: Vec<_> = pods.events("tiny-tests");
    assert_eq!(kinds.last().expect("records")["kind"], "run.closed");
    assert_eq!(pods.run(&["wait", "tiny-tests"]).code, 0);

    let mut viewed = pick(pods, "tinytst", "tiny-tests");
    viewed.wait_for_text("PASSED");
    viewed.send("3");
    viewed.wait_for_text(result);
    viewed.send("\x03");
    assert_eq!(viewed.wait_for_exit(), 0);
}
