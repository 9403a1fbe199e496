//! Segments of one session.

use pod_protocol::{Offset, Phase, Seq, Timestamp};
use pod_store::{SegmentBase, StoreError, Tail};

use crate::scene::{FIRST, Scene, draft, segment, session, stamp};

const SECOND: SegmentBase = SegmentBase {
    first_seq: Seq(3),
    out_base: Offset(100),
};

#[test]
fn a_segment_goes_on_from_the_ones_before_whatever_their_ids() {
    let scene = Scene::new();
    // The later segment has the smaller id, as after a clock was set back.
    let mut first = scene.begin(9, 1, FIRST);
    let passed = r#"{"kind":"item.finished","item":"a","outcome":"passed"}"#;
    first
        .records
        .append(draft(passed), stamp(1))
        .expect("appended");
    let mut second = scene.begin(2, 2, SECOND);
    second.output.append(b"hello").expect("appended");
    let passed = r#"{"kind":"item.finished","item":"b","outcome":"passed"}"#;
    second
        .records
        .append(draft(passed), stamp(105))
        .expect("appended");

    let store = scene.writer.store();
    let order: Vec<_> = store.segments(session()).expect("listed");
    let order: Vec<_> = order
        .iter()
        .map(|head| (head.segment, head.started.ordinal))
        .collect();
    assert_eq!(order, [(segment(9), 1), (segment(2), 2)]);

    let run = store.run(session(), segment(2)).expect("readable");
    assert_eq!((run.state.counts.done(), run.state.seq), (2, Seq(4)));
    assert_eq!(
        run.state.times.started_at,
        Some(Timestamp::from_millis(1_000))
    );
    assert_eq!(run.output, Offset(100)..Offset(105));
    assert_eq!((run.tail, run.damage), (Tail::Clean, None));
    let run = store.run(session(), segment(9)).expect("readable");
    assert_eq!((run.state.counts.done(), run.state.seq), (1, Seq(2)));
}

#[test]
fn damage_in_an_earlier_segment_is_told() {
    let scene = Scene::new();
    let mut first = scene.begin(1, 1, FIRST);
    first
        .records
        .append(draft(r#"{"kind":"log","message":"x"}"#), stamp(1))
        .expect("appended");
    scene.begin(2, 2, SECOND);
    let text = String::from_utf8(scene.log()).expect("JSON");
    scene.set_log(text.replace(r#""seq":2"#, r#""seq":!"#).as_bytes());
    let run = scene
        .writer
        .store()
        .run(session(), segment(2))
        .expect("readable");
    let damage = run.damage.expect("line 2 of the first segment");
    assert_eq!((damage.path, damage.line), (scene.log_path(), 2));
    assert_eq!(run.state.seq, Seq(3));
}

#[test]
fn a_pending_segment_is_no_segment_yet() {
    let scene = Scene::new();
    let files = scene
        .writer
        .create_segment(session(), segment(1), FIRST)
        .expect("created");
    assert_eq!(files.records.next_seq(), Seq(1));
    let store = scene.writer.store();
    assert!(store.segments(session()).expect("listed").is_empty());
    assert_eq!(
        store.segment_head(session(), segment(1)).expect("readable"),
        None
    );
    let run = store.run(session(), segment(1)).expect("readable");
    assert_eq!((run.state.phase, run.records_bytes), (Phase::Empty, 0));
    let missing = store.run(session(), segment(2)).expect_err("never created");
    assert!(matches!(missing, StoreError::NoLog { .. }), "{missing}");
}
