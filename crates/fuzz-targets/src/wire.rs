//! Messages of both directions, with the bytes that follow them.

use std::fmt::Debug;

use pod_protocol::{ClientMessage, Decoder, Framed, HostMessage, Wire, encode};

/// The most messages that are compared: more of the same tells nothing new.
const MESSAGES_MAX: usize = 1_000;

/// What a client is sent.
pub(crate) fn host_messages(bytes: &[u8]) {
    stream::<HostMessage>(bytes);
}

/// What a host is sent.
pub(crate) fn client_messages(bytes: &[u8]) {
    stream::<ClientMessage>(bytes);
}

/// However the bytes are cut, the messages are the same, and each survives being sent on. The first
/// byte says how they are cut.
fn stream<M: Wire + PartialEq + Debug + Clone>(bytes: &[u8]) {
    let Some((cut, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = decode::<M>([bytes]);
    let pieces = decode::<M>(bytes.chunks(usize::from(*cut).max(1)));
    assert_eq!(whole, pieces, "pieces of {cut} bytes change the messages");
    for framed in whole.0 {
        let line = encode(&framed.message);
        let again = decode::<M>([&line[..], &framed.payload]);
        assert_eq!(again, (vec![framed], true), "a message changes on its way");
    }
}

/// The messages, and whether all bytes were fit to be one.
fn decode<'a, M: Wire>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Framed<M>>, bool) {
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_message() {
                Ok(Some(framed)) if messages.len() < MESSAGES_MAX => messages.push(framed),
                Ok(Some(_)) => return (messages, true),
                Ok(None) => break,
                Err(_) => return (messages, false),
            }
        }
    }
    (messages, true)
}
