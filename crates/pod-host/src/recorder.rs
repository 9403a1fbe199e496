//! The one writer of a segment's records.

use std::sync::Arc;

use pod_protocol::{Degraded, Draft, Event, Phase, Recovered, RunState};
use pod_store::{RecordWriter, Stamp, StoreError};

use crate::{clock::Clock, published::Published};

/// Numbers records, appends them, folds them and publishes them, in this order.
#[derive(Debug)]
pub(crate) struct Recorder {
    writer: RecordWriter,
    state: RunState,
    published: Arc<Published>,
    clock: Clock,
    /// Whether something was appended since [`Recorder::take_unsynced`].
    unsynced: bool,
    /// Records that could not be written since the log last took all.
    lost: u64,
    /// Why the last of them could not.
    failure: Option<String>,
    /// `run.closed` is written.
    closed: bool,
}

impl Recorder {
    pub(crate) fn new(
        writer: RecordWriter,
        state: RunState,
        published: Arc<Published>,
        clock: Clock,
    ) -> Self {
        Self {
            writer,
            state,
            published,
            clock,
            unsynced: false,
            lost: 0,
            failure: None,
            closed: false,
        }
    }

    /// The fold of everything recorded so far.
    pub(crate) fn state(&self) -> &RunState {
        &self.state
    }

    /// The log's file, for syncing and reading.
    pub(crate) fn writer(&self) -> &RecordWriter {
        &self.writer
    }

    /// Monotonic milliseconds since the segment's start.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.clock.elapsed_ms()
    }

    /// Records one event of the host's own.
    pub(crate) fn record(&mut self, event: &Event) {
        if let Some(draft) = event.draft() {
            self.record_all(vec![draft]);
        }
    }

    /// Records a batch with one write. What cannot be written is counted, and the run goes on: a
    /// full disk is no reason to end it.
    ///
    /// Nothing follows `run.closed`: a signal that met the end of the command, or what those it left
    /// behind still report, comes too late to be of this run.
    pub(crate) fn record_all(&mut self, drafts: Vec<Draft>) {
        if self.closed {
            return;
        }
        let stamp = Stamp {
            at: Clock::now(),
            t_ms: self.clock.elapsed_ms(),
            out: self.published.output_length(),
        };
        // Before the batch: it may hold the last record.
        self.note_loss(stamp);
        let count = drafts.len() as u64;
        match self.append(drafts.into_iter().map(|draft| (draft, stamp)).collect()) {
            Ok(()) => self.unsynced = true,
            Err(error) => {
                self.lost += count;
                self.failure = Some(crate::request::chain(&error));
            }
        }
    }

    /// Says what was lost as soon as the log takes records again.
    fn note_loss(&mut self, stamp: Stamp) {
        let Some(failure) = &self.failure else {
            return;
        };
        let reason = format!("{} records were lost: {failure}", self.lost);
        let noted = [
            Event::Degraded(Degraded {
                reason: reason.clone(),
            }),
            Event::Recovered(Recovered {
                reason: Some(reason),
            }),
        ];
        let drafts = noted.iter().filter_map(Event::draft);
        if self
            .append(drafts.map(|draft| (draft, stamp)).collect())
            .is_ok()
        {
            (self.failure, self.lost) = (None, 0);
        }
    }

    /// Whether anything was recorded since the last call.
    pub(crate) fn take_unsynced(&mut self) -> bool {
        std::mem::take(&mut self.unsynced)
    }

    /// Why records are being lost at the moment.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    fn append(&mut self, batch: Vec<(Draft, Stamp)>) -> Result<(), StoreError> {
        let before = self.writer.committed_bytes();
        let records = self.writer.append_batch(batch)?;
        if let Some(first) = records.first() {
            self.published.index().note(first.seq, before);
        }
        for record in &records {
            self.state.apply(record);
        }
        self.closed = matches!(self.state.phase, Phase::Closed { .. });
        self.published
            .records(self.writer.committed_bytes(), self.writer.next_seq());
        Ok(())
    }
}
