//! The lines of a recent index. Every line of ours begins in the same way, so that most of what has
//! to be known about it is known without parsing it.

use std::fmt::Write;

use nix::sys::stat::FileStat;
use pod_protocol::{ExactString, PodName, SegmentId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::stored::StoredRun;

/// What every line of ours begins with: the version of the lines, which is a new one whenever what
/// they hold or mean changes, and the version of the program, since another may read files
/// differently. The checksum of everything behind it follows: eight digits.
const START: &str = concat!(
    r#"{"version":2,"by":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","check":""#
);
const CHECK_DIGITS: usize = 8;
/// What a line of a pod goes on with.
const POD: &str = r#"","pod":""#;
/// What the first line goes on with.
const HEAD: &str = r#"","head":"#;
/// What a line about pruning goes on with.
const PRUNED: &str = r#"","pruned":"#;
/// The longest line. One that would be longer is the name alone.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// The line of a pod. What else it begins with was looked at by [`pod_of`].
#[derive(Deserialize)]
pub(super) struct Line {
    pod: PodName,
    #[serde(default)]
    known: Option<Box<Known>>,
}

/// What is known of a pod, and from which files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) metadata: FileIs,
    pub(super) records: FileIs,
    pub(super) created_at: Option<Timestamp>,
    pub(super) pinned: bool,
    pub(super) session: SessionId,
    pub(super) segment: SegmentId,
    /// Where the run was launched. Whether that is still there is asked every time.
    pub(super) cwd: Option<ExactString>,
    pub(super) run: StoredRun,
}

/// A file as it was: inode, size in bytes, and when it last changed, in nanoseconds since 1970. The
/// time of change and not of modification, because no program can set that one. Not the device,
/// whose number is another one after a reboot on some file systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileIs(u64, i64, i64);

/// The first line: how the index was when it was last written as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Bytes of all lines behind this one.
    pub(super) bytes: u64,
}

/// What retention took away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrunedNote {
    /// When.
    pub at: Timestamp,
    /// How many runs.
    pub runs: u64,
    /// What they took on disk.
    pub bytes: u64,
}

impl FileIs {
    pub(super) fn of(found: &FileStat) -> Self {
        let changed = found.st_ctime.wrapping_mul(1_000_000_000);
        Self(
            found.st_ino,
            found.st_size,
            changed.wrapping_add(found.st_ctime_nsec),
        )
    }
}

impl Line {
    /// What is known, if this is the line of `pod` and says more than its name.
    pub(super) fn of(self, pod: &PodName) -> Option<Known> {
        let known = self.known.filter(|_| self.pod == *pod)?;
        Some(*known)
    }
}

/// The pod that a line is about, if it looks like a line of ours about a pod.
pub(super) fn pod_of(line: &[u8]) -> Option<&str> {
    let rest = behind_check(line)?.strip_prefix(POD.as_bytes())?;
    let end = memchr::memchr(b'"', rest)?;
    std::str::from_utf8(&rest[..end]).ok()
}

/// The line of a pod, if every byte of it is as it was written.
pub(super) fn read(line: &[u8]) -> Option<Line> {
    is_whole(line).then(|| serde_json::from_slice(line).ok())?
}

/// The line of `pod`, newline included.
pub(super) fn pod_line(pod: &PodName, known: Option<&Known>) -> Vec<u8> {
    let alone = || checked(&format!("{POD}{pod}\"}}"));
    let Some(known) = known else {
        return alone();
    };
    let known = serde_json::to_string(known).expect("what is known has string keys only");
    let line = checked(&format!("{POD}{pod}\",\"known\":{known}}}"));
    match line.len() > LINE_BYTES_MAX {
        true => alone(),
        false => line,
    }
}

pub(super) fn head_line(head: Head) -> Vec<u8> {
    written(HEAD, &head)
}

pub(super) fn head_of(line: &[u8]) -> Option<Head> {
    inside(line, HEAD)
}

pub(super) fn pruned_line(note: &PrunedNote) -> Vec<u8> {
    written(PRUNED, note)
}

pub(super) fn pruned_of(line: &[u8]) -> Option<PrunedNote> {
    inside(line, PRUNED)
}

fn written(key: &str, value: &impl Serialize) -> Vec<u8> {
    let value = serde_json::to_string(value).expect("our own lines have string keys only");
    checked(&format!("{key}{value}}}"))
}

fn inside<'a, T: Deserialize<'a>>(line: &'a [u8], key: &str) -> Option<T> {
    let value = behind_check(line)?.strip_prefix(key.as_bytes())?;
    let value = value.strip_suffix(b"}").filter(|_| is_whole(line))?;
    serde_json::from_slice(value).ok()
}

fn checked(rest: &str) -> Vec<u8> {
    let check = crc32fast::hash(rest.as_bytes());
    format!("{START}{check:0CHECK_DIGITS$x}{rest}\n").into_bytes()
}

fn behind_check(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(START.as_bytes())?.get(CHECK_DIGITS..)
}

fn is_whole(line: &[u8]) -> bool {
    let said = line
        .strip_prefix(START.as_bytes())
        .and_then(|rest| rest.get(..CHECK_DIGITS))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    said.is_some() && said == behind_check(line).map(crc32fast::hash)
}

/// The path of a pod's metadata below the directory of pods.
pub(super) fn metadata_path(path: &mut String, pod: &PodName) {
    path.clear();
    write!(path, "{pod}/metadata.json").expect("writing to a String cannot fail");
}

/// The path of a record log below the directory of sessions.
pub(super) fn records_path(path: &mut String, session: SessionId, segment: SegmentId) {
    path.clear();
    write!(path, "{session}/{segment}.jsonl").expect("writing to a String cannot fail");
}
