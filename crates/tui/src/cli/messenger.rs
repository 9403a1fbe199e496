//! Between a monitor and its run: news one way, orders the other.

mod backlog;
mod typist;

use std::{
    path::{Path, PathBuf},
    pin::Pin,
    time::Duration,
};

use discovery::{Feed, Source};
use pod_client::{Answer, LinkEvent, Start};
use pod_protocol::{Done, Mode, Outcome, Process, Request, SessionId, StopReason};
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::{Instant, sleep},
};

use self::backlog::{Backlog, Streams};
use super::{
    follow::{self, PodOf},
    json, promote, resume,
    show::relative_text,
    stop::GRACE_MS,
};
use crate::screen::{
    monitor::{Ask, Launch, News, Order, Standing, TerminalOrder},
    pace::Pace,
};
use typist::{Told, Typist};

/// How much output a monitor shows at once when it opens; more comes when the operator scrolls.
/// A hundred lines and more, but little enough to be there with the first frame.
const OUTPUT_BACK_BYTES: u64 = 32 * 1024;
/// How many records it shows at once.
const RECORDS_BACK: u64 = 500;

/// What the operator came for is on the screen before the relatives of the run are looked at.
const STANDING_AFTER: Duration = Duration::from_millis(50);

/// Carries news to the screen and orders to the run.
pub(crate) struct Messenger {
    pod: PodOf,
    mode: Mode,
    news: mpsc::Sender<News>,
    orders: mpsc::Receiver<Order>,
    terminal: mpsc::Receiver<TerminalOrder>,
    /// The session that is shown.
    session: Option<SessionId>,
    /// Who reads its logs is told.
    session_told: watch::Sender<Option<SessionId>>,
    /// Whether it waits for its turn.
    pending: bool,
    /// The first record and byte that have not come yet: where a reconnect goes on.
    next_seq: Option<u64>,
    next_offset: Option<u64>,
    /// Output that the screen has not been given yet.
    backlog: Backlog,
    streams: Streams,
    /// Before this moment it gets no more.
    pace: Pace,
}

impl Messenger {
    pub(crate) fn new(
        pod: PodOf,
        mode: Mode,
        news: mpsc::Sender<News>,
        orders: mpsc::Receiver<Order>,
        terminal: mpsc::Receiver<TerminalOrder>,
        session_told: watch::Sender<Option<SessionId>>,
    ) -> Self {
        Self {
            pod,
            mode,
            news,
            orders,
            terminal,
            session: None,
            session_told,
            pending: false,
            next_seq: None,
            next_offset: None,
            backlog: Backlog::default(),
            streams: Streams::default(),
            pace: Pace::default(),
        }
    }

    /// Works until the screen is gone.
    pub(crate) async fn run(mut self, source: Source) {
        let mut source = Ok(source);
        loop {
            let waited = match source {
                Ok(source) => self.follow(source).await,
                Err(cause) => self.send(News::Lost { cause }).await,
            };
            if waited.is_none() || self.wait_for_order().await.is_none() {
                return;
            }
            source = match self.look_again().await {
                Ok((source, session)) => {
                    if session.is_some() && self.session.is_some() && session != self.session {
                        self.forget();
                        if self.send(News::Anew).await.is_none() {
                            return;
                        }
                    }
                    Ok(source)
                }
                Err(error) => Err(format!("{error:#}")),
            };
        }
    }

    /// Where the pod's news come from now, and of which session: another one if somebody has run it
    /// again.
    async fn look_again(&self) -> anyhow::Result<(Source, Option<SessionId>)> {
        let row = follow::row_now(&self.pod).await?;
        Ok((follow::source(&self.pod.roots, &row)?, row.session()))
    }

    /// Begins at the beginning of another session.
    fn forget(&mut self) {
        self.session = None;
        self.session_told.send_replace(None);
        (self.next_seq, self.next_offset) = (None, None);
        self.backlog = Backlog::default();
        self.streams = Streams::default();
    }

