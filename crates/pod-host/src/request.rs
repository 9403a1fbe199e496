//! What a launcher asks of a new host, and what the host answers: one JSON document each way, over
//! the standard input and output of the host process.

use std::{collections::BTreeMap, io, path::PathBuf};

use pod_files::FileError;
use pod_protocol::{
    ExactString, Offset, PodName, SecretWords, SegmentId, SessionId, Status, Timestamp, WaitingFor,
};
use pod_registry::{Machine, RegistryError};
use pod_store::{StoreError, Terms};
use serde::{Deserialize, Serialize};

/// Which name the pod gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameChoice {
    /// This one, or the launch fails.
    Exact(PodName),
    /// This one, or the first free `name-2`, `name-3`, …
    From(PodName),
}

/// Everything a host needs to know. The environment, the limits and the umask are those of the
/// process that launches, as far as the run has none on record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaunchRequest {
    /// Root of the durable files.
    pub state_root: PathBuf,
    /// Root of the runtime files.
    pub runtime_root: PathBuf,
    /// What to run.
    pub origin: Origin,
    /// Which variables and arguments are kept out of records.
    #[serde(default)]
    pub secrets: SecretWords,
    /// Version of the tool, for the record.
    pub tool: String,
}

/// Where a run comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It has not been before.
    New(NewRun),
    /// A new segment of a session that ended before its work was done.
    Resume {
        /// The pod that it ran as.
        pod: PodName,
        /// The session.
        session: SessionId,
        /// Whether nobody asked for it: only an interrupted run is taken up again then.
        recovery: bool,
    },
    /// A new session with the command and the conditions of another.
    Rerun {
        /// The pod that it will be.
        pod: PodName,
        /// The session that is repeated.
        of: SessionId,
        /// Only what failed, errored or has no result.
        failed_only: bool,
    },
}

/// A run that has not been before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewRun {
    /// The name.
    pub name: NameChoice,
    /// Program and arguments; never empty.
    pub command: Vec<ExactString>,
    /// Working directory, absolute.
    pub cwd: ExactString,
    /// What it may do and what is expected of it.
    pub terms: Terms,
    /// The operator's own labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The pods that have to end before its command starts.
    #[serde(default)]
    pub after: Vec<PodName>,
}

impl Origin {
    /// Which name the pod gets.
    pub(crate) fn name(&self) -> NameChoice {
        match self {
            Self::New(new) => new.name.clone(),
            Self::Resume { pod, .. } | Self::Rerun { pod, .. } => NameChoice::Exact(pod.clone()),
        }
    }

    /// The pods that have to end first.
    pub(crate) fn after(&self) -> Vec<PodName> {
        match self {
            Self::New(new) => new.after.clone(),
            Self::Resume { .. } | Self::Rerun { .. } => Vec::new(),
        }
    }
}

/// A pod that runs, or waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launched {
    /// Its name.
    pub name: PodName,
    /// Its session.
    pub session: SessionId,
    /// Its segment that runs, or will.
    pub segment: SegmentId,
    /// The host process.
    pub host_pid: u32,
    /// Where it answers.
    pub socket: PathBuf,
    /// Where its output begins: not at 0 if the session was resumed.
    pub out_base: Offset,
    /// What it waits for before its command starts.
    #[serde(default)]
    pub waiting_for: Option<WaitingFor>,
    /// The session that the name stood for until now, if it could still be taken up again.
    pub leaves: Option<Left>,
}

/// A session that a launch has taken the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The session.
    pub session: SessionId,
    /// How it ended.
    pub status: Status,
}

/// Why no pod came to be. Nothing of it is left on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "failure")]
pub enum LaunchFailure {
    /// There is no such program.
    #[error("{program}: command not found")]
    NotFound {
        /// As it was given.
        program: String,
    },
    /// The program cannot be executed.
    #[error("{program}: cannot be executed: {reason}")]
    NotExecutable {
        /// As it was given.
        program: String,
        /// What the kernel said.
        reason: String,
    },
    /// The working directory is not there.
    #[error("{path}: working directory: {reason}")]
    NoDirectory {
        /// As it was given.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A pod of this name is live.
    #[error("pod {name} is live")]
    Live {
        /// The name.
        name: PodName,
        /// Its host, where the lease says so.
        pid: Option<u32>,
        /// Since when.
        since: Option<Timestamp>,
        /// On which other machine, if not on this one.
        machine: Option<String>,
    },
    /// The session cannot be taken up again or repeated.
    #[error("{reason}")]
    NotRestorable {
        /// Why not.
        reason: String,
    },
    /// Secrets that were not written down, and that the launcher does not have either.
    #[error("needs {} (not recorded)", names.join(", "))]
    Unrecorded {
        /// Their names.
        names: Vec<String>,
    },
    /// Conditions of the run that cannot be restored, in words.
    #[error("cannot restore {}", what.join(", "))]
    OutOfReach {
        /// Which.
        what: Vec<String>,
    },
    /// No item of the run failed, errored or is missing.
    #[error("nothing to repeat: no item failed, errored or is missing ({done} done)")]
    NothingToRepeat {
        /// How many items have a result.
        done: u64,
    },
    /// A directory of ours belongs to somebody else.
    #[error("{reason}")]
    ForeignDirectory {
        /// Which one, and whose it is.
        reason: String,
    },
    /// Anything else: the operation and what the system said.
    #[error("{operation}: {reason}")]
    Host {
        /// What the host was doing.
        operation: String,
        /// Why it could not.
        reason: String,
    },
}

impl LaunchFailure {
    /// A failure of the host itself.
    pub(crate) fn host(operation: &str, error: &dyn std::error::Error) -> Self {
        Self::Host {
            operation: operation.to_owned(),
            reason: chain(error),
        }
    }

    pub(crate) fn io(operation: &str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::host(operation, &error)
    }

    pub(crate) fn errno(operation: &str) -> impl FnOnce(nix::Error) -> Self {
        move |error| Self::host(operation, &error)
    }
}

/// An error and its sources on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// The host's only word to its launcher.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Readiness {
    /// The command runs, or waits for its turn, and its pod is on disk.
    Ready(Launched),
    /// It does not, and nothing is.
    Failed(LaunchFailure),
}

impl From<StoreError> for LaunchFailure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::File(FileError::ForeignOwner { .. }) => Self::ForeignDirectory {
                reason: chain(&error),
            },
            _ => Self::host("use the state directory", &error),
        }
    }
}

impl From<RegistryError> for LaunchFailure {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Held { pod, holder } => Self::Live {
                name: pod,
                pid: holder.as_ref().map(|holder| holder.pid),
                since: holder.as_ref().map(|holder| holder.since),
                machine: holder
                    .filter(|holder| !Machine::read().has(holder))
                    .map(|holder| holder.host_name),
            },
            RegistryError::File(FileError::ForeignOwner { .. }) => Self::ForeignDirectory {
                reason: chain(&error),
            },
            error => Self::host("use the runtime directory", &error),
        }
    }
}
