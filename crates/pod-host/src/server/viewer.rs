//! One connection: hello, then requests and chunks until either side is done.

use std::{io, sync::Arc};

use pod_protocol::{
    ChunkHeader, ClientMessage, CodecError, Decoder, Done, ErrorCode, Framed, HostMessage, Log,
    Mode, PROTOCOL_VERSION, Refusal, Request, SegmentId,
};
use tokio::{
    io::{Interest, Ready},
    net::UnixStream,
    sync::{OwnedSemaphorePermit, oneshot},
    task::yield_now,
};

use super::{
    End, Inquiry, Logs, Shared,
    follow::Cursor,
    outbox::Outbox,
    seat::Seat,
    shutting_down,
    typing::{Typing, typed},
};
use crate::terminal::ViewerId;

/// How much is read from a viewer at once: requests are short.
const READ_BYTES: usize = 4 * 1024;
/// The longest text a viewer may give about itself, in bytes.
const WHO_BYTES_MAX: usize = 256;

pub(super) const PENDING: &str = "the segment has not begun";
const NO_SUCH_PLACE: &str = "no such place in this segment's logs: attach again";

/// The life of a connection.
#[derive(Debug)]
pub(super) enum Stage {
    /// Only `attach` makes sense.
    Greeted,
    /// It may ask.
    Attached { id: u64, mode: Mode, who: String },
    /// Something is wrong: what is in the outbox is the last it gets.
    Leaving,
}

pub(super) struct Viewer {
    pub(super) id: ViewerId,
    stream: UnixStream,
    pub(super) shared: Shared,
    /// `None` while the segment is pending.
    pub(super) logs: Option<Arc<Logs>>,
    decoder: Decoder<ClientMessage>,
    pub(super) outbox: Outbox,
    pub(super) stage: Stage,
    /// From its attach on.
    pub(super) seat: Option<Seat>,
    pub(super) typing: Option<Typing>,
    /// A further input; nothing is read until it is served.
    pub(super) stalled: Option<Framed<ClientMessage>>,
    /// At most one cursor a log.
    follows: Vec<Cursor>,
    close_announced: bool,
    /// Held from when a request gets long until it is complete.
    long_request: Option<OwnedSemaphorePermit>,
}

impl Viewer {
    pub(super) fn new(stream: UnixStream, mut shared: Shared) -> Self {
        let logs = shared.logs.borrow_and_update().clone();
        Self {
            id: shared.next_viewer(),
            stream,
            shared,
            logs,
            decoder: Decoder::default(),
            outbox: Outbox::default(),
            stage: Stage::Greeted,
            seat: None,
            typing: None,
            stalled: None,
            follows: Vec::new(),
            close_announced: false,
            long_request: None,
        }
    }

