//! The task that owns a link's stream. Everything it decides without waiting is in
//! [`Positions`] and [`Allowance`].

use std::{collections::VecDeque, future::Future, time::Duration};

use bytes::BytesMut;
use pod_protocol::{
    Attached, ClientMessage, Decoder, Framed, HostMessage, Outcome, Request, encode,
};
use tokio::{
    io::{AsyncWriteExt, ReadHalf, WriteHalf},
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};

use super::{CALLS_WAITING_MAX, Call, LinkEvent, LinkOptions};
use crate::{
    Answer, ByteStream, ClientError, Connection, Endpoint,
    backoff::{Allowance, RETRY_AFTER},
    connection::{ANSWER_TIMEOUT, name_of, next, unexpected, write_error},
    positions::Positions,
};

/// How long a host may take to accept and to say hello. Longer than a probe waits: the operator
/// chose this pod.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens streams to one pod.
pub(super) trait Dial: Send + 'static {
    fn dial(&mut self) -> impl Future<Output = Result<Connection, ClientError>> + Send;
}

impl Dial for Endpoint {
    async fn dial(&mut self) -> Result<Connection, ClientError> {
        Connection::dial(self, DIAL_TIMEOUT).await
    }
}

/// Why a stream is over.
#[derive(Debug)]
enum End {
    /// The run is.
    Closed(Outcome),
    /// Nobody wants the events any more.
    Unwanted,
    /// It did not work.
    Failed(ClientError),
}

impl From<ClientError> for End {
    fn from(cause: ClientError) -> Self {
        Self::Failed(cause)
    }
}

/// A request that the host has not answered yet.
struct Asked {
    id: u64,
    operation: &'static str,
    /// `None` for what waits for the command and not for the host.
    deadline: Option<Instant>,
    /// `None` for what the link asked by itself.
    answer: Option<Asker>,
}

type Asker = oneshot::Sender<Result<Answer, ClientError>>;

/// One stream that is up.
struct Stream {
    read: ReadHalf<Box<dyn ByteStream>>,
    write: WriteHalf<Box<dyn ByteStream>>,
    decoder: Decoder<HostMessage>,
    unsent: BytesMut,
    next_id: u64,
    asked: VecDeque<Asked>,
    /// An event that found no room, and since when. Nothing is read from the stream meanwhile.
    held: Option<(LinkEvent, Instant)>,
    /// Whether the segment is pending: the host says by itself when it has begun.
    pending: bool,
}

impl Stream {
    fn new(connection: Connection, pending: bool) -> Self {
        let (stream, decoder, next_id) = connection.into_parts();
        let (read, write) = tokio::io::split(stream);
        Self {
            read,
            write,
            decoder,
            unsent: BytesMut::new(),
            next_id,
            asked: VecDeque::new(),
            held: None,
            pending,
        }
    }

    fn ask(&mut self, request: Request, payload: &[u8], answer: Option<Asker>) {
        let id = self.next_id;
        self.next_id += 1;
        let is_input = matches!(request, Request::Input { .. });
        self.asked.push_back(Asked {
            id,
            operation: name_of(&request),
            deadline: (!is_input).then(|| Instant::now() + ANSWER_TIMEOUT),
            answer,
        });
        let line = encode(&ClientMessage { id, request });
        self.unsent.extend_from_slice(&line);
        self.unsent.extend_from_slice(payload);
    }

    /// Hands an answer to who asked. What refuses the link's own requests ends the link; what comes
    /// when nobody waits for it any more does not.
    fn answered(
        &mut self,
        id: u64,
        answer: Result<Answer, ClientError>,
    ) -> Result<(), ClientError> {
        let at = self.asked.iter().position(|asked| asked.id == id);
        match (at.and_then(|at| self.asked.remove(at)), answer) {
            (
                Some(Asked {
                    answer: Some(asker),
                    ..
                }),
                answer,
            ) => {
                // Who asked may have stopped waiting.
                let _ = asker.send(answer);
                Ok(())
            }
            (None, _) if (1..self.next_id).contains(&id) => Ok(()),
            (_, Err(refusal)) => Err(refusal),
            (_, Ok(_)) => Ok(()),
        }
    }

    /// When the first of the requests has waited long enough.
    fn deadline(&self) -> Option<Instant> {
        self.asked.iter().filter_map(|asked| asked.deadline).min()
    }

    /// Gives up on the request that has waited longest.
    fn expire(&mut self) -> Result<(), ClientError> {
        let timed = self.asked.iter().filter(|asked| asked.deadline.is_some());
        let Some(Asked { id, operation, .. }) = timed.min_by_key(|asked| asked.deadline) else {
            return Ok(());
        };
        let (id, operation) = (*id, *operation);
        let waited = ANSWER_TIMEOUT;
        self.answered(id, Err(ClientError::Silent { operation, waited }))
    }

    /// Takes one message of the host. The outcome, when it is the last.
    fn take(
        &mut self,
        positions: &mut Positions,
        framed: Framed<HostMessage>,
    ) -> Result<Option<Outcome>, ClientError> {
        match framed.message {
            HostMessage::Chunk(header) => {
                let event = positions.take(&header, framed.payload)?;
                self.held = event.map(|event| (event, Instant::now()));
            }
            HostMessage::Ok { id, done } => self.answered(id, Ok(Answer::Done(done)))?,
            HostMessage::Pong { id } => self.answered(id, Ok(Answer::Pong))?,
            HostMessage::Error(refusal) => {
                self.answered(refusal.id, Err(ClientError::Refused(refusal)))?;
            }
            HostMessage::Terminal(view) => {
                self.held = Some((LinkEvent::Terminal(view), Instant::now()));
            }
            HostMessage::Closed { outcome } => return Ok(Some(outcome)),
            HostMessage::Unknown => {}
            HostMessage::Attached(attached) if self.pending => {
                self.attached(positions, attached)?;
            }
            other @ (HostMessage::Hello(_) | HostMessage::Attached(_)) => {
                return Err(unexpected(&other, "an event"));
            }
        }
        Ok(None)
    }

