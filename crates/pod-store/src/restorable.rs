//! Whether a run can be taken up again, as far as its files decide that: one rule for the list,
//! which shows it, and for the host, which acts on it under the lease.

use std::path::PathBuf;

use pod_protocol::{
    Event, ItemOutcome, Liveness, Outcome, Record, RunState, SegmentId, Seq, SessionId, Status,
};
use thiserror::Error;

use crate::{Damage, Metadata, SegmentReader, SessionFile, Store, StoreError, StoredRun};

/// How much of the records is read at once to find who cancelled.
const RECORDS_BYTES: usize = 64 * 1024;
/// How many records before the newest a cancel is looked for: what a run still says while it is
/// being killed.
const CANCEL_RECORDS_MAX: u64 = 1_000;

/// Why a run cannot be taken up again, by what its files say.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unrestorable {
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

/// What the rule asks about a run that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreFacts {
    /// The status, decided as if nobody held the lease.
    pub status: Status,
    /// Planned items that have no result.
    pub missing_items: u64,
    /// Items that ended as errored.
    pub errored_items: u64,
    /// Who cancelled it, where the log says so.
    pub cancelled_by: Option<String>,
    /// The working directory, if it is not there any more.
    pub cwd_gone: Option<PathBuf>,
}

impl RestoreFacts {
    /// The rule. Nobody holds the lease: that is for the caller to know.
    ///
    /// # Errors
    /// Why not.
    pub fn restorable(&self) -> Result<(), Unrestorable> {
        if self.status == Status::Cancelled {
            return Err(Unrestorable::Cancelled {
                by: self.cancelled_by.clone(),
            });
        }
        let ended_early = matches!(
            self.status,
            Status::Stopped | Status::Interrupted | Status::Errored
        );
        if !ended_early && self.missing_items == 0 && self.errored_items == 0 {
            return Err(Unrestorable::Completed);
        }
        match &self.cwd_gone {
            Some(path) => Err(Unrestorable::DirectoryGone { path: path.clone() }),
            None => Ok(()),
        }
    }
}

/// Why a segment tells nothing of a run.
#[derive(Debug)]
pub enum Unreadable {
    /// It has no log.
    LogMissing,
    /// The log has no first record yet.
    LogEmpty,
    /// The log does not start with a valid `segment.started` of this segment.
    LogCorrupt {
        /// The file, relative to the state directory.
        file: PathBuf,
        /// The line.
        line: u64,
        /// What else is known about it.
        error: Option<StoreError>,
    },
}

impl From<Unreadable> for Unrestorable {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::LogMissing => Self::LogMissing,
            Unreadable::LogEmpty => Self::NoActiveSegment,
            Unreadable::LogCorrupt { file, line, .. } => Self::LogCorrupt { file, line },
        }
    }
}

impl Store {
    /// The run up to the end of `segment`, if its log starts as it must.
    ///
    /// # Errors
    /// Why it tells nothing.
    pub fn readable_run(
        &self,
        session: SessionId,
        segment: SegmentId,
    ) -> Result<StoredRun, Unreadable> {
        let log = self.layout().records(session, segment);
        let corrupt = |error| Unreadable::LogCorrupt {
            file: self.relative(&log),
            line: 1,
            error,
        };
        let run = match self.run(session, segment) {
            Ok(run) => run,
            Err(StoreError::NoLog { .. }) => return Err(Unreadable::LogMissing),
            Err(error) => return Err(corrupt(Some(error))),
        };
        if run.records_bytes == 0 {
            return Err(Unreadable::LogEmpty);
        }
        let at_head = |damage: &Damage| damage.path == log && damage.line == 1;
        let starts_well = !run.damage.as_ref().is_some_and(at_head);
        let belongs = run.state.identity.as_ref().is_some_and(|identity| {
            let is_its_own = identity.segment == segment && identity.session == session;
            // A segment behind a cancelled one is no part of the run, whatever it holds.
            is_its_own || run.state.outcome(Liveness::Free) == Some(Outcome::Cancelled)
        });
        match starts_well && belongs {
            true => Ok(run),
            false => Err(corrupt(None)),
        }
    }

    /// What the rule asks about a run that was launched as in `launched`. Looks for the working
    /// directory.
    #[must_use]
    pub fn restore_facts(
        &self,
        session: SessionId,
        state: &RunState,
        launched: Option<&SessionFile>,
    ) -> RestoreFacts {
        let planned = state.counts.planned.unwrap_or(0);
        RestoreFacts {
            status: state.status(Liveness::Free),
            missing_items: planned.saturating_sub(state.counts.done()),
            errored_items: state.counts.of(ItemOutcome::Errored),
            cancelled_by: self.cancelled_by(session, state),
            cwd_gone: launched.and_then(cwd_gone),
        }
    }

    /// The newest segment of `session` if the session can be taken up again, and its run.
    /// `metadata` is what is remembered under the pod's name.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn restorable(
        &self,
        session: SessionId,
        metadata: Option<&Metadata>,
    ) -> Result<StoredRun, Unrestorable> {
        let active = metadata
            .and_then(|metadata| metadata.active)
            .filter(|active| active.session_id == session);
        let last = self
            .segments(session)
            .ok()
            .and_then(|heads| heads.last().map(|head| head.segment));
        // What the name stands for has to be readable; a segment that a dead host began behind it
        // counts as well, because its numbers do.
        let mut run = match active.map(|active| active.segment_id) {
            Some(None) => return Err(Unrestorable::NoActiveSegment),
            Some(Some(segment)) => Some(self.readable_run(session, segment)?),
            None => None,
        };
        if let Some(last) = last {
            run = Some(self.readable_run(session, last)?);
        }
        let run = run.ok_or(Unrestorable::NoActiveSession)?;
        let launched = self.session_file(session).ok();
        self.restore_facts(session, &run.state, launched.as_ref())
            .restorable()?;
        Ok(run)
    }

    /// The path below the state directory.
    #[must_use]
    pub fn relative(&self, path: &std::path::Path) -> PathBuf {
        let root = self.layout().root();
        path.strip_prefix(root).unwrap_or(path).to_owned()
    }

    /// Who asked for the cancel, if there was one: the fold keeps only that and when it was.
    fn cancelled_by(&self, session: SessionId, state: &RunState) -> Option<String> {
        state.requests.cancel_at?;
        let segment = state.identity.as_ref()?.segment;
        find_canceller(&self.segment_reader(session, segment).ok()?, state.seq)
    }
}

/// The directory that a session was launched in, if it is not there any more.
fn cwd_gone(file: &SessionFile) -> Option<PathBuf> {
    let cwd = PathBuf::from(file.cwd.as_os_str());
    (!cwd.is_dir()).then_some(cwd)
}

fn find_canceller(reader: &SegmentReader, newest: Seq) -> Option<String> {
    let from = Seq(newest.0.saturating_sub(CANCEL_RECORDS_MAX));
    let mut byte = reader.locate_seq(from).ok()?;
    loop {
        let slice = reader.read_records(byte, RECORDS_BYTES).ok()?;
        if slice.next_byte == byte {
            return None;
        }
        let mut lines = slice.bytes.split(|b| *b == b'\n');
        let by = lines.find_map(|line| match Event::read(&Record::from_line(line).ok()?) {
            Event::CancelRequested(requested) => Some(requested.by),
            _ => None,
        });
        if let Some(by) = by {
            return by;
        }
        byte = slice.next_byte;
    }
}
