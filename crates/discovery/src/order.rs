//! Merge, order, cut: pure, on plain data.

use std::{cmp::Reverse, collections::BTreeMap};

use pod_protocol::{PodName, Timestamp};

use crate::{Live, PodList, Row, Stored};

/// How many rows the picker shows at once; it scrolls and filters over all of them.
pub const MAX_ROWS: usize = 10;

/// Joins both halves by name. Each is optional, none changes the other.
#[must_use]
pub fn merge(live: BTreeMap<PodName, Live>, stored: BTreeMap<PodName, Stored>) -> Vec<Row> {
    let empty = |name| Row {
        name,
        live: None,
        stored: None,
    };
    let mut rows: BTreeMap<PodName, Row> = BTreeMap::new();
    for (name, half) in live {
        let row = rows.entry(name.clone()).or_insert_with(|| empty(name));
        row.live = Some(half);
    }
    for (name, half) in stored {
        let row = rows.entry(name.clone()).or_insert_with(|| empty(name));
        row.stored = Some(half);
    }
    rows.into_values().collect()
}

/// Puts rows in their one order: pods that can be attached to first, then the newest, then by name.
/// A pod that is alive and cannot be reached is not promoted.
pub fn order(rows: &mut [Row]) {
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
}

fn key(row: &Row) -> (Reverse<bool>, Reverse<Timestamp>, &PodName) {
    let reachable = row.attachable().is_ok();
    (Reverse(reachable), Reverse(row.updated_at()), &row.name)
}

impl PodList {
    /// Keeps the first `limit` rows and counts the rest as hidden. The rows must be in order: cut
    /// before, and a busy machine hides a running pod.
    pub fn cut(&mut self, limit: usize) {
        self.hidden += self.rows.len().saturating_sub(limit);
        self.rows.truncate(limit);
    }
}

#[cfg(test)]
mod tests;
