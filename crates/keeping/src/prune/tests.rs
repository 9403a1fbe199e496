use std::{fs, io::Write};

use pod_store::{Active, Metadata};
use tempfile::TempDir;

use super::*;

/// What one session of these tests takes at least, in bytes.
const SESSION_BYTES: u64 = 64 * 1024;

fn now() -> Timestamp {
    Timestamp::from_millis(4_000_000_000_000)
}

fn session(number: u32) -> SessionId {
    let id = format!("019e5bc6-c3f3-7000-8000-{number:012x}");
    id.parse().expect("a UUID")
}

fn name(text: &str) -> PodName {
    PodName::new(text).expect(text)
}

struct World {
    _directory: TempDir,
    keeper: Keeper,
}

impl World {
    fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        let (state, runtime) = (directory.path().join("state"), directory.path().join("run"));
        let keeper = Keeper::open(&state, &runtime).expect("a new directory");
        Self {
            _directory: directory,
            keeper,
        }
    }

    /// Session `number` of `pod`; the higher the number the newer.
    fn store(&self, pod: &str, number: u32) {
        let id = session(number);
        let directory = self.keeper.writer().layout().session_dir(id);
        fs::create_dir(&directory).expect("new");
        let text = format!(r#"{{"version":1,"session":"{id}","pod":"{pod}"}}"#);
        fs::write(directory.join("session.json"), text).expect("written");
        let mut log = fs::File::create(directory.join("x.out")).expect("new");
        log.write_all(&[b'x'; 64 * 1024]).expect("written");
        log.sync_all().expect("the size on disk is known now");
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(number) * 1_000);
        log.set_modified(at).expect("ours");
        let file = fs::File::open(directory.join("session.json")).expect("there");
        file.set_modified(at).expect("ours");
        let active = Some(Active {
            session_id: id,
            segment_id: None,
        });
        let keep = |found: Option<Metadata>| {
            let metadata = found.unwrap_or_else(|| Metadata::new(name(pod), now()));
            Some(Metadata { active, ..metadata })
        };
        let changed = self.keeper.writer().change_metadata(&name(pod), keep);
        changed.expect("written");
    }

    fn prune(&self, sessions_kept: u64) -> usize {
        // A directory takes a block or two beside its files.
        let cap = sessions_kept * (SESSION_BYTES + SESSION_BYTES / 2);
        let planned = self.keeper.plan_prune(Some(cap), now()).expect("planned");
        assert_eq!(planned.cap_bytes, cap);
        let gone = self.keeper.prune(&planned, usize::MAX, now());
        gone.expect("pruned").len()
    }

    fn sessions(&self) -> Vec<SessionId> {
        let store = self.keeper.writer().store();
        let mut sessions = store.sessions().expect("listed");
        sessions.sort();
        sessions
    }

    fn names(&self) -> Vec<PodName> {
        let mut names = self.keeper.writer().store().names().expect("listed");
        names.sort();
        names
    }
}

#[test]
fn earlier_sessions_go_before_the_name_does() {
    let world = World::new();
    world.store("a", 1);
    world.store("b", 2);
    world.store("a", 3);
    assert_eq!(world.prune(3), 0);
    assert_eq!(world.prune(2), 1);
    assert_eq!(world.sessions(), [session(2), session(3)]);
    assert_eq!(world.names(), [name("a"), name("b")]);
    assert_eq!(world.prune(1), 1);
    assert_eq!(world.names(), [name("a")]);
    let leases = world.keeper.writer().layout().leases_dir();
    assert_eq!(fs::read_dir(leases).expect("there").count(), 1, "only of a");
}

#[test]
fn what_is_pinned_or_live_stays_whatever_the_cap() {
    let world = World::new();
    world.store("pinned", 1);
    world.store("live", 2);
    world.store("c", 3);
    world.keeper.pin(&name("pinned"), true).expect("pinned");
    let _held = world
        .keeper
        .hold(&name("live"), now(), false)
        .expect("free");
    assert_eq!(world.prune(0), 1);
    assert_eq!(world.names(), [name("live"), name("pinned")]);
}

#[test]
fn what_became_live_or_was_pinned_after_the_plan_stays() {
    let world = World::new();
    world.store("a", 1);
    world.store("b", 2);
    let planned = world.keeper.plan_prune(Some(0), now()).expect("planned");
    assert_eq!(planned.pruned.len(), 2);
    assert!(planned.after_bytes() < SESSION_BYTES);
    let _held = world.keeper.hold(&name("a"), now(), false).expect("free");
    world.keeper.pin(&name("b"), true).expect("pinned");
    let gone = world.keeper.prune(&planned, usize::MAX, now());
    assert_eq!(gone.expect("nothing failed"), []);
    assert_eq!(world.names(), [name("a"), name("b")]);
}

#[test]
fn what_was_removed_is_purged_for_room() {
    let world = World::new();
    world.store("a", 1);
    world.store("b", 2);
    let at = Timestamp::from_millis(now().as_millis() - 1_000);
    world.keeper.remove(&name("b"), at).expect("removed");
    assert_eq!(world.prune(1), 1);
    assert_eq!(world.names(), [name("a")]);
    let removed = world.keeper.writer().store().removed();
    assert_eq!(removed.expect("listed"), []);
}
