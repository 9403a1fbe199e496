//! Reading the stored half of one pod. Blocking; costs the same whatever the length of the logs,
//! where their checkpoints are in place.

use std::path::{Path, PathBuf};

use pod_protocol::{
    Event, Exit, ItemOutcome, Liveness, Offset, PodName, Record, RunState, SegmentId, Seq,
    SessionId, Status, Summary, short_duration,
};
use pod_store::{Active, Damage, SegmentReader, SessionFile, Store, StoreError};

use crate::{Contents, Stored, StoredRun, Warning};

/// How much of the end of the output is searched for a last line.
const LAST_OUTPUT_BYTES: usize = 4 * 1024;
/// How much of the records is read at once to find who cancelled.
const RECORDS_BYTES: usize = 64 * 1024;
/// How many records before the newest a cancel is looked for: what a run still says while it is
/// being killed.
const CANCEL_RECORDS_MAX: u64 = 1_000;

/// The stored half of `pod`; `None` if nothing is stored. What cannot be read and is not simply
/// corrupt is told in `warnings` too, since the row has no room for the cause.
pub(crate) fn read_stored(
    store: &Store,
    pod: &PodName,
    warnings: &mut Vec<Warning>,
) -> Option<Stored> {
    let metadata = match store.metadata(pod) {
        Ok(metadata) => metadata?,
        Err(error) => return Some(without_metadata(store, pod, &error, warnings)),
    };
    let (session, segment) = match metadata.active {
        Some(Active {
            session_id,
            segment_id,
        }) => (Some(session_id), segment_id),
        None => (None, None),
    };
    let contents = match (session, segment) {
        (None, _) => Contents::NoSession,
        (Some(_), None) => Contents::PendingSegment,
        (Some(session), Some(segment)) => read_run(store, session, segment, warnings),
    };
    Some(Stored {
        created_at: Some(metadata.created_at),
        pinned: metadata.pinned,
        session,
        segment,
        contents,
    })
}

fn without_metadata(
    store: &Store,
    pod: &PodName,
    error: &StoreError,
    warnings: &mut Vec<Warning>,
) -> Stored {
    let line = match error {
        StoreError::Corrupt { line, .. } => *line as u64,
        _ => {
            warnings.push(Warning::new(error));
            1
        }
    };
    let file = relative(store, &store.layout().metadata(pod));
    Stored {
        created_at: None,
        pinned: false,
        session: None,
        segment: None,
        contents: Contents::MetadataCorrupt { file, line },
    }
}

fn read_run(
    store: &Store,
    session: SessionId,
    segment: SegmentId,
    warnings: &mut Vec<Warning>,
) -> Contents {
    let log = store.layout().records(session, segment);
    let corrupt = |line| Contents::LogCorrupt {
        file: relative(store, &log),
        line,
    };
    let run = match store.run(session, segment) {
        Ok(run) => run,
        Err(StoreError::NoLog { .. }) => return Contents::LogMissing,
        Err(error) => {
            warnings.push(Warning::new(&error));
            return corrupt(1);
        }
    };
    let state = &run.state;
    if run.records_bytes == 0 {
        return Contents::LogEmpty;
    }
    let starts_badly = |damage: &Damage| damage.path == log && damage.line == 1;
    let belongs = state.identity.as_ref().is_some_and(|identity| {
        // A damaged head leaves the identity of the segment before.
        identity.segment == segment && identity.session == session
    });
    if !belongs || run.damage.as_ref().is_some_and(starts_badly) {
        return corrupt(1);
    }
    let reader = store.segment_reader(session, segment).ok();
    let reader = reader.as_ref();
    let damage = run.damage.as_ref();
    let launched = store.session_file(session).ok();
    Contents::Run(Box::new(StoredRun {
        status: state.status(Liveness::Free),
        latched: state.outcome(Liveness::Held).is_some(),
        exit: state.exit(),
        duration_ms: state.times.duration_ms,
        timed_out: state.requests.timed_out,
        left: state.health.left,
        parent: launched.as_ref().and_then(|file| file.parent_pod.clone()),
        summary: summary(state, preview(state, run.output.end, reader)),
        errored_items: state.counts.of(ItemOutcome::Errored),
        cancelled_by: reader.and_then(|reader| cancelled_by(state, reader)),
        cwd_gone: launched.as_ref().and_then(cwd_gone),
        damage: damage.map(|damage| (relative(store, &damage.path), damage.line)),
    }))
}

