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

/// Two at once after a rest, for a change is often followed by what it leads to: a key by its echo, an
/// empty screen by what belongs on it. Many follow each other at a distance.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    last: Option<Instant>,
    before: Option<Instant>,
    typed: Option<Instant>,
}

impl Pace {
    /// The earliest moment for the next one; `None` is at once.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        let last = self.last?;
        let soon = last + TYPING_INTERVAL;
        let is_typing = self.typed.is_some_and(|at| soon <= at + TYPING_WITHIN);
        let interval = if is_typing { TYPING_INTERVAL } else { INTERVAL };
        let rested = |before: Instant| last.duration_since(before) >= interval * 2;
        match self.before.is_none_or(rested) {
            true => None,
            false => Some(last + interval),
        }
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
        self.before = self.last.replace(now);
    }

    /// The operator types.
    pub(crate) const fn note_typing(&mut self, now: Instant) {
        self.typed = Some(now);
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
        assert_eq!(drawn, [0, 1, 34, 67, 100, 133, 166, 199]);
    }

    #[test]
    fn a_key_hastens_the_frames_after_it_for_a_while() {
        let drawn = flood(Pace::default(), Instant::now(), 400, &[40]);
        assert_eq!(drawn[..6], [0, 1, 34, 40, 48, 56]);
        let last_typed = drawn.windows(2).rposition(|pair| pair[1] - pair[0] < 33);
        let last_typed = last_typed.map(|at| drawn[at + 1]).expect("some");
        assert!((280..=300).contains(&last_typed), "{drawn:?}");
    }

    #[test]
    fn a_change_after_a_rest_and_what_it_leads_to_are_drawn_at_once() {
        let start = Instant::now();
        let mut pace = Pace::default();
        for millis in [0, 1, 200, 201] {
            let now = at(start, millis);
            assert!(pace.is_due(now), "{millis}");
            pace.note(now);
        }
        assert!(!pace.is_due(at(start, 202)));
        assert!(pace.is_due(at(start, 234)));
    }
}
