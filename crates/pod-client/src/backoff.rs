//! How long to wait and how often to try, as plain numbers. Time comes in as an argument.

use std::time::Duration;

/// The first wait of a back-off.
const BACKOFF_FIRST: Duration = Duration::from_millis(5);
/// The longest wait: a freed place in a backlog is taken soon enough.
const BACKOFF_LONGEST: Duration = Duration::from_millis(160);

/// Waits that double up to a limit. No jitter: who waits here waits for a queue of the kernel,
/// which lets one in after the other anyway.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// How long to wait before the next try.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let wait = BACKOFF_FIRST.saturating_mul(1 << self.tries.min(16));
        self.tries += 1;
        wait.min(BACKOFF_LONGEST)
    }
}

/// How long after an unexpected end the one retry comes.
pub(crate) const RETRY_AFTER: Duration = Duration::from_millis(500);
/// How long a stream must have been healthy to earn the next retry.
pub(crate) const HEALTHY_AFTER: Duration = Duration::from_secs(30);

/// The one retry of a link. Moments are given as time since the link was opened.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    spent: bool,
    attached_at: Option<Duration>,
}

impl Allowance {
    /// A stream is up.
    pub(crate) fn attached(&mut self, now: Duration) {
        self.attached_at = Some(now);
    }

    /// The stream is gone. Whether a retry is allowed; it is spent then.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        let healthy = |at| now.saturating_sub(at) >= HEALTHY_AFTER;
        if self.attached_at.take().is_some_and(healthy) {
            self.spent = false;
        }
        !std::mem::replace(&mut self.spent, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..8).map(|_| backoff.next_wait().as_millis()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 160, 160]);
        let mut endless = Backoff { tries: 1_000 };
        assert_eq!(endless.next_wait(), BACKOFF_LONGEST);
    }

    #[test]
    fn a_retry_is_earned_back_by_health() {
        // (seconds when attached, seconds when lost, whether a retry follows)
        let check = |steps: &[(Option<u64>, u64, bool)]| {
            let mut allowance = Allowance::default();
            for (attached, lost, expected) in steps {
                if let Some(at) = attached {
                    allowance.attached(Duration::from_secs(*at));
                }
                let allowed = allowance.take(Duration::from_secs(*lost));
                assert_eq!(allowed, *expected, "at {lost} in {steps:?}");
            }
        };
        check(&[(Some(0), 1, true), (Some(2), 3, false)]);
        check(&[(Some(0), 1, true), (Some(2), 31, false)]);
        check(&[
            (Some(0), 1, true),
            (Some(2), 32, true),
            (Some(33), 34, false),
        ]);
        check(&[(Some(0), 100, true), (Some(101), 102, false)]);
        check(&[(None, 0, true), (None, 90, false)]);
        check(&[(Some(0), 1, true), (None, 90, false), (None, 190, false)]);
    }
}
