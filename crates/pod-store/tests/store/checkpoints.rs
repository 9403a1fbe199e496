//! A checkpoint saves time and changes nothing.

use std::fs;

use pod_protocol::RunState;
use pod_store::StoredRun;
use proptest::prelude::*;

use crate::scene::{Scene, segment, session};

/// One line of a run: something of everything that the fold holds, with numbers that are hard to
/// write down.
fn line() -> impl Strategy<Value = String> {
    let number = any::<f64>().prop_filter("JSON has no others", |number| number.is_finite());
    let item = "[a-d]";
    prop_oneof![
        (item).prop_map(|i| format!(r#"{{"kind":"item.started","item":"{i}"}}"#)),
        (item, "passed|failed|errored|skipped").prop_map(|(i, o)| format!(
            r#"{{"kind":"item.finished","item":"{i}","outcome":"{o}"}}"#
        )),
        (item, number.clone())
            .prop_map(|(c, v)| format!(r#"{{"kind":"channel","name":"{c}","value":{v:e}}}"#)),
        (number.clone(), number)
            .prop_map(|(d, t)| format!(r#"{{"kind":"progress","done":{d:e},"total":{t:e}}}"#)),
        Just(r#"{"kind":"stop.requested"}"#.to_owned()),
        Just(r#"{"kind":"my.own","x":{"y":[1,2.5]}}"#.to_owned()),
        Just(r#"{"kind":"host.degraded","reason":"disk full"}"#.to_owned()),
        Just(r#"{"kind":"child.started","pid":7}"#.to_owned()),
        Just(r#"{"kind":"run.closed","outcome":"failed"}"#.to_owned()),
    ]
}

fn run(scene: &Scene) -> StoredRun {
    scene
        .writer
        .store()
        .run(session(), segment(1))
        .expect("readable")
}

/// How many bytes the first `lines` lines of the log have.
fn bytes(scene: &Scene, lines: usize) -> u64 {
    let log = scene.log();
    log.split_inclusive(|byte| *byte == b'\n')
        .take(lines)
        .map(|line| line.len() as u64)
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_checkpoint_anywhere_and_the_tail_are_the_whole_fold(
        lines in proptest::collection::vec(line(), 0..20),
        at in any::<prop::sample::Index>(),
    ) {
        let scene = Scene::new();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let states = scene.segment_with(&lines);
        let whole = run(&scene);
        prop_assert_eq!(Some(&whole.state), states.last());
        let at = at.index(states.len());
        let written = scene.writer.write_checkpoint(
            session(), segment(1), bytes(&scene, at + 1), &states[at],
        );
        written.expect("written");
        prop_assert_eq!(run(&scene), whole);
    }
}

/// A state that no log gives: whoever shows it has used the checkpoint.
fn marked(state: &RunState) -> RunState {
    let mut state = state.clone();
    state.health.resumed = 4711;
    state
}

#[test]
fn a_checkpoint_that_does_not_meet_its_log_is_ignored() {
    let scene = Scene::new();
    let states = scene.segment_with(&[r#"{"kind":"step","label":"a"}"#; 3]);
    let whole = run(&scene);
    let path = scene.writer.layout().checkpoint(session(), segment(1));
    let write = |records_bytes, state: &RunState| {
        let written = scene
            .writer
            .write_checkpoint(session(), segment(1), records_bytes, state);
        written.expect("written");
    };
    let used = || match run(&scene) {
        run if run == whole => false,
        run => {
            assert_eq!(run.state.health.resumed, 4711);
            true
        }
    };
    let third = bytes(&scene, 3);
    write(third, &marked(&states[2]));
    assert!(used(), "a checkpoint that meets its log is used");

    let good = fs::read_to_string(&path).expect("readable");
    let mut foreign = marked(&states[2]);
    foreign.identity.as_mut().expect("started").segment = segment(2);
    for (what, records_bytes, state) in [
        ("longer than the log", 1_000_000, marked(&states[2])),
        ("in the middle of a line", third - 1, marked(&states[2])),
        (
            "behind another record",
            bytes(&scene, 2),
            marked(&states[2]),
        ),
        ("before the first record", 0, marked(&states[2])),
        ("of another segment", third, foreign),
        ("of nothing", third, RunState::default()),
    ] {
        write(records_bytes, &state);
        assert!(!used(), "{what}");
    }
    for (what, content) in [
        ("empty", String::new()),
        ("torn", good[..good.len() / 2].to_owned()),
        (
            "another version",
            good.replacen(r#""version":1"#, r#""version":2"#, 1),
        ),
        ("garbage", "[]".to_owned()),
        ("huge", " ".repeat(2 * 1024 * 1024) + &good),
    ] {
        assert_ne!(content, good);
        fs::write(&path, content).expect("written");
        assert!(!used(), "{what}");
    }
    fs::remove_file(&path).expect("present");
    std::os::unix::fs::symlink(scene.log_path(), &path).expect("linked");
    assert!(!used(), "a link");
    fs::remove_file(&path).expect("present");
    assert!(!used(), "absent");
}

#[test]
fn a_checkpoint_does_not_hide_that_the_first_record_is_damaged() {
    let scene = Scene::new();
    let states = scene.segment_with(&[r#"{"kind":"step","label":"a"}"#; 3]);
    let (log, end) = (scene.log(), bytes(&scene, 3));
    let written = scene
        .writer
        .write_checkpoint(session(), segment(1), end, &states[2]);
    written.expect("written");
    let mut damaged = log;
    damaged[0] = b'!';
    let path = scene.writer.layout().records(session(), segment(1));
    fs::write(&path, damaged).expect("ours");
    let line = run(&scene).damage.map(|damage| damage.line);
    assert_eq!(line, Some(1));
}
