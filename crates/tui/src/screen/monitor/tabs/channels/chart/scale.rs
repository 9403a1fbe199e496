//! The two axes: where a value stands, and which values and times have a label.

use std::ops::Range;

use jiff::tz::TimeZone;
use pod_protocol::Timestamp;

use super::span;

/// An axis of values: no longer than they need, with labels at round numbers within it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    step: f64,
}

impl Scale {
    /// One that has room for the values from `low` to `high`. It has `labels_max` labels or fewer;
    /// up to six where there would be less than three.
    pub(super) fn new((low, high): (f64, f64), logarithmic: bool, labels_max: u32) -> Self {
        // A scale of logarithms is one of their whole numbers.
        let (low, high) = match logarithmic {
            true => (low.log10(), high.log10()),
            false => (low, high),
        };
        let (low, high) = apart(low, high, logarithmic);
        let (low, high) = match logarithmic {
            true => (low.floor(), high.ceil()),
            false => (low, high),
        };
        let least = if logarithmic { 1.0 } else { 0.0 };
        let max = f64::from(labels_max);
        let mut before = None;
        let mut step = round_step((high / max - low / max) / 2.0).max(least);
        loop {
            let labels = last_label(high, step) - first_label(low, step) + 1.0;
            if labels <= max || !step.is_finite() {
                break;
            }
            before = Some(step);
            step = round_step(step * 1.01).max(least);
        }
        let few = last_label(high, step) - first_label(low, step) < 2.0;
        if let (true, false, Some(finer)) = (few, logarithmic, before) {
            step = finer;
        }
        Self {
            low,
            high,
            logarithmic,
            step,
        }
    }

    /// How high a value stands, from 0 to 1; `None` for one that has no place.
    pub(super) fn share(&self, value: f64) -> Option<f64> {
        let value = match self.logarithmic {
            true if value <= 0.0 => return None,
            true => value.log10(),
            false => value,
        };
        // Halves, because the distance of two numbers may be larger than any number.
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }

    /// The values that have a label, and how high they stand, the lowest first.
    pub(super) fn ticks(&self) -> Vec<(f64, f64)> {
        let (first, last) = (
            first_label(self.low, self.step),
            last_label(self.high, self.step),
        );
        let labels = (0..TICKS_MAX).map(|index| first + f64::from(index));
        let inside = labels.take_while(|label| *label <= last);
        let tick = |label: f64| {
            let value = match self.logarithmic {
                true => 10_f64.powf((label * self.step).round()),
                false => rounded(label * self.step),
            };
            Some((value, self.share(value)?))
        };
        inside.filter_map(tick).collect()
    }
}

/// More labels than this no scale has, whatever the rounding.
const TICKS_MAX: u32 = 8;

/// The first and the last multiple of `step` within a range, as numbers of steps.
fn first_label(low: f64, step: f64) -> f64 {
    (low / step - 1e-9).ceil()
}

fn last_label(high: f64, step: f64) -> f64 {
    (high / step + 1e-9).floor()
}

/// Without what counting in fractions of two has added.
fn rounded(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// Two values that are not the same, so that there is something between them.
fn apart(low: f64, high: f64, logarithmic: bool) -> (f64, f64) {
    let close = (high - low).abs() <= high.abs().max(low.abs()) * 1e-12;
    match (close, logarithmic) {
        (false, _) => (low, high),
        (true, true) => (low - 0.5, high + 0.5),
        (true, false) if low == 0.0 => (-1.0, 1.0),
        (true, false) => (low - low.abs() / 10.0, high + high.abs() / 10.0),
    }
}

/// The next number up that is 1, 2, 2.5 or 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let rounds = [1.0, 2.0, 2.5, 5.0, 10.0];
    let fits = |round: &f64| round * power >= step * (1.0 - 1e-9);
    let round = rounds.into_iter().find(fits).unwrap_or(10.0);
    round * power
}

/// Steps between labelled times, in milliseconds.
const STEPS_MS: [i64; 27] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000,
    120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000,
    43_200_000, 86_400_000,
];

/// How times are written.
pub(super) enum Times<'a> {
    /// Since this moment.
    Since(i64),
    /// By the clock on the wall.
    Of(&'a TimeZone),
}

