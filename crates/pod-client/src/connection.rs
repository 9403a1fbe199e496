//! One stream to a pod, before anything is followed on it.

use std::{fmt, time::Duration};

use bytes::Bytes;
use pod_protocol::{
    Attached, ChunkHeader, ClientMessage, Decoder, Done, Framed, Hello, HostMessage, Log, Mode,
    PROTOCOL_VERSION, Request, SegmentId, encode,
};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout_at},
};

use crate::{ByteStream, ClientError, Endpoint};

/// How long a host may take to carry a request out and say so. A stop is synced to the disk before
/// it is acknowledged, and disks can be slow.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How much is read at once.
const READ_BYTES: usize = 64 * 1024;

/// What a host says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Carried out. Some requests are told more.
    Done(Option<Done>),
    /// The answer to a ping.
    Pong,
}

/// Asks a pod who it is: one connect, one line, gone. This is the probe of a list.
///
/// # Errors
/// [`ClientError::Silent`] tells a host that is there and says nothing from one that is not there.
pub async fn hello(endpoint: &Endpoint, timeout: Duration) -> Result<Hello, ClientError> {
    let connection = Connection::dial(endpoint, timeout).await?;
    Ok(connection.hello)
}

/// A stream to a host that has said hello. Requests are answered one after another.
pub struct Connection {
    stream: Box<dyn ByteStream>,
    decoder: Decoder<HostMessage>,
    hello: Hello,
    next_id: u64,
}

impl Connection {
    /// Connects and waits for the host's hello, both within `timeout`.
    ///
    /// # Errors
    /// When nobody is there, nobody speaks, or what comes is not a hello of our version.
    pub async fn dial(endpoint: &Endpoint, timeout: Duration) -> Result<Self, ClientError> {
        let deadline = Instant::now() + timeout;
        let stream = endpoint.connect(deadline).await?;
        Self::greet(stream, deadline, timeout).await
    }

    /// The same over a stream that somebody else opened.
    ///
    /// # Errors
    /// When nobody speaks or what comes is not a hello of our version.
    pub async fn over(stream: impl ByteStream, timeout: Duration) -> Result<Self, ClientError> {
        Self::greet(Box::new(stream), Instant::now() + timeout, timeout).await
    }

    async fn greet(
        mut stream: Box<dyn ByteStream>,
        deadline: Instant,
        waited: Duration,
    ) -> Result<Self, ClientError> {
        let mut decoder = Decoder::default();
        let operation = "a connect";
        let hello = timeout_at(deadline, read_hello(&mut stream, &mut decoder))
            .await
            .unwrap_or(Err(ClientError::Silent { operation, waited }))?;
        Ok(Self {
            stream,
            decoder,
            hello,
            next_id: 1,
        })
    }

    /// What the host said first.
    #[must_use]
    pub const fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Says who we are and gets the state of the run.
    ///
    /// # Errors
    /// When the host refuses or the stream breaks.
    pub async fn attach(
        &mut self,
        mode: Mode,
        client: &str,
        who: &str,
    ) -> Result<Attached, ClientError> {
        let id = self
            .send(Request::Attach {
                protocol: PROTOCOL_VERSION,
                mode,
                client: client.to_owned(),
                who: who.to_owned(),
            })
            .await?;
        let answer = self.within("attach", async |this| {
            match this.answer_to(id).await?.message {
                HostMessage::Attached(attached) => Ok(*attached),
                other => Err(unexpected(&other, "the state of the run")),
            }
        });
        answer.await
    }

    /// Makes a request that is answered in one line.
    ///
    /// # Errors
    /// When the host refuses, does not answer, or the stream breaks.
    pub async fn call(&mut self, request: Request) -> Result<Answer, ClientError> {
        let operation = name_of(&request);
        let id = self.send(request).await?;
        let answer = self.within(operation, async |this| {
            match this.answer_to(id).await?.message {
                HostMessage::Ok { done, .. } => Ok(Answer::Done(done)),
                HostMessage::Pong { .. } => Ok(Answer::Pong),
                other => Err(unexpected(&other, "an answer")),
            }
        });
        answer.await
    }

    /// Reads at most `limit` bytes of a log from `from` on; records come whole.
    ///
    /// # Errors
    /// When the host refuses, does not answer, or the stream breaks.
    pub async fn read(
        &mut self,
        segment: SegmentId,
        log: Log,
        from: u64,
        limit: u64,
    ) -> Result<(ChunkHeader, Bytes), ClientError> {
        self.call(Request::Read {
            segment,
            log,
            from,
            limit,
        })
        .await?;
        let chunk = self.within("read", async |this| {
            let framed = this.next_known().await?;
            match framed.message {
                HostMessage::Chunk(header) => Ok((header, framed.payload)),
                other => Err(unexpected(&other, "a chunk")),
            }
        });
        chunk.await
    }

    /// Types into the command's terminal, at most
    /// [`INPUT_BYTES_MAX`](pod_protocol::INPUT_BYTES_MAX) bytes at once. Waits as long as the command
    /// takes to read what was typed before.
    ///
    /// # Errors
    /// When the host refuses or the stream breaks.
    pub async fn input(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let request = Request::Input {
            bytes: bytes.len() as u64,
        };
        let id = self.send(request).await?;
        self.stream.write_all(bytes).await.map_err(write_error)?;
        match self.answer_to(id).await?.message {
            HostMessage::Ok { .. } => Ok(()),
            other => Err(unexpected(&other, "an answer")),
        }
    }

    async fn within<T>(
        &mut self,
        operation: &'static str,
        work: impl AsyncFnOnce(&mut Self) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let waited = ANSWER_TIMEOUT;
        tokio::time::timeout(waited, work(self))
            .await
            .unwrap_or(Err(ClientError::Silent { operation, waited }))
    }

