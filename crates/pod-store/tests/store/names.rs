//! Names, sessions and whose they are.

use std::{
    fs,
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    },
    path::{Path, PathBuf},
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    unistd::Uid,
};
use pod_files::FileError;
use pod_protocol::{PodName, RunState, Timestamp};
use pod_store::{Active, Metadata, SegmentFiles, Store, StoreError, StoreWriter};

use crate::scene::{FIRST, Scene, pod, segment, session, session_file};

fn metadata() -> Metadata {
    Metadata {
        active: Some(Active {
            session_id: session(),
            segment_id: None,
        }),
        ..Metadata::new(pod(), Timestamp::from_millis(7))
    }
}

#[test]
fn a_reader_creates_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = Store::new(directory.path().join("absent"));
    assert!(store.names().expect("none").is_empty());
    assert!(store.sessions().expect("none").is_empty());
    assert!(store.segments(session()).expect("none").is_empty());
    assert_eq!(store.metadata(&pod()).expect("none"), None);
    assert!(store.marks(session(), segment(1)).expect("none").is_none());
    let missing = store
        .session_file(session())
        .expect_err("missing")
        .to_string();
    assert!(missing.starts_with("session missing: "), "{missing}");
    store.run(session(), segment(1)).expect_err("missing");
    assert_eq!(fs::read_dir(directory.path()).expect("present").count(), 0);
}

#[test]
fn what_is_written_is_read_and_removed() {
    let scene = Scene::new();
    let (writer, store) = (&scene.writer, scene.writer.store());
    assert_eq!(
        store.session_file(session()).expect("written"),
        session_file()
    );
    assert_eq!(store.sessions().expect("listed"), [session()]);
    writer
        .create_session(&session_file())
        .expect_err("there already");
    for pinned in [false, true] {
        let metadata = Metadata {
            pinned,
            ..metadata()
        };
        writer.write_metadata(&metadata).expect("written");
        assert_eq!(store.metadata(&pod()).expect("read"), Some(metadata));
    }
    // What is no pod name is no pod.
    fs::create_dir(writer.layout().pods_dir().join(".hidden")).expect("created");
    assert_eq!(store.names().expect("listed"), [pod()]);
    writer.remove_pod(&pod()).expect("removed");
    writer.remove_pod(&pod()).expect("removed already");
    writer.remove_session(session()).expect("removed");
    writer.remove_session(session()).expect("removed already");
    assert!(store.names().expect("listed").is_empty());
    assert!(store.sessions().expect("listed").is_empty());
}

/// A directory that belongs to somebody else, whoever runs this: root can give one away, and
/// everybody else is not root.
fn foreign(scratch: &Path) -> PathBuf {
    let given = scratch.join("given");
    fs::create_dir(&given).expect("created");
    // Refused for all but root; then one of root's directories serves.
    let _ = chown(&given, Some(65_534), None);
    [given, "/".into(), "/proc".into()]
        .into_iter()
        .find(|path| fs::metadata(path).is_ok_and(|it| it.uid() != Uid::effective().as_raw()))
        .expect("a directory of somebody else")
}

#[test]
fn a_root_of_somebody_else_or_behind_a_link_is_refused() {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let link = scratch.path().join("link");
    fs::create_dir(scratch.path().join("mine")).expect("created");
    symlink(scratch.path().join("mine"), &link).expect("linked");
    let foreign = foreign(scratch.path());
    let owner = fs::metadata(&foreign).expect("present").uid();
    let sentence = format!("{} belongs to user {owner}, not to you", foreign.display());
    let linked = format!("{} is a symbolic link", link.display());
    for (root, sentence) in [(&foreign, sentence), (&link, linked)] {
        let opened = StoreWriter::open(root).expect_err("refused");
        assert_eq!(opened.to_string(), sentence);
        let listed = Store::new(root).names().expect_err("refused");
        assert_eq!(listed.to_string(), sentence);
        assert!(!root.join("sessions").exists());
    }
}

#[test]
fn a_root_that_cannot_be_written_to_is_refused_at_once() {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let root = scratch.path().join("state");
    drop(StoreWriter::open(&root).expect("created"));
    fs::set_permissions(&root, fs::Permissions::from_mode(0o500)).expect("ours");
    // Who may write here depends on who runs this, so the question is put both ways.
    let allowed = fs::write(root.join("entry"), "").is_ok();
    match StoreWriter::open(&root) {
        Ok(_) => assert!(allowed),
        Err(StoreError::File(FileError::Io { operation, .. })) => {
            assert!(!allowed);
            assert_eq!(operation, "write to");
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn everything_is_private_and_closed_by_exec() {
    let scene = Scene::new();
    let mut files = scene.begin(1, 1, FIRST);
    files.output.append(b"x").expect("appended");
    scene.writer.write_metadata(&metadata()).expect("written");
    let (bytes, state) = (files.records.committed_bytes(), RunState::default());
    let written = scene
        .writer
        .write_checkpoint(session(), segment(1), bytes, &state);
    written.expect("written");
    let mut left = vec![scene.writer.layout().root().to_owned()];
    let mut seen = 0;
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).expect("present");
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(metadata.mode() & 0o7777, expected, "{}", path.display());
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).expect("ours");
            left.extend(entries.map(|entry| entry.expect("readable").path()));
        }
        seen += 1;
    }
    assert_eq!(seen, 12, "six directories and six files");
    let SegmentFiles {
        records, output, ..
    } = &files;
    for file in [records.file(), output.file()] {
        let flags = fcntl(file.as_fd(), FcntlArg::F_GETFD).expect("open");
        assert!(FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC));
    }
}

