//! A wall clock that is set back and forward while a run goes on. Tests have `PODS_TEST_CLOCK` say by
//! how much the clock of the host is wrong.

use std::{fs, path::PathBuf, time::Instant};

use serde_json::Value;

use crate::support::{DEADLINE, Pods, Verb};

const HOUR_MS: i64 = 3_600_000;

/// A clock that can be set.
struct WallClock {
    file: PathBuf,
}

impl WallClock {
    fn new(pods: &Pods) -> Self {
        let file = pods.root().join("clock");
        Self { file }
    }

    fn set(&self, error_ms: i64) {
        // The host sees one time or the other.
        let new = self.file.with_extension("new");
        fs::write(&new, error_ms.to_string()).expect("room for a number");
        fs::rename(new, &self.file).expect("one directory");
    }

    /// Launches a shell script under this clock.
    fn launch(&self, pods: &Pods, options: &[&str], script: &str) {
        let words = ["run", "-d", "--pipe", "--name", "clocked"];
        let words = [&words[..], options, &["--", "sh", "-c", script]].concat();
        let mut command = pods.command(words);
        command.env("PODS_TEST_CLOCK", &self.file);
        let done = Verb::start(command).finish();
        assert_eq!(done.code, 0, "{}", done.stderr);
    }
}

/// The records, once one of them is as `wanted`.
#[track_caller]
fn records_with(pods: &Pods, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let records = pods.events("clocked");
        if records.iter().any(&wanted) {
            return records;
        }
        assert!(Instant::now() < deadline, "none of {records:#?}");
    }
}

fn done(record: &Value) -> Option<u64> {
    record["done"].as_f64().map(|done| done as u64)
}

fn updated_at(pods: &Pods) -> String {
    let updated_at = pods.show("clocked")["updated_at"].clone();
    updated_at.as_str().expect("a time").to_owned()
}

#[test]
fn order_and_durations_are_right_whatever_the_wall_clock_does() {
    let (pods, begun) = (Pods::new(), Instant::now());
    let mut gate = pods.gate("gate");
    let clock = WallClock::new(&pods);
    let step = |done: u32| {
        let event = format!(r#"{{"kind":"progress","done":{done},"total":3}}"#);
        format!("echo '{event}' >> \"$POD_EVENTS\"; echo step {done}")
    };
    let wait = format!("read go < {}", gate.path());
    let script = [step(1), step(2), step(3)].join(&format!("; {wait}; "));
    clock.launch(&pods, &["--timeout", "10m"], &format!("{wait}; {script}"));
    let mut shown = vec![updated_at(&pods)];
    for (number, error_ms) in [(1, 0), (2, -HOUR_MS), (3, 24 * HOUR_MS)] {
        clock.set(error_ms);
        gate.open();
        records_with(&pods, |record| done(record) == Some(number));
        shown.push(updated_at(&pods));
    }
    assert_eq!(pods.run(&["wait", "clocked"]).code, 0);
    let took_ms = u64::try_from(begun.elapsed().as_millis()).expect("short");
    assert!(shown.is_sorted(), "what is listed goes back: {shown:?}");

    let records = pods.events("clocked");
    let numbers = |key: &str| -> Vec<u64> {
        let number = |record: &Value| record[key].as_u64().expect(key);
        records.iter().map(number).collect()
    };
    assert_eq!(
        numbers("seq"),
        (1..=records.len() as u64).collect::<Vec<_>>()
    );
    assert!(numbers("t").is_sorted(), "{records:#?}");
    assert_eq!(
        records.iter().filter_map(done).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    // The labels do what the clock did.
    let at = |number| {
        let record = records.iter().find(|record| done(record) == Some(number));
        record.expect("a step")["at"]
            .as_str()
            .expect("a time")
            .to_owned()
    };
    assert!(at(2) < at(1) && at(1) < at(3), "{records:#?}");

    let show = pods.show("clocked");
    assert_eq!(show["status"], "passed");
    let duration_ms = show["duration_ms"].as_u64().expect("it has ended");
    assert!(duration_ms <= took_ms, "{duration_ms} of {took_ms} ms");
    assert_eq!(pods.text(&["logs", "clocked"]), "step 1\nstep 2\nstep 3\n");
}

#[test]
fn the_grace_time_of_a_stop_is_neither_cut_short_nor_drawn_out_by_the_wall_clock() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let clock = WallClock::new(&pods);
    let script = format!("trap '' INT TERM; echo deaf; read go < {}", gate.path());
    let is_signal = |name: &'static str| move |record: &Value| record["name"] == name;

    clock.launch(&pods, &[], &script);
    pods.start(&["logs", "-f", "clocked"]).wait_for("deaf");
    pods.text(&["stop", "--no-wait", "--grace", "10m", "clocked"]);
    records_with(&pods, is_signal("SIGINT"));
    clock.set(24 * HOUR_MS);
    // Asking wakes the host.
    assert_eq!(pods.status("clocked"), "running");
    gate.open();
    assert_eq!(pods.run(&["wait", "clocked"]).code, 130);
    let records = pods.events("clocked");
    assert!(!records.iter().any(is_signal("SIGTERM")), "{records:#?}");

    clock.set(0);
    clock.launch(&pods, &[], &script);
    pods.start(&["logs", "-f", "clocked"]).wait_for("deaf");
    pods.text(&["stop", "--no-wait", "--grace", "1s", "clocked"]);
    clock.set(-24 * HOUR_MS);
    assert_eq!(pods.run(&["wait", "clocked"]).code, 137);
    assert_eq!(pods.status("clocked"), "stopped");
}
