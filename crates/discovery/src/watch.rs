//! Word that the list may have changed.
//!
//! The directories say so: a pod that begins makes a lease, an allocation and perhaps a name; one
//! that ends closes its lease; and whoever changes what is stored says so in the recent index. What
//! happens within a live run is for [`refresh`](crate::refresh) to see.
//!
//! The system may be out of watches, and a directory may not be there yet or be another one by now;
//! so a slow poll stands behind it. A burst of changes is one word.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use pod_store::Layout;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};

use crate::Roots;

/// How long changes are collected once there is one: a launch is half a dozen of them.
const BURST: Duration = Duration::from_millis(40);
/// How often somebody looks who has heard nothing, and new directories are looked for.
const POLL_EVERY: Duration = Duration::from_secs(5);

/// Listens for changes of the list.
#[derive(Debug)]
pub struct Watch {
    heard: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    directories: Vec<Watched>,
    poll_at: Instant,
}

/// A directory, and the inode that is being watched.
#[derive(Debug)]
struct Watched {
    path: PathBuf,
    inode: Option<u64>,
}

impl Watch {
    /// Begins to listen. Must be called within a tokio runtime.
    #[must_use]
    pub fn start(roots: &Roots) -> Self {
        let layout = Layout::new(&roots.state);
        let directories = [
            layout.root().to_owned(),
            layout.pods_dir(),
            layout.leases_dir(),
            roots.runtime.join("allocations"),
        ];
        let heard = Arc::new(Notify::new());
        let tell = Arc::clone(&heard);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // A queue that ran over is an error here, and a change all the same.
            if event.is_ok_and(|event| !is_change(event.kind)) {
                return;
            }
            tell.notify_one();
        });
        let mut watch = Self {
            heard,
            watcher: watcher.ok(),
            directories: directories.map(|path| Watched { path, inode: None }).into(),
            poll_at: Instant::now() + POLL_EVERY,
        };
        watch.find_directories();
        watch
    }

    /// Returns when the list may have changed since the last call, at the latest after a slow poll.
    /// Nothing is lost by dropping the future.
    pub async fn changed(&mut self) {
        let heard = Arc::clone(&self.heard);
        tokio::select! {
            () = heard.notified() => {
                sleep(BURST).await;
                // What came meanwhile is the same news: it leaves at most one permit behind, which
                // is taken here. What comes from here on is seen by who looks now, or told again.
                heard.notify_one();
                heard.notified().await;
            }
            () = sleep_until(self.poll_at) => {}
        }
        self.poll_at = Instant::now() + POLL_EVERY;
        self.find_directories();
    }

    /// Watches what is there now and was not, or was another directory.
    fn find_directories(&mut self) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        for directory in &mut self.directories {
            let inode = inode_of(&directory.path);
            if inode != directory.inode {
                // One that is gone is not watched any more by itself.
                let _ = watcher.unwatch(&directory.path);
                let watched = watcher.watch(&directory.path, RecursiveMode::NonRecursive);
                directory.inode = inode.filter(|_| watched.is_ok());
            }
        }
    }
}

fn inode_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|found| found.ino())
}

/// Looking is no change, and neither is what readers do to a lease.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use pod_protocol::Timestamp;

    use super::*;
    use crate::fixtures::World;

    /// Whether there is word before the slow poll.
    async fn hears(watch: &mut Watch) -> bool {
        watch.poll_at = Instant::now() + Duration::from_secs(60);
        watch.changed().await;
        watch.poll_at <= Instant::now() + POLL_EVERY
    }

    #[tokio::test]
    async fn what_begins_ends_or_is_changed_is_heard() {
        let world = World::new();
        let mut watch = Watch::start(&world.roots);
        let lease = world.lease("a", Timestamp::default());
        assert!(hears(&mut watch).await, "a lease was taken");
        drop(lease);
        assert!(hears(&mut watch).await, "a lease was closed");
        world.remember("b", None);
        assert!(hears(&mut watch).await, "a name was made");
        let noted = world
            .writer
            .name_recent(&crate::fixtures::pod("b"), POLL_EVERY);
        noted.expect("written");
        assert!(hears(&mut watch).await, "something stored was changed");
    }

    #[tokio::test]
    async fn a_directory_that_comes_later_is_found() {
        let world = World::new();
        let mut watch = Watch::start(&world.roots);
        let allocations = world.roots.runtime.join("allocations");
        assert!(!allocations.exists());
        let lease = world.lease("a", Timestamp::default());
        assert!(hears(&mut watch).await, "a lease was taken");
        assert!(watch.directories.iter().all(|it| it.inode.is_some()));
        world.allocate(&lease);
        assert!(hears(&mut watch).await, "an allocation was made");
    }

    #[test]
    fn looking_is_no_change() {
        use notify::event::{CreateKind, RemoveKind};
        let looking = [
            EventKind::Access(AccessKind::Open(AccessMode::Any)),
            EventKind::Access(AccessKind::Close(AccessMode::Read)),
            EventKind::Access(AccessKind::Read),
        ];
        assert!(looking.into_iter().all(|kind| !is_change(kind)));
        let changes = [
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
            EventKind::Create(CreateKind::File),
            EventKind::Remove(RemoveKind::File),
            EventKind::Other,
        ];
        assert!(changes.into_iter().all(is_change));
    }
}
