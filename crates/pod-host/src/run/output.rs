//! What becomes of the output that cannot be kept: gaps, and the holes behind them.
//!
//! A gap is on disk before its hole is punched. Viewers pass over it from the moment it is recorded,
//! so none of them is sent zeros that the command never wrote.

use std::io;

use pod_protocol::{Degraded, Event, GapNoted, Offset, Recovered};

use super::{Run, Stage, SyncFor};
use crate::{pump::PumpReport, request::chain};

/// How long a run that is over waits for a disk that takes its time: far longer than a disk that
/// works ever does.
pub(super) const DISK_WAIT_MS: u64 = 10_000;

/// What the run knows of its output.
#[derive(Debug, Default)]
pub(super) struct OutputCare {
    /// Why output is being lost at the moment.
    lost: Option<String>,
    /// A gap is on its way to the disk, and how long that may hold up the end.
    giving_back_due_ms: Option<u64>,
    /// Why nothing can be given back.
    refused: Option<String>,
    /// A gap that no record tells yet.
    untold: Option<GapNoted>,
}

impl Run {
    pub(super) async fn on_pump(&mut self, report: PumpReport) {
        match report {
            PumpReport::Failing { reason } => {
                self.recorder.record(&Event::Degraded(Degraded {
                    reason: reason.clone(),
                }));
                self.output.lost = Some(reason);
            }
            PumpReport::Recovered { from, to } => {
                self.record_gap(GapNoted { from, to });
                let reason = self.output.lost.take();
                self.recorder
                    .record(&Event::Recovered(Recovered { reason }));
            }
            // It stays degraded: nothing has recovered.
            PumpReport::Missing { from, to } => drop(self.record_gap(GapNoted { from, to })),
            PumpReport::Due => self.keep_to_cap(),
            PumpReport::Ended => {
                if let Some(pump) = self.workers.pump.take() {
                    pump.join();
                }
                if let Stage::Draining { pump_ended, .. } = &mut self.stage {
                    *pump_ended = true;
                    self.try_close().await;
                }
            }
        }
    }

    /// Returns whether the log tells of it. What it does not tell is tried again with the next one.
    fn record_gap(&mut self, gap: GapNoted) -> bool {
        let untold = self.output.untold.take();
        for gap in untold.into_iter().chain([gap]) {
            if !self.recorder.record(&Event::Gap(gap.clone())) {
                self.output.untold = Some(gap);
                return false;
            }
        }
        true
    }

    /// Gives back what is over the cap, if anything is.
    pub(super) fn keep_to_cap(&mut self) {
        if self.is_giving_back() || !self.is_open() {
            return;
        }
        let logs = &self.pod.logs;
        let gaps = &self.recorder.state().gaps;
        let length = logs.published.output_length();
        let Some(due) = self.pod.terms.cap.due(gaps, length, logs.out_base) else {
            return;
        };
        let (from, to): (Offset, Offset) = (due.start, due.end);
        if self.record_gap(GapNoted { from, to }) {
            // A queue that is full of stops is tried again with the next step of output.
            let due_ms = self.recorder.elapsed_ms() + DISK_WAIT_MS;
            let asked = self.workers.syncer.request(SyncFor::Gap(due)).is_ok();
            self.output.giving_back_due_ms = asked.then_some(due_ms);
        }
    }

    /// The hole is there, or cannot be: then it is tried again with the next one.
    pub(super) async fn on_given_back(&mut self, result: &io::Result<()>) {
        self.output.giving_back_due_ms = None;
        self.output.refused = result
            .as_ref()
            .err()
            .map(|error| format!("output over the cap stays on the disk: {}", chain(error)));
        self.keep_to_cap();
        self.try_close().await;
    }

    /// Whether a gap is on its way to the disk.
    pub(super) const fn is_giving_back(&self) -> bool {
        self.output.giving_back_due_ms.is_some()
    }

    /// How long the gap that is on its way may hold up the end.
    pub(super) const fn giving_back_due_ms(&self) -> Option<u64> {
        self.output.giving_back_due_ms
    }

    /// Leaves what is over the cap where it is.
    pub(super) const fn give_up_giving_back(&mut self) {
        self.output.giving_back_due_ms = None;
    }

    /// What is wrong with the output at the moment, in words.
    pub(super) fn output_trouble(&self) -> Option<String> {
        let dropped = self.pod.logs.published.output_dropped_bytes();
        let lost = self.output.lost.as_ref();
        lost.map(|reason| format!("{reason} ({dropped} bytes lost)"))
            .or_else(|| self.output.refused.clone())
    }
}
