//! One channel's readings in a fixed number of buckets.
//!
//! A bucket holds all readings of one slot of time, and slots are as wide as a power of two in
//! milliseconds. When there are too many buckets the slots become twice as wide and neighbours
//! merge: memory is flat whatever a run writes, resolution halves, and no extreme is ever lost.
//!
//! Invariants:
//! - Minimum and maximum of a bucket are those of all readings in it, and every finite reading is in
//!   exactly one bucket.
//! - Buckets are in order of time and of records. A clock that was set back does not turn them
//!   round: a reading counts as no older than the one before it.

use std::ops::Range;

use pod_protocol::Seq;

/// The most buckets of a channel: four times the dots of a wide terminal, so that looking closer is
/// mostly free. 64 channels take 5 MiB.
pub(crate) const BUCKETS_MAX: usize = 1_024;
/// How many are left at most when they merge, so that merging is rare.
const BUCKETS_AFTER_MERGE_MAX: usize = BUCKETS_MAX * 3 / 4;
/// Slots are no wider than 2 to this power, in milliseconds: all of time.
const LEVEL_MAX: u32 = 62;

/// A finite or other number, when it was read and which record says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// The record.
    pub(crate) seq: Seq,
    /// When, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The number.
    pub(crate) value: f64,
}

/// Readings of one slot of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    /// When the first and the last of them was read, in milliseconds since 1970.
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
    /// The record of the first one.
    pub(crate) first_seq: Seq,
    /// What they say.
    pub(crate) values: Values,
}

/// What a stretch of readings says. All of them are finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Values {
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// The newest.
    pub(crate) last: f64,
    pub(crate) sum: f64,
    /// How many there are, at least one.
    pub(crate) count: u64,
}

impl Values {
    const fn of(value: f64) -> Self {
        Self {
            min: value,
            max: value,
            last: value,
            sum: value,
            count: 1,
        }
    }

    /// These, then `later`.
    pub(crate) const fn then(self, later: Self) -> Self {
        Self {
            min: self.min.min(later.min),
            max: self.max.max(later.max),
            last: later.last,
            sum: self.sum + later.sum,
            count: self.count + later.count,
        }
    }

    /// Their mean.
    #[expect(clippy::cast_precision_loss, reason = "a mean is not exact anyway")]
    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

/// All readings of a channel, summed up.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Series {
    buckets: Vec<Bucket>,
    /// Slots are 2 to this power wide, in milliseconds.
    level: u32,
    /// Readings that are no numbers to be drawn: they are counted and nothing else.
    not_finite: u64,
}

impl Series {
    /// Takes the next reading.
    pub(crate) fn take(&mut self, sample: Sample) {
        if !sample.value.is_finite() {
            self.not_finite += 1;
            return;
        }
        let newest = self.buckets.last().map_or(i64::MIN, |last| last.last_ms);
        let at_ms = sample.at_ms.max(newest);
        self.push(Bucket {
            first_ms: at_ms,
            last_ms: at_ms,
            first_seq: sample.seq,
            values: Values::of(sample.value),
        });
        self.merge_if_full();
    }

    /// Puts everything that `earlier` holds before what is here. No record may be in both.
    pub(crate) fn join(&mut self, earlier: Self) {
        let later = std::mem::replace(self, earlier);
        self.not_finite += later.not_finite;
        let newest = self.buckets.last().map_or(i64::MIN, |last| last.last_ms);
        self.level = self.level.max(later.level);
        let both = self.buckets.drain(..).chain(later.buckets.into_iter().map(
            // A clock that was set back meanwhile.
            |bucket| Bucket {
                first_ms: bucket.first_ms.max(newest),
                last_ms: bucket.last_ms.max(newest),
                ..bucket
            },
        ));
        let both: Vec<Bucket> = both.collect();
        for bucket in both {
            self.push(bucket);
        }
        self.merge_if_full();
    }

    /// Adds a bucket that is no older than the last one, within it if it is of the same slot.
    fn push(&mut self, bucket: Bucket) {
        match self.buckets.last_mut() {
            Some(last) if last.first_ms >> self.level == bucket.first_ms >> self.level => {
                last.last_ms = bucket.last_ms;
                last.values = last.values.then(bucket.values);
            }
            _ => self.buckets.push(bucket),
        }
    }

    fn merge_if_full(&mut self) {
        if self.buckets.len() <= BUCKETS_MAX {
            return;
        }
        while self.buckets.len() > BUCKETS_AFTER_MERGE_MAX && self.level < LEVEL_MAX {
            self.level += 1;
            let level = self.level;
            self.buckets.dedup_by(|later, earlier| {
                let same = earlier.first_ms >> level == later.first_ms >> level;
                if same {
                    earlier.last_ms = later.last_ms;
                    earlier.values = earlier.values.then(later.values);
                }
                same
            });
        }
    }

    /// The buckets, oldest first.
    pub(crate) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// How wide a slot is, in milliseconds: nothing finer is known.
    pub(crate) const fn slot_ms(&self) -> i64 {
        1 << self.level
    }

    /// How many readings are in it, those included that are not finite.
    #[cfg(test)]
    pub(crate) fn count(&self) -> u64 {
        let finite: u64 = self.buckets.iter().map(|b| b.values.count).sum();
        finite + self.not_finite
    }

    /// When the first and the last finite one was read.
    pub(crate) fn extent(&self) -> Option<(i64, i64)> {
        let (first, last) = (self.buckets.first()?, self.buckets.last()?);
        Some((first.first_ms, last.last_ms))
    }

    /// What all of them say.
    pub(crate) fn values(&self) -> Option<Values> {
        let mut buckets = self.buckets.iter().map(|bucket| bucket.values);
        let first = buckets.next()?;
        Some(buckets.fold(first, Values::then))
    }

    /// The buckets that reach into a stretch of time.
    pub(crate) fn within(&self, times: Range<i64>) -> &[Bucket] {
        let start = self.buckets.partition_point(|b| b.last_ms < times.start);
        let end = self.buckets.partition_point(|b| b.first_ms < times.end);
        self.buckets.get(start..end).unwrap_or_default()
    }

    /// The last bucket that begins at `at_ms` or before.
    pub(crate) fn bucket_at(&self, at_ms: i64) -> Option<&Bucket> {
        let behind = self.buckets.partition_point(|b| b.first_ms <= at_ms);
        self.buckets.get(behind.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests;
