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
    /// Starts now; the command is killed after `grace_ms`.
    pub(crate) fn start(now_ms: u64, grace_ms: u64) -> Self {
        Self {
            due_at_ms: now_ms,
            kill_at_ms: now_ms.saturating_add(grace_ms),
            next: Signal::SIGINT,
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
    fn a_late_look_does_not_soften_the_sequence() {
        assert_eq!(
            sequence(1_000, &[0, 2_000]),
            [(0, Signal::SIGINT), (2_000, Signal::SIGKILL)]
        );
    }
}
