//! A viewer that keeps everything it is sent, to compare it with the files afterwards.

use std::{
    net::Shutdown,
    os::unix::net::UnixStream,
    path::Path,
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};

use crate::{
    logs::Session,
    socket::{Sent, Socket},
};

/// Logs that a viewer follows.
const FOLLOWS: usize = 2;

/// A viewer at work.
#[derive(Debug)]
pub(crate) struct Viewer {
    thread: JoinHandle<Result<Received>>,
    handle: UnixStream,
}

/// What a viewer was sent.
#[derive(Debug, Default)]
pub(crate) struct Received {
    segment: String,
    out_base: u64,
    records: Vec<u8>,
    /// Where each run of output began, and its bytes.
    output: Vec<(u64, Vec<u8>)>,
    /// Follows that were answered.
    followed: usize,
    /// The outcome that ended it, if one did.
    closed: Option<String>,
}

impl Viewer {
    /// Starts to follow both logs from the segment's beginning, resting between two messages.
    pub(crate) fn follow(path: &Path, rest: Duration) -> Result<Self> {
        let (mut socket, attached) = Socket::attach(path, "read_only")?;
        let handle = socket.handle()?;
        let segment = &attached["segment"];
        let starts = [
            (2, "records", &attached["first_seq"]),
            (3, "output", &attached["out_base"]),
        ];
        for (id, log, from) in starts {
            socket.send(&json!({
                "id": id, "type": "follow", "segment": segment, "log": log, "from": from,
            }))?;
        }
        socket.rest_between_reads(rest);
        let received = Received {
            segment: segment.as_str().context("a segment")?.to_owned(),
            out_base: attached["out_base"].as_u64().context("an offset")?,
            ..Received::default()
        };
        let thread = thread::spawn(move || collect(socket, received));
        Ok(Self { thread, handle })
    }

    /// Breaks the connection from this side.
    pub(crate) fn hang_up(&self) {
        // The host may have been first.
        let _ = self.handle.shutdown(Shutdown::Both);
    }

    /// Waits for the end of the connection.
    pub(crate) fn finish(self) -> Result<Received> {
        let joined = self.thread.join();
        joined.map_err(|_| anyhow!("a viewer panicked"))?
    }
}

fn collect(mut socket: Socket, mut received: Received) -> Result<Received> {
    loop {
        match socket.receive()? {
            Sent::Message(message, payload) => match message["type"].as_str().unwrap_or_default() {
                "chunk" => received.take(&message, payload)?,
                // An end that comes before a follow was answered says nothing about it.
                "closed" if received.followed == FOLLOWS => {
                    received.closed = message["outcome"].as_str().map(str::to_owned);
                }
                "closed" | "terminal" => {}
                "ok" => received.followed += 1,
                // The run ended before the follow came.
                "error" if message["code"] == "shutting_down" => {}
                _ => bail!("a viewer was sent {message}"),
            },
            Sent::End(part) => {
                if let Some((message, payload)) = part {
                    received.take(&message, payload)?;
                }
                return Ok(received);
            }
        }
    }
}

impl Received {
    fn take(&mut self, chunk: &Value, bytes: Vec<u8>) -> Result<()> {
        let from = chunk["from"].as_u64().context("a chunk has a beginning")?;
        if chunk["log"] == "records" {
            self.records.extend_from_slice(&bytes);
            return Ok(());
        }
        match self.output.last_mut() {
            Some((begin, run)) if *begin + run.len() as u64 == from => {
                run.extend_from_slice(&bytes);
            }
            Some((begin, run)) if *begin + run.len() as u64 > from => {
                bail!("output of a viewer goes back to {from}");
            }
            _ => self.output.push((from, bytes)),
        }
        Ok(())
    }

    /// Compares with what is on disk.
    pub(crate) fn check(&self, session: &Session) -> Result<()> {
        let segment = session.segment(&self.segment);
        let segment = segment.context("a viewer followed a segment that is not on disk")?;
        ensure!(
            segment.lines.starts_with(&self.records),
            "a viewer was sent records that are not in the log"
        );
        let gaps = session.gaps();
        let mut next = self.out_base;
        for (from, run) in &self.output {
            ensure!(
                *from == next || gaps.iter().any(|gap| gap.0 <= next && *from <= gap.1),
                "the output of a viewer jumps from {next} to {from} without a gap"
            );
            check_output(&segment.out, segment.out_base(), *from, run, &gaps)?;
            next = from + run.len() as u64;
        }
        if let Some(closed) = &self.closed {
            ensure!(
                self.records == segment.lines,
                "a viewer was told the end before it had all records"
            );
            ensure!(
                next == segment.out_base() + segment.out.len() as u64
                    || gaps.iter().any(|gap| gap.0 <= next),
                "a viewer was told the end before it had all output"
            );
            let last = &segment.last()["outcome"];
            ensure!(
                last == closed,
                "a viewer was told {closed}, the log says {last}"
            );
        }
        Ok(())
    }
}

/// Every byte that was sent is in the file, except where a gap has been punched since.
fn check_output(file: &[u8], base: u64, from: u64, sent: &[u8], gaps: &[(u64, u64)]) -> Result<()> {
    let at = usize::try_from(from - base)?;
    let kept = file.get(at..at + sent.len());
    if kept == Some(sent) {
        return Ok(());
    }
    for (index, byte) in sent.iter().enumerate() {
        let offset = from + index as u64;
        let punched = gaps.iter().any(|gap| (gap.0..gap.1).contains(&offset));
        ensure!(
            punched || file.get(at + index) == Some(byte),
            "a viewer was sent byte {offset}, which is not in the log"
        );
    }
    Ok(())
}