    /// Follows the run to its end or to a lost connection; `None` when the screen is gone.
    async fn follow(&mut self, source: Source) -> Option<()> {
        let records = self.next_seq.map_or(Start::Back(RECORDS_BACK), Start::At);
        let output = self
            .next_offset
            .map_or(Start::Back(OUTPUT_BACK_BYTES), Start::At);
        let link = follow::options(self.mode, Some(records), Some(output));
        let is_live = matches!(source, Source::Live { .. });
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
        // Of another segment the marks are others.
        self.streams = Streams::default();
        // Events are taken while the answer is waited for: without that it might never be read.
        let mut asking: Option<Pin<Box<_>>> = None;
        let mut looking: Option<Pin<Box<_>>> = None;
        let mut standing: Option<Pin<Box<_>>> = None;
        let mut typist = Typist::new(&feed);
        loop {
            tokio::select! {
                (ask, settled) = settled(&mut asking) => {
                    asking = None;
                    self.send(News::Settled(ask, settled)).await?;
                }
                told = typist.next(&mut self.terminal) => match told {
                    Told::News(news) => self.send(news).await?,
                    Told::Typed => self.pace.note_typing(Instant::now()),
                },
                () = self.pace.wait(), if !self.backlog.is_empty() => {
                    self.show_output().await?;
                }
                event = events.recv() => match self.pass_on(event?).await? {
                    Passed::On => {}
                    // Beside the run, which is what the operator came for.
                    Passed::Attached if is_live => {
                        let stands = self.standing();
                        standing = Some(Box::pin(async move {
                            sleep(STANDING_AFTER).await;
                            stands.await
                        }));
                    }
                    Passed::Attached => {}
                    Passed::Ended => return Some(()),
                    Passed::HostGone(files) => return Box::pin(self.follow(files)).await,
                },
                stands = settled(&mut standing) => {
                    standing = None;
                    if let Some(stands) = stands {
                        self.send(News::Standing(stands)).await?;
                    }
                }
                process = settled(&mut looking) => {
                    looking = None;
                    self.send(News::Process(process)).await?;
                }
                order = self.orders.recv(), if asking.is_none() => {
                    match order? {
                        Order::Ask(ask) => asking = Some(Box::pin(put(&feed, ask))),
                        Order::Look => looking = Some(Box::pin(look(&feed))),
                        order => self.refuse(order).await?,
                    }
                }
            }
        }
    }

    /// Passes an event on to the screen; `None` when that is gone.
    async fn pass_on(&mut self, event: LinkEvent) -> Option<Passed> {
        self.note(&event);
        let Some(event) = self.queue(event).await? else {
            return Some(Passed::On);
        };
        let event = self.judge(event).await;
        if matches!(event, LinkEvent::Lost { .. })
            && let Some(files) = follow::files_of_the_dead(&self.pod).await
        {
            return Some(Passed::HostGone(files));
        }
        let passed = match event {
            LinkEvent::Closed(_) | LinkEvent::Lost { .. } => {
                // Before the end: from then on the operator may want the run to go on.
                self.tell_standing().await?;
                Passed::Ended
            }
            LinkEvent::Attached(_) => Passed::Attached,
            _ => Passed::On,
        };
        self.send(event.into()).await?;
        Some(passed)
    }

    /// Says that a run that goes on cannot be done with like one that is over.
    async fn refuse(&self, order: Order) -> Option<()> {
        let why = "the run is not over".to_owned();
        match order {
            Order::Launch(launch) => self.send(News::NotLaunched(launch, why)).await,
            Order::Promote(_) => self.send(News::Promoted(Err(why))).await,
            Order::Ask(_) | Order::Look | Order::Reconnect => Some(()),
        }
    }

    /// A host that is lost before its run has begun is the end of that run, which no file tells.
    async fn judge(&self, event: LinkEvent) -> LinkEvent {
        match (&event, self.session.filter(|_| self.pending)) {
            (LinkEvent::Lost { .. }, Some(session))
                if follow::never_began(&self.pod, session).await =>
            {
                LinkEvent::Closed(Outcome::Interrupted)
            }
            _ => event,
        }
    }

    fn note(&mut self, event: &LinkEvent) {
        match event {
            LinkEvent::Attached(attached) => {
                let identity = attached.state.identity.as_ref();
                self.session = identity.map(|identity| identity.session);
                self.session_told.send_replace(self.session);
                self.pending = attached.segment.is_none();
            }
            LinkEvent::Records { from, bytes } => {
                let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
                self.next_seq = Some(from.0 + lines);
            }
            LinkEvent::Output { from, bytes, .. } => {
                self.next_offset = Some(from.0 + bytes.len() as u64);
            }
            _ => {}
        }
    }

    /// Waits until the operator wants to see more of the run; `None` when the screen is gone.
    async fn wait_for_order(&mut self) -> Option<()> {
        loop {
            match self.orders.recv().await? {
                Order::Reconnect => return Some(()),
                Order::Promote(path) => {
                    let promoted = self.promote(path).await;
                    self.send(News::Promoted(promoted)).await?;
                }
                Order::Look => {}
                Order::Ask(ask) => {
                    let refused = "not connected: reconnect first".to_owned();
                    self.send(News::Settled(ask, Err(refused))).await?;
                }
                Order::Launch(launch) => match self.launch(launch).await {
                    Ok(()) if launch == Launch::Rerun => {
                        self.forget();
                        return self.send(News::Anew).await;
                    }
                    Ok(()) => return Some(()),
                    Err(why) => self.send(News::NotLaunched(launch, why)).await?,
                },
            }
        }
    }

