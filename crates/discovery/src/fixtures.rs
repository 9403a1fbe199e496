//! Halves of rows, and a state directory with runs in it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use pod_client::Endpoint;
use pod_protocol::{
    ChildExited, ChildStarted, Event, ExactString, Exit, Hello, Offset, Outcome, PROTOCOL_VERSION,
    PodName, RunClosed, SegmentId, SegmentStarted, Seq, SessionId, Status, Summary, Timestamp,
};
use pod_registry::{Allocation, Holder, Lease, Machine, socket_path};
use pod_store::{
    Active, ChildIo, Metadata, SegmentBase, SegmentFiles, SessionFile, Stamp, StoreWriter, Terms,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Contents, Live, Reach, Roots, Row, Stored, StoredRun, Unreachable};

pub(crate) fn pod(name: &str) -> PodName {
    PodName::new(name).expect(name)
}

/// The session whose id ends in `number`.
pub(crate) fn session(number: u128) -> SessionId {
    SessionId::new(Uuid::from_u128(
        0x019e_5bc6_c3f3_7000_8000_0000_0000_0000 + number,
    ))
}

/// The segment whose id ends in `number`.
pub(crate) fn segment(number: u128) -> SegmentId {
    SegmentId::new(Uuid::from_u128(
        0x019e_5bc6_c3f4_7000_8000_0000_0000_0000 + number,
    ))
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn row(live: Option<Live>, stored: Option<Stored>) -> Row {
    let name = pod("a");
    Row { name, live, stored }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::Socket(PathBuf::from("/run/pods/a.sock"))
}

pub(crate) fn live(reach: Reach) -> Option<Live> {
    Some(Live {
        reach,
        pid: Some(7),
        since: Some(at(1_000)),
        session: Some(session(1)),
        segment: None,
    })
}

pub(crate) fn hello(name: &str, status: Status) -> Hello {
    Hello {
        protocol: PROTOCOL_VERSION,
        tool: "0.1.0".to_owned(),
        pod: pod(name),
        session: session(1),
        segment: Some(segment(1)),
        pid: 7,
        status,
        next_seq: Seq(4),
        length: Offset(0),
        summary: Summary {
            updated_at: Some(at(5_000)),
            preview: "epoch 3".to_owned(),
            ..Summary::default()
        },
    }
}

/// A host that said hello.
pub(crate) fn answering(status: Status) -> Option<Live> {
    let hello = Box::new(hello("a", status));
    let endpoint = endpoint();
    live(Reach::Answering { endpoint, hello })
}

/// A host that said hello before its first record.
pub(crate) fn answering_pending() -> Option<Live> {
    let mut hello = Box::new(hello("a", Status::Pending));
    hello.segment = None;
    hello.summary = Summary::default();
    let endpoint = endpoint();
    live(Reach::Answering { endpoint, hello })
}

pub(crate) fn silent() -> Option<Live> {
    let endpoint = endpoint();
    live(Reach::Silent { endpoint })
}

pub(crate) fn unreachable(why: Unreachable) -> Option<Live> {
    live(Reach::Unreachable(why))
}

pub(crate) fn elsewhere() -> Option<Live> {
    let host_name = "node17".to_owned();
    live(Reach::Elsewhere { host_name })
}

pub(crate) fn contents(contents: Contents) -> Option<Stored> {
    let segment =
        (!matches!(contents, Contents::NoSession | Contents::PendingSegment)).then_some(segment(1));
    let session = (!matches!(contents, Contents::NoSession)).then_some(session(1));
    Some(Stored {
        created_at: Some(at(500)),
        pinned: false,
        session,
        segment,
        contents,
    })
}

pub(crate) fn run(status: Status) -> StoredRun {
    StoredRun {
        timed_out: false,
        left: 0,
        parent: None,
        status,
        latched: status != Status::Interrupted,
        exit: None,
        duration_ms: None,
        summary: Summary {
            updated_at: Some(at(3_000)),
            preview: "last line".to_owned(),
            ..Summary::default()
        },
        labels: Default::default(),
        errored_items: 0,
        cancelled_by: None,
        cwd_gone: None,
        damage: None,
    }
}

pub(crate) fn stored(run: StoredRun) -> Option<Stored> {
    contents(Contents::Run(Box::new(run)))
}

/// A state and a runtime directory of their own.
pub(crate) struct World {
    directory: TempDir,
    pub(crate) roots: Roots,
    pub(crate) writer: StoreWriter,
}

impl World {
    pub(crate) fn new() -> Self {
        // Nothing here is about disks: thousands of files on one that others keep busy take long.
        let directory = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new());
        let directory = directory.expect("a directory");
        let roots = Roots {
            state: directory.path().join("state"),
            runtime: directory.path().join("run"),
        };
        let writer = StoreWriter::open(&roots.state).expect("a new directory");
        Self {
            directory,
            roots,
            writer,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Every file and what is in it; sockets and directories are empty.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut open = vec![self.path().to_owned()];
        while let Some(path) = open.pop() {
            let kind = fs::symlink_metadata(&path).expect("ours").file_type();
            if kind.is_dir() {
                let entries = fs::read_dir(&path).expect("ours");
                open.extend(entries.map(|entry| entry.expect("ours").path()));
            }
            let text = kind.is_file().then(|| fs::read(&path).expect("ours"));
            files.insert(path, text.unwrap_or_default());
        }
        files
    }

    /// Remembers `name` with these active ids.
    pub(crate) fn remember(&self, name: &str, active: Option<(SessionId, Option<SegmentId>)>) {
        let mut metadata = Metadata::new(pod(name), at(500));
        metadata.active = active.map(|(session_id, segment_id)| Active {
            session_id,
            segment_id,
        });
        self.writer.write_metadata(&metadata).expect("writable");
    }

    /// Writes down the launch of `name` as session `number`.
    pub(crate) fn launch(&self, name: &str, number: u128) -> SessionId {
        let file = SessionFile {
            version: 1,
            session: session(number),
            pod: pod(name),
            command: vec![ExactString::from("true")],
            cwd: ExactString::from(self.path().as_os_str()),
            env: Vec::new(),
            umask: None,
            limits: Vec::new(),
            terms: Terms::of(ChildIo::Pipe),
            created_at: at(500),
            parent_pod: None,
            rerun_of: None,
            labels: Default::default(),
            unknown: Default::default(),
        };
        self.writer.create_session(&file).expect("new");
        file.session
    }

    /// Writes the log of a segment: `segment.started`, `child.started`, then `events` and `output`.
    pub(crate) fn segment(&self, log: &Log<'_>) -> SegmentFiles {
        let base = SegmentBase {
            first_seq: log.first_seq,
            out_base: log.out_base,
        };
        let mut files = self
            .writer
            .create_segment(log.session, log.segment, base)
            .expect("new");
        files.output.append(log.output).expect("writable");
        let started = Event::SegmentStarted(log.started());
        let child = Event::ChildStarted(ChildStarted { pid: 9 });
        for event in [started, child].iter().chain(&log.events) {
            let stamp = Stamp {
                at: log.at,
                t_ms: 1,
                out: files.output.length(),
            };
            let draft = event.draft().expect("not Other");
            files.records.append(draft, stamp).expect("writable");
        }
        files
    }

    /// A run of one segment that `name` stands for.
    pub(crate) fn run(&self, name: &str, number: u128, events: Vec<Event>, output: &[u8]) {
        let session = self.launch(name, number);
        let log = Log {
            events,
            output,
            ..Log::of(name, session, segment(number))
        };
        self.segment(&log);
        self.remember(name, Some((session, Some(log.segment))));
    }

    /// Takes the lease of `name` as this process, since `since`.
    pub(crate) fn lease(&self, name: &str, since: Timestamp) -> Lease {
        self.lease_on(name, &Machine::read(), since)
    }

    pub(crate) fn lease_on(&self, name: &str, machine: &Machine, since: Timestamp) -> Lease {
        let holder = Holder::new(machine, std::process::id(), &self.roots.runtime, since);
        let leases = self.writer.layout().leases_dir();
        let lease = Lease::acquire(&leases, &pod(name), &holder).expect("free");
        lease.prepare(&self.roots.runtime).expect("a new directory");
        lease
    }

    pub(crate) fn socket(&self, name: &str) -> PathBuf {
        socket_path(&self.roots.runtime, &pod(name)).expect("short")
    }

    pub(crate) fn allocate(&self, lease: &Lease) {
        let name = lease.pod().clone();
        let socket = self.socket(name.as_str());
        let pid = std::process::id();
        let machine = Machine::read();
        let allocation = Allocation::new(&machine, name, pid, socket, session(1), at(500));
        lease
            .allocate(&self.roots.runtime, &allocation)
            .expect("writable");
    }
}

/// What stands in the logs of a segment.
#[derive(Clone)]
pub(crate) struct Log<'a> {
    pub(crate) session: SessionId,
    pub(crate) segment: SegmentId,
    pub(crate) name: &'a str,
    pub(crate) ordinal: u32,
    pub(crate) previous: Option<SegmentId>,
    pub(crate) first_seq: Seq,
    pub(crate) out_base: Offset,
    /// The time of all records.
    pub(crate) at: Timestamp,
    pub(crate) events: Vec<Event>,
    pub(crate) output: &'a [u8],
}

impl<'a> Log<'a> {
    pub(crate) fn of(name: &'a str, session: SessionId, segment: SegmentId) -> Self {
        Self {
            session,
            segment,
            name,
            ordinal: 1,
            previous: None,
            first_seq: Seq::FIRST,
            out_base: Offset(0),
            at: at(3_000),
            events: Vec::new(),
            output: b"",
        }
    }

    fn started(&self) -> SegmentStarted {
        SegmentStarted {
            session: self.session,
            segment: self.segment,
            ordinal: self.ordinal,
            previous: self.previous,
            first_seq: self.first_seq,
            out_base: self.out_base,
            pod: pod(self.name),
            command: vec!["true".to_owned()],
            cwd: "/".to_owned(),
            env: Default::default(),
            git: None,
            host: "h".to_owned(),
            tool: "0.1.0".to_owned(),
            planned: None,
            resume_of: self.previous,
        }
    }
}

/// How a run ends that exits with `code`.
pub(crate) fn ended(code: i32, outcome: Outcome) -> Vec<Event> {
    vec![
        Event::ChildExited(ChildExited {
            requested: None,
            exit: Exit::Code(code),
            usage: None,
        }),
        Event::RunClosed(RunClosed { outcome }),
    ]
}
