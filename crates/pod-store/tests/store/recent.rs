//! The recent index is believed where it still holds, and nowhere else.

use std::{fs, os::unix::fs::MetadataExt, time::Duration};

use pod_protocol::{PodName, Timestamp};
use pod_store::{
    Active, Metadata, Noted, PrunedNote, Recent, Shortcut, Store, StoreWriter, stored::Stored,
};

use crate::scene::{FIRST, Scene, draft, pod, segment, session, stamp};

const PATIENCE: Duration = Duration::from_secs(60);
const END: [&str; 3] = [
    r#"{"kind":"child.exited","code":0}"#,
    r#"{"kind":"segment.ended","code":0,"duration_ms":5,"left":0}"#,
    r#"{"kind":"run.closed","outcome":"passed"}"#,
];

fn remember(writer: &StoreWriter) {
    let active = Some(Active {
        session_id: session(),
        segment_id: Some(segment(1)),
    });
    let metadata = Metadata {
        active,
        ..Metadata::new(pod(), Timestamp::from_millis(7))
    };
    writer.write_metadata(&metadata).expect("written");
}

/// A pod that has ended, or not.
fn scene(ended: bool) -> Scene {
    let scene = Scene::new();
    let mut files = scene.begin(1, 1, FIRST);
    files.output.append(b"epoch 3\n").expect("appended");
    for (n, line) in (1..).zip(END.iter().filter(|_| ended)) {
        let appended = files.records.append(draft(line), stamp(n));
        appended.expect("appended");
    }
    remember(&scene.writer);
    scene
}

fn read(store: &Store) -> Stored {
    let mut troubles = Vec::new();
    store.stored(&pod(), &mut troubles).expect("stored")
}

/// What the index says.
fn known(store: &Store) -> Option<Stored> {
    let recent = Recent::read(store.layout());
    let lines = recent.lines();
    Shortcut::new(store.layout(), &lines).stored(&pod())
}

fn note(writer: &StoreWriter) {
    let noted = writer.note_recent(&pod(), PATIENCE).expect("written");
    assert_eq!(noted, Noted::Written);
}

#[test]
fn a_run_that_ended_is_known_as_its_files_tell_it() {
    let scene = scene(true);
    note(&scene.writer);
    let store = scene.writer.store();
    let known = known(store).expect("known");
    assert_eq!(known, read(store));
    let run = known.run().expect("a run");
    assert_eq!(run.summary.preview, "epoch 3");
}

#[test]
fn a_run_that_has_not_ended_is_read_every_time() {
    let scene = scene(false);
    note(&scene.writer);
    assert_eq!(known(scene.writer.store()), None);
    assert_eq!(
        Recent::read(scene.writer.layout()).newest(9),
        [pod()],
        "and it is still among the newest"
    );
}

#[test]
fn a_line_holds_as_long_as_its_files_are_the_same() {
    let scene = scene(true);
    let (writer, store) = (&scene.writer, scene.writer.store());
    let layout = writer.layout();
    let log = layout.records(session(), segment(1));
    let touched = || {
        // Not even a change that is taken back with its time.
        let found = fs::metadata(&log).expect("there");
        let text = fs::read(&log).expect("readable");
        fs::write(&log, &text).expect("writable");
        let file = fs::File::open(&log).expect("there");
        file.set_modified(found.modified().expect("known"))
            .expect("ours");
        assert_eq!(fs::metadata(&log).expect("there").mtime(), found.mtime());
    };
    let changes: [&dyn Fn(); 4] = [
        &|| assert!(writer.set_pinned(&pod(), true).expect("pinned")),
        &|| remember(writer),
        &touched,
        &|| fs::remove_file(&log).expect("there"),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        note(writer);
        assert!(known(store).is_some(), "before change {number}");
        change();
        assert_eq!(known(store), None, "after change {number}");
    }
}

