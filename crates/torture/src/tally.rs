//! What was done, so that a quiet end can be told from an idle one.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Counts of acts and checks, over all threads.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<&'static str, u64>>);

impl Tally {
    pub(crate) fn note(&self, what: &'static str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(what).or_default() += 1;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let words: Vec<String> = counts
            .iter()
            .map(|(what, count)| format!("{what} {count}"))
            .collect();
        write!(f, "{}", words.join(", "))
    }
}
