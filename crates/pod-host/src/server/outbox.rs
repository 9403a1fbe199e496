//! What is on its way to one viewer.
//!
//! Messages wait as bytes, log pieces as places in a file: a viewer that does not read holds a few
//! numbers. Only of a piece that is small anyway, or where a small cap may take the output away under
//! it, it holds a small copy.

use std::{
    collections::VecDeque,
    io,
    os::{fd::AsFd, unix::fs::FileExt},
};

use nix::sys::sendfile::sendfile64;
use pod_protocol::{HostMessage, Log, encode};
use tokio::{io::Interest, net::UnixStream};

use super::follow::{Content, Logs, Piece};

/// Messages that may wait before no further request of this viewer is read.
const MESSAGES_MAX: usize = 16;

#[derive(Debug)]
enum Part {
    Bytes { bytes: Vec<u8>, sent: usize },
    File { log: Log, byte: u64, left: u64 },
}

/// An ordered queue of messages and log pieces.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    parts: VecDeque<Part>,
}

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether the viewer asks faster than it reads.
    pub(super) fn is_full(&self) -> bool {
        self.parts.len() >= MESSAGES_MAX
    }

    pub(super) fn message(&mut self, message: &HostMessage) {
        self.bytes(encode(message));
    }

    fn bytes(&mut self, bytes: Vec<u8>) {
        self.parts.push_back(Part::Bytes { bytes, sent: 0 });
    }

    pub(super) fn piece(&mut self, piece: Piece) {
        let (log, left) = (piece.header.log, piece.header.bytes);
        let mut head = encode(&HostMessage::Chunk(piece.header));
        match piece.content {
            Content::File { byte } => {
                self.bytes(head);
                self.parts.push_back(Part::File { log, byte, left });
            }
            // In one write, so that the viewer wakes once.
            Content::Copy(copy) => {
                head.extend_from_slice(&copy);
                self.bytes(head);
            }
        }
    }

    /// Sends as much as the socket takes now.
    pub(super) fn flush(&mut self, stream: &UnixStream, logs: Option<&Logs>) -> io::Result<()> {
        while let Some(part) = self.parts.front_mut() {
            let done = match part {
                Part::Bytes { bytes, sent } => match stream.try_write(&bytes[*sent..]) {
                    Ok(count) => {
                        *sent += count;
                        *sent == bytes.len()
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                    Err(error) => return Err(error),
                },
                Part::File { log, byte, left } => {
                    let logs = logs.ok_or_else(gone)?;
                    if *log == Log::Output && !logs.is_kept(*byte, *left) {
                        return Err(gone());
                    }
                    match send_piece(stream, logs, *log, *byte, *left) {
                        Ok(bytes) => {
                            *byte += bytes;
                            *left -= bytes;
                            *left == 0
                        }
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                        Err(error) => return Err(error),
                    }
                }
            };
            if done {
                self.parts.pop_front();
            }
        }
        Ok(())
    }
}

/// A viewer read so slowly that the piece it is in the middle of is no longer kept. It can only be
/// hung up on; when it connects again, it goes on behind the gap.
fn gone() -> io::Error {
    let reason = "what was announced is no longer kept";
    io::Error::new(io::ErrorKind::ConnectionAborted, reason)
}

/// Hands log bytes to the socket inside the kernel. What is missing from the file (it was replaced
/// or cut under us) is made up with zeros, because its length is announced already.
fn send_piece(stream: &UnixStream, logs: &Logs, log: Log, byte: u64, left: u64) -> io::Result<u64> {
    let count = usize::try_from(left).unwrap_or(usize::MAX);
    let file = logs.file(log);
    let sent = stream.try_io(Interest::WRITABLE, || {
        let mut offset = i64::try_from(byte).map_err(io::Error::other)?;
        Ok(sendfile64(
            stream.as_fd(),
            file.as_fd(),
            Some(&mut offset),
            count,
        )?)
    })?;
    if sent > 0 {
        return Ok(sent as u64);
    }
    let mut piece = vec![0; count.min(4096)];
    // A second look: the file may only have been short for a moment.
    let read = file.read_at(&mut piece, byte)?;
    let piece = if read > 0 { &piece[..read] } else { &piece[..] };
    stream.try_write(piece).map(|bytes| bytes as u64)
}
