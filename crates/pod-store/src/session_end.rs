//! Where a session ends, for the segment that goes on with it.

use std::{fs::File, io};

use memchr::memmem;
use pod_files::{Access, FileError, open_existing};
use pod_protocol::{Offset, RECORD_BYTES_MAX, Seq, SessionId};

use crate::{
    SegmentBase, SegmentHead, Store, StoreError,
    lines::{committed_bytes, line_start, read_up_to, seq_of},
};

/// No record is shorter than this, in bytes: number, time, kind and their punctuation.
const RECORD_BYTES_MIN: u64 = 48;
/// How a record begins.
const RECORD_START: &[u8] = br#"{"seq":"#;

/// Where a session ends.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEnd {
    /// Its newest segment.
    pub last: SegmentHead,
    /// The ordinal of the next one.
    pub ordinal: u32,
    /// Where the next one begins.
    pub base: SegmentBase,
}

impl Store {
    /// Where `session` ends: behind the last record and the last byte of all its segments. No
    /// number that was given out is given out again, whether or not its record can still be read.
    ///
    /// # Errors
    /// When no segment has a readable first record, or a log cannot be read.
    pub fn session_end(&self, session: SessionId) -> Result<SessionEnd, StoreError> {
        let heads = self.segments(session)?;
        let Some(last) = heads.last().cloned() else {
            return Err(StoreError::NoSession {
                path: self.layout().session_dir(session),
            });
        };
        let (mut next_seq, mut out_base) = (Seq::FIRST, Offset(0));
        let mut headless = 0;
        for segment in self.segment_ids(session)? {
            let head = heads.iter().find(|head| head.segment == segment);
            let first_seq = head.map_or(Seq::FIRST, |head| head.started.first_seq);
            let path = self.layout().records(session, segment);
            if let Some(file) = open_existing(&path, Access::Read)? {
                let next = next_seq_of(&file, first_seq).map_err(FileError::io("read", &path))?;
                next_seq = next_seq.max(next);
            }
            let path = self.layout().output(session, segment);
            let bytes = match open_existing(&path, Access::Read)? {
                Some(file) => file
                    .metadata()
                    .map_err(FileError::io("look at", &path))?
                    .len(),
                None => 0,
            };
            match head {
                Some(head) => out_base = out_base.max(head.started.out_base.plus(bytes)),
                None => headless += bytes,
            }
        }
        Ok(SessionEnd {
            ordinal: last.started.ordinal + 1,
            base: SegmentBase {
                first_seq: next_seq,
                out_base: out_base.plus(headless),
            },
            last,
        })
    }
}

/// The first number that no record of the log can have: behind the last readable one, and past as
/// many as there may have been in committed lines behind it that cannot be read.
fn next_seq_of(file: &File, first: Seq) -> io::Result<Seq> {
    let mut end = committed_bytes(file)?;
    let mut unreadable = 0;
    while end > 0 {
        let start = line_start(file, end - 1)?;
        let bytes = end - start;
        if bytes > RECORD_BYTES_MAX as u64 {
            unreadable += bytes / RECORD_BYTES_MIN;
        } else {
            let line = read_up_to(file, start, usize::try_from(bytes).unwrap_or(usize::MAX))?;
            if let Some(seq) = seq_of(&line) {
                return Ok(Seq(seq.0 + 1 + unreadable));
            }
            unreadable += records_within(&line);
        }
        end = start;
    }
    Ok(Seq(first.0 + unreadable))
}

/// How many records a damaged line may have been. A damaged newline joins two; a lost block reads
/// as zeros, and may have held any number of them.
fn records_within(line: &[u8]) -> u64 {
    let starts = memmem::find_iter(line, RECORD_START).count() as u64;
    let lost = memchr::memchr_iter(0, line).count() as u64;
    starts.max(1) + lost / RECORD_BYTES_MIN
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    fn next(log: &[u8]) -> u64 {
        let file = tempfile::tempfile().expect("a temporary file");
        file.write_all_at(log, 0).expect("written");
        next_seq_of(&file, Seq(5)).expect("read").0
    }

    #[test]
    fn no_number_is_given_out_twice() {
        let line =
            |seq: u64| format!("{{\"seq\":{seq},\"at\":\"x\",\"kind\":\"a\"}}\n").into_bytes();
        let whole = [line(5), line(6), line(7)].concat();
        assert_eq!(next(b""), 5, "an empty log has used none");
        assert_eq!(next(&whole), 8);
        // Cut at any byte, the torn line was never committed.
        for length in 0..=whole.len() {
            let committed = whole[..length].iter().filter(|b| **b == b'\n').count() as u64;
            assert_eq!(next(&whole[..length]), 5 + committed, "{length}");
        }
        // Whichever single byte is damaged, 7 is not given out again.
        for at in 0..whole.len() - 1 {
            let mut damaged = whole.clone();
            damaged[at] = b'?';
            let next = next(&damaged);
            assert!((8..=9).contains(&next), "{at}: {next}");
        }
        let mut lost = line(5);
        lost.extend([0; 4096]);
        lost.push(b'\n');
        assert!(next(&lost) > 5 + 4096 / 60);
    }
}