    /// Lets the run go on as the same pod.
    async fn launch(&self, launch: Launch) -> Result<(), String> {
        let session = self.session.ok_or("nothing is known of it")?;
        let PodOf { roots, name } = self.pod.clone();
        let launched = spawn_blocking(move || match launch {
            Launch::Resume => resume::take_up(&roots, &name, session),
            Launch::Rerun => resume::repeat(&roots, name.clone(), &name, session, false),
        });
        match launched.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(format!("{error:#}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Copies an artifact to where it stays.
    async fn promote(&self, path: String) -> Result<(PathBuf, String), String> {
        let session = self.session.ok_or("nothing is known of it")?;
        let PodOf { roots, name } = self.pod.clone();
        let promoted = spawn_blocking(move || promote::carry_out(&roots, &name, session, &path));
        match promoted.await {
            Ok(Ok(promoted)) => {
                let place = promoted.directory.strip_prefix(&self.pod.roots.state);
                let place = place.map(Path::to_owned);
                Ok((place.unwrap_or(promoted.directory), promoted.digest))
            }
            Ok(Err(error)) => Err(format!("{:#}", anyhow::Error::from(error))),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Says what can be done with the run and what it repeats.
    async fn tell_standing(&self) -> Option<()> {
        match self.standing().await {
            Some(standing) => self.send(News::Standing(standing)).await,
            None => Some(()),
        }
    }

    /// What can be done with the run and what it repeats, as far as it is known which it is.
    fn standing(&self) -> impl Future<Output = Option<Standing>> + use<> {
        let (session, pod) = (self.session, self.pod.clone());
        async move {
            let session = session?;
            let roots = pod.roots.for_discovery();
            let row = discovery::look_up(&roots, &pod.name, discovery::ANSWER_DEADLINE).await;
            let restorable = match &row {
                Some(row) => row.restorable().map_err(|reason| reason.to_string()),
                None => Err("the pod is gone".to_owned()),
            };
            let tree = spawn_blocking(move || discovery::lineage(&roots, session)).await;
            let tree = tree.unwrap_or_default();
            let now = json::now();
            let lines = tree.iter().filter(|_| tree.len() > 1);
            let lineage = lines.map(|relative| relative_text(relative, Some(session), now));
            Some(Standing {
                restorable,
                lineage: lineage.collect(),
            })
        }
    }

    /// Keeps output for the screen; anything else comes back. `None` when the screen is gone.
    async fn queue(&mut self, event: LinkEvent) -> Option<Option<LinkEvent>> {
        match event {
            LinkEvent::Output {
                from,
                bytes,
                begins_segment,
            } => {
                self.backlog.add(from, bytes, begins_segment);
                return Some(None);
            }
            // These may come before output that is older, but nothing else does.
            LinkEvent::Records { .. } | LinkEvent::Terminal(_) => {}
            _ => {
                while !self.backlog.is_empty() {
                    self.show_output().await?;
                }
            }
        }
        Some(Some(event))
    }

    /// Gives the screen what has come since the last time.
    async fn show_output(&mut self) -> Option<()> {
        let Some(printed) = self.backlog.take() else {
            return Some(());
        };
        self.pace.note(Instant::now());
        if matches!(self.streams, Streams::One) {
            return self.send(News::Output(printed)).await;
        }
        let mut streams = std::mem::take(&mut self.streams);
        let (state, session) = (self.pod.roots.state.clone(), self.session);
        let told = spawn_blocking(move || {
            let printed = streams.tell(printed, &state, session);
            (streams, printed)
        });
        let (streams, printed) = told.await.ok()?;
        self.streams = streams;
        self.send(News::Output(printed)).await
    }

    async fn send(&self, news: News) -> Option<()> {
        self.news.send(news).await.ok()
    }
}

/// What has been passed on to the screen.
enum Passed {
    /// Something on the way.
    On,
    /// How the run stands.
    Attached,
    /// The end of it, or of the connection.
    Ended,
    /// Nothing: the host is gone, and the rest is in these files.
    HostGone(Source),
}

/// What comes of a request, if one was made.
async fn settled<T>(request: &mut Option<Pin<Box<impl Future<Output = T>>>>) -> T {
    match request {
        Some(request) => request.await,
        None => std::future::pending().await,
    }
}

/// What the command's process does; nothing from a host that cannot say.
async fn look(feed: &Feed) -> Option<Process> {
    match feed.call(Request::Process).await {
        Ok(Answer::Done(Some(Done::Process(answer)))) => Some(answer.process),
        _ => None,
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
