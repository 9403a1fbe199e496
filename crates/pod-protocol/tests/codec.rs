//! Properties of the codec: how bytes are cut is invisible, limits hold, garbage never panics.

use pod_protocol::{
    ChunkHeader, ClientMessage, CodecError, Decoder, Draft, Framed, HostMessage, INPUT_BYTES_MAX,
    Log, MESSAGE_BYTES_MAX, Outcome, PAYLOAD_BYTES_MAX, Record, Refusal, Request, SegmentId, Wire,
    encode,
};
use proptest::{collection::vec, prelude::*};

type Wired = (HostMessage, Vec<u8>);

fn segment() -> SegmentId {
    "019e5bc6-c3f3-7000-8000-000000000002"
        .parse()
        .expect("a UUID")
}

fn chunk(log: Log, from: u64, bytes: u64) -> HostMessage {
    HostMessage::Chunk(ChunkHeader {
        segment: segment(),
        log,
        from,
        bytes,
    })
}

fn any_message() -> impl Strategy<Value = Wired> {
    prop_oneof![
        any::<u64>().prop_map(|id| (HostMessage::Pong { id }, Vec::new())),
        Just((
            HostMessage::Closed {
                outcome: Outcome::Failed
            },
            Vec::new()
        )),
        (any::<u64>(), ".{0,40}").prop_map(|(id, message)| {
            let code = pod_protocol::ErrorCode::BadRequest;
            (
                HostMessage::Error(Refusal { id, code, message }),
                Vec::new(),
            )
        }),
        // Payloads with newlines and braces: only their length says where they end.
        (
            any::<u64>(),
            vec(prop_oneof![Just(b'\n'), Just(b'{'), any::<u8>()], 0..300)
        )
            .prop_map(|(from, payload)| (chunk(Log::Output, from, payload.len() as u64), payload)),
    ]
}

