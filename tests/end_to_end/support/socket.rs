//! A pod's socket without the product's own client.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use pod_protocol::{Decoder, ErrorCode, Framed, Hello, HostMessage, TerminalView};
use serde_json::{Value, json};

use super::{DEADLINE, Launched};

/// How much is read at once.
const READ_BYTES: usize = 64 * 1024;

/// A connection that says what the test wants it to say.
pub(crate) struct Viewer {
    stream: UnixStream,
    decoder: Decoder<HostMessage>,
    /// How the terminal was said to be last, until the test has taken notice of it.
    terminal: Option<TerminalView>,
}

impl Viewer {
    /// What a pod says of itself.
    pub(crate) fn hello(socket: &Path) -> Hello {
        Self::greet(socket).1
    }

    /// Connects and takes the hello.
    pub(crate) fn connect(socket: &Path) -> Self {
        Self::greet(socket).0
    }

    fn greet(socket: &Path) -> (Self, Hello) {
        let stream = UnixStream::connect(socket).expect("the pod listens");
        stream
            .set_read_timeout(Some(DEADLINE))
            .expect("a socket has a time limit");
        let mut viewer = Self {
            stream,
            decoder: Decoder::default(),
            terminal: None,
        };
        match viewer.next() {
            Some(HostMessage::Hello(hello)) => (viewer, *hello),
            other => panic!("a hello was expected, not {other:?}"),
        }
    }

    /// Connects and attaches.
    pub(crate) fn attached(pod: &Launched, mode: &str, who: &str) -> Self {
        let mut viewer = Self::connect(&pod.socket);
        let mut message = attach(1);
        (message["mode"], message["who"]) = (mode.into(), who.into());
        viewer.send(&message);
        let attached = viewer.next();
        assert!(
            matches!(attached, Some(HostMessage::Attached(_))),
            "{attached:?}"
        );
        viewer
    }

    /// Connects, attaches and asks for all output from the first byte on.
    pub(crate) fn following_output(pod: &Launched) -> Self {
        let mut viewer = Self::attached(pod, "control", "test");
        let segment = pod.segment;
        viewer.send(&json!({
            "id": 2, "type": "follow", "segment": segment, "log": "output", "from": 0,
        }));
        viewer
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let mut line = message.to_string();
        line.push('\n');
        self.send_bytes(line.as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the pod takes it");
    }

    /// Sends what the host is free not to read to its end.
    pub(crate) fn send_as_far_as_taken(&mut self, bytes: &[u8]) {
        // A host that has closed the connection has said why before.
        let _ = self.stream.write_all(bytes);
    }

    /// The next message; `None` when the host has closed the connection.
    pub(crate) fn next(&mut self) -> Option<HostMessage> {
        self.next_framed().map(|framed| framed.message)
    }

    /// How the terminal is, once it is as the test wants it.
    pub(crate) fn terminal(&mut self, wanted: impl Fn(&TerminalView) -> bool) -> TerminalView {
        loop {
            if let Some(view) = self.terminal.take_if(|view| wanted(view)) {
                return view;
            }
            match self.any().map(|framed| framed.message) {
                Some(HostMessage::Terminal(view)) => self.terminal = Some(view),
                Some(_) => {}
                None => panic!("the host hung up"),
            }
        }
    }

    /// The next message that says more than how the terminal is.
    pub(crate) fn next_framed(&mut self) -> Option<Framed<HostMessage>> {
        loop {
            let framed = self.any()?;
            match framed.message {
                HostMessage::Terminal(view) => self.terminal = Some(view),
                _ => return Some(framed),
            }
        }
    }

    fn any(&mut self) -> Option<Framed<HostMessage>> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let framed = self.decoder.next_message().expect("a host sends messages");
            if framed.is_some() {
                return framed;
            }
            match self.stream.read(&mut buffer) {
                // Closing with our bytes unread resets the connection.
                Ok(0) => return None,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Ok(count) => self.decoder.push(&buffer[..count]),
                // A read with a time limit is not taken up again behind a stop of this process.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => panic!("the pod stays silent: {error}"),
            }
        }
    }

    /// Asserts that the host refuses with `code` and then closes the connection.
    #[track_caller]
    pub(crate) fn is_refused_for_good(&mut self, code: ErrorCode) {
        match self.next() {
            Some(HostMessage::Error(refusal)) => {
                assert_eq!(refusal.code, code, "{refusal:?}");
                assert!(!refusal.message.is_empty(), "{refusal:?}");
            }
            other => panic!("{code:?} was expected, not {other:?}"),
        }
        let end = self.next();
        assert!(end.is_none(), "{end:?}");
    }
}

/// An attach of a client that speaks this protocol.
pub(crate) fn attach(protocol: u32) -> Value {
    json!({
        "id": 1, "type": "attach", "protocol": protocol,
        "mode": "control", "client": "test", "who": "test",
    })
}
