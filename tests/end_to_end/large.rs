//! A run with very many records and a very long log opens like a small one: what a viewer reads and
//! how much memory it takes are the same. Sizes can be raised for a look at the real ones:
//! `POD_LARGE_RECORDS=2000000 cargo test -p tui --test end_to_end large`.

use std::{
    env, fs,
    io::{Seek, SeekFrom, Write},
};

use crate::support::{Launched, Pods, Pty, peak_kib};

const RECORDS: u64 = 100_000;
/// The log is a hole but for its ends, so it costs no room.
const OUTPUT_BYTES: u64 = 10 * 1024 * 1024 * 1024;
/// A viewer that read even a hundredth of either log would read more than this.
const MORE_READ_BYTES: u64 = 8 * 1024 * 1024;
/// What opening may take more: a hundredth of either log would be more than this.
const MORE_PEAK_KIB: u64 = 8 * 1024;
/// What going to both ends may take: each of two windows has its 8 MiB of lines, and what was read to
/// fill them has been there too. The logs are hundreds of times as long.
const WINDOWS_PEAK_KIB: u64 = 64 * 1024;
/// How often the large one is opened before it counts as larger.
const OPENED_MAX: usize = 10;

fn records_wanted() -> u64 {
    let wanted = env::var("POD_LARGE_RECORDS").ok();
    wanted.and_then(|n| n.parse().ok()).unwrap_or(RECORDS)
}

/// A run that has written `count` records and waits at its gate.
fn launch(pods: &Pods, name: &str, gate: &str, count: u64) -> Launched {
    let records = pods.root().join(format!("{name}.jsonl"));
    let line = |n| format!("{{\"kind\":\"log\",\"message\":\"record {n} of {name}\"}}\n");
    fs::write(&records, (1..=count).map(line).collect::<String>()).expect("room for records");
    let script = format!(
        "echo first line of {name}; cat {} > \"$POD_EVENTS\"; \
         echo '{{\"kind\":\"step\",\"label\":\"all written\"}}' > \"$POD_EVENTS\"; \
         read go < {gate}; echo last line of {name}",
        records.display()
    );
    pods.launch_piped(name, &script)
}

/// How many bytes a process has read so far.
fn read_bytes(pid: i32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).expect("its counters");
    let rchar = io.lines().find_map(|line| line.strip_prefix("rchar: "));
    rchar.and_then(|n| n.parse().ok()).expect("a number")
}

/// What it took to open a run.
#[derive(Clone, Copy)]
struct Cost {
    read_bytes: u64,
    peak_kib: u64,
}

/// Opens the run, and returns the viewer with what it has read and taken once `text` is on its screen.
fn open(pods: &Pods, name: &str, text: &str) -> (Pty, Cost) {
    let viewer = pods.terminal(&["attach", name]);
    viewer.wait_for_text("1 Events");
    viewer.send("3");
    viewer.wait_for_text(text);
    let cost = Cost {
        read_bytes: read_bytes(viewer.pid()),
        peak_kib: peak_kib(viewer.pid()),
    };
    (viewer, cost)
}

/// Opens both runs and compares. A viewer goes on reading what it needs next, so one that is looked at
/// late has read more, and several are looked at.
#[track_caller]
fn open_alike(pods: &Pods, small: &str, large: &str) -> (Pty, Cost) {
    let (_viewer, expected) = open(pods, "small", small);
    let mut opened = (0..OPENED_MAX).map(|_| open(pods, "large", large));
    let mut seen = Vec::new();
    let found = opened.find(|(_, cost)| {
        seen.push((cost.read_bytes, cost.peak_kib));
        cost.read_bytes <= expected.read_bytes + MORE_READ_BYTES
            && cost.peak_kib <= expected.peak_kib + MORE_PEAK_KIB
    });
    let expected = (expected.read_bytes, expected.peak_kib);
    found.unwrap_or_else(|| panic!("bytes and KiB: {seen:?} against {expected:?}"))
}

/// Makes the output of a finished run 10 GiB long, with a last line of its own.
fn stretch(pods: &Pods, pod: &Launched, line: &str) {
    let path = pods
        .session_dir(pod.session)
        .join(format!("{}.out", pod.segment));
    let mut log = fs::OpenOptions::new()
        .write(true)
        .open(path)
        .expect("the output log");
    log.seek(SeekFrom::Start(OUTPUT_BYTES))
        .expect("a place far away");
    log.write_all(format!("\n{line}\n").as_bytes())
        .expect("a sparse file");
}

#[test]
fn a_run_of_any_size_opens_like_a_small_one_and_its_ends_are_a_key_away() {
    let pods = Pods::new();
    let count = records_wanted();
    let mut gates = [pods.gate("small-gate"), pods.gate("large-gate")];
    let [small, large] = [("small", 20), ("large", count)].map(|(name, count)| {
        let gate = gates[usize::from(name == "large")].path();
        launch(&pods, name, gate, count)
    });
    for name in ["small", "large"] {
        let seen = pods.terminal(&["attach", name]);
        seen.wait_for_text("all written");
    }

    open_alike(&pods, "first line of small", "first line of large");

    for gate in &mut gates {
        gate.open();
    }
    for (name, pod) in [("small", &small), ("large", &large)] {
        assert_eq!(pods.run(&["wait", name]).code, 0);
        assert!(pods.session_dir(pod.session).exists());
    }
    stretch(&pods, &large, "the very last line");
    let (viewer, cost) = open_alike(&pods, "last line of small", "the very last line");

    viewer.send("g");
    viewer.wait_for_text("first line of large");
    viewer.send("G");
    viewer.wait_for_text("the very last line");
    viewer.send("1");
    viewer.wait_for_text("run.closed");
    viewer.send("g");
    viewer.wait_for_text("record 1 of large");
    viewer.send("G");
    viewer.wait_for_text(&format!("record {count} of large"));
    let most = cost.peak_kib + WINDOWS_PEAK_KIB;
    let peak = peak_kib(viewer.pid());
    assert!(peak <= most, "to both ends and back: {peak} KiB");
}
