//! Long logs, results and promotion, on a terminal.

use std::fs;

use crate::support::Pods;

const EVERY_KIND: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/end_to_end/support/every_kind.sh"
);
const ESC: &str = "\x1b";

/// 100,000 records, three of them bad.
const MANY: &str = r#"awk 'BEGIN { for (i = 1; i <= 100000; i++) {
    bad = i == 7 || i == 50000 || i == 99990
    printf "{\"kind\":\"item.finished\",\"item\":\"t%d\",\"outcome\":\"%s\"}\n", i, bad ? "failed" : "passed"
    fflush()
} }' > "$POD_EVENTS""#;

#[test]
fn three_failures_among_a_hundred_thousand_records_are_found() {
    let pods = Pods::new();
    let run = pods.run(&["run", "--name", "many", "--", "sh", "-c", MANY]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let monitor = pods.terminal(&["attach", "many"]);
    monitor.wait_for_text("press 4 for results");
    monitor.send("g");
    monitor.wait_for_text("segment.started");
    monitor.wait_for_text("t1 passed");
    monitor.send("f");
    for failed in ["t7 failed", "t50000 failed", "t99990 failed"] {
        monitor.wait_for_text(failed);
    }
    monitor.wait_for_text("bad · 3 shown");
    monitor.send(ESC);
    monitor.wait_for_text("run.closed");
    monitor.send("4");
    monitor.wait_for_text("3 failed · 99,997 passed");
    monitor.wait_for_text("showing 20,000 of 100,000 items");
    monitor.wait_for("failures first", |screen| {
        let screen = screen.contents();
        let at = |text: &str| screen.find(text);
        at("failed   t7").is_some()
            && at("failed   t7") < at("t50000")
            && at("t50000") < at("t99990")
    });
}

#[test]
fn an_artifact_is_promoted_once() {
    let pods = Pods::new();
    let there = pods.root().join("work");
    fs::create_dir(&there).expect("new");
    let script = format!("cd {} && sh {EVERY_KIND} 4", there.display());
    let run = pods.run(&[
        "run",
        "--name",
        "kinds",
        "--cwd",
        &there.display().to_string(),
        "--",
        "sh",
        "-c",
        &script,
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let monitor = pods.terminal(&["attach", "kinds"]);
    monitor.wait_for_text("press 4 for results");
    monitor.send("4");
    monitor.wait_for_text("Artifacts 3");
    monitor.send("N");
    monitor.wait_for_text("out/report.html");
    monitor.send("p");
    monitor.wait_for_text("promoted · sha256 1b465fa6b6bc… · promoted/kinds/");
    monitor.send("p");
    monitor.wait_for_text("cannot promote: promoted already");
    let promoted = pods.state().join("promoted").join("kinds");
    let places: Vec<_> = fs::read_dir(&promoted).expect("there").flatten().collect();
    assert_eq!(places.len(), 1);
    let copy = fs::read(places[0].path().join("model.bin")).expect("the copy");
    assert_eq!(copy, b"weights\n");
    monitor.send("jjp");
    monitor.wait_for_text("cannot promote: there is no file");
}
