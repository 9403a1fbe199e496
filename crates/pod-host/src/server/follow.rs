//! Where a viewer is in the two logs of the segment, and what it gets next.

use std::{fs::File, io, os::unix::fs::FileExt, sync::Arc};

use pod_protocol::{ChunkHeader, ErrorCode, Log, Offset, SegmentId, Seq};

use crate::published::Published;

/// A viewer this far behind gets the log in pieces of this size, so that one viewer cannot hold
/// the socket task for long.
const CHUNK_BYTES_MAX: u64 = 256 * 1024;
/// Where holes may end within a piece of memory, output is copied in pieces of this size: one for
/// each viewer that does not read.
const COPY_BYTES_MAX: u64 = 16 * 1024;
/// A piece up to this size is copied: that costs less than to have the kernel find it in the file, and
/// it goes out in one write with its header.
const SMALL_BYTES_MAX: u64 = 4 * 1024;
/// How much is read at once to find a record in the log.
const SCAN_BYTES: usize = 64 * 1024;

/// The segment's logs, open for reading.
#[derive(Debug)]
pub(crate) struct Logs {
    pub(crate) segment: SegmentId,
    pub(crate) first_seq: Seq,
    pub(crate) out_base: Offset,
    pub(crate) records: File,
    pub(crate) output: File,
    /// Whether output goes to viewers by reference.
    pub(crate) sends_output_by_reference: bool,
    pub(crate) published: Arc<Published>,
}

/// A place in one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) log: Log,
    /// What the protocol calls the place: a sequence number or a session-wide offset.
    position: u64,
    /// The byte of the file that it is.
    byte: u64,
}

/// A piece of a log that is announced by `header`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) header: ChunkHeader,
    pub(crate) content: Content,
}

/// What a piece consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// What stands in the file from this byte on.
    File { byte: u64 },
    /// Bytes that were read and are still kept.
    Copy(Vec<u8>),
}

impl Logs {
    /// The file of a log.
    pub(crate) fn file(&self, log: Log) -> &File {
        match log {
            Log::Records => &self.records,
            Log::Output => &self.output,
        }
    }

    /// The cursor for a position that a viewer names.
    pub(crate) fn cursor(
        &self,
        segment: SegmentId,
        log: Log,
        from: u64,
    ) -> Result<Cursor, ErrorCode> {
        if segment != self.segment {
            return Err(ErrorCode::StaleCursor);
        }
        let byte = match log {
            Log::Output => {
                let length = self.published.output_length().0;
                let inside = (self.out_base.0..=length).contains(&from);
                inside.then(|| from - self.out_base.0)
            }
            Log::Records => {
                let next = self.published.next_seq().0;
                let inside = (self.first_seq.0..=next).contains(&from);
                inside.then(|| self.locate(Seq(from)).ok()).flatten()
            }
        };
        let byte = byte.ok_or(ErrorCode::StaleCursor)?;
        Ok(Cursor {
            log,
            position: from,
            byte,
        })
    }

    /// The next piece behind `cursor`, which moves on; `None` when the viewer has everything.
    pub(crate) fn next_piece(&self, cursor: &mut Cursor, limit: u64) -> io::Result<Option<Piece>> {
        let limit = limit.min(CHUNK_BYTES_MAX);
        match cursor.log {
            Log::Output => self.next_output(cursor, limit),
            Log::Records => self.next_records(cursor, limit),
        }
    }

    fn next_records(&self, cursor: &mut Cursor, limit: u64) -> io::Result<Option<Piece>> {
        let place = (Seq(cursor.position), cursor.byte);
        let known = self.published.index().stretch(place, limit);
        let (bytes, count) = match known {
            Some(stretch) => stretch,
            None => {
                let end = self.published.records_bytes();
                self.whole_records(cursor.byte, end, limit)?
            }
        };
        if bytes == 0 {
            return Ok(None);
        }
        let content = self.content(Log::Records, cursor.byte, bytes)?;
        let piece = self.piece(cursor, bytes, content);
        cursor.byte += bytes;
        cursor.position += count;
        Ok(Some(piece))
    }

    /// Goes on behind a gap that the cursor is in, and stops in front of the next one.
    fn next_output(&self, cursor: &mut Cursor, limit: u64) -> io::Result<Option<Piece>> {
        loop {
            let (from, end) = self.published.readable(Offset(cursor.position));
            let bytes = end.since(from).min(limit);
            if bytes == 0 {
                return Ok(None);
            }
            cursor.byte = from.since(self.out_base);
            cursor.position = from.0;
            let content = match self.sends_output_by_reference {
                true => self.content(Log::Output, cursor.byte, bytes)?,
                false => Content::Copy(self.copy_output(cursor.byte, bytes)?),
            };
            let bytes = match &content {
                Content::File { .. } => bytes,
                Content::Copy(copy) => copy.len() as u64,
            };
            // What has gone in the meantime may have been read as a hole.
            if !self.is_kept(cursor.byte, bytes) {
                continue;
            }
            if bytes == 0 {
                return Ok(None);
            }
            let piece = self.piece(cursor, bytes, content);
            cursor.byte += bytes;
            cursor.position += bytes;
            return Ok(Some(piece));
        }
    }

