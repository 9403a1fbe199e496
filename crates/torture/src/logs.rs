//! The files of a session, read with nothing but a JSON parser.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// All segments of a session, in their order.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) segments: Vec<Segment>,
}

/// The two logs of a segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: String,
    /// The committed lines, as they stand in the file.
    pub(crate) lines: Vec<u8>,
    pub(crate) records: Vec<Value>,
    pub(crate) out: Vec<u8>,
    /// Offset and stream of every mark.
    marks: Vec<(u64, u8)>,
}

const MARKS_HEADER_BYTES: usize = 16;
const MARK_BYTES: usize = 40;

/// Appends to a log as a writer does: whoever reads it meanwhile never sees it shorter than it was.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut log = OpenOptions::new().append(true).open(path)?;
    log.write_all(bytes)
        .with_context(|| format!("cannot append to {}", path.display()))
}

impl Session {
    /// Reads the session below `directory`. A line that is committed and no record is a violation.
    pub(crate) fn read(directory: &Path) -> Result<Self> {
        let mut segments = Vec::new();
        let entries = fs::read_dir(directory)
            .with_context(|| format!("no session in {}", directory.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "jsonl") {
                segments.extend(Segment::read(&path)?);
            }
        }
        segments.sort_by_key(Segment::ordinal);
        Ok(Self { segments })
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Value> {
        self.segments.iter().flat_map(|segment| &segment.records)
    }

    /// Records of one kind.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.records().filter(move |record| record["kind"] == kind)
    }

    /// Stretches of output that a record says are not kept.
    pub(crate) fn gaps(&self) -> Vec<(u64, u64)> {
        let gap = |record: &Value| Some((record["from"].as_u64()?, record["to"].as_u64()?));
        self.of_kind("gap").filter_map(gap).collect()
    }

    pub(crate) fn segment(&self, id: &str) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.id == id)
    }
}

impl Segment {
    /// `None` for a segment that is still pending.
    fn read(path: &PathBuf) -> Result<Option<Self>> {
        let mut lines = fs::read(path)?;
        let committed = memchr::memrchr(b'\n', &lines).map_or(0, |at| at + 1);
        lines.truncate(committed);
        let mut records = Vec::new();
        for (number, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let record: Value = serde_json::from_slice(line).with_context(|| {
                format!(
                    "{}:{} is committed and no record",
                    path.display(),
                    number + 1
                )
            })?;
            records.push(record);
        }
        if records.is_empty() {
            return Ok(None);
        }
        let id = path.file_stem().context("a log has a name")?;
        Ok(Some(Self {
            id: id.to_string_lossy().into_owned(),
            lines,
            records,
            out: read_or_nothing(&path.with_extension("out"))?,
            marks: marks(&read_or_nothing(&path.with_extension("marks"))?)?,
        }))
    }

    pub(crate) fn first(&self) -> &Value {
        self.records.first().expect("a pending segment is none")
    }

    pub(crate) fn last(&self) -> &Value {
        self.records.last().expect("a pending segment is none")
    }

    pub(crate) fn ordinal(&self) -> u64 {
        self.first()["ordinal"].as_u64().unwrap_or_default()
    }

    pub(crate) fn out_base(&self) -> u64 {
        self.first()["out_base"].as_u64().unwrap_or_default()
    }

    pub(crate) fn has(&self, kind: &str) -> bool {
        self.records.iter().any(|record| record["kind"] == kind)
    }

    /// The output in pieces: which stream each came from, and whether bytes are missing before it.
    pub(crate) fn pieces(&self, gaps: &[(u64, u64)]) -> Vec<Piece<'_>> {
        let base = self.out_base();
        let end = base + self.out.len() as u64;
        let mut cuts: Vec<u64> = self.marks.iter().map(|(offset, _)| *offset).collect();
        cuts.extend(gaps.iter().flat_map(|(from, to)| [*from, *to]));
        cuts.extend([base, end]);
        cuts.retain(|cut| (base..=end).contains(cut));
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces = Vec::new();
        let mut torn = false;
        for pair in cuts.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            if gaps.iter().any(|gap| gap.0 <= from && from < gap.1) {
                torn = true;
                continue;
            }
            let at = |offset: u64| usize::try_from(offset - base).expect("it was read");
            pieces.push(Piece {
                stream: self.stream_at(from),
                bytes: &self.out[at(from)..at(to)],
                torn: std::mem::take(&mut torn),
            });
        }
        pieces
    }

    fn stream_at(&self, offset: u64) -> u8 {
        let before = self.marks.iter().rev().find(|(at, _)| *at <= offset);
        before.map_or(0, |(_, stream)| *stream)
    }
}

/// Bytes of one stream that stand together.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) stream: u8,
    pub(crate) bytes: &'a [u8],
    /// Whether a gap is before it.
    pub(crate) torn: bool,
}

fn read_or_nothing(path: &Path) -> Result<Vec<u8>> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn marks(bytes: &[u8]) -> Result<Vec<(u64, u8)>> {
    if bytes.len() < MARKS_HEADER_BYTES {
        return Ok(Vec::new());
    }
    ensure!(bytes.starts_with(b"podmarks"), "marks have a wrong header");
    let mut marks: Vec<(u64, u8)> = Vec::new();
    for mark in bytes[MARKS_HEADER_BYTES..].chunks_exact(MARK_BYTES) {
        let offset = u64::from_le_bytes(mark[8..16].try_into().expect("eight bytes"));
        if marks.last().is_some_and(|(before, _)| *before > offset) {
            bail!("marks go backwards at offset {offset}");
        }
        marks.push((offset, mark[32]));
    }
    Ok(marks)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, os::fd::AsRawFd};

    use nix::{
        fcntl::{FcntlArg, SealFlag, fcntl},
        sys::memfd::{MFdFlags, memfd_create},
    };

    use super::*;

    #[test]
    fn a_log_with_a_torn_tail_was_never_empty() {
        let log = memfd_create("log", MFdFlags::MFD_ALLOW_SEALING).expect("memory");
        let mut log = File::from(log);
        log.write_all(b"whole\n").expect("memory");
        // From here on the kernel refuses to make it shorter.
        fcntl(&log, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK)).expect("allowed");
        let path = PathBuf::from(format!("/proc/self/fd/{}", log.as_raw_fd()));
        append(&path, b"{\"half").expect("appended");
        assert_eq!(fs::read(&path).expect("memory"), b"whole\n{\"half");
        fs::write(&path, "whole\n{\"half").expect_err("the seal holds");
    }
}
