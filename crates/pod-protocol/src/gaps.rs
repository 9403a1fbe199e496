//! Stretches of a session's output that are no longer kept.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{GapNoted, Offset};

/// The stretches, in order, apart from each other, and few: a run state holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<GapNoted>", into = "Vec<GapNoted>")]
pub struct Gaps {
    gaps: Vec<Range<u64>>,
}

impl Gaps {
    /// At most so many stretches are told apart. Past that the two with the least output between
    /// them count as one, and what lies between them stays in the log and is shown no more.
    pub const COUNT_MAX: usize = 128;

    /// Takes note that the output from `from` up to `to` is gone.
    pub fn add(&mut self, from: Offset, to: Offset) {
        let Range { mut start, mut end } = from.0..to.0;
        if start >= end {
            return;
        }
        let first = self.gaps.partition_point(|gap| gap.end < start);
        let behind = self.gaps.partition_point(|gap| gap.start <= end);
        if first < behind {
            start = start.min(self.gaps[first].start);
            end = end.max(self.gaps[behind - 1].end);
        }
        self.gaps.splice(first..behind, std::iter::once(start..end));
        while self.gaps.len() > Self::COUNT_MAX {
            self.join_the_nearest();
        }
    }

    fn join_the_nearest(&mut self) {
        let between = |pair: &[Range<u64>]| pair[1].start - pair[0].end;
        let nearest = (1..self.gaps.len()).min_by_key(|&at| between(&self.gaps[at - 1..=at]));
        if let Some(at) = nearest {
            let later = self.gaps.remove(at);
            self.gaps[at - 1].end = later.end;
        }
    }

    /// Whether everything is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gaps.is_empty()
    }

    /// The stretches in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Range<Offset>> + '_ {
        let offsets = |gap: &Range<u64>| Offset(gap.start)..Offset(gap.end);
        self.gaps.iter().map(offsets)
    }

    /// How much is gone, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.gaps.iter().map(|gap| gap.end - gap.start).sum()
    }

    /// How much of `range` is gone, in bytes.
    #[must_use]
    pub fn bytes_within(&self, range: &Range<Offset>) -> u64 {
        let within = |gap: &Range<u64>| {
            let end = gap.end.min(range.end.0);
            end.saturating_sub(gap.start.max(range.start.0))
        };
        self.gaps.iter().map(within).sum()
    }

    /// The first byte from `at` on that is kept.
    #[must_use]
    pub fn kept_from(&self, at: Offset) -> Offset {
        match self.gap_behind(at) {
            Some(gap) if gap.start <= at.0 => Offset(gap.end),
            _ => at,
        }
    }

    /// Where what is kept at `at` ends, at the latest at `end`.
    #[must_use]
    pub fn kept_until(&self, at: Offset, end: Offset) -> Offset {
        self.gap_behind(at)
            .map_or(end, |gap| Offset(gap.start).min(end))
    }

    /// Where what is kept just before `at` begins, at the earliest at `start`. `at` itself when the
    /// byte before it is gone.
    #[must_use]
    pub fn kept_since(&self, at: Offset, start: Offset) -> Offset {
        let before = self.gaps.partition_point(|gap| gap.start < at.0);
        let gap = before.checked_sub(1).map(|index| &self.gaps[index]);
        gap.map_or(start, |gap| Offset(gap.end).clamp(start, at.max(start)))
    }

    /// Where what is kept at or before `end` ends: `end` itself unless the byte before it is gone.
    #[must_use]
    pub fn kept_end(&self, end: Offset) -> Offset {
        let before = self.gaps.partition_point(|gap| gap.start < end.0);
        match before.checked_sub(1).map(|index| &self.gaps[index]) {
            Some(gap) if gap.end >= end.0 => Offset(gap.start),
            _ => end,
        }
    }

    /// The gap that holds `at` or, if none does, the next one.
    fn gap_behind(&self, at: Offset) -> Option<&Range<u64>> {
        self.gaps
            .get(self.gaps.partition_point(|gap| gap.end <= at.0))
    }
}

