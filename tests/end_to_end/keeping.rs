//! What becomes of pods that do not run, the list that is filtered and watched, and the doctor.

use std::fs;

use serde_json::{Value, json};

use crate::support::Pods;

fn names(list: &Value) -> Vec<&str> {
    let rows = list["rows"].as_array().expect("rows");
    rows.iter()
        .map(|row| row["name"].as_str().expect("a name"))
        .collect()
}

/// A pod that has passed.
fn passed(pods: &Pods, name: &str, script: &str) {
    pods.launch(name, script);
    let done = pods.run(&["wait", name]);
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn what_was_removed_comes_back_with_all_of_its_runs() {
    let pods = Pods::new();
    passed(&pods, "train", "echo one");
    passed(&pods, "train", "echo two");
    let would = pods.text(&["rm", "--dry-run", "train"]);
    assert_eq!(would, "train: would be removed, with 2 runs\n");
    assert_eq!(pods.status("train"), "passed");
    let gone = pods.json(&["rm", "--json", "train"]);
    assert_eq!((&gone["removed"], &gone["runs"]), (&json!(true), &json!(2)));
    pods.run(&["show", "train"])
        .failed_with(4, &["no pod \"train\""]);
    assert_eq!(pods.text(&["rm", "--undo", "train"]), "train: back\n");
    assert_eq!(pods.status("train"), "passed");
    assert_eq!(pods.text(&["logs", "train"]).trim(), "two");
    let runs = pods.json(&["ls", "--runs", "train", "--json"]);
    assert_eq!(runs["runs"].as_array().expect("runs").len(), 2);
    pods.run(&["rm", "--undo", "train"])
        .failed_with(4, &["no removed pod train"]);
    pods.run(&["rm", "--undo", "never"])
        .failed_with(4, &["no removed pod never"]);
}

#[test]
fn a_live_pod_is_neither_removed_nor_renamed_and_can_be_pinned() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    pods.launch("train", &format!("read go < {}", gate.path()));
    pods.run(&["rm", "train"])
        .failed_with(5, &["live: stop it first", "tui stop train"]);
    pods.run(&["rename", "train", "resnet"])
        .failed_with(5, &["live: rename after it ends"]);
    pods.text(&["pin", "train"]);
    assert_eq!(pods.show("train")["pinned"], true);
    assert_eq!(pods.status("train"), "running");
    pods.text(&["stop", "--grace", "0s", "train"]);
    assert_eq!(pods.show("train")["pinned"], true, "its end keeps the pin");
    pods.text(&["unpin", "train"]);
    assert_eq!(pods.show("train")["pinned"], false);
}

#[test]
fn a_renamed_pod_keeps_its_runs_and_can_be_taken_up_again() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    pods.launch("train", &format!("echo hello; read go < {}", gate.path()));
    pods.text(&["stop", "--grace", "0s", "train"]);
    passed(&pods, "other", "true");
    pods.run(&["rename", "train", "other"])
        .failed_with(5, &["the name other is taken"]);
    pods.run(&["rename", "train", "-x"]).failed_with(2, &[]);
    pods.text(&["rename", "train", "resnet"]);
    pods.run(&["show", "train"])
        .failed_with(4, &["no pod \"train\""]);
    assert_eq!(pods.status("resnet"), "stopped");
    let runs = pods.json(&["ls", "--runs", "resnet", "--json"]);
    assert_eq!(runs["runs"].as_array().expect("runs").len(), 1);
    gate.open();
    pods.text(&["resume", "-d", "resnet"]);
    pods.run(&["wait", "resnet"]);
    assert_eq!(pods.status("resnet"), "passed");
}

#[test]
fn pruning_takes_the_oldest_and_says_so() {
    let pods = Pods::new();
    passed(&pods, "old", "echo old");
    passed(&pods, "pinned", "echo pinned");
    passed(&pods, "new", "echo new");
    pods.text(&["pin", "pinned"]);
    let plan = pods.json(&["prune", "--dry-run", "--cap", "0", "--json"]);
    let planned = plan["pruned"].as_array().expect("pieces");
    let planned: Vec<&Value> = planned.iter().map(|piece| &piece["name"]).collect();
    assert_eq!(planned, ["old", "new"]);
    let told = pods.text(&["prune", "--cap", "0"]);
    assert!(told.contains("2 runs pruned"), "{told}");
    assert_eq!(names(&pods.json(&["ls", "--all", "--json"])), ["pinned"]);
    let listed = pods.run(&["ls"]);
    assert!(listed.stderr.contains("2 runs pruned"), "{listed:?}");
    let told = pods.text(&["prune"]);
    assert!(told.starts_with("nothing to prune"), "{told}");
}