#[test]
fn a_segment_is_created_whole_or_not_at_all() {
    let scene = Scene::new();
    let layout = scene.writer.layout();
    let create = || scene.writer.create_segment(session(), segment(1), FIRST);
    fs::write(layout.records(session(), segment(1)), "in the way").expect("written");
    create().expect_err("a log is in the way");
    assert!(!layout.output(session(), segment(1)).exists());
    assert!(!layout.marks(session(), segment(1)).exists());
    assert_eq!(scene.log(), b"in the way");
}

/// Puts `content` where the metadata of `pod` is.
fn plant(writer: &StoreWriter, pod: &PodName, content: &str) -> PathBuf {
    let path = writer.layout().metadata(pod);
    fs::create_dir_all(path.parent().expect("a directory")).expect("created");
    fs::write(&path, content).expect("written");
    path
}

#[test]
fn metadata_of_a_newer_version_is_read_and_never_written() {
    let scene = Scene::new();
    let (writer, store) = (&scene.writer, scene.writer.store());
    let understood =
        r#"{"version":2,"pod_name":"train","created_at":"2030-01-01T00:00:00Z","new":[1]}"#;
    let foreign = r#"{"version":3,"pods":{"train":{}}}"#;
    for content in [understood, foreign] {
        let path = plant(writer, &pod(), content);
        let refused = writer.write_metadata(&metadata()).expect_err("newer");
        assert!(
            matches!(refused, StoreError::NewerFormat { .. }),
            "{refused}"
        );
        writer.remove_pod(&pod()).expect_err("newer");
        assert_eq!(fs::read_to_string(path).expect("still there"), content);
    }
    let refused = store.metadata(&pod()).expect_err("not understood");
    assert!(
        matches!(refused, StoreError::NewerFormat { version: 3, .. }),
        "{refused}"
    );
    plant(writer, &pod(), understood);
    let newer = store
        .metadata(&pod())
        .expect("understood")
        .expect("present");
    assert_eq!((newer.version, newer.unknown.len()), (2, 1));
    writer.remove_session(session()).expect("of this version");
    let elsewhere = PodName::new("other").expect("a name");
    let moved = Metadata {
        pod_name: elsewhere.clone(),
        ..newer
    };
    writer
        .write_metadata(&moved)
        .expect_err("this version cannot write version 2");
    assert!(!writer.layout().pod_dir(&elsewhere).exists());
}

#[test]
fn bad_metadata_is_told_and_replaced() {
    let scene = Scene::new();
    let (writer, store) = (&scene.writer, scene.writer.store());
    for (content, end) in [
        ("", "metadata.json:1"),
        ("{\n\"version\":1,\n!", "metadata.json:3"),
        (
            r#"{"version":1,"pod_name":"../up","created_at":"2030-01-01T00:00:00Z"}"#,
            "metadata.json:1",
        ),
        (
            r#"{"version":1,"pod_name":"other","created_at":"2030-01-01T00:00:00Z"}"#,
            "is about the pod other",
        ),
    ] {
        plant(writer, &pod(), content);
        let told = store.metadata(&pod()).expect_err("bad").to_string();
        assert!(told.ends_with(end), "{told}");
        assert_eq!(
            store.names().expect("listed"),
            [pod()],
            "one bad file is one bad row"
        );
        writer.write_metadata(&metadata()).expect("replaced");
        assert_eq!(store.metadata(&pod()).expect("read"), Some(metadata()));
    }
}

#[test]
fn unknown_fields_survive_a_rewrite() {
    let scene = Scene::new();
    let (writer, store) = (&scene.writer, scene.writer.store());
    let content = r#"{"version":1,"pod_name":"train","created_at":"2030-01-01T00:00:00.000Z","pinned":false,"note":{"b":1,"a":[]}}"#;
    let path = plant(writer, &pod(), content);
    let metadata = store.metadata(&pod()).expect("read").expect("present");
    writer.write_metadata(&metadata).expect("written");
    assert_eq!(fs::read_to_string(path).expect("read").trim_end(), content);
}
