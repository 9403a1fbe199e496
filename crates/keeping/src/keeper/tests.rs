use pod_registry::Registry;
use pod_store::Metadata;
use tempfile::TempDir;

use super::*;

fn name(text: &str) -> PodName {
    PodName::new(text).expect(text)
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_764_000_000_000)
}

/// A keeper and a pod called `a`.
fn world() -> (TempDir, Keeper) {
    let directory = TempDir::new().expect("a directory");
    let (state, runtime) = (directory.path().join("state"), directory.path().join("run"));
    let keeper = Keeper::open(&state, &runtime).expect("a new directory");
    remember(&keeper, "a");
    (directory, keeper)
}

fn remember(keeper: &Keeper, pod: &str) {
    let metadata = Metadata::new(name(pod), now());
    keeper.writer.write_metadata(&metadata).expect("written");
}

fn leases(keeper: &Keeper) -> Vec<PodName> {
    let registry = Registry::new(keeper.leases_dir(), &keeper.runtime_dir);
    registry.leases().expect("listed")
}

fn message<T: std::fmt::Debug>(result: Result<T, KeepingError>) -> String {
    result.expect_err("refused").to_string()
}

#[test]
fn a_live_pod_is_left_alone() {
    let (_directory, keeper) = world();
    let held = keeper.hold(&name("a"), now(), false).expect("free");
    let refused = |result| assert_eq!(message(result), "live: stop it first");
    refused(keeper.remove(&name("a"), now()).map(drop));
    refused(keeper.would_remove(&name("a")).map(drop));
    let renamed = keeper.rename(&name("a"), &name("b"), now());
    assert_eq!(message(renamed), "live: rename after it ends");
    let renamed = keeper.rename(&name("a"), &name("b"), now());
    assert_eq!(message(renamed), "live: rename after it ends");
    assert!(
        keeper.pin(&name("a"), true).expect("pinned"),
        "that is allowed"
    );
    drop(held);
    assert_eq!(leases(&keeper), [name("a")]);
}

#[test]
fn what_is_refused_leaves_no_lease_behind() {
    let (_directory, keeper) = world();
    remember(&keeper, "b");
    let rename = |from, to| message(keeper.rename(&name(from), &name(to), now()));
    assert_eq!(rename("a", "b"), "the name b is taken");
    assert_eq!(rename("a", "a"), "the name a is taken");
    assert_eq!(rename("c", "d"), "no pod c");
    assert_eq!(message(keeper.remove(&name("c"), now())), "no pod c");
    assert_eq!(message(keeper.undo(&name("c"), now())), "no removed pod c");
    let held = keeper.hold(&name("d"), now(), false).expect("free");
    assert_eq!(rename("a", "d"), "live: rename after it ends");
    drop(held);
    assert_eq!(leases(&keeper), [name("a"), name("b")]);
}

#[test]
fn a_lease_goes_and_comes_with_its_name() {
    let (_directory, keeper) = world();
    keeper
        .rename(&name("a"), &name("b"), now())
        .expect("renamed");
    assert_eq!(leases(&keeper), [name("b")]);
    keeper.remove(&name("b"), now()).expect("removed");
    assert_eq!(leases(&keeper), []);
    let back = keeper.undo(&name("b"), now()).expect("brought back");
    assert_eq!(back.pod, name("b"));
    assert_eq!(keeper.writer.store().names().expect("listed"), [name("b")]);
    assert_eq!(message(keeper.undo(&name("b"), now())), "no removed pod b");
}
