//! Damage is told by file and line; the rest stays readable.

use pod_protocol::{RECORD_BYTES_MAX, Seq};
use pod_store::{Damage, StoreError, Tail};

use crate::scene::{Scene, segment, session};

const LINES: [&str; 4] = [
    r#"{"kind":"item.finished","item":"a","outcome":"passed"}"#,
    r#"{"kind":"item.finished","item":"b","outcome":"passed"}"#,
    r#"{"kind":"item.finished","item":"c","outcome":"passed"}"#,
    r#"{"kind":"step","label":"last"}"#,
];

fn lines(log: &[u8]) -> Vec<Vec<u8>> {
    log.split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

#[test]
fn a_damaged_line_is_named_and_read_past() {
    let long = RECORD_BYTES_MAX * 3;
    for (what, junk) in [
        ("text", b"not json\n".to_vec()),
        ("an empty line", b"\n".to_vec()),
        (
            "zeros, as after a power failure",
            [vec![0; 4096], b"\n".to_vec()].concat(),
        ),
        ("another object", b"{}\n".to_vec()),
        ("invalid UTF-8", b"{\"kind\":\"\xff\"}\n".to_vec()),
        (
            "more than any record",
            [vec![b'x'; long], b"\n".to_vec()].concat(),
        ),
    ] {
        let scene = Scene::new();
        let states = scene.segment_with(&LINES);
        let whole = lines(&scene.log());
        for damaged in 0..whole.len() - 1 {
            let mut content = whole.clone();
            content[damaged].clone_from(&junk);
            scene.set_log(&content.concat());
            let run = scene.writer.store().run(session(), segment(1)).expect(what);
            let damage = Damage {
                path: scene.log_path(),
                line: damaged as u64 + 1,
            };
            assert_eq!(run.damage, Some(damage), "{what}");
            assert_eq!(run.tail, Tail::Clean, "{what}");
            assert_eq!(run.state.seq, Seq(5), "{what}");
            assert_eq!(run.state.progress.step.as_deref(), Some("last"), "{what}");
            let lost = u64::from((1..=3).contains(&damaged));
            assert_eq!(run.state.counts.done(), 3 - lost, "{what}, line {damaged}");

            // A checkpoint before the damage does not change what is said about it.
            if damaged > 1 {
                let checkpointed = content[..2].concat().len() as u64;
                let store = &scene.writer;
                let written =
                    store.write_checkpoint(session(), segment(1), checkpointed, &states[1]);
                written.expect("written");
                let again = store.store().run(session(), segment(1)).expect(what);
                assert_eq!(again, run, "{what}");
            }
        }
    }
}

#[test]
fn a_lost_or_doubled_line_is_damage() {
    let scene = Scene::new();
    scene.segment_with(&LINES);
    let whole = lines(&scene.log());
    let damage = |content: &[Vec<u8>]| {
        scene.set_log(&content.concat());
        let run = scene
            .writer
            .store()
            .run(session(), segment(1))
            .expect("readable");
        run.damage.map(|damage| damage.line)
    };
    assert_eq!(damage(&whole), None);
    for line in 1..whole.len() - 1 {
        let mut lost = whole.clone();
        lost.remove(line);
        assert_eq!(damage(&lost), Some(line as u64 + 1));
        let mut doubled = whole.clone();
        doubled.insert(line, whole[line].clone());
        assert_eq!(damage(&doubled), Some(line as u64 + 2));
    }
}

#[test]
fn a_segment_needs_its_own_first_record() {
    let scene = Scene::new();
    scene.segment_with(&LINES);
    let whole = lines(&scene.log());
    let store = scene.writer.store();
    scene.set_log(&whole[1..].concat());
    let head = store
        .segment_head(session(), segment(1))
        .expect_err("no head");
    assert!(matches!(head, StoreError::NoHead { .. }));
    assert!(head.to_string().contains(".jsonl:1: "), "{head}");
    assert!(store.segments(session()).expect("listed").is_empty());
    let run = store.run(session(), segment(1)).expect("readable");
    assert_eq!(run.damage.map(|damage| damage.line), Some(1));
    assert_eq!(run.state.counts.done(), 3);
}
