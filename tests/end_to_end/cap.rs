//! The cap of the output: the beginning and the newest stay, and nobody is shown what is gone.

use std::{fs, ops::Range, os::unix::fs::MetadataExt, path::PathBuf};

use pod_protocol::{Framed, HostMessage};
use serde_json::json;

use crate::support::{Launched, Pods, Viewer, attach, noise};

const MIB: usize = 1024 * 1024;
/// How much the command writes at a time, again and again.
const PIECE_BYTES: usize = MIB + 13;

/// A command that writes the same noise many times: what stands at every offset is known.
struct Flood {
    piece: Vec<u8>,
    file: PathBuf,
    times: usize,
}

impl Flood {
    fn new(pods: &Pods, times: usize) -> Self {
        let piece = noise(PIECE_BYTES);
        let file = pods.root().join("piece");
        fs::write(&file, &piece).expect("room for the piece");
        Self { piece, file, times }
    }

    fn script(&self) -> String {
        let file = self.file.display();
        format!(
            "i=0; while [ $i -lt {} ]; do cat {file}; i=$((i+1)); done",
            self.times
        )
    }

    fn bytes(&self) -> usize {
        self.times * PIECE_BYTES
    }

    /// What was written there.
    fn written(&self, range: Range<usize>) -> Vec<u8> {
        let bytes = self.piece.iter().cycle().skip(range.start % PIECE_BYTES);
        bytes.take(range.len()).copied().collect()
    }

    #[track_caller]
    fn check(&self, from: u64, bytes: &[u8]) {
        let from = usize::try_from(from).expect("small");
        let written = self.written(from..from + bytes.len());
        assert!(written == bytes, "not what was written at {from}");
    }

    fn launch(&self, pods: &Pods, cap: &str, before: &str) -> Launched {
        self.launch_between(pods, cap, before, ":")
    }

    fn launch_between(&self, pods: &Pods, cap: &str, before: &str, after: &str) -> Launched {
        let script = format!("{before}; {}; {after}", self.script());
        pods.launch_with(&[
            "--pipe", "--cap", cap, "--name", "flood", "--", "sh", "-c", &script,
        ])
    }
}

/// The one stretch that the records say is gone.
fn gap(pods: &Pods) -> Range<usize> {
    let records = pods.events("flood");
    let gaps = records.iter().filter(|record| record["kind"] == "gap");
    let number = |value: &serde_json::Value| {
        usize::try_from(value.as_u64().expect("an offset")).expect("small")
    };
    let gaps = gaps.map(|gap| number(&gap["from"])..number(&gap["to"]));
    gaps.reduce(|one, next| {
        assert!(next.start <= one.end, "{one:?} and {next:?} are apart");
        one.start.min(next.start)..one.end.max(next.end)
    })
    .expect("a gap")
}

/// Reads up to the last byte of the flood, and checks all that come. Returns where chunks began late.
fn read_to_the_last(viewer: &mut Viewer, flood: &Flood) -> Vec<Range<u64>> {
    let (mut at, mut jumps) = (0, Vec::new());
    while at < flood.bytes() as u64 {
        let framed = viewer.next_framed();
        let Framed { message, payload } = framed.expect("the newest is kept");
        if let HostMessage::Chunk(header) = message {
            flood.check(header.from, &payload);
            assert!(header.from >= at, "nothing comes twice");
            if header.from > at {
                jumps.push(at..header.from);
            }
            at = header.from + payload.len() as u64;
        }
    }
    jumps
}

#[test]
fn a_small_cap_keeps_the_beginning_and_the_newest() {
    let pods = Pods::new();
    let flood = Flood::new(&pods, 24);
    let mut gate = pods.gate("gate");
    let wait = format!("read go < {}", gate.path());
    // It ends when both have read: a host does not wait long for who is behind.
    let pod = flood.launch_between(&pods, "1M", &wait, &wait);
    let mut stuck = Viewer::following_output(&pod);
    let mut reading = Viewer::following_output(&pod);
    let follower = pods.start(&["logs", "-f", "--raw", "flood"]);
    gate.open();
    read_to_the_last(&mut reading, &flood);
    assert!(!read_to_the_last(&mut stuck, &flood).is_empty());
    gate.open();
    for viewer in [&mut reading, &mut stuck] {
        let end = viewer.next();
        assert!(matches!(end, Some(HostMessage::Closed { .. })), "{end:?}");
    }
    assert_eq!(pods.run(&["wait", "flood"]).code, 0);

    let gap = gap(&pods);
    assert_eq!(
        gap.start,
        MIB / 2,
        "half of a small cap is for the beginning"
    );
    let kept = flood.bytes() - gap.len();
    assert!(
        (MIB / 2..=MIB + MIB / 8).contains(&kept),
        "{kept} bytes kept"
    );
    let out = pods
        .session_dir(pod.session)
        .join(format!("{}.out", pod.segment));
    let on_disk = fs::metadata(out).expect("the log").blocks() * 512;
    assert!(on_disk < 2 * MIB as u64, "{on_disk} bytes on disk");

    let show = pods.show("flood");
    assert_eq!(show["gone_bytes"], gap.len());
    let text = pods.text(&["show", "flood"]);
    assert!(text.contains("of output no longer kept"), "{text}");

    let logs = pods.run(&["logs", "--raw", "flood"]);
    let (head, rest) = logs.stdout.split_at(gap.start);
    flood.check(0, head);
    flood.check(gap.end as u64, rest);
    assert_eq!(logs.stdout.len(), kept);
    assert!(logs.stderr.contains("no longer kept …"), "{}", logs.stderr);
    let tail = pods.run(&["logs", "--raw", "--tail", "1", "flood"]);
    assert!(rest.ends_with(&tail.stdout), "the end is where it was");

    // What a follower got besides is what had not gone yet when it came.
    let followed = follower.finish();
    assert_eq!(followed.code, 0, "{}", followed.stderr);
    assert!(followed.stdout.starts_with(head) && followed.stdout.ends_with(&tail.stdout));
}

