//! What goes over a pod's socket. `docs/protocol.md` is the prose to these types; the golden files
//! under `tests/golden/` hold one line of each.

use serde::{Deserialize, Serialize};

use crate::{
    Activity, Offset, Outcome, PodName, ProcessAnswer, Progress, RunState, SegmentId, Seq,
    SessionId, Status, TerminalView, Timestamp, WaitingFor,
};

/// The longest `summary` of a hello, in bytes of JSON.
pub const SUMMARY_BYTES_MAX: usize = 4 * 1024;

/// What a viewer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Watch and act.
    Control,
    /// Only watch.
    ReadOnly,
}

/// One of the two logs of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// Records. Positions are sequence numbers.
    Records,
    /// Output. Positions are session-wide byte offsets.
    Output,
}

/// What a viewer sends: a request and the id that its answer will carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientMessage {
    /// Chosen by the client; answers may come in any order.
    pub id: u64,
    /// What it wants.
    #[serde(flatten)]
    pub request: Request,
}

/// What a viewer can ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Must come first. Answered with [`HostMessage::Attached`].
    Attach {
        /// Version of the protocol that the client speaks.
        protocol: u32,
        /// What it means to do.
        mode: Mode,
        /// Which program it is.
        client: String,
        /// Which person, for the record.
        who: String,
    },
    /// Send this log from this position on, and go on as it grows.
    Follow {
        /// The segment; only the live one can be followed.
        segment: SegmentId,
        /// Which log.
        log: Log,
        /// Sequence number or offset of the first thing to send.
        from: u64,
    },
    /// End a [`Request::Follow`].
    Unfollow {
        /// The segment.
        segment: SegmentId,
        /// Which log.
        log: Log,
    },
    /// Send one piece of a log: at most `limit` bytes, in one chunk, behind the `ok`.
    Read {
        /// The segment.
        segment: SegmentId,
        /// Which log.
        log: Log,
        /// Sequence number or offset of the first thing to send.
        from: u64,
        /// The most bytes to send. Records come whole: at least one if there is any.
        limit: u64,
    },
    /// Stop the run, to be resumed later.
    Stop {
        /// How long the command gets before it is killed, in milliseconds.
        grace_ms: u64,
    },
    /// Abandon the run: it is never resumed.
    Cancel {
        /// How long the command gets before it is killed, in milliseconds.
        grace_ms: u64,
    },
    /// Kill the run at once. It can be resumed unless it was cancelled.
    Kill,
    /// Hold every process of the run where it is.
    Pause,
    /// Let a held run go on.
    Continue,
    /// Take control of the command's terminal from whoever has it, or give it up.
    Control {
        /// Which of both.
        take: bool,
    },
    /// Type into the command's terminal; the bytes follow the line. Answered when all of them have
    /// been handed to the terminal.
    Input {
        /// How many bytes follow, at most [`INPUT_BYTES_MAX`](crate::INPUT_BYTES_MAX).
        bytes: u64,
    },
    /// Set the size of the command's terminal, which only who has control may. What is out of
    /// bounds is brought within them.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// Make a program that fills the screen draw it anew.
    Repaint,
    /// What the command is doing now.
    Process,
    /// Answered with [`HostMessage::Pong`].
    Ping,
    /// A request of a newer client.
    #[serde(other)]
    Unknown,
}

impl Request {
    /// Whether it acts on the run: refused to who attached to watch only.
    #[must_use]
    pub const fn acts(&self) -> bool {
        matches!(
            self,
            Self::Stop { .. } | Self::Cancel { .. } | Self::Kill | Self::Pause | Self::Continue
        ) || self.is_for_terminal()
    }

    /// Whether it is about the command's terminal.
    #[must_use]
    pub const fn is_for_terminal(&self) -> bool {
        matches!(
            self,
            Self::Control { .. } | Self::Input { .. } | Self::Resize { .. } | Self::Repaint
        )
    }
}

/// What a host sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HostMessage {
    /// First, unasked.
    Hello(Box<Hello>),
    /// The answer to [`Request::Attach`].
    Attached(Box<Attached>),
    /// The request was carried out.
    Ok {
        /// Which one.
        id: u64,
        /// What came of a request that says more.
        #[serde(flatten, skip_serializing_if = "Option::is_none")]
        done: Option<Done>,
    },
    /// The request was refused.
    Error(Refusal),
    /// A piece of a log; its bytes follow the line.
    Chunk(ChunkHeader),
    /// How the command's terminal is, right behind [`HostMessage::Attached`] and whenever that
    /// changes. Never of a run without a terminal.
    Terminal(TerminalView),
    /// The run is over. Everything of it has been sent to who followed.
    Closed {
        /// How it ended.
        outcome: Outcome,
    },
    /// The answer to [`Request::Ping`].
    Pong {
        /// Which one.
        id: u64,
    },
    /// A message of a newer host.
    #[serde(other)]
    Unknown,
}

