use std::os::unix::fs::symlink;

use pod_protocol::{SessionId, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::{Lease, Machine, allocation::allocation_path};

fn pod(name: &str) -> PodName {
    PodName::new(name).expect(name)
}

struct World {
    root: TempDir,
    registry: Registry,
}

impl World {
    fn new() -> Self {
        let root = TempDir::new().expect("a directory");
        let registry = Registry::new(root.path().join("leases"), root.path().join("run"));
        Self { root, registry }
    }

    fn host(&self, name: &str) -> Lease {
        let runtime = self.registry.runtime_dir();
        let machine = Machine::read();
        let holder = Holder::new(&machine, 7, runtime, Timestamp::default());
        let leases = &self.registry.leases_dir;
        let lease = Lease::acquire(leases, &pod(name), &holder).expect("free");
        let session: SessionId = "019e5bc6-c3f3-7000-8000-0000a1c293f7"
            .parse()
            .expect("a UUID");
        let at = Timestamp::default();
        let socket = runtime.join("socket");
        let allocation = Allocation::new(&machine, pod(name), 7, socket, session, at);
        lease.allocate(runtime, &allocation).expect("writable");
        lease
    }

    fn names(&self) -> Vec<(String, bool)> {
        let all = self.registry.allocations().expect("readable");
        let all = all.into_iter();
        all.map(|(pod, read)| (pod.to_string(), read.is_ok()))
            .collect()
    }
}

#[test]
fn asking_creates_nothing() {
    let world = World::new();
    assert!(world.registry.leases().expect("absent is empty").is_empty());
    assert!(
        world
            .registry
            .allocations()
            .expect("absent is empty")
            .is_empty()
    );
    assert_eq!(world.registry.allocation(&pod("a")).expect("absent"), None);
    assert_eq!(
        world.registry.lease(&pod("a")).expect("absent"),
        LeaseState::Free
    );
    assert_eq!(fs::read_dir(world.root.path()).expect("ours").count(), 0);
}

#[test]
fn one_bad_allocation_is_one_bad_entry() {
    let world = World::new();
    let _hosts = [world.host("c"), world.host("a"), world.host("b")];
    let path = |name: &str| allocation_path(world.registry.runtime_dir(), &pod(name));
    fs::write(path("b"), "{").expect("ours");
    fs::copy(path("a"), path("d")).expect("ours");
    fs::create_dir(path("e")).expect("ours");
    let expected = [
        ("a", true),
        ("b", false),
        ("c", true),
        ("d", false),
        ("e", false),
    ];
    let expected = expected.map(|(name, ok)| (name.to_owned(), ok));
    assert_eq!(world.names(), expected);
}

#[test]
fn files_that_are_no_allocations_are_passed_over() {
    let world = World::new();
    let _host = world.host("a");
    let directory = allocations_dir(world.registry.runtime_dir());
    for stray in [".a.json", "b", "b.json.new", "-c.json", ".json", "a b.json"] {
        fs::write(directory.join(stray), "{").expect("ours");
    }
    assert_eq!(world.names(), [("a".to_owned(), true)]);
}

#[test]
fn an_allocation_outlives_its_host_and_the_lease_tells() {
    let world = World::new();
    drop(world.host("a"));
    assert_eq!(world.names(), [("a".to_owned(), true)]);
    assert_eq!(world.registry.leases().expect("readable"), [pod("a")]);
    assert_eq!(
        world.registry.lease(&pod("a")).expect("readable"),
        LeaseState::Free
    );
}

#[test]
fn the_holder_tells_where_its_allocation_is() {
    let world = World::new();
    let _host = world.host("a");
    let astray = world
        .registry
        .with_runtime_dir(world.root.path().join("other"));
    assert_eq!(astray.allocation(&pod("a")).expect("absent"), None);
    let LeaseState::Held(Some(holder)) = astray.lease(&pod("a")).expect("readable") else {
        panic!("the lease is held");
    };
    assert!(Machine::read().has(&holder));
    let found = astray
        .with_runtime_dir(holder.runtime_dir)
        .allocation(&pod("a"));
    assert!(found.expect("readable").is_some());
}

#[test]
fn a_runtime_directory_behind_a_link_is_refused() {
    let world = World::new();
    let elsewhere = TempDir::new().expect("a directory");
    symlink(elsewhere.path(), world.registry.runtime_dir()).expect("ours");
    assert!(world.registry.allocations().is_err());
    assert!(world.registry.allocation(&pod("a")).is_err());
}

#[test]
fn a_machine_is_told_by_installation_and_boot() {
    let here = Machine::read();
    let holder = Holder::new(&here, 1, Path::new("/run"), Timestamp::default());
    assert!(here.has(&holder));
    let renamed = Holder {
        host_name: "other".to_owned(),
        ..holder.clone()
    };
    assert!(here.has(&renamed), "a name decides nothing");
    let cloned = Holder {
        boot_id: "other".to_owned(),
        ..holder.clone()
    };
    assert!(
        !here.has(&cloned),
        "a clone of our image is another machine"
    );
    let contained = Holder {
        machine_id: "other".to_owned(),
        ..holder
    };
    assert!(
        !here.has(&contained),
        "a container on our kernel is another machine"
    );
}

#[test]
fn version_1_of_a_holder_stays_readable() {
    let golden = include_str!("../../tests/golden/holder-1.json");
    let holder: Holder = serde_json::from_str(golden).expect("version 1");
    let back = serde_json::to_string(&holder).expect("no map keys");
    assert_eq!(back, golden.trim_end());
}
