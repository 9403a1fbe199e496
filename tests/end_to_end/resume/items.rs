//! Items: what is done is not done again.

use std::fs;

use super::{append, assert_dense, assert_ten_done, kill_host, kinds, launch_ten, log_of};
use crate::support::Pods;

#[test]
fn a_run_stopped_at_item_five_resumes_with_the_other_five_only() {
    let pods = Pods::new();
    let _ten = launch_ten(&pods, "ten", &[]);
    pods.text(&["stop", "ten"]);
    pods.wait_for_listed("5 of 10 done");
    assert!(pods.text(&["show", "ten"]).contains("5 of 10 done"));
    assert_eq!(pods.show("ten")["restorable"], true);

    let resumed = pods.run(&["resume", "ten"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(resumed.text(), "did 6\ndid 7\ndid 8\ndid 9\ndid 10\n");
    assert_ten_done(&pods, "ten", "stopped");
}

#[test]
fn a_run_whose_host_was_killed_resumes_behind_its_torn_log() {
    let pods = Pods::new();
    let ten = launch_ten(&pods, "ten", &[]);
    let launched = &ten.launched;
    kill_host(launched);
    let log = log_of(&pods, launched);
    let mut torn = fs::read(&log).expect("a log");
    torn.extend(br#"{"seq":999,"at":"2026-"#);
    fs::write(&log, torn).expect("written");
    assert_eq!(pods.status("ten"), "interrupted");

    assert_eq!(pods.run(&["resume", "ten"]).code, 0);
    assert_ten_done(&pods, "ten", "interrupted");
    let text = fs::read_to_string(&log).expect("a log");
    assert!(
        text.ends_with('\n') && !text.contains(r#""seq":999,"#),
        "the tail is cut"
    );
}

#[test]
fn damage_in_the_middle_of_a_log_is_no_obstacle() {
    let pods = Pods::new();
    let ten = launch_ten(&pods, "ten", &[]);
    let launched = &ten.launched;
    kill_host(launched);
    let log = log_of(&pods, launched);
    let text = fs::read_to_string(&log).expect("a log");
    let lines: Vec<&str> = text.lines().collect();
    let damaged = text.replace(lines[4], &"#".repeat(lines[4].len()));
    // The last record is damaged, too: its number has been seen.
    let damaged = damaged.replace(lines[lines.len() - 1], "#");
    fs::write(&log, damaged).expect("written");

    assert_eq!(pods.run(&["resume", "ten"]).code, 0);
    let records = pods.events("ten");
    let started = kinds(&records, "segment.started");
    assert_eq!(
        started[1]["seq"],
        lines.len() + 1,
        "no number is used twice"
    );
    assert_eq!(pods.status("ten"), "passed");
}

#[test]
fn the_last_result_of_an_item_counts() {
    let pods = Pods::new();
    let launched = pods.launch("it", "exec sleep 1000");
    kill_host(&launched);
    let log = log_of(&pods, &launched);
    let finished = [
        ("kept", "passed"),
        ("broken later", "passed"),
        ("mended later", "failed"),
        ("left out", "skipped"),
        ("two\\nlines", "passed"),
        ("broken later", "errored"),
        ("mended later", "passed"),
    ];
    for (item, outcome) in finished {
        let fields = format!(r#""kind":"item.finished","item":"{item}","outcome":"{outcome}""#);
        append(&log, &fields);
    }
    let row = pods.show("it");
    assert_eq!(row["items_done"], 5, "unique items");
    let resumed = pods.json(&["resume", "-d", "--json", "it"]);
    let session = pods
        .state()
        .join("sessions")
        .join(resumed["session"].as_str().expect("an id"));
    let done = session.join(format!(
        "{}.done",
        resumed["segment"].as_str().expect("an id")
    ));
    let done = fs::read_to_string(done).expect("a list");
    assert_eq!(done, "kept\nleft out\n\"two\\nlines\"\nmended later\n");
}

#[test]
fn a_rerun_of_what_failed_is_told_what_to_repeat() {
    let pods = Pods::new();
    let script = r#"
        echo "done: $(tr '\n' ' ' < "${POD_DONE_ITEMS:-/dev/null}")"
        echo "failed: $(tr '\n' ' ' < "${POD_FAILED_ITEMS:-/dev/null}")"
        for i in a:passed b:failed c:errored d:passed; do
          echo "{\"kind\":\"item.finished\",\"item\":\"${i%%:*}\",\"outcome\":\"${i##*:}\"}" >> "$POD_EVENTS"
        done
        echo '{"kind":"item.started","item":"e"}' >> "$POD_EVENTS""#;
    let words = [
        "run",
        "--pipe",
        "--planned",
        "6",
        "--name",
        "it",
        "--",
        "sh",
        "-c",
        script,
    ];
    assert_eq!(pods.text(&words), "done: \nfailed: \n");
    let before = pods.show("it")["session"].clone();

    let again = pods.run(&["rerun", "it", "--failed", "--name", "again"]);
    assert_eq!(again.text(), "done: a d \nfailed: b c e \n", "{again:?}");
    let row = pods.show("again");
    assert_eq!(row["items_planned"], 4, "two failed, two have no result");
    assert_eq!(row["rerun_of"], before);
    assert_dense(&pods.events("again"));

    let whole = pods.run(&["rerun", "it"]);
    assert_eq!(whole.text(), "done: \nfailed: \n");
    assert!(
        whole.stderr.contains("stays reachable: tui ls --runs it"),
        "{whole:?}"
    );
}

#[test]
fn a_rerun_of_what_failed_needs_something_that_failed() {
    let pods = Pods::new();
    let script =
        r#"echo '{"kind":"item.finished","item":"a","outcome":"passed"}' >> "$POD_EVENTS""#;
    pods.text(&["run", "--pipe", "--name", "it", "--", "sh", "-c", script]);
    let refused = pods.run(&["rerun", "it", "--failed"]);
    refused.failed_with(5, &["nothing to repeat", "1 done"]);
}
