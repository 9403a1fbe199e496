//! A pod's socket, spoken to with a JSON parser and nothing else.

use std::{
    io::{ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::DEADLINE;

/// How much is read at once.
const READ_BYTES: usize = 64 * 1024;

/// A connection to a host.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: UnixStream,
    buffer: Vec<u8>,
    /// Rest before each look for more.
    rest: Duration,
}

/// What a host sent.
#[derive(Debug)]
pub(crate) enum Sent {
    /// A message, and the bytes it announced.
    Message(Value, Vec<u8>),
    /// The connection has ended; a chunk that was on its way, as far as it came.
    End(Option<(Value, Vec<u8>)>),
}

impl Socket {
    pub(crate) fn connect(path: &Path) -> Result<Self> {
        let stream = UnixStream::connect(path).context("cannot connect")?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
            rest: Duration::ZERO,
        })
    }

    /// Connects, takes the hello and attaches. Returns what the host said of the pod.
    pub(crate) fn attach(path: &Path, mode: &str) -> Result<(Self, Value)> {
        let mut socket = Self::connect(path)?;
        socket.expect("hello")?;
        socket.send(&json!({
            "id": 1, "type": "attach", "protocol": 1,
            "mode": mode, "client": "torture", "who": "torture",
        }))?;
        let attached = socket.expect("attached")?;
        Ok((socket, attached))
    }

    fn expect(&mut self, kind: &str) -> Result<Value> {
        match self.receive()? {
            Sent::Message(message, _) if message["type"] == kind => Ok(message),
            other => bail!("not a {kind}: {other:?}"),
        }
    }

    pub(crate) fn send(&mut self, message: &Value) -> Result<()> {
        self.send_bytes(format!("{message}\n").as_bytes())
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).context("cannot send")
    }

    /// Reads slowly from now on.
    pub(crate) fn rest_between_reads(&mut self, rest: Duration) {
        self.rest = rest;
    }

    /// A second handle, to break the connection from another thread.
    pub(crate) fn handle(&self) -> Result<UnixStream> {
        self.stream.try_clone().context("cannot clone a socket")
    }

    /// The next message.
    pub(crate) fn receive(&mut self) -> Result<Sent> {
        let line = loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer) {
                break self.buffer.drain(..=at).collect::<Vec<u8>>();
            }
            if !self.fill()? {
                return Ok(Sent::End(None));
            }
        };
        let message: Value = serde_json::from_slice(&line)
            .with_context(|| format!("not a message: {:?}", String::from_utf8_lossy(&line)))?;
        let bytes = usize::try_from(message["bytes"].as_u64().unwrap_or_default())?;
        while self.buffer.len() < bytes {
            if !self.fill()? {
                let rest = std::mem::take(&mut self.buffer);
                return Ok(Sent::End(Some((message, rest))));
            }
        }
        let payload = self.buffer.drain(..bytes).collect();
        Ok(Sent::Message(message, payload))
    }

    /// Reads more; `false` at the end.
    fn fill(&mut self) -> Result<bool> {
        let mut bytes = [0; READ_BYTES];
        thread::sleep(self.rest);
        loop {
            return match self.stream.read(&mut bytes) {
                Ok(0) => Ok(false),
                Ok(count) => {
                    self.buffer.extend_from_slice(&bytes[..count]);
                    Ok(true)
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // Closing with our bytes unread resets the connection.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(false),
                Err(error) => Err(error).context("the host stays silent"),
            };
        }
    }
}
