//! How a run ends, decided in one place.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the command itself ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
}

/// The final word on a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It exited with 0 and nobody had asked it to end.
    Passed,
    /// It exited with another code.
    Failed,
    /// An unrequested signal, a time limit or a failed exec.
    Errored,
    /// An operator asked it to pause for later.
    Stopped,
    /// An operator abandoned it. Never resumed.
    Cancelled,
    /// Its host vanished without writing an end.
    Interrupted,
}

/// Status of a run: not yet running, running, or its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for something else before its command starts.
    Pending,
    /// Its command is about to start.
    Starting,
    /// Its command runs.
    Running,
    /// See [`Outcome::Passed`].
    Passed,
    /// See [`Outcome::Failed`].
    Failed,
    /// See [`Outcome::Errored`].
    Errored,
    /// See [`Outcome::Stopped`].
    Stopped,
    /// See [`Outcome::Cancelled`].
    Cancelled,
    /// See [`Outcome::Interrupted`].
    Interrupted,
}

impl Status {
    /// All of them, in the order of a run's life.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Starting,
        Self::Running,
        Self::Passed,
        Self::Failed,
        Self::Errored,
        Self::Stopped,
        Self::Cancelled,
        Self::Interrupted,
    ];
}

/// What an operator asked for, the strongest of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Pause for later.
    Stop,
    /// Abandon.
    Cancel,
}

/// Everything that can end a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The command ended.
    Exited(Exit),
    /// Its time limit ran out.
    TimedOut,
    /// It could not be started.
    ExecFailed,
    /// The host vanished: there is no `run.closed` and nobody holds the lease.
    HostLost,
}

/// Decides the outcome of a segment from what was asked before it ended and how it ended.
#[must_use]
pub const fn decide(asked: Option<RequestKind>, ending: Ending) -> Outcome {
    match (asked, ending) {
        (Some(RequestKind::Cancel), _) => Outcome::Cancelled,
        (Some(RequestKind::Stop), _) => Outcome::Stopped,
        (None, Ending::HostLost) => Outcome::Interrupted,
        (None, Ending::Exited(Exit::Code(0))) => Outcome::Passed,
        (None, Ending::Exited(Exit::Code(_))) => Outcome::Failed,
        (None, Ending::Exited(Exit::Signal(_)) | Ending::TimedOut | Ending::ExecFailed) => {
            Outcome::Errored
        }
    }
}

/// The exit code with which `tui wait` mirrors a run. `ending` is how its segment ended, where that
/// is known; `last_signal` is the last signal that was sent to end it. An interrupted run is never
/// 0.
#[must_use]
pub fn exit_code(outcome: Outcome, ending: Option<Ending>, last_signal: Option<i32>) -> u8 {
    const SIGINT: i32 = 2;
    let signalled = |signal: i32| u8::try_from(128 + signal).unwrap_or(u8::MAX);
    match (outcome, ending) {
        (Outcome::Passed, _) => 0,
        (Outcome::Stopped | Outcome::Cancelled, _) => signalled(last_signal.unwrap_or(SIGINT)),
        (Outcome::Interrupted, _) => 125,
        (_, Some(Ending::TimedOut)) => 124,
        (_, Some(Ending::Exited(Exit::Signal(signal)))) => signalled(signal),
        (_, Some(Ending::Exited(Exit::Code(code)))) if code != 0 => u8::try_from(code).unwrap_or(1),
        (Outcome::Errored | Outcome::Failed, _) => 1,
    }
}

impl RequestKind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Cancel => "cancel",
        }
    }
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Status {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the run has ended.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Pending | Self::Starting | Self::Running)
    }
}

impl From<Outcome> for Status {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Passed,
            Outcome::Failed => Self::Failed,
            Outcome::Errored => Self::Errored,
            Outcome::Stopped => Self::Stopped,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ending::{ExecFailed, Exited, HostLost, TimedOut};
    use RequestKind::{Cancel, Stop};

    /// Every request with every kind of ending: nothing is left to a default.
    #[test]
    fn the_outcome_table() {
        use Outcome::{Cancelled, Errored, Failed, Interrupted, Passed, Stopped};
        let endings = [
            (Exited(Exit::Code(0)), Passed),
            (Exited(Exit::Code(1)), Failed),
            (Exited(Exit::Code(130)), Failed),
            (Exited(Exit::Code(255)), Failed),
            (Exited(Exit::Signal(2)), Errored),
            (Exited(Exit::Signal(9)), Errored),
            (Exited(Exit::Signal(64)), Errored),
            (TimedOut, Errored),
            (ExecFailed, Errored),
            (HostLost, Interrupted),
        ];
        for (ending, unasked) in endings {
            assert_eq!(decide(None, ending), unasked, "{ending:?}");
            assert_eq!(decide(Some(Stop), ending), Stopped, "{ending:?}");
            assert_eq!(decide(Some(Cancel), ending), Cancelled, "{ending:?}");
        }
        assert!(
            Cancel > Stop,
            "a cancel outweighs a stop, in whatever order they came"
        );
    }

    #[test]
    fn exit_codes_are_conventional() {
        let check =
            |outcome, ending, signal, code| assert_eq!(exit_code(outcome, ending, signal), code);
        let exited = |exit| Some(Exited(exit));
        check(Outcome::Passed, exited(Exit::Code(0)), None, 0);
        check(Outcome::Failed, exited(Exit::Code(3)), None, 3);
        check(Outcome::Errored, exited(Exit::Signal(11)), None, 139);
        check(Outcome::Stopped, exited(Exit::Code(0)), Some(2), 130);
        check(Outcome::Stopped, None, Some(15), 143);
        check(Outcome::Stopped, Some(TimedOut), Some(15), 143);
        check(Outcome::Cancelled, exited(Exit::Signal(9)), Some(9), 137);
        check(Outcome::Stopped, None, None, 130);
        check(Outcome::Interrupted, None, None, 125);
        check(Outcome::Errored, Some(TimedOut), Some(9), 124);
        check(Outcome::Errored, None, None, 1);
        check(Outcome::Errored, Some(ExecFailed), None, 1);
    }
}
