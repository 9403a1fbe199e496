//! Pieces of logs, and what writing them costs.

use std::fs;

use pod_protocol::{Offset, Record, Seq};
use pod_store::{RecordSlice, SegmentBase, StoreError};

use crate::scene::{FIRST, Scene, draft, segment, session, stamp};

#[test]
fn a_log_read_in_pieces_of_any_size_is_the_log() {
    let scene = Scene::new();
    let lines = [
        r#"{"kind":"log","message":"short"}"#,
        r#"{"kind":"log","message":"much longer than the others, so that pieces end inside it"}"#,
    ];
    scene.segment_with(&[lines[0], lines[1], lines[0], lines[1]]);
    let whole = scene.log();
    scene.set_log(&[&whole[..], b"{\"torn"].concat());
    let reader = scene
        .writer
        .store()
        .segment_reader(session(), segment(1))
        .expect("opened");
    for max_bytes in 1..whole.len() + 10 {
        let mut read = Vec::new();
        loop {
            let from = read.len() as u64;
            let slice = reader.read_records(from, max_bytes).expect("readable");
            if slice.next_byte == from {
                break;
            }
            assert!(slice.bytes.ends_with(b"\n"));
            read.extend(slice.bytes);
            assert_eq!(slice.next_byte, read.len() as u64);
        }
        assert_eq!(read, whole, "in pieces of {max_bytes}");
    }
    assert_eq!(
        reader.records_bytes().expect("readable"),
        whole.len() as u64
    );
}

#[test]
fn a_line_longer_than_any_record_does_not_stop_a_reader() {
    let scene = Scene::new();
    scene.segment_with(&[r#"{"kind":"step","label":"a"}"#]);
    let whole = scene.log();
    let junk = [vec![b'x'; 1_000_000], b"\n".to_vec()].concat();
    scene.set_log(&[&whole[..], &junk, &whole].concat());
    let reader = scene
        .writer
        .store()
        .segment_reader(session(), segment(1))
        .expect("opened");
    let from = whole.len() as u64;
    let slice = reader.read_records(from, 1000).expect("readable");
    let next_byte = from + junk.len() as u64;
    let bytes = Vec::new();
    assert_eq!(slice, RecordSlice { bytes, next_byte });
    let slice = reader.read_records(next_byte, 1_000_000).expect("readable");
    assert_eq!(slice.bytes, whole);
}

#[test]
fn every_record_is_found_by_its_number() {
    let scene = Scene::new();
    let base = SegmentBase {
        first_seq: Seq(101),
        out_base: Offset(0),
    };
    let mut files = scene.begin(1, 1, base);
    // Long enough that a search halves it several times; lines of very different lengths.
    for n in 0..3_000_usize {
        let mut record = draft(r#"{"kind":"log"}"#);
        let length = if n % 500 == 7 { 100_000 } else { n % 300 };
        record
            .fields
            .insert("message".into(), "x".repeat(length).into());
        files.records.append(record, stamp(1)).expect("appended");
    }
    let mut log = scene.log();
    let mut starts = Vec::new();
    let mut at = 0;
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        starts.push((Record::from_line(line).expect("just written").seq, at));
        at += line.len();
    }
    let end = log.len();
    // A damaged line has no number: a search for it finds the next one.
    let damaged = 1_234;
    log[starts[damaged].1] = b'?';
    scene.set_log(&log);
    let reader = scene
        .writer
        .store()
        .segment_reader(session(), segment(1))
        .expect("opened");
    let locate = |seq| usize::try_from(reader.locate_seq(Seq(seq)).expect("readable"));
    let near = damaged - 1..=damaged + 1;
    let last = starts.len() - 1;
    for index in (0..=last).step_by(13).chain(near).chain([last]) {
        let seq = starts[index].0;
        let found = starts[if index == damaged { index + 1 } else { index }].1;
        assert_eq!(locate(seq.0), Ok(found), "record {seq}");
    }
    assert_eq!(locate(1), Ok(0));
    assert_eq!(locate(1_000_000), Ok(end));
}

#[test]
fn output_is_read_back_by_offset_and_skipped_bytes_stay_counted() {
    let scene = Scene::new();
    let base = SegmentBase {
        first_seq: Seq(1),
        out_base: Offset(1_000),
    };
    let mut files = scene.begin(1, 1, base);
    let reader = scene
        .writer
        .store()
        .segment_reader(session(), segment(1))
        .expect("opened");
    let range = || reader.output_range().expect("readable");
    let read = |from, max| reader.read_output(Offset(from), max);
    assert_eq!(range(), Offset(1_000)..Offset(1_000));
    files.output.append(b"\x1b[1mhello\xff").expect("appended");
    files.output.append(b"").expect("nothing to do");
    assert_eq!(files.output.length(), Offset(1_010));
    files.output.skip(5);
    assert_eq!(range(), Offset(1_000)..Offset(1_015));
    files.output.append(b"again").expect("appended");
    assert_eq!(files.output.length(), Offset(1_020));
    assert_eq!(range(), Offset(1_000)..Offset(1_020));
    assert_eq!(read(1_000, 10).expect("readable"), b"\x1b[1mhello\xff");
    assert_eq!(read(1_013, 100).expect("readable"), b"\0\0again");
    assert_eq!(read(1_020, 100).expect("at the end"), b"");
    assert_eq!(read(9_999, 100).expect("past the end"), b"");
    let refused = read(999, 1).expect_err("of an earlier segment");
    assert!(matches!(refused, StoreError::BeforeSegment { .. }));
}

/// How often this thread has called `write` or one of its kin, where the kernel counts that.
fn writes() -> Option<u64> {
    let counts = fs::read_to_string("/proc/thread-self/io").ok()?;
    counts
        .lines()
        .find_map(|line| line.strip_prefix("syscw: "))?
        .parse()
        .ok()
}

#[test]
fn an_append_is_one_write_and_so_is_a_batch() {
    let scene = Scene::new();
    let mut files = scene.begin(1, 1, FIRST);
    let Some(before) = writes() else { return };
    for _ in 0..50 {
        files.output.append(&[b'x'; 5_000]).expect("appended");
    }
    let batch: Vec<_> = (0..200)
        .map(|n| (draft(r#"{"kind":"a.b"}"#), stamp(n)))
        .collect();
    let records = files.records.append_batch(batch).expect("appended");
    assert_eq!(writes(), Some(before + 51));
    assert_eq!(records.len(), 200);
    let last = records.last().expect("200");
    assert_eq!((last.seq, files.records.next_seq()), (Seq(201), Seq(202)));
}
