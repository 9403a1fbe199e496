//! The list as the picker takes it.

use std::{collections::HashMap, mem};

use discovery::PodList;
use pod_protocol::{PodName, printable};

use super::entry::Entry;

/// What the picker shows of a [`PodList`]. Making one is work where there are many pods, so it is
/// done by whoever sends it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Listing {
    /// All rows. In the order of the list when it comes.
    pub(super) entries: Vec<Entry>,
    /// Rows that the list does not have.
    pub(super) hidden: usize,
    /// What could not be looked at.
    pub(super) warnings: Vec<String>,
}

impl From<&PodList> for Listing {
    fn from(list: &PodList) -> Self {
        let entries = list.rows.iter().enumerate().map(|(place, row)| Entry {
            place,
            ..Entry::from(row)
        });
        let warnings = list.warnings.iter();
        Self {
            entries: entries.collect(),
            hidden: list.hidden,
            warnings: warnings
                .map(|warning| printable(&warning.message).into_owned())
                .collect(),
        }
    }
}

impl Listing {
    /// How many pods there are, shown or not.
    pub(super) fn total(&self) -> usize {
        self.entries.len() + self.hidden
    }

    pub(super) fn entry(&self, name: &PodName) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == *name)
    }

    /// Takes a newer list over, and returns the older one.
    pub(super) fn replace(&mut self, mut newer: Self) -> Self {
        keep_places(&self.entries, &mut newer.entries);
        mem::replace(self, newer)
    }

    /// Puts the rows in the order of the list.
    pub(super) fn put_in_order(&mut self) {
        self.entries.sort_by_key(|entry| entry.place);
    }
}

/// Puts the newer rows in the places of the older ones, as long as there is none that was not there
/// before, and the same ones are live; else they stay in their own order.
fn keep_places(older: &[Entry], newer: &mut [Entry]) {
    let places: HashMap<(&PodName, bool), usize> = older
        .iter()
        .enumerate()
        .map(|(at, entry)| ((&entry.name, entry.live), at))
        .collect();
    let place = |entry: &Entry| places.get(&(&entry.name, entry.live)).copied();
    let live = |entries: &[Entry]| entries.iter().filter(|entry| entry.live).count();
    if live(older) == live(newer) && newer.iter().all(|entry| place(entry).is_some()) {
        newer.sort_by_key(place);
    }
}
