//! Newer and newer lists of pods, for screens that stay open.

use std::{sync::Arc, time::Duration};

use discovery::{PodList, Row, Watch};
use pod_protocol::PodName;
use tokio::{
    sync::Notify,
    time::{Interval, MissedTickBehavior, interval},
};

use super::roots::Roots;

/// One list after another. The directories say when there is another; what live pods do changes
/// none, so they are looked at every now and then.
pub(crate) struct Lists {
    roots: discovery::Roots,
    latest: Arc<PodList>,
    changes: Watch,
    ticks: Interval,
    /// A live pod that is watched anyway.
    watched: Option<PodName>,
    /// Has everything looked at.
    again: Arc<Notify>,
    /// Whether there was a whole list yet.
    begun: bool,
}

/// All there is.
pub(crate) async fn look(roots: &Roots) -> PodList {
    discovery::list(&roots.for_discovery(), discovery::PROBE_DEADLINE).await
}

impl Lists {
    /// What comes after `first`, which may be no more than a first look.
    pub(crate) fn after(
        first: Arc<PodList>,
        roots: &Roots,
        again: Arc<Notify>,
        live_every: Duration,
    ) -> Self {
        let roots = roots.for_discovery();
        let mut ticks = interval(live_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            changes: Watch::start(&roots),
            roots,
            latest: first,
            watched: None,
            ticks,
            again,
            begun: false,
        }
    }

    /// The same beside a pod that is watched: where nobody else is alive nothing is looked at.
    pub(crate) fn beside(roots: &Roots, watched: PodName, live_every: Duration) -> Self {
        Self {
            watched: Some(watched),
            ..Self::after(Arc::default(), roots, Arc::default(), live_every)
        }
    }

    /// The list before, and the newer one: the whole one at once, later ones when there may be a
    /// difference.
    pub(crate) async fn next(&mut self) -> (Arc<PodList>, Arc<PodList>) {
        let counts = |row: &Row| row.live.is_some() && self.watched.as_ref() != Some(&row.name);
        let is_any_live = self.latest.rows.iter().any(counts);
        let whole = !self.begun
            || tokio::select! {
                () = self.again.notified() => true,
                () = self.changes.changed() => true,
                // Where nobody is alive there is nothing to look at.
                _ = self.ticks.tick(), if is_any_live => false,
            };
        self.begun = true;
        let list = match whole {
            true => discovery::list(&self.roots, discovery::PROBE_DEADLINE).await,
            false => {
                let list = PodList::clone(&self.latest);
                discovery::refresh(&self.roots, list, discovery::PROBE_DEADLINE).await
            }
        };
        let list = Arc::new(list);
        let before = std::mem::replace(&mut self.latest, Arc::clone(&list));
        (before, list)
    }
}
