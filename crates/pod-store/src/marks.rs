//! `.marks`: when which output was written, by which stream. Derived, fixed width.
//!
//! A mark holds for the output from its offset up to the next mark's. The last one at an offset
//! counts.

use std::{fs::File, io, os::unix::fs::FileExt, path::PathBuf};

use pod_files::disk;
use pod_protocol::{Offset, Seq, Timestamp};

use crate::{StoreError, lines::fill_at};

/// What every marks file starts with: its name, then its version and the width of a mark as 32-bit
/// little-endian numbers.
const HEADER: [u8; HEADER_BYTES] = *b"podmarks\x01\0\0\0\x28\0\0\0";
const HEADER_BYTES: usize = 16;
const MARK_BYTES: usize = 40;

/// The stream that wrote a stretch of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// The pseudo-terminal, where streams cannot be told apart.
    Pty,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A point where output, records and time are known to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Wall time.
    pub at: Timestamp,
    /// The session-wide output offset of what comes next.
    pub offset: Offset,
    /// The stream that it comes from.
    pub stream: Stream,
    /// The newest record then.
    pub seq: Seq,
    /// How long the record log was then, in bytes.
    pub record_byte: u64,
}

impl Mark {
    fn to_bytes(self) -> [u8; MARK_BYTES] {
        let mut bytes = [0; MARK_BYTES];
        bytes[0..8].copy_from_slice(&self.at.as_millis().to_le_bytes());
        bytes[8..16].copy_from_slice(&self.offset.0.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.seq.0.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.record_byte.to_le_bytes());
        bytes[32] = match self.stream {
            Stream::Pty => 0,
            Stream::Stdout => 1,
            Stream::Stderr => 2,
        };
        bytes
    }

    fn from_bytes(bytes: &[u8; MARK_BYTES]) -> Option<Self> {
        let number = |at: usize| {
            let eight = bytes[at..at + 8].try_into().expect("eight bytes");
            u64::from_le_bytes(eight)
        };
        Some(Self {
            at: Timestamp::from_millis(i64::try_from(number(0)).ok()?),
            offset: Offset(number(8)),
            seq: Seq(number(16)),
            record_byte: number(24),
            stream: match bytes[32] {
                0 => Stream::Pty,
                1 => Stream::Stdout,
                2 => Stream::Stderr,
                _ => return None,
            },
        })
    }
}

/// Appends marks. How often is the host's business; every change of stream needs one.
#[derive(Debug)]
pub struct MarkWriter {
    file: File,
    path: PathBuf,
    position: u64,
}

impl MarkWriter {
    pub(crate) const fn new(file: File, path: PathBuf) -> Self {
        Self {
            file,
            path,
            position: 0,
        }
    }

    /// Appends `mark`. Offsets must not decrease.
    ///
    /// # Errors
    /// When the file could not be extended. The next mark takes the failed one's place.
    pub fn mark(&mut self, mark: Mark) -> Result<(), StoreError> {
        self.write(mark).map_err(|source| StoreError::Append {
            path: self.path.clone(),
            source,
        })
    }

    fn write(&mut self, mark: Mark) -> io::Result<()> {
        if self.position == 0 {
            disk::write_all_at(&self.file, &HEADER, 0)?;
            self.position = HEADER_BYTES as u64;
        }
        disk::write_all_at(&self.file, &mark.to_bytes(), self.position)?;
        self.position += MARK_BYTES as u64;
        Ok(())
    }
}

/// Reads marks without holding them all.
#[derive(Debug)]
pub struct MarkReader {
    file: File,
}

