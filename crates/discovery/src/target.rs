//! Which pod an operator means.

use pod_protocol::{PodName, SessionId, Timestamp};
use pod_store::Store;
use thiserror::Error;

use crate::{Live, PodList, Row};

/// The shortest part of an id that names a pod. A shorter one would turn many a typo into somebody
/// else's pod.
const ID_PART_CHARS_MIN: usize = 4;
/// A name this many edits away is near enough to be suggested.
const EDITS_MAX: usize = 3;
/// The word for the pod whose run began last.
const LATEST: &str = "latest";

/// Why a target names no pod.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// There is none like it.
    #[error("no pod {target:?}")]
    NotFound {
        /// What was asked for.
        target: String,
        /// The pod that may have been meant.
        nearest: Option<PodName>,
    },
    /// Several pods have such an id.
    #[error("{target:?} is part of {} ids", candidates.len())]
    Ambiguous {
        /// What was asked for.
        target: String,
        /// All that fit, in the order of the list.
        candidates: Vec<(PodName, SessionId)>,
    },
}

impl PodList {
    /// The pod that `target` names: by name, as `latest`, by its session's full id or by a part of
    /// at least four characters that only one id begins or ends with. A name always wins.
    ///
    /// # Errors
    /// When there is none, or more than one id fits.
    pub fn find(&self, target: &str) -> Result<&Row, TargetError> {
        if let Some(row) = self.rows.iter().find(|row| row.name.as_str() == target) {
            return Ok(row);
        }
        if target == LATEST {
            return self.latest().ok_or_else(|| self.not_found(target));
        }
        let fitting = self.with_id_part(target);
        match fitting.as_slice() {
            [] => Err(self.not_found(target)),
            [(row, _)] => Ok(row),
            several => Err(TargetError::Ambiguous {
                target: target.to_owned(),
                candidates: several
                    .iter()
                    .map(|(row, id)| (row.name.clone(), *id))
                    .collect(),
            }),
        }
    }

    /// The pod whose run began last; of two that began at once the one further up.
    fn latest(&self) -> Option<&Row> {
        self.rows.iter().rev().max_by_key(|row| began_at(row))
    }

    fn with_id_part(&self, target: &str) -> Vec<(&Row, SessionId)> {
        let Some(fits) = id_part(target) else {
            return Vec::new();
        };
        let rows = self.rows.iter();
        rows.filter_map(|row| Some((row, row.session().filter(|id| fits(*id))?)))
            .collect()
    }

    fn not_found(&self, target: &str) -> TargetError {
        let distance = |name: &PodName| strsim::osa_distance(name.as_str(), target);
        let near_enough = |edits: usize| edits <= EDITS_MAX && edits * 2 < target.chars().count();
        let nearest = self
            .rows
            .iter()
            .map(|row| (distance(&row.name), &row.name))
            .filter(|(edits, _)| near_enough(*edits))
            .min_by_key(|(edits, _)| *edits)
            .map(|(_, name)| name.clone());
        TargetError::NotFound {
            target: target.to_owned(),
            nearest,
        }
    }
}

/// Whether an id begins or ends with `target`; `None` where it is too short to tell.
fn id_part(target: &str) -> Option<impl Fn(SessionId) -> bool> {
    // A tail is shown behind an ellipsis, and copied with it.
    let part = target.trim_start_matches('…').to_ascii_lowercase();
    (part.len() >= ID_PART_CHARS_MIN).then_some(move |id: SessionId| {
        let id = id.to_string();
        id.starts_with(&part) || id.ends_with(&part)
    })
}

/// The stored session whose id `target` is, or is the only one's beginning or end of, whether or not
/// a name stands for it. Blocking.
///
/// # Errors
/// When several fit. What cannot be read is not there.
pub fn earlier_session(
    store: &Store,
    target: &str,
) -> Result<Option<(PodName, SessionId)>, TargetError> {
    let Some(fits) = id_part(target) else {
        return Ok(None);
    };
    let sessions = store.sessions().unwrap_or_default().into_iter();
    let candidates: Vec<(PodName, SessionId)> = sessions
        .filter(|id| fits(*id))
        .filter_map(|id| Some((store.session_file(id).ok()?.pod, id)))
        .collect();
    match candidates.as_slice() {
        [] => Ok(None),
        [found] => Ok(Some(found.clone())),
        _ => Err(TargetError::Ambiguous {
            target: target.to_owned(),
            candidates,
        }),
    }
}

/// The row of a session that no pod of the list stands for any more, by its id or a part of it.
/// Blocking.
///
/// # Errors
/// As [`earlier_session`].
pub fn earlier_run(store: &Store, target: &str) -> Result<Option<Row>, TargetError> {
    let found = earlier_session(store, target)?;
    Ok(found.map(|(name, session)| Row {
        name,
        live: None,
        stored: Some(store.stored_session(session)),
    }))
}

fn began_at(row: &Row) -> Option<Timestamp> {
    let said = row.live.as_ref().and_then(Live::hello);
    let said = said.and_then(|hello| hello.summary.started_at);
    let since = row.live.as_ref().and_then(|live| live.since);
    let stored = row.stored.as_ref();
    let recorded = stored.and_then(|stored| stored.run()?.summary.started_at);
    let created = stored.and_then(|stored| stored.created_at);
    said.or(since).or(recorded).or(created)
}

#[cfg(test)]
mod tests;
