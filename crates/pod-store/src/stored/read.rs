//! Reading the stored half of one pod. Blocking; costs the same whatever the length of the logs,
//! where their checkpoints are in place.

use pod_protocol::{
    ExactString, Exit, Gaps, Liveness, Offset, PodName, RunState, SegmentId, SessionId, Status,
    Summary, short_duration,
};

use super::{Contents, Stored, StoredRun};
use crate::{Active, SegmentReader, Store, StoreError, Unreadable};

/// How much of the end of the output is searched for a last line.
const LAST_OUTPUT_BYTES: usize = 4 * 1024;

impl Store {
    /// What is stored of `pod`; `None` if nothing is. What cannot be read and is not simply corrupt
    /// is told in `troubles` too, since a row has no room for the cause.
    pub fn stored(&self, pod: &PodName, troubles: &mut Vec<StoreError>) -> Option<Stored> {
        read_with_directory(self, pod, troubles).map(|(stored, _)| stored)
    }

    /// What would be stored of the pod of `session` if the pod stood for it, as its newest segment
    /// has it.
    #[must_use]
    pub fn stored_session(&self, session: SessionId) -> Stored {
        let segments = self.segments(session).unwrap_or_default();
        let segment = segments.last().map(|head| head.segment);
        let contents = segment.map_or(Contents::PendingSegment, |segment| {
            read_run(self, session, segment, &mut Vec::new()).0
        });
        Stored {
            created_at: None,
            pinned: false,
            session: Some(session),
            segment,
            contents,
        }
    }
}

/// What is stored of `pod`, and where its run was launched.
pub(crate) fn read_with_directory(
    store: &Store,
    pod: &PodName,
    troubles: &mut Vec<StoreError>,
) -> Option<(Stored, Option<ExactString>)> {
    let metadata = match store.metadata(pod) {
        Ok(metadata) => metadata?,
        Err(error) => return Some((without_metadata(store, pod, error, troubles), None)),
    };
    let (session, segment) = match metadata.active {
        Some(Active {
            session_id,
            segment_id,
        }) => (Some(session_id), segment_id),
        None => (None, None),
    };
    let (contents, directory) = match (session, segment) {
        (None, _) => (Contents::NoSession, None),
        (Some(_), None) => (Contents::PendingSegment, None),
        (Some(session), Some(segment)) => read_run(store, session, segment, troubles),
    };
    let stored = Stored {
        created_at: Some(metadata.created_at),
        pinned: metadata.pinned,
        session,
        segment,
        contents,
    };
    Some((stored, directory))
}

fn without_metadata(
    store: &Store,
    pod: &PodName,
    error: StoreError,
    troubles: &mut Vec<StoreError>,
) -> Stored {
    let line = match error {
        StoreError::Corrupt { line, .. } => line as u64,
        other => {
            troubles.push(other);
            1
        }
    };
    let file = store.relative(&store.layout().metadata(pod));
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
    troubles: &mut Vec<StoreError>,
) -> (Contents, Option<ExactString>) {
    let run = match store.readable_run(session, segment) {
        Ok(run) => run,
        Err(Unreadable::LogMissing) => return (Contents::LogMissing, None),
        Err(Unreadable::LogEmpty) => return (Contents::LogEmpty, None),
        Err(Unreadable::LogCorrupt { file, line, error }) => {
            troubles.extend(error);
            return (Contents::LogCorrupt { file, line }, None);
        }
    };
    let state = &run.state;
    let launched = store.session_file(session).ok();
    let facts = store.restore_facts(session, state, launched.as_ref());
    let reader = store.segment_reader(session, segment).ok();
    let reader = reader.as_ref();
    let damage = run.damage.as_ref();
    let stored = StoredRun {
        status: facts.status,
        latched: state.outcome(Liveness::Held).is_some(),
        exit: state.exit(),
        duration_ms: state.times.took_ms(),
        timed_out: state.requests.timed_out,
        left: state.health.left,
        parent: launched.as_ref().and_then(|file| file.parent_pod.clone()),
        labels: launched
            .as_ref()
            .map(|file| file.labels.clone())
            .unwrap_or_default(),
        summary: summary(state, preview(state, run.output.end, reader)),
        errored_items: facts.errored_items,
        cancelled_by: facts.cancelled_by,
        cwd_gone: facts.cwd_gone,
        damage: damage.map(|damage| (store.relative(&damage.path), damage.line)),
    };
    let directory = launched.map(|file| file.cwd);
    (Contents::Run(Box::new(stored)), directory)
}

/// What a row shows of a run that no host answers for: nobody holds it, and its questions are
/// withdrawn.
fn summary(state: &RunState, preview: String) -> Summary {
    Summary {
        paused: false,
        prompts: 0,
        preview,
        ..state.summary()
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
    let output = reader.and_then(|reader| last_output(reader, &state.gaps, output_end));
    output
        .or_else(|| state.progress.step.clone())
        .unwrap_or_else(|| ending(state))
}

fn last_output(reader: &SegmentReader, gaps: &Gaps, end: Offset) -> Option<String> {
    let base = reader.output_range().ok()?.start;
    let end = gaps.kept_end(end);
    let from = Offset(end.0.saturating_sub(LAST_OUTPUT_BYTES as u64));
    let from = gaps.kept_since(end, base).max(from);
    let bytes = usize::try_from(end.since(from)).ok()?;
    let output = reader.read_output(from, bytes).ok()?;
    pod_protocol::last_line(&output)
}

/// The last records in words.
fn ending(state: &RunState) -> String {
    let after = state.times.took_ms().map(short_duration);
    let after = after.map_or_else(String::new, |after| format!(" after {after}"));
    match state.exit() {
        Some(Exit::Code(code)) => format!("exit {code}{after}"),
        Some(Exit::Signal(signal)) => format!("signal {signal}{after}"),
        None => format!("{}{after}", state.status(Liveness::Free)),
    }
}
