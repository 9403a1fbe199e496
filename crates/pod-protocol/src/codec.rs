//! Frames: one JSON object a line, followed by raw bytes where the message says so.
//!
//! The decoder does no I/O: it is fed whatever arrived, in pieces of any size, and gives back whole
//! messages. It holds at most one message and its payload.

use bytes::{Buf, Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::{ClientMessage, HostMessage, Request};

/// The longest message line, in bytes, newline included.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// The most raw bytes that may follow a message: a viewer this far behind re-reads the log in
/// pieces instead of being fed at once.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// The most bytes that one `input` may carry: a long paste goes out in several.
pub const INPUT_BYTES_MAX: usize = 64 * 1024;

/// A message that can be framed.
pub trait Wire: Serialize + DeserializeOwned {
    /// The most raw bytes that may follow it.
    const PAYLOAD_BYTES_MAX: usize;

    /// How many raw bytes follow its line.
    fn payload_bytes(&self) -> u64;
}

impl Wire for HostMessage {
    const PAYLOAD_BYTES_MAX: usize = PAYLOAD_BYTES_MAX;

    fn payload_bytes(&self) -> u64 {
        match self {
            Self::Chunk(header) => header.bytes,
            _ => 0,
        }
    }
}

impl Wire for ClientMessage {
    const PAYLOAD_BYTES_MAX: usize = INPUT_BYTES_MAX;

    fn payload_bytes(&self) -> u64 {
        match self.request {
            Request::Input { bytes } => bytes,
            _ => 0,
        }
    }
}

/// A whole message and its payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Framed<M> {
    /// The message.
    pub message: M,
    /// The raw bytes behind it; empty for most.
    pub payload: Bytes,
}

/// Why bytes are not a message. The connection cannot go on.
#[derive(Debug, Error)]
pub enum CodecError {
    /// No newline within [`MESSAGE_BYTES_MAX`].
    #[error("a message has at most {MESSAGE_BYTES_MAX} bytes")]
    MessageTooLong,
    /// More than [`Wire::PAYLOAD_BYTES_MAX`] announced.
    #[error("a message carries at most {limit} raw bytes, this one announces {bytes}")]
    PayloadTooLong {
        /// How many were announced.
        bytes: u64,
        /// How many are allowed.
        limit: usize,
    },
    /// Not a message.
    #[error("not a message")]
    Malformed(#[source] serde_json::Error),
}

/// Turns a stream of bytes into messages.
#[derive(Debug)]
pub struct Decoder<M> {
    buffer: BytesMut,
    /// How much of `buffer` is known to hold no newline.
    searched: usize,
    /// A message whose payload is not complete yet.
    waiting: Option<(M, usize)>,
}

impl<M> Default for Decoder<M> {
    fn default() -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            waiting: None,
        }
    }
}

impl<M: Wire> Decoder<M> {
    /// Takes bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The buffer to read into directly.
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// How many bytes are known to be missing of the message at hand: the rest of its payload. With
    /// room for all of them, what has come already need not be moved again and again.
    #[must_use]
    pub fn missing_bytes(&self) -> usize {
        let payload = self.waiting.as_ref().map_or(0, |(_, payload)| *payload);
        payload.saturating_sub(self.buffer.len())
    }

    /// Whether bytes of an incomplete message are held.
    #[must_use]
    pub fn is_mid_message(&self) -> bool {
        !self.buffer.is_empty() || self.waiting.is_some()
    }

    /// The next whole message, or `None` until more bytes come.
    ///
    /// # Errors
    /// When the bytes are not a message or over a limit. The decoder is of no use afterwards.
    pub fn next_message(&mut self) -> Result<Option<Framed<M>>, CodecError> {
        let (message, payload_bytes) = match self.waiting.take() {
            Some(waiting) => waiting,
            None => match self.next_line()? {
                Some(line) => read_line(&line)?,
                None => return Ok(None),
            },
        };
        if self.buffer.len() < payload_bytes {
            self.waiting = Some((message, payload_bytes));
            return Ok(None);
        }
        let payload = self.buffer.split_to(payload_bytes).freeze();
        Ok(Some(Framed { message, payload }))
    }

    fn next_line(&mut self) -> Result<Option<Bytes>, CodecError> {
        let window = &self.buffer[..self.buffer.len().min(MESSAGE_BYTES_MAX)];
        match memchr::memchr(b'\n', &window[self.searched..]) {
            Some(at) => {
                let line = self.buffer.split_to(self.searched + at).freeze();
                self.buffer.advance(1);
                self.searched = 0;
                Ok(Some(line))
            }
            None if window.len() == MESSAGE_BYTES_MAX => Err(CodecError::MessageTooLong),
            None => {
                self.searched = window.len();
                Ok(None)
            }
        }
    }
}

fn read_line<M: Wire>(line: &[u8]) -> Result<(M, usize), CodecError> {
    let message: M = serde_json::from_slice(line).map_err(CodecError::Malformed)?;
    let bytes = message.payload_bytes();
    match usize::try_from(bytes) {
        Ok(payload) if payload <= M::PAYLOAD_BYTES_MAX => Ok((message, payload)),
        _ => Err(CodecError::PayloadTooLong {
            bytes,
            limit: M::PAYLOAD_BYTES_MAX,
        }),
    }
}

/// The line of a message, newline included. Its payload, if any, goes right behind it.
///
/// # Panics
/// When the message is over [`MESSAGE_BYTES_MAX`]: everything a message holds has its own limit far
/// below.
#[must_use]
pub fn encode<M: Wire>(message: &M) -> Vec<u8> {
    let mut line = serde_json::to_vec(message).expect("messages have string keys only");
    line.push(b'\n');
    assert!(
        line.len() <= MESSAGE_BYTES_MAX,
        "a message of {} bytes",
        line.len()
    );
    line
}