impl From<Vec<GapNoted>> for Gaps {
    /// From the files or from the wire, where any order and any number may stand.
    fn from(noted: Vec<GapNoted>) -> Self {
        let mut gaps = Self::default();
        for gap in noted {
            gaps.add(gap.from, gap.to);
        }
        gaps
    }
}

impl From<Gaps> for Vec<GapNoted> {
    fn from(gaps: Gaps) -> Self {
        let noted = |gap: Range<Offset>| GapNoted {
            from: gap.start,
            to: gap.end,
        };
        gaps.iter().map(noted).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gaps(stretches: &[(u64, u64)]) -> Gaps {
        let mut gaps = Gaps::default();
        for &(from, to) in stretches {
            gaps.add(Offset(from), Offset(to));
        }
        gaps
    }

    fn stretches(gaps: &Gaps) -> Vec<(u64, u64)> {
        gaps.iter().map(|gap| (gap.start.0, gap.end.0)).collect()
    }

    #[test]
    fn what_touches_is_one() {
        let check = |added: &[(u64, u64)], kept: &[(u64, u64)]| {
            assert_eq!(stretches(&gaps(added)), kept, "{added:?}");
        };
        check(&[], &[]);
        check(&[(5, 5)], &[]);
        check(&[(9, 5)], &[]);
        check(&[(5, 9), (20, 30)], &[(5, 9), (20, 30)]);
        check(&[(20, 30), (5, 9)], &[(5, 9), (20, 30)]);
        check(&[(5, 9), (9, 12)], &[(5, 12)]);
        check(&[(5, 9), (2, 5)], &[(2, 9)]);
        check(&[(5, 9), (20, 30), (8, 20)], &[(5, 30)]);
        check(&[(5, 9), (1, 40)], &[(1, 40)]);
    }

    #[test]
    fn places_around_gaps() {
        let gaps = gaps(&[(5, 9), (20, 30)]);
        for (end, kept) in [(3, 3), (5, 5), (6, 5), (9, 5), (10, 10), (30, 20), (50, 50)] {
            assert_eq!(gaps.kept_end(Offset(end)), Offset(kept), "end {end}");
        }
        let check = |at: u64, from: u64, until: u64, since: u64| {
            assert_eq!(gaps.kept_from(Offset(at)), Offset(from), "from {at}");
            let until = Offset(until);
            assert_eq!(gaps.kept_until(Offset(at), Offset(50)), until, "until {at}");
            let since = Offset(since);
            assert_eq!(gaps.kept_since(Offset(at), Offset(1)), since, "since {at}");
        };
        check(1, 1, 5, 1);
        check(5, 9, 5, 1);
        check(8, 9, 5, 8);
        check(9, 9, 20, 9);
        check(19, 19, 20, 9);
        check(29, 30, 20, 29);
        check(30, 30, 50, 30);
        check(40, 40, 50, 30);
        assert_eq!(gaps.bytes(), 14);
        assert_eq!(gaps.bytes_within(&(Offset(7)..Offset(25))), 7);
        assert_eq!(gaps.bytes_within(&(Offset(9)..Offset(20))), 0);
    }

    #[test]
    fn gaps_of_any_number_are_few() {
        let mut many = Gaps::default();
        for at in 0..10_000 {
            many.add(Offset(at * 10), Offset(at * 10 + 1));
        }
        assert_eq!(many.iter().count(), Gaps::COUNT_MAX);
        assert_eq!(many.kept_from(Offset(0)), Offset(many.gaps[0].end));
    }

    proptest! {
        #[test]
        fn every_byte_is_kept_or_gone(added in prop::collection::vec((0_u64..64, 0_u64..64), 0..20)) {
            let gaps = gaps(&added);
            for byte in 0..64 {
                let gone = added.iter().any(|(from, to)| (*from..*to).contains(&byte));
                prop_assert_eq!(gaps.kept_from(Offset(byte)) != Offset(byte), gone);
            }
            prop_assert!(gaps.gaps.is_sorted_by(|one, next| one.end < next.start));
            let json = serde_json::to_string(&gaps).expect("gaps serialise");
            prop_assert_eq!(serde_json::from_str::<Gaps>(&json).expect("gaps parse"), gaps);
        }
    }
}
