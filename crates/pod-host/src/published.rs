//! What viewers may read: written first, published second.
//!
//! The pump and the recorder raise these figures after their bytes are in the log. Viewers read the
//! figures and then the log itself, so nobody copies a byte for anybody.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use pod_protocol::{Gaps, Offset, Seq, Timestamp};
use pod_store::SeqIndex;
use tokio::sync::Notify;

/// The readable extent of a segment's two logs.
#[derive(Debug)]
pub(crate) struct Published {
    output_length: AtomicU64,
    output_at_ms: AtomicI64,
    output_dropped_bytes: AtomicU64,
    records_bytes: AtomicU64,
    next_seq: AtomicU64,
    index: Mutex<SeqIndex>,
    missing: Mutex<Missing>,
    /// For the socket's task, which tells the viewers: to raise a figure costs the same for one
    /// viewer and for a thousand.
    news: Notify,
    grown: Notify,
}

/// Output that is not there to be read.
#[derive(Debug, Default)]
struct Missing {
    gaps: Gaps,
    /// From here on output is being dropped at the moment.
    open: Option<Offset>,
}

impl Published {
    pub(crate) fn new(out_base: Offset, next_seq: Seq, gaps: Gaps) -> Self {
        Self {
            output_length: AtomicU64::new(out_base.0),
            output_at_ms: AtomicI64::new(0),
            output_dropped_bytes: AtomicU64::new(0),
            records_bytes: AtomicU64::new(0),
            next_seq: AtomicU64::new(next_seq.0),
            index: Mutex::new(SeqIndex::new(next_seq)),
            missing: Mutex::new(Missing { gaps, open: None }),
            news: Notify::new(),
            grown: Notify::new(),
        }
    }

    /// The output log reaches to `length` now.
    pub(crate) fn output(&self, length: Offset, at: Timestamp) {
        self.output_at_ms.store(at.as_millis(), Ordering::Relaxed);
        self.output_length.store(length.0, Ordering::Release);
        self.news.notify_one();
    }

    /// Output that could not be written.
    pub(crate) fn output_dropped(&self, bytes: u64) {
        self.output_dropped_bytes
            .fetch_add(bytes, Ordering::Relaxed);
    }

    /// From `from` on output is being dropped. Said before the length is raised past it.
    pub(crate) fn output_stops(&self, from: Offset) {
        self.missing().open = Some(from);
    }

    /// Output is logged again from `to` on, and what was dropped before it is a gap. The pump says
    /// so at once: no viewer is sent the hole, whenever the record of it comes.
    pub(crate) fn output_goes_on(&self, from: Offset, to: Offset) {
        let mut missing = self.missing();
        missing.gaps.add(from, to);
        missing.open = None;
    }

    /// Output is no longer kept. Said after the record and before the hole.
    pub(crate) fn gap(&self, from: Offset, to: Offset) {
        self.missing().gaps.add(from, to);
        self.news.notify_one();
    }

    /// The first byte from `at` on that can be read, and where the readable stretch ends.
    pub(crate) fn readable(&self, at: Offset) -> (Offset, Offset) {
        let length = self.output_length();
        let missing = self.missing();
        let from = missing.gaps.kept_from(at);
        let end = missing.open.map_or(length, |open| open.min(length));
        (from, missing.gaps.kept_until(from, end))
    }

    /// Where what can be read just before the end of the output begins, and where it ends.
    pub(crate) fn readable_end(&self) -> (Offset, Offset) {
        let length = self.output_length();
        let missing = self.missing();
        let end = missing.open.map_or(length, |open| open.min(length));
        let end = missing.gaps.kept_end(end);
        (missing.gaps.kept_since(end, Offset(0)), end)
    }

    fn missing(&self) -> MutexGuard<'_, Missing> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record log reaches to `bytes` now, and the next record gets `next_seq`.
    pub(crate) fn records(&self, bytes: u64, next_seq: Seq) {
        self.index().end_at(next_seq, bytes);
        self.next_seq.store(next_seq.0, Ordering::Relaxed);
        self.records_bytes.store(bytes, Ordering::Release);
        self.news.notify_one();
    }

    pub(crate) fn output_length(&self) -> Offset {
        Offset(self.output_length.load(Ordering::Acquire))
    }

    /// When output last came, if any did.
    pub(crate) fn output_at(&self) -> Option<Timestamp> {
        match self.output_at_ms.load(Ordering::Relaxed) {
            0 => None,
            millis => Some(Timestamp::from_millis(millis)),
        }
    }

    pub(crate) fn output_dropped_bytes(&self) -> u64 {
        self.output_dropped_bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn records_bytes(&self) -> u64 {
        self.records_bytes.load(Ordering::Acquire)
    }

    pub(crate) fn next_seq(&self) -> Seq {
        Seq(self.next_seq.load(Ordering::Acquire))
    }

    /// Sequence number → byte, sparse.
    pub(crate) fn index(&self) -> MutexGuard<'_, SeqIndex> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when something has changed since the viewers were last told.
    pub(crate) fn news(&self) -> tokio::sync::futures::Notified<'_> {
        self.news.notified()
    }

    /// Wakes every viewer that waits for growth.
    pub(crate) fn tell_viewers(&self) {
        self.grown.notify_waiters();
    }

    /// Resolves when viewers are told of growth after this call.
    pub(crate) fn grown(&self) -> tokio::sync::futures::Notified<'_> {
        self.grown.notified()
    }
}