impl MarkReader {
    /// Takes a marks file; `None` if it is empty or of another version: it is derived, so what
    /// cannot be read does not exist.
    pub(crate) fn new(file: File) -> Option<Self> {
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0).ok()?;
        (header == HEADER).then_some(Self { file })
    }

    /// How many marks there are.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn count(&self) -> io::Result<u64> {
        let bytes = self.file.metadata()?.len();
        Ok(bytes.saturating_sub(HEADER_BYTES as u64) / MARK_BYTES as u64)
    }

    /// The mark `index`, from 0; `None` past the last one or where it is damaged.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn get(&self, index: u64) -> io::Result<Option<Mark>> {
        let mut bytes = [0; MARK_BYTES];
        let at = HEADER_BYTES as u64 + index * MARK_BYTES as u64;
        match self.file.read_exact_at(&mut bytes, at) {
            Ok(()) => Ok(Mark::from_bytes(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The mark that holds for the byte at `offset`: its stream, and the latest time known not to
    /// be after it.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn at_offset(&self, offset: Offset) -> io::Result<Option<Mark>> {
        self.last_where(|mark| mark.offset <= offset)
    }

    /// The last mark that is not after `at`. Where the wall clock was set back, one of the moments
    /// that it showed twice.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn at_time(&self, at: Timestamp) -> io::Result<Option<Mark>> {
        self.last_where(|mark| mark.at <= at)
    }

    /// How many marks are not behind `offset`: the last of them holds for the byte there.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn count_until(&self, offset: Offset) -> io::Result<u64> {
        let found = self.partition(|mark| mark.offset <= offset)?;
        Ok(found.map_or(0, |(index, _)| index + 1))
    }

    /// The marks from `index` on, at most `count` of them, up to the first damaged one.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn read(&self, index: u64, count: usize) -> io::Result<Vec<Mark>> {
        let left = usize::try_from(self.count()?.saturating_sub(index)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(count) * MARK_BYTES];
        let at = HEADER_BYTES as u64 + index * MARK_BYTES as u64;
        let filled = fill_at(&self.file, at, &mut bytes)?;
        let whole = bytes[..filled].as_chunks::<MARK_BYTES>().0;
        Ok(whole.iter().map_while(Mark::from_bytes).collect())
    }

    fn last_where(&self, holds: impl Fn(&Mark) -> bool) -> io::Result<Option<Mark>> {
        Ok(self.partition(holds)?.map(|(_, mark)| mark))
    }

    /// The last mark that `holds`, which it does for every one before it, and its index.
    fn partition(&self, holds: impl Fn(&Mark) -> bool) -> io::Result<Option<(u64, Mark)>> {
        let (mut low, mut high) = (0, self.count()?);
        let mut found = None;
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle)? {
                Some(mark) if holds(&mark) => {
                    found = Some((middle, mark));
                    low = middle + 1;
                }
                _ => high = middle,
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use pod_files::create_private;

    use super::*;

    fn mark(n: u64, stream: Stream) -> Mark {
        Mark {
            at: Timestamp::from_millis(1_000_000 + i64::try_from(n).expect("small") * 100),
            offset: Offset(n * 10),
            stream,
            seq: Seq(n),
            record_byte: n * 200,
        }
    }

    #[test]
    fn the_stream_of_every_byte_is_recoverable() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let path = root.path().join("x.marks");
        let file = create_private(&path).expect("created");
        let mut writer = MarkWriter::new(file.try_clone().expect("cloned"), path);
        let streams = [Stream::Stdout, Stream::Stderr, Stream::Stdout, Stream::Pty];
        assert!(MarkReader::new(file.try_clone().expect("cloned")).is_none());
        for (n, stream) in (0..).zip(streams) {
            writer.mark(mark(n, stream)).expect("written");
        }
        // The tail that a crash left is not a mark.
        let end = file.metadata().expect("open").len();
        file.write_all_at(b"torn", end).expect("written");
        let reader = MarkReader::new(file).expect("a marks file");
        assert_eq!(reader.count().expect("read"), 4);
        for byte in 0..60_u64 {
            let index = (byte / 10).min(3);
            let found = reader.at_offset(Offset(byte)).expect("read");
            let expected = mark(index, streams[usize::try_from(index).expect("small")]);
            assert_eq!(found, Some(expected), "byte {byte}");
        }
        let at = |millis| {
            reader
                .at_time(Timestamp::from_millis(millis))
                .expect("read")
        };
        assert_eq!(at(999_999), None);
        assert_eq!(at(1_000_250).map(|mark| mark.offset), Some(Offset(20)));
    }
}
