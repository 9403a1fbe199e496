//! Giving space back: holes in the output logs of a session.
//!
//! A hole keeps every offset where it is. Whoever punches one has recorded the gap before, on disk:
//! a hole that no record explains would read as zeros that the command never wrote.

use std::{fs::File, io, ops::Range, path::PathBuf};

use pod_files::{Access, FileError, disk, open_existing};
use pod_protocol::{Offset, SegmentId, SessionId};

use crate::{Store, StoreError};

/// Punches holes into the output logs of one session.
#[derive(Debug)]
pub struct OutputHoles {
    store: Store,
    session: SessionId,
    segment: SegmentId,
    /// The log of the newest segment; it stays reachable when its directory is removed.
    own: File,
    path: PathBuf,
    base: Offset,
}

impl OutputHoles {
    /// For the session whose newest segment has the log `own`, which begins at `base`.
    pub(crate) fn new(
        store: Store,
        (session, segment): (SessionId, SegmentId),
        (own, path): (File, PathBuf),
        base: Offset,
    ) -> Self {
        Self {
            store,
            session,
            segment,
            own,
            path,
            base,
        }
    }

    /// Whether the file system of the log has holes. Asked without changing anything: there is
    /// nothing behind the end of the log.
    #[must_use]
    pub fn are_possible(&self) -> bool {
        let end = self.own.metadata().map_or(0, |metadata| metadata.len());
        punch(&self.own, end..end + 1).is_ok()
    }

    /// Gives back the space of `range`. What is given back already stays so.
    ///
    /// # Errors
    /// When the operating system has something against it.
    pub fn punch(&self, range: &Range<Offset>) -> Result<(), StoreError> {
        let mut end = range.end;
        if end > self.base {
            let from = range.start.since(self.base);
            punch(&self.own, from..end.since(self.base))
                .map_err(FileError::io("punch a hole into", &self.path))?;
            end = self.base;
        }
        if range.start >= end {
            return Ok(());
        }
        // By ordinal; each ends where the next one begins.
        let heads = self.store.segments(self.session)?;
        let earlier = heads.iter().filter(|head| head.segment != self.segment);
        for head in earlier.rev() {
            let base = head.started.out_base;
            if base < end {
                let path = self.store.layout().output(self.session, head.segment);
                let from = range.start.since(base);
                if let Some(file) = open_existing(&path, Access::ReadWrite)? {
                    punch(&file, from..end.since(base))
                        .map_err(FileError::io("punch a hole into", &path))?;
                }
                end = base;
            }
            if range.start >= end {
                break;
            }
        }
        Ok(())
    }
}

fn punch(file: &File, bytes: Range<u64>) -> io::Result<()> {
    disk::punch_hole(file, bytes.start, bytes.end - bytes.start)
}
