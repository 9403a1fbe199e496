//! The state of a run, folded from its records.
//!
//! [`RunState::apply`] is the only way to change it. It never asks who is alive or what time it is:
//! both are arguments of the questions ([`RunState::status`], [`RunState::activity`]). It is
//! bounded ([`Counts::ITEMS_TRACKED_MAX`], `CHANNELS_MAX`, …) so that no run decides how much a
//! viewer holds: lists of items, rows and artifacts stay in the log.

mod activity;
mod apply;
mod channels;
mod counts;
mod hold;
mod prompts;
mod summary;

use serde::{Deserialize, Serialize};

pub use activity::{Activity, Pulse, QUIET_AFTER_MS};
use apply::Moment;
pub use channels::{CHANNEL_POINTS_MAX, Channel, Channels};
pub use counts::Counts;
pub use hold::Hold;
pub use prompts::{PendingPrompt, Prompts};

use crate::{
    Ending, Exit, Gaps, Offset, Outcome, PodName, Progress, RequestKind, SegmentId, SegmentResumed,
    SegmentStarted, Seq, SessionId, SignalReason, SignalSent, Status, Timestamp, decide, exit_code,
};

/// Whether somebody holds the pod's lease: what a log alone cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// A host is alive.
    Held,
    /// Nobody is.
    Free,
}

/// How far the current segment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No record yet.
    #[default]
    Empty,
    /// `segment.started` is written.
    Starting,
    /// The command runs.
    Running {
        /// Its process id.
        pid: u32,
    },
    /// The command is gone, the segment is not closed yet.
    Exited {
        /// How it ended.
        exit: Exit,
    },
    /// Closed, for good.
    Closed {
        /// The outcome.
        outcome: Outcome,
        /// How the command ended, if it ever ran.
        exit: Option<Exit>,
    },
}

/// What operators asked of the current segment, and what was done about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// When a stop was first asked for.
    pub stop_at: Option<Timestamp>,
    /// When a cancel was first asked for.
    pub cancel_at: Option<Timestamp>,
    /// The last signal that went out to end it.
    pub last_signal: Option<i32>,
    /// Whether its time limit ended it, or is about to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timed_out: bool,
}

impl Requests {
    /// The strongest request.
    #[must_use]
    pub fn strongest(&self) -> Option<RequestKind> {
        match (self.cancel_at, self.stop_at) {
            (Some(_), _) => Some(RequestKind::Cancel),
            (None, Some(_)) => Some(RequestKind::Stop),
            (None, None) => None,
        }
    }
}

/// Progress and step, as last reported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProgressState {
    /// The last `progress` record.
    pub last: Option<Progress>,
    /// The current step.
    pub step: Option<String>,
    /// The item that has started and not finished.
    pub item: Option<String>,
}

/// Which run this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The session.
    pub session: SessionId,
    /// The current segment.
    pub segment: SegmentId,
    /// Its place among the session's segments.
    pub ordinal: u32,
    /// The pod.
    pub pod: PodName,
    /// The command line, redacted.
    pub command: Vec<String>,
    /// Where it runs.
    pub cwd: String,
    /// The machine it runs on.
    pub host: String,
}

/// When things happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// First record of the session.
    pub started_at: Option<Timestamp>,
    /// First record of the current segment.
    pub segment_started_at: Option<Timestamp>,
    /// Newest record, or the one before it that a clock which was set back makes look newer: a list
    /// in this order does not turn round.
    pub updated_at: Option<Timestamp>,
    /// Length of the current segment, once it has ended, in milliseconds.
    pub duration_ms: Option<u64>,
    /// The same of all segments before it together; of one whose end nobody wrote down, as far as its
    /// records go.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub earlier_ms: u64,
    /// How long the current segment had lasted at its newest record, in milliseconds.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub lasted_ms: u64,
}

impl Times {
    /// How long a run that has ended was at work, in milliseconds. What lay between its segments does
    /// not count.
    #[must_use]
    pub fn took_ms(&self) -> Option<u64> {
        self.duration_ms.map(|ms| self.earlier_ms + ms)
    }

    /// The same of one whose current segment has lasted until `now`, or of whose end nothing was
    /// written but that it was there then.
    #[must_use]
    pub fn worked_ms(&self, now: Timestamp) -> Option<u64> {
        let segment_ms = now.millis_since(self.segment_started_at?);
        Some(self.earlier_ms + segment_ms)
    }
}

