//! The language that every part of the product speaks: names, ids, records, the run state folded
//! from them, socket messages and the codec that frames them.
//!
//! Invariants:
//! - Nothing here reads a clock, a file, a socket or the environment: time and bytes come in as
//!   arguments, so every rule in this crate can be tested as a table.
//! - A record that this version does not know survives a round trip unchanged.
//! - [`RunState`] is the only place where records become a status. Board, history, picker, `tui
//!   show` and the host itself call it, so they cannot disagree.
//!
//! Absent on purpose: tokio, I/O, randomness, and any type of a screen.

mod begun;
mod byte_size;
mod codec;
mod duration;
mod event;
mod exact;
mod gaps;
mod id;
mod kind;
mod last_line;
mod message;
mod name;
mod outcome;
mod position;
mod printable;
mod process;
mod record;
mod redact;
mod reports;
mod state;
mod terminal;
mod tone;
mod utc;
mod waiting;

pub use begun::begun_bytes;
pub use byte_size::short_bytes;
pub use codec::{
    CodecError, Decoder, Framed, INPUT_BYTES_MAX, MESSAGE_BYTES_MAX, PAYLOAD_BYTES_MAX, Wire,
    encode,
};
pub use duration::short_duration;
pub use event::{
    ActivityDeclared, ArtifactNoted, ChannelReadings, ChildExited, ChildStarted, Degraded, Event,
    GapNoted, GitRevision, ItemFinished, ItemOutcome, ItemStarted, LogLine, Progress, PromptAsked,
    PromptKind, PromptSettled, Reading, Recovered, Requested, RetryScheduled, RunClosed,
    SegmentEnded, SegmentResumed, SegmentStarted, SignalReason, SignalRequested, SignalSent, Step,
    TableRow, Usage,
};
pub use exact::ExactString;
pub use gaps::Gaps;
pub use id::{IdError, PromptId, SegmentId, SessionId, tail};
pub use kind::{Kind, KindError};
pub use last_line::last_line;
pub use message::{
    Attached, ChunkHeader, ClientMessage, Done, ErrorCode, Hello, HoldAnswer, HostMessage, Log,
    Mode, Refusal, Request, SUMMARY_BYTES_MAX, StopAnswer, StopReason, Summary,
};
pub use name::{NAME_CHARS_MAX, NameError, PodName};
pub use outcome::{Ending, Exit, Outcome, RequestKind, Status, decide, exit_code};
pub use position::{Offset, Seq, Timestamp, TimestampError};
pub use printable::{cut_to_width, printable};
pub use process::{Process, ProcessAnswer, ProcessState};
pub use record::{Draft, Fields, RECORD_BYTES_MAX, Record, RecordError, Stamp};
pub use redact::{REDACTED, SecretWords};
pub use reports::{REPORT_BYTES_MAX, Report, Reports};
pub use state::{
    Activity, CHANNEL_POINTS_MAX, CHANNELS_MAX, Channel, Channels, Counts, Health, Hold, Identity,
    Liveness, NextAttempt, PendingPrompt, Phase, ProgressState, Prompts, Pulse, QUIET_AFTER_MS,
    Requests, Resumption, RunState, TEXT_BYTES_MAX, Times,
};
pub use terminal::{
    CONTROL_STRING_BYTES_MAX, Colour, Edits, NAMED_COLOURS, QueryScanner, Scanned, ScreenInUse,
    ScreenScanner, TERMINAL_SIDE_MAX, TERMINAL_SIDE_MIN, TerminalQuery, TerminalSize,
    TerminalState, TerminalView,
};
pub use tone::{Tone, tone};
pub use waiting::{GroupName, WaitingFor};

/// The version of the socket protocol that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 1;
/// The version of the files that this crate's types are stored in.
pub const FORMAT_VERSION: u32 = 1;

/// For counts that most runs do not have.
fn is_zero<T: Default + PartialEq>(count: &T) -> bool {
    *count == T::default()
}
