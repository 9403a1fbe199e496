//! Following a run, over one break of the stream.

mod driver;

use bytes::Bytes;
use pod_protocol::{Attached, INPUT_BYTES_MAX, Mode, Offset, Outcome, Request, Seq, TerminalView};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{Answer, ClientError, Endpoint, Start, connection::name_of};
use driver::{Dial, Driver};

/// How many events wait for a slow reader before the socket is left alone. A chunk is at most
/// [`pod_protocol::PAYLOAD_BYTES_MAX`], so this bounds the memory of a link.
const EVENTS_WAITING_MAX: usize = 8;
/// How many requests wait to be sent. People make them, so a few are many.
const CALLS_WAITING_MAX: usize = 16;

/// What to follow, and as whom.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// Whether this viewer may act.
    pub mode: Mode,
    /// Which program it is.
    pub client: String,
    /// Which person, for the record.
    pub who: String,
    /// Where to begin with records; `None` follows none.
    pub records: Option<Start>,
    /// Where to begin with output; `None` follows none.
    pub output: Option<Start>,
}

/// What comes from a run. [`LinkEvent::Closed`] and [`LinkEvent::Lost`] are last.
#[derive(Debug)]
pub enum LinkEvent {
    /// Connected: the state as of now. Comes again after a retry, and while the segment is pending
    /// whenever what it waits for changes, and when it has begun.
    Attached(Box<Attached>),
    /// Whole records, one a line.
    Records {
        /// Sequence number of the first.
        from: Seq,
        /// The lines as they stand in the log.
        bytes: Bytes,
    },
    /// Output. It starts behind the last piece, or further on where output is no longer kept.
    Output {
        /// Session-wide offset of the first byte.
        from: Offset,
        /// The bytes.
        bytes: Bytes,
        /// Whether a segment begins with them that is not the first one: they were written to another
        /// terminal than what came before.
        begins_segment: bool,
    },
    /// How the command's terminal is: behind [`LinkEvent::Attached`], and whenever its size or who
    /// controls it changes. Never comes of a run without a terminal, or from files.
    Terminal(TerminalView),
    /// The run is over and everything of it has come.
    Closed(Outcome),
    /// The stream broke and is tried once more in half a second.
    Retrying {
        /// Why it broke.
        cause: ClientError,
    },
    /// The link is over.
    Lost {
        /// Why.
        cause: ClientError,
    },
}

/// A request on its way to the task that owns the stream.
#[derive(Debug)]
struct Call {
    request: Request,
    /// What follows its line.
    payload: Bytes,
    answer: oneshot::Sender<Result<Answer, ClientError>>,
}

/// The handle to a followed run. The link itself lives as long as the receiver of its events;
/// dropping the handle only gives up making requests.
#[derive(Debug)]
pub struct Link {
    calls: mpsc::Sender<Call>,
    task: JoinHandle<()>,
}

impl Link {
    /// Starts to connect and to follow. Must be called within a tokio runtime.
    #[must_use]
    pub fn open(endpoint: Endpoint, options: LinkOptions) -> (Self, mpsc::Receiver<LinkEvent>) {
        Self::open_with(endpoint, options)
    }

    fn open_with(dial: impl Dial, options: LinkOptions) -> (Self, mpsc::Receiver<LinkEvent>) {
        let (calls, calls_in) = mpsc::channel(CALLS_WAITING_MAX);
        let (events, events_in) = mpsc::channel(EVENTS_WAITING_MAX);
        let driver = Driver::new(dial, options, calls_in, events);
        let task = tokio::spawn(driver.run());
        (Self { calls, task }, events_in)
    }

    /// Makes a request that is answered in one line: one that acts on the run, asks for its process,
    /// or pings. [`Link::input`] types.
    ///
    /// # Errors
    /// When the host refuses or does not answer, or the link is not connected now. Whether a
    /// request was carried out when the stream broke is not known.
    pub async fn call(&self, request: Request) -> Result<Answer, ClientError> {
        let is_ours = matches!(request, Request::Input { .. })
            || !(request.acts() || matches!(request, Request::Ping | Request::Process));
        if is_ours {
            let request = name_of(&request);
            return Err(ClientError::NotOnALink { request });
        }
        self.ask(request, Bytes::new()).await
    }

    /// Types into the command's terminal, in the order of the calls. Waits as long as the command
    /// takes to read what was typed before, while other requests are answered; what of a call
    /// that is given up has been sent is typed all the same.
    ///
    /// # Errors
    /// As [`Link::call`].
    pub async fn input(&self, mut bytes: Bytes) -> Result<(), ClientError> {
        while !bytes.is_empty() {
            let payload = bytes.split_to(bytes.len().min(INPUT_BYTES_MAX));
            let request = Request::Input {
                bytes: payload.len() as u64,
            };
            self.ask(request, payload).await?;
        }
        Ok(())
    }

    async fn ask(&self, request: Request, payload: Bytes) -> Result<Answer, ClientError> {
        let (answer, answer_in) = oneshot::channel();
        let call = Call {
            request,
            payload,
            answer,
        };
        self.calls
            .send(call)
            .await
            .map_err(|_| ClientError::NotConnected)?;
        answer_in.await.unwrap_or(Err(ClientError::NotConnected))
    }

    /// Waits until the link is over: after its last event, or after the receiver was dropped.
    pub async fn ended(self) {
        // A panic in the task is one in our own code and has been reported where it happened.
        let _ = self.task.await;
    }
}

#[cfg(test)]
mod tests;
