//! How long ago something was, in one short word.

use jiff::{ToSpan, tz::TimeZone};
use pod_protocol::Timestamp;

use crate::screen::elapsed;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
/// Up to here hours are counted even across midnight.
const HOURS_COUNTED_MS: u64 = 12 * HOUR_MS;

/// The age of a live run: how long it has been silent.
pub(super) fn of_live(at: Timestamp, now: Timestamp) -> String {
    match now.millis_since(at) {
        0..SECOND_MS => "now".to_owned(),
        age_ms => elapsed::short(age_ms),
    }
}

/// The age of a finished run: `5m ago`, `2h ago`, `yest.`, `3 Nov`, `Nov 2025`.
pub(super) fn of_stored(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let age_ms = now.millis_since(at);
    let (then, today) = (
        at.to_jiff().to_zoned(zone.clone()),
        now.to_jiff().to_zoned(zone.clone()),
    );
    let recent = then.date() == today.date() || age_ms < HOURS_COUNTED_MS;
    match age_ms {
        0..MINUTE_MS => "just now".to_owned(),
        _ if recent => format!("{} ago", elapsed::short(age_ms)),
        _ if today.date().checked_sub(1.day()).ok() == Some(then.date()) => "yest.".to_owned(),
        _ if then.year() == today.year() => then.strftime("%-d %b").to_string(),
        _ => then.strftime("%b %Y").to_string(),
    }
}

/// In how many milliseconds an age of `millis` reads differently.
pub(super) const fn next_change_ms(millis: u64, live: bool) -> u64 {
    match (millis, live) {
        (0..MINUTE_MS, true) => SECOND_MS - millis % SECOND_MS,
        (0..HOUR_MS, _) => MINUTE_MS - millis % MINUTE_MS,
        _ => HOUR_MS - millis % HOUR_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_people_say_them() {
        let zone = TimeZone::UTC;
        let now: Timestamp = "2026-11-20T15:00:00Z".parse().expect("a time");
        for (then, expected) in [
            ("2026-11-20T14:59:30Z", "just now"),
            ("2026-11-20T14:55:00Z", "5m ago"),
            ("2026-11-20T01:00:00Z", "14h ago"),
            ("2026-11-20T00:30:00Z", "14h ago"),
            ("2026-11-19T23:00:00Z", "yest."),
            ("2026-11-18T23:00:00Z", "18 Nov"),
            ("2026-11-03T10:00:00Z", "3 Nov"),
            ("2025-11-03T10:00:00Z", "Nov 2025"),
            ("2026-11-21T10:00:00Z", "just now"),
        ] {
            let at = then.parse().expect(then);
            assert_eq!(of_stored(at, now, &zone), expected, "{then}");
        }
        let midnight: Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
        let before = "2026-11-19T22:00:00Z".parse().expect("a time");
        assert_eq!(
            of_stored(before, midnight, &zone),
            "3h ago",
            "not yet yesterday's news"
        );
    }

    #[test]
    fn a_live_run_that_has_just_said_something_is_now() {
        let now: Timestamp = "2026-11-20T15:00:00Z".parse().expect("a time");
        for (ago_ms, expected) in [(0, "now"), (8, "now"), (999, "now"), (1_000, "1s")] {
            let at = Timestamp::from_millis(now.as_millis() - ago_ms);
            assert_eq!(of_live(at, now), expected, "{ago_ms}");
        }
    }

    #[test]
    fn a_date_is_that_of_the_operator() {
        let zone = TimeZone::fixed(jiff::tz::offset(-8));
        let now = "2026-11-20T23:00:00Z".parse().expect("a time");
        let at = "2026-11-03T02:00:00Z".parse().expect("a time");
        assert_eq!(of_stored(at, now, &zone), "2 Nov");
    }
}
