//! How a run is brought to its end: which signal goes out when.

use nix::sys::signal::Signal;

/// After the last signal of the sequence it is repeated this often, in milliseconds, for processes
/// that were born between two looks at the tree.
const REPEAT_KILL_MS: u64 = 500;

/// The sequence SIGINT, SIGTERM, SIGKILL within a grace time. Time is given in monotonic
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StopPlan {
    due_at_ms: u64,
    kill_at_ms: u64,
    next: Signal,
}

impl StopPlan {
    /// Starts at `at_ms`; the command is killed `grace_ms` later.
    pub(crate) fn start(at_ms: u64, grace_ms: u64) -> Self {
        Self {
            due_at_ms: at_ms,
            kill_at_ms: at_ms.saturating_add(grace_ms),
            next: Signal::SIGINT,
        }
    }

    /// Whether no signal has been given out yet.
    fn is_pending(&self) -> bool {
        self.next == Signal::SIGINT
    }

    /// Nothing is waited for any more: what was planned for later begins now, and the kill comes
    /// `grace_ms` from now unless it comes sooner.
    pub(crate) fn begin(&mut self, now_ms: u64, grace_ms: u64) {
        if self.is_pending() {
            self.due_at_ms = self.due_at_ms.min(now_ms);
        }
        self.hasten(now_ms, grace_ms);
    }

    /// Whether a kill `grace_ms` from now would come sooner than the one that is planned.
    pub(crate) fn is_hastened_by(&self, now_ms: u64, grace_ms: u64) -> bool {
        now_ms.saturating_add(grace_ms) < self.kill_at_ms
    }

    /// Brings the kill forward to `grace_ms` from now, unless it comes sooner.
    pub(crate) fn hasten(&mut self, now_ms: u64, grace_ms: u64) {
        if self.is_hastened_by(now_ms, grace_ms) {
            self.kill_at_ms = now_ms.saturating_add(grace_ms);
            self.due_at_ms = self.due_at_ms.min(self.kill_at_ms);
        }
    }

    /// When the next signal is due.
    pub(crate) const fn due_at_ms(&self) -> u64 {
        self.due_at_ms
    }

    /// The signal that is due now, if one is. Each is given out once, the last one again and again.
    pub(crate) fn take_due(&mut self, now_ms: u64) -> Option<Signal> {
        if now_ms < self.due_at_ms {
            return None;
        }
        let signal = if now_ms >= self.kill_at_ms {
            Signal::SIGKILL
        } else {
            self.next
        };
        (self.next, self.due_at_ms) = match signal {
            Signal::SIGINT => (Signal::SIGTERM, now_ms.midpoint(self.kill_at_ms)),
            Signal::SIGTERM => (Signal::SIGKILL, self.kill_at_ms),
            _ => (Signal::SIGKILL, now_ms + REPEAT_KILL_MS),
        };
        Some(signal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(grace_ms: u64, ticks: &[u64]) -> Vec<(u64, Signal)> {
        let mut plan = StopPlan::start(0, grace_ms);
        ticks
            .iter()
            .filter_map(|&now| plan.take_due(now).map(|signal| (now, signal)))
            .collect()
    }

    #[test]
    fn signals_grow_stronger_within_the_grace_time() {
        assert_eq!(
            sequence(10_000, &[0, 1, 4_999, 5_000, 9_999, 10_000, 10_100, 10_500]),
            [
                (0, Signal::SIGINT),
                (5_000, Signal::SIGTERM),
                (10_000, Signal::SIGKILL),
                (10_500, Signal::SIGKILL)
            ]
        );
    }

    #[test]
    fn no_grace_kills_at_once() {
        assert_eq!(sequence(0, &[0, 100]), [(0, Signal::SIGKILL)]);
    }

    #[test]
    fn a_second_request_can_only_hasten_the_kill() {
        let mut plan = StopPlan::start(0, 10_000);
        assert!(plan.is_pending());
        assert_eq!(plan.take_due(0), Some(Signal::SIGINT));
        assert!(!plan.is_pending());
        assert!(!plan.is_hastened_by(1_000, 9_000), "the same time");
        plan.hasten(1_000, 20_000);
        assert_eq!(plan.due_at_ms(), 5_000, "later");
        assert!(plan.is_hastened_by(1_000, 500));
        plan.hasten(1_000, 500);
        assert_eq!(plan.take_due(1_499), None);
        assert_eq!(plan.take_due(1_500), Some(Signal::SIGKILL));
    }

    #[test]
    fn what_waits_for_the_disk_begins_when_the_disk_has_it() {
        let mut plan = StopPlan::start(2_000, 10_000);
        assert_eq!(plan.take_due(1_999), None);
        plan.begin(300, 10_000);
        assert_eq!(plan.take_due(300), Some(Signal::SIGINT));
        assert_eq!(plan.take_due(10_299), Some(Signal::SIGTERM));
        assert_eq!(plan.take_due(10_300), Some(Signal::SIGKILL));
        // A kill that came meanwhile is not forgotten.
        let mut plan = StopPlan::start(2_000, 10_000);
        plan.hasten(2_000, 0);
        plan.begin(300, 10_000);
        assert_eq!(plan.take_due(300), Some(Signal::SIGINT));
        plan.begin(310, 0);
        assert_eq!(plan.take_due(310), Some(Signal::SIGKILL));
    }

    #[test]
    fn a_late_look_does_not_soften_the_sequence() {
        assert_eq!(
            sequence(1_000, &[0, 2_000]),
            [(0, Signal::SIGINT), (2_000, Signal::SIGKILL)]
        );
    }
}
