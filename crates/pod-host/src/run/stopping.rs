//! A stop: on record before the first signal.

use pod_protocol::{Event, RequestKind, Requested, StopAnswer, StopReason};
use tokio::sync::oneshot;

use super::{Run, Stage, SyncFor};
use crate::stop::StopPlan;

/// The longest grace time that a stop may ask for: a day.
const GRACE_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// How long the first signal of a stop waits for a disk that is slow to take the request: an
/// operator must be able to stop what keeps the disk busy.
const SYNC_WAIT_MS: u64 = 2_000;

impl Run {
    pub(super) fn on_stop(
        &mut self,
        grace_ms: u64,
        by: String,
        reply: oneshot::Sender<StopAnswer>,
    ) {
        let refusal = match self.stage {
            Stage::Running if self.asked.is_none() => None,
            Stage::Running => Some(StopReason::AlreadyRequested),
            _ => Some(StopReason::AlreadyTerminal),
        };
        let now_ms = self.recorder.elapsed_ms();
        let grace_ms = grace_ms.min(GRACE_MS_MAX);
        let requested = Event::StopRequested(Requested {
            by: Some(by),
            grace_ms: Some(grace_ms),
        });
        if refusal.is_some() {
            if self.is_open()
                && self
                    .stop
                    .as_mut()
                    .is_some_and(|plan| plan.hasten(now_ms, grace_ms))
            {
                self.recorder.record(&requested);
            }
            drop(reply.send(StopAnswer {
                stopped: false,
                reason: refusal,
            }));
            return;
        }
        self.recorder.record(&requested);
        self.asked = self.asked.max(Some(RequestKind::Stop));
        self.stop = Some(StopPlan::start(now_ms + SYNC_WAIT_MS, grace_ms));
        let sync = SyncFor::Stop { grace_ms, reply };
        if let Err(SyncFor::Stop { reply, .. }) = self.workers.syncer.request(sync) {
            // A disk that cannot be synced must not keep an operator from stopping the run.
            self.start_stop(grace_ms, reply);
        }
    }

    /// The request is on disk: the first signal is due, unless the disk was so slow that it has
    /// gone out already.
    pub(super) fn start_stop(&mut self, grace_ms: u64, reply: oneshot::Sender<StopAnswer>) {
        if self.stop.is_none_or(|plan| plan.is_pending()) {
            self.stop = Some(StopPlan::start(self.recorder.elapsed_ms(), grace_ms));
        }
        // The operator may have hung up; the request stands.
        drop(reply.send(StopAnswer {
            stopped: true,
            reason: None,
        }));
    }
}
