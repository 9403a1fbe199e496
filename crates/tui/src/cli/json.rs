//! The machine-readable face of the verbs: one document for lists, one object a line for streams.
//! Times are RFC 3339 in UTC, ids are whole, states lower case, and what is unknown is `null`.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use discovery::{PastSession, PodList, Relative, Row};
use pod_protocol::{
    Activity, Exit, Outcome, PodName, Progress, SegmentId, SessionId, Status, Timestamp, WaitingFor,
};
use serde::{Serialize, Serializer};

/// Version of these shapes.
pub(crate) const VERSION: u32 = 1;

/// The wall clock, for ages on the screen.
pub(crate) fn now() -> Timestamp {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

/// One line of JSON, newline included.
pub(crate) fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("our own shapes have string keys only");
    line.push(b'\n');
    line
}

/// `tui ls --json`.
#[derive(Debug, Serialize)]
pub(crate) struct ListDocument<'a> {
    version: u32,
    #[serde(serialize_with = "each_row")]
    rows: &'a [Row],
    /// Rows cut off by the limit.
    hidden: usize,
    /// What could not be looked at.
    warnings: Vec<&'a str>,
}

/// Rows become documents one at a time: there may be 100,000.
fn each_row<S: Serializer>(rows: &&[Row], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.iter().map(RowDocument::of))
}

/// `tui show --json`: a row on its own.
#[derive(Debug, Serialize)]
pub(crate) struct ShowDocument<'a> {
    version: u32,
    #[serde(flatten)]
    row: RowDocument<'a>,
    /// The session that this one repeats.
    rerun_of: Option<SessionId>,
    /// The sessions that repeat each other, this one among them, as a tree.
    lineage: Vec<RelativeDocument>,
}

impl<'a> ShowDocument<'a> {
    pub(crate) fn of(row: &'a Row, lineage: &[Relative]) -> Self {
        let own = row.session();
        let this = lineage
            .iter()
            .find(|relative| Some(relative.session.session) == own);
        Self {
            version: VERSION,
            row: RowDocument::of(row),
            rerun_of: this.and_then(|relative| relative.session.rerun_of),
            lineage: lineage
                .iter()
                .map(|relative| RelativeDocument {
                    depth: relative.depth,
                    session: PastSessionDocument::of(&relative.session),
                })
                .collect(),
        }
    }
}

/// A session in a lineage.
#[derive(Debug, Serialize)]
struct RelativeDocument {
    /// How many sessions are above it.
    depth: usize,
    #[serde(flatten)]
    session: PastSessionDocument,
}

/// `tui ls --runs POD --json`.
#[derive(Debug, Serialize)]
pub(crate) struct RunsDocument<'a> {
    pub(crate) version: u32,
    pub(crate) name: &'a PodName,
    /// Newest first.
    pub(crate) runs: Vec<PastSessionDocument>,
}

/// A session, whether or not a name stands for it.
#[derive(Debug, Serialize)]
pub(crate) struct PastSessionDocument {
    session: SessionId,
    name: PodName,
    status: Status,
    created_at: Timestamp,
    rerun_of: Option<SessionId>,
    items_done: u64,
    items_planned: Option<u64>,
    resumed: u32,
    recovered: u32,
}

impl PastSessionDocument {
    pub(crate) fn of(past: &PastSession) -> Self {
        Self {
            session: past.session,
            name: past.pod.clone(),
            status: past.status,
            created_at: past.created_at,
            rerun_of: past.rerun_of,
            items_done: past.done,
            items_planned: past.planned,
            resumed: past.resumed,
            recovered: past.recovered,
        }
    }
}

/// One row, in lists and in `tui show --json`.
#[derive(Debug, Serialize)]
pub(crate) struct RowDocument<'a> {
    name: &'a PodName,
    status: String,
    attachable: bool,
    not_attachable: Option<String>,
    restorable: bool,
    not_restorable: Option<String>,
    session: Option<SessionId>,
    segment: Option<SegmentId>,
    host_pid: Option<u32>,
    started_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    duration_ms: Option<u64>,
    exit: Option<Exit>,
    timed_out: Option<bool>,
    left: Option<u32>,
    activity: Option<Activity>,
    requested: Option<&'a str>,
    waiting_for: Option<&'a WaitingFor>,
    paused: Option<bool>,
    progress: Option<&'a Progress>,
    fraction: Option<f64>,
    items_done: Option<u64>,
    items_planned: Option<u64>,
    resumed: Option<u32>,
    recovered: Option<u32>,
    prompts: Option<u64>,
    degraded: Option<&'a str>,
    gone_bytes: Option<u64>,
    command: Option<&'a str>,
    cwd: Option<&'a str>,
    parent: Option<&'a PodName>,
    labels: Option<&'a BTreeMap<String, String>>,
    pinned: Option<bool>,
    preview: String,
}

impl<'a> ListDocument<'a> {
    pub(crate) fn of(list: &'a PodList) -> Self {
        Self {
            version: VERSION,
            rows: &list.rows,
            hidden: list.hidden,
            warnings: list
                .warnings
                .iter()
                .map(|warning| warning.message.as_str())
                .collect(),
        }
    }
}

