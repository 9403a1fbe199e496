//! What a record means: the kinds of `docs/protocol.md` as types.
//!
//! Reading never fails. A known kind whose payload does not fit its type is an
//! [`Event::Other`], exactly like a kind nobody knows: it is shown, and it changes no state.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{
    Draft, Exit, Fields, Offset, Outcome, PodName, PromptId, Record, RequestKind, SegmentId, Seq,
    SessionId, Timestamp,
};

/// First record of every segment: who runs what, where and in which order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentStarted {
    /// The session that the segment belongs to.
    pub session: SessionId,
    /// The segment.
    pub segment: SegmentId,
    /// 1 for the first segment of a session. Segments are ordered by this, never by id or clock.
    pub ordinal: u32,
    /// The segment before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<SegmentId>,
    /// The number of this record.
    pub first_seq: Seq,
    /// The session-wide offset of the first byte of this segment's output log.
    pub out_base: Offset,
    /// The pod.
    pub pod: PodName,
    /// The command line, with secrets redacted; invalid UTF-8 is replaced.
    pub command: Vec<String>,
    /// Working directory.
    pub cwd: String,
    /// Environment, `null` where the value is redacted.
    #[serde(default)]
    pub env: BTreeMap<String, Option<String>>,
    /// Revision of the working directory, where it is in a git work tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitRevision>,
    /// Name of the machine.
    pub host: String,
    /// Version of the tool.
    pub tool: String,
    /// How many items the run means to finish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u64>,
    /// The segment that this one resumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_of: Option<SegmentId>,
}

/// What git says of the working directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitRevision {
    /// The commit, in full.
    pub revision: String,
    /// Whether tracked files differ from it; unknown is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirty: Option<bool>,
}

/// The outcome that the segment before turned out to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentResumed {
    /// The outcome of the segment before.
    pub outcome: Outcome,
    /// How often the session has been resumed, this time included.
    pub resumed: u32,
    /// Whether nobody asked for it: the run had been launched to be taken up again after the loss
    /// of its host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recovered: bool,
}

/// The command runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildStarted {
    /// Its process id.
    pub pid: u32,
}

/// The command is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildExited {
    /// How it ended.
    #[serde(flatten)]
    pub exit: Exit,
    /// What it and its reaped descendants used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What an operator had asked for by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<RequestKind>,
}

/// Resources as `getrusage(2)` counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time in user mode, in milliseconds.
    pub user_ms: u64,
    /// CPU time in the kernel, in milliseconds.
    pub system_ms: u64,
    /// Largest resident memory of one process, in KiB.
    pub memory_peak_kib: u64,
}

/// A unit of work begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemStarted {
    /// Its name, unique within the run.
    pub item: String,
    /// What to show instead of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A unit of work is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFinished {
    /// Its name.
    pub item: String,
    /// How it went.
    pub outcome: ItemOutcome,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How one item went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// It did what it should.
    Passed,
    /// It did not.
    Failed,
    /// It could not be carried out.
    Errored,
    /// It was left out on purpose.
    Skipped,
}

/// How far the run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Units done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<f64>,
    /// Units in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// What is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What is going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// One reading of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The channel.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// One reading, or several under `readings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ChannelReadings {
    /// Several readings of one moment.
    Many {
        /// At most as many as fit a record.
        readings: Vec<Reading>,
    },
    /// A single one.
    One(Reading),
}

/// A line the run or the host wants to be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// `debug`, `info`, `warning`, `error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The text.
    pub message: String,
    /// Anything more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Value>,
}

/// One row of a results table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableRow {
    /// The table.
    pub table: String,
    /// The row, its columns in order.
    pub row: Fields,
}

/// A file the run made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArtifactNoted {
    /// Where it is.
    pub path: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// What the run says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityDeclared {
    /// `waiting`, `streaming` or `buffered`.
    pub activity: String,
    /// The item it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

/// What kind of answer a prompt takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptKind {
    /// Yes or no.
    Confirm,
    /// One or several of the choices.
    Choice,
    /// Free text.
    Input,
    /// Only "seen".
    Acknowledge,
}

/// A question to the operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromptAsked {
    /// Its id.
    pub prompt: PromptId,
    /// What it takes.
    pub prompt_kind: PromptKind,
    /// One line.
    pub title: String,
    /// More lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it stops waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// A prompt was answered, expired or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSettled {
    /// Its id.
    pub prompt: PromptId,
}

/// An operator asked for an end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How long the command gets before it is killed, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_ms: Option<u64>,
}

/// An operator asked for one signal: a pause or a continue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalRequested {
    /// Its number.
    pub signal: i32,
    /// Its name.
    pub name: String,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A signal went out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalSent {
    /// Its number.
    pub signal: i32,
    /// Its name.
    pub name: String,
    /// How many processes got it.
    pub processes: u32,
    /// Why, where no operator asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<SignalReason>,
}

