//! From times to places and back, with marks and without.

use super::{model::Model, *};
use crate::fixtures::at;
use pod_protocol::{Offset, Seq, Timestamp};

fn session() -> Model {
    let write = |stream, text: &str| Step::Write(stream, text.as_bytes().to_vec());
    // Marks: 0 at 11 s, 4 at 13 s; then a segment at 15 s, and 8 at 16 s.
    model(&[
        write(Stream::Stdout, "one\n"),
        Step::Note(1),
        write(Stream::Stderr, "two\n"),
        Step::Note(1),
        Step::Segment,
        write(Stream::Stdout, "three\n"),
        Step::Note(1),
    ])
}

#[test]
fn marks_tell_where_and_when() {
    let model = session();
    let log = model.log();
    let offset = |millis| log.offset_at(at(millis)).expect("readable").map(|at| at.0);
    assert_eq!(offset(1_000), None);
    assert_eq!(offset(3_000), Some(0));
    assert_eq!(offset(11_500), Some(0));
    assert_eq!(offset(12_000), Some(4));
    assert_eq!(offset(14_000), Some(8));
    assert_eq!(offset(99_000), Some(14));
    let time = |offset| {
        log.time_of(Offset(offset))
            .expect("readable")
            .map(Timestamp::as_millis)
    };
    assert_eq!(
        [time(0), time(3), time(4), time(8), time(13)],
        [
            Some(11_000),
            Some(11_000),
            Some(13_000),
            Some(16_000),
            Some(16_000),
        ]
    );
    let record = |offset| log.record_at_offset(Offset(offset)).expect("readable");
    assert_eq!(record(0), Some(Seq(2)));
    assert_eq!(record(4), Some(Seq(3)));
    assert_eq!(record(8), Some(Seq(6)));
    assert_eq!(
        log.record_at_time(at(12_000)).expect("readable"),
        Some(Seq(3))
    );
    assert_eq!(log.record_at_time(at(1)).expect("readable"), None);
}

#[test]
fn records_tell_where_marks_are_gone() {
    let model = session();
    let log = model.log();
    let layout = model.world.writer.layout();
    for head in log.segments() {
        std::fs::remove_file(layout.marks(model.session, head.segment)).expect("there");
    }
    let offset = |millis| log.offset_at(at(millis)).expect("readable").map(|at| at.0);
    assert_eq!(
        [offset(1_000), offset(12_000), offset(99_000)],
        [None, Some(4), Some(14)]
    );
    let time = |offset| {
        log.time_of(Offset(offset))
            .expect("readable")
            .map(Timestamp::as_millis)
    };
    assert_eq!(
        [time(0), time(4), time(13)],
        [Some(3_000), Some(12_000), Some(15_000)]
    );
    let read = log.read_output(Offset(0), 100).expect("readable");
    assert!(
        read.pieces
            .iter()
            .all(|piece| matches!(piece, OutputPiece::Text { stream: None, .. }))
    );
}
