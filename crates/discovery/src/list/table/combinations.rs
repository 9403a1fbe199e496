//! The world of the table: a pod for every combination of halves.

use std::{
    io::{Read, Write},
    os::unix::net::UnixListener,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use pod_protocol::{
    Event, HostMessage, ItemFinished, ItemOutcome, Requested, SegmentId, Status, encode,
};
use pod_registry::{Allocation, Lease};
use tokio::task::JoinHandle;

use super::*;
use crate::fixtures::{Log, World, at, hello, pod, segment, session};

pub(super) const STORED: [&str; 7] = [
    "none",
    "good",
    "pending",
    "corrupt",
    "log-less",
    "cancelled",
    "garbled",
];
pub(super) const LIVE: [&str; 8] = [
    "none",
    "reachable",
    "silent",
    "refusing",
    "starting",
    "stale",
    "corrupt",
    "elsewhere",
];

/// When the list is looked at, in milliseconds.
const NOW: i64 = 1_000_000;
/// Since when a host that is no longer young holds its lease.
const OLD: i64 = NOW - 5_000;
/// The same of one that is young.
const YOUNG: i64 = NOW - 4_999;
/// Session and segment of the launch at hand; the stored runs have lower numbers.
const NEW: u128 = 0x9999;

pub(super) struct Combinations {
    pub(super) world: World,
    here: Machine,
    leases: Vec<Lease>,
    silent: Vec<UnixListener>,
    speakers: usize,
    heard: (Sender<()>, Option<Receiver<()>>),
}

pub(super) fn pod_of(stored: &str, live: &str) -> PodName {
    pod(&format!("{stored}-{live}"))
}

fn machine(host_name: &str) -> Machine {
    Machine {
        machine_id: "shared image".to_owned(),
        boot_id: format!("boot of {host_name}"),
        host_name: host_name.to_owned(),
    }
}

impl Combinations {
    pub(super) fn build() -> Self {
        let (sender, receiver) = channel();
        let mut combinations = Self {
            world: World::new(),
            here: machine("here"),
            leases: Vec::new(),
            silent: Vec::new(),
            speakers: 0,
            heard: (sender, Some(receiver)),
        };
        let mut number = 0;
        for live in LIVE {
            for stored in STORED {
                number += 1;
                let name = pod_of(stored, live);
                combinations.store(name.as_str(), stored, number);
                combinations.enliven(name.as_str(), live);
            }
        }
        combinations
    }

    pub(super) fn vantage(&self) -> Vantage {
        Vantage {
            machine: self.here.clone(),
            now: at(NOW),
        }
    }

    fn store(&self, name: &str, stored: &str, number: u128) {
        let world = &self.world;
        let (old, active) = (
            session(number),
            Some((session(number), Some(segment(number)))),
        );
        match stored {
            "none" => {}
            "good" => self.run(name, number, Event::StopRequested(by("ada")), 3_000),
            "cancelled" => self.run(name, number, Event::CancelRequested(by("ada")), 9_000),
            "pending" => world.remember(name, Some((session(NEW), None))),
            "log-less" => world.remember(name, active),
            "corrupt" => {
                self.run(name, number, Event::StopRequested(by("ada")), 3_000);
                let log = world.writer.layout().records(old, segment(number));
                let text = fs::read_to_string(&log).expect("ours");
                fs::write(&log, text.replacen("segment.started", "segment.mangled", 1))
                    .expect("ours");
            }
            "garbled" => {
                self.run(name, number, Event::StopRequested(by("ada")), 3_000);
                let metadata = world.writer.layout().metadata(&pod(name));
                fs::write(metadata, "{\"version\":1,\n\"pod_name\":").expect("ours");
            }
            other => panic!("no stored half {other}"),
        }
    }

    /// A run of two items that was interfered with after the first.
    fn run(&self, name: &str, number: u128, request: Event, millis: i64) {
        let session = self.world.launch(name, number);
        let first = Event::ItemFinished(ItemFinished {
            item: "first".to_owned(),
            outcome: ItemOutcome::Passed,
            duration_ms: None,
            detail: None,
        });
        let log = Log {
            at: at(millis),
            events: vec![first, request],
            output: b"last line\n",
            ..Log::of(name, session, segment(number))
        };
        self.world.segment(&log);
        self.world
            .remember(name, Some((session, Some(log.segment))));
    }

    fn enliven(&mut self, name: &str, live: &str) {
        match live {
            "none" => {}
            "reachable" => {
                self.hold(name, OLD, Some(segment(NEW)));
                self.speak(name);
            }
            "silent" => {
                self.hold(name, OLD, Some(segment(NEW)));
                self.silent.push(self.listen(name));
            }
            "refusing" => {
                self.hold(name, OLD, Some(segment(NEW)));
                drop(self.listen(name));
            }
            "starting" => {
                self.hold(name, YOUNG, None);
                drop(self.listen(name));
            }
            "stale" => {
                self.hold(name, OLD, Some(segment(NEW)));
                drop(self.leases.pop());
            }
            "corrupt" => {
                self.hold(name, OLD, Some(segment(NEW)));
                let file = format!("allocations/{name}.json");
                fs::write(self.world.roots.runtime.join(file), "{").expect("ours");
            }
            "elsewhere" => {
                let lease = self.world.lease_on(name, &machine("node17"), at(OLD));
                self.leases.push(lease);
                // It would be found out if anybody asked.
                self.silent.push(self.listen(name));
            }
            other => panic!("no live half {other}"),
        }
    }

    fn hold(&mut self, name: &str, since: i64, segment: Option<SegmentId>) {
        let lease = self.world.lease_on(name, &self.here, at(since));
        let socket = self.world.socket(name);
        let (pid, name) = (std::process::id(), lease.pod().clone());
        let mut allocation =
            Allocation::new(&self.here, name, pid, socket, session(NEW), at(since));
        allocation.segment = segment;
        let runtime = &self.world.roots.runtime;
        lease.allocate(runtime, &allocation).expect("writable");
        self.leases.push(lease);
    }

    fn listen(&self, name: &str) -> UnixListener {
        UnixListener::bind(self.world.socket(name)).expect("a free path")
    }

    /// Says hello to one client and notes when that client has had enough.
    fn speak(&mut self, name: &str) {
        let listener = self.listen(name);
        let mut hello = hello(name, Status::Running);
        (hello.session, hello.segment) = (session(NEW), Some(segment(NEW)));
        let line = encode(&HostMessage::Hello(Box::new(hello)));
        let heard = self.heard.0.clone();
        self.speakers += 1;
        thread::spawn(move || {
            let (mut client, _) = listener.accept().expect("a client");
            client.write_all(&line).expect("a client that listens");
            let mut rest = Vec::new();
            client.read_to_end(&mut rest).expect("a client that goes");
            assert_eq!(rest, b"", "a probe says nothing");
            // A test that has failed meanwhile does not wait for this.
            let _ = heard.send(());
        });
    }

    /// Paused time stands still as long as a blocking task waits, and goes on by itself once it is
    /// done and nothing but time is waited for.
    pub(super) fn wait_until_all_speakers_are_heard(&mut self) -> JoinHandle<()> {
        let heard = self.heard.1.take().expect("waited for once");
        let speakers = self.speakers;
        tokio::task::spawn_blocking(move || {
            for _ in 0..speakers {
                heard.recv_timeout(PATIENCE).expect("a probe of each host");
            }
        })
    }

    /// The cells of a row that are about it alone.
    pub(super) fn described(&self, row: &Row) -> String {
        let no_or = |answer: Result<(), String>| answer.map_or_else(|why| why, |()| "yes".into());
        let attach = no_or(row.attachable().map(drop).map_err(|why| why.to_string()));
        let restore = no_or(row.restorable().map_err(|why| why.to_string()));
        let (session, segment) = (row.session(), row.segment());
        let ids = format!("{}/{}", age_of(session), age_of(segment));
        let cells = format!(
            "{} | {} | {attach} | {restore} | {ids}",
            row.status().word(),
            row.preview(),
        );
        let since = at(OLD).to_string();
        let old = row
            .stored
            .as_ref()
            .and_then(|stored| Some((stored.session?, stored.segment?)));
        let cells = match old {
            Some((session, segment)) => {
                cells.replace(&format!("sessions/{session}/{segment}.jsonl"), "LOG")
            }
            None => cells,
        };
        cells
            .replace(&format!("pods/{}/", row.name), "")
            .replace(&format!("pid {}", std::process::id()), "PID")
            .replace(&since, "OLD")
            .replace(&at(YOUNG).to_string(), "YOUNG")
    }

    /// An unreadable allocation is told beside the list, whatever the row says; so is a file of the
    /// store that is not what it should be.
    pub(super) fn check_warnings(&self, warnings: &[Warning]) {
        let unreadable: Vec<&str> = warnings.iter().map(|w| w.message.as_str()).collect();
        for stored in STORED {
            let file = format!("allocations/{}.json", pod_of(stored, "corrupt"));
            let told = unreadable.iter().filter(|line| line.contains(&file));
            assert_eq!(told.count(), 1, "{file} in {unreadable:#?}");
        }
        assert_eq!(unreadable.len(), STORED.len(), "{unreadable:#?}");
    }
}

fn by(operator: &str) -> Requested {
    Requested {
        by: Some(operator.to_owned()),
        grace_ms: None,
    }
}

/// Which launch an id belongs to.
fn age_of<T: PartialEq + std::fmt::Display>(id: Option<T>) -> &'static str {
    match id.map(|id| id.to_string()) {
        None => "-",
        Some(id) if id.ends_with("9999") => "new",
        Some(_) => "old",
    }
}
