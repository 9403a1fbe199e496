//! Where records stand in a log that is being written, roughly.

use pod_protocol::Seq;

/// The most positions kept: 64 KiB of memory for a log of any length.
const ENTRIES_MAX: usize = 4096;
/// How far apart positions are kept at first, in bytes.
const STRIDE_BYTES: u64 = 16 * 1024;

/// Some of the positions of a log's records. A reader starts at [`SeqIndex::floor`] and walks the
/// rest. When it is full, every other position is dropped, so the walk stays a constant share of
/// the log.
#[derive(Clone, Debug)]
pub struct SeqIndex {
    entries: Vec<(Seq, u64)>,
    stride_bytes: u64,
    /// Where the next record will start.
    end: (Seq, u64),
}

impl SeqIndex {
    /// The index of a log whose first record is numbered `first`.
    #[must_use]
    pub fn new(first: Seq) -> Self {
        Self {
            entries: vec![(first, 0)],
            stride_bytes: STRIDE_BYTES,
            end: (first, 0),
        }
    }

    /// Takes note that the log ends at `byte`, where the record `next` will start.
    pub fn end_at(&mut self, next: Seq, byte: u64) {
        self.end = (next, byte);
    }

    /// How many bytes of whole records start at `from`, and how many records they are, at most
    /// `limit_bytes`: up to the last known place. `None` if none is known so near.
    #[must_use]
    pub fn stretch(&self, (seq, from): (Seq, u64), limit_bytes: u64) -> Option<(u64, u64)> {
        let limit = from.saturating_add(limit_bytes);
        let (next, byte) = if self.end.1 <= limit {
            self.end
        } else {
            let after = self.entries.partition_point(|(_, byte)| *byte <= limit);
            self.entries[after.saturating_sub(1)]
        };
        (byte > from).then(|| (byte - from, next.0.saturating_sub(seq.0)))
    }

    /// Takes note that the record `seq` starts at `byte`. Both must grow from call to call.
    pub fn note(&mut self, seq: Seq, byte: u64) {
        let last = self.entries.last().map_or(0, |(_, byte)| *byte);
        if byte < last + self.stride_bytes {
            return;
        }
        if self.entries.len() == ENTRIES_MAX {
            let mut keep = false;
            self.entries.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride_bytes *= 2;
        }
        self.entries.push((seq, byte));
    }

    /// The last known record that is not after `seq`, and where it starts; the first one if `seq`
    /// is before all.
    #[must_use]
    pub fn floor(&self, seq: Seq) -> (Seq, u64) {
        let after = self.entries.partition_point(|(known, _)| *known <= seq);
        self.entries[after.saturating_sub(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_near_and_never_after() {
        let record_bytes = 200;
        let mut index = SeqIndex::new(Seq(5));
        let records = 2_000_000;
        for n in 0..records {
            index.note(Seq(5 + n), n * record_bytes);
        }
        assert!(index.entries.len() <= ENTRIES_MAX);
        for n in [0, 1, 99, 1_000_000, records - 1] {
            let (seq, byte) = index.floor(Seq(5 + n));
            assert_eq!((seq.0 - 5) * record_bytes, byte);
            assert!(seq.0 <= 5 + n);
            assert!((5 + n - seq.0) * record_bytes <= 2 * index.stride_bytes);
        }
        assert_eq!(index.floor(Seq(1)), (Seq(5), 0));
    }

    #[test]
    fn a_stretch_ends_at_a_place_that_is_known() {
        let mut index = SeqIndex::new(Seq(5));
        for n in 0..1_000 {
            index.note(Seq(5 + n), n * 200);
            index.end_at(Seq(6 + n), (n + 1) * 200);
        }
        let whole = 1_000 * 200;
        assert_eq!(index.stretch((Seq(5), 0), u64::MAX), Some((whole, 1_000)));
        assert_eq!(index.stretch((Seq(5), 0), whole), Some((whole, 1_000)));
        let last = (Seq(5 + 999), whole - 200);
        assert_eq!(index.stretch(last, 200), Some((200, 1)));
        assert_eq!(index.stretch((Seq(5 + 1_000), whole), u64::MAX), None);
        for n in [0, 1, 99, 500] {
            let limit = 2 * STRIDE_BYTES;
            let (bytes, count) = index.stretch((Seq(5 + n), n * 200), limit).expect("known");
            assert!(
                bytes <= limit && bytes >= limit - STRIDE_BYTES - 200,
                "{bytes}"
            );
            assert_eq!(bytes, count * 200);
        }
        assert_eq!(index.stretch((Seq(5), 0), 100), None);
        assert_eq!(index.stretch(last, 199), None);
    }
}