#[test]
fn a_viewer_in_the_middle_of_what_goes_away_is_never_sent_a_hole() {
    let pods = Pods::new();
    let flood = Flood::new(&pods, 300);
    let mut gate = pods.gate("gate");
    let pod = flood.launch(&pods, "128M", &format!("read go < {}", gate.path()));
    let mut stuck = Viewer::connect(&pod.socket);
    stuck.send(&attach(1));
    gate.open();
    // The run is over the whole time that this one is in the middle of a chunk behind the head.
    pods.wait_for_output(&pod, 80 * MIB as u64);
    stuck.send(&json!({
        "id": 2, "type": "follow", "segment": pod.segment, "log": "output", "from": 70 * MIB,
    }));
    assert_eq!(pods.run(&["wait", "flood"]).code, 0);
    let gap = gap(&pods);
    assert_eq!(gap.start, 64 * MIB);
    assert!(
        gap.end > 100 * MIB && gap.end.is_multiple_of(2 * MIB),
        "{gap:?}"
    );
    // It is sent what it was in the middle of, and is hung up on where that has gone, or goes on
    // behind the gap.
    let mut got = 0;
    while let Some(Framed { message, payload }) = stuck.next_framed() {
        if let HostMessage::Chunk(header) = message {
            flood.check(header.from, &payload);
            got += payload.len();
        }
    }
    assert!(got < flood.bytes(), "{got}");
}

#[test]
fn a_cap_counts_over_all_segments_of_a_session() {
    let pods = Pods::new();
    let flood = Flood::new(&pods, 1);
    let mut gate = pods.gate("gate");
    let wait = format!("read go < {}", gate.path());
    let file = flood.file.display();
    let script = format!("cat {file}; [ $POD_RESUME ] || {wait}; cat {file}");
    let pod = pods.launch_with(&[
        "--pipe", "--cap", "1M", "--name", "flood", "--", "sh", "-c", &script,
    ]);
    let first = pods.show("flood")["segment"].clone();
    pods.start(&["events", "-f", "flood", "--kind", "gap"])
        .wait_for("\"gap\"");
    pods.wait_for_output(&pod, PIECE_BYTES as u64);
    assert_eq!(pods.run(&["stop", "flood"]).code, 0);
    pods.text(&["resume", "-d", "flood"]);
    gate.open();
    assert_eq!(pods.run(&["wait", "flood"]).code, 0);
    assert_ne!(
        pods.show("flood")["segment"],
        first,
        "it goes on in a new segment"
    );

    let (gap, written) = (gap(&pods), 3 * PIECE_BYTES);
    assert!(
        gap.end > PIECE_BYTES,
        "the gap goes on into the second segment"
    );
    let logs = pods.run(&["logs", "--raw", "flood"]);
    assert_eq!(logs.stdout.len(), written - gap.len());
    let (head, rest) = logs.stdout.split_at(gap.start);
    flood.check(0, head);
    flood.check(gap.end as u64, rest);
    assert_eq!(
        logs.stderr.matches("no longer kept").count(),
        1,
        "{}",
        logs.stderr
    );
}

#[test]
fn no_cap_is_no_gap() {
    let pods = Pods::new();
    let flood = Flood::new(&pods, 3);
    let pod = flood.launch(&pods, "0", ":");
    assert_eq!(pods.run(&["wait", "flood"]).code, 0);
    let logs = pods.run(&["logs", "--raw", "flood"]);
    assert!(logs.stdout == flood.written(0..flood.bytes()));
    let session = fs::read_to_string(pods.session_dir(pod.session).join("session.json"));
    assert!(session.expect("the session").contains(r#""cap_bytes":0"#));
    pods.run(&["run", "--cap", "1K", "--", "true"])
        .failed_with(2, &["too small"]);
}

/// As long as a line that the kernel keeps whole may be, nearly.
const REPORT_BYTES: usize = 4_000;

#[test]
fn what_a_run_reports_is_capped_and_its_outcome_is_not() {
    let pods = Pods::new();
    let filling = "x".repeat(REPORT_BYTES);
    let report = pods.root().join("report");
    fs::write(
        &report,
        format!("{{\"kind\":\"note\",\"text\":\"{filling}\"}}\n"),
    )
    .expect("room");
    // An eighth of 64 KiB would be nothing: a megabyte may always be reported.
    let times = 2 * MIB / REPORT_BYTES;
    let script = format!(
        "i=0; while [ $i -lt {times} ]; do cat {} >> \"$POD_EVENTS\"; i=$((i+1)); done; exit 7",
        report.display()
    );
    let words = ["--pipe", "--cap", "64K", "--name", "flood", "--"];
    pods.launch_with(&[&words[..], &["sh", "-c", &script]].concat());
    assert_eq!(pods.run(&["wait", "flood"]).code, 7);

    let records = pods.events("flood");
    let count = |kind: &str| {
        records
            .iter()
            .filter(|record| record["kind"] == kind)
            .count()
    };
    let kept_bytes = count("note") * REPORT_BYTES;
    assert!(
        (MIB / 2..=MIB + MIB / 8).contains(&kept_bytes),
        "{kept_bytes} bytes kept"
    );
    assert_eq!(count("host.degraded"), 1, "it is said once");
    assert_eq!(records.last().expect("an end")["kind"], "run.closed");
    let show = pods.show("flood");
    assert_eq!(show["status"], "failed");
    let degraded = show["degraded"].as_str().expect("it stays said");
    assert!(degraded.contains("no further report"), "{degraded}");
}
