//! Types into the command's terminal, and whatever else is wanted of that terminal, in order.
//!
//! A command may not read what is typed for as long as it likes, so typing waits beside everything
//! else: giving up control or setting the size does not wait for it. What is typed meanwhile goes in
//! one piece afterwards.

use std::{collections::VecDeque, future::pending, pin::Pin};

use discovery::Feed;
use pod_client::ClientError;
use pod_protocol::{ErrorCode, Request};
use tokio::sync::mpsc;

use crate::screen::monitor::{News, TerminalOrder};

/// What may wait to be typed: room for a few pastes. A command that does not read gets no more.
const WAITING_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Requests that may wait. Each is the answer to a key or to a change of the screen.
const CALLS_MAX: usize = 64;

type Work<'a, T> = Option<Pin<Box<dyn Future<Output = T> + Send + 'a>>>;

/// What came of typing.
pub(super) enum Told {
    /// Something for the screen.
    News(News),
    /// The operator types.
    Typed,
}

/// One for each connection: with it goes what was not typed.
pub(super) struct Typist<'a> {
    feed: &'a Feed,
    /// What has not been asked for yet.
    calls: VecDeque<Request>,
    /// What has not been typed yet.
    waiting: Vec<u8>,
    calling: Work<'a, (Request, Result<(), ClientError>)>,
    typing: Work<'a, Result<(), ClientError>>,
}

impl<'a> Typist<'a> {
    pub(super) const fn new(feed: &'a Feed) -> Self {
        Self {
            feed,
            calls: VecDeque::new(),
            waiting: Vec::new(),
            calling: None,
            typing: None,
        }
    }

    /// Works until there is something to tell, or something was typed. Can be cancelled without
    /// losing anything.
    pub(super) async fn next(&mut self, orders: &mut mpsc::Receiver<TerminalOrder>) -> Told {
        loop {
            self.begin();
            let told = tokio::select! {
                (request, outcome) = done(&mut self.calling) => {
                    self.calling = None;
                    called(&request, outcome)
                }
                outcome = done(&mut self.typing) => {
                    self.typing = None;
                    outcome.err().and_then(not_typed)
                }
                order = orders.recv() => match order {
                    Some(order) => return self.take(order).map_or(Told::Typed, Told::News),
                    None => pending().await,
                },
            };
            if let Some(news) = told {
                return Told::News(news);
            }
        }
    }

    /// Begins what can be begun. Nothing is typed before what was asked for earlier is settled: the
    /// program is to see it at the size that was asked for.
    fn begin(&mut self) {
        let feed = self.feed;
        if self.calling.is_none()
            && let Some(request) = self.calls.pop_front()
        {
            self.calling = Some(Box::pin(async move {
                let outcome = feed.call(request.clone()).await.map(drop);
                (request, outcome)
            }));
        }
        if self.calling.is_none() && self.typing.is_none() && !self.waiting.is_empty() {
            let bytes = std::mem::take(&mut self.waiting);
            self.typing = Some(Box::pin(feed.input(bytes.into())));
        }
    }

    fn take(&mut self, order: TerminalOrder) -> Option<News> {
        let request = match order {
            TerminalOrder::Type(bytes) => {
                if self.waiting.len() + bytes.len() > WAITING_BYTES_MAX {
                    let why = "the command does not read what was typed before";
                    return Some(News::NotTyped(why.to_owned()));
                }
                self.waiting.extend(bytes);
                return None;
            }
            TerminalOrder::Take => Request::Control { take: true },
            // What was typed before that is typed all the same: a host takes it from anybody.
            TerminalOrder::LetGo => Request::Control { take: false },
            TerminalOrder::Resize(size) => {
                // Only the last size matters.
                self.calls
                    .retain(|call| !matches!(call, Request::Resize { .. }));
                Request::Resize {
                    cols: size.cols,
                    rows: size.rows,
                }
            }
            TerminalOrder::Repaint => Request::Repaint,
        };
        if self.calls.len() >= CALLS_MAX {
            return Some(News::NotTyped("the host does not answer".to_owned()));
        }
        self.calls.push_back(request);
        None
    }
}

fn called(request: &Request, outcome: Result<(), ClientError>) -> Option<News> {
    match (request, outcome) {
        (Request::Control { take: true }, outcome) => {
            Some(News::Took(outcome.map_err(|error| error.to_string())))
        }
        // A size or a redraw that was refused leaves everything as it is.
        _ => None,
    }
}

/// That control was taken by somebody else is told by the host, and a connection that broke as well.
fn not_typed(error: ClientError) -> Option<News> {
    match error {
        ClientError::Refused(refusal) if refusal.code == ErrorCode::NotControlling => None,
        ClientError::NotConnected => None,
        error => Some(News::NotTyped(error.to_string())),
    }
}

async fn done<T>(work: &mut Work<'_, T>) -> T {
    match work {
        Some(work) => work.await,
        None => pending().await,
    }
}
