//! Items by outcome. An item counts once: its last result replaces the earlier ones.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ItemOutcome;

/// How many items of a run are finished, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// How many items the run means to finish.
    pub planned: Option<u64>,
    /// Finished items by outcome.
    pub by_outcome: BTreeMap<ItemOutcome, u64>,
    /// The last outcome of each item, keyed by a hash of its name.
    tracked: BTreeMap<ItemKey, ItemOutcome>,
}

impl Counts {
    /// The most items that are told apart by name (about 130 KiB of state). Items beyond them count
    /// each time they finish.
    pub const ITEMS_TRACKED_MAX: usize = 4_096;

    /// Unique items with a final outcome.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.by_outcome.values().sum()
    }

    /// How many items have `outcome`.
    #[must_use]
    pub fn of(&self, outcome: ItemOutcome) -> u64 {
        self.by_outcome.get(&outcome).copied().unwrap_or(0)
    }

    pub(super) fn finish(&mut self, item: &str, outcome: ItemOutcome) {
        let key = ItemKey(fnv1a(item));
        let before =
            if self.tracked.contains_key(&key) || self.tracked.len() < Self::ITEMS_TRACKED_MAX {
                self.tracked.insert(key, outcome)
            } else {
                None
            };
        if let Some(count) = before.and_then(|before| self.by_outcome.get_mut(&before)) {
            *count -= 1;
        }
        *self.by_outcome.entry(outcome).or_default() += 1;
    }
}

/// A hash of an item's name. In JSON 16 hexadecimal digits rather than a number: within a tagged
/// message, serde gives the keys of an object back as text only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ItemKey(u64);

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for ItemKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ItemKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16)
            .map(Self)
            .map_err(de::Error::custom)
    }
}

/// FNV-1a, 64 bits: stable across versions, which the hashes of the standard library are not, and
/// they are stored in checkpoints.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