#[test]
fn the_working_directory_is_looked_for_every_time() {
    let scene = scene(true);
    let gone = scene.writer.layout().root().join("cwd");
    fs::create_dir(&gone).expect("new");
    let file = scene.writer.layout().session_file(session());
    let text = fs::read_to_string(&file).expect("readable");
    let text = text.replace(r#""cwd":"/""#, &format!(r#""cwd":"{}""#, gone.display()));
    fs::write(&file, text).expect("writable");
    note(&scene.writer);
    let store = scene.writer.store();
    assert_eq!(known(store), Some(read(store)));
    fs::remove_dir(&gone).expect("empty");
    let known = known(store).expect("known");
    assert_eq!(known.run().expect("a run").cwd_gone, Some(gone));
    assert_eq!(known, read(store));
}

#[test]
fn a_writer_closes_a_torn_line_and_replaces_what_is_no_index() {
    for spoil in ["", "\n", "{\"version\":9", "garbage\n\n\0"] {
        let scene = scene(true);
        let (writer, store) = (&scene.writer, scene.writer.store());
        note(writer);
        let path = writer.layout().recent();
        let whole = fs::read_to_string(&path).expect("readable");
        fs::write(&path, format!("{whole}{spoil}")).expect("writable");
        note(writer);
        assert_eq!(known(store), Some(read(store)), "{spoil:?}");
        fs::write(&path, spoil).expect("writable");
        note(writer);
        assert_eq!(known(store), Some(read(store)), "{spoil:?}");
    }
}

#[test]
fn what_is_wasted_is_cleared_away() {
    let scene = scene(true);
    let writer = &scene.writer;
    for _ in 0..500 {
        note(writer);
    }
    let bytes = fs::metadata(writer.layout().recent()).expect("there").len();
    assert!(bytes < 128 * 1024, "{bytes} for one pod");
    assert!(known(writer.store()).is_some());
}

#[test]
fn nobody_waits_for_a_writer_for_longer_than_said() {
    let scene = scene(true);
    note(&scene.writer);
    let lock = fs::File::open(scene.writer.layout().recent_lock()).expect("there");
    lock.lock().expect("free");
    let noted = scene.writer.note_recent(&pod(), Duration::ZERO);
    assert_eq!(noted.expect("no error"), Noted::Busy);
    let rewritten = scene.writer.rewrite_recent(Duration::ZERO);
    assert_eq!(rewritten.expect("no error"), None);
}

#[test]
fn what_was_pruned_is_remembered_when_all_is_written_anew() {
    let scene = scene(true);
    let pruned = PrunedNote {
        at: Timestamp::from_millis(5),
        runs: 3,
        bytes: 7,
    };
    scene
        .writer
        .note_pruned(&pruned, PATIENCE)
        .expect("written");
    scene
        .writer
        .note_pruned(&pruned, PATIENCE)
        .expect("written");
    assert_eq!(
        scene.writer.rewrite_recent(PATIENCE).expect("written"),
        Some(1)
    );
    let recent = Recent::read(scene.writer.layout());
    assert_eq!(recent.last_pruned(), Some(pruned));
}

#[test]
fn the_newest_come_first_and_once() {
    let scene = scene(true);
    let other = PodName::new("other").expect("a name");
    for pod in [&pod(), &other, &pod(), &other, &pod()] {
        let noted = scene.writer.name_recent(pod, PATIENCE).expect("written");
        assert_eq!(noted, Noted::Written);
    }
    let recent = Recent::read(scene.writer.layout());
    assert_eq!(recent.newest(9), [pod(), other]);
    assert_eq!(recent.newest(1), [pod()]);
}

/// A change of this line without a new version of the lines would let a program believe what
/// another one meant differently.
#[test]
fn a_line_is_what_it_was_when_its_version_was_given() {
    let scene = scene(true);
    note(&scene.writer);
    let text = fs::read_to_string(scene.writer.layout().recent()).expect("readable");
    let line = text.lines().last().expect("a line");
    let mut line: serde_json::Value = serde_json::from_str(line).expect("JSON");
    line["check"] = serde_json::json!("");
    for file in ["metadata", "records"] {
        line["known"][file] = serde_json::json!([]);
    }
    let expected = include_str!("../golden/recent-line-2.json");
    assert_eq!(line.to_string(), expected.trim_end());
}
