//! The pod's socket: who may connect, and a task for each who does.

mod follow;
mod outbox;
mod seat;
mod typing;
mod viewer;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use nix::{
    sys::resource::{Resource, getrlimit},
    unistd::geteuid,
};
use pod_protocol::{
    Attached, ErrorCode, Hello, HoldAnswer, HostMessage, Outcome, Refusal, StopAnswer, encode,
};
use tokio::{
    io::AsyncWriteExt,
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

pub(crate) use follow::Logs;

use crate::{
    published::Published,
    resources::{Family, Looks},
    terminal::{Audience, TerminalInquiry, TerminalNews, ViewerId},
};
use viewer::Viewer;

/// Viewers at once. Each costs a descriptor and a small task.
const VIEWERS_MAX: usize = 4_096;
/// Descriptors that viewers leave to the run itself: its logs, and the walk that ends it.
const DESCRIPTORS_KEPT: usize = 64;
/// Connections that may be in the middle of a long request at once, so that those who never finish
/// one hold a bounded part of the host's memory.
const LONG_REQUESTS_MAX: usize = 16;
/// How long to wait when the system has no descriptor left for a new viewer.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);
/// How much of the time of a host each viewer may have, if all are told of every growth at once. A
/// thousand viewers of a command that writes often would otherwise take the processor from it.
const TELLING_MICROS: u64 = 100;
/// Fewer viewers than would rest this long between two pieces are told at once.
const REST_MIN: Duration = Duration::from_millis(1);
/// How long a finished host waits for viewers that have not read everything.
const LINGER: Duration = Duration::from_secs(2);

/// What a viewer asks of the run.
#[derive(Debug)]
pub(crate) enum Inquiry {
    /// For the first line of a connection.
    Hello(oneshot::Sender<Box<Hello>>),
    /// For an attach; the id is filled in by the connection.
    Attach(oneshot::Sender<Box<Attached>>),
    /// End the run.
    End {
        /// How.
        end: End,
        /// How long the command gets, in milliseconds.
        grace_ms: u64,
        /// Who asks.
        by: String,
        /// Answered once the request is on disk.
        reply: oneshot::Sender<StopAnswer>,
    },
    /// Hold the run, or let it go on.
    Hold {
        /// Whether to hold it.
        pause: bool,
        /// Who asks.
        by: String,
        /// Answered once the signal has reached everybody; why not, in words.
        reply: oneshot::Sender<Result<HoldAnswer, &'static str>>,
    },
    /// Use the command's terminal.
    Terminal(TerminalInquiry),
    /// Whose processes to look at, if the command runs.
    Family(oneshot::Sender<Option<Family>>),
}

/// The ways to end a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// To be taken up again.
    Stop,
    /// For good.
    Cancel,
    /// A stop without a time of grace, or the end of the one that is under way.
    Kill,
}

/// What every connection is given.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) inquiries: mpsc::Sender<Inquiry>,
    /// The logs, once the segment has begun. Until then every change is news of what it waits for.
    pub(crate) logs: watch::Receiver<Option<Arc<Logs>>>,
    /// The outcome, once everything is recorded and the lease is free.
    pub(crate) closed: watch::Receiver<Option<Outcome>>,
    /// Leave to hold a long request that is not complete yet, or not carried out.
    long_requests: Arc<Semaphore>,
    /// How the terminal is; never anything of a run without one.
    terminal: watch::Receiver<Option<TerminalNews>>,
    /// How many viewers are attached.
    attached: watch::Sender<usize>,
    /// How many connections there have been.
    connections: Arc<AtomicU64>,
    looks: Arc<Looks>,
}

impl Shared {
    /// What connections are given, and what the terminal is.
    pub(crate) fn new(
        inquiries: mpsc::Sender<Inquiry>,
        logs: watch::Receiver<Option<Arc<Logs>>>,
        closed: watch::Receiver<Option<Outcome>>,
    ) -> (Self, Audience) {
        let (news, terminal) = watch::channel(None);
        let (attached, attached_seen) = watch::channel(0);
        let shared = Self {
            inquiries,
            logs,
            closed,
            long_requests: Arc::new(Semaphore::new(LONG_REQUESTS_MAX)),
            terminal,
            attached,
            connections: Arc::default(),
            looks: Arc::default(),
        };
        let audience = Audience {
            news,
            attached: attached_seen,
        };
        (shared, audience)
    }

    fn next_viewer(&self) -> ViewerId {
        ViewerId(self.connections.fetch_add(1, Ordering::Relaxed))
    }
}

