//! A command that prints more than anybody can hold: without a newline, beside a viewer that reads
//! and one that never does.
//!
//! `POD_FLOOD_MIB=1024 cargo test --release -p tui --test end_to_end flood` is the long form.

use std::fs;

use pod_protocol::HostMessage;

use crate::support::{Pods, Viewer, noise};

const MIB: u64 = 1024 * 1024;
/// Where memory is looked at first: caches, buffers and stacks are warm by then.
const WARM_MIB: u64 = 64;
const FLOOD_MIB: u64 = 256;
/// How much the host may grow from there, in KiB.
const GROWTH_KIB_MAX: u64 = 8 * 1024;

/// The most memory that a process ever had, in KiB.
fn peak_kib(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let words = line.expect("it has memory").split_whitespace().next();
    words.expect("a number").parse().expect("a number")
}

#[test]
fn a_flood_without_a_newline_takes_no_memory_of_the_host() {
    let flood_mib = std::env::var("POD_FLOOD_MIB").ok();
    let flood_mib = flood_mib.map_or(FLOOD_MIB, |mib| mib.parse().expect("a number of MiB"));
    let pods = Pods::new();
    let piece: Vec<u8> = noise(usize::try_from(MIB).expect("small"))
        .into_iter()
        .map(|byte| if byte == b'\n' { b'.' } else { byte })
        .collect();
    let file = pods.root().join("piece");
    fs::write(&file, &piece).expect("room for the piece");
    let (mut begin, mut rest, mut gate) = (pods.gate("begin"), pods.gate("rest"), pods.gate("end"));
    let cats = |mib: u64| {
        let file = file.display();
        format!("i=0; while [ $i -lt {mib} ]; do cat {file}; i=$((i+1)); done")
    };
    let script = format!(
        "read go < {}; {}; read go < {}; {}; read go < {}",
        begin.path(),
        cats(WARM_MIB),
        rest.path(),
        cats(flood_mib - WARM_MIB),
        gate.path()
    );
    let pod = pods.launch_piped("flood", &script);
    let stuck = Viewer::following_output(&pod);
    let mut reading = Viewer::following_output(&pod);
    begin.open();
    let mut seen = 0;
    let mut read_to = |end: u64| {
        while seen < end {
            let framed = reading.next_framed().expect("the pod goes on");
            if let HostMessage::Chunk(header) = framed.message {
                assert_eq!(header.from, seen, "chunks join");
                for (at, byte) in (seen..).zip(&framed.payload).step_by(997) {
                    let expected = piece[usize::try_from(at % MIB).expect("small")];
                    assert_eq!(*byte, expected, "at {at}");
                }
                seen += framed.payload.len() as u64;
            }
        }
    };
    read_to(WARM_MIB * MIB);
    let warm = peak_kib(pod.host_pid);
    rest.open();
    read_to(flood_mib * MIB);
    let grown = peak_kib(pod.host_pid) - warm;
    assert!(grown <= GROWTH_KIB_MAX, "the host grew by {grown} KiB");
    drop(stuck);
    gate.open();
    assert_eq!(pods.run(&["wait", "flood"]).code, 0);
}
