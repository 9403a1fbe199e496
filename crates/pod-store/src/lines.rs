//! Lines of a log, found without holding more of it than one record may have.

use std::{fs::File, io, os::unix::fs::FileExt};

use memchr::{memchr, memchr_iter, memrchr};
use pod_protocol::{RECORD_BYTES_MAX, Seq};
use serde::Deserialize;

/// How much is read at a time, in bytes: large enough that system calls do not count.
const CHUNK_BYTES: usize = 128 * 1024;
/// How much is read at first, in bytes: a list reads the first lines of many logs, most of them
/// short.
const FIRST_CHUNK_BYTES: usize = 8 * 1024;
/// A stretch this short is searched from its start instead of being halved again, in bytes.
const BISECT_BYTES_MIN: u64 = 64 * 1024;

/// A committed line.
#[derive(Debug)]
pub(crate) enum Line<'a> {
    /// A line that may be a record, with its newline.
    Whole { byte: u64, text: &'a [u8] },
    /// A line that is longer than any record.
    TooLong { byte: u64 },
}

/// Walks the committed lines of a log.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    file: &'a File,
    /// Read and not yet given out, from `start` on.
    buffer: Vec<u8>,
    start: usize,
    /// Where the next line starts in the file.
    position: u64,
    /// How much is read next.
    chunk_bytes: usize,
}

impl<'a> Lines<'a> {
    /// Starts at `position`, which must be the start of a line.
    pub(crate) fn new(file: &'a File, position: u64) -> Self {
        Self {
            file,
            buffer: Vec::new(),
            start: 0,
            position,
            chunk_bytes: FIRST_CHUNK_BYTES,
        }
    }

    /// Where the next line starts: at the end, how many bytes are committed.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The next committed line; `None` where there is none (yet).
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        let byte = self.position;
        let mut searched = 0;
        loop {
            let held = &self.buffer[self.start..];
            if let Some(at) = memchr(b'\n', &held[searched..]) {
                let end = self.start + searched + at + 1;
                let range = std::mem::replace(&mut self.start, end)..end;
                self.position = byte + range.len() as u64;
                let text = &self.buffer[range];
                return Ok(Some(Line::Whole { byte, text }));
            }
            searched = held.len();
            if searched > RECORD_BYTES_MAX {
                return self.skip_line();
            }
            if !self.fill(byte + searched as u64)? {
                return Ok(None);
            }
        }
    }

    /// Gives up the line that is held in part and looks for its end.
    fn skip_line(&mut self) -> io::Result<Option<Line<'_>>> {
        let byte = self.position;
        let mut at = byte + (self.buffer.len() - self.start) as u64;
        loop {
            self.buffer.clear();
            self.start = 0;
            if !self.fill(at)? {
                return Ok(None);
            }
            if let Some(newline) = memchr(b'\n', &self.buffer) {
                self.start = newline + 1;
                self.position = at + self.start as u64;
                return Ok(Some(Line::TooLong { byte }));
            }
            at += self.buffer.len() as u64;
        }
    }

    /// Reads more, from `at`, behind what is held. `false` at the end of the file.
    fn fill(&mut self, at: u64) -> io::Result<bool> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let held = self.buffer.len();
        self.buffer.resize(held + self.chunk_bytes, 0);
        self.chunk_bytes = (2 * self.chunk_bytes).min(CHUNK_BYTES);
        let read = read_at(self.file, &mut self.buffer[held..], at);
        self.buffer
            .truncate(held + read.as_ref().copied().unwrap_or(0));
        Ok(read? > 0)
    }
}

fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    loop {
        match file.read_at(buffer, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Reads up to `bytes` bytes from `at`; fewer at the end of the file.
pub(crate) fn read_up_to(file: &File, at: u64, bytes: usize) -> io::Result<Vec<u8>> {
    let left = file.metadata()?.len().saturating_sub(at);
    let bytes = bytes.min(usize::try_from(left).unwrap_or(bytes));
    let mut buffer = vec![0; bytes];
    let filled = fill_at(file, at, &mut buffer)?;
    buffer.truncate(filled);
    Ok(buffer)
}

/// Fills `buffer` from `at` on, as far as the file reaches; how much that was.
pub(crate) fn fill_at(file: &File, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read_at(file, &mut buffer[filled..], at + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// The start of the line that holds the byte before `end`: the position behind the last newline
/// before `end`, or 0.
pub(crate) fn line_start(file: &File, end: u64) -> io::Result<u64> {
    let mut end = end;
    let mut buffer = Vec::new();
    // A committed log ends with a newline, so the first piece is small.
    let mut piece = 4 * 1024;
    while end > 0 {
        let bytes = end.min(piece);
        let start = end - bytes;
        buffer.resize(usize::try_from(bytes).expect("at most one chunk"), 0);
        file.read_exact_at(&mut buffer, start)?;
        if let Some(newline) = memrchr(b'\n', &buffer) {
            return Ok(start + newline as u64 + 1);
        }
        end = start;
        piece = CHUNK_BYTES as u64;
    }
    Ok(0)
}

/// How many bytes of a log are committed.
pub(crate) fn committed_bytes(file: &File) -> io::Result<u64> {
    match line_start(file, file.metadata()?.len()) {
        // The writer has just cut back a record that did not fit on the disk.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            line_start(file, file.metadata()?.len())
        }
        other => other,
    }
}

/// The number of the line that starts at `byte`, from 1.
pub(crate) fn line_number(file: &File, byte: u64) -> io::Result<u64> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let (mut at, mut lines) = (0, 1);
    while at < byte {
        let wanted = usize::try_from(byte - at).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        let read = read_at(file, &mut buffer[..wanted], at)?;
        if read == 0 {
            break;
        }
        lines += memchr_iter(b'\n', &buffer[..read]).count() as u64;
        at += read as u64;
    }
    Ok(lines)
}

/// The number of the record on `line`, if it is one.
pub(crate) fn seq_of(line: &[u8]) -> Option<Seq> {
    #[derive(Deserialize)]
    struct Numbered {
        seq: Seq,
    }
    serde_json::from_slice(line)
        .ok()
        .map(|numbered: Numbered| numbered.seq)
}

/// Where the first record numbered `seq` or later starts; the committed end if there is none. Takes
/// a number of reads that grows with the logarithm of the log's size.
pub(crate) fn locate(file: &File, seq: Seq) -> io::Result<u64> {
    locate_where(file, |line| seq_of(line).map(|found| found >= seq))
}

/// Where the first record starts that `reached` holds for, and for every one behind it; the
/// committed end if there is none. `reached` is `None` for a line that cannot be read.
pub(crate) fn locate_where(
    file: &File,
    reached: impl Fn(&[u8]) -> Option<bool>,
) -> io::Result<u64> {
    let (mut low, mut high) = (0, committed_bytes(file)?);
    while high - low > BISECT_BYTES_MIN {
        let start = line_start(file, low + (high - low) / 2)?;
        if start <= low {
            break;
        }
        match first_told(file, start, &reached)? {
            Some(false) => low = start,
            _ => high = start,
        }
    }
    let mut lines = Lines::new(file, low);
    while let Some(line) = lines.next_line()? {
        if let Line::Whole { byte, text } = line
            && reached(text) == Some(true)
        {
            return Ok(byte);
        }
    }
    Ok(lines.position())
}

/// What the first readable record from `byte` on says.
fn first_told(
    file: &File,
    byte: u64,
    told: &impl Fn(&[u8]) -> Option<bool>,
) -> io::Result<Option<bool>> {
    let mut lines = Lines::new(file, byte);
    while let Some(line) = lines.next_line()? {
        if let Line::Whole { text, .. } = line
            && let Some(told) = told(text)
        {
            return Ok(Some(told));
        }
    }
    Ok(None)
}