#[test]
fn rows_are_found_by_status_and_label() {
    let pods = Pods::new();
    for (name, label, script) in [("a", "set=x", "true"), ("b", "set=y", "exit 3")] {
        pods.text(&[
            "run", "-d", "--name", name, "--label", label, "--", "sh", "-c", script,
        ]);
        pods.run(&["wait", name]);
    }
    let found = |words: &[&str]| {
        let words = [&["ls", "--json"], words].concat();
        let list = pods.json(&words);
        names(&list).join(" ")
    };
    assert_eq!(found(&["--status", "failed"]), "b");
    assert_eq!(
        found(&["--status", "failed,passed", "--label", "set"]),
        "b a"
    );
    assert_eq!(found(&["--label", "set=x"]), "a");
    assert_eq!(found(&["--label", "set=x", "--label", "other"]), "");
    let labels = &pods.show("a")["labels"];
    assert_eq!(*labels, json!({"set": "x"}));
    pods.run(&["ls", "--status", "fialed"])
        .failed_with(2, &["failed"]);
}

#[test]
fn a_watched_list_prints_a_document_a_change() {
    let pods = Pods::new();
    passed(&pods, "first", "true");
    let watched = pods.start(&["ls", "--all", "--json", "--watch"]);
    watched.wait_for("\"first\"");
    passed(&pods, "second", "true");
    watched.wait_for("\"second\"");
    pods.text(&["rm", "first"]);
    watched.wait_for("{\"version\":1,\"rows\":[{\"name\":\"second\"");
    pods.text(&["pin", "second"]);
    watched.wait_for("\"pinned\":true");
}

#[test]
fn the_list_is_the_same_whatever_becomes_of_its_index() {
    let pods = Pods::new();
    passed(&pods, "a", "echo a");
    passed(&pods, "b", "echo b");
    let index = pods.state().join("recent.jsonl");
    let listed = || pods.text(&["ls", "--all", "--json"]);
    let whole = listed();
    let content = fs::read(&index).expect("hosts keep an index");
    for length in (0..content.len()).step_by(content.len() / 7) {
        fs::write(&index, &content[..length]).expect("writable");
        assert_eq!(listed(), whole, "cut at {length}");
    }
    fs::remove_file(&index).expect("there");
    assert_eq!(listed(), whole);
    assert!(!index.exists(), "looking makes no index");
    passed(&pods, "a", "echo a");
    assert!(index.exists(), "the next writer does");
}

#[test]
fn the_doctor_says_what_is_wrong_and_puts_it_right() {
    let pods = Pods::new();
    passed(&pods, "a", "true");
    let well = pods.run(&["doctor"]);
    assert_eq!(well.code, 0, "{well:?}");
    fs::remove_file(pods.state().join("recent.jsonl")).expect("there");
    fs::write(pods.state().join("leases/gone"), "").expect("writable");
    fs::write(pods.runtime().join("allocations/a.json"), "{}").expect("writable");
    let ill = pods.run(&["doctor"]);
    assert_eq!(ill.code, 1, "{ill:?}");
    for line in [
        "WRONG  index        absent, so that lists take longer: tui doctor --fix",
        "WRONG  leases       1 leases of pods that are gone: tui doctor --fix",
        "WRONG  allocations  1 allocations of pods that are not live: tui doctor --fix",
    ] {
        assert!(ill.text().contains(line), "{}", ill.text());
    }
    pods.run(&["doctor", "--fix"]);
    let findings = pods.json(&["doctor", "--json"]);
    let findings = findings["findings"].as_array().expect("findings");
    assert!(
        findings.iter().all(|it| it["state"] != "wrong"),
        "{findings:?}"
    );
    assert!(!pods.state().join("leases/gone").exists());
    let config = pods.text(&["doctor", "--print-config"]);
    assert!(config.contains("words = []"), "{config}");
}