/// Why a signal went out that no operator asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalReason {
    /// The run was over its time limit.
    TimeLimit,
    /// The command was gone and what it left behind is ended with it.
    Reap,
    /// A reason of a newer host.
    #[serde(other)]
    Unknown,
}

/// The command will be started again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryScheduled {
    /// Which attempt comes next.
    pub attempt: u32,
    /// How many there are.
    pub of: u32,
    /// When it comes. Not called `at`: that is when the record was written.
    pub due: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The host cannot do all of its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degraded {
    /// Why.
    pub reason: String,
}

/// The host can do all of its work again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// What had been wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Output that is no longer kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapNoted {
    /// First byte that is missing.
    pub from: Offset,
    /// First byte that is kept again.
    pub to: Offset,
}

/// Last record but one of a segment: what was left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentEnded {
    /// How the command ended; the code of a shell that cannot start it if it never began.
    #[serde(flatten)]
    pub exit: Exit,
    /// How long the segment took, in milliseconds of a monotonic clock.
    pub duration_ms: u64,
    /// Processes still alive below the warden.
    pub left: u32,
    /// Whether the time limit ended it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timed_out: bool,
    /// What an operator had asked for before the command ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<RequestKind>,
}

/// Last record of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunClosed {
    /// The outcome.
    pub outcome: Outcome,
}

macro_rules! events {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($payload:ty),)*) => {
        /// A record's kind and payload, typed.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $variant($payload),)*
            /// A custom event, or a known kind whose payload does not fit.
            Other,
        }

        impl Event {
            /// Every kind that has a meaning of its own.
            pub const KINDS: &[&str] = &[$($kind),*];

            /// Reads what `record` means.
            #[must_use]
            pub fn read(record: &Record) -> Self {
                Self::read_from(record.kind.as_str(), &record.fields)
            }

            /// Reads what a record of `kind` means from its payload.
            pub(crate) fn read_from<'de>(kind: &str, payload: impl Deserializer<'de>) -> Self {
                match kind {
                    $($kind => <$payload>::deserialize(payload)
                        .map_or(Self::Other, Self::$variant),)*
                    _ => Self::Other,
                }
            }

            /// The draft that [`Event::read`] reads back; `None` for [`Event::Other`].
            #[must_use]
            pub fn draft(&self) -> Option<Draft> {
                match self {
                    $(Self::$variant(payload) => Some(Draft::new($kind, payload)),)*
                    Self::Other => None,
                }
            }
        }
    };
}

events! {
    /// `segment.started`
    "segment.started" SegmentStarted(SegmentStarted),
    /// `segment.resumed`
    "segment.resumed" SegmentResumed(SegmentResumed),
    /// `child.started`
    "child.started" ChildStarted(ChildStarted),
    /// `child.exited`
    "child.exited" ChildExited(ChildExited),
    /// `item.started`
    "item.started" ItemStarted(ItemStarted),
    /// `item.finished`
    "item.finished" ItemFinished(ItemFinished),
    /// `progress`
    "progress" Progress(Progress),
    /// `step`
    "step" Step(Step),
    /// `channel`
    "channel" Channel(ChannelReadings),
    /// `log`
    "log" Log(LogLine),
    /// `table.row`
    "table.row" TableRow(TableRow),
    /// `artifact`
    "artifact" Artifact(ArtifactNoted),
    /// `activity`
    "activity" Activity(ActivityDeclared),
    /// `prompt.asked`
    "prompt.asked" PromptAsked(PromptAsked),
    /// `prompt.answered`
    "prompt.answered" PromptAnswered(PromptSettled),
    /// `prompt.expired`
    "prompt.expired" PromptExpired(PromptSettled),
    /// `prompt.withdrawn`
    "prompt.withdrawn" PromptWithdrawn(PromptSettled),
    /// `stop.requested`
    "stop.requested" StopRequested(Requested),
    /// `cancel.requested`
    "cancel.requested" CancelRequested(Requested),
    /// `signal.requested`
    "signal.requested" SignalRequested(SignalRequested),
    /// `signal.sent`
    "signal.sent" SignalSent(SignalSent),
    /// `retry.scheduled`
    "retry.scheduled" RetryScheduled(RetryScheduled),
    /// `host.degraded`
    "host.degraded" Degraded(Degraded),
    /// `host.recovered`
    "host.recovered" Recovered(Recovered),
    /// `gap`
    "gap" Gap(GapNoted),
    /// `segment.ended`
    "segment.ended" SegmentEnded(SegmentEnded),
    /// `run.closed`
    "run.closed" RunClosed(RunClosed),
}

/// The step that the run is at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its label.
    pub label: String,
}

#[cfg(test)]
mod tests;