    async fn send(&mut self, request: Request) -> Result<u64, ClientError> {
        let id = self.next_id;
        self.next_id += 1;
        let line = encode(&ClientMessage { id, request });
        self.stream.write_all(&line).await.map_err(write_error)?;
        Ok(id)
    }

    /// The next message that answers request `id`.
    async fn answer_to(&mut self, id: u64) -> Result<Framed<HostMessage>, ClientError> {
        loop {
            let framed = self.next_known().await?;
            if answers(&framed.message) == Some(id) {
                return Ok(framed);
            }
        }
    }

    /// The next message that this version knows, that is not an end, and that was asked for.
    async fn next_known(&mut self) -> Result<Framed<HostMessage>, ClientError> {
        loop {
            let framed = next(&mut self.stream, &mut self.decoder).await?;
            match framed.message {
                HostMessage::Unknown | HostMessage::Terminal(_) => {}
                HostMessage::Error(refusal) => return Err(ClientError::Refused(refusal)),
                HostMessage::Closed { outcome } => return Err(ClientError::Ended { outcome }),
                _ => return Ok(framed),
            }
        }
    }

    /// The stream and what has been read from it, for a link to go on with.
    pub(crate) fn into_parts(self) -> (Box<dyn ByteStream>, Decoder<HostMessage>, u64) {
        (self.stream, self.decoder, self.next_id)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("hello", &self.hello)
            .field("next_id", &self.next_id)
            .finish_non_exhaustive()
    }
}

/// As much of any version's hello as tells whether the rest can be read.
#[derive(Deserialize)]
struct HelloVersion {
    protocol: u32,
    #[serde(default)]
    tool: String,
}

async fn read_hello(
    stream: &mut Box<dyn ByteStream>,
    decoder: &mut Decoder<HostMessage>,
) -> Result<Hello, ClientError> {
    loop {
        // A newer hello may not be readable as ours, but its version always is.
        if let Some(end) = memchr::memchr(b'\n', decoder.buffer_mut()) {
            check_version(&decoder.buffer_mut()[..end])?;
        }
        if let Some(framed) = decoder.next_message()? {
            return match framed.message {
                HostMessage::Hello(hello) => Ok(*hello),
                HostMessage::Error(refusal) => Err(ClientError::Refused(refusal)),
                HostMessage::Closed { outcome } => Err(ClientError::Ended { outcome }),
                other => Err(unexpected(&other, "a hello")),
            };
        }
        fill(stream, decoder).await?;
    }
}

fn check_version(line: &[u8]) -> Result<(), ClientError> {
    match serde_json::from_slice(line) {
        Ok(HelloVersion { protocol, tool }) if protocol != PROTOCOL_VERSION => {
            let tool = pod_protocol::printable(&tool).into_owned();
            Err(ClientError::UnsupportedProtocol {
                tool,
                theirs: protocol,
            })
        }
        _ => Ok(()),
    }
}

/// The next whole message. Dropping the future between two reads loses nothing.
pub(crate) async fn next(
    stream: &mut (impl AsyncReadExt + Unpin),
    decoder: &mut Decoder<HostMessage>,
) -> Result<Framed<HostMessage>, ClientError> {
    loop {
        if let Some(framed) = decoder.next_message()? {
            return Ok(framed);
        }
        fill(stream, decoder).await?;
    }
}

async fn fill(
    stream: &mut (impl AsyncReadExt + Unpin),
    decoder: &mut Decoder<HostMessage>,
) -> Result<(), ClientError> {
    let room = READ_BYTES.max(decoder.missing_bytes());
    let buffer = decoder.buffer_mut();
    buffer.reserve(room);
    match stream.read_buf(buffer).await {
        Ok(0) => Err(ClientError::HungUp),
        Ok(_) => Ok(()),
        Err(source) => Err(ClientError::Stream {
            operation: "read from",
            source,
        }),
    }
}

pub(crate) fn write_error(source: std::io::Error) -> ClientError {
    ClientError::Stream {
        operation: "write to",
        source,
    }
}

/// The request that a message answers.
fn answers(message: &HostMessage) -> Option<u64> {
    match message {
        HostMessage::Attached(attached) => Some(attached.id),
        HostMessage::Ok { id, .. } | HostMessage::Pong { id } => Some(*id),
        HostMessage::Error(refusal) => Some(refusal.id),
        _ => None,
    }
}

pub(crate) fn unexpected(message: &HostMessage, expected: &'static str) -> ClientError {
    let got = match message {
        HostMessage::Hello(_) => "a hello",
        HostMessage::Attached(_) => "the state of the run",
        HostMessage::Ok { .. } => "ok",
        HostMessage::Error(_) => "an error",
        HostMessage::Chunk(_) => "a chunk",
        HostMessage::Terminal(_) => "a terminal",
        HostMessage::Closed { .. } => "an end",
        HostMessage::Pong { .. } => "a pong",
        HostMessage::Unknown => "an unknown message",
    };
    ClientError::Unexpected { got, expected }
}

pub(crate) const fn name_of(request: &Request) -> &'static str {
    match request {
        Request::Attach { .. } => "attach",
        Request::Follow { .. } => "follow",
        Request::Unfollow { .. } => "unfollow",
        Request::Read { .. } => "read",
        Request::Stop { .. } => "stop",
        Request::Cancel { .. } => "cancel",
        Request::Kill => "kill",
        Request::Pause => "pause",
        Request::Continue => "continue",
        Request::Control { .. } => "control",
        Request::Input { .. } => "input",
        Request::Resize { .. } => "resize",
        Request::Repaint => "repaint",
        Request::Process => "process",
        Request::Ping => "ping",
        Request::Unknown => "an unknown request",
    }
}

#[cfg(test)]
mod tests;
