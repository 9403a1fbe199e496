//! From what an operator typed to a row of the list.

use anyhow::Result;
use discovery::Row;

use super::roots::Roots;

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
