//! Following a run to its end: what every verb that waits or watches shares.

use std::{collections::VecDeque, time::Duration};

use anyhow::{Context, Result, bail};
use discovery::{Feed, Row, Source};
use pod_client::{Answer, ClientError, LinkEvent, LinkOptions, Start};
use pod_protocol::{
    Liveness, Mode, Offset, Outcome, Phase, PodName, Record, Request, RunState, Seq, SessionId,
    Status,
};
use tokio::sync::mpsc::Receiver;

use super::roots::Roots;

/// How this program introduces itself to hosts.
pub(crate) const CLIENT: &str = concat!("tui ", env!("CARGO_PKG_VERSION"));

/// How long a host may take to say hello to a verb that needs no more than a connection.
pub(crate) const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// A run that is being followed, and its state as far as the records have come.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) feed: Feed,
    events: Receiver<LinkEvent>,
    /// What came while an answer was waited for. Records are folded at once, so this is an end, and
    /// the retry before it, at most.
    early: VecDeque<LinkEvent>,
    state: RunState,
    pod: PodOf,
    options: LinkOptions,
}

/// Which pod is followed, to find its files when its host is gone.
#[derive(Clone, Debug)]
pub(crate) struct PodOf {
    pub(crate) roots: Roots,
    pub(crate) name: PodName,
}

/// What a verb gets to see of a followed run.
#[derive(Debug)]
pub(crate) enum Step {
    /// Records, one a line.
    Records(bytes::Bytes),
    /// Output.
    Output {
        /// Where it stands in the output of the session.
        from: Offset,
        /// The bytes.
        bytes: bytes::Bytes,
        /// Whether a segment begins with them that is not the first one.
        begins_segment: bool,
    },
    /// Output that is no longer kept, before the next one.
    Gap {
        /// How much of it.
        bytes: u64,
    },
    /// The end.
    Ended(Ended),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    /// The code that mirrors it.
    pub(crate) exit_code: u8,
}

impl Ended {
    /// A run that ended without a segment has no code but that of its outcome.
    pub(crate) fn of(outcome: Outcome, state: &RunState) -> Self {
        let without_end = || pod_protocol::exit_code(outcome, None, None);
        let exit_code = state.exit_code(Liveness::Free).unwrap_or_else(without_end);
        Self { outcome, exit_code }
    }
}

/// The options of a feed that begins at the given places.
pub(crate) fn options(mode: Mode, records: Option<Start>, output: Option<Start>) -> LinkOptions {
    LinkOptions {
        mode,
        client: CLIENT.to_owned(),
        who: who(),
        records,
        output,
    }
}

/// The operator's name, for the record.
pub(crate) fn who() -> String {
    let uid = nix::unistd::getuid();
    let user = nix::unistd::User::from_uid(uid).ok().flatten();
    user.map_or_else(|| format!("uid {uid}"), |user| user.name)
}

/// Where the events of `row` come from, or a sentence that says why there are none.
pub(crate) fn source(roots: &Roots, row: &Row) -> Result<Source> {
    match row.source(&roots.for_discovery()) {
        Some(source) => Ok(source),
        None if row.live.is_some() => {
            bail!("pod {} cannot be read: {}", row.name, why_not(row))
        }
        None => bail!("pod {} has nothing to show: {}", row.name, row.preview()),
    }
}

/// A live pod whose host cannot be talked to.
#[derive(Debug)]
pub(crate) struct Unattachable {
    pub(crate) name: PodName,
    reason: String,
}

impl std::fmt::Display for Unattachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, reason } = self;
        write!(f, "pod {name} cannot be attached to: {reason}")
    }
}

impl std::error::Error for Unattachable {}

/// Refuses a live pod that has no more than files to show: they have no end yet to wait for.
pub(crate) fn check_attachable(row: &Row) -> Result<(), Unattachable> {
    match (&row.live, row.attachable()) {
        (Some(_), Err(reason)) => Err(Unattachable {
            name: row.name.clone(),
            reason: reason.to_string(),
        }),
        _ => Ok(()),
    }
}

