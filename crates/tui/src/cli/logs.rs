//! `tui logs`: what a pod's command wrote.

use std::io::{self, Write};

use anyhow::{Context, Result};
use pod_client::Start;
use pod_protocol::{Mode, Offset, SessionId};
use pod_store::{SegmentReader, Store};

use super::{
    arguments::LogsOptions,
    follow::{self, Followed, PodOf, Step},
    plain::PlainText,
    roots::Roots,
    runtime, target,
};

/// How much of a log is read at once.
const READ_BYTES: usize = 256 * 1024;

pub(crate) fn logs(roots: &Roots, options: &LogsOptions) -> Result<u8> {
    let runtime = runtime()?;
    let row = runtime.block_on(target::find(roots, &options.pod))?;
    let session = row
        .session()
        .with_context(|| format!("pod {}: {}", row.name, row.preview()))?;
    let log = OutputLog::open(&Store::new(&roots.state), session)?;
    let mut sink = Sink::new(options.raw);
    let start = match options.tail {
        None => log.start(),
        Some(lines) => log.start_of_last_lines(lines)?,
    };
    let reached = log.copy(start, &mut sink)?;
    if options.follow {
        // The rest comes from the run itself, from the first byte that is not printed yet.
        let source = follow::source(roots, &row)?;
        let pod = PodOf {
            roots: roots.clone(),
            name: row.name,
        };
        runtime.block_on(async {
            let link = follow::options(Mode::ReadOnly, None, Some(Start::At(reached.0)));
            let mut followed = Followed::open(pod, source, link).await?;
            loop {
                match followed.next().await? {
                    Step::Output(bytes) => sink.write(&bytes)?,
                    Step::Records(_) => {}
                    Step::Ended(_) => return anyhow::Ok(()),
                }
            }
        })?;
    }
    sink.finish()?;
    Ok(0)
}

/// Standard output, exactly or as plain text.
pub(crate) struct Sink {
    plain: Option<PlainText>,
}

impl Sink {
    /// `raw` hands every byte on; otherwise only printable text goes out.
    pub(crate) fn new(raw: bool) -> Self {
        Self {
            plain: (!raw).then(PlainText::default),
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.plain {
            None => super::print(bytes),
            Some(plain) => super::print(plain.push(bytes).as_bytes()),
        }
    }

    /// Writes a last line that has no end.
    pub(crate) fn finish(&mut self) -> Result<()> {
        match &mut self.plain {
            None => io::stdout()
                .flush()
                .context("cannot write to standard output"),
            Some(plain) => super::print(plain.finish().as_bytes()),
        }
    }
}

/// The output of a session through all its segments.
struct OutputLog {
    segments: Vec<SegmentReader>,
}

impl OutputLog {
    fn open(store: &Store, session: SessionId) -> Result<Self> {
        let heads = store.segments(session)?;
        let readers = heads
            .iter()
            .map(|head| store.segment_reader(session, head.segment));
        Ok(Self {
            segments: readers.collect::<Result<_, _>>()?,
        })
    }

    fn start(&self) -> Offset {
        Offset(0)
    }

    /// Copies everything from `from` on and returns where it ended.
    fn copy(&self, from: Offset, sink: &mut Sink) -> Result<Offset> {
        let mut at = from;
        for segment in &self.segments {
            let range = segment.output_range()?;
            at = at.max(range.start);
            loop {
                let bytes = segment.read_output(at, READ_BYTES)?;
                if bytes.is_empty() {
                    break;
                }
                sink.write(&bytes)?;
                at = at.plus(bytes.len() as u64);
            }
        }
        Ok(at)
    }

    /// Where the last `lines` lines begin. A last line without an end counts.
    fn start_of_last_lines(&self, lines: u64) -> Result<Offset> {
        let mut newlines_left = lines.saturating_add(1);
        for (index, segment) in self.segments.iter().enumerate().rev() {
            let range = segment.output_range()?;
            let mut end = range.end;
            // The newline at the very end closes the last line and opens none.
            let mut is_last_byte = index + 1 == self.segments.len();
            while end > range.start {
                let from = Offset(end.0.saturating_sub(READ_BYTES as u64)).max(range.start);
                let want = usize::try_from(end.since(from)).unwrap_or(READ_BYTES);
                let bytes = segment.read_output(from, want)?;
                if bytes.is_empty() {
                    break;
                }
                if std::mem::take(&mut is_last_byte) && bytes.last() != Some(&b'\n') {
                    newlines_left -= 1;
                }
                for newline in memchr::memrchr_iter(b'\n', &bytes) {
                    newlines_left -= 1;
                    if newlines_left == 0 {
                        return Ok(from.plus(newline as u64 + 1));
                    }
                }
                end = from;
            }
        }
        Ok(self.start())
    }
}
