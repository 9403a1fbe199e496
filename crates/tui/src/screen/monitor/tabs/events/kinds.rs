//! The list of kinds: how many records of each there are, to choose one.

use std::collections::BTreeMap;

use pod_protocol::{Record, Seq};

use super::{entry::UNREADABLE, grouped};

/// The most kinds that are told apart: no list that anybody chooses from is longer.
const KINDS_MAX: usize = 500;

/// Records by kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct KindCounts {
    counts: BTreeMap<Box<str>, u64>,
    /// Records of kinds that there was no room for.
    pub(crate) others: u64,
}

/// The list while it is open.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    pub(crate) counts: KindCounts,
    /// What was counted of the log before the list was opened, once that is known.
    pub(crate) before: KindCounts,
    /// Which row the operator is on.
    pub(crate) selected: usize,
}

impl KindCounts {
    /// Counts whole lines of the log.
    pub(crate) fn read(&mut self, lines: &[u8]) {
        for line in lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            match Record::from_line(line) {
                Ok(record) => self.add(record.kind.as_str(), 1),
                Err(_) => self.add(UNREADABLE, 1),
            }
        }
    }

    fn add(&mut self, kind: &str, count: u64) {
        if let Some(sum) = self.counts.get_mut(kind) {
            *sum += count;
        } else if self.counts.len() < KINDS_MAX {
            self.counts.insert(kind.into(), count);
        } else {
            self.others += count;
        }
    }
}

impl Kinds {
    /// The kinds, most frequent first.
    pub(crate) fn rows(&self) -> Vec<(Box<str>, u64)> {
        let mut sum = self.before.clone();
        for (kind, count) in &self.counts.counts {
            sum.add(kind, *count);
        }
        let mut rows: Vec<_> = sum.counts.into_iter().collect();
        rows.sort_by(|(one, more), (other, less)| less.cmp(more).then_with(|| one.cmp(other)));
        rows
    }

    /// What is said above the footer.
    pub(super) fn says(&self, under_way: Option<Seq>, newest: Seq) -> String {
        let left = self.before.others + self.counts.others;
        match under_way {
            Some(at) => format!(
                "kinds of record · counted {} of {}",
                grouped(at.0),
                grouped(newest.0)
            ),
            None if left > 0 => format!("{} records are of other kinds", grouped(left)),
            None => "kinds of record".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_within_a_bound() {
        let mut kinds = Kinds::default();
        let line = |kind: &str| {
            format!("{{\"seq\":1,\"at\":\"2026-11-20T10:00:00Z\",\"out\":0,\"kind\":\"{kind}\"}}\n")
        };
        kinds
            .before
            .read((line("log") + &line("step") + "junk\n").as_bytes());
        kinds
            .counts
            .read((line("log") + &line("my.own")).as_bytes());
        let rows = kinds.rows();
        let rows: Vec<_> = rows.iter().map(|(kind, count)| (&**kind, *count)).collect();
        assert_eq!(
            rows,
            [("log", 2), ("my.own", 1), ("step", 1), ("unreadable", 1)]
        );
        for kind in 0..2 * KINDS_MAX {
            kinds.before.read(line(&format!("k.{kind}")).as_bytes());
        }
        assert!(kinds.rows().len() <= KINDS_MAX);
        assert!(kinds.before.others >= KINDS_MAX as u64);
    }
}
