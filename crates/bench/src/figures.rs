//! Medians, spreads and intervals, without any assumption about how noise is distributed.

/// A median with what surrounds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) median: f64,
    pub(crate) smallest: f64,
    pub(crate) largest: f64,
    /// The 95 % interval of the median; `None` when there are too few values for one.
    pub(crate) interval: Option<(f64, f64)>,
}

impl Figure {
    /// `None` without a value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        let median = match values.len() % 2 {
            0 => f64::midpoint(values[middle - 1], upper),
            _ => upper,
        };
        let interval =
            interval_rank(values.len()).map(|rank| (values[rank], values[values.len() - 1 - rank]));
        Some(Self {
            median,
            smallest: values[0],
            largest: *values.last()?,
            interval,
        })
    }
}

/// Which value from either end bounds the median with at least 95 %: how often a fair coin shows
/// heads at most that often in `count` throws tells how often the true median lies outside.
fn interval_rank(count: usize) -> Option<usize> {
    let throws = i32::try_from(count).ok()?;
    let mut tail = 0.5_f64.powi(throws);
    let mut ways = tail;
    let mut rank = None;
    for heads in 0..count / 2 {
        if 2.0 * tail > 0.05 {
            break;
        }
        rank = Some(heads);
        #[expect(clippy::cast_precision_loss, reason = "a few dozen rounds at most")]
        let next = (count - heads) as f64 / (heads + 1) as f64;
        ways *= next;
        tail += ways;
    }
    rank
}

/// The ratios of the rounds in which both have a value.
pub(crate) fn ratios(values: &[Option<f64>], baseline: &[Option<f64>]) -> Option<Figure> {
    let pairs = values.iter().zip(baseline);
    Figure::of(pairs.filter_map(|(value, base)| {
        let ratio = (*value)? / (*base)?;
        ratio.is_finite().then_some(ratio)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_between_known_ranks() {
        // Ranks from the tables of the sign test: 0 is the smallest value.
        let check = |count, rank| assert_eq!(interval_rank(count), rank, "{count}");
        check(0, None);
        check(5, None);
        check(6, Some(0));
        check(8, Some(0));
        check(9, Some(1));
        check(12, Some(2));
        check(20, Some(5));
    }

    #[test]
    fn a_figure_has_median_spread_and_interval() {
        let figure = Figure::of([9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]).expect("nine");
        assert_eq!(
            (figure.median, figure.smallest, figure.largest),
            (5.0, 1.0, 9.0)
        );
        assert_eq!(figure.interval, Some((2.0, 8.0)));
        assert_eq!(Figure::of([1.0, 2.0]).map(|f| f.median), Some(1.5));
        assert_eq!(Figure::of([]), None);
    }

    #[test]
    fn only_rounds_with_both_values_are_compared() {
        let values = [Some(2.0), None, Some(6.0), Some(1.0)];
        let baseline = [Some(1.0), Some(1.0), Some(2.0), Some(0.0)];
        let figure = ratios(&values, &baseline).expect("two pairs");
        assert_eq!((figure.smallest, figure.largest), (2.0, 3.0));
    }

    proptest::proptest! {
        #[test]
        fn an_interval_holds_its_median(values in proptest::collection::vec(0.1_f64..100.0, 1..40)) {
            let figure = Figure::of(values).expect("not empty");
            let (low, high) = figure.interval.unwrap_or((figure.smallest, figure.largest));
            proptest::prop_assert!(figure.smallest <= low && low <= figure.median);
            proptest::prop_assert!(figure.median <= high && high <= figure.largest);
        }
    }
}