impl Times<'_> {
    /// A time to `step_ms`.
    pub(super) fn text(&self, at_ms: i64, step_ms: i64) -> String {
        let decimals = match step_ms {
            ..10 => 3,
            10..100 => 2,
            100..1_000 => 1,
            _ => 0,
        };
        let (hours, within) = match self {
            Self::Since(start) => {
                let since = at_ms.saturating_sub(*start);
                // A clock that was set back.
                let since = since.max(0);
                (since / 3_600_000, since % 3_600_000)
            }
            Self::Of(zone) => {
                let local = Timestamp::from_millis(at_ms)
                    .to_jiff()
                    .to_zoned((*zone).clone());
                let within = i64::from(local.minute()) * 60_000
                    + i64::from(local.second()) * 1_000
                    + i64::from(local.millisecond());
                (i64::from(local.hour()), within)
            }
        };
        let (minutes, seconds, millis) = (within / 60_000, within / 1_000 % 60, within % 1_000);
        let fraction = match decimals {
            0 => String::new(),
            decimals => format!(".{millis:03}")[..=decimals].to_owned(),
        };
        match (self, hours) {
            (Self::Since(_), 0) => format!("{minutes:02}:{seconds:02}{fraction}"),
            (Self::Since(_), hours) => format!("{hours}:{minutes:02}:{seconds:02}{fraction}"),
            (Self::Of(_), hours) => format!("{hours:02}:{minutes:02}:{seconds:02}{fraction}"),
        }
    }

    /// The times that have a label where there are `columns`, and the labels.
    pub(super) fn ticks(&self, times: &Range<i64>, columns: usize) -> Vec<(i64, String)> {
        let origin = match self {
            Self::Since(start) => *start,
            Self::Of(_) => 0,
        };
        let columns = i64::try_from(columns.max(1)).unwrap_or(1);
        let step_of = |step: &i64| {
            let wide = i64::try_from(self.text(times.end, *step).len()).unwrap_or(8);
            step.saturating_mul(columns) >= span(times).saturating_mul(wide + 3)
        };
        let days = || {
            let mut step = 86_400_000_i64;
            while !step_of(&step) && step < i64::MAX / 2 {
                step = step.saturating_mul(2);
            }
            step
        };
        let step = STEPS_MS.into_iter().find(step_of).unwrap_or_else(days);
        let since = times.start.saturating_sub(origin);
        let first = since.div_euclid(step).saturating_mul(step);
        let first = first.saturating_add(origin);
        let ticks = (0..columns).map(|index| first.saturating_add(step.saturating_mul(index)));
        let seen = ticks.take_while(|at| *at < times.end);
        seen.filter(|at| *at >= times.start)
            .map(|at| (at, self.text(at, step)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(scale: &Scale) -> Vec<f64> {
        scale.ticks().into_iter().map(|(value, _)| value).collect()
    }

    #[test]
    fn labels_stand_at_round_numbers() {
        let check = |range, labels, expected: &[f64]| {
            assert_eq!(values(&Scale::new(range, false, labels)), expected);
        };
        check((0.0, 1.0), 5, &[0.0, 0.25, 0.5, 0.75, 1.0]);
        check((0.13, 2.31), 5, &[0.5, 1.0, 1.5, 2.0]);
        check((0.13, 2.31), 3, &[0.5, 1.0, 1.5, 2.0]);
        check((-3.0, 7.0), 5, &[-2.0, 0.0, 2.0, 4.0, 6.0]);
        check((0.1, 0.35), 5, &[0.1, 0.2, 0.3]);
        check((5.0, 5.0), 5, &[4.6, 4.8, 5.0, 5.2, 5.4]);
        check((0.0, 0.0), 3, &[-1.0, 0.0, 1.0]);
        check(
            (-1.0, 98_765.25),
            5,
            &[0.0, 20_000.0, 40_000.0, 60_000.0, 80_000.0],
        );
    }

    #[test]
    fn a_logarithmic_scale_has_powers_of_ten() {
        let scale = Scale::new((0.003, 40.0), true, 5);
        assert_eq!(values(&scale), [0.01, 1.0, 100.0]);
        assert_eq!(scale.share(0.0), None);
        assert_eq!(scale.share(-1.0), None);
        let same = Scale::new((10.0, 10.0), true, 5);
        assert_eq!(values(&same), [1.0, 10.0, 100.0]);
    }

    proptest! {
        #[test]
        fn every_value_has_its_place(low in -1e300..1e300_f64, wide in 0.0..1e300_f64, many in any::<bool>()) {
            let (low, high) = (low, low + wide);
            let labels = if many { 5 } else { 3 };
            let scale = Scale::new((low, high), false, labels);
            let ticks = scale.ticks();
            prop_assert!((2..=6).contains(&ticks.len()), "{ticks:?}");
            let (one, other) = (scale.share(low), scale.share(high));
            prop_assert!(one.is_some() && one <= other, "{one:?} {other:?}");
        }
    }

    #[test]
    fn times_are_as_fine_as_their_steps() {
        let since = Times::Since(1_000);
        let texts = |times: Range<i64>, columns| -> Vec<String> {
            let ticks = since.ticks(&times, columns);
            ticks.into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(
            texts(1_000..61_000, 40),
            ["00:00", "00:15", "00:30", "00:45"]
        );
        assert_eq!(texts(1_000..1_100, 40), ["00:00.00", "00:00.05"]);
        assert_eq!(texts(0..7_200_000, 30), ["00:00", "1:00:00"]);
        assert_eq!(since.text(3_724_450, 100), "1:02:03.4");
        let utc = TimeZone::UTC;
        assert_eq!(Times::Of(&utc).text(3_723_456, 1), "01:02:03.456");
    }
}