fn why_not(row: &Row) -> String {
    row.attachable()
        .map_or_else(|reason| reason.to_string(), |_| row.preview())
}

impl Followed {
    /// Starts to follow. Records are always followed from the newest on at least, because the state
    /// is folded from them.
    pub(crate) async fn open(pod: PodOf, source: Source, options: LinkOptions) -> Result<Self> {
        let records = options.records.or(Some(Start::Back(0)));
        let options = LinkOptions { records, ..options };
        let (feed, events) = open_feed(source, &options).await?;
        Ok(Self {
            feed,
            events,
            early: VecDeque::new(),
            state: RunState::default(),
            pod,
            options,
        })
    }

    /// Waits until the run is there to be asked something.
    pub(crate) async fn connected(&mut self) -> Result<()> {
        loop {
            match self.events.recv().await {
                Some(LinkEvent::Attached(attached)) => {
                    self.state = attached.state;
                    return Ok(());
                }
                Some(LinkEvent::Lost { cause }) => self.finish_from_files(cause).await?,
                Some(_) => {}
                None => bail!("lost the pod: its events ended without an end"),
            }
        }
    }

    /// How the run is while its host lives, as far as the records have come.
    pub(crate) fn status(&self) -> Status {
        self.state.status(Liveness::Held)
    }

    /// The next thing that happens. A broken connection is retried once by the feed itself; when
    /// the host is gone, the rest comes from the files.
    pub(crate) async fn next(&mut self) -> Result<Step> {
        loop {
            let event = match self.early.pop_front() {
                Some(event) => Some(event),
                None => self.events.recv().await,
            };
            match event {
                Some(LinkEvent::Attached(attached)) => self.state = attached.state,
                Some(LinkEvent::Records { from, bytes }) => {
                    self.options.records = Some(fold(&mut self.state, from, &bytes));
                    return Ok(Step::Records(bytes));
                }
                Some(LinkEvent::Output {
                    from,
                    bytes,
                    begins_segment,
                }) => {
                    if let Some(Start::At(due)) = self.options.output
                        && due < from.0
                    {
                        self.options.output = Some(Start::At(from.0));
                        self.early.push_front(LinkEvent::Output {
                            from,
                            bytes,
                            begins_segment,
                        });
                        let bytes = from.0 - due;
                        return Ok(Step::Gap { bytes });
                    }
                    self.options.output = Some(Start::At(from.0 + bytes.len() as u64));
                    return Ok(Step::Output {
                        from,
                        bytes,
                        begins_segment,
                    });
                }
                Some(LinkEvent::Closed(outcome)) => {
                    if let Some(bytes) = self.lost_at_the_end() {
                        self.early.push_front(LinkEvent::Closed(outcome));
                        return Ok(Step::Gap { bytes });
                    }
                    return Ok(Step::Ended(Ended::of(outcome, &self.state)));
                }
                Some(LinkEvent::Retrying { .. } | LinkEvent::Terminal(_)) => {}
                Some(LinkEvent::Lost { .. }) if self.never_began().await => {
                    return Ok(Step::Ended(Ended::of(Outcome::Interrupted, &self.state)));
                }
                Some(LinkEvent::Lost { cause }) => self.finish_from_files(cause).await?,
                None => bail!("lost the pod: its events ended without an end"),
            }
        }
    }

    /// Whether the run was waiting for its turn when it was last heard of, and never got it.
    async fn never_began(&self) -> bool {
        let identity = self.state.identity.as_ref();
        match identity.filter(|_| self.state.phase == Phase::Empty) {
            Some(identity) => never_began(&self.pod, identity.session).await,
            None => false,
        }
    }

    /// How much output was lost behind the last that came, once.
    fn lost_at_the_end(&mut self) -> Option<u64> {
        let Some(Start::At(due)) = self.options.output else {
            return None;
        };
        let kept = self.state.gaps.kept_from(Offset(due)).0;
        self.options.output = Some(Start::At(kept));
        (kept > due).then(|| kept - due)
    }

