//! From what an operator typed to a row of the list.

use anyhow::Result;
use discovery::{Row, Source};

use super::{
    follow::{self, PodOf},
    roots::Roots,
};

/// The pod that `target` names. A name is looked up by itself; only an id, `latest` or a typo needs
/// the whole list.
pub(crate) async fn find(roots: &Roots, target: &str) -> Result<Row> {
    let discovery_roots = roots.for_discovery();
    if let Ok(name) = target.parse() {
        let found = discovery::look_up(&discovery_roots, &name, discovery::PROBE_DEADLINE).await;
        if let Some(row) = found {
            return Ok(row);
        }
    }
    let list = discovery::list(&discovery_roots, discovery::PROBE_DEADLINE).await;
    Ok(list.find(target)?.clone())
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
