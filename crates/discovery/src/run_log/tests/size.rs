//! What a log costs does not depend on how long it is.

use std::{fs, os::unix::fs::FileExt};

use pod_protocol::Offset;

use super::*;

/// How much this thread has read from files so far, in bytes.
#[cfg(target_os = "linux")]
fn read_bytes() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/io").expect("readable");
    let line = text.lines().find_map(|line| line.strip_prefix("rchar: "));
    line.expect("a number").parse().expect("a number")
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_of_ten_gibibytes_opens_like_a_short_one() {
    let ten_gib = 10 * 1024 * 1024 * 1024;
    let model = model(&[Step::Write(Stream::Stdout, b"first\n".to_vec())]);
    let path = model
        .world
        .writer
        .layout()
        .output(model.session, model.log().segments()[0].segment);
    let file = fs::OpenOptions::new().write(true).open(path).expect("ours");
    file.set_len(ten_gib).expect("sparse");
    file.write_all_at(b"\nthe last line\n", ten_gib - 15)
        .expect("writable");
    let before = read_bytes();
    let log = model.log();
    let end = log.output_extent().expect("readable").end;
    assert_eq!(end, Offset(ten_gib));
    let tail = log.read_output_back(end, 4 * 1024).expect("readable");
    assert!(
        matches!(&tail.pieces[..], [OutputPiece::Text { bytes, .. }] if bytes.ends_with(b"the last line\n"))
    );
    let start = log.line_start_before(end, 64 * 1024).expect("readable");
    assert_eq!(start.offset(), Offset(ten_gib - 14));
    let middle = log
        .read_output(Offset(ten_gib / 2), 4 * 1024)
        .expect("readable");
    assert_eq!(
        middle.range,
        Offset(ten_gib / 2)..Offset(ten_gib / 2 + 4 * 1024)
    );
    let read = read_bytes() - before;
    assert!(read < 256 * 1024, "{read} bytes were read");
}
