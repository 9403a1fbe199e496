//! `tui logs`: what a pod's command wrote.

use std::io::{self, Write};

use anyhow::{Context, Result};
use discovery::Row;
use pod_client::Start;
use pod_protocol::{Mode, Offset, SessionId, short_bytes};
use pod_store::{OutputReader, Store};

use super::{
    arguments::LogsOptions,
    follow::{self, Followed, PodOf, Step},
    grep::Grep,
    plain::PlainText,
    roots::Roots,
    runtime, talk, target,
};

/// How much of a log is read at once.
const READ_BYTES: usize = 256 * 1024;

pub(crate) fn logs(roots: &Roots, options: &LogsOptions) -> Result<u8> {
    let runtime = runtime()?;
    let row = runtime.block_on(target::find_to_read(roots, &options.pod))?;
    let session = row
        .session()
        .with_context(|| format!("pod {}: {}", row.name, row.preview()))?;
    let mut sink = Sink::new(options.raw);
    if let Some(pattern) = &options.grep {
        return grep(roots, options, &row, Grep::new(pattern, &mut sink));
    }
    let mut log = OutputLog::open(&Store::new(&roots.state), session)?;
    let start = match options.tail {
        None => Offset(0),
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
                    Step::Output {
                        bytes,
                        begins_segment,
                        ..
                    } => {
                        if begins_segment {
                            sink.begin_segment()?;
                        }
                        sink.write(&bytes)?;
                    }
                    Step::Gap { bytes } => sink.gap(bytes)?,
                    Step::Records(_) => {}
                    Step::Ended(_) => return anyhow::Ok(()),
                }
            }
        })?;
    }
    sink.finish()?;
    Ok(0)
}

/// The same of the lines that match.
fn grep(roots: &Roots, options: &LogsOptions, row: &Row, mut grep: Grep<'_>) -> Result<u8> {
    let session = row.session().context("the run has no readable log")?;
    let reached = grep.stored(roots, session, options.follow)?;
    if options.follow {
        let source = follow::source(roots, row)?;
        let pod = PodOf {
            roots: roots.clone(),
            name: row.name.clone(),
        };
        runtime()?.block_on(async {
            let link = follow::options(Mode::ReadOnly, None, Some(Start::At(reached.0)));
            let mut followed = Followed::open(pod, source, link).await?;
            loop {
                match followed.next().await? {
                    Step::Output {
                        bytes,
                        begins_segment,
                        ..
                    } => {
                        if begins_segment {
                            grep.finish()?;
                        }
                        grep.push(&bytes)?;
                    }
                    Step::Gap { .. } => grep.finish()?,
                    Step::Records(_) => {}
                    Step::Ended(_) => return grep.finish(),
                }
            }
        })?;
    }
    Ok(0)
}

/// Standard output or standard error, exactly or as plain text.
pub(crate) struct Sink {
    plain: Option<PlainText>,
    is_stderr: bool,
}

impl Sink {
    /// Standard output. `raw` hands every byte on; otherwise only printable text goes out.
    pub(crate) fn new(raw: bool) -> Self {
        Self {
            plain: (!raw).then(PlainText::default),
            is_stderr: false,
        }
    }

    /// The same with standard error.
    pub(crate) fn of_stderr(raw: bool) -> Self {
        Self {
            is_stderr: true,
            ..Self::new(raw)
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.plain {
            None => print(self.is_stderr, bytes),
            Some(plain) => print(self.is_stderr, plain.push(bytes).as_bytes()),
        }
    }

    /// Says on standard error how much is missing here; on standard output nothing stands for it.
    pub(crate) fn gap(&mut self, bytes: u64) -> Result<()> {
        self.finish()?;
        talk(format_args!("… {} no longer kept …", short_bytes(bytes)));
        Ok(())
    }

    /// Ends a line that has no end, before a segment begins.
    pub(crate) fn begin_segment(&mut self) -> Result<()> {
        match &mut self.plain {
            None => Ok(()),
            Some(plain) => print(self.is_stderr, plain.begin_segment().as_bytes()),
        }
    }

    /// Writes a last line that has no end.
    pub(crate) fn finish(&mut self) -> Result<()> {
        match &mut self.plain {
            None => print(self.is_stderr, &[]),
            Some(plain) => print(self.is_stderr, plain.finish().as_bytes()),
        }
    }
}

fn print(to_stderr: bool, bytes: &[u8]) -> Result<()> {
    if !to_stderr {
        return super::print(bytes);
    }
    let written = io::stderr().lock().write_all(bytes);
    written.context("cannot write to standard error")
}

/// The output of a session through all its segments.
struct OutputLog {
    reader: OutputReader,
}

impl OutputLog {
    fn open(store: &Store, session: SessionId) -> Result<Self> {
        let heads = store.segments(session)?;
        let newest = heads.last().context("the run has no readable log")?;
        let run = store.run(session, newest.segment)?;
        let reader = OutputReader::new(store.clone(), session, heads, &run)?;
        Ok(Self { reader })
    }

    /// Copies everything from `from` on and returns where it ended.
    fn copy(&mut self, from: Offset, sink: &mut Sink) -> Result<Offset> {
        let mut at = from.max(self.reader.range()?.start);
        loop {
            let end = self.reader.range()?.end;
            let piece = self.reader.read(at, end, READ_BYTES)?;
            let next = piece.as_ref().map_or(end, |(from, _)| *from);
            // Capped, lost with a disk, or removed meanwhile.
            let gone = next.since(at);
            if gone > 0 {
                sink.gap(gone)?;
                at = next;
            }
            let Some((from, bytes)) = piece else {
                return Ok(at);
            };
            if self.reader.begins_segment(from) {
                sink.begin_segment()?;
            }
            sink.write(&bytes)?;
            at = from.plus(bytes.len() as u64);
        }
    }

    /// Where the last `lines` lines that are kept begin. A last line without an end counts.
    fn start_of_last_lines(&mut self, lines: u64) -> Result<Offset> {
        let range = self.reader.range()?;
        let (mut newlines_left, mut end) = (lines.saturating_add(1), range.end);
        // The newline at the very end closes the last line and opens none. So does the one at the end
        // of a segment, and where there is none the segment ends the line.
        let mut is_last_byte = true;
        while let Some((from, bytes)) = self.reader.read_back(range.start, end, READ_BYTES)? {
            if std::mem::take(&mut is_last_byte) && bytes.last() != Some(&b'\n') {
                newlines_left -= 1;
                if newlines_left == 0 {
                    return Ok(end);
                }
            }
            for newline in memchr::memrchr_iter(b'\n', &bytes) {
                newlines_left -= 1;
                if newlines_left == 0 {
                    return Ok(from.plus(newline as u64 + 1));
                }
            }
            end = from;
            is_last_byte = self.reader.begins_segment(end);
        }
        Ok(range.start)
    }
}