impl<'a> RowDocument<'a> {
    pub(crate) fn of(row: &'a Row) -> Self {
        let (attachable, restorable) = (row.attachable(), row.restorable());
        let summary = row.summary();
        let run = row
            .stored
            .as_ref()
            .filter(|_| row.live.is_none())
            .and_then(|s| s.run());
        let text = |text: &'a String| Some(text.as_str()).filter(|text| !text.is_empty());
        Self {
            name: &row.name,
            status: row.status().word(),
            attachable: attachable.is_ok(),
            not_attachable: attachable.err().map(|reason| reason.to_string()),
            restorable: restorable.is_ok(),
            not_restorable: restorable.err().map(|reason| reason.to_string()),
            session: row.session(),
            segment: row.segment(),
            host_pid: row.live.as_ref().and_then(|live| live.pid),
            started_at: summary.and_then(|summary| summary.started_at),
            updated_at: Some(row.updated_at()).filter(|at| *at != Timestamp::default()),
            duration_ms: run.and_then(|run| run.duration_ms),
            exit: run.and_then(|run| run.exit),
            timed_out: run.map(|run| run.timed_out),
            left: run.map(|run| run.left),
            activity: summary.and_then(|summary| summary.activity),
            requested: summary.and_then(|summary| summary.requested.as_deref()),
            waiting_for: summary.and_then(|summary| summary.waiting_for.as_ref()),
            paused: summary.map(|summary| summary.paused),
            progress: summary.and_then(|summary| summary.progress.as_ref()),
            fraction: summary.and_then(|summary| summary.fraction),
            items_done: summary.map(|summary| summary.done),
            items_planned: summary.and_then(|summary| summary.planned),
            resumed: summary.map(|summary| summary.resumed),
            recovered: summary.map(|summary| summary.recovered),
            prompts: summary.map(|summary| summary.prompts),
            degraded: summary.and_then(|summary| summary.degraded.as_deref()),
            gone_bytes: summary.map(|summary| summary.gone_bytes),
            command: summary.and_then(|summary| text(&summary.command)),
            cwd: summary.and_then(|summary| text(&summary.cwd)),
            parent: row.parent(),
            labels: row.labels(),
            pinned: row.stored.as_ref().map(|stored| stored.pinned),
            preview: row.preview(),
        }
    }
}

/// `tui run -d --json`.
#[derive(Debug, Serialize)]
pub(crate) struct LaunchedDocument<'a> {
    pub(crate) version: u32,
    pub(crate) name: &'a PodName,
    pub(crate) session: SessionId,
    pub(crate) segment: SegmentId,
    pub(crate) host_pid: u32,
    pub(crate) socket: String,
    /// What it waits for before its command starts.
    pub(crate) waiting_for: Option<&'a WaitingFor>,
}

/// A line of `tui pause --json` and `tui continue --json`.
#[derive(Debug, Serialize)]
pub(crate) struct HeldDocument<'a> {
    pub(crate) version: u32,
    pub(crate) name: &'a PodName,
    /// Whether the run is held now.
    pub(crate) paused: bool,
    /// Whether this request changed that.
    pub(crate) changed: bool,
    /// Why it could not: `not_running`.
    pub(crate) reason: Option<&'a str>,
}

/// A line of `tui recover --json`.
#[derive(Debug, Serialize)]
pub(crate) struct RecoveredDocument<'a> {
    pub(crate) version: u32,
    pub(crate) name: &'a PodName,
    pub(crate) session: SessionId,
    /// Whether the run goes on.
    pub(crate) recovered: bool,
    /// Why not.
    pub(crate) reason: Option<String>,
    pub(crate) segment: Option<SegmentId>,
    pub(crate) host_pid: Option<u32>,
}

/// A line of `tui stop --json`, `tui cancel --json` and `tui kill --json`.
#[derive(Debug, Serialize)]
pub(crate) struct StoppedDocument<'a> {
    pub(crate) version: u32,
    pub(crate) name: &'a PodName,
    /// Whether the run ends, ends as something else, or ends sooner because of this request.
    pub(crate) stopped: bool,
    /// Why not: `already_terminal` or `already_requested`.
    pub(crate) reason: Option<&'a str>,
    /// The outcome, where it was waited for.
    pub(crate) outcome: Option<Outcome>,
}

/// A line of `tui wait --json`.
#[derive(Debug, Serialize)]
pub(crate) struct EndedDocument<'a> {
    pub(crate) version: u32,
    pub(crate) name: &'a PodName,
    pub(crate) outcome: Outcome,
    /// The code that mirrors the run.
    pub(crate) exit_code: u8,
}

/// A line of `tui rm --json`.
#[derive(Debug, Serialize)]
pub(crate) struct RemovedDocument<'a> {
    pub(crate) version: u32,
    pub(crate) name: &'a PodName,
    /// Whether it is removed now: not after an undo, nor with --dry-run.
    pub(crate) removed: bool,
    /// How many runs went or would go with it.
    pub(crate) runs: Option<usize>,
    /// When it was removed.
    pub(crate) at: Option<Timestamp>,
}

/// A line of `tui promote --json`.
#[derive(Debug, Serialize)]
pub(crate) struct PromotedDocument<'a> {
    pub(crate) version: u32,
    pub(crate) name: &'a PodName,
    pub(crate) session: SessionId,
    /// As the run named it.
    pub(crate) path: &'a str,
    /// Where the copy is.
    pub(crate) file: String,
    pub(crate) sha256: &'a str,
    pub(crate) bytes: u64,
}

/// `tui prune --json`.
#[derive(Debug, Serialize)]
pub(crate) struct PruningDocument {
    pub(crate) version: u32,
    pub(crate) dry_run: bool,
    pub(crate) cap_bytes: u64,
    pub(crate) before_bytes: u64,
    pub(crate) after_bytes: u64,
    pub(crate) pruned: Vec<PieceDocument>,
}

/// Something that was pruned, or would be.
#[derive(Debug, Serialize)]
pub(crate) struct PieceDocument {
    pub(crate) name: Option<PodName>,
    /// Absent for a whole pod that had been removed.
    pub(crate) session: Option<SessionId>,
    pub(crate) bytes: u64,
    pub(crate) updated_at: Timestamp,
    /// `removed_long_ago` or `over_cap`.
    pub(crate) reason: &'static str,
}