    /// What a pending run waits for has changed, or its segment has begun and is followed.
    fn attached(
        &mut self,
        positions: &mut Positions,
        attached: Box<Attached>,
    ) -> Result<(), ClientError> {
        if let Some(follow) = positions.follow(&attached)? {
            self.pending = false;
            for request in follow {
                self.ask(request, &[], None);
            }
        }
        self.held = Some((LinkEvent::Attached(attached), Instant::now()));
        Ok(())
    }

    /// The held event has been taken. The time it waited is not the host's silence.
    fn released(&mut self, since: Instant) {
        let waited = since.elapsed();
        let timed = self.asked.iter_mut();
        for deadline in timed.filter_map(|asked| asked.deadline.as_mut()) {
            *deadline += waited;
        }
    }
}

/// Follows a run over one stream, and one more.
pub(super) struct Driver<D> {
    dial: D,
    options: LinkOptions,
    calls: mpsc::Receiver<Call>,
    events: mpsc::Sender<LinkEvent>,
    positions: Positions,
    allowance: Allowance,
    opened_at: Instant,
}

impl<D: Dial> Driver<D> {
    pub(super) fn new(
        dial: D,
        options: LinkOptions,
        calls: mpsc::Receiver<Call>,
        events: mpsc::Sender<LinkEvent>,
    ) -> Self {
        Self {
            dial,
            positions: Positions::new(options.records, options.output),
            options,
            calls,
            events,
            allowance: Allowance::default(),
            opened_at: Instant::now(),
        }
    }

    pub(super) async fn run(mut self) {
        // Whoever takes no last event has dropped the receiver, and that is an end too.
        loop {
            let pause = match self.one_stream().await {
                End::Unwanted => return,
                End::Closed(outcome) => {
                    let _ = self.events.send(LinkEvent::Closed(outcome)).await;
                    return;
                }
                End::Failed(cause) => {
                    let now = self.opened_at.elapsed();
                    if !(cause.is_worth_a_retry() && self.allowance.take(now)) {
                        let _ = self.events.send(LinkEvent::Lost { cause }).await;
                        return;
                    }
                    if self
                        .events
                        .send(LinkEvent::Retrying { cause })
                        .await
                        .is_err()
                    {
                        return;
                    }
                    RETRY_AFTER
                }
            };
            if !self.pause(pause).await {
                return;
            }
        }
    }

    /// Waits without a stream; requests are turned down. `false` when nobody wants events.
    async fn pause(&mut self, pause: Duration) -> bool {
        let until = sleep(pause);
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => return true,
                () = self.events.closed() => return false,
                Some(call) = self.calls.recv() => {
                    let _ = call.answer.send(Err(ClientError::NotConnected));
                }
            }
        }
    }

    async fn one_stream(&mut self) -> End {
        let unwanted = self.events.clone();
        tokio::select! {
            end = self.stream() => end.unwrap_or_else(|end| end),
            () = unwanted.closed() => End::Unwanted,
        }
    }

    async fn stream(&mut self) -> Result<End, End> {
        let mut connection = self.dial.dial().await?;
        let LinkOptions {
            mode, client, who, ..
        } = &self.options;
        let attached = connection.attach(*mode, client, who).await?;
        self.allowance.attached(self.opened_at.elapsed());
        let follow = self.positions.follow(&attached)?;
        let event = LinkEvent::Attached(Box::new(attached));
        self.events.send(event).await.map_err(|_| End::Unwanted)?;
        let mut stream = Stream::new(connection, follow.is_none());
        for request in follow.into_iter().flatten() {
            stream.ask(request, &[], None);
        }
        let end = self.serve(&mut stream).await;
        // Dropping the senders tells every asker that the stream is gone; an end is said aloud.
        if let Ok(End::Closed(outcome)) = end {
            let is_unheard = stream.asked.iter().any(|asked| asked.answer.is_none());
            for asker in stream.asked.drain(..).filter_map(|asked| asked.answer) {
                let _ = asker.send(Err(ClientError::Ended { outcome }));
            }
            // The end passed our follow on its way: what we were to get did not come before it.
            if is_unheard {
                return Err(ClientError::Ended { outcome }.into());
            }
        }
        end
    }

    async fn serve(&mut self, stream: &mut Stream) -> Result<End, End> {
        loop {
            let deadline = stream.deadline();
            let is_held = stream.held.is_some();
            // Requests go out under a flood of output too, and what the host has said comes before
            // what it has not said in time.
            tokio::select! {
                biased;
                Ok(permit) = self.events.reserve(), if is_held => {
                    if let Some((event, since)) = stream.held.take() {
                        permit.send(event);
                        stream.released(since);
                    }
                }
                sent = stream.write.write_buf(&mut stream.unsent), if !stream.unsent.is_empty() => {
                    sent.map_err(write_error)?;
                }
                Some(call) = self.calls.recv(), if stream.asked.len() < CALLS_WAITING_MAX => {
                    stream.ask(call.request, &call.payload, Some(call.answer));
                }
                framed = next(&mut stream.read, &mut stream.decoder), if !is_held => {
                    if let Some(outcome) = stream.take(&mut self.positions, framed?)? {
                        return Ok(End::Closed(outcome));
                    }
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)),
                    if !is_held && deadline.is_some() => stream.expire()?,
                else => return Ok(End::Unwanted),
            }
        }
    }
}
