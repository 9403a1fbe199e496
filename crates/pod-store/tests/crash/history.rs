//! A life of a store, through the functions that hosts call and in their order.

use std::path::PathBuf;

use pod_files::{
    disk, private_dir,
    trace::{Op, recorded},
};
use pod_protocol::{
    Draft, Event, GapNoted, Offset, PodName, SegmentId, SegmentStarted, SessionId, Timestamp,
};
use pod_store::{
    Active, Mark, Marker, Metadata, Removed, SegmentBase, SegmentFiles, SessionFile, Stamp, Store,
    StoreWriter, Stream,
};
use tempfile::TempDir;

use crate::{
    books::{Fact, Run},
    timeline::{Tree, look, scratch},
};

/// The state directory below the top: two directories deep, none of which is there at first.
pub(crate) const STATE: &str = "home/pods";

pub(crate) enum Step {
    Op(Op),
    Fact(Box<Fact>),
    Seen(Tree),
}

pub(crate) struct History {
    pub(crate) steps: Vec<Step>,
    pub(crate) top: PathBuf,
    writer: StoreWriter,
    _directory: TempDir,
}

fn day_one() -> Timestamp {
    Timestamp::from_millis(1_000)
}

/// Two names. One is launched, stopped, resumed, loses output to its cap, passes, is pinned,
/// launched anew, removed, brought back and removed for good; the other is launched where a killed
/// host had begun, to be recovered, is taken up again after its own host was killed, renamed, and
/// forgotten.
pub(crate) fn history() -> History {
    let mut it = History::begin();
    let train = PodName::new("train").expect("a name");
    let first = it.launch(&train, (session(1), segment(1)));
    it.stop(first);
    let again = it.resume(&train, session(1), segment(2));
    it.lose_output(again);
    it.pin(&train);
    let other = PodName::new("other").expect("a name");
    it.leave_a_directory(&other);
    it.mark(&other, session(2));
    let killed = it.launch(&other, (session(2), segment(3)));
    it.sync_marker(&other, session(2));
    it.kill(killed);
    let again = it.resume(&other, session(2), segment(4));
    it.close(again, "passed");
    drop(it.launch(&train, (session(3), segment(5))));
    let renamed = PodName::new("renamed").expect("a name");
    it.rename(&other, &renamed);
    it.unmark(&renamed);
    it.remove(&renamed, session(2));
    it.mark(&train, session(3));
    it.sync_marker(&train, session(3));
    let removed = it.discard(&train);
    it.bring_back(&removed);
    let removed = it.discard(&train);
    it.purge(&removed);
    it
}

fn session(n: u32) -> SessionId {
    let text = format!("019e5bc6-c3f3-7000-8000-00000000a{n:03x}");
    text.parse().expect("a UUID")
}

fn segment(n: u32) -> SegmentId {
    let text = format!("019e5bc6-c3f3-7000-8000-00000000b{n:03x}");
    text.parse().expect("a UUID")
}

/// A segment that is being written.
struct Open {
    run: Run,
    files: SegmentFiles,
}

impl Open {
    fn append(&mut self, lines: &[&str]) {
        let draft = |line: &&str| Draft::from_line(line.as_bytes()).expect("a draft");
        let batch = lines.iter().map(|line| (draft(line), self.stamp()));
        let batch = batch.collect();
        self.files.records.append_batch(batch).expect("appended");
    }

    fn event(&mut self, event: &Event) {
        let draft = event.draft().expect("not Other");
        let stamp = self.stamp();
        self.files.records.append(draft, stamp).expect("appended");
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            at: day_one(),
            t_ms: 7,
            out: self.files.output.length(),
        }
    }

    fn print(&mut self, text: &[u8]) {
        let mark = Mark {
            at: day_one(),
            offset: self.files.output.length(),
            stream: Stream::Stdout,
            seq: self.files.records.next_seq(),
            record_byte: self.files.records.committed_bytes(),
        };
        self.files.marks.mark(mark).expect("marked");
        self.files.output.append(text).expect("appended");
    }

    fn kept(&self) -> Fact {
        Fact::Kept(self.run, self.files.records.committed_bytes())
    }
}

