//! A run as its files tell it.

use std::{
    fs::File,
    io,
    ops::Range,
    path::{Path, PathBuf},
};

use pod_files::FileError;
use pod_protocol::{Event, Offset, Record, RunState, SegmentId};

use crate::{
    StoreError,
    lines::{Line, Lines, line_number},
};

/// How a log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// With a newline, or it is empty.
    Clean,
    /// With a line that was never committed: normal after a crash, and while a record is being
    /// written.
    Torn {
        /// How long that line is.
        discarded_bytes: u64,
    },
}

impl Tail {
    pub(crate) const fn between(committed: u64, length: u64) -> Self {
        match length.saturating_sub(committed) {
            0 => Self::Clean,
            discarded_bytes => Self::Torn { discarded_bytes },
        }
    }
}

/// A line in the middle of a log that is not the record it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The record log.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: u64,
}

/// A segment as its files tell it, with everything that its session did before.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    /// The fold of the session's records up to the end of this segment.
    pub state: RunState,
    /// How many bytes of this segment's record log are committed.
    pub records_bytes: u64,
    /// The session-wide offsets of this segment's output log.
    pub output: Range<Offset>,
    /// How its record log ends.
    pub tail: Tail,
    /// The first damaged line that was come across. What could be read is in `state`.
    pub damage: Option<Damage>,
}

/// What folding a log gave.
pub(crate) struct Folded {
    pub(crate) state: RunState,
    pub(crate) records_bytes: u64,
    /// How long the log was when the fold began.
    pub(crate) length: u64,
    pub(crate) damage: Option<Damage>,
}

/// Folds the records of `file` from `byte` on into `state`: those that are there now. A run that
/// writes faster than it is read must not keep its reader for ever.
pub(crate) fn fold_log(
    file: &File,
    path: &Path,
    segment: SegmentId,
    byte: u64,
    state: RunState,
) -> Result<Folded, StoreError> {
    let read = FileError::io("read", path);
    let length = match file.metadata() {
        Ok(metadata) => metadata.len(),
        Err(error) => return Err(read(error).into()),
    };
    let within = byte..length;
    let walked = walk(file, segment, within, state).and_then(|(state, records_bytes, damaged)| {
        let line = damaged.map(|byte| line_number(file, byte)).transpose()?;
        let damage = line.map(|line| Damage {
            path: path.to_owned(),
            line,
        });
        Ok(Folded {
            state,
            records_bytes,
            length,
            damage,
        })
    });
    Ok(walked.map_err(read)?)
}

type Walked = (RunState, u64, Option<u64>);

fn walk(
    file: &File,
    segment: SegmentId,
    within: Range<u64>,
    mut state: RunState,
) -> io::Result<Walked> {
    let mut lines = Lines::new(file, within.start);
    let mut damaged = None;
    while lines.position() < within.end
        && let Some(line) = lines.next_line()?
    {
        let (byte, record) = match line {
            Line::Whole { byte, text } => (byte, Record::from_line(text).ok()),
            Line::TooLong { byte } => (byte, None),
        };
        let expected = record.as_ref().is_some_and(|record| match byte {
            0 => starts(record, segment),
            _ => record.seq == state.seq.next(),
        });
        if !expected {
            damaged = damaged.or(Some(byte));
        }
        if let Some(record) = record {
            state.apply(&record);
        }
    }
    Ok((state, lines.position(), damaged))
}

/// Whether `record` is the first of `segment`.
pub(crate) fn starts(record: &Record, segment: SegmentId) -> bool {
    matches!(Event::read(record), Event::SegmentStarted(started) if started.segment == segment)
}
