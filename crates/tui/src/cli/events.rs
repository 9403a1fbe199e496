//! `tui events`: records as they stand in the log, one JSON object a line.

use anyhow::{Context, Result};
use pod_client::Start;
use pod_protocol::{Mode, Record, SessionId};
use pod_store::Store;

use super::{
    arguments::EventsOptions,
    follow::{self, Followed, PodOf, Step},
    print,
    roots::Roots,
    runtime, target,
};

/// How much of a log is read at once.
const READ_BYTES: usize = 1024 * 1024;

pub(crate) fn events(roots: &Roots, options: &EventsOptions) -> Result<u8> {
    let runtime = runtime()?;
    let row = runtime.block_on(target::find_to_read(roots, &options.pod))?;
    let session = row
        .session()
        .with_context(|| format!("pod {}: {}", row.name, row.preview()))?;
    let mut filter = Filter {
        options,
        printed: 0,
        next_seq: options.from,
    };
    filter.print_stored(&Store::new(&roots.state), session)?;
    if !options.follow || filter.is_full() {
        return Ok(0);
    }
    // The rest comes from the run itself, from the first record that is not printed yet.
    let source = follow::source(roots, &row)?;
    let pod = PodOf {
        roots: roots.clone(),
        name: row.name,
    };
    runtime.block_on(async {
        let start = Start::At(filter.next_seq);
        let link = follow::options(Mode::ReadOnly, Some(start), None);
        let mut followed = Followed::open(pod, source, link).await?;
        while !filter.is_full() {
            match followed.next().await? {
                Step::Records(lines) => filter.print(&lines)?,
                Step::Output { .. } | Step::Gap { .. } => {}
                Step::Ended(_) => break,
            }
        }
        Ok(0)
    })
}

/// Which records are printed, and how many were.
struct Filter<'a> {
    options: &'a EventsOptions,
    printed: u64,
    /// Records before this one are done with.
    next_seq: u64,
}

impl Filter<'_> {
    fn is_full(&self) -> bool {
        self.options
            .limit
            .is_some_and(|limit| self.printed >= limit)
    }

    fn print_stored(&mut self, store: &Store, session: SessionId) -> Result<()> {
        for head in store.segments(session)? {
            let reader = store.segment_reader(session, head.segment)?;
            let mut byte = 0;
            loop {
                let slice = reader.read_records(byte, READ_BYTES)?;
                if slice.bytes.is_empty() || self.is_full() {
                    break;
                }
                self.print(&slice.bytes)?;
                byte = slice.next_byte;
            }
        }
        Ok(())
    }

    fn print(&mut self, lines: &[u8]) -> Result<()> {
        let mut wanted = Vec::with_capacity(lines.len());
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            // A damaged line is no record; `tui show` names its place.
            let Ok(record) = Record::from_line(line) else {
                continue;
            };
            if record.seq.0 < self.next_seq || self.is_full() {
                continue;
            }
            self.next_seq = record.seq.0 + 1;
            if self.wants(&record) {
                wanted.extend_from_slice(line);
                self.printed += 1;
            }
        }
        print(&wanted)
    }

    fn wants(&self, record: &Record) -> bool {
        let Some(wanted) = &self.options.kind else {
            return true;
        };
        let rest = record.kind.as_str().strip_prefix(wanted.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}
