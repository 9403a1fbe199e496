//! From what an operator typed to a row of the list, or to a session.

use anyhow::Result;
use discovery::{Row, Source, TargetError};
use pod_protocol::{PodName, SessionId};
use pod_store::Store;

use super::{
    follow::{self, PodOf},
    roots::Roots,
};

/// The pod that `target` names. A name is looked up by itself; only an id, `latest` or a typo needs
/// the whole list.
pub(crate) async fn find(roots: &Roots, target: &str) -> Result<Row> {
    let discovery_roots = roots.for_discovery();
    if let Ok(name) = target.parse() {
        let found = discovery::look_up(&discovery_roots, &name, discovery::ANSWER_DEADLINE).await;
        if let Some(row) = found {
            return Ok(row);
        }
    }
    find_in_list(roots, target).await
}

async fn find_in_list(roots: &Roots, target: &str) -> Result<Row> {
    let list = discovery::list(&roots.for_discovery(), discovery::PROBE_DEADLINE).await;
    Ok(list.find(target)?.clone())
}

/// The same for verbs that only read: an id may also be that of a session which its pod has left
/// behind.
pub(crate) async fn find_to_read(roots: &Roots, target: &str) -> Result<Row> {
    earlier(roots, target, find(roots, target).await)
}

/// The same for a verb that only follows: of a pod whose host answers nothing more is known.
pub(crate) async fn find_to_follow(roots: &Roots, target: &str) -> Result<Row> {
    let discovery_roots = roots.for_discovery();
    if let Ok(name) = target.parse() {
        let found = discovery::reach(&discovery_roots, &name, discovery::ANSWER_DEADLINE).await;
        if let Some(row) = found {
            return Ok(row);
        }
    }
    earlier(roots, target, find_in_list(roots, target).await)
}

fn earlier(roots: &Roots, target: &str, found: Result<Row>) -> Result<Row> {
    let error = match found {
        Ok(row) => return Ok(row),
        Err(error) => error,
    };
    if !matches!(error.downcast_ref(), Some(TargetError::NotFound { .. })) {
        return Err(error);
    }
    let store = Store::new(&roots.state);
    discovery::earlier_run(&store, target)?.ok_or(error)
}

/// The pods that `targets` name, and where their events come from. All of them are known before any
/// of them is touched: a typo touches nothing.
pub(crate) async fn find_all(roots: &Roots, targets: &[String]) -> Result<Vec<(PodOf, Source)>> {
    let mut found = Vec::with_capacity(targets.len());
    for target in targets {
        let row = find(roots, target).await?;
        let source = follow::source(roots, &row)?;
        let pod = PodOf {
            roots: roots.clone(),
            name: row.name,
        };
        found.push((pod, source));
    }
    Ok(found)
}

/// A session to be taken up or repeated.
pub(crate) struct FoundSession {
    pub(crate) name: PodName,
    /// Absent where the pod has none that is known.
    pub(crate) session: Option<SessionId>,
    /// Why a pod without a session cannot be taken up.
    pub(crate) why_not: String,
}

/// The session that `target` names: the one that a pod stands for, or an earlier one by its id.
pub(crate) async fn find_session(roots: &Roots, target: &str) -> Result<FoundSession> {
    let error = match find(roots, target).await {
        Ok(row) => {
            let why_not = row.restorable().err().map(|reason| reason.to_string());
            return Ok(FoundSession {
                session: row.session(),
                why_not: why_not.unwrap_or_default(),
                name: row.name,
            });
        }
        Err(error) => error,
    };
    let not_found = matches!(error.downcast_ref(), Some(TargetError::NotFound { .. }));
    let store = Store::new(&roots.state);
    if !not_found {
        return Err(error);
    }
    match discovery::earlier_session(&store, target)? {
        Some((name, session)) => Ok(FoundSession {
            name,
            session: Some(session),
            why_not: String::new(),
        }),
        None => Err(error),
    }
}
