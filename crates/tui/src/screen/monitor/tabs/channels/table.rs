//! The table of channels: which rows there are, what they say, and what there is room for.

use pod_protocol::{Channel, QUIET_AFTER_MS, Timestamp};

use super::series::Series;
use crate::screen::elapsed;

/// In which order the rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// As the run first wrote to them.
    #[default]
    Appearance,
    /// By name.
    Name,
    /// The one that was read last comes first.
    Newest,
}

impl Order {
    /// The next one.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Appearance => Self::Name,
            Self::Name => Self::Newest,
            Self::Newest => Self::Appearance,
        }
    }

    /// The words for it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Appearance => "in order of appearance",
            Self::Name => "by name",
            Self::Newest => "newest first",
        }
    }
}

/// The channels whose names contain `filter`, whatever the case, in `order`.
pub(crate) fn rows<'a>(channels: &'a [Channel], order: Order, filter: &str) -> Vec<&'a Channel> {
    let filter = filter.to_lowercase();
    let matches = |channel: &&Channel| channel.name.to_lowercase().contains(&filter);
    let mut rows: Vec<&Channel> = channels.iter().filter(matches).collect();
    match order {
        Order::Appearance => {}
        Order::Name => rows.sort_by(|one, other| one.name.cmp(&other.name)),
        Order::Newest => rows.sort_by_key(|channel| std::cmp::Reverse(channel.last_at)),
    }
    rows
}

/// Whether a channel is still being written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Within the last seconds.
    Live,
    /// Not lately.
    Quiet,
    /// The run is over: nothing will come.
    Closed,
}

impl Freshness {
    /// The freshness of a channel that was last read at `last_at`.
    pub(crate) fn of(last_at: Timestamp, now: Timestamp, ended: bool, connected: bool) -> Self {
        match ended {
            true => Self::Closed,
            false if connected && now.millis_since(last_at) < QUIET_AFTER_MS => Self::Live,
            false => Self::Quiet,
        }
    }

    /// One column wide.
    pub(crate) const fn glyph(self) -> &'static str {
        match self {
            Self::Live => "●",
            Self::Quiet => "○",
            Self::Closed => "■",
        }
    }

    /// The word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Quiet => "quiet",
            Self::Closed => "closed",
        }
    }
}

/// In how many milliseconds an age of `age_ms`, as [`elapsed::short`] has it, or the freshness
/// changes.
pub(crate) const fn next_change_ms(age_ms: u64) -> u64 {
    let unit = match age_ms {
        0..60_000 => 1_000,
        60_000..3_600_000 => 60_000,
        3_600_000..86_400_000 => 3_600_000,
        _ => 86_400_000,
    };
    // The border between live and quiet is a whole second.
    unit - age_ms % unit
}

/// How old a reading is, in a few letters.
pub(crate) fn age(last_at: Timestamp, now: Timestamp) -> String {
    elapsed::short(now.millis_since(last_at))
}

/// How wide the columns are; 0 for one that is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Widths {
    pub(crate) name: usize,
    pub(crate) line: usize,
    pub(crate) last: usize,
    pub(crate) age: usize,
    pub(crate) word: usize,
    pub(crate) range: usize,
}

/// Selection, mark and glyph stand before the name.
pub(crate) const LEAD_COLUMNS: usize = 4;
/// What keeps columns apart.
pub(crate) const GAP_COLUMNS: usize = 2;
/// A name cut to less than this says nothing.
const NAME_COLUMNS_MIN: usize = 8;
/// A sparkline shorter than this has no shape.
const LINE_COLUMNS_MIN: usize = 6;
const LINE_COLUMNS_MAX: usize = 32;

impl Widths {
    /// What there is room for. `wanted` is how wide each column would like to be; of the sparkline
    /// it says nothing. Before the name is cut all other columns go but the value, which is what the
    /// table is for; the sparkline grows into what is left over.
    pub(crate) fn fit(columns: usize, wanted: Self) -> Self {
        let room = columns.saturating_sub(LEAD_COLUMNS);
        let name = match room.saturating_sub(wanted.last + GAP_COLUMNS) {
            beside_value @ NAME_COLUMNS_MIN.. => beside_value,
            _ => room,
        };
        let mut widths = Self {
            name: wanted.name.min(name),
            ..Self::default()
        };
        let mut free = room - widths.name;
        let mut take = |wanted: usize| {
            let needed = wanted + GAP_COLUMNS;
            let fits = wanted > 0 && needed <= free;
            free -= if fits { needed } else { 0 };
            if fits { wanted } else { 0 }
        };
        widths.last = take(wanted.last);
        widths.line = take(LINE_COLUMNS_MIN);
        widths.age = take(wanted.age);
        widths.range = take(wanted.range);
        widths.word = take(wanted.word);
        if widths.line > 0 {
            widths.line = (widths.line + free).min(LINE_COLUMNS_MAX);
        }
        widths
    }
}

/// A sparkline of at most `columns` columns. Each shows whichever extreme is further from the mean,
/// so that no spike is lost.
pub(crate) fn sparkline(channel: &Channel, series: Option<&Series>, columns: usize) -> String {
    let values: Vec<f64> = match series.filter(|series| !series.buckets().is_empty()) {
        Some(series) => shape(series, columns),
        None => {
            let skipped = channel.recent.len().saturating_sub(columns);
            channel.recent[skipped..].to_vec()
        }
    };
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    let bar = |value: f64| {
        // Halves, because the distance of two numbers may be larger than any number.
        let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        match share.is_finite() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share from 0 to 1"
            )]
            true => BARS[(share * 7.0).round() as usize % 8],
            false if value.is_finite() => '▄',
            false => '?',
        }
    };
    values.iter().map(|value| bar(*value)).collect()
}

