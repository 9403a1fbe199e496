//! Why something cannot be done with a pod.

use std::path::PathBuf;

use pod_protocol::{Status, Timestamp};
use thiserror::Error;

use crate::{Live, Reach, StoredRun, Unreachable};

/// Why a pod cannot be attached to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotAttachable {
    /// Nobody holds its lease.
    #[error("not live")]
    NotLive,
    /// Its host does not listen yet.
    #[error("starting: try again in a moment")]
    Starting,
    /// Its host does not answer.
    #[error("unreachable: {0}")]
    Unreachable(Unreachable),
    /// Its host is on another machine.
    #[error("on {host_name}")]
    Elsewhere {
        /// Which.
        host_name: String,
    },
}

/// Why a pod cannot be resumed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotRestorable {
    /// It runs.
    #[error("live: attach instead")]
    Live,
    /// Somebody holds it who cannot be talked to.
    #[error("held by {}", holder(*pid, *since))]
    Held {
        /// The holder.
        pid: Option<u32>,
        /// Since when.
        since: Option<Timestamp>,
    },
    /// It is live on another machine.
    #[error("on {host_name}")]
    Elsewhere {
        /// Which.
        host_name: String,
    },
    /// It has never had a session, or none is active.
    #[error("no active session")]
    NoActiveSession,
    /// Its session has not written a first record.
    #[error("no active segment yet")]
    NoActiveSegment,
    /// The log is not there.
    #[error("log missing")]
    LogMissing,
    /// The log does not start as it must.
    #[error("log corrupt at {}:{line}", file.display())]
    LogCorrupt {
        /// The file, relative to the state directory.
        file: PathBuf,
        /// The line.
        line: u64,
    },
    /// An operator abandoned it.
    #[error("cancelled by {}: rerun instead", by.as_deref().unwrap_or("an operator"))]
    Cancelled {
        /// Who.
        by: Option<String>,
    },
    /// There is nothing left to do.
    #[error("completed: rerun instead")]
    Completed,
    /// It cannot run where it ran.
    #[error("working directory gone: {}", path.display())]
    DirectoryGone {
        /// Where it ran.
        path: PathBuf,
    },
    /// The metadata cannot be read.
    #[error("metadata corrupt")]
    MetadataCorrupt,
}

fn holder(pid: Option<u32>, since: Option<Timestamp>) -> String {
    let pid = pid.map_or_else(
        || "an unknown process".to_owned(),
        |pid| format!("pid {pid}"),
    );
    since.map_or_else(|| pid.clone(), |since| format!("{pid} since {since}"))
}

pub(crate) fn live_instead(live: &Live) -> NotRestorable {
    match &live.reach {
        Reach::Answering { .. } | Reach::Silent { .. } => NotRestorable::Live,
        Reach::Elsewhere { host_name } => NotRestorable::Elsewhere {
            host_name: host_name.clone(),
        },
        Reach::Starting | Reach::Unreachable(_) => NotRestorable::Held {
            pid: live.pid,
            since: live.since,
        },
    }
}

pub(crate) fn run_restorable(run: &StoredRun) -> Result<(), NotRestorable> {
    if run.status == Status::Cancelled {
        return Err(NotRestorable::Cancelled {
            by: run.cancelled_by.clone(),
        });
    }
    let ended_early = matches!(
        run.status,
        Status::Stopped | Status::Interrupted | Status::Errored
    );
    if !ended_early && run.missing_items() == 0 && run.errored_items == 0 {
        return Err(NotRestorable::Completed);
    }
    match &run.cwd_gone {
        Some(path) => Err(NotRestorable::DirectoryGone { path: path.clone() }),
        None => Ok(()),
    }
}
