//! The one writer of a segment's output log: the hot path of a run.
//!
//! The log is the command's bytes and nothing else. Appending is one `pwrite(2)` and allocates
//! nothing. Absent on purpose: syncing, and any buffer.

use std::{fs::File, io, path::PathBuf};

use pod_files::disk;
use pod_protocol::Offset;

use crate::StoreError;

/// Appends to a segment's output log.
#[derive(Debug)]
pub struct OutputWriter {
    file: File,
    path: PathBuf,
    base: Offset,
    position: u64,
}

impl OutputWriter {
    pub(crate) const fn new(file: File, path: PathBuf, base: Offset) -> Self {
        Self {
            file,
            path,
            base,
            position: 0,
        }
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    /// When the log could not be extended. [`OutputWriter::length`] then tells how much of `bytes`
    /// was kept; the rest can be appended again or [skipped](OutputWriter::skip).
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match disk::write_at(&self.file, rest, self.position) {
                Ok(0) => return Err(self.refused(io::ErrorKind::WriteZero.into())),
                Ok(written) => {
                    self.position += written as u64;
                    rest = &rest[written..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.refused(error)),
            }
        }
        Ok(())
    }

    #[cold]
    fn refused(&self, source: io::Error) -> StoreError {
        let path = self.path.clone();
        StoreError::Append { path, source }
    }

    /// Goes past `bytes` bytes that the command wrote and that are not kept. A hole stands in their
    /// place, so later offsets stay true.
    pub fn skip(&mut self, bytes: u64) {
        self.position += bytes;
        // A hole at the end is only the file's length. If that cannot be set, the next append sets
        // it, and until then readers see the log end where its content ends.
        let _ = disk::set_len(&self.file, self.position);
    }

    /// The same at the end of a log that nothing more is appended to: its file stays as it is.
    pub const fn pass(&mut self, bytes: u64) {
        self.position += bytes;
    }

    /// The session-wide offset behind the last byte.
    #[must_use]
    pub const fn length(&self) -> Offset {
        self.base.plus(self.position)
    }

    /// The session-wide offset of the log's first byte.
    #[must_use]
    pub const fn base(&self) -> Offset {
        self.base
    }

    /// The log itself, for reading elsewhere.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.file
    }
}
