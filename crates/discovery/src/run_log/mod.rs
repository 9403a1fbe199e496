//! The logs of a session, readable anywhere: what came before the window that a screen shows, and
//! whatever is searched for.
//!
//! Blocking: whoever calls does it beside the screen, and gives long work up with a [`Cancel`]. A
//! run may be live meanwhile; every call sees the files as they are then. A segment that was added
//! since is seen after [`RunLog::refresh`].
//!
//! Invariants:
//! - Memory is bounded by named constants and by what the caller asks for, whatever a run wrote.
//! - Nothing is remembered but which files are open and which output is gone: what is read twice is
//!   read from the files twice.
//! - Output that is not kept, or cannot be read any more, is a [`OutputGap`], never zeros and never
//!   silence. A line that is no record is a [`RecordLine`] without a number.
//!
//! Absent on purpose: following (a [`Feed`](crate::Feed) does that), and any meaning: lines are
//! bytes, and the fold of them is somebody else's.

mod blocks;
mod cancel;
mod cells;
mod output;
mod pattern;
mod records;
mod scan;
mod search;
mod sequence;
mod shown;
mod silence;
mod streams;
mod times;

use std::{
    fmt,
    ops::Range,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pod_protocol::{Offset, SessionId};
use pod_store::{MarkReader, OutputReader, SegmentHead, SegmentReader, Store, StoreError};

pub use cancel::{Cancel, Progress};
pub use output::{GapCause, LineStart, OutputGap, OutputPiece, OutputPieces};
pub use pattern::{OutputPattern, PatternError};
pub use records::{RecordLine, RecordLines, RecordPlace};
pub use scan::{RecordFilter, RecordScan, Scanned};
pub use search::{Direction, Ended, OutputMatch};
pub use silence::PastSilence;

use crate::FeedError;

/// The logs of one session. Clones share their open files.
#[derive(Clone)]
pub struct RunLog {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    session: SessionId,
    /// What short reads use and learn from; a long one works on a clone.
    output: Mutex<OutputReader>,
}

impl RunLog {
    /// The logs of `session` in the state directory `state`.
    ///
    /// # Errors
    /// When no segment of it has begun, or its newest logs cannot be opened.
    pub fn open(state: &Path, session: SessionId) -> Result<Self, FeedError> {
        let store = Store::new(state);
        let heads = store.segments(session)?;
        if heads.is_empty() {
            return Err(FeedError::NoSegments { session });
        }
        let output = OutputReader::open(store.clone(), session, heads)?;
        let output = Mutex::new(output);
        let shared = Arc::new(Shared {
            store,
            session,
            output,
        });
        Ok(Self { shared })
    }

    /// Looks for segments that were added since; whether there is one. Clones keep what they have.
    ///
    /// # Errors
    /// As for [`RunLog::open`]; everything stays readable as before.
    pub fn refresh(&mut self) -> Result<bool, FeedError> {
        let heads = self.shared.store.segments(self.shared.session)?;
        let known = self.output().segments().len();
        // Fewer: the session is being removed, and what is open stays readable.
        if heads.len() <= known {
            return Ok(false);
        }
        let (store, session) = (self.shared.store.clone(), self.shared.session);
        let output = Mutex::new(OutputReader::open(store.clone(), session, heads)?);
        self.shared = Arc::new(Shared {
            store,
            session,
            output,
        });
        Ok(true)
    }

    /// Whose logs these are.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.shared.session
    }

    /// The segments, by ordinal.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentHead> {
        self.output().segments().to_vec()
    }

    /// The offsets of the session's output as it is now, gaps included.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn output_extent(&self) -> Result<Range<Offset>, StoreError> {
        self.output().range()
    }

    fn output(&self) -> MutexGuard<'_, OutputReader> {
        // A reader that panicked has left at worst an earlier segment closed.
        let output = self.shared.output.lock();
        output.unwrap_or_else(PoisonError::into_inner)
    }

    /// A reader for long work, which keeps nobody waiting.
    fn own_output(&self) -> OutputReader {
        self.output().clone()
    }

    fn segment_count(&self) -> usize {
        self.output().segments().len()
    }

    /// The segment `index`; `None` if its files are gone.
    fn segment_reader(&self, index: usize) -> Result<Option<Arc<SegmentReader>>, StoreError> {
        self.output().segment_reader(index)
    }

    /// The marks of a segment; `None` where there are none that can be read.
    fn marks(&self, index: usize) -> Option<MarkReader> {
        let segment = self.output().segments()[index].segment;
        let marks = self.shared.store.marks(self.shared.session, segment);
        marks.ok().flatten()
    }
}

impl fmt::Debug for RunLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunLog")
            .field("session", &self.shared.session)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
