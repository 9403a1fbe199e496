//! How a run is brought to its end: on record before the first signal.
//!
//! A stop, a cancel, a kill, the time limit and the end of what a command left behind share one
//! [`StopPlan`]. Whoever comes second can only make the plan shorter.

use pod_protocol::{
    Ending, Event, Exit, RequestKind, Requested, SignalReason, StopAnswer, StopReason,
};
use tokio::sync::oneshot;

use super::{Run, Stage, SyncFor, holding};
use crate::{server::End, stop::StopPlan};

/// The longest grace time that a stop may ask for: a day.
const GRACE_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// How long the first signal of a stop waits for a disk that is slow to take the request: an
/// operator must be able to stop what keeps the disk busy.
const SYNC_WAIT_MS: u64 = 2_000;
/// How long a command gets whose time limit has run out: as long as one that is stopped by hand.
const TIME_LIMIT_GRACE_MS: u64 = 10_000;
/// How long what a command left behind gets. Nobody waits for its work.
const REAP_GRACE_MS: u64 = 2_000;

/// What is under way to end or to hold the run.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// What operators asked for before the command ended, the strongest of it.
    pub(super) asked: Option<RequestKind>,
    /// Which signal goes out when.
    pub(super) plan: Option<StopPlan>,
    /// Why, where no operator asked.
    reason: Option<SignalReason>,
    /// The time limit ran out before anybody asked.
    timed_out: bool,
    /// There was no command to end.
    pub(super) is_unstarted: bool,
    /// Whether the run is held, or about to be.
    pub(super) held: bool,
    /// Who waits for the warden to have sent a signal that holds the run or lets it go on.
    pub(super) awaited: Vec<(i32, holding::Reply)>,
}

impl Control {
    /// Why a signal goes out that no operator asked for.
    pub(super) fn reason_of(&self, signal: &str) -> Option<SignalReason> {
        self.reason
            .filter(|_| !matches!(signal, "SIGSTOP" | "SIGCONT"))
    }

    /// How the segment ended, with a command that ended in this way.
    pub(super) fn ending(&self, exit: Exit) -> Ending {
        match (self.is_unstarted, self.timed_out) {
            (true, _) => Ending::ExecFailed,
            (false, true) => Ending::TimedOut,
            (false, false) => Ending::Exited(exit),
        }
    }

    /// Whether the time limit decides how the run ended.
    pub(super) const fn is_timed_out(&self) -> bool {
        self.timed_out && self.asked.is_none()
    }

    /// Ends the run for a reason of the host's own.
    fn end_for(&mut self, reason: SignalReason, now_ms: u64, grace_ms: u64) {
        self.plan = Some(StopPlan::start(now_ms, grace_ms));
        self.reason = Some(reason);
        self.held = false;
    }

    /// Plans an end that an operator asked for, to begin at `at_ms` at the latest.
    fn end_at(&mut self, at_ms: u64, grace_ms: u64) {
        match &mut self.plan {
            Some(plan) => plan.hasten(at_ms, grace_ms),
            None => self.plan = Some(StopPlan::start(at_ms, grace_ms)),
        }
        self.reason = None;
        self.held = false;
    }
}

/// What a request comes to, given what was asked before and whether it makes an end that is under
/// way come sooner.
fn answer(
    is_running: bool,
    asked: Option<RequestKind>,
    end: End,
    is_hastening: bool,
) -> StopAnswer {
    let reason = match (is_running, asked, end) {
        (_, _, End::Kill) if is_hastening => None,
        (false, _, _) => Some(StopReason::AlreadyTerminal),
        (true, None, _) | (true, Some(RequestKind::Stop), End::Cancel) => None,
        (true, Some(_), _) => Some(StopReason::AlreadyRequested),
    };
    StopAnswer {
        stopped: reason.is_none(),
        reason,
    }
}

impl Run {
    pub(super) fn on_end(
        &mut self,
        end: End,
        grace_ms: u64,
        by: String,
        reply: oneshot::Sender<StopAnswer>,
    ) {
        let now_ms = self.recorder.elapsed_ms();
        let grace_ms = grace_ms.min(GRACE_MS_MAX);
        let is_running = matches!(self.stage, Stage::Running);
        let asked = self.control.asked;
        // A stop does not outweigh the cancel that is under way, and does not change when it ends.
        let may_hasten = self.is_open() && (end, asked) != (End::Stop, Some(RequestKind::Cancel));
        let is_hastening = may_hasten
            && self
                .control
                .plan
                .is_some_and(|plan| plan.is_hastened_by(now_ms, grace_ms));
        let answer = answer(is_running, asked, end, is_hastening);
        if !answer.stopped && !is_hastening {
            // An operator who hung up needs no answer.
            let _ = reply.send(answer);
            return;
        }
        let requested = Requested {
            by: Some(by),
            grace_ms: Some(grace_ms),
        };
        let (kind, event) = match end {
            End::Cancel => (RequestKind::Cancel, Event::CancelRequested(requested)),
            End::Stop | End::Kill => (RequestKind::Stop, Event::StopRequested(requested)),
        };
        self.recorder.record(&event);
        if is_running {
            self.control.asked = self.control.asked.max(Some(kind));
        }
        self.control.end_at(now_ms + SYNC_WAIT_MS, grace_ms);
        let sync = SyncFor::End {
            grace_ms,
            answer,
            reply,
        };
        if let Err(SyncFor::End { reply, .. }) = self.workers.syncer.request(sync) {
            // A disk that cannot be synced must not keep an operator from stopping the run.
            self.begin_end(grace_ms, answer, reply);
        }
    }

