use proptest::prelude::*;

use super::*;

/// Readings with times that mostly go on, sometimes stand, jump, or go back.
fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let step = prop_oneof![
        6 => 0..3_i64,
        2 => 0..10_000_i64,
        1 => -5_000..0_i64,
        1 => 0..86_400_000_i64,
    ];
    let value = prop_oneof![
        8 => -1e3..1e3_f64,
        1 => any::<f64>(),
        1 => Just(f64::NAN),
    ];
    prop::collection::vec((step, value), 0..3_000).prop_map(|steps| {
        let mut at_ms = 1_800_000_000_000;
        let numbered = (1..).zip(steps);
        let sample = |(seq, (step, value))| {
            at_ms += step;
            Sample {
                seq: Seq(seq),
                at_ms,
                value,
            }
        };
        numbered.map(sample).collect()
    })
}

fn series(samples: &[Sample]) -> Series {
    let mut series = Series::default();
    for sample in samples {
        series.take(*sample);
    }
    series
}

/// Compares each bucket with the readings themselves: those of its records.
fn assert_true_to(series: &Series, samples: &[Sample]) {
    assert!(series.buckets.len() <= BUCKETS_MAX);
    let finite: Vec<&Sample> = samples.iter().filter(|s| s.value.is_finite()).collect();
    let mut rest = finite.iter();
    let mut newest = i64::MIN;
    for bucket in &series.buckets {
        let count = usize::try_from(bucket.values.count).expect("few");
        let own: Vec<&Sample> = rest.by_ref().take(count).copied().collect();
        let values = || own.iter().map(|sample| sample.value);
        assert_eq!(own.len(), count);
        assert_eq!(bucket.first_seq, own[0].seq);
        assert_eq!(bucket.values.min, values().fold(f64::INFINITY, f64::min));
        assert_eq!(
            bucket.values.max,
            values().fold(f64::NEG_INFINITY, f64::max)
        );
        assert_eq!(bucket.values.last, own[count - 1].value);
        assert!(bucket.first_ms >= newest && bucket.last_ms >= bucket.first_ms);
        assert_eq!(
            bucket.first_ms >> series.level,
            bucket.last_ms >> series.level,
            "a bucket is within its slot"
        );
        newest = bucket.last_ms;
    }
    assert_eq!(rest.next(), None, "every reading is in a bucket");
    assert_eq!(series.count(), samples.len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_extreme_is_lost(samples in samples()) {
        assert_true_to(&series(&samples), &samples);
    }

    #[test]
    fn a_history_joins_what_was_seen_live(samples in samples(), cut in 0..4_000_usize) {
        let cut = cut.min(samples.len());
        let mut live = series(&samples[cut..]);
        live.join(series(&samples[..cut]));
        assert_true_to(&live, &samples);
    }

    #[test]
    fn a_stretch_has_all_that_was_read_in_it(samples in samples(), from in 0..4_000_usize) {
        let series = series(&samples);
        if let Some(bucket) = series.buckets.get(from % BUCKETS_MAX) {
            let found = series.within(bucket.first_ms..bucket.last_ms + 1);
            prop_assert!(found.contains(bucket));
            for other in found {
                let apart = other.last_ms < bucket.first_ms || other.first_ms > bucket.last_ms;
                prop_assert!(!apart);
            }
        }
    }
}

#[test]
fn memory_is_flat_however_much_is_read() {
    let mut series = Series::default();
    // A hundred seconds at 10,000 a second, with one spike.
    for index in 0..1_000_000_u64 {
        series.take(Sample {
            seq: Seq(index + 1),
            at_ms: i64::try_from(index / 10).expect("small"),
            value: if index == 777_777 { 98_765.25 } else { 1.0 },
        });
    }
    assert_eq!(series.buckets.capacity(), 2 * BUCKETS_MAX);
    assert_eq!(series.count(), 1_000_000);
    let spike = series.bucket_at(77_777).expect("there");
    assert_eq!((spike.values.max, spike.values.min), (98_765.25, 1.0));
    assert!(
        series.buckets.len() > BUCKETS_MAX / 4,
        "no coarser than it must be"
    );
}

#[test]
fn what_is_no_number_is_counted_and_spoils_no_scale() {
    let sample = |seq, value| Sample {
        seq: Seq(seq),
        at_ms: 0,
        value,
    };
    let series = series(&[
        sample(1, f64::NAN),
        sample(2, f64::INFINITY),
        sample(3, 2.5),
        sample(4, f64::NEG_INFINITY),
    ]);
    assert_eq!(series.count(), 4);
    assert_eq!(series.values(), Some(Values::of(2.5)));
}