/// Accepts viewers until the run is closed, then waits a little for those who are still reading.
/// `anew` brings the listener that takes over where the name of the one before is gone.
pub(crate) async fn serve(
    mut listener: UnixListener,
    mut anew: mpsc::Receiver<UnixListener>,
    shared: Shared,
) {
    let mut viewers = JoinSet::new();
    let mut closed = shared.closed.clone();
    let viewers_max = viewers_max();
    let mut begun = shared.logs.clone();
    let mut logs = begun.borrow_and_update().clone();
    let mut resting_until = None;
    loop {
        tokio::select! {
            published = news(logs.as_deref()), if resting_until.is_none() => {
                published.tell_viewers();
                resting_until = rest(viewers.len()).map(|rest| Instant::now() + rest);
            }
            () = sleep_until(resting_until.unwrap_or_else(Instant::now)),
                if resting_until.is_some() => resting_until = None,
            Ok(()) = begun.changed(), if logs.is_none() => logs = begun.borrow().clone(),
            accepted = listener.accept(), if viewers.len() < viewers_max => match accepted {
                Ok((stream, _)) => {
                    viewers.spawn(greet(stream, shared.clone()));
                }
                // Out of descriptors, or a viewer that left before it was accepted.
                Err(_) => sleep(ACCEPT_BACKOFF).await,
            },
            Some(_) = viewers.join_next(), if !viewers.is_empty() => {}
            Some(next) = anew.recv() => {
                let former = std::mem::replace(&mut listener, next);
                greet_waiting(former, &mut viewers, viewers_max, &shared);
            }
            _ = closed.wait_for(Option::is_some) => break,
        }
    }
    greet_waiting(listener, &mut viewers, viewers_max, &shared);
    // Whoever is slower than this finishes from the files.
    let _ = timeout(LINGER, async {
        while viewers.join_next().await.is_some() {}
    })
    .await;
    viewers.shutdown().await;
}

/// Whoever is in the queue came while the run was live. Taken from the kernel directly: the runtime
/// may not have heard of them yet.
fn greet_waiting(
    listener: UnixListener,
    viewers: &mut JoinSet<()>,
    viewers_max: usize,
    shared: &Shared,
) {
    let Ok(listener) = listener.into_std() else {
        return;
    };
    while let Ok((stream, _)) = listener.accept()
        && viewers.len() < viewers_max
    {
        let stream = stream
            .set_nonblocking(true)
            .and_then(|()| UnixStream::from_std(stream));
        if let Ok(stream) = stream {
            viewers.spawn(greet(stream, shared.clone()));
        }
    }
}

/// Resolves when the logs have something new; never while there are none.
async fn news(logs: Option<&Logs>) -> &Published {
    let Some(logs) = logs else {
        return std::future::pending().await;
    };
    logs.published.news().await;
    &logs.published
}

/// How long viewers who have just been told of growth are left alone.
fn rest(viewers: usize) -> Option<Duration> {
    let rest = Duration::from_micros(viewers as u64 * TELLING_MICROS);
    (rest >= REST_MIN).then_some(rest)
}

fn viewers_max() -> usize {
    let (allowed, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or_default();
    usize::try_from(allowed)
        .unwrap_or(usize::MAX)
        .saturating_sub(DESCRIPTORS_KEPT)
        .clamp(1, VIEWERS_MAX)
}

async fn greet(mut stream: UnixStream, shared: Shared) {
    if !is_own_user(&stream) {
        let message = "only the user who owns this pod may connect".to_owned();
        let refusal = Refusal {
            id: 0,
            code: ErrorCode::Forbidden,
            message,
        };
        // Whether a stranger reads the reason is no concern of ours.
        let _ = stream
            .write_all(&encode(&HostMessage::Error(refusal)))
            .await;
        return;
    }
    // A connection ends by its own error, by the viewer's, or with the run: none needs handling.
    let _ = Viewer::new(stream, shared).run().await;
}

fn is_own_user(stream: &UnixStream) -> bool {
    stream
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == geteuid().as_raw())
}

/// The run has no answer any more because it is ending.
fn shutting_down() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the host is shutting down",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_viewers_are_told_at_once_and_many_in_turns() {
        assert_eq!(rest(1), None);
        assert_eq!(rest(9), None);
        assert_eq!(rest(1_000), Some(Duration::from_millis(100)));
        assert!(rest(VIEWERS_MAX).is_some_and(|rest| rest < Duration::from_millis(500)));
    }
}