    /// Makes a request and goes on taking events, without which its answer might never be read. Only
    /// for runs of which no output is followed.
    pub(crate) async fn call(&mut self, request: Request) -> Result<Answer, ClientError> {
        let Self {
            feed,
            events,
            early,
            state,
            options,
            ..
        } = self;
        let call = feed.call(request);
        tokio::pin!(call);
        loop {
            tokio::select! {
                answer = &mut call => return answer,
                Some(event) = events.recv() => match event {
                    LinkEvent::Attached(attached) => *state = attached.state,
                    LinkEvent::Records { from, bytes } => {
                        options.records = Some(fold(state, from, &bytes));
                    }
                    LinkEvent::Output { .. } | LinkEvent::Terminal(_) => {}
                    event => early.push_back(event),
                },
            }
        }
    }

    /// Whether nobody hosts the run any more.
    pub(crate) async fn is_over(&self) -> bool {
        files_of_the_dead(&self.pod).await.is_some()
    }

    async fn finish_from_files(&mut self, cause: ClientError) -> Result<()> {
        match files_of_the_dead(&self.pod).await {
            None => Err(cause).context("lost the pod"),
            Some(source) => {
                (self.feed, self.events) = open_feed(source, &self.options).await?;
                Ok(())
            }
        }
    }

    /// Goes on until the end.
    pub(crate) async fn ended(&mut self) -> Result<Ended> {
        loop {
            if let Step::Ended(ended) = self.next().await? {
                return Ok(ended);
            }
        }
    }
}

/// Folds records from `from` on and returns where the next ones begin. Records that the state has
/// seen already, because they came with the attach, change nothing.
fn fold(state: &mut RunState, from: Seq, lines: &[u8]) -> Start {
    let mut next = from.0;
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        next += 1;
        if let Ok(record) = Record::from_line(line)
            && record.seq > state.seq
        {
            state.apply(&record);
        }
    }
    Start::At(next)
}

async fn open_feed(source: Source, options: &LinkOptions) -> Result<(Feed, Receiver<LinkEvent>)> {
    Feed::open(source, options.clone())
        .await
        .context("cannot read the run")
}

/// Whether nobody hosts the pod any more and `session`, which waited for its turn, has no log: what
/// the pod's name stands for now is another run, or none.
pub(crate) async fn never_began(pod: &PodOf, session: SessionId) -> bool {
    let roots = pod.roots.for_discovery();
    let row = discovery::look_up(&roots, &pod.name, discovery::ANSWER_DEADLINE).await;
    row.is_none_or(|row| {
        let stored = row.stored.filter(|stored| stored.session == Some(session));
        row.live.is_none() && stored.is_none_or(|stored| stored.run().is_none())
    })
}

/// The files of a pod whose host is gone: whoever was slower than it reads the rest there. `None`
/// while somebody holds its lease.
pub(crate) async fn files_of_the_dead(pod: &PodOf) -> Option<Source> {
    let roots = pod.roots.for_discovery();
    let row = discovery::look_up(&roots, &pod.name, discovery::ANSWER_DEADLINE).await?;
    row.live
        .is_none()
        .then(|| row.stored_source(&roots))
        .flatten()
}

/// Where the pod's events come from now: its host if it is live, else its files.
pub(crate) async fn source_now(pod: &PodOf) -> Result<Source> {
    let roots = pod.roots.for_discovery();
    let row = discovery::reach(&roots, &pod.name, discovery::ANSWER_DEADLINE).await;
    let row = row.with_context(|| format!("pod {} is gone", pod.name))?;
    source(&pod.roots, &row)
}

/// The pod as it is now.
pub(crate) async fn row_now(pod: &PodOf) -> Result<Row> {
    let roots = pod.roots.for_discovery();
    let row = discovery::look_up(&roots, &pod.name, discovery::ANSWER_DEADLINE).await;
    row.with_context(|| format!("pod {} is gone", pod.name))
}