    /// The request is on disk: what it asks for is due.
    pub(super) fn begin_end(
        &mut self,
        grace_ms: u64,
        answer: StopAnswer,
        reply: oneshot::Sender<StopAnswer>,
    ) {
        if let Some(plan) = &mut self.control.plan {
            plan.begin(self.recorder.elapsed_ms(), grace_ms);
        }
        // The operator may have hung up; the request stands.
        let _ = reply.send(answer);
    }

    /// When the time limit runs out, unless the run is being ended anyway.
    pub(super) fn limit_ms(&self) -> Option<u64> {
        let is_open = matches!(self.stage, Stage::Running) && self.control.plan.is_none();
        self.pod.terms.timeout_ms.filter(|_| is_open)
    }

    /// Ends the run if its time limit has run out.
    pub(super) fn enforce_limit(&mut self, now_ms: u64) {
        if self.limit_ms().is_some_and(|limit_ms| limit_ms <= now_ms) {
            self.control.timed_out = true;
            self.control
                .end_for(SignalReason::TimeLimit, now_ms, TIME_LIMIT_GRACE_MS);
        }
    }

    /// The command ended by itself and left `left` processes behind: ends them where the terms of
    /// the run say so.
    pub(super) fn reap_left(&mut self, left: u32) {
        if left > 0 && self.pod.terms.reap && self.control.plan.is_none() {
            let now_ms = self.recorder.elapsed_ms();
            self.control
                .end_for(SignalReason::Reap, now_ms, REAP_GRACE_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_comes_to() {
        use StopReason::{AlreadyRequested, AlreadyTerminal};
        const STOP: Option<RequestKind> = Some(RequestKind::Stop);
        const CANCEL: Option<RequestKind> = Some(RequestKind::Cancel);
        let check = |is_running, asked, end, is_hastening, reason: Option<StopReason>| {
            let got = answer(is_running, asked, end, is_hastening);
            let case = (is_running, asked, end, is_hastening);
            assert_eq!(
                (got.stopped, got.reason),
                (reason.is_none(), reason),
                "{case:?}"
            );
        };
        for end in [End::Stop, End::Cancel, End::Kill] {
            check(true, None, end, false, None);
            check(false, None, end, false, Some(AlreadyTerminal));
            check(false, STOP, end, false, Some(AlreadyTerminal));
            check(true, CANCEL, end, false, Some(AlreadyRequested));
        }
        check(true, STOP, End::Stop, false, Some(AlreadyRequested));
        check(true, STOP, End::Stop, true, Some(AlreadyRequested));
        check(true, STOP, End::Cancel, false, None);
        check(true, CANCEL, End::Stop, true, Some(AlreadyRequested));
        check(true, STOP, End::Kill, false, Some(AlreadyRequested));
        check(true, STOP, End::Kill, true, None);
        // The command is gone and its stragglers are waited for.
        check(false, STOP, End::Kill, true, None);
        check(false, STOP, End::Cancel, true, Some(AlreadyTerminal));
    }

    #[test]
    fn a_time_limit_decides_unless_somebody_asked() {
        let mut control = Control::default();
        assert_eq!(control.ending(Exit::Code(0)), Ending::Exited(Exit::Code(0)));
        control.timed_out = true;
        control.end_for(SignalReason::TimeLimit, 100, 50);
        assert_eq!(control.ending(Exit::Code(0)), Ending::TimedOut);
        assert_eq!(control.reason_of("SIGINT"), Some(SignalReason::TimeLimit));
        assert_eq!(control.reason_of("SIGCONT"), None);
        assert!(control.is_timed_out());
        control.asked = Some(RequestKind::Stop);
        control.end_at(110, 1_000);
        assert!(!control.is_timed_out());
        assert_eq!(control.reason_of("SIGTERM"), None);
        let plan = control.plan.as_mut().expect("a plan");
        assert!(
            plan.take_due(150).is_some(),
            "the time limit's own kill stands"
        );
    }
}
