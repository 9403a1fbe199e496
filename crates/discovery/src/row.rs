//! A line of the list, and what can be done with it.
//!
//! Attachable and restorable are separate questions with separate reasons. No answer to one is ever
//! taken from the other.

mod preview;
use std::collections::BTreeMap;

use pod_client::Endpoint;
use pod_protocol::{PodName, SegmentId, SessionId, Status, Summary, Timestamp, printable};
use pod_store::Unrestorable;

use crate::{
    Contents, Live, NotAttachable, NotRestorable, Reach, Stored, StoredRun, Warning,
    reason::{live_instead, run_restorable},
};

pub use preview::Preview;

/// All pods, as of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodList {
    /// In order.
    pub rows: Vec<Row>,
    /// How many more there are, cut off behind the last.
    pub hidden: usize,
    /// What could not be looked at.
    pub warnings: Vec<Warning>,
}

/// One pod. At least one half is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name, by which a selection follows it.
    pub name: PodName,
    /// What is known of its host; `None` while nobody holds the lease.
    pub live: Option<Live>,
    /// What the files say; `None` while there are none.
    pub stored: Option<Stored>,
}

/// The word in the status column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowStatus {
    /// The status of the run.
    Run(Status),
    /// Alive; the run has not said more.
    Live,
    /// Alive and not to be talked to.
    Unreachable,
    /// Alive on another machine.
    Elsewhere {
        /// Its host name.
        host_name: String,
    },
    /// Not live, and there is no run.
    Empty,
    /// Not live, and the files cannot be read.
    Corrupt,
}

/// What Enter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primary {
    /// Opens the live run.
    Attach,
    /// Takes up a run that can go on.
    Resume,
    /// Opens the files of the run.
    View,
}

impl Row {
    /// Where to attach.
    ///
    /// # Errors
    /// Why not.
    pub fn attachable(&self) -> Result<&Endpoint, NotAttachable> {
        let live = self.live.as_ref().ok_or(NotAttachable::NotLive)?;
        match &live.reach {
            Reach::Answering { endpoint, .. } | Reach::Silent { endpoint } => Ok(endpoint),
            Reach::Starting => Err(NotAttachable::Starting),
            Reach::Unreachable(why) => Err(NotAttachable::Unreachable(why.clone())),
            Reach::Elsewhere { host_name } => Err(NotAttachable::Elsewhere {
                host_name: host_name.clone(),
            }),
        }
    }

    /// Whether the run can be taken up again.
    ///
    /// # Errors
    /// Why not.
    pub fn restorable(&self) -> Result<(), NotRestorable> {
        if let Some(live) = &self.live {
            return Err(live_instead(live));
        }
        let stored = self.stored.as_ref().ok_or(Unrestorable::NoActiveSession)?;
        let why = match &stored.contents {
            Contents::MetadataCorrupt { .. } => Unrestorable::MetadataCorrupt,
            Contents::NoSession => Unrestorable::NoActiveSession,
            Contents::PendingSegment | Contents::LogEmpty => Unrestorable::NoActiveSegment,
            Contents::LogMissing => Unrestorable::LogMissing,
            Contents::LogCorrupt { file, line } => Unrestorable::LogCorrupt {
                file: file.clone(),
                line: *line,
            },
            Contents::Run(run) => return run_restorable(run),
        };
        Err(why.into())
    }

    /// Whether the run lost its host and was taken up by itself.
    #[must_use]
    pub fn is_recovered(&self) -> bool {
        self.summary().is_some_and(|summary| summary.recovered > 0)
    }

    /// What Enter does; `None` when there is nothing to attach to and nothing to read.
    #[must_use]
    pub fn primary(&self) -> Option<Primary> {
        if self.attachable().is_ok() {
            return Some(Primary::Attach);
        }
        if self.restorable().is_ok() {
            return Some(Primary::Resume);
        }
        let run = self.stored.as_ref().and_then(Stored::run);
        run.map(|_| Primary::View)
    }

