//! A state directory that is made read-only, moved away or removed while a run goes on.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::Value;

use crate::support::{DEADLINE, Done, Gate, Launched, Pods, Verb, Viewer, attach, wait_gone};

const EXIT_CODE: i32 = 7;

/// A run that reports and prints each time it is let.
struct Stepping {
    pod: Launched,
    gate: Gate,
}

impl Stepping {
    fn start(pods: &Pods) -> Self {
        let gate = pods.gate("gate");
        let step = |done: u32| {
            let event = format!(r#"{{"kind":"progress","done":{done},"total":3}}"#);
            let wait = format!("read go < {}", gate.path());
            format!("{wait}; echo '{event}' >> \"$POD_EVENTS\"; echo step {done}; ")
        };
        let script = [step(1), step(2), step(3)].concat() + &format!("exit {EXIT_CODE}");
        let pod = pods.launch_piped("it", &script);
        // Who says hello has done what there is to do at the beginning.
        drop(Viewer::connect(&pod.socket));
        Self { pod, gate }
    }

    /// Its record log, wherever the state directory is.
    fn log(&self, state: &Path) -> PathBuf {
        let name = format!("{}.jsonl", self.pod.segment);
        let session = self.pod.session.to_string();
        state.join("sessions").join(session).join(name)
    }
}

fn records(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).expect("a log");
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    whole
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect()
}

/// The first record of a kind, once it is there.
#[track_caller]
fn wait_for_kind(log: &Path, kind: &str) -> Value {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let records = records(log);
        if let Some(record) = records.iter().find(|record| record["kind"] == kind) {
            return record.clone();
        }
        assert!(Instant::now() < deadline, "no {kind} in {records:#?}");
        std::thread::yield_now();
    }
}

fn new_directory(path: &Path) {
    fs::create_dir(path).expect("a free name");
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("ours");
}

#[test]
fn a_run_whose_state_directory_was_replaced_says_so_until_it_is_back() {
    let pods = Pods::new();
    let mut run = Stepping::start(&pods);
    let (state, aside) = (pods.state(), pods.root().join("aside"));
    fs::rename(&state, &aside).expect("ours to move");
    new_directory(&state);
    let degraded = Viewer::hello(&run.pod.socket).summary.degraded;
    assert!(degraded.is_some_and(|it| it.contains("moved")));
    run.gate.open();
    let degraded = wait_for_kind(&run.log(&aside), "host.degraded");
    assert!(
        degraded["reason"]
            .as_str()
            .is_some_and(|it| it.contains("moved"))
    );
    assert_eq!(
        fs::read_dir(&state).expect("ours").count(),
        0,
        "it is left alone"
    );

    fs::remove_dir(&state).expect("it is empty");
    fs::rename(&aside, &state).expect("ours to move");
    assert_eq!(pods.show("it")["status"], "running");
    run.gate.open();
    wait_for_kind(&run.log(&state), "host.recovered");
    run.gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, EXIT_CODE);
    let show = pods.show("it");
    assert_eq!(
        (&show["status"], &show["degraded"]),
        (&"failed".into(), &Value::Null)
    );
    assert_eq!(pods.text(&["logs", "it"]), "step 1\nstep 2\nstep 3\n");
}

#[test]
fn a_run_ends_in_order_beside_the_state_directory_that_took_its_place() {
    let pods = Pods::new();
    let mut run = Stepping::start(&pods);
    let (state, aside) = (pods.state(), pods.root().join("aside"));
    fs::rename(&state, &aside).expect("ours to move");
    new_directory(&state);
    // The new one is in use.
    pods.text(&["run", "--name", "other", "--", "true"]);
    let follower = Viewer::following_output(&run.pod);
    for _ in 0..3 {
        run.gate.open();
    }
    assert!(wait_gone(run.pod.host_pid));
    drop(follower);
    assert!(!run.pod.socket.exists());
    let log = records(&run.log(&aside));
    let kinds: Vec<&str> = log
        .iter()
        .filter_map(|record| record["kind"].as_str())
        .collect();
    assert!(
        kinds.ends_with(&["segment.ended", "run.closed"]),
        "{kinds:?}"
    );
    assert_eq!(log[log.len() - 2]["code"], EXIT_CODE);
    assert_eq!(pods.status("other"), "passed");
    pods.run(&["show", "it"]).failed_with(4, &["it"]);

    let index = fs::read_to_string(state.join("recent.jsonl")).expect("other has ended");
    assert!(!index.contains("\"it\""), "{index}");

    // Put back, it is what it would have been.
    fs::rename(&state, pods.root().join("new")).expect("ours to move");
    fs::rename(&aside, &state).expect("ours to move");
    assert_eq!(pods.run(&["wait", "it"]).code, EXIT_CODE);
    assert_eq!(pods.text(&["logs", "it"]), "step 1\nstep 2\nstep 3\n");
}

#[test]
fn who_attaches_to_a_run_without_files_finds_it_in_the_records() {
    let pods = Pods::new();
    let mut run = Stepping::start(&pods);
    pods.remove_state();
    let mut viewer = Viewer::connect(&run.pod.socket);
    viewer.send(&attach(1));
    match viewer.next() {
        Some(pod_protocol::HostMessage::Attached(attached)) => {
            let degraded = attached.state.health.degraded;
            assert!(degraded.is_some_and(|it| it.contains("removed")));
        }
        other => panic!("not attached: {other:?}"),
    }
    drop(viewer);
    for _ in 0..3 {
        run.gate.open();
    }
    assert!(wait_gone(run.pod.host_pid));
}

/// Runs a shell script where the test's file system is.
fn within(pods: &Pods, script: &str) -> Done {
    Verb::start(pods.within("sh", ["-c", script])).finish()
}

/// A read-only mount goes over the state directory, in a mount namespace of the test's own: unlike
/// file modes it also holds for root. What is open stays writable, as it does where a directory
/// loses its mode.
#[test]
fn a_run_goes_on_when_its_state_directory_becomes_read_only() {
    let Some(pods) = Pods::on("tmpfs", "size=64m") else {
        return eprintln!(
            "no namespace to mount in: a read-only state directory is not tested here"
        );
    };
    let mut run = Stepping::start(&pods);
    let state = pods.state().display().to_string();
    let cover = format!("mount --bind {state} {state} && mount -o remount,bind,ro {state}");
    assert_eq!(within(&pods, &cover).code, 0);
    let refused = within(&pods, &format!("touch {state}/anything"));
    assert_ne!(refused.code, 0, "it is read-only");

    run.gate.open();
    let done = pods.run(&["run", "-d", "--name", "other", "--", "true"]);
    done.failed_with(125, &["Read-only file system"]);
    run.gate.open();
    assert_eq!(pods.status("it"), "running");
    run.gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, EXIT_CODE);
    assert!(wait_gone(run.pod.host_pid));
    let show = pods.show("it");
    assert_eq!(
        (&show["status"], &show["degraded"]),
        (&"failed".into(), &Value::Null)
    );
    assert_eq!(pods.text(&["logs", "it"]), "step 1\nstep 2\nstep 3\n");

    // Nothing that could not be cleaned up stands in the way later.
    assert_eq!(within(&pods, &format!("umount {state}")).code, 0);
    assert_eq!(pods.status("it"), "failed");
    assert_eq!(pods.run(&["run", "--name", "it", "--", "true"]).code, 0);
    assert_eq!(pods.run(&["run", "--name", "other", "--", "true"]).code, 0);
}