fn relative(store: &Store, path: &Path) -> PathBuf {
    let root = store.layout().root();
    path.strip_prefix(root).unwrap_or(path).to_owned()
}

/// What a row shows of a run that no host answers for.
fn summary(state: &RunState, preview: String) -> Summary {
    let requested = state.requests.strongest();
    let identity = state.identity.as_ref();
    Summary {
        started_at: state.times.started_at,
        updated_at: state.times.updated_at,
        output_at: None,
        activity: None,
        requested: requested.map(|kind| kind.as_str().to_owned()),
        paused: false,
        progress: state.progress.last.clone(),
        fraction: state.fraction(),
        done: state.counts.done(),
        planned: state.counts.planned,
        prompts: 0,
        command: identity.map_or_else(String::new, |identity| identity.command.join(" ")),
        cwd: identity.map_or_else(String::new, |identity| identity.cwd.clone()),
        preview,
        degraded: state.health.degraded.clone(),
    }
}

/// The newest thing to say about a run whose host is gone.
fn preview(state: &RunState, output_end: Offset, reader: Option<&SegmentReader>) -> String {
    let item = state.progress.item.as_ref();
    if state.status(Liveness::Free) == Status::Interrupted
        && let Some(item) = item
    {
        return format!("lost its host at {item}");
    }
    let output = reader.and_then(|reader| last_output(reader, output_end));
    output
        .or_else(|| state.progress.step.clone())
        .unwrap_or_else(|| ending(state))
}

fn last_output(reader: &SegmentReader, end: Offset) -> Option<String> {
    let base = reader.output_range().ok()?.start;
    let from = Offset(end.0.saturating_sub(LAST_OUTPUT_BYTES as u64)).max(base);
    let output = reader.read_output(from, LAST_OUTPUT_BYTES).ok()?;
    pod_protocol::last_line(&output)
}

/// The last records in words.
fn ending(state: &RunState) -> String {
    let after = state.times.duration_ms.map(short_duration);
    let after = after.map_or_else(String::new, |after| format!(" after {after}"));
    match state.exit() {
        Some(Exit::Code(code)) => format!("exit {code}{after}"),
        Some(Exit::Signal(signal)) => format!("signal {signal}{after}"),
        None => format!("{}{after}", state.status(Liveness::Free)),
    }
}

/// Who asked for the cancel, if there was one: the fold keeps only that and when it was.
fn cancelled_by(state: &RunState, reader: &SegmentReader) -> Option<String> {
    state.requests.cancel_at?;
    let from = Seq(state.seq.0.saturating_sub(CANCEL_RECORDS_MAX));
    let mut byte = reader.locate_seq(from).ok()?;
    loop {
        let slice = reader.read_records(byte, RECORDS_BYTES).ok()?;
        if slice.next_byte == byte {
            return None;
        }
        let mut lines = slice.bytes.split(|b| *b == b'\n');
        let by = lines.find_map(|line| match Event::read(&Record::from_line(line).ok()?) {
            Event::CancelRequested(requested) => Some(requested.by),
            _ => None,
        });
        if let Some(by) = by {
            return by;
        }
        byte = slice.next_byte;
    }
}

/// The directory that a session was launched in, if it is not there any more.
fn cwd_gone(file: &SessionFile) -> Option<PathBuf> {
    let cwd = PathBuf::from(file.cwd.as_os_str());
    (!cwd.is_dir()).then_some(cwd)
}
