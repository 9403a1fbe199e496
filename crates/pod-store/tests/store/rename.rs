//! Other names, and pins.

use pod_protocol::{PodName, Timestamp};
use pod_store::{Active, Marker, Metadata, StoreError};

use crate::scene::{FIRST, Scene, pod, segment, session};

fn new_name() -> PodName {
    PodName::new("resnet").expect("a name")
}

fn scene() -> (Scene, Metadata) {
    let scene = Scene::new();
    drop(scene.begin(1, 1, FIRST));
    let active = Some(Active {
        session_id: session(),
        segment_id: Some(segment(1)),
    });
    let metadata = Metadata {
        active,
        pinned: true,
        ..Metadata::new(pod(), Timestamp::from_millis(7))
    };
    scene.writer.write_metadata(&metadata).expect("written");
    (scene, metadata)
}

#[test]
fn a_renamed_pod_keeps_everything_but_its_name() {
    let (scene, metadata) = scene();
    let (writer, store) = (&scene.writer, scene.writer.store());
    writer.mark(&pod(), Marker::new(session())).expect("marked");
    writer.rename_pod(&pod(), &new_name()).expect("renamed");
    assert_eq!(store.marked().expect("listed"), [new_name()]);
    assert_eq!(store.names().expect("listed"), [new_name()]);
    let expected = Metadata {
        pod_name: new_name(),
        ..metadata
    };
    let there = store.metadata(&new_name()).expect("readable");
    assert_eq!(there, Some(expected));
    assert_eq!(store.sessions_of(&new_name()).expect("listed"), [session()]);
    assert!(store.sessions_of(&pod()).expect("listed").is_empty());
    store.run(session(), segment(1)).expect("readable");
}

#[test]
fn a_rename_over_another_pod_changes_nothing() {
    let (scene, metadata) = scene();
    let (writer, store) = (&scene.writer, scene.writer.store());
    let other = Metadata::new(new_name(), Timestamp::from_millis(9));
    writer.write_metadata(&other).expect("written");
    for to in [new_name(), pod()] {
        let refused = writer.rename_pod(&pod(), &to).expect_err("taken");
        assert!(matches!(refused, StoreError::NameTaken { .. }), "{refused}");
    }
    assert_eq!(store.metadata(&pod()).expect("readable"), Some(metadata));
    let there = store.metadata(&new_name()).expect("readable");
    assert_eq!(there, Some(other));
    let absent = PodName::new("absent").expect("a name");
    let refused = writer
        .rename_pod(&absent, &"b".parse().expect("a name"))
        .expect_err("absent");
    assert!(matches!(refused, StoreError::NoPod { .. }), "{refused}");
}

#[test]
fn a_rename_that_was_cut_short_is_completed_by_the_next_one() {
    let (scene, metadata) = scene();
    let (writer, store) = (&scene.writer, scene.writer.store());
    writer.rename_pod(&pod(), &new_name()).expect("renamed");
    // As if the old name had not gone.
    writer.write_metadata(&metadata).expect("written");
    writer.rename_pod(&pod(), &new_name()).expect("completed");
    assert_eq!(store.names().expect("listed"), [new_name()]);
}

#[test]
fn a_pin_is_said_once_and_changes_nothing_else() {
    let (scene, metadata) = scene();
    let (writer, store) = (&scene.writer, scene.writer.store());
    assert!(!writer.set_pinned(&pod(), true).expect("pinned already"));
    assert!(writer.set_pinned(&pod(), false).expect("unpinned"));
    let expected = Metadata {
        pinned: false,
        ..metadata
    };
    assert_eq!(store.metadata(&pod()).expect("readable"), Some(expected));
    let refused = writer.set_pinned(&new_name(), true).expect_err("absent");
    assert!(matches!(refused, StoreError::NoPod { .. }), "{refused}");
    assert!(!writer.layout().pod_dir(&new_name()).exists());
}

#[test]
fn a_pin_does_not_undo_a_change_that_is_under_way() {
    let (scene, metadata) = scene();
    let (writer, store) = (&scene.writer, scene.writer.store());
    std::thread::scope(|threads| {
        let mut pin = None;
        let changed = writer.change_metadata(&pod(), |found| {
            pin = Some(threads.spawn(|| writer.set_pinned(&pod(), false)));
            Some(Metadata {
                active: None,
                ..found.expect("there")
            })
        });
        changed.expect("written");
        let pinned = pin.expect("begun").join().expect("no panic");
        assert!(pinned.expect("written"));
    });
    let expected = Metadata {
        active: None,
        pinned: false,
        ..metadata
    };
    assert_eq!(store.metadata(&pod()).expect("readable"), Some(expected));
}
