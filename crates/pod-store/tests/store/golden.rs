//! Files of every version, as they were written. They are never edited: a change that does not
//! read them is a change of format.

use std::{fs, path::PathBuf};

use pod_protocol::{
    Exit, Fields, Liveness, Offset, Outcome, Phase, PodName, Seq, SessionId, Timestamp,
};
use pod_store::{
    Active, ChildIo, Metadata, SessionFile, Store, StoreWriter, Stream, Tail, Terms, Variable,
};

fn root() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/golden/v1"]
        .iter()
        .collect()
}

fn session() -> SessionId {
    "019e5bc6-c3f3-7a01-8b2c-00000000a001"
        .parse()
        .expect("a UUID")
}

fn pod() -> PodName {
    PodName::new("train").expect("a name")
}

fn active() -> Active {
    Active {
        session_id: session(),
        segment_id: Some(
            "019e5bc6-c3f3-7a01-8b2c-00000000b001"
                .parse()
                .expect("a UUID"),
        ),
    }
}

fn metadata() -> Metadata {
    Metadata {
        version: 1,
        pod_name: pod(),
        active: Some(active()),
        created_at: "2026-05-27T00:00:16Z".parse().expect("a time"),
        pinned: false,
        unknown: Fields::new(),
    }
}

fn session_file() -> SessionFile {
    let raw = |json: &str| serde_json::from_str(json).expect(json);
    SessionFile {
        version: 1,
        session: session(),
        pod: pod(),
        command: vec!["./train.py".into(), raw(r#"{"hex":"66ff"}"#)],
        cwd: "/work".into(),
        env: vec![
            Variable {
                name: "HOME".into(),
                value: Some("/home/me".into()),
            },
            Variable {
                name: "API_TOKEN".into(),
                value: None,
            },
        ],
        umask: None,
        limits: Vec::new(),
        terms: Terms {
            planned: Some(2),
            ..Terms::of(ChildIo::Pipe)
        },
        created_at: "2026-05-27T00:00:16.042Z".parse().expect("a time"),
        parent_pod: Some(PodName::new("sweep").expect("a name")),
        rerun_of: Some(
            "019e5bc6-c3f3-7a01-8b2c-00000000a000"
                .parse()
                .expect("a UUID"),
        ),
        labels: [("dataset".to_owned(), "cifar".to_owned())].into(),
        unknown: Fields::new(),
    }
}

#[test]
fn version_1_is_read() {
    let store = Store::new(root());
    assert_eq!(store.metadata(&pod()).expect("readable"), Some(metadata()));
    assert_eq!(
        store.session_file(session()).expect("readable"),
        session_file()
    );

    let segment = active().segment_id.expect("a segment");
    let heads = store.segments(session()).expect("listed");
    assert_eq!(heads.len(), 1);
    assert_eq!((heads[0].segment, heads[0].started.ordinal), (segment, 1));

    let run = store.run(session(), segment).expect("readable");
    assert_eq!((run.tail, run.damage), (Tail::Clean, None));
    assert_eq!((run.state.seq, run.output), (Seq(9), Offset(0)..Offset(18)));
    assert_eq!(run.state.outcome(Liveness::Free), Some(Outcome::Failed));
    let exit = Some(Exit::Code(3));
    assert_eq!(
        run.state.phase,
        Phase::Closed {
            outcome: Outcome::Failed,
            exit
        }
    );
    assert_eq!(run.state.counts.done(), 2);
    assert_eq!(run.state.channels.series[0].last(), 0.1);

    let reader = store.segment_reader(session(), segment).expect("opened");
    let output = reader.read_output(Offset(0), 100).expect("readable");
    assert_eq!(output, b"epoch 1\r\nwarning!\n");
    let marks = store
        .marks(session(), segment)
        .expect("readable")
        .expect("present");
    let mark = marks
        .at_offset(Offset(12))
        .expect("readable")
        .expect("marked");
    assert_eq!(
        (mark.stream, mark.offset, mark.seq),
        (Stream::Stderr, Offset(9), Seq(4))
    );
    let at: Timestamp = "2026-05-27T00:00:17.500Z".parse().expect("a time");
    assert_eq!(mark.at, at);
}

#[test]
fn version_1_is_still_what_is_written() {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let writer = StoreWriter::open(scratch.path()).expect("opened");
    writer.write_metadata(&metadata()).expect("written");
    writer.create_session(&session_file()).expect("written");
    for path in [
        writer.layout().metadata(&pod()),
        writer.layout().session_file(session()),
    ] {
        let below = path.strip_prefix(scratch.path()).expect("in the store");
        let golden = fs::read_to_string(root().join(below)).expect("readable");
        assert_eq!(fs::read_to_string(&path).expect("readable"), golden);
    }
}

#[test]
fn the_golden_checkpoint_is_used_and_agrees_with_its_log() {
    let segment = active().segment_id.expect("a segment");
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let (golden, copy) = (Store::new(root()), Store::new(scratch.path()));
    let directory = copy.layout().session_dir(session());
    fs::create_dir_all(directory).expect("created");
    let log = golden.layout().records(session(), segment);
    fs::copy(log, copy.layout().records(session(), segment)).expect("copied");
    // Without its checkpoint, then with one that says something else than the log.
    let folded = copy.run(session(), segment).expect("readable").state;
    assert_eq!(
        golden.run(session(), segment).expect("readable").state,
        folded
    );
    let checkpoint = fs::read_to_string(golden.layout().checkpoint(session(), segment));
    let checkpoint = checkpoint.expect("readable");
    let changed = checkpoint.replacen(r#""resumed":0"#, r#""resumed":4711"#, 1);
    assert_ne!(changed, checkpoint);
    fs::write(copy.layout().checkpoint(session(), segment), changed).expect("written");
    let used = copy.run(session(), segment).expect("readable").state;
    assert_eq!(used.health.resumed, 4711);
}