    fn piece(&self, cursor: &Cursor, bytes: u64, content: Content) -> Piece {
        let header = ChunkHeader {
            segment: self.segment,
            log: cursor.log,
            from: cursor.position,
            bytes,
        };
        Piece { header, content }
    }

    /// A piece that need not be copied.
    fn content(&self, log: Log, byte: u64, bytes: u64) -> io::Result<Content> {
        if bytes <= SMALL_BYTES_MAX {
            let mut copy = vec![0; usize::try_from(bytes).unwrap_or_default()];
            // A file that was cut is made up for where it is sent from.
            if self.file(log).read_at(&mut copy, byte)? == copy.len() {
                return Ok(Content::Copy(copy));
            }
        }
        Ok(Content::File { byte })
    }

    fn copy_output(&self, byte: u64, bytes: u64) -> io::Result<Vec<u8>> {
        let mut copy = vec![0; usize::try_from(bytes.min(COPY_BYTES_MAX)).unwrap_or_default()];
        let read = self.output.read_at(&mut copy, byte)?;
        copy.truncate(read);
        Ok(copy)
    }

    /// Whether so many bytes of the output file can be handed on.
    pub(crate) fn is_kept(&self, byte: u64, bytes: u64) -> bool {
        let at = self.out_base.plus(byte);
        let (from, end) = self.published.readable(at);
        from == at && end.since(from) >= bytes
    }

    /// How many bytes of whole records start at `from`, and how many records they are: as many as
    /// fit `limit`, but at least one.
    fn whole_records(&self, from: u64, end: u64, limit: u64) -> io::Result<(u64, u64)> {
        let (mut bytes, mut count, mut scanned) = (0, 0, 0);
        // Most viewers are up to date, and most growth is one line: sized by what is there.
        let room = end.saturating_sub(from).min(SCAN_BYTES as u64);
        let mut buffer = vec![0; usize::try_from(room).unwrap_or(SCAN_BYTES)];
        while from + scanned < end && (scanned < limit || count == 0) {
            let room = usize::try_from(end - from - scanned)
                .unwrap_or(SCAN_BYTES)
                .min(buffer.len());
            let read = self.records.read_at(&mut buffer[..room], from + scanned)?;
            if read == 0 {
                break;
            }
            for newline in memchr::memchr_iter(b'\n', &buffer[..read]) {
                let line_end = scanned + newline as u64 + 1;
                if line_end > limit && count > 0 {
                    return Ok((bytes, count));
                }
                (bytes, count) = (line_end, count + 1);
            }
            scanned += read as u64;
        }
        Ok((bytes, count))
    }

    /// The byte at which record `seq` starts.
    fn locate(&self, seq: Seq) -> io::Result<u64> {
        let (floor, mut byte) = self.published.index().floor(seq);
        let mut left = seq.0.saturating_sub(floor.0);
        let mut buffer = vec![0; SCAN_BYTES];
        while left > 0 {
            let read = self.records.read_at(&mut buffer, byte)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut used = read;
            for newline in memchr::memchr_iter(b'\n', &buffer[..read]) {
                left -= 1;
                if left == 0 {
                    used = newline + 1;
                    break;
                }
            }
            byte += used as u64;
        }
        Ok(byte)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use pod_protocol::{Gaps, Timestamp};

    use super::*;

    fn file_of(bytes: usize) -> File {
        let mut file = tempfile::tempfile().expect("a directory for temporary files");
        file.write_all(&vec![b'x'; bytes]).expect("a disk");
        file
    }

    #[test]
    fn a_small_piece_is_copied_and_a_large_one_is_a_place_in_the_file() {
        let small = usize::try_from(SMALL_BYTES_MAX).expect("small");
        let check = |in_file: usize, published: usize, copied: Option<usize>| {
            let logs = Logs {
                segment: "019e5bc6-c3f4-7000-8000-00000b5e77d2"
                    .parse()
                    .expect("an id"),
                first_seq: Seq::FIRST,
                out_base: Offset(0),
                records: file_of(0),
                output: file_of(in_file),
                sends_output_by_reference: true,
                published: Arc::new(Published::new(Offset(0), Seq::FIRST, Gaps::default())),
            };
            logs.published
                .output(Offset(published as u64), Timestamp::from_millis(1));
            let mut cursor = Cursor {
                log: Log::Output,
                position: 0,
                byte: 0,
            };
            let piece = logs.next_piece(&mut cursor, u64::MAX).expect("a file");
            let expected = match copied {
                Some(bytes) => Content::Copy(vec![b'x'; bytes]),
                None => Content::File { byte: 0 },
            };
            let content = piece.map(|piece| piece.content);
            assert_eq!(content, Some(expected), "{in_file} {published}");
        };
        check(small, small, Some(small));
        check(small + 1, small + 1, None);
        // Somebody cut the log: what was announced is made up for when it is sent.
        check(small - 1, small, None);
    }
}
