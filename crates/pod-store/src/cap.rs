//! How much of a session's output is kept. Pure arithmetic over offsets.

use std::ops::Range;

use pod_protocol::{Gaps, Offset};
use serde::{Deserialize, Serialize};

/// The most that is kept of the beginning of a session, in bytes.
const HEAD_BYTES_MAX: u64 = 64 * MIB;
/// The cap of a session that names none, in bytes.
const DEFAULT_BYTES: u64 = 8 * 1024 * MIB;
/// Every step is a synced record, so output that flows past its cap goes in steps of a 64th.
const STEPS: u64 = 64;
/// Smaller steps than this would make more records than they save, in bytes.
const STEP_BYTES_MIN: u64 = MIB;
/// The largest piece of memory that a file system keeps of a file. Boundaries of holes are
/// multiples of it where a step is at least as long: then a hole removes pieces and never blanks a
/// part of one that is on its way to a viewer.
const PIECE_BYTES: u64 = 2 * MIB;
/// What a run reports may take this share of the cap of its output.
const RECORDS_SHARE: u64 = 8;
/// A run may always report this much, in bytes.
const RECORDS_BYTES_MIN: u64 = MIB;
const MIB: u64 = 1024 * 1024;

/// The most output that a session keeps, in bytes over all of its segments. 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cap(u64);

impl Default for Cap {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Cap {
    /// What a session keeps that names no cap.
    pub const DEFAULT: Self = Self(DEFAULT_BYTES);
    /// The smallest cap that leaves room for a head, a rest and steps, in bytes.
    pub const BYTES_MIN: u64 = 64 * 1024;

    /// A cap of `bytes`; 0 is no limit. `None` where that is too little to keep anything useful.
    #[must_use]
    pub const fn new(bytes: u64) -> Option<Self> {
        match bytes {
            0 | Self::BYTES_MIN.. => Some(Self(bytes)),
            _ => None,
        }
    }

    /// The limit, if there is one, in bytes.
    #[must_use]
    pub const fn bytes(self) -> Option<u64> {
        match self.0 {
            0 => None,
            // Whatever a file says.
            bytes if bytes < Self::BYTES_MIN => Some(Self::BYTES_MIN),
            bytes => Some(bytes),
        }
    }

    /// Whether nothing has to be said about it.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// How much goes at a time, in bytes.
    #[must_use]
    pub fn step_bytes(self) -> Option<u64> {
        let bytes = self.bytes()?;
        Some((bytes / STEPS).max(STEP_BYTES_MIN.min(bytes / 8)))
    }

    /// Whether the kernel may hand pieces of the log to sockets by reference: true where no hole
    /// ends within a piece of memory.
    #[must_use]
    pub fn leaves_pieces_whole(self) -> bool {
        self.step_bytes().is_none_or(|step| step >= PIECE_BYTES)
    }

    /// The most that a run's own records may take in a segment, in bytes.
    #[must_use]
    pub fn records_bytes(self) -> Option<u64> {
        let bytes = self.bytes()?;
        Some((bytes / RECORDS_SHARE).max(RECORDS_BYTES_MIN))
    }

    /// Where the output has to reach before the next [`Cap::due`] can be something, if it is at
    /// `end` now.
    #[must_use]
    pub fn next_due(self, gaps: &Gaps, end: Offset) -> Option<Offset> {
        let (bytes, step) = (self.bytes()?, self.step_bytes()?);
        let kept = end.0.saturating_sub(gaps.bytes());
        let room = bytes.saturating_sub(kept);
        // Something is due now: the next question makes sense after one more step.
        Some(end.plus(if room == 0 { step } else { room + 1 }))
    }

