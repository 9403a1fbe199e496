//! The few facts of a live run that a list shows: the summary of a hello.

use std::{fs::File, os::unix::fs::FileExt};

use pod_protocol::{
    Liveness, Offset, RunState, SUMMARY_BYTES_MAX, Summary, Timestamp, cut_to_width, printable,
};

use crate::published::Published;

/// How much of the end of the output is searched for its last line, in bytes.
const TAIL_BYTES: usize = 2 * 1024;
/// The longest preview, command or directory in a summary, in columns.
const TEXT_COLUMNS_MAX: usize = 160;

/// Builds the summary of a run that is live.
pub(crate) fn summary(
    state: &RunState,
    published: &Published,
    output: &File,
    out_base: Offset,
    degraded: Option<String>,
    now: Timestamp,
) -> Summary {
    let output_at = published.output_at();
    let length = published.output_length();
    let folded = state.summary();
    let mut summary = Summary {
        output_at,
        activity: state.activity(now, length, output_at),
        command: short(&folded.command),
        cwd: short(&folded.cwd),
        preview: preview(state, published, output, out_base),
        degraded: degraded.or(folded.degraded),
        ..folded
    };
    if serde_json::to_vec(&summary).map_or(0, |json| json.len()) > SUMMARY_BYTES_MAX {
        // Only texts can be long, and of those only these are a run's own.
        summary.progress = None;
        summary.preview = String::new();
    }
    summary
}

/// The newest of prompt, step and last output line.
fn preview(state: &RunState, published: &Published, output: &File, out_base: Offset) -> String {
    if let Some(prompt) = state.prompts.open.first() {
        return short(&prompt.title);
    }
    let label = state
        .progress
        .last
        .as_ref()
        .and_then(|progress| progress.label.as_deref());
    let step = state
        .progress
        .step
        .as_deref()
        .or(label)
        .or(state.progress.item.as_deref());
    if let Some(step) = step.filter(|_| state.outcome(Liveness::Held).is_none()) {
        return short(step);
    }
    last_line(output, out_base, published.readable_end()).unwrap_or_default()
}

fn last_line(output: &File, out_base: Offset, (from, end): (Offset, Offset)) -> Option<String> {
    let (from, end) = (from.since(out_base), end.since(out_base));
    let from = from.max(end.saturating_sub(TAIL_BYTES as u64));
    let mut tail = vec![0; usize::try_from(end - from).ok()?];
    output.read_exact_at(&mut tail, from).ok()?;
    pod_protocol::last_line(&tail)
}

/// Printable, and as long as a summary can hold.
pub(crate) fn short(text: &str) -> String {
    cut_to_width(&printable(text), TEXT_COLUMNS_MAX).into_owned()
}
