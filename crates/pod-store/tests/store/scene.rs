//! A store in a directory of its own, and records to put into it.

use std::{fs, path::PathBuf};

use pod_protocol::{
    Draft, Event, Offset, PodName, Record, RunState, SegmentId, SegmentStarted, Seq, SessionId,
    Timestamp,
};
use pod_store::{ChildIo, SegmentBase, SegmentFiles, SessionFile, Stamp, StoreWriter, Terms};
use tempfile::TempDir;

pub(crate) struct Scene {
    _directory: TempDir,
    pub(crate) writer: StoreWriter,
}

pub(crate) fn session() -> SessionId {
    "019e5bc6-c3f3-7000-8000-00000000beef"
        .parse()
        .expect("a UUID")
}

pub(crate) fn segment(n: u32) -> SegmentId {
    format!("019e5bc6-c3f3-7000-8000-{n:012x}")
        .parse()
        .expect("a UUID")
}

pub(crate) fn pod() -> PodName {
    PodName::new("train").expect("a name")
}

pub(crate) fn session_file() -> SessionFile {
    SessionFile {
        version: 1,
        session: session(),
        pod: pod(),
        command: vec!["sleep".into(), "1".into()],
        cwd: "/".into(),
        env: Vec::new(),
        umask: None,
        limits: Vec::new(),
        terms: Terms::of(ChildIo::Pipe),
        created_at: Timestamp::from_millis(0),
        parent_pod: None,
        rerun_of: None,
        labels: std::collections::BTreeMap::new(),
        unknown: pod_protocol::Fields::new(),
    }
}

pub(crate) fn started(n: u32, ordinal: u32, base: SegmentBase) -> Draft {
    let started = SegmentStarted {
        session: session(),
        segment: segment(n),
        ordinal,
        previous: (ordinal > 1).then(|| segment(n)),
        first_seq: base.first_seq,
        out_base: base.out_base,
        pod: pod(),
        command: vec!["sleep".to_owned()],
        cwd: "/".to_owned(),
        env: std::collections::BTreeMap::new(),
        git: None,
        host: "here".to_owned(),
        tool: "0".to_owned(),
        planned: None,
        resume_of: None,
    };
    Event::SegmentStarted(started).draft().expect("not Other")
}

pub(crate) fn draft(line: &str) -> Draft {
    Draft::from_line(line.as_bytes()).expect(line)
}

pub(crate) fn stamp(n: u64) -> Stamp {
    Stamp {
        at: Timestamp::from_millis(1_000 + i64::try_from(n).expect("small")),
        t_ms: n,
        out: Offset(n),
    }
}

pub(crate) const FIRST: SegmentBase = SegmentBase {
    first_seq: Seq::FIRST,
    out_base: Offset(0),
};

impl Scene {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let writer = StoreWriter::open(directory.path().join("state")).expect("opened");
        writer.create_session(&session_file()).expect("created");
        Self {
            _directory: directory,
            writer,
        }
    }

    /// A segment whose first record is on disk.
    pub(crate) fn begin(&self, n: u32, ordinal: u32, base: SegmentBase) -> SegmentFiles {
        let created = self.writer.create_segment(session(), segment(n), base);
        let mut files = created.expect("created");
        let first = started(n, ordinal, base);
        files.records.append(first, stamp(0)).expect("appended");
        files
    }

    /// A first segment with these records behind its first one, and the states after each record.
    pub(crate) fn segment_with(&self, lines: &[&str]) -> Vec<RunState> {
        let mut files = self.begin(1, 1, FIRST);
        for (n, line) in (1..).zip(lines) {
            files
                .records
                .append(draft(line), stamp(n))
                .expect("appended");
        }
        let mut state = RunState::default();
        let fold = |line: &[u8]| {
            state.apply(&Record::from_line(line).expect("just written"));
            state.clone()
        };
        self.log()
            .split_inclusive(|byte| *byte == b'\n')
            .map(fold)
            .collect()
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.writer.layout().records(session(), segment(1))
    }

    pub(crate) fn log(&self) -> Vec<u8> {
        fs::read(self.log_path()).expect("readable")
    }

    pub(crate) fn set_log(&self, content: &[u8]) {
        fs::write(self.log_path(), content).expect("written");
    }
}
