//! What the files say of a pod: the stored half of a row of the list.
//!
//! It is read here and not where it is shown, because whoever changes a pod writes down the same in
//! the recent index: one function reads the files, so that the index says what they say.

mod read;

use std::{collections::BTreeMap, path::PathBuf};

use pod_protocol::{Exit, PodName, SegmentId, SessionId, Status, Summary, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use read::read_with_directory;

/// What the files say of a pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// When the pod was first launched; unknown when its metadata cannot be read.
    pub created_at: Option<Timestamp>,
    /// Whether it is exempt from pruning.
    pub pinned: bool,
    /// The session that is active.
    pub session: Option<SessionId>,
    /// The segment that is active.
    pub segment: Option<SegmentId>,
    /// The run behind these ids.
    pub contents: Contents,
}

/// What is to be found behind the active ids.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// The metadata itself cannot be read.
    MetadataCorrupt {
        /// The file, relative to the state directory.
        file: PathBuf,
        /// The line.
        line: u64,
    },
    /// No session is active.
    NoSession,
    /// A session is active and none of its segments has a line on disk.
    PendingSegment,
    /// The active segment has no log.
    LogMissing,
    /// The log has no first record yet.
    LogEmpty,
    /// The log does not start with a valid `segment.started`.
    LogCorrupt {
        /// The file, relative to the state directory.
        file: PathBuf,
        /// The line.
        line: u64,
    },
    /// A run that can be read.
    Run(Box<StoredRun>),
}

/// A run as its files tell it.
// A line of the recent index holds it: a change of its shape or meaning is a new version of those.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredRun {
    /// The status, decided as if nobody held the lease: an outcome, as soon as there is a record.
    pub status: Status,
    /// Whether the log itself says how the run ended. If not, the status holds only as long as
    /// nobody holds the lease.
    pub latched: bool,
    /// How the command ended.
    pub exit: Option<Exit>,
    /// How long the last segment took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Whether its time limit ended it.
    pub timed_out: bool,
    /// Processes that the command left behind.
    pub left: u32,
    /// The pod whose command launched it.
    pub parent: Option<PodName>,
    /// Everything else that a row shows.
    pub summary: Summary,
    /// Items that ended as errored.
    pub errored_items: u64,
    /// Who cancelled it, where the log says so.
    pub cancelled_by: Option<String>,
    /// The operator's own labels.
    pub labels: BTreeMap<String, String>,
    /// The working directory, if it is not there any more.
    #[serde(skip)]
    pub cwd_gone: Option<PathBuf>,
    /// The first damaged line in the middle of the log: file relative to the state directory, line.
    #[serde(skip)]
    pub damage: Option<(PathBuf, u64)>,
}

impl Stored {
    /// The run, if it can be read.
    #[must_use]
    pub fn run(&self) -> Option<&StoredRun> {
        match &self.contents {
            Contents::Run(run) => Some(run),
            _ => None,
        }
    }

    /// The time of the newest record.
    #[must_use]
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.run().and_then(|run| run.summary.updated_at)
    }
}

impl StoredRun {
    /// Planned items that have no result.
    #[must_use]
    pub fn missing_items(&self) -> u64 {
        let planned = self.summary.planned.unwrap_or(0);
        planned.saturating_sub(self.summary.done)
    }
}