/// Everything that comes out of `bytes` when they arrive in pieces of the given sizes, in turns.
fn decode<M: Wire>(bytes: &[u8], pieces: &[usize]) -> Result<Vec<Framed<M>>, CodecError> {
    let mut decoder = Decoder::default();
    let mut rest = bytes;
    let mut messages = Vec::new();
    for piece in pieces.iter().cycle() {
        let (now, later) = rest.split_at((*piece).min(rest.len()));
        decoder.push(now);
        while let Some(message) = decoder.next_message()? {
            messages.push(message);
        }
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    Ok(messages)
}

fn wire(messages: &[Wired]) -> Vec<u8> {
    let bytes = |(message, payload): &Wired| [encode(message), payload.clone()].concat();
    messages.iter().flat_map(bytes).collect()
}

proptest! {
    #[test]
    fn how_bytes_are_cut_is_invisible(
        sent in vec(any_message(), 0..12),
        pieces in vec(1_usize..200, 1..8),
    ) {
        let got = decode::<HostMessage>(&wire(&sent), &pieces).expect("only messages");
        let got: Vec<Wired> = got
            .into_iter()
            .map(|framed| (framed.message, framed.payload.to_vec()))
            .collect();
        prop_assert_eq!(got, sent);
    }

    #[test]
    fn every_cut_of_a_stream_leaves_whole_messages(
        sent in vec(any_message(), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = wire(&sent);
        let mut decoder = Decoder::<HostMessage>::default();
        let cut = cut.index(bytes.len());
        decoder.push(&bytes[..cut]);
        let mut got = Vec::new();
        while let Some(framed) = decoder.next_message().expect("only messages") {
            got.push((framed.message, framed.payload.to_vec()));
        }
        prop_assert_eq!(&got[..], &sent[..got.len()]);
        prop_assert_eq!(decoder.is_mid_message(), wire(&got).len() != cut);
    }

    #[test]
    fn garbage_never_panics(
        bytes in vec(prop_oneof![4 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'{')], 0..2_000),
        pieces in vec(1_usize..200, 1..4),
    ) {
        let _ = decode::<HostMessage>(&bytes, &pieces);
        let _ = decode::<ClientMessage>(&bytes, &pieces);
        let _ = Record::from_line(&bytes);
        let _ = Draft::from_line(&bytes);
    }

    /// Golden lines with a few bytes changed are nearer to the truth than random ones.
    #[test]
    fn damaged_messages_never_panic(
        line in prop::sample::select(golden_lines()),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = line.into_bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.push(b'\n');
        let _ = decode::<HostMessage>(&bytes, &[64]);
        let _ = decode::<ClientMessage>(&bytes, &[64]);
        if let Ok(record) = Record::from_line(&bytes) {
            pod_protocol::RunState::default().apply(&record);
        }
    }
}

fn golden_lines() -> Vec<String> {
    let all = concat!(
        include_str!("golden/client.jsonl"),
        include_str!("golden/host.jsonl"),
        include_str!("golden/records.jsonl"),
    );
    all.lines().map(str::to_owned).collect()
}

#[test]
fn a_line_has_a_longest_length() {
    // A ping in which spaces take all the room there is, and one more.
    let ping = |bytes: usize| {
        let line = encode(&ClientMessage {
            id: 1,
            request: Request::Ping,
        });
        let mut long = vec![b' '; bytes - line.len()];
        long.extend_from_slice(&line);
        long
    };
    for piece in [1_000, 65_536, MESSAGE_BYTES_MAX * 2] {
        let fits = decode::<ClientMessage>(&ping(MESSAGE_BYTES_MAX), &[piece]);
        assert_eq!(fits.expect("just short enough").len(), 1);
        let over = decode::<ClientMessage>(&ping(MESSAGE_BYTES_MAX + 1), &[piece]);
        assert!(matches!(over, Err(CodecError::MessageTooLong)), "{over:?}");
    }
}

#[test]
fn a_payload_has_a_longest_length() {
    let limit = PAYLOAD_BYTES_MAX as u64;
    let longest = wire(&[(chunk(Log::Output, 0, limit), vec![b'x'; PAYLOAD_BYTES_MAX])]);
    let got = decode::<HostMessage>(&longest, &[100_000]).expect("just short enough");
    assert_eq!(got[0].payload.len(), PAYLOAD_BYTES_MAX);
    for bytes in [limit + 1, u64::MAX] {
        let announced = encode(&chunk(Log::Output, 0, bytes));
        let refused = decode::<HostMessage>(&announced, &[64]);
        assert!(
            matches!(refused, Err(CodecError::PayloadTooLong { bytes: b, .. }) if b == bytes),
            "{refused:?}"
        );
    }
}

#[test]
fn an_input_has_a_longest_length() {
    let input = |bytes: u64| {
        let request = Request::Input { bytes };
        encode(&ClientMessage { id: 1, request })
    };
    let longest = [input(INPUT_BYTES_MAX as u64), vec![b'x'; INPUT_BYTES_MAX]].concat();
    let got = decode::<ClientMessage>(&longest, &[10_000]).expect("just short enough");
    assert_eq!(got[0].payload.len(), INPUT_BYTES_MAX);
    let refused = decode::<ClientMessage>(&input(INPUT_BYTES_MAX as u64 + 1), &[64]);
    assert!(
        matches!(refused, Err(CodecError::PayloadTooLong { limit, .. }) if limit == INPUT_BYTES_MAX),
        "{refused:?}"
    );
}

#[test]
fn what_is_not_a_message_is_malformed() {
    for line in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"type":7}"#,
        r#"{"type":"pong"}"#,
        "{",
        "\u{feff}{}",
    ] {
        let got = decode::<HostMessage>(format!("{line}\n").as_bytes(), &[64]);
        assert!(
            matches!(got, Err(CodecError::Malformed(_))),
            "{line:?}: {got:?}"
        );
    }
    let no_id = decode::<ClientMessage>(b"{\"type\":\"ping\"}\n", &[64]);
    assert!(matches!(no_id, Err(CodecError::Malformed(_))), "{no_id:?}");
}

#[test]
fn what_a_payload_lacks_is_known_once_its_line_has_come() {
    let line = encode(&chunk(Log::Records, 7, 1_000));
    let mut decoder = Decoder::<HostMessage>::default();
    let mut push = |bytes: &[u8]| {
        decoder.push(bytes);
        let whole = decoder.next_message().expect("no wrong byte");
        (
            decoder.missing_bytes(),
            whole.map(|framed| framed.payload.len()),
        )
    };
    assert_eq!(push(&line[..9]), (0, None));
    assert_eq!(push(&line[9..]), (1_000, None));
    assert_eq!(push(&[b'x'; 300]), (700, None));
    assert_eq!(push(&[b'x'; 701]), (0, Some(1_000)));
}
