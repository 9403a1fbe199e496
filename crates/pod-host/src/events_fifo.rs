//! `POD_EVENTS`: how a command writes records with nothing but `echo`.
//!
//! The host holds the FIFO open for reading and writing from before the command starts and drains
//! it whatever the disk does, so no writer blocks, gets `SIGPIPE` or sees an end of file.

use std::{
    io,
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
    task::Poll,
};

use nix::{sys::stat::Mode, unistd::mkfifo};
use pod_protocol::{Draft, REPORT_BYTES_MAX, RecordError, Reports, printable};
use serde_json::json;
use tokio::net::unix::pipe::Receiver;

/// One read takes at most this much: the capacity of a FIFO.
const READ_BYTES: usize = 64 * 1024;
/// How much of a line that is not a record is kept in the warning about it, in characters.
const SHOWN_CHARS: usize = 200;
/// Lines longer than this are thrown away up to their end: with the envelope they would not fit a
/// record.
const LINE_BYTES_MAX: usize = REPORT_BYTES_MAX;

/// Former FIFOs that are still read: somebody may hold one open whose name is gone.
const FORMER_MAX: usize = 8;

/// The reading end.
#[derive(Debug)]
pub(crate) struct EventsFifo {
    path: PathBuf,
    /// What is read, the newest last.
    streams: Vec<Stream>,
    /// Room for one read, and for what it comes to: kept as long as there is more to read, so that a
    /// busy run asks for none and a quiet one holds none.
    buffer: Vec<u8>,
    reports: Reports,
}

#[derive(Debug)]
struct Stream {
    receiver: Receiver,
    lines: Lines,
}