fn shape(series: &Series, columns: usize) -> Vec<f64> {
    let buckets = series.buckets();
    let mean = series.values().map_or(0.0, |values| values.mean());
    let count = columns.min(buckets.len()).max(1);
    let extreme = |index: usize| {
        let part = &buckets[index * buckets.len() / count..(index + 1) * buckets.len() / count];
        let low = part
            .iter()
            .map(|b| b.values.min)
            .fold(f64::INFINITY, f64::min);
        let high = part
            .iter()
            .map(|b| b.values.max)
            .fold(f64::NEG_INFINITY, f64::max);
        if high - mean >= mean - low { high } else { low }
    };
    (0..count).map(extreme).collect()
}

#[cfg(test)]
mod tests {
    use pod_protocol::Seq;

    use super::*;
    use crate::screen::monitor::tabs::channels::series::Sample;

    fn channel(name: &str, last_at: i64, recent: &[f64]) -> Channel {
        Channel {
            name: name.to_owned(),
            unit: None,
            last_at: Timestamp::from_millis(last_at),
            range: (0.0, 1.0),
            recent: recent.to_vec(),
        }
    }

    #[test]
    fn the_freshness_table() {
        use Freshness as F;
        let at = Timestamp::from_millis;
        for (now, ended, connected, expected) in [
            (0, false, true, F::Live),
            (4_999, false, true, F::Live),
            (5_000, false, true, F::Quiet),
            (0, false, false, F::Quiet),
            (0, true, true, F::Closed),
            (90_000, true, false, F::Closed),
        ] {
            assert_eq!(F::of(at(0), at(now), ended, connected), expected, "{now}");
        }
        assert_eq!(
            F::of(at(9), at(0), false, true),
            F::Live,
            "a clock set back"
        );
    }

    #[test]
    fn an_age_changes_when_it_says_so() {
        let at = |millis: u64| {
            age(
                Timestamp::from_millis(0),
                Timestamp::from_millis(millis as i64),
            )
        };
        for millis in [
            0, 1, 999, 4_999, 59_999, 60_000, 3_599_999, 3_600_000, 90_000_000,
        ] {
            let next = next_change_ms(millis);
            assert_eq!(at(millis), at(millis + next - 1), "{millis}");
            assert_ne!(at(millis), at(millis + next), "{millis}");
        }
        assert_eq!(next_change_ms(4_200), 800, "when it becomes quiet");
    }

    #[test]
    fn secondary_columns_go_before_a_name_is_cut() {
        let wanted = Widths {
            name: 16,
            line: 0,
            last: 10,
            age: 3,
            word: 6,
            range: 13,
        };
        let check = |columns, [name, line, last, age, range, word]: [usize; 6]| {
            let expected = Widths {
                name,
                line,
                last,
                age,
                word,
                range,
            };
            assert_eq!(Widths::fit(columns, wanted), expected, "{columns}");
        };
        check(120, [16, 32, 10, 3, 13, 6]);
        check(70, [16, 8, 10, 3, 13, 6]);
        check(60, [16, 6, 10, 3, 13, 0]);
        check(50, [16, 11, 10, 3, 0, 0]);
        check(45, [16, 6, 10, 3, 0, 0]);
        check(40, [16, 6, 10, 0, 0, 0]);
        check(32, [16, 0, 10, 0, 0, 0]);
        check(20, [16, 0, 0, 0, 0, 0]);
        check(10, [6, 0, 0, 0, 0, 0]);
        check(2, [0, 0, 0, 0, 0, 0]);
        let long = Widths { name: 60, ..wanted };
        let name_and_value = |columns| {
            let widths = Widths::fit(columns, long);
            (widths.name, widths.last)
        };
        assert_eq!(name_and_value(80), (60, 10));
        assert_eq!(name_and_value(40), (24, 10));
        assert_eq!(name_and_value(24), (8, 10));
        assert_eq!(name_and_value(23), (19, 0), "a name without a value");
    }

    #[test]
    fn rows_are_found_and_ordered() {
        let channels = [
            channel("loss", 1, &[]),
            channel("Accuracy", 3, &[]),
            channel("lr", 2, &[]),
        ];
        let names = |order, filter| -> Vec<String> {
            let rows = rows(&channels, order, filter);
            rows.iter().map(|row| row.name.clone()).collect()
        };
        assert_eq!(names(Order::Appearance, ""), ["loss", "Accuracy", "lr"]);
        assert_eq!(names(Order::Name, ""), ["Accuracy", "loss", "lr"]);
        assert_eq!(names(Order::Newest, ""), ["Accuracy", "lr", "loss"]);
        assert_eq!(names(Order::Name, "L"), ["loss", "lr"]);
    }

    #[test]
    fn a_sparkline_keeps_the_spike() {
        let few = channel("a", 0, &[0.0, 3.5, 7.0]);
        assert_eq!(sparkline(&few, None, 8), "▁▅█");
        assert_eq!(sparkline(&few, None, 2), "▁█", "the newest ones");
        let flat = channel("a", 0, &[2.0, 2.0]);
        assert_eq!(sparkline(&flat, None, 8), "▄▄");
        let huge = channel("a", 0, &[f64::MIN, 0.0, f64::MAX]);
        assert_eq!(sparkline(&huge, None, 8), "▁▅█");
        let mut series = Series::default();
        for index in 0..10_000 {
            series.take(Sample {
                seq: Seq(index + 1),
                at_ms: i64::try_from(index).expect("small"),
                value: if index == 4_321 { -50.0 } else { 1.0 },
            });
        }
        let line = sparkline(&few, Some(&series), 8);
        assert_eq!(line, "███▁████");
    }
}
