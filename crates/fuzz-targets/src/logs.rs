//! The files of a session: record log, checkpoint, marks, output.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use pod_protocol::{Liveness, Offset, SegmentId, Seq, SessionId, Timestamp};
use pod_store::{Layout, Store};

const SESSION: &str = "019e5bc6-c3f3-7a01-8b2c-00000000a001";
const SEGMENT: &str = "019e5bc6-c3f3-7a01-8b2c-00000000b001";
/// What stands between the files of one input.
const SEPARATOR: &[u8] = b"\n----\n";

/// The input is a record log, a checkpoint and marks, with lines of dashes between them.
pub(crate) fn logs(bytes: &[u8]) {
    let session: SessionId = SESSION.parse().expect("an id");
    let segment: SegmentId = SEGMENT.parse().expect("an id");
    let root = tempfile::tempdir().expect("a temporary directory");
    let store = Store::new(root.path());
    let layout = store.layout();
    let (log, checkpoint, marks) = parts(bytes);
    let directory = layout.session_dir(session);
    fs::create_dir_all(&directory).expect("a fresh directory");
    private(root.path(), layout, &directory);
    for (path, content) in [
        (layout.records(session, segment), log),
        (layout.checkpoint(session, segment), checkpoint),
        (layout.marks(session, segment), marks),
        (layout.output(session, segment), bytes),
    ] {
        fs::write(path, content).expect("a fresh file");
    }
    read_everything(&store, session, segment);
}

fn private(root: &Path, layout: &Layout, directory: &Path) {
    for path in [root, &layout.sessions_dir(), directory] {
        let mode = fs::Permissions::from_mode(0o700);
        fs::set_permissions(path, mode).expect("our own directory");
    }
}

fn parts(bytes: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let cut = |bytes: &[u8]| {
        let mut windows = bytes.windows(SEPARATOR.len());
        windows.position(|window| window == SEPARATOR)
    };
    let split = |bytes: &'_ [u8]| match cut(bytes) {
        // The newline before the dashes ends the last line.
        Some(at) => (at + 1, at + SEPARATOR.len()),
        None => (bytes.len(), bytes.len()),
    };
    let (log, rest) = split(bytes);
    let behind = &bytes[rest..];
    let (checkpoint, marks) = split(behind);
    (&bytes[..log], &behind[..checkpoint], &behind[marks..])
}

fn read_everything(store: &Store, session: SessionId, segment: SegmentId) {
    let _ = store.segments(session);
    if let Ok(run) = store.run(session, segment) {
        let _ = run.state.status(Liveness::Free);
    }
    if let Ok(reader) = store.segment_reader(session, segment) {
        let committed = reader.records_bytes().expect("a log has a length");
        let mut at = 0;
        loop {
            let slice = reader.read_records(at, 1_000).expect("a log can be read");
            assert!(slice.next_byte >= at && slice.next_byte <= committed);
            assert!(slice.bytes.is_empty() || slice.bytes.ends_with(b"\n"));
            if slice.next_byte == at {
                break;
            }
            at = slice.next_byte;
        }
        for seq in [0, 1, 2, 1_000, u64::MAX] {
            let found = reader.locate_seq(Seq(seq)).expect("a log can be searched");
            assert!(found <= committed, "{found} is behind {committed}");
        }
        let _ = (reader.tail(), reader.output_range());
        let _ = reader.read_output(Offset(3), 1_000);
    }
    if let Ok(Some(marks)) = store.marks(session, segment) {
        let count = marks.count().expect("marks can be counted");
        assert!(marks.get(count).is_ok_and(|mark| mark.is_none()));
        for offset in [0, 1, u64::MAX] {
            let _ = marks.at_offset(Offset(offset));
        }
        let _ = marks.at_time(Timestamp::default());
    }
}
