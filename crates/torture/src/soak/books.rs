//! What the drivers know of every pod.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// What is true of a pod that nobody is changing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    /// There is none.
    Absent,
    /// It runs.
    Live { session: String },
    /// It ended like this.
    Ended {
        session: String,
        outcome: &'static str,
    },
    /// Its metadata is garbage.
    MetadataCorrupt,
    /// The first line of its log is.
    LogCorrupt { session: String },
    /// Its log is away.
    LogMissing { session: String },
}

/// A pod in the books.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Goes up with every change and with its end.
    version: u64,
    changing: bool,
    pub(super) truth: Truth,
}

/// All pods, by name.
#[derive(Debug, Default)]
pub(super) struct Books(Mutex<BTreeMap<String, Entry>>);

pub(super) type Snapshot = BTreeMap<String, Entry>;

impl Books {
    fn entries(&self) -> MutexGuard<'_, Snapshot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look(&self) -> Snapshot {
        self.entries().clone()
    }

    /// From now on nothing is known of `name`.
    pub(super) fn open(&self, name: &str) {
        let mut entries = self.entries();
        let entry = entries.entry(name.to_owned()).or_insert(Entry {
            version: 0,
            changing: true,
            truth: Truth::Absent,
        });
        entry.version += 1;
        entry.changing = true;
    }

    /// From now on `truth` is.
    pub(super) fn close(&self, name: &str, truth: Truth) {
        let mut entries = self.entries();
        let entry = entries.get_mut(name).expect("opened before");
        entry.version += 1;
        entry.changing = false;
        entry.truth = truth;
    }
}

/// The pods that nobody touched between two looks at the books.
pub(super) fn still<'a>(
    before: &'a Snapshot,
    after: &'a Snapshot,
) -> impl Iterator<Item = (&'a String, &'a Truth)> {
    after.iter().filter_map(|(name, entry)| {
        let stood = before.get(name)?.version == entry.version && !entry.changing;
        stood.then_some((name, &entry.truth))
    })
}

impl Truth {
    /// What is wrong with `row`, if anything is.
    pub(super) fn against(&self, row: Option<&Value>) -> Option<String> {
        let Some(row) = row else {
            return (*self != Self::Absent).then(|| format!("{self:?} has no row"));
        };
        let wrong = |what: &str| Some(format!("{what}: {self:?} is shown as {row}"));
        let session = match self {
            Self::Absent => return wrong("no such pod"),
            Self::MetadataCorrupt => None,
            Self::Live { session }
            | Self::Ended { session, .. }
            | Self::LogCorrupt { session }
            | Self::LogMissing { session } => Some(session.as_str()),
        };
        if row["session"].as_str() != session {
            return wrong("another session");
        }
        let status = row["status"].as_str().unwrap_or_default();
        if !self.statuses().contains(&status) {
            return wrong("another status");
        }
        let attachable = matches!(self, Self::Live { .. });
        if row["attachable"] != attachable {
            return wrong("attaching");
        }
        let reason = row["not_restorable"].as_str().unwrap_or_default();
        let restorable = self.not_restorable().is_none();
        let fits = self
            .not_restorable()
            .is_none_or(|words| reason.contains(words));
        if row["restorable"] != restorable || !fits {
            return wrong("restoring");
        }
        None
    }

    fn statuses(&self) -> &[&'static str] {
        match self {
            Self::Absent => &[],
            // A host that does not get to answer on a busy machine is live all the same.
            Self::Live { .. } => &["running", "starting", "live"],
            Self::Ended { outcome, .. } => std::slice::from_ref(outcome),
            Self::MetadataCorrupt | Self::LogCorrupt { .. } => &["corrupt"],
            Self::LogMissing { .. } => &["empty"],
        }
    }

    /// Words of the reason; `None` if it can be restored.
    fn not_restorable(&self) -> Option<&'static str> {
        match self {
            Self::Absent => Some("no active session"),
            Self::Live { .. } => Some("live: attach instead"),
            Self::Ended { outcome, .. } => match *outcome {
                "stopped" | "interrupted" => None,
                "cancelled" => Some("rerun instead"),
                _ => Some("completed: rerun instead"),
            },
            Self::MetadataCorrupt => Some("metadata corrupt"),
            Self::LogCorrupt { .. } => Some("log corrupt at"),
            Self::LogMissing { .. } => Some("log missing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stopped() -> Value {
        json!({
            "session": "s", "status": "stopped", "attachable": false, "restorable": true,
            "not_restorable": null,
        })
    }

    #[test]
    fn a_row_that_lies_is_found_out() {
        let session = || "s".to_owned();
        let outcome = "stopped";
        let truth = Truth::Ended {
            session: session(),
            outcome,
        };
        assert_eq!(truth.against(Some(&stopped())), None);
        assert!(truth.against(None).is_some());
        for (key, value) in [
            ("session", json!("t")),
            ("status", json!("interrupted")),
            ("attachable", json!(true)),
            ("restorable", json!(false)),
        ] {
            let mut row = stopped();
            row[key] = value;
            assert!(truth.against(Some(&row)).is_some(), "{key}");
        }
        let lies = [
            Truth::Absent,
            Truth::MetadataCorrupt,
            Truth::Live { session: session() },
            Truth::LogMissing { session: session() },
        ];
        for truth in lies {
            assert!(truth.against(Some(&stopped())).is_some(), "{truth:?}");
        }
        assert_eq!(Truth::Absent.against(None), None);
    }

    #[test]
    fn only_what_stands_still_is_judged() {
        let books = Books::default();
        books.open("a");
        let before = books.look();
        assert_eq!(still(&before, &before).count(), 0);
        books.close("a", Truth::Absent);
        let after = books.look();
        assert_eq!(still(&before, &after).count(), 0);
        assert_eq!(still(&after, &after).count(), 1);
    }
}
