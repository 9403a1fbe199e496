//! Reading the store. Nothing here creates, locks or repairs anything.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use pod_files::{Access, FileError, Presence, check_private_dir, open_existing, read_small};
use pod_protocol::{
    Event, FORMAT_VERSION, Offset, PodName, Record, RunState, SegmentId, SegmentStarted, SessionId,
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Damage, Layout, MarkReader, Metadata, SegmentReader, SessionFile, StoreError, StoredRun, Tail,
    checkpoint,
    fold::fold_log,
    lines::{Line, Lines},
    metadata::METADATA_BYTES_MAX,
    session_file::SESSION_FILE_BYTES_MAX,
};

/// The store, for readers.
#[derive(Clone, Debug)]
pub struct Store {
    layout: Layout,
}

/// A segment and its first record.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentHead {
    /// The segment.
    pub segment: SegmentId,
    /// Its first record.
    pub started: SegmentStarted,
}

impl Store {
    /// The store in the state directory `root`. Nothing is looked at yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            layout: Layout::new(root),
        }
    }

    /// Where everything is.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Every name that something is remembered under, in no order. A state directory that does not
    /// exist has none.
    ///
    /// # Errors
    /// When the state directory is not this user's, or a directory cannot be read.
    pub fn names(&self) -> Result<Vec<PodName>, StoreError> {
        if check_private_dir(self.layout.root())? == Presence::Absent {
            return Ok(Vec::new());
        }
        file_names(&self.layout.pods_dir(), |name| PodName::new(name).ok())
    }

    /// What is remembered under the name `pod`, if anything is.
    ///
    /// # Errors
    /// When the file cannot be read, is corrupt (it is read twice before that is said, since a file
    /// system without atomic replacement may show half of it), or is about another pod.
    pub fn metadata(&self, pod: &PodName) -> Result<Option<Metadata>, StoreError> {
        let path = self.layout.metadata(pod);
        let metadata: Option<Metadata> = read_json(&path, METADATA_BYTES_MAX)?;
        match metadata {
            Some(metadata) if metadata.pod_name != *pod => Err(StoreError::WrongName {
                path,
                found: metadata.pod_name,
            }),
            metadata => Ok(metadata),
        }
    }

    /// How `session` was launched.
    ///
    /// # Errors
    /// When the file is missing, cannot be read or is corrupt.
    pub fn session_file(&self, session: SessionId) -> Result<SessionFile, StoreError> {
        let path = self.layout.session_file(session);
        read_json(&path, SESSION_FILE_BYTES_MAX)?.ok_or(StoreError::NoSession { path })
    }

    /// Every session that is stored, in no order.
    ///
    /// # Errors
    /// When the state directory is not this user's, or a directory cannot be read.
    pub fn sessions(&self) -> Result<Vec<SessionId>, StoreError> {
        if check_private_dir(self.layout.root())? == Presence::Absent {
            return Ok(Vec::new());
        }
        file_names(&self.layout.sessions_dir(), |name| name.parse().ok())
    }

    /// Every session that was launched as `pod`, in no order. One whose launch cannot be read
    /// belongs to nobody.
    ///
    /// # Errors
    /// As for [`Store::sessions`].
    pub fn sessions_of(&self, pod: &PodName) -> Result<Vec<SessionId>, StoreError> {
        let mut sessions = self.sessions()?;
        sessions.retain(|session| self.owner(*session).as_ref() == Some(pod));
        Ok(sessions)
    }

    /// The pod that `session` was launched as, as far as its file can be read.
    #[must_use]
    pub fn owner(&self, session: SessionId) -> Option<PodName> {
        #[derive(Deserialize)]
        struct Owned {
            pod: PodName,
        }
        let path = self.layout.session_file(session);
        let content = read_small(&path, SESSION_FILE_BYTES_MAX).ok()??;
        let owned: Owned = serde_json::from_slice(&content).ok()?;
        Some(owned.pod)
    }

    /// The segments of `session`, by ordinal. One whose first record is not committed yet is not
    /// among them, nor is one whose first record is damaged: it has no place in the order, and
    /// [`Store::run`] reports it.
    ///
    /// # Errors
    /// When the session's directory cannot be read.
    pub fn segments(&self, session: SessionId) -> Result<Vec<SegmentHead>, StoreError> {
        let segments = self.segment_ids(session)?;
        let mut heads: Vec<SegmentHead> = segments
            .into_iter()
            .filter_map(|segment| self.segment_head(session, segment).ok()?)
            .collect();
        heads.sort_by_key(|head| (head.started.ordinal, head.segment));
        Ok(heads)
    }

    /// Every segment of `session` that has a record log, in no order.
    pub(crate) fn segment_ids(&self, session: SessionId) -> Result<Vec<SegmentId>, StoreError> {
        file_names(&self.layout.session_dir(session), |name| {
            name.strip_suffix(".jsonl")?.parse().ok()
        })
    }

    /// The first record of a segment; `None` while it is not committed.
    ///
    /// # Errors
    /// When the log is missing or cannot be read, or starts with anything else.
    pub fn segment_head(
        &self,
        session: SessionId,
        segment: SegmentId,
    ) -> Result<Option<SegmentHead>, StoreError> {
        let path = self.layout.records(session, segment);
        read_head(&open_log(&path)?, &path, segment)
    }

    /// The state of a run up to the end of `segment`: its checkpoint and what came after it, or all
    /// of its records and those of the segments before.
    ///
    /// # Errors
    /// When the record log is missing or cannot be read. Damage is not an error.
    pub fn run(&self, session: SessionId, segment: SegmentId) -> Result<StoredRun, StoreError> {
        let path = self.layout.records(session, segment);
        let records = open_log(&path)?;
        // A damaged head is reported by the fold, as line 1.
        let head = read_head(&records, &path, segment).ok().flatten();
        let checkpoint =
            checkpoint::load(&self.layout.checkpoint(session, segment), &records, segment);
        let (from, before, earlier) = match (checkpoint, &head) {
            // Without its first record a log is no segment's, whatever was folded of it once.
            (Some(checkpoint), Some(_)) => (checkpoint.records_bytes, checkpoint.state, None),
            (None, Some(head)) => {
                let (state, damage) = self.before(session, head)?;
                (0, state, damage)
            }
            (_, None) => (0, RunState::default(), None),
        };
        let folded = fold_log(&records, &path, segment, from, before)?;
        Ok(StoredRun {
            tail: Tail::between(folded.records_bytes, folded.length),
            records_bytes: folded.records_bytes,
            output: self.output_range(session, segment, head.as_ref())?,
            damage: earlier.or(folded.damage),
            state: folded.state,
        })
    }

    /// The fold of everything before `head`.
    fn before(
        &self,
        session: SessionId,
        head: &SegmentHead,
    ) -> Result<(RunState, Option<Damage>), StoreError> {
        let earlier = |candidate: &SegmentHead| candidate.started.ordinal < head.started.ordinal;
        if head.started.ordinal <= 1 {
            return Ok((RunState::default(), None));
        }
        match self.segments(session)?.into_iter().rfind(earlier) {
            // Ends, because the ordinal falls with every step.
            Some(previous) => {
                let run = self.run(session, previous.segment)?;
                Ok((run.state, run.damage))
            }
            None => Ok((RunState::default(), None)),
        }
    }

    fn output_range(
        &self,
        session: SessionId,
        segment: SegmentId,
        head: Option<&SegmentHead>,
    ) -> Result<std::ops::Range<Offset>, StoreError> {
        let path = self.layout.output(session, segment);
        let base = head.map_or(Offset(0), |head| head.started.out_base);
        let bytes = match open_existing(&path, Access::Read)? {
            Some(file) => file_bytes(&file, &path)?,
            None => 0,
        };
        Ok(base..base.plus(bytes))
    }

    /// A reader of a segment's logs.
    ///
    /// # Errors
    /// When a log is missing or cannot be read, or its first record is damaged or not committed.
    pub fn segment_reader(
        &self,
        session: SessionId,
        segment: SegmentId,
    ) -> Result<SegmentReader, StoreError> {
        let path = self.layout.records(session, segment);
        let records = open_log(&path)?;
        let Some(head) = read_head(&records, &path, segment)? else {
            return Err(StoreError::NoHead { path });
        };
        let output_path = self.layout.output(session, segment);
        let output = open_log(&output_path)?;
        Ok(SegmentReader::new(
            (records, path),
            (output, output_path),
            head.started.out_base,
        ))
    }

    /// The marks of a segment; `None` if there are none.
    ///
    /// # Errors
    /// When something other than a file is in their place.
    pub fn marks(
        &self,
        session: SessionId,
        segment: SegmentId,
    ) -> Result<Option<MarkReader>, StoreError> {
        let path = self.layout.marks(session, segment);
        let file = open_existing(&path, Access::Read)?;
        Ok(file.and_then(MarkReader::new))
    }
}

