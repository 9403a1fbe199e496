//! Runs that are taken up again by themselves.

use std::fs;

use serde_json::Value;

use super::{assert_ten_done, kill_host, kinds, launch_ten};
use crate::support::{Done, Launched, Pods, Verb};

fn marker(pods: &Pods, name: &str) -> std::path::PathBuf {
    pods.state().join("recover").join(name)
}

#[test]
fn the_next_command_recovers_a_run_whose_host_was_killed() {
    let pods = Pods::new();
    let ten = launch_ten(&pods, "ten", &["--recover"]);
    assert!(marker(&pods, "ten").exists(), "while it runs");
    kill_host(&ten.launched);

    let list = pods.run(&["ls"]);
    assert!(
        list.stderr
            .contains("ten: recovered after the loss of its host"),
        "{list:?}"
    );
    assert!(list.text().contains("recovered"), "{list:?}");
    assert!(!list.text().contains("interrupted"), "{list:?}");
    assert_eq!(pods.run(&["wait", "ten"]).code, 0);
    assert_ten_done(&pods, "ten", "interrupted");
    let row = pods.show("ten");
    assert_eq!((&row["resumed"], &row["recovered"]), (&1.into(), &1.into()));
    assert!(!marker(&pods, "ten").exists(), "it has come to its end");
    let again = pods.run(&["ls"]);
    assert_eq!(again.stderr, "");
}

#[test]
fn a_reboot_is_recovered_from_too() {
    let pods = Pods::new();
    let ten = launch_ten(&pods, "ten", &["--recover"]);
    kill_host(&ten.launched);
    // What another boot finds: a lease of a boot that is over, and whatever the runtime directory
    // still holds.
    let lease = pods.state().join("leases").join("ten");
    let text = fs::read_to_string(&lease).expect("a lease");
    let mut holder: Value = serde_json::from_str(text.trim()).expect("a holder");
    holder["boot_id"] = "00000000-0000-0000-0000-000000000000".into();
    fs::write(&lease, format!("{holder}\n")).expect("written");
    assert!(ten.launched.socket.exists(), "stale");

    let recovered = pods.json(&["recover", "--json"]);
    assert_eq!(recovered["recovered"], true);
    assert_eq!(pods.run(&["wait", "ten"]).code, 0);
    assert_ten_done(&pods, "ten", "interrupted");
    assert!(!ten.launched.socket.exists(), "swept");
    assert_eq!(pods.run(&["recover"]).stderr, "nothing to recover\n");
}

#[test]
fn what_was_stopped_or_not_marked_is_not_recovered() {
    let pods = Pods::new();
    let ten = launch_ten(&pods, "ten", &["--recover"]);
    pods.text(&["stop", "ten"]);
    assert!(!marker(&pods, "ten").exists());
    drop(ten);
    let plain = launch_ten(&pods, "plain", &[]);
    kill_host(&plain.launched);
    assert_eq!(pods.run(&["recover"]).stderr, "nothing to recover\n");
    assert_eq!(pods.status("ten"), "stopped");
    assert_eq!(pods.status("plain"), "interrupted");
}

#[test]
fn a_stop_that_lost_its_host_is_not_recovered() {
    let pods = Pods::new();
    let ten = launch_ten(&pods, "ten", &["--recover"]);
    kill_host(&ten.launched);
    let log = super::log_of(&pods, &ten.launched);
    super::append(&log, r#""kind":"stop.requested","by":"ada""#);
    assert_eq!(pods.run(&["recover"]).stderr, "nothing to recover\n");
    assert_eq!(pods.status("ten"), "stopped");
    assert!(!marker(&pods, "ten").exists(), "stale");
}

#[test]
fn a_recovery_that_needs_a_secret_says_so_and_keeps_the_marker() {
    let pods = Pods::new();
    let mut launch = pods.command([
        "run",
        "-d",
        "--json",
        "--recover",
        "--name",
        "it",
        "--",
        "sleep",
        "1000",
    ]);
    launch.env("API_KEY", "one");
    let done: Done = Verb::start(launch).finish();
    let launched: Launched = serde_json::from_slice(&done.stdout).expect("what a launch prints");
    kill_host(&launched);

    let list = pods.run(&["ls"]);
    let said = "it: not recovered: needs API_KEY (not recorded)";
    assert_eq!(
        (list.code, list.stderr.matches(said).count()),
        (0, 1),
        "{list:?}"
    );
    assert!(list.text().contains("interrupted"), "{list:?}");
    assert!(marker(&pods, "it").exists());
    assert_eq!(pods.run(&["recover"]).code, 1);
    let mut with_key = pods.command(["ls"]);
    with_key.env("API_KEY", "one");
    assert!(
        Verb::start(with_key)
            .finish()
            .stderr
            .contains("it: recovered")
    );
    assert_eq!(pods.status("it"), "running");
}

#[test]
fn a_run_that_keeps_losing_its_host_is_given_up() {
    let pods = Pods::new();
    let run = [
        "run",
        "-d",
        "--json",
        "--recover",
        "--name",
        "it",
        "--",
        "sleep",
        "1000",
    ];
    let mut launched: Launched =
        serde_json::from_value(pods.json(&run)).expect("what a launch prints");
    for _ in 0..5 {
        kill_host(&launched);
        launched.host_pid = i32::try_from(
            pods.json(&["recover", "--json"])["host_pid"]
                .as_i64()
                .expect("a pid"),
        )
        .expect("a pid");
    }
    kill_host(&launched);
    let list = pods.run(&["ls"]);
    assert!(
        list.stderr.contains("lost its host 5 times in a row"),
        "{list:?}"
    );
    assert_eq!(pods.run(&["ls"]).stderr, "", "said once");
    assert_eq!(pods.status("it"), "interrupted");
    let records = pods.events("it");
    super::assert_dense(&records);
    assert_eq!(kinds(&records, "segment.resumed").len(), 5);
    // An operator can still take it up, and then it is looked after again.
    assert_eq!(pods.text(&["resume", "-d", "it"]), "it\n");
    assert!(marker(&pods, "it").exists());
}
