//! Why something cannot be done with a pod.

use pod_protocol::Timestamp;
use pod_store::{RestoreFacts, Unrestorable};
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
    /// By what its files say.
    #[error(transparent)]
    Files(#[from] Unrestorable),
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
    let facts = RestoreFacts {
        status: run.status,
        missing_items: run.missing_items(),
        errored_items: run.errored_items,
        cancelled_by: run.cancelled_by.clone(),
        cwd_gone: run.cwd_gone.clone(),
    };
    Ok(facts.restorable()?)
}