impl History {
    fn begin() -> Self {
        let directory = scratch();
        let top = directory.path().to_owned();
        let (writer, ops) = recorded(|| StoreWriter::open(top.join(STATE)).expect("opened"));
        let mut it = Self {
            steps: ops.into_iter().map(Step::Op).collect(),
            top,
            writer,
            _directory: directory,
        };
        it.act(|_| ());
        it
    }

    fn act<T>(&mut self, act: impl FnOnce(&StoreWriter) -> T) -> T {
        let (given, ops) = recorded(|| act(&self.writer));
        self.steps.extend(ops.into_iter().map(Step::Op));
        self.steps.push(Step::Seen(look(&self.top)));
        given
    }

    fn note(&mut self, fact: Fact) {
        self.steps.push(Step::Fact(Box::new(fact)));
    }

    fn store(&self) -> &Store {
        self.writer.store()
    }

    fn launch(&mut self, pod: &PodName, run: Run) -> Open {
        // A launch opens the store; only the first one makes anything.
        self.act(|writer| drop(StoreWriter::open(writer.layout().root()).expect("opened")));
        let file = launched(pod, run.0);
        self.note(Fact::Launched(Box::new(file.clone())));
        self.act(|writer| writer.create_session(&file).expect("created"));
        let base = SegmentBase {
            first_seq: pod_protocol::Seq::FIRST,
            out_base: Offset(0),
        };
        let mut open = self.begin_segment(pod, run, base, None);
        self.act(|_| open.print(b"starting\n"));
        self.act(|_| open.append(&[r#"{"kind":"child.started","pid":7}"#]));
        self.activate(pod, &open);
        open
    }

    fn begin_segment(
        &mut self,
        pod: &PodName,
        run: Run,
        base: SegmentBase,
        previous: Option<(u32, SegmentId)>,
    ) -> Open {
        let created = self.act(|writer| writer.create_segment(run.0, run.1, base));
        let mut open = Open {
            run,
            files: created.expect("created"),
        };
        let started = SegmentStarted {
            session: run.0,
            segment: run.1,
            ordinal: previous.map_or(1, |(ordinal, _)| ordinal),
            previous: previous.map(|(_, segment)| segment),
            first_seq: base.first_seq,
            out_base: base.out_base,
            pod: pod.clone(),
            command: vec!["sleep".to_owned()],
            cwd: "/".to_owned(),
            env: std::collections::BTreeMap::new(),
            git: None,
            host: "here".to_owned(),
            tool: "0".to_owned(),
            planned: None,
            resume_of: previous.map(|(_, segment)| segment),
        };
        self.act(|_| open.event(&Event::SegmentStarted(started)));
        open
    }

    /// The name stands for the segment, and the launcher is told so.
    fn activate(&mut self, pod: &PodName, open: &Open) {
        let (session_id, segment_id) = open.run;
        let before = self.store().metadata(pod).expect("readable");
        let metadata = Metadata {
            active: Some(Active {
                session_id,
                segment_id: Some(segment_id),
            }),
            ..before.unwrap_or_else(|| Metadata::new(pod.clone(), day_one()))
        };
        self.note(Fact::Intends(pod.clone(), Some(metadata)));
        let records = &open.files.records;
        let activated = self.act(|writer| writer.activate(pod, open.run, records, day_one()));
        activated.expect("activated");
        self.note(Fact::Stands(pod.clone()));
        self.note(open.kept());
    }

    /// Appends, syncs, and only then acknowledges.
    fn acknowledge(&mut self, open: &mut Open, lines: &[&str]) {
        self.act(|_| open.append(lines));
        self.act(|_| open.files.records.sync().expect("synced"));
        self.note(open.kept());
    }

    /// From an operator's stop to a host that is gone.
    fn stop(&mut self, mut open: Open) {
        self.act(|_| {
            open.append(&[
                r#"{"kind":"item.started","item":"a"}"#,
                r#"{"kind":"item.finished","item":"a","outcome":"passed"}"#,
            ]);
        });
        self.act(|_| open.print(b"one item done\n"));
        self.acknowledge(
            &mut open,
            &[r#"{"kind":"stop.requested","by":"ada","grace_ms":1}"#],
        );
        self.act(|_| open.append(&[r#"{"kind":"child.exited","exit":{"signal":2}}"#]));
        self.close(open, "stopped");
    }

    fn close(&mut self, mut open: Open, outcome: &str) {
        let ended = r#"{"kind":"segment.ended","exit":{"code":0},"duration_ms":9,"left":0}"#;
        let closed = format!(r#"{{"kind":"run.closed","outcome":"{outcome}"}}"#);
        self.act(|_| open.append(&[ended]));
        self.acknowledge(&mut open, &[&closed]);
        self.checkpoint(&open);
    }

    fn checkpoint(&mut self, open: &Open) {
        let (session, segment) = open.run;
        let run = self.store().run(session, segment).expect("readable");
        let written =
            self.act(|it| it.write_checkpoint(session, segment, run.records_bytes, &run.state));
        written.expect("written");
    }

    fn resume(&mut self, pod: &PodName, session: SessionId, next: SegmentId) -> Open {
        let end = self.store().session_end(session).expect("readable");
        let previous = end.last.segment;
        let run = self.store().run(session, previous).expect("readable");
        self.act(|it| it.settle_segment(session, previous, &run))
            .expect("settled");
        // The segment that follows counts on every one of them.
        self.note(Fact::Kept((session, previous), run.records_bytes));
        let before = Some((end.ordinal, previous));
        let mut open = self.begin_segment(pod, (session, next), end.base, before);
        let resumed = r#"{"kind":"segment.resumed","outcome":"stopped","resumed":1}"#;
        self.act(|_| open.append(&[resumed]));
        self.activate(pod, &open);
        open
    }

    /// Output beyond its cap: the record of the gap first, then the hole.
    fn lose_output(&mut self, mut open: Open) {
        self.act(|_| open.print(&[b'x'; 300]));
        let base = open.files.output.base();
        let lost = base.plus(100)..base.plus(200);
        let gap = Event::Gap(GapNoted {
            from: lost.start,
            to: lost.end,
        });
        self.act(|_| open.event(&gap));
        self.act(|_| open.files.records.sync().expect("synced"));
        self.note(open.kept());
        self.act(|_| open.files.holes.punch(&lost).expect("punched"));
        self.act(|_| open.append(&[r#"{"kind":"progress","done":1,"total":2}"#]));
        self.checkpoint(&open);
        self.close(open, "passed");
    }

    fn pin(&mut self, pod: &PodName) {
        let before = self.store().metadata(pod).expect("readable");
        let metadata = Metadata {
            pinned: true,
            ..before.expect("launched before")
        };
        self.note(Fact::Intends(pod.clone(), Some(metadata.clone())));
        self.act(|writer| writer.write_metadata(&metadata).expect("written"));
        self.note(Fact::Stands(pod.clone()));
    }

    /// What a host leaves that is killed between making the directory and writing its first file.
    fn leave_a_directory(&mut self, pod: &PodName) {
        self.act(|writer| private_dir(&writer.layout().pod_dir(pod)).expect("made"));
    }

    fn mark(&mut self, pod: &PodName, session: SessionId) {
        self.act(|writer| writer.mark(pod, Marker::new(session)).expect("marked"));
    }

    fn sync_marker(&mut self, pod: &PodName, session: SessionId) {
        self.act(|writer| writer.sync_marker(pod).expect("synced"));
        self.note(Fact::Marked(pod.clone(), session));
    }

    fn unmark(&mut self, pod: &PodName) {
        self.note(Fact::Unmarked(pod.clone()));
        self.act(|writer| writer.unmark(pod).expect("unmarked"));
    }

    /// The host goes in the middle of a record, with others that nobody has synced.
    fn kill(&mut self, mut open: Open) {
        self.act(|_| open.append(&[r#"{"kind":"item.started","item":"b"}"#]));
        self.act(|_| {
            let records = &open.files.records;
            let torn = disk::write_all_at(records.file(), b"{\"seq\":", records.committed_bytes());
            torn.expect("written");
        });
    }

    fn remove(&mut self, pod: &PodName, session: SessionId) {
        self.note(Fact::Intends(pod.clone(), None));
        self.act(|writer| writer.remove_pod(pod).expect("removed"));
        self.note(Fact::Stands(pod.clone()));
        self.note(Fact::Forgets(session));
        self.act(|writer| writer.remove_session(session).expect("removed"));
    }

    fn rename(&mut self, from: &PodName, to: &PodName) {
        let metadata = self.store().metadata(from).expect("readable");
        for session in self.store().sessions_of(from).expect("readable") {
            let file = self.store().session_file(session).expect("readable");
            self.note(Fact::Launched(Box::new(SessionFile {
                pod: to.clone(),
                ..file
            })));
        }
        let metadata = metadata.map(|metadata| Metadata {
            pod_name: to.clone(),
            ..metadata
        });
        self.note(Fact::Intends(to.clone(), metadata));
        self.note(Fact::Intends(from.clone(), None));
        self.note(Fact::Either(from.clone(), to.clone()));
        let marker = self.store().marker(from).expect("readable");
        self.note(Fact::Unmarked(from.clone()));
        self.act(|writer| writer.rename_pod(from, to).expect("renamed"));
        self.note(Fact::Renamed(from.clone(), to.clone()));
        let session = marker.expect("marked before").session;
        self.note(Fact::Marked(to.clone(), session));
    }

    fn discard(&mut self, pod: &PodName) -> Removed {
        let before = self.store().metadata(pod).expect("readable");
        self.note(Fact::Discards(before.expect("launched before")));
        self.note(Fact::Intends(pod.clone(), None));
        self.note(Fact::Unmarked(pod.clone()));
        let removed = self.act(|writer| writer.discard(pod, day_one()).expect("removed"));
        self.note(Fact::Stands(pod.clone()));
        self.note(Fact::NotMarked(pod.clone()));
        self.note(Fact::Discarded(pod.clone()));
        removed
    }

    fn bring_back(&mut self, removed: &Removed) {
        let pod = &removed.pod;
        let path = removed.path.join("pod/metadata.json");
        let metadata = std::fs::read(path).expect("readable");
        let metadata = serde_json::from_slice(&metadata).expect("metadata");
        self.note(Fact::Intends(pod.clone(), Some(metadata)));
        self.act(|writer| writer.bring_back(removed).expect("brought back"));
        self.note(Fact::Stands(pod.clone()));
        self.note(Fact::Purged(pod.clone()));
    }

    fn purge(&mut self, removed: &Removed) {
        let sessions = vec![session(1), session(3)];
        self.note(Fact::Purges(removed.pod.clone(), sessions));
        self.act(|writer| writer.purge(removed).expect("purged"));
        self.note(Fact::Purged(removed.pod.clone()));
    }
}

fn launched(pod: &PodName, session: SessionId) -> SessionFile {
    let file = format!(
        r#"{{"version":1,"session":"{session}","pod":"{pod}","command":["sleep","1"],"cwd":"/",
        "env":[],"io":"pipe","created_at":"2026-01-01T00:00:00.000Z","labels":{{}}}}"#
    );
    serde_json::from_str(&file).expect("a session file")
}
