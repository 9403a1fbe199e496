//! `tui attach`: the monitor on a terminal, plain following elsewhere.

use std::{
    io::{self, IsTerminal},
    pin::Pin,
};

use anyhow::Result;
use discovery::{Feed, Source};
use pod_client::{Answer, LinkEvent, Start};
use pod_protocol::{Done, Mode, Offset, PodName, Request, StopReason};
use tokio::sync::mpsc;

use super::{
    apart::Apart,
    arguments::AttachOptions,
    exit,
    follow::{self, Ended, Followed, PodOf, Step},
    logs::Sink,
    on_terminal,
    outlook::Outlook,
    roots::Roots,
    runtime,
    stop::GRACE_MS,
    target,
};
use crate::screen::monitor::{self, Ask, Leaving, Left, News, Occasion, Order};

/// How much output a monitor shows at once when it opens; more comes when the operator scrolls.
const OUTPUT_BACK_BYTES: u64 = 256 * 1024;
/// How many records it shows at once.
const RECORDS_BACK: u64 = 10_000;
/// News that may wait for the screen. Each is at most one piece of a log.
const NEWS_MAX: usize = 8;
/// Orders that may wait: they come from keys.
const ORDERS_MAX: usize = 8;

pub(crate) fn attach(roots: &Roots, outlook: &Outlook, options: &AttachOptions) -> Result<u8> {
    runtime()?.block_on(async {
        let row = target::find(roots, &options.pod).await?;
        let source = follow::source(roots, &row)?;
        let mode = if options.read_only {
            Mode::ReadOnly
        } else {
            Mode::Control
        };
        if !on_terminal() {
            let pod = PodOf {
                roots: roots.clone(),
                name: row.name,
            };
            let ended = follow_as_text(pod, source, mode, Start::At(0), Printer::merged()).await?;
            return Ok(if options.exit_status {
                ended.exit_code
            } else {
                0
            });
        }
        let visit = Visit {
            name: row.name,
            mode,
            occasion: Occasion::Visit,
        };
        Ok(match watch(roots, outlook, source, visit).await? {
            Watched::Ended(exit_code) if options.exit_status => exit_code,
            Watched::Ended(_) | Watched::GoesOn => 0,
            Watched::Signalled(signal) => exit::after_signal(signal),
        })
    })
}

/// Who opens the monitor, and why.
pub(crate) struct Visit {
    pub(crate) name: PodName,
    pub(crate) mode: Mode,
    pub(crate) occasion: Occasion,
}

/// How a visit to the monitor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watched {
    /// The operator left; the run goes on.
    GoesOn,
    /// The operator left after the run had ended, with this exit code.
    Ended(u8),
    /// A signal took the screen away.
    Signalled(i32),
}

/// Shows the monitor until the operator leaves.
pub(crate) async fn watch(
    roots: &Roots,
    outlook: &Outlook,
    source: Source,
    visit: Visit,
) -> Result<Watched> {
    let (news_sender, news) = mpsc::channel(NEWS_MAX);
    let (orders, order_receiver) = mpsc::channel(ORDERS_MAX);
    let options = monitor::Options {
        name: visit.name.clone(),
        occasion: visit.occasion,
        read_only: visit.mode == Mode::ReadOnly,
        palette: outlook.palette,
    };
    let messenger = Messenger {
        pod: PodOf {
            roots: roots.clone(),
            name: visit.name,
        },
        mode: visit.mode,
        news: news_sender,
        orders: order_receiver,
        next_seq: None,
        next_offset: None,
    };
    let messenger = tokio::spawn(messenger.run(source));
    let Left { how, status } =
        monitor::run(monitor::Source { news, orders }, options.clone()).await?;
    // The screen is gone: nobody reads the news any more.
    messenger.abort();
    if let Leaving::Signalled(signal) = how {
        return Ok(Watched::Signalled(signal));
    }
    if !status.is_terminal() {
        return Ok(Watched::GoesOn);
    }
    // The run's own code needs the whole fold, which the files have.
    let pod = PodOf {
        roots: roots.clone(),
        name: options.name,
    };
    let source = follow::source_now(&pod).await?;
    let link = follow::options(Mode::ReadOnly, Some(Start::Back(0)), None);
    let ended = Followed::open(pod, source, link).await?.ended().await?;
    Ok(Watched::Ended(ended.exit_code))
}

/// Carries news to the screen and orders to the run.
struct Messenger {
    pod: PodOf,
    mode: Mode,
    news: mpsc::Sender<News>,
    orders: mpsc::Receiver<Order>,
    /// The first record and byte that have not come yet: where a reconnect goes on.
    next_seq: Option<u64>,
    next_offset: Option<u64>,
}

impl Messenger {
    /// Works until the screen is gone.
    async fn run(mut self, source: Source) {
        let mut source = Ok(source);
        loop {
            let waited = match source {
                Ok(source) => self.follow(source).await,
                Err(cause) => self.send(News::Lost { cause }).await,
            };
            if waited.is_none() || self.wait_for_reconnect().await.is_none() {
                return;
            }
            source = follow::source_now(&self.pod)
                .await
                .map_err(|error| format!("{error:#}"));
        }
    }

