//! A crash may end a log anywhere.

use std::{env, process::Command};

use pod_protocol::{RECORD_BYTES_MAX, Seq};
use pod_store::{RecordWriter, StoreError, StoreWriter, Tail};

use crate::scene::{FIRST, Scene, draft, segment, session, session_file, stamp, started};

const LINES: [&str; 4] = [
    r#"{"kind":"item.started","item":"a"}"#,
    r#"{"kind":"item.finished","item":"a","outcome":"passed"}"#,
    r#"{"kind":"log","message":"ü \n \u0000"}"#,
    r#"{"kind":"channel","name":"loss","value":0.1}"#,
];

#[test]
fn a_log_torn_at_any_byte_is_read_and_continued_from_its_last_newline() {
    let scene = Scene::new();
    let states = scene.segment_with(&LINES);
    let whole = scene.log();
    for cut in 0..=whole.len() {
        let torn = &whole[..cut];
        scene.set_log(torn);
        let committed = torn
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let records = torn.iter().filter(|byte| **byte == b'\n').count();
        let tail = match (cut - committed) as u64 {
            0 => Tail::Clean,
            discarded_bytes => Tail::Torn { discarded_bytes },
        };

        let run = scene
            .writer
            .store()
            .run(session(), segment(1))
            .expect("readable");
        assert_eq!(
            (run.records_bytes, run.tail),
            (committed as u64, tail),
            "cut at {cut}"
        );
        assert_eq!(run.damage, None, "a torn tail is no damage");
        let expected = records.checked_sub(1).map(|last| states[last].clone());
        assert_eq!(run.state, expected.unwrap_or_default(), "cut at {cut}");
        assert_eq!(scene.log(), torn, "a reader cut the log");

        let (mut writer, found) =
            RecordWriter::reopen(&scene.log_path(), Seq::FIRST).expect("reopened");
        assert_eq!(found, tail, "cut at {cut}");
        let record = writer.append(draft(LINES[0]), stamp(9)).expect("appended");
        assert_eq!(record.seq, Seq(records as u64 + 1), "cut at {cut}");
        let mut expected = whole[..committed].to_vec();
        expected.extend(record.to_line().expect("short"));
        assert_eq!(scene.log(), expected, "cut at {cut}");
        assert_eq!(writer.committed_bytes(), expected.len() as u64);
    }
}

#[test]
fn a_record_that_is_too_long_leaves_the_log_untouched() {
    let scene = Scene::new();
    let mut files = scene.begin(1, 1, FIRST);
    let before = scene.log();
    let mut long = draft(r#"{"kind":"log"}"#);
    long.fields
        .insert("message".into(), "x".repeat(RECORD_BYTES_MAX).into());
    let batch = vec![(draft(LINES[0]), stamp(1)), (long, stamp(1))];
    let refused = files.records.append_batch(batch).expect_err("too long");
    assert!(matches!(refused, StoreError::Record { .. }), "{refused}");
    assert_eq!(scene.log(), before);
    let next = files
        .records
        .append(draft(LINES[0]), stamp(1))
        .expect("appended");
    assert_eq!(next.seq, Seq(2), "the refused batch used numbers up");
}

/// Where the second half of the test below finds its store.
const LIMITED: &str = "POD_STORE_TEST_LIMITED";

/// A file size limit is the one way to make a real file refuse to grow without being root. It holds
/// for a whole process, so the test runs itself again below one.
#[test]
fn a_file_that_may_not_grow_keeps_whole_records() {
    if let Some(root) = env::var_os(LIMITED) {
        return fill(&StoreWriter::open(root).expect("opened"));
    }
    let scene = Scene::new();
    let name = "tails::a_file_that_may_not_grow_keeps_whole_records";
    let child = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 8; exec "$@""#, "sh"])
        .arg(env::current_exe().expect("a test binary"))
        .args(["--exact", name])
        .env(LIMITED, scene.writer.layout().root())
        .output()
        .expect("a shell");
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stdout)
    );
    let run = scene
        .writer
        .store()
        .run(session(), segment(1))
        .expect("readable");
    assert!(run.state.seq > Seq(10), "the limited process wrote nothing");
    assert_eq!((run.tail, run.damage), (Tail::Clean, None));
    assert_eq!(
        run.output.end.0 % 1024,
        0,
        "the output went up to the limit"
    );
}

fn fill(store: &StoreWriter) {
    assert_eq!(
        store.store().session_file(session()).expect("made"),
        session_file()
    );
    let created = store.create_segment(session(), segment(1), FIRST);
    let mut files = created.expect("created");
    files
        .records
        .append(started(1, 1, FIRST), stamp(0))
        .expect("appended");
    let refused = loop {
        if let Err(refused) = files.records.append(draft(LINES[1]), stamp(1)) {
            break refused;
        }
    };
    assert!(refused.is_out_of_space(), "{refused:?}");
    let length = files.records.file().metadata().expect("open").len();
    assert_eq!(length, files.records.committed_bytes());

    let refused = files.output.append(&[b'x'; 100_000]).expect_err("too much");
    assert!(refused.is_out_of_space(), "{refused:?}");
    let length = files.output.file().metadata().expect("open").len();
    assert_eq!(length, files.output.length().0, "what was kept is counted");
}
