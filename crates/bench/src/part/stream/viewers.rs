//! Viewers that count lines: all of them tasks of one thread, whoever serves them, so that they cost
//! the same on both sides.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use pod_client::{Endpoint, Link, LinkEvent, LinkOptions, Start};
use pod_protocol::Mode;
use tokio::{io::AsyncReadExt, net::UnixStream, runtime::Builder, task::JoinSet, time::timeout};

use crate::{clock::now_ns, floor::HELLO, part::SOON};

/// How long a stream may take.
const LIMIT: Duration = Duration::from_secs(600);
/// What is read of a socket at once.
const READ_BYTES: usize = 64 * 1024;

/// How viewers speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// The protocol, through the product's own client.
    Pod,
    /// Nothing: lines come.
    Lines,
}

/// Where they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// With what comes.
    Now,
    /// With the first record.
    First,
}

/// Viewers that are connected and read.
pub(super) struct Viewers {
    thread: JoinHandle<Result<u64>>,
}

impl Viewers {
    /// Connects `count` viewers, each of which wants so many lines. Comes back when all of them are
    /// served.
    pub(super) fn open(
        speech: Speech,
        from: From,
        socket: &Path,
        count: usize,
        lines: u64,
    ) -> Result<Self> {
        let (ready, all_ready) = mpsc::channel();
        let socket = socket.to_owned();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let watched = watch(speech, from, socket, count, lines, ready);
            runtime.block_on(async { timeout(LIMIT, watched).await? })
        });
        let viewers = Self { thread };
        for _ in 0..count {
            if all_ready.recv_timeout(SOON).is_err() {
                bail!("a viewer is not served: {:?}", viewers.last_line().err());
            }
        }
        Ok(viewers)
    }

    /// When the last of them had its last line.
    pub(super) fn last_line(self) -> Result<u64> {
        let result = self.thread.join();
        result.ok().context("a viewer panicked")?
    }
}

async fn watch(
    speech: Speech,
    from: From,
    socket: PathBuf,
    count: usize,
    lines: u64,
    ready: mpsc::Sender<()>,
) -> Result<u64> {
    let socket = Arc::new(socket);
    let mut viewers = JoinSet::new();
    for _ in 0..count {
        let (socket, ready) = (Arc::clone(&socket), ready.clone());
        viewers.spawn(async move {
            match speech {
                Speech::Pod => follow(&socket, from, lines, &ready).await,
                Speech::Lines => count_lines(&socket, lines, &ready).await,
            }
        });
    }
    drop(ready);
    while let Some(viewer) = viewers.join_next().await {
        viewer.context("a viewer panicked")??;
    }
    Ok(now_ns())
}

async fn follow(socket: &Path, from: From, lines: u64, ready: &mpsc::Sender<()>) -> Result<()> {
    let options = LinkOptions {
        mode: Mode::ReadOnly,
        client: "bench".into(),
        who: "bench".into(),
        records: Some(match from {
            From::Now => Start::Back(0),
            From::First => Start::At(1),
        }),
        output: None,
    };
    let (_link, mut events) = Link::open(Endpoint::Socket(socket.to_owned()), options);
    let mut seen = 0;
    while seen < lines {
        match events.recv().await.context("the link ended")? {
            // Nobody waits for it when a viewer before has failed.
            LinkEvent::Attached(_) => drop(ready.send(())),
            LinkEvent::Records { bytes, .. } => seen += newlines(&bytes),
            LinkEvent::Output { .. } => {}
            other => bail!("{other:?} after {seen} of {lines} records"),
        }
    }
    Ok(())
}

async fn count_lines(socket: &Path, lines: u64, ready: &mpsc::Sender<()>) -> Result<()> {
    let mut stream = UnixStream::connect(socket).await?;
    let mut hello = [0; HELLO.len()];
    stream.read_exact(&mut hello).await?;
    // Nobody waits for it when a viewer before has failed.
    let _ = ready.send(());
    let mut buffer = vec![0; READ_BYTES];
    let mut seen = 0;
    while seen < lines {
        match stream.read(&mut buffer).await? {
            0 => bail!("the stream ended after {seen} of {lines} lines"),
            count => seen += newlines(&buffer[..count]),
        }
    }
    Ok(())
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