/// Who answers on a socket, and enough of its state to draw a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// Version of the protocol that the host speaks.
    pub protocol: u32,
    /// Version of the tool.
    pub tool: String,
    /// The pod.
    pub pod: PodName,
    /// The session.
    pub session: SessionId,
    /// The segment; absent while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentId>,
    /// The host process.
    pub pid: u32,
    /// Status of the run.
    pub status: Status,
    /// The number that the next record will have.
    pub next_seq: Seq,
    /// How much output there is.
    pub length: Offset,
    /// For a row of a list.
    pub summary: Summary,
}

/// What a row of a list shows of a live run. At most [`SUMMARY_BYTES_MAX`] as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// When the session started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Time of the newest record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When output last came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_at: Option<Timestamp>,
    /// What it seems to be doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<Activity>,
    /// Whether a stop or cancel is under way: `stop` or `cancel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<String>,
    /// What it waits for before its command starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// Whether an operator holds it where it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// Progress as last reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Share done, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
    /// Finished items.
    #[serde(default)]
    pub done: u64,
    /// Planned items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u64>,
    /// How often the session was resumed.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub resumed: u32,
    /// How often of these nobody had asked for it, because the host was lost.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub recovered: u32,
    /// Prompts that wait.
    #[serde(default)]
    pub prompts: u64,
    /// The command line, redacted, shortened.
    #[serde(default)]
    pub command: String,
    /// Where it runs.
    #[serde(default)]
    pub cwd: String,
    /// One line: the newest of prompt, step, last output line or last record. Printable.
    #[serde(default)]
    pub preview: String,
    /// Why the host cannot do all its work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degraded: Option<String>,
    /// How much output is no longer kept, in bytes over all segments.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub gone_bytes: u64,
}

/// The state at the moment of attaching. Who attached while the segment was pending gets it again,
/// with the same id, whenever what the run waits for changes, and when the segment has begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attached {
    /// Which attach this answers.
    pub id: u64,
    /// The segment; absent while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentId>,
    /// First record of the segment.
    pub first_seq: Seq,
    /// First output byte of the segment.
    pub out_base: Offset,
    /// How much output there is.
    pub length: Offset,
    /// When output last came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_at: Option<Timestamp>,
    /// What it waits for while the segment is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// The fold of all records up to `state.seq`. While the segment is pending there are none, and
    /// the state holds only what is going to run.
    pub state: RunState,
}

/// Announces `bytes` raw bytes of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkHeader {
    /// The segment.
    pub segment: SegmentId,
    /// Which log.
    pub log: Log,
    /// Sequence number of the first record, or offset of the first byte.
    pub from: u64,
    /// How many bytes follow the line. Records come whole.
    pub bytes: u64,
}

/// What came of a request that says more than `ok`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Done {
    /// Of a stop, a cancel or a kill.
    Stop(StopAnswer),
    /// Of a pause or a continue.
    Hold(HoldAnswer),
    /// Of a question for the process.
    Process(ProcessAnswer),
}

/// What came of a pause or a continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldAnswer {
    /// Whether the run is held now.
    pub paused: bool,
    /// Whether it was not before.
    pub changed: bool,
}

/// What came of a stop, a cancel or a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopAnswer {
    /// Whether this run ends, ends as something else, or ends sooner because of it.
    pub stopped: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<StopReason>,
}

/// Why a stop, a cancel or a kill did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The run has ended already.
    AlreadyTerminal,
    /// As much is under way already.
    AlreadyRequested,
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The request; 0 when the host could not tell.
    pub id: u64,
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

/// Why a request was not carried out, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The peer is another user.
    Forbidden,
    /// The client attached to watch only.
    ReadOnly,
    /// The position is past the end, or of another segment: attach again.
    StaleCursor,
    /// The versions do not fit.
    UnsupportedProtocol,
    /// The message makes no sense here; the connection closes.
    BadRequest,
    /// The message is over a limit; the connection closes.
    TooLarge,
    /// No such prompt.
    UnknownPrompt,
    /// Somebody else answered first.
    PromptSettled,
    /// The answer does not fit the prompt.
    InvalidAnswer,
    /// The command does not run.
    NotRunning,
    /// Somebody else, or nobody, has control of the terminal.
    NotControlling,
    /// The host is on its way out.
    ShuttingDown,
    /// A code of a newer host.
    #[serde(other)]
    Unknown,
}
