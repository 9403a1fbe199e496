//! A command that prints more than anybody can hold, beside viewers that read, show it, or never
//! read.
//!
//! `POD_FLOOD_MIB=1024 cargo test --release -p tui --test end_to_end flood` is the long form.

use std::{
    io::Read,
    process::{ChildStdout, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use pod_protocol::HostMessage;

use crate::support::{Feed, Launched, Noise, Pods, Viewer, peak_kib};

const MIB: u64 = 1024 * 1024;
/// Where memory is looked at first: caches, buffers and stacks are warm by then.
const WARM_MIB: u64 = 64;
const FLOOD_MIB: u64 = 256;
/// The same for viewers that turn every byte into a cell, which builds for tests do slowly.
const SHOWN_MIB: u64 = 128;
/// How much a monitor gets at a time before it has to show the end of it.
const STEP_MIB: u64 = 16;
/// How much anybody may grow from there, in KiB.
const GROWTH_KIB_MAX: u64 = 8 * 1024;
/// The longest line that is shown as one, and some: what a reader of lines may hold back.
const HELD_BACK_BYTES: u64 = 8 * 1024;
const READ_BYTES: usize = 256 * 1024;

/// `POD_FLOOD_MIB`, or else so many.
fn flood_mib(mib: u64) -> u64 {
    let asked = std::env::var("POD_FLOOD_MIB").ok();
    asked.map_or(mib, |mib| mib.parse().expect("a number of MiB"))
}

/// A command that prints what it is fed.
fn fed(pods: &Pods) -> (Launched, Feed) {
    let feed = pods.feed("feed");
    let pod = pods.launch_piped("flood", &format!("exec cat {}", feed.path()));
    (pod, feed)
}

/// Reads and checks output up to `end`.
fn check_to(viewer: &mut Viewer, noise: &mut Noise, seen: &mut u64, end: u64) {
    while *seen < end {
        let framed = viewer.next_framed().expect("the pod goes on");
        if let HostMessage::Chunk(header) = framed.message {
            assert_eq!(header.from, *seen, "chunks join");
            noise.check(&framed.payload);
            *seen += framed.payload.len() as u64;
        }
    }
}

#[track_caller]
fn has_not_grown(who: &str, pid: i32, warm_kib: u64) {
    let peak = peak_kib(pid);
    // The kernel adds up what each processor counts, and may be a few pages off either way.
    let grown = peak.saturating_sub(warm_kib);
    assert!(
        grown <= GROWTH_KIB_MAX,
        "{who} grew by {grown} KiB to {peak}"
    );
}

#[test]
fn a_flood_of_noise_is_exact_and_takes_no_memory_of_the_host() {
    let flood_mib = flood_mib(FLOOD_MIB);
    let pods = Pods::new();
    let (pod, mut feed) = fed(&pods);
    let stuck = Viewer::following_output(&pod);
    let mut reading = Viewer::following_output(&pod);
    let (mut written, mut expected) = (Noise::of_bytes(), Noise::of_bytes());
    let (mut seen, mut warm_kib) = (0, 0);
    for mib in 1..=flood_mib {
        feed.pour(&mut written, MIB);
        check_to(&mut reading, &mut expected, &mut seen, mib * MIB);
        if mib == WARM_MIB {
            warm_kib = peak_kib(pod.host_pid);
        }
    }
    has_not_grown("the host", pod.host_pid, warm_kib);
    drop((stuck, feed));
    assert_eq!(pods.run(&["wait", "flood"]).code, 0);

    // And so it is kept.
    let mut logs = pods.command(["logs", "--raw", "flood"]);
    let mut logs = logs.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut kept = logs.stdout.take().expect("it is piped");
    let (mut noise, mut buffer, mut bytes) = (Noise::of_bytes(), vec![0; READ_BYTES], 0);
    while let count @ 1.. = kept.read(&mut buffer).expect("a pipe is readable") {
        noise.check(&buffer[..count]);
        bytes += count as u64;
    }
    assert_eq!(bytes, flood_mib * MIB);
    assert!(logs.wait().expect("it is ours").success());
}

/// What comes out of `tui logs`, in lines that are none of the command's.
struct Lines {
    stdout: ChildStdout,
    noise: Noise,
    buffer: Vec<u8>,
    seen: u64,
}

impl Lines {
    fn check_to(&mut self, end: u64) {
        while self.seen < end {
            let count = self.stdout.read(&mut self.buffer).expect("readable");
            assert!(count > 0, "it ended at {}", self.seen);
            for line in self.buffer[..count].split(|byte| *byte == b'\n') {
                self.noise.check(line);
                self.seen += line.len() as u64;
            }
        }
    }
}

#[test]
fn one_endless_line_takes_no_memory_of_who_follows_it_as_text() {
    let flood_mib = flood_mib(SHOWN_MIB);
    let pods = Pods::new();
    let (pod, mut feed) = fed(&pods);
    let mut logs = pods.command(["logs", "-f", "flood"]);
    let mut logs = logs.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = Lines {
        stdout: logs.stdout.take().expect("it is piped"),
        noise: Noise::of_letters(),
        buffer: vec![0; READ_BYTES],
        seen: 0,
    };
    let pid = i32::try_from(logs.id()).expect("a pid");
    let (mut written, mut warm) = (Noise::of_letters(), (0, 0));
    for mib in 1..=flood_mib {
        feed.pour(&mut written, MIB);
        lines.check_to(mib * MIB - HELD_BACK_BYTES);
        if mib == WARM_MIB {
            warm = (peak_kib(pid), peak_kib(pod.host_pid));
        }
    }
    has_not_grown("the follower", pid, warm.0);
    has_not_grown("the host", pod.host_pid, warm.1);
    drop(feed);
    lines.check_to(flood_mib * MIB);
    assert!(logs.wait().expect("it is ours").success());
    assert_eq!(pods.run(&["wait", "flood"]).code, 0);
}

#[test]
fn one_endless_line_takes_no_memory_of_a_monitor_and_its_keys_work() {
    let flood_mib = flood_mib(SHOWN_MIB);
    let pods = Pods::new();
    let (pod, mut feed) = fed(&pods);
    let mut monitor = pods.terminal(&["attach", "flood"]);
    monitor.wait_for_text("RUNNING");
    monitor.send("3");
    let (mut noise, mut warm) = (Noise::of_letters(), (0, 0));
    for step in 1..=flood_mib / STEP_MIB {
        feed.pour(&mut noise, STEP_MIB * MIB);
        // Long enough to fill a row, wherever it begins.
        let digit = (step % 10).to_string();
        feed.say(digit.repeat(200).as_bytes());
        monitor.wait_for_text(&digit.repeat(70));
        if step * STEP_MIB == WARM_MIB {
            warm = (peak_kib(monitor.pid()), peak_kib(pod.host_pid));
        }
    }
    has_not_grown("the monitor", monitor.pid(), warm.0);
    has_not_grown("the host", pod.host_pid, warm.1);

    // The line goes on for as long as the key is not heard.
    let left = AtomicBool::new(false);
    thread::scope(|scope| {
        let pouring = scope.spawn(|| {
            while !left.load(Ordering::Relaxed) {
                feed.pour(&mut noise, MIB);
            }
        });
        let leave = LeaveAtLast(&left);
        monitor.send("1");
        monitor.wait_for_text("child.started");
        monitor.send("q");
        assert_eq!(monitor.wait_for_exit(), 0);
        drop(leave);
        pouring.join().expect("the command takes everything");
    });
    drop(feed);
    assert_eq!(pods.run(&["wait", "flood"]).code, 0);
}

/// Ends the flood of a test that fails, too.
struct LeaveAtLast<'a>(&'a AtomicBool);

impl Drop for LeaveAtLast<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