/// How often a run was restarted, and what is wrong with its host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How often the session was resumed.
    pub resumed: u32,
    /// How often of these nobody had asked for it.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub recovered: u32,
    /// How often since an operator last launched or resumed it.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub recovered_in_a_row: u32,
    /// The last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_resumption: Option<Resumption>,
    /// How often the command was retried.
    pub retried: u32,
    /// The attempt that is to come, until it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<NextAttempt>,
    /// Why the host cannot do all its work.
    pub degraded: Option<String>,
    /// Records that had a known kind but no usable payload.
    pub unreadable: u64,
    /// Processes that were left behind when the segment ended.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub left: u32,
}

/// An attempt that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextAttempt {
    /// Which one.
    pub attempt: u32,
    /// How many there are.
    pub of: u32,
    /// When it comes.
    pub due: Timestamp,
}

/// A run that was taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// When.
    pub at: Timestamp,
    /// The outcome that it had before.
    pub outcome: Outcome,
    /// Whether nobody asked for it.
    #[serde(default)]
    pub recovered: bool,
}

impl Health {
    fn resume(&mut self, resumed: &SegmentResumed, at: Timestamp) {
        let SegmentResumed {
            outcome, recovered, ..
        } = *resumed;
        self.resumed = resumed.resumed;
        if recovered {
            self.recovered += 1;
            self.recovered_in_a_row += 1;
        } else {
            self.recovered_in_a_row = 0;
        }
        self.last_resumption = Some(Resumption {
            at,
            outcome,
            recovered,
        });
    }

    /// "resumed 2× · last 14:02 after host loss", with the moment put in words by `clock`; nothing
    /// for a run that never was.
    #[must_use]
    pub fn recovery(&self, clock: impl FnOnce(Timestamp) -> String) -> Option<String> {
        let last = self.last_resumption?;
        let after = match last.outcome {
            Outcome::Interrupted => "host loss".to_owned(),
            Outcome::Stopped => "a stop".to_owned(),
            outcome => format!("it {outcome}"),
        };
        let word = if last.recovered {
            "recovered"
        } else {
            "resumed"
        };
        let times = if last.recovered {
            self.recovered
        } else {
            self.resumed
        };
        Some(format!(
            "{word} {times}× · last {} after {after}",
            clock(last.at)
        ))
    }
}

/// Everything that is known about a run from its records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// Number of the newest record.
    pub seq: Seq,
    /// Output offset of the newest record.
    pub out: Offset,
    /// Which run; `None` before the first `segment.started`.
    pub identity: Option<Identity>,
    /// How far the segment is.
    pub phase: Phase,
    /// What was asked of it.
    pub requests: Requests,
    /// Whether it is held where it is.
    #[serde(default, skip_serializing_if = "Hold::is_idle")]
    pub hold: Hold,
    /// When.
    pub times: Times,
    /// Progress, step and item.
    pub progress: ProgressState,
    /// Items by outcome.
    pub counts: Counts,
    /// Named series.
    pub channels: Channels,
    /// Open questions.
    pub prompts: Prompts,
    /// What the run last said or did, for [`RunState::activity`].
    pub pulse: Pulse,
    /// Restarts and troubles.
    pub health: Health,
    /// Output that is no longer kept, over all segments.
    #[serde(default, skip_serializing_if = "Gaps::is_empty")]
    pub gaps: Gaps,
}

/// The most channels that are followed; later ones are only counted.
pub const CHANNELS_MAX: usize = 64;
/// The longest text kept of a step, item, command word or title, in bytes.
pub const TEXT_BYTES_MAX: usize = 512;
/// The most words kept of a command line.
const COMMAND_WORDS_MAX: usize = 32;

impl RunState {
    fn start_segment(&mut self, started: &SegmentStarted, at: Timestamp) {
        let command = started
            .command
            .iter()
            .take(COMMAND_WORDS_MAX)
            .map(clip)
            .collect();
        self.identity = Some(Identity {
            session: started.session,
            segment: started.segment,
            ordinal: started.ordinal,
            pod: started.pod.clone(),
            command,
            cwd: clip(&started.cwd),
            host: clip(&started.host),
        });
        self.phase = Phase::Starting;
        self.requests = Requests::default();
        self.hold = Hold::default();
        self.times.started_at.get_or_insert(at);
        self.times.segment_started_at = Some(at);
        let before_ms = self.times.duration_ms.take();
        self.times.earlier_ms += before_ms.unwrap_or(self.times.lasted_ms);
        self.times.lasted_ms = 0;
        self.counts.planned = started.planned.or(self.counts.planned);
        self.progress.item = None;
        self.health.degraded = None;
        self.health.left = 0;
        self.health.next_attempt = None;
        // Whoever asked is gone with the segment before.
        self.prompts = Prompts::default();
    }