    /// Follows the run to its end or to a lost connection; `None` when the screen is gone.
    async fn follow(&mut self, source: Source) -> Option<()> {
        let records = self.next_seq.map_or(Start::Back(RECORDS_BACK), Start::At);
        let output = self
            .next_offset
            .map_or(Start::Back(OUTPUT_BACK_BYTES), Start::At);
        let link = follow::options(self.mode, Some(records), Some(output));
        let (feed, mut events) = match Feed::open(source, link).await {
            Ok(opened) => opened,
            Err(error) => {
                return self
                    .send(News::Lost {
                        cause: error.to_string(),
                    })
                    .await;
            }
        };
        // Events are taken while the answer is waited for: without that it might never be read.
        let mut asking: Option<Pin<Box<_>>> = None;
        loop {
            tokio::select! {
                (ask, settled) = settled(&mut asking) => {
                    asking = None;
                    self.send(News::Settled(ask, settled)).await?;
                }
                event = events.recv() => {
                    let event = event?;
                    self.note(&event);
                    if matches!(event, LinkEvent::Lost { .. })
                        && let Some(files) = follow::files_of_the_dead(&self.pod).await
                    {
                        return Box::pin(self.follow(files)).await;
                    }
                    let last = matches!(event, LinkEvent::Closed(_) | LinkEvent::Lost { .. });
                    self.send(event.into()).await?;
                    if last {
                        return Some(());
                    }
                }
                order = self.orders.recv(), if asking.is_none() => {
                    if let Order::Ask(ask) = order? {
                        asking = Some(Box::pin(put(&feed, ask)));
                    }
                }
            }
        }
    }

    fn note(&mut self, event: &LinkEvent) {
        match event {
            LinkEvent::Records { from, bytes } => {
                let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
                self.next_seq = Some(from.0 + lines);
            }
            LinkEvent::Output { from, bytes } => {
                self.next_offset = Some(from.0 + bytes.len() as u64);
            }
            _ => {}
        }
    }

    async fn wait_for_reconnect(&mut self) -> Option<()> {
        loop {
            match self.orders.recv().await? {
                Order::Reconnect => return Some(()),
                Order::Ask(ask) => {
                    let refused = "not connected: reconnect first".to_owned();
                    self.send(News::Settled(ask, Err(refused))).await?;
                }
            }
        }
    }

    async fn send(&self, news: News) -> Option<()> {
        self.news.send(news).await.ok()
    }
}

/// What comes of a request, if one was made.
async fn settled<T>(request: &mut Option<Pin<Box<impl Future<Output = T>>>>) -> T {
    match request {
        Some(request) => request.await,
        None => std::future::pending().await,
    }
}

/// Asks something of the run.
async fn put(feed: &Feed, ask: Ask) -> (Ask, Result<(), String>) {
    let grace_ms = GRACE_MS;
    let request = match ask {
        Ask::Stop => Request::Stop { grace_ms },
        Ask::Cancel => Request::Cancel { grace_ms },
        Ask::Kill => Request::Kill,
        Ask::Pause => Request::Pause,
        Ask::Continue => Request::Continue,
    };
    let settled = match feed.call(request).await {
        Ok(Answer::Done(Some(Done::Stop(answer))))
            if answer.reason == Some(StopReason::AlreadyTerminal) =>
        {
            Err("it has ended already".to_owned())
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    (ask, settled)
}

/// Where the output of a run goes.
pub(crate) enum Printer {
    /// All of it to standard output.
    Merged(Box<Sink>),
    /// Each stream to its own.
    Apart(Box<Apart>),
}

impl Printer {
    /// All to standard output: into a pipe or a file go the exact bytes, a terminal gets printable
    /// text only.
    pub(crate) fn merged() -> Self {
        Self::Merged(Box::new(Sink::new(!io::stdout().is_terminal())))
    }

    fn write(&mut self, from: Offset, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Merged(sink) => sink.write(bytes),
            Self::Apart(apart) => apart.write(from, bytes),
        }
    }

    fn gap(&mut self, bytes: u64) -> Result<()> {
        match self {
            Self::Merged(sink) => sink.gap(bytes),
            Self::Apart(apart) => apart.gap(bytes),
        }
    }

    fn finish(&mut self) -> Result<()> {
        match self {
            Self::Merged(sink) => sink.finish(),
            Self::Apart(apart) => apart.finish(),
        }
    }
}

/// Writes the output of a run until it ends.
pub(crate) async fn follow_as_text(
    pod: PodOf,
    source: Source,
    mode: Mode,
    from: Start,
    mut printer: Printer,
) -> Result<Ended> {
    let link = follow::options(mode, None, Some(from));
    let mut followed = Followed::open(pod, source, link).await?;
    loop {
        match followed.next().await? {
            Step::Output { from, bytes } => printer.write(from, &bytes)?,
            Step::Gap { bytes } => printer.gap(bytes)?,
            Step::Records(_) => {}
            Step::Ended(ended) => {
                printer.finish()?;
                return Ok(ended);
            }
        }
    }
}
