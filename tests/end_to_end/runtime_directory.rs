//! A live pod whose runtime directory goes away stays where everybody finds it.

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{DEADLINE, Pods, Viewer};

/// More than have the kernel tell them.
const MANY: usize = 40;

/// Enough for one of them to be looked at before its host watches.
const AT_ONCE: usize = 20;

fn wait_until_there(path: &Path) {
    let deadline = std::time::Instant::now() + DEADLINE;
    while fs::symlink_metadata(path).is_err() {
        assert!(std::time::Instant::now() < deadline, "no {path:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_runtime_directory_that_goes_is_made_again() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!(
        r#"read go < {gate}; echo '{{"kind":"step","label":"after"}}' >> "$POD_EVENTS"; read go < {gate}"#,
        gate = gate.path()
    );
    let pod = pods.launch("it", &script);
    let mut before = Viewer::connect(&pod.socket);
    // A host is so quick that its names may be back before the directory can be removed.
    let _ = fs::remove_dir_all(pods.runtime());
    // The kernel tells the host: nobody has to look for it.
    wait_until_there(&pod.socket);
    wait_until_there(&pod.socket.with_extension("events"));
    drop(Viewer::connect(&pod.socket));
    assert_eq!(pods.show("it")["attachable"], true);
    before.send(&crate::support::attach(1));
    assert!(before.next().is_some(), "who was there stays");

    gate.open();
    pods.start(&["events", "-f", "it", "--kind", "step"])
        .wait_for("\"after\"");
    let said = |record: &Value| record["kind"] == "log" && record["level"] == "warning";
    assert!(pods.events("it").iter().any(said), "it is said");
    gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, 0);
    assert!(crate::support::wait_gone(pod.host_pid));
    assert!(!pod.socket.exists());
}

/// The launcher knows of a pod before its host watches over anything.
#[test]
fn a_runtime_directory_that_goes_at_once_is_made_again() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!("read go < {}", gate.path());
    for number in 0..AT_ONCE {
        let pod = pods.launch(&format!("pod-{number}"), &script);
        let away = pods.root().join(format!("away-{number}"));
        fs::rename(pods.runtime(), away).expect("ours to move");
        wait_until_there(&pod.socket);
        gate.open();
        assert!(crate::support::wait_gone(pod.host_pid));
    }
}

#[test]
fn whoever_looks_for_a_pod_in_vain_has_it_come_back() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let pod = pods.launch("it", &format!("read go < {}", gate.path()));
    drop(Viewer::connect(&pod.socket));
    // A parent that is moved away is nothing that the kernel tells of the directory in it.
    let (runtime, away) = (pods.runtime(), pods.root().join("away"));
    fs::create_dir(&away).expect("room");
    fs::rename(&runtime, away.join("run")).expect("ours to move");
    // A host has a moment to come back in; one that nobody schedules may need another look.
    let deadline = std::time::Instant::now() + DEADLINE;
    loop {
        let list = pods.json(&["ls", "--json"]);
        let row = &list["rows"][0];
        if row["attachable"] == true && row["status"] == "running" {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{list}");
    }
    gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, 0);
}

#[test]
fn many_pods_come_back_together() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!("read go < {}", gate.path());
    let names: Vec<String> = (0..MANY).map(|number| format!("pod-{number}")).collect();
    let launched: Vec<_> = names
        .iter()
        .map(|name| pods.launch(name, &script))
        .collect();
    // In one step: hosts are quick, and a directory in which names come back cannot be removed.
    fs::rename(pods.runtime(), pods.root().join("away")).expect("ours to move");
    for pod in &launched {
        wait_until_there(&pod.socket);
    }
    let list = pods.json(&["ls", "--all", "--json"]);
    let rows = list["rows"].as_array().expect("rows");
    let attachable = rows.iter().filter(|row| row["attachable"] == true);
    assert_eq!(attachable.count(), MANY, "{list}");
    for _ in &launched {
        gate.open();
    }
    for pod in launched {
        assert!(crate::support::wait_gone(pod.host_pid));
    }
}
