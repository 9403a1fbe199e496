//! Times of records: since the start of the session, or of the day.

use jiff::tz::TimeZone;
use pod_protocol::Timestamp;

use super::Entry;

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimeForm {
    /// Since the start of the session, with what lay between its segments.
    #[default]
    Elapsed,
    /// By the clock of this machine.
    Clock,
}

impl TimeForm {
    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Elapsed => Self::Clock,
            Self::Clock => Self::Elapsed,
        }
    }

    /// The time of `entry`. With `dated`, clock times say the day.
    pub(crate) fn show(self, entry: &Entry, zone: &TimeZone, dated: bool) -> String {
        match (self, entry.at) {
            (Self::Clock, Some(at)) => clock(at, zone, dated),
            (Self::Clock, None) if dated => " ".repeat("20 Nov 10:00:00.0".len()),
            (Self::Clock, None) => " ".repeat("10:00:00.0".len()),
            (Self::Elapsed, _) => elapsed(entry.t_ms),
        }
    }
}

/// `T+12:01.3`, with hours where there are any.
fn elapsed(t_ms: u64) -> String {
    let (tenths, seconds) = (t_ms % 1_000 / 100, t_ms / 1_000);
    match seconds / 3_600 {
        0 => format!("T+{:02}:{:02}.{tenths}", seconds / 60, seconds % 60),
        hours => format!(
            "T+{hours}:{:02}:{:02}.{tenths}",
            seconds / 60 % 60,
            seconds % 60
        ),
    }
}

/// `10:12:01.3`, or `20 Nov 10:12:01.3`.
fn clock(at: Timestamp, zone: &TimeZone, dated: bool) -> String {
    let local = at.to_jiff().to_zoned(zone.clone());
    let tenths = local.millisecond() / 100;
    let form = if dated { "%e %b %H:%M:%S" } else { "%H:%M:%S" };
    format!("{}.{tenths}", local.strftime(form))
}

/// Whether two moments are of one day.
pub(crate) fn same_day(one: Timestamp, other: Timestamp, zone: &TimeZone) -> bool {
    let day = |at: Timestamp| at.to_jiff().to_zoned(zone.clone()).date();
    day(one) == day(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_the_start() {
        assert_eq!(elapsed(721_340), "T+12:01.3");
        assert_eq!(elapsed(0), "T+00:00.0");
        assert_eq!(elapsed(3_723_400), "T+1:02:03.4");
    }

    #[test]
    fn clock_times_say_the_day_where_it_matters() {
        let at = "2026-11-03T10:12:01.350Z".parse().expect("a time");
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(clock(at, &zone, false), "11:12:01.3");
        assert_eq!(clock(at, &zone, true), " 3 Nov 11:12:01.3");
        let later = "2026-11-03T23:30:00Z".parse().expect("a time");
        assert!(!same_day(at, later, &zone), "it is past midnight there");
        assert!(same_day(at, later, &TimeZone::UTC));
    }
}