impl EventsFifo {
    /// Makes the FIFO, replacing what a dead host left there. The caller holds the pod's lease.
    pub(crate) fn create(path: PathBuf) -> io::Result<Self> {
        remove_stale(&path)?;
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR)?;
        Ok(Self {
            path,
            streams: Vec::new(),
            buffer: Vec::new(),
            reports: Reports::default(),
        })
    }

    /// Opens both ends, so that a writer never waits for us.
    pub(crate) fn hold(&self) -> io::Result<std::fs::File> {
        std::fs::File::options()
            .read(true)
            .write(true)
            .open(&self.path)
    }

    /// Starts reading from what [`EventsFifo::hold`] gave, whatever the path is now; needs the
    /// runtime.
    pub(crate) fn read_from(&mut self, hold: std::fs::File) -> io::Result<()> {
        if self.streams.len() > FORMER_MAX {
            self.streams.remove(0);
        }
        self.streams.push(Stream {
            receiver: Receiver::from_file(hold)?,
            lines: Lines::default(),
        });
        Ok(())
    }

    /// Makes the FIFO once more where its name is gone. What was written to the former one is read
    /// all the same.
    pub(crate) fn make_again(&mut self) -> io::Result<()> {
        let again = Self::create(self.path.clone())?;
        self.read_from(again.hold()?)
    }

    /// Whether the FIFO can be found.
    pub(crate) fn is_in_place(&self) -> bool {
        std::fs::symlink_metadata(&self.path).is_ok_and(|found| found.file_type().is_fifo())
    }

    /// Resolves when something can be read; never, when nothing ever will be.
    pub(crate) async fn readable(&self) {
        let waits = self.streams.iter().map(|stream| stream.receiver.readable());
        let mut waits: Vec<_> = waits.map(Box::pin).collect();
        std::future::poll_fn(|context| {
            let mut polls = waits.iter_mut().map(|wait| wait.as_mut().poll(context));
            match polls.any(|poll| matches!(poll, Poll::Ready(Ok(())))) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Takes one buffer of lines without waiting; `None` when there is nothing to read.
    pub(crate) fn take(&mut self) -> Option<&Reports> {
        self.buffer.resize(READ_BYTES, 0);
        self.reports.clear();
        let mut at = 0;
        while let Some(stream) = self.streams.get_mut(at) {
            // Asked directly first: the runtime knows only what was there at its last look, and what
            // the command wrote in its last moment must not be lost. Asked second, it forgets what
            // is read.
            let read = match nix::unistd::read(&stream.receiver, &mut self.buffer) {
                Ok(count) => Ok(count),
                Err(_) => stream.receiver.try_read(&mut self.buffer),
            };
            match read {
                Ok(count) if count > 0 => {
                    stream.lines.push(&self.buffer[..count], &mut self.reports);
                    return Some(&self.reports);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => at += 1,
                // We hold the writing end, so there is no end of file; an error is for good.
                Ok(_) | Err(_) => drop(self.streams.remove(at)),
            }
        }
        (self.buffer, self.reports) = (Vec::new(), Reports::default());
        None
    }

    /// Removes the FIFO.
    pub(crate) fn remove(&self) {
        // Gone with the runtime directory is gone, too.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn remove_stale(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Splits bytes into lines and lines into reports.
#[derive(Debug, Default)]
struct Lines {
    partial: Vec<u8>,
    /// The line at hand is too long; it is skipped to its end.
    skipping: bool,
}

impl Lines {
    fn push(&mut self, bytes: &[u8], reports: &mut Reports) {
        let mut start = 0;
        for newline in memchr::memchr_iter(b'\n', bytes) {
            let part = &bytes[start..newline];
            start = newline + 1;
            // Most lines come in one piece.
            if self.partial.is_empty() && !self.skipping && part.len() <= LINE_BYTES_MAX {
                report(part.trim_ascii(), reports);
                continue;
            }
            self.keep(part, reports);
            if !std::mem::take(&mut self.skipping) {
                report(self.partial.trim_ascii(), reports);
            }
            self.partial.clear();
        }
        self.keep(&bytes[start..], reports);
    }

    /// Keeps a part of a line whose end has not come yet.
    fn keep(&mut self, part: &[u8], reports: &mut Reports) {
        if !self.skipping {
            self.partial.extend_from_slice(part);
        }
        if self.partial.len() > LINE_BYTES_MAX {
            self.skipping = true;
            self.partial = Vec::new();
            let lost = "a line for POD_EVENTS was too long and is lost";
            reports.take_draft(&warning(lost, &[]));
        }
    }
}

/// What a line becomes: itself, a warning, or nothing if it is empty.
fn report(line: &[u8], reports: &mut Reports) {
    if line.is_empty() {
        return;
    }
    let Err(refused) = reports.take_line(line) else {
        return;
    };
    let message = match refused {
        RecordError::Malformed(error) => format!("not a record: {error}"),
        RecordError::TooLong { .. } => "a line for POD_EVENTS is too long as a record".to_owned(),
        RecordError::OfHost { .. } => refused.to_string(),
    };
    reports.take_draft(&warning(&message, line));
}

fn warning(message: &str, line: &[u8]) -> Draft {
    let shown: String = String::from_utf8_lossy(line)
        .chars()
        .take(SHOWN_CHARS)
        .collect();
    Draft::new(
        "log",
        &json!({"level": "warning", "message": message, "fields": {"line": printable(&shown)}}),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use serde_json::Value;

    use super::*;

    fn kinds(reports: &Reports) -> Vec<&str> {
        reports.iter().map(|report| report.kind).collect()
    }

    /// What `lines` makes of a piece.
    fn pushed(lines: &mut Lines, piece: &[u8]) -> Reports {
        let mut reports = Reports::default();
        lines.push(piece, &mut reports);
        reports
    }

    #[test]
    fn what_was_written_since_the_runtime_last_looked_is_taken() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("events");
        let mut fifo = EventsFifo::create(path).expect("a FIFO");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .expect("a runtime");
        let hold = fifo.hold().expect("both ends");
        let mut writer = hold.try_clone().expect("a descriptor");
        runtime.block_on(async {
            fifo.read_from(hold).expect("a reader");
            for round in 0..3 {
                writer.write_all(b"{\"kind\":\"a.b\"}\n").expect("room");
                let taken = fifo.take().expect("an event is there");
                assert_eq!(kinds(taken), ["a.b"], "{round}");
                assert!(fifo.take().is_none(), "{round}");
                assert_eq!(fifo.buffer.capacity(), 0, "a quiet run holds no room");
            }
            // It is still waited for.
            writer.write_all(b"{\"kind\":\"c\"}\n").expect("room");
            fifo.readable().await;
            assert!(fifo.take().is_some());
        });
    }

    #[test]
    fn lines_in_any_pieces_become_records() {
        let bytes = b"{\"kind\":\"a.b\"}\n\n{\"kind\":\"c\",\"x\":1}\n";
        for size in 1..bytes.len() {
            let mut lines = Lines::default();
            let pieces: Vec<Reports> = bytes
                .chunks(size)
                .map(|piece| pushed(&mut lines, piece))
                .collect();
            let kinds: Vec<&str> = pieces.iter().flat_map(kinds).collect();
            assert_eq!(kinds, ["a.b", "c"], "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_record_is_kept_as_a_warning() {
        for bad in [
            "garbage",
            "{\"kind\":\"run.closed\",\"outcome\":\"passed\"}",
            "{\"kind\":\"x\",\"seq\":1}",
            "{\"kind\":7}",
            "\u{1b}]0;title\u{7}",
        ] {
            let reports = pushed(&mut Lines::default(), format!("{bad}\n").as_bytes());
            assert_eq!(kinds(&reports), ["log"], "{bad}");
            let payload = reports.iter().next().expect("a warning").payload;
            let fields: Value = serde_json::from_str(payload).expect("JSON");
            assert_eq!(fields["level"], "warning");
            let shown = fields["fields"]["line"].as_str().expect("text");
            assert!(!shown.contains('\u{1b}'), "{shown}");
        }
    }

    #[test]
    fn a_line_without_end_does_not_fill_memory() {
        let mut lines = Lines::default();
        let mut pieces = Vec::new();
        for _ in 0..64 {
            pieces.push(pushed(&mut lines, &[b'x'; READ_BYTES]));
            assert!(lines.partial.len() <= LINE_BYTES_MAX);
        }
        pieces.push(pushed(&mut lines, b"x\n{\"kind\":\"next\"}\n"));
        let kinds: Vec<&str> = pieces.iter().flat_map(kinds).collect();
        assert_eq!(kinds, ["log", "next"]);
    }

    #[test]
    fn a_line_that_grows_too_long_does_not_take_its_neighbours_along() {
        let numbers = vec!["1e15"; LINE_BYTES_MAX / 6].join(",");
        let lines = format!(
            "{{\"kind\":\"a\"}}\n{{\"kind\":\"b\",\"x\":[{numbers}]}}\n{{\"kind\":\"c\"}}\n"
        );
        assert_eq!(
            kinds(&pushed(&mut Lines::default(), lines.as_bytes())),
            ["a", "log", "c"]
        );
    }
}
