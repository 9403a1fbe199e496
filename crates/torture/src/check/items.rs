//! Items over all segments of a session: each is done exactly once, unless it was in flight.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Result, ensure};

use crate::logs::Session;

/// Checks a session whose command does `items` items. `ended` says that its last segment came to
/// its natural end, so that nothing may be missing.
pub(crate) fn items(session: &Session, book: &Path, items: u64, ended: bool) -> Result<()> {
    let mut passed: BTreeSet<String> = BTreeSet::new();
    for segment in &session.segments {
        let path = book.join(format!("{}.items", segment.id));
        let text = fs::read_to_string(path).unwrap_or_default();
        for item in text.lines().filter_map(|line| line.strip_prefix("began ")) {
            ensure!(
                !passed.contains(item),
                "{item} was passed before segment {} did it again",
                segment.id
            );
        }
        let finished = segment
            .records
            .iter()
            .filter(|record| record["kind"] == "item.finished" && record["outcome"] == "passed");
        passed.extend(finished.filter_map(|record| record["item"].as_str().map(str::to_owned)));
    }
    ensure!(
        !ended || passed.len() as u64 == items,
        "{} of {items} items were passed at the end",
        passed.len()
    );
    Ok(())
}
