//! What happens in a run, live or finished, as one stream of events.

use std::path::PathBuf;

use bytes::Bytes;
use pod_client::{Answer, ClientError, Endpoint, Link, LinkEvent, LinkOptions};
use pod_protocol::{
    Done, ErrorCode, Liveness, Refusal, Request, SegmentId, SessionId, StopAnswer, StopReason,
};
use pod_store::{Store, StoreError};
use thiserror::Error;
use tokio::{
    sync::{
        mpsc::{self, Receiver},
        oneshot,
    },
    task::JoinHandle,
};

use crate::{Primary, Roots, Row, Stored, replay::Replay, whole::pass_on};

/// How many events wait for a slow reader, each of at most
/// [`REPLAY_BYTES`](crate::replay::REPLAY_BYTES).
const EVENTS_WAITING_MAX: usize = 8;

/// Where the events of a run come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// From its host, and what its session did before from the files.
    Live {
        /// Where the host is.
        endpoint: Endpoint,
        /// The state directory.
        state: PathBuf,
    },
    /// From its files: all segments of the session, in order.
    Stored {
        /// The state directory.
        state: PathBuf,
        /// The session.
        session: SessionId,
        /// The segment that is active in it: how the run ended is read there and nowhere else.
        segment: SegmentId,
        /// Whether somebody holds the pod's lease who cannot be talked to: then the files have no
        /// end yet.
        liveness: Liveness,
    },
}

/// Why the files of a run cannot be opened.
#[derive(Debug, Error)]
pub enum FeedError {
    /// No segment of it has a readable first record.
    #[error("session {session} has no readable log")]
    NoSegments {
        /// The session.
        session: SessionId,
    },
    /// The active segment has no first record, though it had one a moment ago. What came before it
    /// is not the run.
    #[error("segment {segment} of session {session} has lost its first record")]
    NoActiveSegment {
        /// The session.
        session: SessionId,
        /// The segment.
        segment: SegmentId,
    },
    /// The files cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The handle to a followed run. It lives as long as the receiver of its events.
#[derive(Debug)]
pub struct Feed {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The link, and who passes its events on.
    Live(Link, JoinHandle<()>),
    Replay(JoinHandle<()>),
}

impl Row {
    /// Where its [primary action](Row::primary) gets its events from.
    #[must_use]
    pub fn source(&self, roots: &Roots) -> Option<Source> {
        match self.primary()? {
            Primary::Attach => {
                let endpoint = self.attachable().ok()?.clone();
                let state = roots.state.clone();
                Some(Source::Live { endpoint, state })
            }
            Primary::Resume | Primary::View => self.stored_source(roots),
        }
    }

    /// The files of its active session, whether it is live or not.
    #[must_use]
    pub fn stored_source(&self, roots: &Roots) -> Option<Source> {
        let stored = self.stored.as_ref()?;
        let (session, segment) = (stored.session?, stored.segment?);
        Stored::run(stored)?;
        Some(Source::Stored {
            state: roots.state.clone(),
            session,
            segment,
            liveness: match self.live {
                Some(_) => Liveness::Held,
                None => Liveness::Free,
            },
        })
    }
}

impl Feed {
    /// Starts to follow a run. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the files of a finished run cannot be opened. What happens later, and everything that
    /// happens to a live run, comes as an event.
    pub async fn open(
        source: Source,
        options: LinkOptions,
    ) -> Result<(Self, Receiver<LinkEvent>), FeedError> {
        let (state, session, segment, liveness) = match source {
            Source::Live { endpoint, state } => {
                let (link, from_link) = Link::open(endpoint, options.clone());
                let (sender, events) = mpsc::channel(EVENTS_WAITING_MAX);
                let passing = tokio::spawn(pass_on(state, options, from_link, sender));
                let kind = Kind::Live(link, passing);
                return Ok((Self { kind }, events));
            }
            Source::Stored {
                state,
                session,
                segment,
                liveness,
            } => (state, session, segment, liveness),
        };
        let (sender, events) = mpsc::channel(EVENTS_WAITING_MAX);
        let (opened, is_open) = oneshot::channel();
        // One thread from the first file to the last event: a file is read sooner than another
        // thread is woken.
        let task = tokio::task::spawn_blocking(move || {
            let (records, output) = (options.records, options.output);
            match Replay::of(Store::new(state), session, segment, records, output) {
                Ok(replay) => {
                    // Whoever does not wait for it takes no events either.
                    let _ = opened.send(Ok(()));
                    replay_all(replay, liveness, &sender);
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        });
        is_open.await.expect("reading files does not panic")?;
        let kind = Kind::Replay(task);
        Ok((Self { kind }, events))
    }

    /// Makes a request. A run that is over has one answer to each.
    ///
    /// # Errors
    /// As [`Link::call`].
    pub async fn call(&self, request: Request) -> Result<Answer, ClientError> {
        match (&self.kind, request) {
            (Kind::Live(link, _), request) => link.call(request).await,
            (Kind::Replay(_), Request::Stop { .. } | Request::Cancel { .. } | Request::Kill) => {
                Ok(Answer::Done(Some(Done::Stop(StopAnswer {
                    stopped: false,
                    reason: Some(StopReason::AlreadyTerminal),
                }))))
            }
            (Kind::Replay(_), request) if request.acts() || matches!(request, Request::Process) => {
                Err(ended())
            }
            (Kind::Replay(_), _) => Err(ClientError::NotConnected),
        }
    }

    /// Types into the command's terminal.
    ///
    /// # Errors
    /// As [`Link::input`]; a run that is over refuses it.
    pub async fn input(&self, bytes: Bytes) -> Result<(), ClientError> {
        match &self.kind {
            Kind::Live(link, _) => link.input(bytes).await,
            Kind::Replay(_) => Err(ended()),
        }
    }

    /// Waits until the feed is over: after its last event, or after the receiver was dropped.
    pub async fn ended(self) {
        match self.kind {
            Kind::Live(link, passing) => {
                link.ended().await;
                drop(passing.await);
            }
            // A panic in the task is one in our own code and has been reported where it happened.
            Kind::Replay(task) => drop(task.await),
        }
    }
}

/// Sends all that a replay has, as fast as it is taken.
fn replay_all(mut replay: Replay, liveness: Liveness, sender: &mpsc::Sender<LinkEvent>) {
    let mut event = LinkEvent::Attached(Box::new(replay.attached()));
    loop {
        let last = matches!(event, LinkEvent::Closed(_) | LinkEvent::Lost { .. });
        // Nobody to send to: nobody wants the rest.
        if sender.blocking_send(event).is_err() || last {
            return;
        }
        event = replay.next_event(liveness);
    }
}

/// What a run that is over says to whoever wants something of its command.
fn ended() -> ClientError {
    ClientError::Refused(Refusal {
        id: 0,
        code: ErrorCode::NotRunning,
        message: "the run has ended".to_owned(),
    })
}

#[cfg(test)]
mod tests;