    /// The word in the status column.
    #[must_use]
    pub fn status(&self) -> RowStatus {
        match (&self.live, &self.stored) {
            (Some(live), _) => match &live.reach {
                Reach::Answering { hello, .. } => RowStatus::Run(hello.status),
                Reach::Silent { .. } => RowStatus::Live,
                Reach::Starting => RowStatus::Run(Status::Starting),
                Reach::Unreachable(_) => RowStatus::Unreachable,
                Reach::Elsewhere { host_name } => RowStatus::Elsewhere {
                    host_name: host_name.clone(),
                },
            },
            (None, Some(stored)) => match &stored.contents {
                Contents::MetadataCorrupt { .. } | Contents::LogCorrupt { .. } => {
                    RowStatus::Corrupt
                }
                Contents::NoSession | Contents::LogMissing => RowStatus::Empty,
                Contents::PendingSegment | Contents::LogEmpty => RowStatus::Run(Status::Pending),
                Contents::Run(run) => RowStatus::Run(run.status),
            },
            (None, None) => RowStatus::Empty,
        }
    }

    /// What is known about the run beside its status: what the host says, else what the files say
    /// unless they are of an earlier session than the one that is alive.
    #[must_use]
    pub fn summary(&self) -> Option<&Summary> {
        if let Some(hello) = self.live.as_ref().and_then(Live::hello) {
            return Some(&hello.summary);
        }
        self.stored_run().map(|run| &run.summary)
    }

    /// The stored run, unless it is of an earlier session than the one that is alive.
    fn stored_run(&self) -> Option<&StoredRun> {
        let alive = self.live.as_ref().and_then(Live::session);
        let stored = self.stored.as_ref()?;
        if alive.is_some_and(|alive| stored.session != Some(alive)) {
            return None;
        }
        stored.run()
    }

    /// The session: of the live half, else of the stored one.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        let live = self.live.as_ref().and_then(Live::session);
        live.or_else(|| self.stored.as_ref().and_then(|stored| stored.session))
    }

    /// The segment: of the live half, else of the stored one if it belongs to the session shown.
    #[must_use]
    pub fn segment(&self) -> Option<SegmentId> {
        let alive = self.live.as_ref().and_then(Live::segment);
        alive.or_else(|| {
            let stored = self.stored.as_ref()?;
            let shown = stored.session == self.session();
            stored.segment.filter(|_| shown)
        })
    }

    /// The pod whose command launched the run, as far as the files say so of this run.
    #[must_use]
    pub fn parent(&self) -> Option<&PodName> {
        self.stored_run()?.parent.as_ref()
    }

    /// The operator's labels, as far as the files have them of this run.
    #[must_use]
    pub fn labels(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.stored_run()?.labels)
    }

    /// The time of the newest record; 1970 for a pod without a log. The list is ordered by it. A
    /// pod that can be attached to has no log as long as only an earlier session has one; any other
    /// keeps the place of what is stored.
    #[must_use]
    pub fn updated_at(&self) -> Timestamp {
        let newest = if self.attachable().is_ok() {
            self.summary().and_then(|summary| summary.updated_at)
        } else {
            self.stored.as_ref().and_then(Stored::updated_at)
        };
        newest.unwrap_or_default()
    }

    /// The moment that the age on the screen counts from: the newest record of the run shown, else
    /// when the host began, else when the pod was made.
    #[must_use]
    pub fn age_from(&self) -> Option<Timestamp> {
        let newest = self.summary().and_then(|summary| summary.updated_at);
        let since = self.live.as_ref().and_then(|live| live.since);
        let created = self.stored.as_ref().and_then(|stored| stored.created_at);
        newest.or(since).or(created)
    }
}

impl RowStatus {
    /// The word for it; `on HOST` for another machine.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Run(status) => status.to_string(),
            Self::Live => "live".to_owned(),
            Self::Unreachable => "unreachable".to_owned(),
            Self::Elsewhere { host_name } => format!("on {}", printable(host_name)),
            Self::Empty => "empty".to_owned(),
            Self::Corrupt => "corrupt".to_owned(),
        }
    }
}

impl Primary {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attach => "attach",
            Self::Resume => "resume",
            Self::View => "view",
        }
    }
}

#[cfg(test)]
mod tests;
