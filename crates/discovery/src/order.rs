//! Merge, order, cut: pure, on plain data.

use std::{cmp::Reverse, collections::BTreeMap};

use pod_protocol::PodName;

use crate::{Live, PodList, Row, Stored};

/// How many rows the picker shows at once; it scrolls and filters over all of them.
pub const MAX_ROWS: usize = 10;

/// Joins both halves by name, in no order. Each is optional, none changes the other.
#[must_use]
pub fn merge(
    mut live: BTreeMap<PodName, Live>,
    stored: impl IntoIterator<Item = (PodName, Stored)>,
) -> Vec<Row> {
    let stored = stored.into_iter().map(|(name, half)| Row {
        live: live.remove(&name),
        name,
        stored: Some(half),
    });
    let mut rows: Vec<Row> = stored.collect();
    rows.extend(live.into_iter().map(|(name, half)| Row {
        name,
        live: Some(half),
        stored: None,
    }));
    rows
}

/// Puts rows in their one order: pods that can be attached to first, then the newest, then by name.
/// A pod that is alive and cannot be reached is not promoted.
pub fn order(rows: &mut [Row]) {
    // Keys are made once a row, not once a comparison: there may be 100,000.
    rows.sort_by_cached_key(|row| {
        let reachable = row.attachable().is_ok();
        (
            Reverse(reachable),
            Reverse(row.updated_at()),
            row.name.clone(),
        )
    });
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
