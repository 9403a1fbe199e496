//! A program that paints the whole screen by itself, and one that only scrolls.

use std::fs;

use super::{LARGE, SMALL, Session};
use crate::support::Pods;

#[test]
fn htop_fills_three_terminals() {
    let pods = Pods::new();
    let home = format!("HOME={}", pods.root().display());
    let session = Session::run(&pods, "top", &["env", &home, "htop", "-d", "100"]);
    session.sees("PID");
    session.enter("80×18");
    session.sees("F10");

    let session = session.again_at(LARGE);
    session.sees("PID");
    session.enter("120×34");
    // The bar of keys stands in the last row of its terminal, the list ends at its last column.
    session
        .terminal
        .wait_for("the keys in the last row", |screen| {
            let rows: Vec<String> = screen.rows(0, LARGE.1).collect();
            rows[37].starts_with("F1Help") && rows[37].contains("F10Quit")
        });
    session
        .terminal
        .wait_for("a header of the whole width", |screen| {
            let header = screen.rows(0, LARGE.1).position(|row| row.contains("PID"));
            let header = header.and_then(|row| u16::try_from(row).ok());
            let last = header.and_then(|row| screen.cell(row, LARGE.1 - 1));
            last.is_some_and(|cell| cell.bgcolor() != vt100::Color::Default)
        });

    let session = session.again_at(SMALL);
    session.enter("40×7");
    session.sees("F1Help");
    session.ends_by("q");
}

#[test]
fn cargo_test_scrolls_on_three_terminals() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let directory = pods.root().join("tiny");
    fs::create_dir_all(directory.join("src")).expect("a directory");
    let manifest = "[package]\nname = \"tiny\"\nedition = \"2021\"\n[workspace]\n";
    fs::write(directory.join("Cargo.toml"), manifest).expect("a manifest");
    let source = format!(
        "#[test]\nfn at_once() {{}}\n\
         #[test]\nfn held() {{\n    use std::io::Read;\n    \
         std::fs::File::open({:?}).unwrap().read_exact(&mut [0]).unwrap();\n}}\n",
        gate.path()
    );
    fs::write(directory.join("src/lib.rs"), source).expect("a source file");
    let manifest = directory.join("Cargo.toml");
    let manifest = manifest.to_str().expect("our own names are text");
    let cargo = env!("CARGO");
    let command = [
        cargo,
        "test",
        "--offline",
        "--lib",
        "--manifest-path",
        manifest,
    ];
    let session = Session::run(&pods, "tests", &command);
    session.sees("running 2 tests");
    session.enter("80×18");

    let session = session.again_at(LARGE);
    session.sees("at_once ... ok");
    session.enter("120×34");
    session.sees("at_once ... ok");

    let session = session.again_at(SMALL);
    session.sees("at_once ... ok");
    gate.open();
    session.sees("test result: ok. 2 passed");
    session.ends_by("");
}
