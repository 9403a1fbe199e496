//! Somebody who lists and holds each listing against the books.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{
    Soak,
    books::{Snapshot, still},
    driver,
};

pub(super) struct Lister<'a> {
    soak: &'a Soak<'a>,
}

/// A listing and the books around it.
struct Look {
    before: Snapshot,
    after: Snapshot,
    rows: BTreeMap<String, Value>,
}

impl<'a> Lister<'a> {
    pub(super) const fn new(soak: &'a Soak<'a>) -> Self {
        Self { soak }
    }

    pub(super) fn look_until_over(&self) -> Result<()> {
        while !self.soak.is_over() {
            self.look_twice()?;
        }
        Ok(())
    }

    /// Nobody changes anything any more: one look must be enough.
    pub(super) fn look_at_the_end(&self) -> Result<()> {
        match self.look()?.wrong().into_values().next() {
            Some(wrong) => bail!("at the end: {wrong}"),
            None => Ok(()),
        }
    }

    /// A row may be wrong once: hosts start and end while they are asked.
    fn look_twice(&self) -> Result<()> {
        let first = self.look()?.wrong();
        if first.is_empty() {
            return Ok(());
        }
        self.soak.tally.note("rows wrong once");
        let again = self.look()?;
        let second = again.wrong();
        for (name, wrong) in first {
            let stood = again.after.get(&name).map(|entry| &entry.truth);
            if let Some(still_wrong) = second.get(&name) {
                bail!("{name} is wrong twice, {stood:?}: {wrong}; then {still_wrong}");
            }
        }
        Ok(())
    }

    fn look(&self) -> Result<Look> {
        let Soak {
            stage,
            books,
            tally,
            ..
        } = self.soak;
        let before = books.look();
        let done = stage.run(&["ls", "--all", "--json"])?.succeeded()?;
        let after = books.look();
        tally.note("listings");
        let document = done.json()?;
        let list = document["rows"].as_array().context("rows")?;
        ensure!(document["hidden"] == 0, "--all hides rows: {document}");
        check_order(list)?;
        let mut rows = BTreeMap::new();
        for row in list {
            let name = row["name"].as_str().context("a name")?.to_owned();
            // What other forms left behind is in the order and nothing else.
            let ours = name.starts_with(driver::PREFIX);
            ensure!(!ours || after.contains_key(&name), "nobody made {row}");
            ensure!(
                rows.insert(name, row.clone()).is_none(),
                "two rows of {row}"
            );
        }
        Ok(Look {
            before,
            after,
            rows,
        })
    }
}

impl Look {
    /// What is wrong, by pod.
    fn wrong(&self) -> BTreeMap<String, String> {
        let judged = still(&self.before, &self.after).filter_map(|(name, truth)| {
            let wrong = truth.against(self.rows.get(name))?;
            Some((name.clone(), wrong))
        });
        judged.collect()
    }
}

/// Reachable first, then the newest, then by name.
fn check_order(rows: &[Value]) -> Result<()> {
    let key = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        (row["attachable"] == true, text("updated_at"), text("name"))
    };
    for pair in rows.windows(2) {
        let ((live, at, name), (next_live, next_at, next_name)) = (key(&pair[0]), key(&pair[1]));
        let sorted = (next_live, &next_at, &name) <= (live, &at, &next_name)
            && (live, &at, &name) != (next_live, &next_at, &next_name);
        ensure!(sorted, "out of order: {} before {}", pair[0], pair[1]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_is_checked() {
        let row = |live: bool, at: &str, name: &str| {
            let at = Some(at).filter(|at| !at.is_empty());
            json!({"attachable": live, "updated_at": at, "name": name})
        };
        let fine = [
            row(true, "2026-01-02", "b"),
            row(true, "", "a"),
            row(false, "2026-01-03", "a2"),
            row(false, "2026-01-02", "c"),
            row(false, "2026-01-02", "d"),
            row(false, "", "e"),
        ];
        check_order(&fine).expect("in order");
        for at in 1..fine.len() {
            let mut swapped = fine.clone();
            swapped.swap(at - 1, at);
            check_order(&swapped).expect_err("out of order");
        }
    }
}