    fn request(&mut self, kind: RequestKind, at: Timestamp) {
        // A request recorded after the command ended comes too late to have caused the end.
        if matches!(self.phase, Phase::Exited { .. }) {
            return;
        }
        let first = match kind {
            RequestKind::Stop => &mut self.requests.stop_at,
            RequestKind::Cancel => &mut self.requests.cancel_at,
        };
        first.get_or_insert(at);
    }

    fn note_signal(&mut self, sent: &SignalSent, moment: Moment) {
        if self.hold.signal(&sent.name, moment.at, moment.t_ms) {
            return;
        }
        match sent.reason {
            Some(SignalReason::TimeLimit) => self.requests.timed_out = true,
            // What ends what a command left behind says nothing about the command's own end.
            Some(SignalReason::Reap) => return,
            _ => {}
        }
        self.requests.last_signal = Some(sent.signal);
    }

    fn close(&mut self, outcome: Outcome) {
        let exit = self.exit();
        self.phase = Phase::Closed { outcome, exit };
        self.health.next_attempt = None;
        self.hold.let_go(None);
        self.progress.item = None;
        self.prompts = Prompts::default();
    }

    /// How the command of the current segment ended, if it did.
    #[must_use]
    pub const fn exit(&self) -> Option<Exit> {
        match self.phase {
            Phase::Exited { exit } => Some(exit),
            Phase::Closed { exit, .. } => exit,
            _ => None,
        }
    }

    /// The outcome, if the run has one given who is alive. A log without `run.closed` whose host is
    /// gone has one too: what was asked of it, else *interrupted*.
    #[must_use]
    pub fn outcome(&self, liveness: Liveness) -> Option<Outcome> {
        match (self.phase, liveness) {
            (Phase::Closed { outcome, .. }, _) => Some(outcome),
            (_, Liveness::Held) | (Phase::Empty, Liveness::Free) => None,
            (_, Liveness::Free) => Some(decide(self.requests.strongest(), Ending::HostLost)),
        }
    }

    /// The status, given who is alive.
    #[must_use]
    pub fn status(&self, liveness: Liveness) -> Status {
        match (self.outcome(liveness), self.phase) {
            (Some(outcome), _) => outcome.into(),
            (None, Phase::Empty) => Status::Pending,
            (None, Phase::Starting) => Status::Starting,
            (None, _) => Status::Running,
        }
    }

    /// The exit code that mirrors this run, once it has an outcome.
    #[must_use]
    pub fn exit_code(&self, liveness: Liveness) -> Option<u8> {
        let outcome = self.outcome(liveness)?;
        let ending = match self.exit() {
            _ if self.requests.timed_out => Some(Ending::TimedOut),
            exit => exit.map(Ending::Exited),
        };
        Some(exit_code(outcome, ending, self.requests.last_signal))
    }

    /// The share that is done, from 0 to 1: reported progress first, planned items second.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        let reported = self
            .progress
            .last
            .as_ref()
            .and_then(|p| Some((p.done?, p.total?)));
        #[expect(
            clippy::cast_precision_loss,
            reason = "a bar has far fewer steps than 2^52"
        )]
        let planned = self
            .counts
            .planned
            .map(|planned| (self.counts.done() as f64, planned as f64));
        let (done, total) = reported.or(planned)?;
        let fraction = done / total;
        fraction.is_finite().then(|| fraction.clamp(0.0, 1.0))
    }

    /// "5 of 10 done", "5 done", or nothing to say.
    #[must_use]
    pub fn done_of_planned(&self) -> Option<String> {
        match (self.counts.done(), self.counts.planned) {
            (0, None) => None,
            (done, Some(planned)) => Some(format!("{done} of {planned} done")),
            (done, None) => Some(format!("{done} done")),
        }
    }
}

/// Keeps at most [`TEXT_BYTES_MAX`] bytes of `text`.
pub(crate) fn clip(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    text[..text.floor_char_boundary(TEXT_BYTES_MAX)].to_owned()
}

/// The same of a text that is not needed whole any more.
fn clipped(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.shrink_to_fit();
    }
    text
}

#[cfg(test)]
mod tests;
