//! The floors hold what they are given, and a small benchmark runs to its end and cleans up.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use nix::{sys::stat::Mode, unistd::mkfifo};

fn bench(directory: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(words)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .expect("the binary was built for this test")
}

/// What a floor keeps of a command that prints two lines.
fn kept_by(floor: &str) -> String {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let words = [
        floor, "--log", "log", "--", "printf", "%s\\n", "a b", "it's",
    ];
    let output = bench(directory.path(), &words);
    assert!(output.status.success(), "{output:?}");
    fs::read_to_string(directory.path().join("log")).expect("the floor keeps a log")
}

#[test]
fn a_pipe_host_keeps_every_byte() {
    assert_eq!(kept_by("pipe-host"), "a b\nit's\n");
}

#[test]
fn a_pty_host_keeps_what_a_terminal_shows() {
    assert_eq!(kept_by("pty-host"), "a b\r\nit's\r\n");
}

/// The log of a stream floor whose command writes two records.
fn streamed_by(handling: &str) -> String {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let script = r#"echo '{"kind":"step","label":"a"}' >> "$POD_EVENTS"
        echo '{"kind":"step","label":"b"}' >> "$POD_EVENTS""#;
    let words = [
        "stream-floor",
        handling,
        "--log",
        "it.log",
        "--",
        "sh",
        "-c",
        script,
    ];
    let output = bench(directory.path(), &words);
    assert!(output.status.success(), "{output:?}");
    fs::read_to_string(directory.path().join("it.log")).expect("the floor keeps a log")
}

#[test]
fn a_stream_floor_appends_lines_as_they_are_or_numbered() {
    let raw = "{\"kind\":\"step\",\"label\":\"a\"}\n{\"kind\":\"step\",\"label\":\"b\"}\n";
    assert_eq!(streamed_by("raw"), raw);
    let numbered = streamed_by("json");
    assert_eq!(numbered.lines().count(), 2);
    assert!(numbered.contains(r#""label":"b","seq":2"#), "{numbered}");
}

#[test]
fn a_launch_comes_back_while_the_command_runs() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (go, said) = (directory.path().join("go"), directory.path().join("said"));
    for fifo in [&go, &said] {
        mkfifo(fifo, Mode::S_IRUSR | Mode::S_IWUSR).expect("a fresh directory");
    }
    let script = "cat go; echo done > said";
    let words = ["launch-floor", "--log", "pod", "--", "sh", "-c", script];
    let output = bench(directory.path(), &words);
    assert!(output.status.success(), "{output:?}");
    // The command still waits for us, so the launcher did not.
    fs::write(&go, "").expect("the command reads it");
    assert_eq!(
        fs::read_to_string(&said).expect("the command writes it"),
        "done\n"
    );
    for file in [
        "lease",
        "allocation",
        "session",
        "records",
        "output",
        "marks",
    ] {
        assert!(directory.path().join("pod").join(file).exists(), "{file}");
    }
}

#[test]
fn a_small_benchmark_prints_its_table_and_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let words = [
        "output",
        "--quick",
        "--pairs",
        "1",
        "--largest-mib",
        "1",
        "--shape",
        "lines",
        "--only",
        "none",
        "--dir",
        ".",
        "--tui",
        "not-there",
    ];
    let output = bench(directory.path(), &words);
    assert!(output.status.success(), "{output:?}");
    let table = String::from_utf8_lossy(&output.stdout);
    for subject in [
        "`> file`",
        "minimal pipe host",
        "10 viewers, 1 stuck",
        "minimal pty host",
    ] {
        assert_eq!(
            table.matches(&format!("{subject} |")).count(),
            3,
            "{subject} in {table}"
        );
    }
    assert!(!table.contains("Failed"), "{table}");
    assert!(table.contains("Not there: tui"), "{table}");
    let left = fs::read_dir(directory.path()).expect("still there").count();
    assert_eq!(left, 0, "the benchmark left something behind");
}