/// Reads a JSON file, twice before it is called corrupt; `None` if there is none.
pub(crate) fn read_json<T: DeserializeOwned>(
    path: &Path,
    limit_bytes: u64,
) -> Result<Option<T>, StoreError> {
    let mut retried = false;
    loop {
        let Some(content) = read_small(path, limit_bytes)? else {
            return Ok(None);
        };
        match serde_json::from_slice(&content) {
            Ok(value) => return Ok(Some(value)),
            Err(_) if !retried => retried = true,
            Err(source) => return Err(unreadable(path, &content, source)),
        }
    }
}

/// A file that is not what it should be: of a newer version, or corrupt.
fn unreadable(path: &Path, content: &[u8], source: serde_json::Error) -> StoreError {
    let path = path.to_owned();
    match version_of(content) {
        Some(version) if version > u64::from(FORMAT_VERSION) => {
            StoreError::NewerFormat { path, version }
        }
        _ => StoreError::Corrupt {
            path,
            line: source.line(),
            source,
        },
    }
}

/// The `version` that a JSON file names.
pub(crate) fn version_of(content: &[u8]) -> Option<u64> {
    let value: serde_json::Value = serde_json::from_slice(content).ok()?;
    value.get("version")?.as_u64()
}

/// The entries of a directory whose names `read` accepts; none if there is no directory.
pub(crate) fn file_names<T>(
    directory: &Path,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, StoreError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::io("list", directory)(error).into()),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(FileError::io("list", directory))?;
        found.extend(entry.file_name().to_str().and_then(&read));
    }
    Ok(found)
}

fn open_log(path: &Path) -> Result<File, StoreError> {
    open_existing(path, Access::Read)?.ok_or_else(|| StoreError::NoLog {
        path: path.to_owned(),
    })
}

fn file_bytes(file: &File, path: &Path) -> Result<u64, StoreError> {
    let metadata = file.metadata().map_err(FileError::io("look at", path))?;
    Ok(metadata.len())
}

fn read_head(
    records: &File,
    path: &Path,
    segment: SegmentId,
) -> Result<Option<SegmentHead>, StoreError> {
    let mut lines = Lines::new(records, 0);
    let first = lines.next_line().map_err(FileError::io("read", path))?;
    let event = match first {
        None => return Ok(None),
        Some(Line::Whole { text, .. }) => {
            Record::from_line(text).map_or(Event::Other, |r| Event::read(&r))
        }
        Some(Line::TooLong { .. }) => Event::Other,
    };
    match event {
        Event::SegmentStarted(started) if started.segment == segment => {
            Ok(Some(SegmentHead { segment, started }))
        }
        _ => Err(StoreError::NoHead {
            path: path.to_owned(),
        }),
    }
}
