//! Going on from the screens, and a session as one run whatever its segments.

use super::{append, assert_ten_done, kill_host, launch_ten, log_of};
use crate::support::Pods;

#[test]
fn enter_in_the_picker_resumes_what_can_be_resumed() {
    let pods = Pods::new();
    let _ten = launch_ten(&pods, "ten", &[]);
    pods.text(&["stop", "ten"]);
    let picker = pods.terminal(&["-r"]);
    picker.wait_for_text("5 of 10 done");
    picker.wait_for_text("enter resume");
    picker.send("\r");
    picker.wait_for_text("10 of 10 done");
    picker.wait_for_text("PASSED");
    picker.wait_for_text("resumed 1× · last");
    picker.send("q");
    assert_ten_done(&pods, "ten", "stopped");
}

#[test]
fn enter_in_the_picker_only_shows_what_was_cancelled() {
    let pods = Pods::new();
    let ten = launch_ten(&pods, "ten", &[]);
    kill_host(&ten.launched);
    append(
        &log_of(&pods, &ten.launched),
        r#""kind":"cancel.requested","by":"ada""#,
    );
    let picker = pods.terminal(&["-r"]);
    picker.wait_for_text("enter view");
    picker.send("\r");
    picker.wait_for_text("CANCELLED");
    picker.send("r");
    picker.wait_for_text("cancelled by ada: rerun instead");
    picker.send("q");
    assert_eq!(pods.status("ten"), "cancelled");
}

#[test]
fn the_named_primary_action_and_the_key_of_the_monitor_resume() {
    let pods = Pods::new();
    let _ten = launch_ten(&pods, "ten", &[]);
    pods.text(&["stop", "ten"]);
    let monitor = pods.terminal(&["attach", "ten"]);
    monitor.wait_for_text("r resume");
    monitor.send("r");
    monitor.wait_for_text("PASSED");
    monitor.wait_for_text("10 of 10 done");
    monitor.send("q");
    assert_ten_done(&pods, "ten", "stopped");

    let _other = launch_ten(&pods, "other", &[]);
    pods.text(&["stop", "other"]);
    assert_eq!(pods.run(&["-r", "other"]).code, 0);
    assert_ten_done(&pods, "other", "stopped");
}

#[test]
fn a_live_resumed_run_is_shown_with_all_its_segments() {
    let pods = Pods::new();
    let script = "echo segment-$POD_RESUME-; sleep 1000";
    pods.launch_piped("it", script);
    pods.start(&["logs", "-f", "it"]).wait_for("segment--\n");
    pods.text(&["stop", "--grace", "0s", "it"]);
    pods.text(&["resume", "-d", "it"]);
    pods.start(&["attach", "it"])
        .wait_for("segment--\nsegment-1-\n");
    pods.start(&["logs", "-f", "--raw", "it"])
        .wait_for("segment--\nsegment-1-\n");
    pods.start(&["events", "-f", "it"])
        .wait_for("segment.resumed");
    let monitor = pods.terminal(&["attach", "it"]);
    monitor.wait_for("both segments", |screen| {
        let contents = screen.contents();
        contents.contains("segment--") && contents.contains("segment-1-")
    });
    monitor.send("1");
    monitor.wait_for_text("run.closed");
    monitor.wait_for_text("segment.resumed");
    monitor.send("q");
}

#[test]
fn the_runs_of_a_pod_and_their_lineage_are_shown() {
    let pods = Pods::new();
    let fail = ["run", "--name", "it", "--", "sh", "-c", "exit 3"];
    assert_eq!(pods.run(&fail).code, 3);
    let first = pods.show("it")["session"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(pods.run(&["rerun", "it"]).code, 3);
    let second = pods.show("it")["session"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(pods.run(&["rerun", "it", "--name", "copy"]).code, 3);

    let runs = pods.json(&["ls", "--runs", "it", "--json"]);
    let ids: Vec<&str> = runs["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .filter_map(|run| run["session"].as_str())
        .collect();
    assert_eq!(ids, [&second, &first]);
    assert_eq!(pods.text(&["ls", "--runs", "it"]).lines().count(), 2);

    let lineage = pods.show("copy")["lineage"].clone();
    let depths: Vec<u64> = lineage
        .as_array()
        .expect("a tree")
        .iter()
        .filter_map(|relative| relative["depth"].as_u64())
        .collect();
    assert_eq!(depths, [0, 1, 2]);
    let shown = pods.text(&["show", "copy"]);
    assert!(shown.contains("← this run"), "{shown}");
    // An earlier session is read by its id, or by the end of it.
    let tail = first.split_at(first.len() - 8).1;
    assert_eq!(pods.show(tail)["session"], first.as_str());
    let records = pods.events(tail);
    assert_eq!(records[0]["session"], first.as_str());
    assert_eq!(pods.text(&["logs", &first]), pods.text(&["attach", &first]));
    // It is repeated by its id, too.
    assert_eq!(pods.run(&["rerun", &first, "--name", "other"]).code, 3);
    assert_eq!(pods.show("other")["rerun_of"], first.as_str());
}

#[test]
fn an_earlier_session_becomes_the_active_one_again() {
    let pods = Pods::new();
    pods.launch("it", "exec sleep 1000");
    pods.text(&["stop", "it"]);
    let first = pods.show("it")["session"]
        .as_str()
        .expect("an id")
        .to_owned();
    let said = pods.run(&["run", "--name", "it", "--", "true"]).stderr;
    assert!(said.contains("stays reachable: tui ls --runs it"), "{said}");
    assert_ne!(pods.show("it")["session"], first.as_str());
    assert_eq!(pods.text(&["resume", "-d", &first]), "it\n");
    let row = pods.show("it");
    assert_eq!(
        (&row["session"], &row["status"]),
        (&first.as_str().into(), &"running".into())
    );
}