    /// What must go when the output reaches to `end`, in a segment whose output begins at `base`:
    /// the oldest output behind the head, so much that a step of room is left.
    #[must_use]
    pub fn due(self, gaps: &Gaps, end: Offset, base: Offset) -> Option<Range<Offset>> {
        let (bytes, step) = (self.bytes()?, self.step_bytes()?);
        let kept = end.0.saturating_sub(gaps.bytes());
        if kept <= bytes {
            return None;
        }
        let head = Offset(HEAD_BYTES_MAX.min(bytes / 2));
        let (mut to, mut left) = (gaps.kept_from(head), kept - (bytes - step));
        while left > 0 && to < end {
            let until = gaps.kept_until(to, end);
            let taken = until.since(to).min(left);
            left -= taken;
            to = gaps.kept_from(to.plus(taken));
        }
        let to = gaps.kept_from(whole_pieces(to, base, step)).min(end);
        // From the head on, so that a hole that could not be punched is tried again.
        (head < to).then_some(head..to)
    }
}

/// Rounds up to the end of a piece of the segment's file.
fn whole_pieces(to: Offset, base: Offset, step: u64) -> Offset {
    match to.0.checked_sub(base.0) {
        Some(byte) if step >= PIECE_BYTES => base.plus(byte.next_multiple_of(PIECE_BYTES)),
        _ => to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cap(bytes: u64) -> Cap {
        Cap::new(bytes).expect("not too small")
    }

    fn gaps(stretches: &[(u64, u64)]) -> Gaps {
        let mut gaps = Gaps::default();
        for &(from, to) in stretches {
            gaps.add(Offset(from), Offset(to));
        }
        gaps
    }

    #[test]
    fn a_cap_keeps_the_head_and_the_newest_rest() {
        let check = |bytes, gone: &[(u64, u64)], end, expected: Option<(u64, u64)>| {
            let due = cap(bytes).due(&gaps(gone), Offset(end), Offset(0));
            let due = due.map(|range| (range.start.0, range.end.0));
            assert_eq!(due, expected, "{bytes} {gone:?} {end}");
        };
        // A MiB: head of half of it, steps of an eighth.
        check(MIB, &[], MIB, None);
        check(MIB, &[], MIB + 1, Some((MIB / 2, MIB / 2 + MIB / 8 + 1)));
        let first = MIB / 2 + MIB / 8;
        check(MIB, &[(MIB / 2, first)], MIB + MIB / 8, None);
        let second = (MIB / 2, first + MIB / 8 + 7);
        check(MIB, &[(MIB / 2, first)], MIB + MIB / 8 + 7, Some(second));
        // What a full disk lost counts as gone and is passed over.
        let lost = (MIB / 2 + 100, MIB / 2 + 200);
        let passed = (MIB / 2, first + 101);
        check(MIB, &[lost], MIB + 101, Some(passed));
        check(MIB, &[(0, 100)], MIB + 100, None);
        // A gap that reaches into the head is no reason to widen the head.
        let around = (MIB / 2 - 50, MIB / 2 + 50);
        let widened = (MIB / 2, first + 50 + 1);
        check(MIB, &[around], MIB + 101, Some((MIB / 2, widened.1)));
        check(0, &[], u64::MAX, None);
        // Large steps end where pieces of memory end.
        let large = 8 * 1024 * MIB;
        check(large, &[], large + 5, Some((64 * MIB, 194 * MIB)));
    }

    #[test]
    fn whatever_flows_a_bounded_part_is_kept() {
        for bytes in [64 * 1024, MIB, 100 * MIB, 1 << 40] {
            let (cap, mut gone, mut end) = (cap(bytes), Gaps::default(), 0);
            let (mut at, mut records) = (cap.next_due(&gone, Offset(0)), 0);
            while end < 20 * bytes {
                end += 60_000.max(bytes / 1000);
                if at.is_some_and(|at| at.0 > end) {
                    continue;
                }
                if let Some(due) = cap.due(&gone, Offset(end), Offset(0)) {
                    gone.add(due.start, due.end);
                    records += 1;
                }
                at = cap.next_due(&gone, Offset(end));
                let kept = end - gone.bytes();
                assert!(kept <= bytes, "{kept} of {bytes} at {end}");
                assert!(kept >= bytes / 2, "{kept} of {bytes} at {end}");
            }
            assert_eq!(gone.iter().count(), 1, "{gone:?}");
            assert!(records <= 20 * STEPS, "{records} records for {bytes}");
        }
    }

    #[test]
    fn a_cap_is_a_number_in_the_file() {
        assert_eq!(
            serde_json::to_string(&cap(MIB)).expect("a number"),
            "1048576"
        );
        assert!(Cap::new(1).is_none());
        assert_eq!(Cap::new(0).and_then(Cap::bytes), None);
        assert_eq!(Cap::default().bytes(), Some(8 << 30));
        assert_eq!(cap(64 * 1024).records_bytes(), Some(MIB));
    }
}
