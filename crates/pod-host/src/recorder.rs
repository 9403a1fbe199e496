//! The one writer of a segment's records.

use std::sync::Arc;

use pod_protocol::{
    Degraded, Draft, Event, Phase, Recovered, Reports, RunState, Seq, Stamp, short_bytes,
};
use pod_store::{Cap, RecordWriter, StoreError, Weight};

use crate::{clock::Clock, published::Published};

/// A checkpoint is due when the log has grown by this much since the last: whoever opens the run
/// folds no more than that.
const CHECKPOINT_EVERY_BYTES: u64 = 1024 * 1024;

/// The fold of a log up to some byte, to be kept beside it.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub(crate) records_bytes: u64,
    pub(crate) state: Box<RunState>,
}

/// Numbers records, appends them, folds them and publishes them, in this order.
#[derive(Debug)]
pub(crate) struct Recorder {
    writer: RecordWriter,
    state: RunState,
    published: Arc<Published>,
    clock: Clock,
    /// Whether something was appended since [`Recorder::take_unsynced`].
    unsynced: bool,
    /// How long the log was at the last checkpoint.
    checkpointed_bytes: u64,
    /// Records that could not be written since the log last took all.
    lost: u64,
    /// Why the last of them could not.
    failure: Option<String>,
    /// `run.closed` is written.
    closed: bool,
    share: Share,
}

/// How much is kept of what the run itself reports.
#[derive(Debug, Default)]
struct Share {
    /// How long the log may get by them, in bytes.
    bytes_max: Option<u64>,
    /// How many came when it was that long.
    refused: u64,
}

impl Recorder {
    pub(crate) fn new(
        writer: RecordWriter,
        state: RunState,
        published: Arc<Published>,
        clock: Clock,
        cap: Cap,
    ) -> Self {
        let share = Share {
            bytes_max: cap.records_bytes(),
            refused: 0,
        };
        Self {
            share,
            writer,
            state,
            published,
            clock,
            unsynced: false,
            checkpointed_bytes: 0,
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

    /// The clock of the segment.
    pub(crate) const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Monotonic milliseconds since the segment's start.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.clock.elapsed_ms()
    }

    /// Records one event of the host's own. Returns whether it is in the log.
    pub(crate) fn record(&mut self, event: &Event) -> bool {
        self.record_drafts(event.draft().into_iter().collect(), Weight::Notice)
    }

    /// Records how the segment begins, with one write.
    pub(crate) fn record_beginning(&mut self, events: &[Option<Event>]) {
        let drafts = events.iter().flatten().filter_map(Event::draft);
        self.record_drafts(drafts.collect(), Weight::Notice);
    }

    /// Records how the run ended, and before that what could not be recorded.
    pub(crate) fn record_ending(&mut self, events: &[Event]) {
        self.note_loss(Weight::Ending);
        for event in events {
            self.record_drafts(event.draft().into_iter().collect(), Weight::Ending);
        }
    }

    /// Records what the run reports, with one write. What cannot be written is counted, and the run
    /// goes on: a full disk is no reason to end it.
    pub(crate) fn record_all(&mut self, reports: &Reports) {
        // Nothing but the beginning of a line has come.
        if reports.is_empty() {
            return;
        }
        let bytes_max = self.share.bytes_max.unwrap_or(u64::MAX);
        if self.writer.committed_bytes() < bytes_max {
            if self.append_or_count(reports.len(), |recorder| recorder.append_reports(reports)) {
                self.note_loss(Weight::Notice);
            }
            return;
        }
        if self.share.refused == 0 {
            let kept = short_bytes(bytes_max);
            self.record(&Event::Degraded(Degraded {
                reason: format!("the run has reported {kept}: no further report of it is kept"),
            }));
        }
        self.share.refused += reports.len() as u64;
    }

    /// Returns whether they are in the log.
    fn record_drafts(&mut self, drafts: Vec<Draft>, weight: Weight) -> bool {
        let count = drafts.len();
        self.append_or_count(count, |recorder| recorder.append(drafts, weight))
    }

    /// Returns whether what `append` appends is in the log.
    ///
    /// Nothing follows `run.closed`: a signal that met the end of the command, or what those it left
    /// behind still report, comes too late to be of this run.
    fn append_or_count(
        &mut self,
        count: usize,
        append: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> bool {
        if self.closed {
            return false;
        }
        match append(self) {
            Ok(()) => {
                self.unsynced = true;
                true
            }
            Err(error) => {
                self.lost += count as u64;
                self.failure = Some(crate::request::chain(&error));
                false
            }
        }
    }

    /// Says what was lost once the log takes records again.
    fn note_loss(&mut self, weight: Weight) {
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
        let drafts = noted.iter().filter_map(Event::draft).collect();
        if self.append(drafts, weight).is_ok() {
            (self.failure, self.lost) = (None, 0);
        }
    }

    /// Gives back what the log has not used of the disk.
    pub(crate) fn give_back(&mut self) {
        // What stays set aside costs room and nothing else.
        let _ = self.writer.give_back();
    }

    /// Whether anything was recorded since the last call.
    pub(crate) fn take_unsynced(&mut self) -> bool {
        std::mem::take(&mut self.unsynced)
    }

    /// A checkpoint, if one is due.
    pub(crate) fn take_checkpoint(&mut self) -> Option<Checkpoint> {
        let records_bytes = self.writer.committed_bytes();
        let grown = records_bytes.saturating_sub(self.checkpointed_bytes);
        (grown >= CHECKPOINT_EVERY_BYTES).then(|| {
            self.checkpointed_bytes = records_bytes;
            Checkpoint {
                records_bytes,
                state: Box::new(self.state.clone()),
            }
        })
    }

    /// Why records are not kept at the moment, in words.
    pub(crate) fn failure(&self) -> Option<String> {
        let refused = self.share.refused;
        match &self.failure {
            Some(failure) => Some(format!("records are lost: {failure}")),
            None if refused > 0 => Some(format!("{refused} reports of the run were not kept")),
            None => None,
        }
    }

    fn append(&mut self, drafts: Vec<Draft>, weight: Weight) -> Result<(), StoreError> {
        let stamp = self.stamp();
        let batch = drafts.into_iter().map(|draft| (draft, stamp)).collect();
        let before = self.writer.committed_bytes();
        let records = self.writer.append_weighed(batch, weight)?;
        for record in &records {
            self.state.apply(record);
            if let Event::Gap(gap) = Event::read(record) {
                self.published.gap(gap.from, gap.to);
            }
        }
        self.closed = matches!(self.state.phase, Phase::Closed { .. });
        self.publish(records.first().map(|record| record.seq), before);
        Ok(())
    }

    /// What a run reports closes nothing and takes nothing away: such kinds are the host's.
    fn append_reports(&mut self, reports: &Reports) -> Result<(), StoreError> {
        let stamp = self.stamp();
        let before = self.writer.committed_bytes();
        let first = self.writer.append_reports(reports, stamp, Weight::Report)?;
        self.state.apply_reports(reports, first, stamp);
        self.publish(Some(first), before);
        Ok(())
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            at: self.clock.wall(),
            t_ms: self.clock.elapsed_ms(),
            out: self.published.output_length(),
        }
    }

    /// Says that the log has grown by records of which the `first` starts at `byte`.
    fn publish(&self, first: Option<Seq>, byte: u64) {
        if let Some(first) = first {
            self.published.index().note(first, byte);
        }
        let length = self.writer.committed_bytes();
        self.published.records(length, self.writer.next_seq());
    }
}
