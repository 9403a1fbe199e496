use std::{fs, time::Duration};

use pod_protocol::{Event, Outcome, Requested};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{World, ended, pod, segment, session};

const PATIENCE: Duration = Duration::from_secs(60);

/// One pod of every kind.
fn world() -> World {
    let world = World::new();
    world.run("passed", 1, ended(0, Outcome::Passed), b"all good\n");
    world.run("failed", 2, ended(3, Outcome::Failed), b"");
    world.run("interrupted", 3, vec![], b"epoch 7\n");
    let cancelled = Event::CancelRequested(Requested {
        by: Some("ada".to_owned()),
        grace_ms: None,
    });
    let mut events = vec![cancelled];
    events.extend(ended(0, Outcome::Cancelled));
    world.run("cancelled", 4, events, b"");
    world.remember("empty", None);
    world.remember("pending", Some((session(6), None)));
    world.remember("missing", Some((session(7), Some(segment(7)))));
    let layout = world.writer.layout();
    world.run("damaged", 8, ended(0, Outcome::Passed), b"");
    let log = layout.records(session(8), segment(8));
    let text = fs::read_to_string(&log).expect("readable");
    let damaged = text.replacen(r#""kind":"child.started""#, "nonsense", 1);
    fs::write(&log, damaged).expect("writable");
    world.remember("corrupt", None);
    fs::write(layout.metadata(&pod("corrupt")), "{").expect("writable");
    world
}

/// All that is stored, and what could not be looked at.
type All = (Vec<(PodName, Stored)>, Vec<Warning>);

fn all(store: &Store) -> All {
    let mut files = Prepared::whole(store).read(store, Vec::new());
    files.stored.sort_by(|a, b| a.0.cmp(&b.0));
    (files.stored, files.warnings)
}

/// The list with no index, and the index that a writer makes.
fn with_and_without(world: &World) -> (All, Vec<u8>) {
    let path = world.writer.layout().recent();
    assert!(!path.exists());
    let without = all(world.writer.store());
    world.writer.rewrite_recent(PATIENCE).expect("written");
    let index = fs::read(&path).expect("readable");
    assert_eq!(without.0.len(), 9);
    (without, index)
}

#[test]
fn an_index_changes_nothing_wherever_it_is_cut_off() {
    let world = world();
    let (without, index) = with_and_without(&world);
    let path = world.writer.layout().recent();
    // Lines are alike: every third byte, and all around their ends.
    let is_near_an_end = |at: usize| {
        let around = at.saturating_sub(2)..index.len().min(at + 2);
        index[around].contains(&b'\n')
    };
    for length in (0..=index.len()).filter(|at| at % 3 == 0 || is_near_an_end(*at)) {
        fs::write(&path, &index[..length]).expect("writable");
        assert_eq!(all(world.writer.store()), without, "cut at {length}");
    }
}

#[test]
fn an_index_of_what_was_changes_nothing() {
    let world = world();
    let (_, before) = with_and_without(&world);
    let path = world.writer.layout().recent();
    // Everything moves on, and nobody says so.
    world
        .writer
        .set_pinned(&pod("passed"), true)
        .expect("pinned");
    world.run("failed", 20, ended(0, Outcome::Passed), b"better\n");
    world.remember("cancelled", None);
    world.run("empty", 21, vec![], b"");
    fs::remove_file(&path).expect("there");
    let without = all(world.writer.store());
    fs::write(&path, before).expect("writable");
    assert_eq!(all(world.writer.store()), without);
}

#[test]
fn an_index_is_used_where_it_holds() {
    let world = world();
    with_and_without(&world);
    let recent = Recent::read(world.writer.layout());
    let lines = recent.lines();
    let mut shortcut = Shortcut::new(world.writer.layout(), &lines);
    let known = |name: &&str| shortcut.stored(&pod(name)).is_some();
    let names = [
        "passed",
        "failed",
        "cancelled",
        "interrupted",
        "damaged",
        "corrupt",
    ];
    let known: Vec<&str> = names.into_iter().filter(known).collect();
    assert_eq!(known, ["passed", "failed", "cancelled"]);
}

#[test]
fn the_newest_are_found_without_an_index() {
    let world = world();
    let mut names = newest(world.writer.store()).names;
    names.sort();
    let launched = ["cancelled", "damaged", "failed", "interrupted", "passed"];
    assert_eq!(names, launched.map(pod));
}

#[test]
fn many_pods_are_read_on_several_threads_and_none_is_lost() {
    let names: Vec<PodName> = (0..1_000).map(|n| pod(&format!("p{n}"))).collect();
    for share in [1, 7, 999, 1_000, 5_000] {
        let mut all = split(names.clone(), share).concat();
        all.sort();
        let mut expected = names.clone();
        expected.sort();
        assert_eq!(all, expected, "{share}");
    }
}

#[test]
fn whatever_is_in_the_index_changes_nothing() {
    let world = world();
    let (without, index) = with_and_without(&world);
    let path = world.writer.layout().recent();
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8);
    let garbage = proptest::collection::vec(any::<u8>(), 0..400);
    let version = "[3-9][0-9]{0,3}";
    let few = ProptestConfig::with_cases(64);
    proptest!(few, |(garbage in garbage, edits in edits, version in version, reversed in any::<bool>())| {
        let mut edited = index.clone();
        for (at, byte) in edits {
            let at = at.index(edited.len());
            edited[at] = byte;
        }
        let mut lines: Vec<&[u8]> = edited.split_inclusive(|byte| *byte == b'\n').collect();
        if reversed {
            lines.reverse();
        }
        let foreign = String::from_utf8_lossy(&index)
            .replace(r#""version":2"#, &format!(r#""version":{version}"#));
        let contents = [
            garbage.clone(),
            lines.concat(),
            foreign.into_bytes(),
            [garbage.as_slice(), b"\n", &index].concat(),
            [index.as_slice(), &garbage, b"\n"].concat(),
        ];
        for content in contents {
            fs::write(&path, content).expect("writable");
            prop_assert_eq!(&all(world.writer.store()), &without);
        }
    });
    fs::remove_file(&path).expect("there");
    fs::create_dir(&path).expect("new");
    assert_eq!(all(world.writer.store()), without);
}
