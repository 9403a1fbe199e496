//! A host made of the other end of a pipe, for tests.

use std::collections::VecDeque;

use pod_protocol::{
    Attached, ChunkHeader, ClientMessage, Decoder, Hello, HostMessage, Log, Mode, Offset,
    PROTOCOL_VERSION, Request, RunState, SegmentId, Seq, SessionId, Status, Summary, encode,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use uuid::Uuid;

use crate::{LinkOptions, Start};

/// Small enough that a host notices a client that does not read.
const PIPE_BYTES: usize = 4 * 1024;

pub(crate) fn segment(number: u128) -> SegmentId {
    SegmentId::new(Uuid::from_u128(number))
}

pub(crate) fn hello() -> HostMessage {
    HostMessage::Hello(Box::new(Hello {
        protocol: PROTOCOL_VERSION,
        tool: "0.1.0".into(),
        pod: "train".parse().expect("a name"),
        session: SessionId::new(Uuid::from_u128(7)),
        segment: Some(segment(1)),
        pid: 42,
        status: Status::Running,
        next_seq: Seq(11),
        length: Offset(1_000),
        summary: Summary::default(),
    }))
}

/// The state of a run with `records` records and `length` bytes of output, both from the start.
pub(crate) fn attached(segment: Option<SegmentId>, records: u64, length: u64) -> Attached {
    Attached {
        id: 1,
        segment,
        first_seq: Seq(1),
        out_base: Offset(0),
        length: Offset(length),
        output_at: None,
        waiting_for: None,
        state: RunState {
            seq: Seq(records),
            ..RunState::default()
        },
    }
}

pub(crate) fn options(records: Option<Start>, output: Option<Start>) -> LinkOptions {
    LinkOptions {
        mode: Mode::Control,
        client: "test".into(),
        who: "ada".into(),
        records,
        output,
    }
}

/// The host's end of a stream.
pub(crate) struct Host {
    stream: DuplexStream,
    decoder: Decoder<ClientMessage>,
}

impl Host {
    /// A host and the client's end of the stream to it.
    pub(crate) fn pair() -> (DuplexStream, Self) {
        let (client, stream) = duplex(PIPE_BYTES);
        let decoder = Decoder::default();
        (client, Self { stream, decoder })
    }

    /// A host on each of the next `N` streams that a link dials, and nobody afterwards.
    pub(crate) fn line<const N: usize>() -> (Streams, [Self; N]) {
        let mut streams = Streams::default();
        let hosts = std::array::from_fn(|_| {
            let (client, host) = Self::pair();
            streams.0.push_back(client);
            host
        });
        (streams, hosts)
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.stream
            .write_all(bytes)
            .await
            .expect("the client reads");
    }

    pub(crate) async fn say(&mut self, message: &HostMessage) {
        self.raw(&encode(message)).await;
    }

    pub(crate) async fn heard(&mut self) -> ClientMessage {
        loop {
            if let Some(framed) = self.decoder.next_message().expect("a message") {
                return framed.message;
            }
            let buffer = self.decoder.buffer_mut();
            let got = self
                .stream
                .read_buf(buffer)
                .await
                .expect("the client writes");
            assert!(got > 0, "the client hung up");
        }
    }

    pub(crate) async fn ok(&mut self, id: u64) {
        self.say(&HostMessage::Ok { id, done: None }).await;
    }

    /// Says hello, hears the attach and answers it.
    pub(crate) async fn welcome(&mut self, attached: Attached) {
        self.say(&hello()).await;
        let ClientMessage { id, request } = self.heard().await;
        assert!(matches!(request, Request::Attach { .. }), "{request:?}");
        self.say(&HostMessage::Attached(Box::new(Attached {
            id,
            ..attached
        })))
        .await;
    }

    /// Hears a follow and says yes. Where it begins.
    pub(crate) async fn followed(&mut self, wanted: Log) -> u64 {
        let ClientMessage { id, request } = self.heard().await;
        self.ok(id).await;
        match request {
            Request::Follow { log, from, .. } if log == wanted => from,
            other => panic!("{other:?} instead of following {wanted:?}"),
        }
    }

    pub(crate) async fn chunk(&mut self, log: Log, from: u64, bytes: &[u8]) {
        let header = ChunkHeader {
            segment: segment(1),
            log,
            from,
            bytes: bytes.len() as u64,
        };
        self.say(&HostMessage::Chunk(header)).await;
        self.raw(bytes).await;
    }

    /// Waits until the client has hung up.
    pub(crate) async fn hung_up_on(mut self) {
        let mut rest = Vec::new();
        // A client that hangs up in the middle of our writing is an error, and fine too.
        let _ = self.stream.read_to_end(&mut rest).await;
    }
}

/// What a link dials in a test.
#[derive(Default)]
pub(crate) struct Streams(pub(crate) VecDeque<DuplexStream>);
