//! What is removed comes back as it was.

use std::{fs, path::Path};

use pod_protocol::{SessionId, Timestamp};
use pod_store::{Active, Metadata, SessionFile, StoreError};

use crate::scene::{FIRST, Scene, pod, segment, session, session_file};

fn other(n: u32) -> SessionId {
    format!("019e5bc6-c3f3-7000-8000-0000000a{n:04x}")
        .parse()
        .expect("a UUID")
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_764_000_000_000)
}

/// A pod with two sessions beside one of another pod.
fn scene() -> Scene {
    let scene = Scene::new();
    let writer = &scene.writer;
    drop(scene.begin(1, 1, FIRST));
    let earlier = SessionFile {
        session: other(1),
        ..session_file()
    };
    let foreign = SessionFile {
        session: other(2),
        pod: "other".parse().expect("a name"),
        ..session_file()
    };
    writer.create_session(&earlier).expect("new");
    writer.create_session(&foreign).expect("new");
    let active = Some(Active {
        session_id: session(),
        segment_id: Some(segment(1)),
    });
    let metadata = Metadata {
        active,
        ..Metadata::new(pod(), Timestamp::from_millis(7))
    };
    writer.write_metadata(&metadata).expect("written");
    scene
}

/// Every path below `root` with what is in it.
fn everything(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("readable");
            left.extend(entries.map(|entry| entry.expect("readable").path()));
        } else {
            let content = fs::read(&path).expect("readable");
            found.push((path.display().to_string(), content));
        }
    }
    found.sort();
    found
}

#[test]
fn a_removed_pod_comes_back_as_it_was() {
    let scene = scene();
    let (writer, store) = (&scene.writer, scene.writer.store());
    let before = everything(writer.layout().root());
    let removed = writer.discard(&pod(), now()).expect("removed");
    assert_eq!(store.metadata(&pod()).expect("readable"), None);
    assert_eq!(store.sessions().expect("listed"), [other(2)]);
    assert_eq!(
        store.removed().expect("listed"),
        std::slice::from_ref(&removed)
    );
    writer.bring_back(&removed).expect("brought back");
    assert_eq!(everything(writer.layout().root()), before);
    assert!(store.removed().expect("listed").is_empty());
}

#[test]
fn a_name_in_use_is_not_overwritten_by_an_undo() {
    let scene = scene();
    let writer = &scene.writer;
    let removed = writer.discard(&pod(), now()).expect("removed");
    let fresh = Metadata::new(pod(), now());
    writer.write_metadata(&fresh).expect("written");
    let refused = writer.bring_back(&removed).expect_err("in use");
    assert!(matches!(refused, StoreError::NameTaken { .. }), "{refused}");
    let there = writer.store().metadata(&pod()).expect("readable");
    assert_eq!(there, Some(fresh));
}

#[test]
fn removals_of_one_moment_do_not_meet() {
    let scene = scene();
    let (writer, store) = (&scene.writer, scene.writer.store());
    let first = writer.discard(&pod(), now()).expect("removed");
    writer
        .write_metadata(&Metadata::new(pod(), now()))
        .expect("written");
    let second = writer.discard(&pod(), now()).expect("removed");
    assert_eq!(
        store.removed().expect("listed"),
        [second.clone(), first.clone()]
    );
    writer.purge(&second).expect("purged");
    writer.bring_back(&first).expect("brought back");
    assert_eq!(store.sessions_of(&pod()).expect("listed").len(), 2);
}

#[test]
fn a_removal_that_was_cut_short_is_undone_whole() {
    // After the name has gone, and after one of its sessions has.
    for moved in [0, 1] {
        let scene = scene();
        let (writer, store) = (&scene.writer, scene.writer.store());
        let before = everything(writer.layout().root());
        let removed = writer.discard(&pod(), now()).expect("removed");
        let sessions = removed.path.join("sessions");
        for session in [session(), other(1)].iter().skip(moved) {
            let (from, to) = (
                sessions.join(session.to_string()),
                writer.layout().session_dir(*session),
            );
            fs::rename(from, to).expect("moved");
        }
        let again = store.removed().expect("listed");
        writer.bring_back(&again[0]).expect("brought back");
        assert_eq!(everything(writer.layout().root()), before);
    }
}

#[test]
fn what_cannot_be_read_can_be_removed_and_what_is_newer_cannot() {
    let scene = scene();
    let writer = &scene.writer;
    let path = writer.layout().metadata(&pod());
    fs::write(&path, r#"{"version":2,"pod_name":"train"}"#).expect("written");
    let refused = writer.discard(&pod(), now()).expect_err("newer");
    assert!(
        matches!(refused, StoreError::NewerFormat { .. }),
        "{refused}"
    );
    fs::write(&path, "{").expect("written");
    writer.discard(&pod(), now()).expect("removed");
    let refused = writer.discard(&pod(), now()).expect_err("gone");
    assert!(matches!(refused, StoreError::NoPod { .. }), "{refused}");
}
