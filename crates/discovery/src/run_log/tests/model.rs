//! A session written step by step, and beside it what a reader must find.

use std::{fs::OpenOptions, os::unix::fs::FileExt};

use pod_protocol::{Draft, Event, GapNoted, Offset, SegmentId, Seq, SessionId};
use pod_store::{Mark, SegmentFiles, Stamp};

use crate::{
    RunLog, Stream,
    fixtures::{Log, World, at, segment},
};

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Output of a stream.
    Write(Stream, Vec<u8>),
    /// Output that is not kept.
    Skip(u64),
    /// A record with so much text.
    Note(usize),
    /// A signal that an operator sent.
    Signal(&'static str),
    /// Nothing for so many milliseconds.
    Wait(i64),
    /// The newest record becomes unreadable.
    Damage,
    /// A segment ends and the next one begins.
    Segment,
}

pub(super) struct Model {
    pub(super) world: World,
    pub(super) session: SessionId,
    pub(super) output: Vec<Option<(u8, Option<Stream>)>>,
    /// Where the output of later segments begins.
    pub(super) bases: Vec<usize>,
    /// The numbers and texts of all lines.
    pub(super) lines: Vec<(Option<u64>, Vec<u8>)>,
    /// When the step was taken that wrote each byte.
    pub(super) millis: i64,
    files: SegmentFiles,
    segment: SegmentId,
    ordinal: u32,
    stream: Option<Stream>,
    next_seq: u64,
    /// How long the segment's record log is.
    records_bytes: u64,
}

impl Model {
    pub(super) fn of(steps: &[Step]) -> Self {
        let world = World::new();
        let session = world.launch("a", 1);
        let mut model = Self {
            files: world.segment(&Log::of("a", session, segment(1))),
            world,
            session,
            output: Vec::new(),
            bases: Vec::new(),
            lines: Vec::new(),
            millis: 10_000,
            segment: segment(1),
            ordinal: 1,
            stream: None,
            next_seq: 1,
            records_bytes: 0,
        };
        model.note_lines();
        for step in steps {
            model.take(step);
        }
        model
    }

    pub(super) fn log(&self) -> RunLog {
        RunLog::open(&self.world.roots.state, self.session).expect("readable")
    }

    pub(super) fn take(&mut self, step: &Step) {
        self.millis += 1_000;
        match step {
            Step::Write(stream, bytes) => self.write(*stream, bytes),
            Step::Skip(bytes) => self.skip(*bytes),
            Step::Note(bytes) => self.append(Draft::new("note", &Text(*bytes).fields())),
            Step::Signal(name) => {
                let fields = [("name", *name)];
                let fields: std::collections::BTreeMap<_, _> = fields.into();
                self.append(Draft::new("signal.sent", &fields));
            }
            Step::Wait(millis) => self.millis += millis,
            Step::Damage => self.damage(),
            Step::Segment => self.begin_segment(),
        }
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        if self.stream.replace(stream) != Some(stream) {
            let mark = Mark {
                at: at(self.millis),
                offset: self.files.output.length(),
                stream,
                seq: Seq(self.next_seq - 1),
                record_byte: self.records_bytes,
            };
            self.files.marks.mark(mark).expect("writable");
        }
        self.files.output.append(bytes).expect("writable");
        let written = bytes.iter().map(|byte| Some((*byte, Some(stream))));
        self.output.extend(written);
    }

    fn skip(&mut self, bytes: u64) {
        let from = self.files.output.length();
        self.files.output.skip(bytes);
        let to = self.files.output.length();
        self.output.extend((0..bytes).map(|_| None));
        let gap = Event::Gap(GapNoted { from, to });
        self.append(gap.draft().expect("not Other"));
    }

    fn append(&mut self, draft: Draft) {
        let stamp = Stamp {
            at: at(self.millis),
            t_ms: 1,
            out: self.files.output.length(),
        };
        self.files.records.append(draft, stamp).expect("writable");
        self.note_lines();
    }

    /// Takes over what stands in the record log and is not known yet.
    fn note_lines(&mut self) {
        let layout = self.world.writer.layout();
        let text = std::fs::read(layout.records(self.session, self.segment)).expect("there");
        let behind = &text[usize::try_from(self.records_bytes).expect("small")..];
        for line in behind.split_inclusive(|byte| *byte == b'\n') {
            self.lines.push((Some(self.next_seq), line.to_vec()));
            self.next_seq += 1;
        }
        self.records_bytes = text.len() as u64;
    }

    /// Notes only: a head has no place without its record, and a gap would not be known.
    fn damage(&mut self) {
        let Some((seq, line)) = self.lines.last_mut() else {
            return;
        };
        if memchr::memmem::find(line, br#""kind":"note""#).is_none() || seq.is_none() {
            return;
        }
        (*seq, line[0]) = (None, b'?');
        let path = self.world.writer.layout();
        let path = path.records(self.session, self.segment);
        let file = OpenOptions::new().write(true).open(path).expect("ours");
        let start = self.records_bytes - line.len() as u64;
        file.write_all_at(b"?", start).expect("writable");
    }

    fn begin_segment(&mut self) {
        let previous = self.segment;
        self.ordinal += 1;
        self.bases.push(self.output.len());
        self.segment = segment(u128::from(self.ordinal));
        let log = Log {
            ordinal: self.ordinal,
            previous: Some(previous),
            first_seq: Seq(self.next_seq),
            out_base: self.end(),
            at: at(self.millis),
            ..Log::of("a", self.session, self.segment)
        };
        self.files = self.world.segment(&log);
        (self.stream, self.records_bytes) = (None, 0);
        self.note_lines();
    }

    pub(super) fn end(&self) -> Offset {
        Offset(self.output.len() as u64)
    }
}

struct Text(usize);

impl Text {
    fn fields(&self) -> std::collections::BTreeMap<&'static str, String> {
        [("text", "x".repeat(self.0))].into()
    }
}
