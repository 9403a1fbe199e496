//! Taking runs up again: what was done is not done twice, and what was abandoned stays so.

mod items;
mod recovered;
mod refused;
mod restored;
mod screens;
mod terminals;

use std::{fs, path::PathBuf};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::support::{Done, Gate, Launched, Pods, Verb, wait_gone};

/// Ten items. The sixth waits for the gate until the run is resumed; what the run is told to be done
/// is not done again.
const TEN_ITEMS: &str = r#"
for i in 1 2 3 4 5 6 7 8 9 10; do
  if [ -n "$POD_DONE_ITEMS" ] && grep -qxF "item $i" "$POD_DONE_ITEMS"; then continue; fi
  echo "{\"kind\":\"item.started\",\"item\":\"item $i\"}" >> "$POD_EVENTS"
  if [ $i = 6 ] && [ -z "$POD_RESUME$POD_FAILED_ITEMS" ]; then exec 3<GATE; read go <&3; fi
  echo "did $i"
  echo "{\"kind\":\"item.finished\",\"item\":\"item $i\",\"outcome\":\"passed\"}" >> "$POD_EVENTS"
done
"#;

/// A run that waits in its sixth item.
pub(super) struct Ten {
    pub(super) launched: Launched,
    /// Its writing end is open, so that the item waits.
    _gate: Gate,
}

/// Launches the ten items, and waits until the first five are done and the sixth is not.
#[track_caller]
pub(super) fn launch_ten(pods: &Pods, name: &str, options: &[&str]) -> Ten {
    let gate = pods.gate(name);
    let script = TEN_ITEMS.replace("GATE", gate.path());
    let run = [
        "run",
        "-d",
        "--json",
        "--planned",
        "10",
        "--pipe",
        "--name",
        name,
    ];
    let words = [&run[..], options, &["--", "sh", "-c", &script]].concat();
    let launched = serde_json::from_value(pods.json(&words)).expect("what a launch prints");
    pods.start(&["events", name, "-f"]).wait_for("\"item 6\"");
    let ten = Ten {
        launched,
        _gate: gate,
    };
    // Records and output come to the log on ways of their own.
    pods.wait_for_output(&ten.launched, 5 * "did 5\n".len() as u64);
    ten
}

/// Kills a host, and waits until its warden has ended everything else.
pub(super) fn kill_host(launched: &Launched) {
    kill(Pid::from_raw(launched.host_pid), Signal::SIGKILL).expect("the host is ours");
    assert!(wait_gone(launched.host_pid));
}

pub(super) fn log_of(pods: &Pods, launched: &Launched) -> PathBuf {
    let session = pods
        .state()
        .join("sessions")
        .join(launched.session.to_string());
    session.join(format!("{}.jsonl", launched.segment))
}

/// Appends a record to the log of a host that is gone.
pub(super) fn append(log: &PathBuf, kind_and_fields: &str) {
    let mut text = fs::read_to_string(log).expect("a log");
    let next = text.lines().count() + 1;
    let envelope = r#""at":"2026-11-21T10:00:00.000Z","t":1,"out":0"#;
    text.push_str(&format!(
        "{{\"seq\":{next},{envelope},{kind_and_fields}}}\n"
    ));
    fs::write(log, text).expect("a log can be written");
}

/// What a host says to a request that no verb would make.
pub(super) fn crafted(pods: &Pods, pod: &str, session: &str, recovery: bool) -> Done {
    let origin = serde_json::json!({
        "resume": {"pod": pod, "session": session, "recovery": recovery}
    });
    let request = serde_json::json!({
        "state_root": pods.state(), "runtime_root": pods.runtime(), "origin": origin, "tool": "x",
    });
    let script = "printf %s \"$0\" | \"$1\" __host";
    let binary = env!("CARGO_BIN_EXE_tui");
    Verb::start(pods.within("sh", ["-c", script, &request.to_string(), binary])).finish()
}

pub(super) fn kinds<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let found = records.iter().filter(|record| record["kind"] == kind);
    found.collect()
}

#[track_caller]
pub(super) fn assert_dense(records: &[Value]) {
    let numbers: Vec<u64> = records.iter().filter_map(|r| r["seq"].as_u64()).collect();
    let expected: Vec<u64> = (1..=records.len() as u64).collect();
    assert_eq!(numbers, expected);
    let offsets: Vec<u64> = records.iter().filter_map(|r| r["out"].as_u64()).collect();
    assert!(offsets.is_sorted(), "{offsets:?}");
}

/// That all ten items are done, each once, over two segments whose logs go on where the other ended.
#[track_caller]
pub(super) fn assert_ten_done(pods: &Pods, name: &str, outcome_before: &str) {
    let records = pods.events(name);
    assert_dense(&records);
    let items: Vec<&str> = kinds(&records, "item.finished")
        .iter()
        .map(|record| record["item"].as_str().expect("an item"))
        .collect();
    let all: Vec<String> = (1..=10).map(|i| format!("item {i}")).collect();
    assert_eq!(items, all, "each of them once");
    let resumed = kinds(&records, "segment.resumed");
    assert_eq!(resumed.len(), 1);
    assert_eq!(resumed[0]["outcome"], outcome_before);
    assert_eq!(resumed[0]["resumed"], 1);
    let started = kinds(&records, "segment.started");
    assert_eq!(started[1]["ordinal"], 2);
    assert_eq!(started[1]["previous"], started[0]["segment"]);
    assert_eq!(started[1]["resume_of"], started[0]["segment"]);
    assert_eq!(started[1]["first_seq"], started[1]["seq"]);
    let did: String = (1..=10).map(|i| format!("did {i}\n")).collect();
    assert_eq!(pods.text(&["logs", "--raw", name]), did);
    let out_base = started[1]["out_base"].as_u64();
    assert_eq!(out_base, Some("did 1\n".len() as u64 * 5));
    let row = pods.show(name);
    assert_eq!(row["status"], "passed");
    assert_eq!(
        (&row["items_done"], &row["items_planned"]),
        (&10.into(), &10.into())
    );
}
