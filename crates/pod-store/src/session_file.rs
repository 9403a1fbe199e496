//! `session.json`: how a session was launched.

use std::collections::BTreeMap;

use pod_protocol::{ExactString, Fields, GroupName, PodName, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Cap;

/// The longest session file that is read, in bytes. The kernel passes at most 6 MiB of arguments
/// and environment; in JSON an unprintable byte takes six.
pub(crate) const SESSION_FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How a session was launched: enough to launch it again, except for what was redacted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionFile {
    /// The format's version.
    pub version: u32,
    /// The session; the same as its directory's name.
    pub session: SessionId,
    /// The pod that it was launched as.
    pub pod: PodName,
    /// The command line, program first.
    pub command: Vec<ExactString>,
    /// The working directory.
    pub cwd: ExactString,
    /// The environment, in its order.
    #[serde(default)]
    pub env: Vec<Variable>,
    /// The file mode creation mask; unknown to older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub umask: Option<u32>,
    /// The resource limits; unknown to older versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
    /// What it may do and what is expected of it.
    #[serde(flatten)]
    pub terms: Terms,
    /// When it was launched.
    pub created_at: Timestamp,
    /// The pod whose command launched it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_pod: Option<PodName>,
    /// The session that it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<SessionId>,
    /// The operator's own labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub unknown: Fields,
}

/// What a run may do and what is expected of it: said at the launch, and the same for every segment
/// of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What the command's standard streams are.
    pub io: ChildIo,
    /// How many items the run means to finish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u64>,
    /// How long a segment may take, in milliseconds of the monotonic clock; it is ended then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Whether what the command leaves behind is ended with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reap: bool,
    /// Whether the next command takes it up again after its host was lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recover: bool,
    /// Which runs it takes turns with. A segment that takes the run up again queues up again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupTerms>,
    /// How much of the output is kept.
    #[serde(rename = "cap_bytes", default, skip_serializing_if = "Cap::is_default")]
    pub cap: Cap,
}

impl Terms {
    /// Nothing but what the standard streams are.
    #[must_use]
    pub const fn of(io: ChildIo) -> Self {
        Self {
            io,
            planned: None,
            timeout_ms: None,
            reap: false,
            recover: false,
            group: None,
            cap: Cap::DEFAULT,
        }
    }
}

/// A run's place among others that are not to run all at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTerms {
    /// The name that they have in common.
    pub name: GroupName,
    /// The run begins when fewer than so many that came before it are left. At least 1.
    pub limit: u64,
}

impl GroupTerms {
    /// The highest limit. A run that is next in line has a sleeping thread for each that runs.
    pub const LIMIT_MAX: u64 = 128;
}

/// A resource limit, as `getrlimit(2)` has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Its name as `prlimit(1)` has it, in lower case: `nofile`.
    pub name: String,
    /// What holds; `None` is no limit.
    pub soft: Option<u64>,
    /// How far the soft one may be raised; `None` is no limit.
    pub hard: Option<u64>,
}

/// One environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: ExactString,
    /// Its value; `None` where it is a secret that was not written down.
    pub value: Option<ExactString>,
}

/// What a command's standard streams are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChildIo {
    /// A pseudo-terminal.
    Pty,
    /// Pipes.
    Pipe,
}