    /// Serves the viewer until it leaves, misbehaves, or has everything of a closed run.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let hello = self.ask(Inquiry::Hello).await?;
        self.outbox.message(&HostMessage::Hello(hello));
        let Some(logs) = self.wait_for_logs().await? else {
            return Ok(());
        };
        loop {
            self.outbox.flush(&self.stream, self.logs.as_deref())?;
            if self.outbox.is_empty()
                && (self.close_announced || matches!(self.stage, Stage::Leaving))
            {
                return Ok(());
            }
            // Taken before the logs are looked at, so that growth in between is not missed.
            let grown = logs.published.grown();
            tokio::pin!(grown);
            grown.as_mut().enable();
            let refilled = self.outbox.is_empty() && self.refill()?;
            if refilled {
                self.outbox.flush(&self.stream, self.logs.as_deref())?;
            }
            let sent = self.outbox.is_empty();
            // Behind a piece there may be another one.
            let (idle, more) = (sent && !refilled, sent && refilled);
            let mut closed = self.shared.closed.clone();
            // The guard of the value must not live across the next await.
            let closed = async { drop(closed.wait_for(Option::is_some).await) };
            let hears = sent && self.hears_of_terminal();
            tokio::select! {
                biased;
                // What is typed goes before what is printed.
                ready = ready(&self.stream, self.interest()) => {
                    if ready?.is_readable() && !self.read().await? {
                        return Ok(());
                    }
                }
                result = typed(self.typing.as_mut()) => self.typing_ended(result).await?,
                Ok(()) = self.shared.terminal.changed(), if hears => self.announce_terminal(),
                // A socket that always takes more must not keep the others waiting.
                () = yield_now(), if more => {}
                () = grown, if idle && !self.follows.is_empty() => {}
                () = closed, if idle && self.wants_close() => {
                    self.announce_close()?;
                }
            }
        }
    }

    /// Serves a viewer of a pending run until the segment has begun. `None` when it has left, or the
    /// run has ended without one.
    async fn wait_for_logs(&mut self) -> io::Result<Option<Arc<Logs>>> {
        while self.logs.is_none() {
            self.outbox.flush(&self.stream, None)?;
            let idle = self.outbox.is_empty();
            if idle && (self.close_announced || matches!(self.stage, Stage::Leaving)) {
                return Ok(None);
            }
            let mut closed = self.shared.closed.clone();
            // The guard of the value must not live across the next await.
            let closed = async { drop(closed.wait_for(Option::is_some).await) };
            tokio::select! {
                ready = ready(&self.stream, self.interest()) => {
                    if ready?.is_readable() && !self.read().await? {
                        return Ok(None);
                    }
                }
                result = typed(self.typing.as_mut()) => self.typing_ended(result).await?,
                changed = self.shared.logs.changed() => {
                    changed.map_err(|_| shutting_down())?;
                    match self.stage {
                        Stage::Attached { id, .. } => self.send_attached(id).await?,
                        _ => self.logs = self.shared.logs.borrow().clone(),
                    }
                }
                () = closed, if idle && self.wants_close() => self.announce_close()?,
            }
        }
        Ok(self.logs.clone())
    }

    /// A viewer that has not attached yet is about to; it is told then.
    const fn wants_close(&self) -> bool {
        !self.close_announced && matches!(self.stage, Stage::Attached { .. })
    }

    /// What the socket is waited for; nothing while the viewer has everything and may say no more.
    fn interest(&self) -> Option<Interest> {
        let may_say_more = !self.outbox.is_full() && self.stalled.is_none();
        match (self.outbox.is_empty(), may_say_more) {
            (true, true) => Some(Interest::READABLE),
            (true, false) => None,
            (false, true) => Some(Interest::READABLE | Interest::WRITABLE),
            (false, false) => Some(Interest::WRITABLE),
        }
    }

    /// Queues the next piece of a followed log: records first, they are what a screen acts on. Whether
    /// there was one.
    fn refill(&mut self) -> io::Result<bool> {
        let Some(logs) = &self.logs else {
            return Ok(false);
        };
        for cursor in &mut self.follows {
            if let Some(piece) = logs.next_piece(cursor, u64::MAX)? {
                self.outbox.piece(piece);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The run is closed: the rest of what is followed, then the outcome.
    fn announce_close(&mut self) -> io::Result<()> {
        self.refill()?;
        let outcome = *self.shared.closed.borrow();
        if let Some(outcome) = outcome.filter(|_| self.outbox.is_empty()) {
            self.outbox.message(&HostMessage::Closed { outcome });
            self.close_announced = true;
        }
        Ok(())
    }

    /// Takes what the viewer sent. Returns whether it is still there.
    async fn read(&mut self) -> io::Result<bool> {
        if !self.receive()? {
            return Ok(false);
        }
        self.serve_received().await?;
        self.bound_request();
        Ok(true)
    }

    /// Serves the requests that have come.
    pub(super) async fn serve_received(&mut self) -> io::Result<()> {
        while self.stalled.is_none() && !matches!(self.stage, Stage::Leaving) {
            match self.decoder.next_message() {
                Ok(Some(framed)) => self.serve(framed).await?,
                Ok(None) => break,
                Err(error) => self.refuse_for_good(&error),
            }
        }
        Ok(())
    }

    /// Apart from [`Viewer::read`], so that the buffer is no part of every connection's task.
    fn receive(&mut self) -> io::Result<bool> {
        let mut bytes = [0; READ_BYTES];
        match self.stream.try_read(&mut bytes) {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.decoder.push(&bytes[..count]);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Lets only a few connections hold the beginning of a long request, or a long input.
    pub(super) fn bound_request(&mut self) {
        match self.decoder.buffer_mut().len() {
            _ if self.typing.is_some() && self.long_request.is_some() => {}
            0 if self.long_request.take().is_some() => self.decoder = Decoder::default(),
            0..READ_BYTES => {}
            _ if self.long_request.is_some() => {}
            _ => match Arc::clone(&self.shared.long_requests).try_acquire_owned() {
                Ok(permit) => self.long_request = Some(permit),
                Err(_) => self.refuse_for_good(&CodecError::MessageTooLong),
            },
        }
    }

    fn refuse_for_good(&mut self, error: &CodecError) {
        let code = match error {
            CodecError::Malformed(_) => ErrorCode::BadRequest,
            CodecError::MessageTooLong | CodecError::PayloadTooLong { .. } => ErrorCode::TooLarge,
        };
        self.refuse(0, code, &error.to_string());
        self.stage = Stage::Leaving;
    }

    pub(super) fn refuse(&mut self, id: u64, code: ErrorCode, message: &str) {
        let refusal = Refusal {
            id,
            code,
            message: message.to_owned(),
        };
        self.outbox.message(&HostMessage::Error(refusal));
    }

    pub(super) async fn serve(&mut self, framed: Framed<ClientMessage>) -> io::Result<()> {
        let Framed { message, payload } = framed;
        let id = message.id;
        match (message.request, &self.stage) {
            (Request::Ping, _) => self.outbox.message(&HostMessage::Pong { id }),
            (
                Request::Attach {
                    protocol,
                    mode,
                    who,
                    ..
                },
                Stage::Greeted,
            ) => {
                self.attach(id, protocol, mode, who).await?;
            }
            (_, Stage::Greeted) => self.refuse(id, ErrorCode::BadRequest, "attach first"),
            (Request::Follow { segment, log, from }, _) => self.follow(id, segment, log, from),
            (Request::Unfollow { log, .. }, _) => {
                self.follows.retain(|cursor| cursor.log != log);
                self.outbox.message(&HostMessage::Ok { id, done: None });
            }
            (
                Request::Read {
                    segment,
                    log,
                    from,
                    limit,
                },
                _,
            ) => {
                self.read_piece(id, (segment, log, from), limit)?;
            }
            (Request::Process, _) => self.look(id).await?,
            (request, Stage::Attached { mode, who, .. }) if request.acts() => match mode {
                Mode::ReadOnly => self.refuse(id, ErrorCode::ReadOnly, "attached to watch only"),
                Mode::Control if request.is_for_terminal() => {
                    let (who, message) = (who.clone(), ClientMessage { id, request });
                    let framed = Framed { message, payload };
                    self.use_terminal(framed, who).await?;
                }
                Mode::Control => {
                    let by = who.clone();
                    self.act(id, &request, by).await?;
                }
            },
            _ => {
                self.refuse(id, ErrorCode::BadRequest, "this host cannot do that");
            }
        }
        Ok(())
    }

    async fn attach(&mut self, id: u64, protocol: u32, mode: Mode, who: String) -> io::Result<()> {
        if protocol != PROTOCOL_VERSION {
            let message = format!("this host speaks protocol {PROTOCOL_VERSION}, not {protocol}");
            self.refuse(id, ErrorCode::UnsupportedProtocol, &message);
            self.stage = Stage::Leaving;
            return Ok(());
        }
        self.seat = Some(Seat::take(&self.shared.attached));
        self.send_attached(id).await?;
        let who = who[..who.floor_char_boundary(WHO_BYTES_MAX)].to_owned();
        self.stage = Stage::Attached { id, mode, who };
        Ok(())
    }

    /// Says how the run stands. From the moment that a viewer knows of the segment it has the logs,
    /// and before that it has not, whatever happens between question and answer.
    async fn send_attached(&mut self, id: u64) -> io::Result<()> {
        let mut attached = self.ask(Inquiry::Attach).await?;
        attached.id = id;
        let has_begun = attached.segment.is_some();
        if has_begun {
            self.logs = self.shared.logs.borrow_and_update().clone();
        }
        self.outbox.message(&HostMessage::Attached(attached));
        if has_begun {
            self.announce_terminal();
        }
        Ok(())
    }

    /// Carries out a request that acts on the run.
    async fn act(&mut self, id: u64, request: &Request, by: String) -> io::Result<()> {
        let (end, grace_ms) = match *request {
            Request::Pause | Request::Continue => {
                let pause = *request == Request::Pause;
                return self.hold(id, pause, by).await;
            }
            Request::Cancel { grace_ms } => (End::Cancel, grace_ms),
            Request::Stop { grace_ms } => (End::Stop, grace_ms),
            _ => (End::Kill, 0),
        };
        let inquiry = |reply| Inquiry::End {
            end,
            grace_ms,
            by,
            reply,
        };
        let done = Some(Done::Stop(self.ask(inquiry).await?));
        self.outbox.message(&HostMessage::Ok { id, done });
        Ok(())
    }

    async fn hold(&mut self, id: u64, pause: bool, by: String) -> io::Result<()> {
        let answer = self.ask(|reply| Inquiry::Hold { pause, by, reply }).await?;
        match answer {
            Ok(answer) => {
                let done = Some(Done::Hold(answer));
                self.outbox.message(&HostMessage::Ok { id, done });
            }
            Err(why) => self.refuse(id, ErrorCode::NotRunning, why),
        }
        Ok(())
    }

    fn follow(&mut self, id: u64, segment: SegmentId, log: Log, from: u64) {
        let Some(logs) = &self.logs else {
            return self.refuse(id, ErrorCode::NotRunning, PENDING);
        };
        match logs.cursor(segment, log, from) {
            Ok(cursor) => {
                self.follows.retain(|cursor| cursor.log != log);
                self.follows.push(cursor);
                self.follows.sort_by_key(|cursor| cursor.log == Log::Output);
                self.outbox.message(&HostMessage::Ok { id, done: None });
            }
            Err(code) => self.refuse(id, code, NO_SUCH_PLACE),
        }
    }

    fn read_piece(
        &mut self,
        id: u64,
        (segment, log, from): (SegmentId, Log, u64),
        limit: u64,
    ) -> io::Result<()> {
        let Some(logs) = &self.logs else {
            self.refuse(id, ErrorCode::NotRunning, PENDING);
            return Ok(());
        };
        match logs.cursor(segment, log, from) {
            Ok(mut cursor) => {
                self.outbox.message(&HostMessage::Ok { id, done: None });
                match logs.next_piece(&mut cursor, limit)? {
                    Some(piece) => self.outbox.piece(piece),
                    // At the end: the answer is complete all the same.
                    None => {
                        let header = ChunkHeader {
                            segment,
                            log,
                            from,
                            bytes: 0,
                        };
                        self.outbox.message(&HostMessage::Chunk(header));
                    }
                }
            }
            Err(code) => self.refuse(id, code, NO_SUCH_PLACE),
        }
        Ok(())
    }

    /// Puts a question to the run and waits for its answer.
    pub(super) async fn ask<T>(
        &self,
        inquiry: impl FnOnce(oneshot::Sender<T>) -> Inquiry,
    ) -> io::Result<T> {
        let (reply, answer) = oneshot::channel();
        self.put(inquiry(reply)).await?;
        answer.await.map_err(|_| shutting_down())
    }

    /// Puts a question to the run.
    pub(super) async fn put(&self, inquiry: Inquiry) -> io::Result<()> {
        let put = self.shared.inquiries.send(inquiry).await;
        put.map_err(|_| shutting_down())
    }
}

/// Resolves when the socket is ready for what it is waited for.
async fn ready(stream: &UnixStream, interest: Option<Interest>) -> io::Result<Ready> {
    match interest {
        Some(interest) => stream.ready(interest).await,
        None => std::future::pending().await,
    }
}
