//! How often something is done that could be done all the time: drawing a frame, taking output in.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The shortest time between two frames of many: 30 a second are as smooth as text gets, and a flood
/// of output costs no more than that.
const INTERVAL: Duration = Duration::from_millis(33);
/// The same while the operator types: what a key does, or a run answers to it, is seen at once, also
/// under a flood.
const TYPING_INTERVAL: Duration = Duration::from_millis(8);
/// How long after a key the operator is taken to type: an answer has come by then, or is late
/// whatever the pace.
const TYPING_WITHIN: Duration = Duration::from_millis(250);

/// How many may follow the first one after a rest at once: a change is often followed by what it leads
/// to, a key by its echo, an empty screen by the run, its records and its output.
const FOLLOWING_MAX: u32 = 3;

/// How long what has begun to come may hold up the first one: nobody sees the difference, and what
/// comes from files or a host that is well is there long before.
const HOLD_MAX: Duration = Duration::from_millis(15);

/// A few at once after a rest, and many at a distance.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When as much time has passed as all that was done may take.
    paid_at: Option<Instant>,
    typed: Option<Instant>,
    /// Nothing is done before this moment, unless it is let go or the operator types.
    held_until: Option<Instant>,
}

impl Pace {
    /// The earliest moment for the next one; `None` is at once.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        let free_at =
            |paid_at: Instant| paid_at.checked_sub(self.interval(paid_at) * FOLLOWING_MAX);
        self.paid_at.and_then(free_at).max(self.held_until)
    }

    /// Nothing is to be done before what it is about has come together, within reason.
    pub(crate) fn hold(&mut self, now: Instant) {
        self.held_until = Some(now + HOLD_MAX);
    }

    /// It has come together.
    pub(crate) const fn let_go(&mut self) {
        self.held_until = None;
    }

    fn interval(&self, at: Instant) -> Duration {
        let is_typing = self.typed.is_some_and(|typed| at <= typed + TYPING_WITHIN);
        if is_typing { TYPING_INTERVAL } else { INTERVAL }
    }

    /// Waits for that moment.
    pub(crate) async fn wait(&self) {
        if let Some(at) = self.next_at() {
            sleep_until(at).await;
        }
    }

    /// Whether it may be done now.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.next_at().is_none_or(|at| at <= now)
    }

    /// It is done now.
    pub(crate) fn note(&mut self, now: Instant) {
        let from = self.paid_at.map_or(now, |paid_at| paid_at.max(now));
        self.paid_at = Some(from + self.interval(now));
    }

    /// The operator types: what was done before is forgiven.
    pub(crate) fn note_typing(&mut self, now: Instant) {
        self.typed = Some(now);
        self.let_go();
        self.paid_at = self.paid_at.map(|paid_at| paid_at.min(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    /// When frames are drawn if there is something new in every millisecond.
    fn flood(mut pace: Pace, start: Instant, until: u64, keys: &[u64]) -> Vec<u64> {
        let mut drawn = Vec::new();
        for millis in 0..until {
            let now = at(start, millis);
            if keys.contains(&millis) {
                pace.note_typing(now);
            }
            if pace.is_due(now) {
                pace.note(now);
                drawn.push(millis);
            }
        }
        drawn
    }

    #[test]
    fn a_flood_is_drawn_thirty_times_a_second() {
        let drawn = flood(Pace::default(), Instant::now(), 200, &[]);
        assert_eq!(drawn, [0, 1, 2, 3, 33, 66, 99, 132, 165, 198]);
    }

    #[test]
    fn a_key_hastens_the_frames_after_it_for_a_while() {
        let drawn = flood(Pace::default(), Instant::now(), 600, &[40]);
        assert_eq!(drawn[..11], [0, 1, 2, 3, 33, 40, 41, 42, 43, 48, 56]);
        let late = drawn.iter().skip_while(|at| **at < 400);
        let late: Vec<u64> = late.copied().collect();
        assert!(
            late.windows(2).all(|pair| pair[1] - pair[0] == 33),
            "{drawn:?}"
        );
    }

    #[test]
    fn what_is_held_is_done_when_it_is_let_go_or_a_key_comes_or_late() {
        let start = Instant::now();
        let held = || {
            let mut pace = Pace::default();
            pace.hold(start);
            assert!(!pace.is_due(at(start, 14)));
            pace
        };
        assert!(held().is_due(at(start, 15)));
        let mut let_go = held();
        let_go.let_go();
        assert!(let_go.is_due(start));
        let mut typed = held();
        typed.note_typing(start);
        assert!(typed.is_due(start));
    }

    #[test]
    fn a_change_after_a_rest_and_what_it_leads_to_are_drawn_at_once() {
        let start = Instant::now();
        let mut pace = Pace::default();
        for millis in [0, 1, 2, 3, 200, 201, 202, 203] {
            let now = at(start, millis);
            assert!(pace.is_due(now), "{millis}");
            pace.note(now);
        }
        assert!(!pace.is_due(at(start, 204)));
        assert!(pace.is_due(at(start, 233)));
    }
}
