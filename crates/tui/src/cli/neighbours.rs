//! The pods beside the one that a monitor shows: which come before and after it in the list,
//! whether one of them needs somebody, and what that pod's own name stands for by now.

use std::time::Duration;

use discovery::{NotAttachable, PodList, Row, RowStatus};
use pod_protocol::{PodName, printable};
use tokio::{sync::mpsc, time::sleep};

use super::{lists::Lists, roots::Roots};
use crate::screen::monitor::{Here, Neighbours, News};

/// How often live pods are looked at. Somebody watches another one, so seconds are soon enough.
const LIVE_EVERY: Duration = Duration::from_secs(3);
/// The run that the operator came for is on the screen before its neighbours are looked at.
const FIRST_AFTER: Duration = Duration::from_millis(150);

/// Tells the screen of `name` about its neighbours until it is gone.
pub(crate) async fn tell(roots: Roots, name: PodName, news: mpsc::Sender<News>) {
    sleep(FIRST_AFTER).await;
    let mut lists = Lists::beside(&roots, name.clone(), LIVE_EVERY);
    let mut told = None;
    loop {
        let (_, list) = lists.next().await;
        let neighbours = neighbours(&list, &name);
        if told.as_ref() == Some(&neighbours) {
            continue;
        }
        told = Some(neighbours.clone());
        if news.send(News::Neighbours(neighbours)).await.is_err() {
            return;
        }
    }
}

fn neighbours(list: &PodList, name: &PodName) -> Neighbours {
    let can_be_shown = |row: &&Row| row.primary().is_some();
    let rows: Vec<&Row> = list
        .rows
        .iter()
        .filter(|row| row.name == *name || can_be_shown(row))
        .collect();
    let at = rows.iter().position(|row| row.name == *name);
    let row = |index: Option<usize>| Some(rows.get(index?)?.name.clone());
    let mut needy = list
        .rows
        .iter()
        .filter(|row| row.name != *name)
        .filter_map(|row| Some((row.name.clone(), need(row)?)));
    Neighbours {
        previous: row(at.and_then(|at| at.checked_sub(1))),
        // A pod that is not in the list yet is live and has no log: it comes before all others.
        next: row(Some(at.map_or(0, |at| at + 1))),
        needy: needy.next(),
        more_needy: needy.count(),
        here: at.and_then(|at| here(rows.get(at)?)),
    }
}

/// What the name stands for.
fn here(row: &Row) -> Option<Here> {
    Some(Here {
        session: row.session()?,
        segment: row.segment(),
        live: row.live.is_some(),
        since: row.live.as_ref().and_then(|live| live.since),
    })
}

/// What a live pod needs somebody for, in words.
fn need(row: &Row) -> Option<String> {
    row.live.as_ref()?;
    if row.status() == RowStatus::Unreachable {
        return match row.attachable() {
            Err(reason @ NotAttachable::Unreachable(_)) => Some(reason.to_string()),
            _ => None,
        };
    }
    let summary = row.live.as_ref()?.hello().map(|hello| &hello.summary)?;
    match (summary.prompts, &summary.degraded) {
        (0, None) => None,
        (0, Some(reason)) => Some(format!("host degraded: {}", printable(reason))),
        (1, _) => Some("1 prompt waiting".to_owned()),
        (prompts, _) => Some(format!("{prompts} prompts waiting")),
    }
}
