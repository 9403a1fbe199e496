//! `.state`: the fold of a record log up to some byte. Derived: whatever is wrong with one, it is as
//! if there were none.

use std::{fs::File, path::Path};

use pod_files::{Durability, FileError, read_small, replace_file};
use pod_protocol::{FORMAT_VERSION, RECORD_BYTES_MAX, RunState, SegmentId};
use serde::{Deserialize, Serialize};

use crate::lines::{line_start, read_up_to, seq_of};

/// The longest checkpoint that is read, in bytes: four times what a run state may hold.
const CHECKPOINT_BYTES_MAX: u64 = 1024 * 1024;

#[derive(Deserialize)]
pub(crate) struct Checkpoint {
    version: u32,
    pub(crate) records_bytes: u64,
    pub(crate) state: RunState,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    records_bytes: u64,
    state: &'a RunState,
}

pub(crate) fn write(path: &Path, records_bytes: u64, state: &RunState) -> Result<(), FileError> {
    let written = Written {
        version: FORMAT_VERSION,
        records_bytes,
        state,
    };
    let content = serde_json::to_vec(&written).expect("a run state has string keys only");
    replace_file(path, &content, Durability::Cached)
}

/// The checkpoint at `path`, if it belongs to what is in `records` now.
pub(crate) fn load(path: &Path, records: &File, segment: SegmentId) -> Option<Checkpoint> {
    let content = read_small(path, CHECKPOINT_BYTES_MAX).ok()??;
    let checkpoint: Checkpoint = serde_json::from_slice(&content).ok()?;
    let identity = checkpoint.state.identity.as_ref()?;
    let belongs = checkpoint.version == FORMAT_VERSION
        && identity.segment == segment
        && meets(records, &checkpoint).unwrap_or(false);
    belongs.then_some(checkpoint)
}

/// Whether the record that the checkpoint was taken behind is where it was.
fn meets(records: &File, checkpoint: &Checkpoint) -> std::io::Result<bool> {
    let end = checkpoint.records_bytes;
    if end == 0 || end > records.metadata()?.len() {
        return Ok(false);
    }
    let start = line_start(records, end - 1)?;
    let bytes = usize::try_from(end - start).unwrap_or(usize::MAX);
    if bytes > RECORD_BYTES_MAX {
        return Ok(false);
    }
    let line = read_up_to(records, start, bytes)?;
    Ok(line.ends_with(b"\n") && seq_of(&line) == Some(checkpoint.state.seq))
}
