use std::time::Duration;

use pod_protocol::{ClientMessage, ErrorCode, HostMessage, Log, Refusal, TerminalSize};
use tokio::time::Instant;

use super::*;
use crate::{
    Connection,
    backoff::{HEALTHY_AFTER, RETRY_AFTER},
    connection::ANSWER_TIMEOUT,
    fake::{Host, Streams, attached, options, segment},
};

impl Dial for Streams {
    async fn dial(&mut self) -> Result<Connection, ClientError> {
        match self.0.pop_front() {
            Some(stream) => Connection::over(stream, Duration::from_secs(5)).await,
            None => Err(ClientError::NobodyListens {
                path: "gone".into(),
            }),
        }
    }
}

/// An event as one word, with what it carries.
fn word(event: Option<LinkEvent>) -> String {
    match event {
        None => "over".into(),
        Some(LinkEvent::Attached(attached)) => format!("attached {}", attached.state.seq),
        Some(LinkEvent::Records { from, bytes }) => format!("records {from}+{}", bytes.len()),
        Some(LinkEvent::Output { from, bytes, .. }) => format!("output {from}+{}", bytes.len()),
        Some(LinkEvent::Terminal(view)) => format!("terminal {:?} {}", view.size, view.yours),
        Some(LinkEvent::Closed(outcome)) => format!("closed {outcome}"),
        Some(LinkEvent::Retrying { cause }) => format!("retrying: {cause}"),
        Some(LinkEvent::Lost { cause }) => format!("lost: {cause}"),
    }
}

async fn expect<const N: usize>(events: &mut mpsc::Receiver<LinkEvent>, words: [&str; N]) {
    for expected in words {
        assert_eq!(word(events.recv().await), expected);
    }
}

fn follow_both() -> LinkOptions {
    options(Some(Start::At(1)), Some(Start::At(0)))
}

#[tokio::test(start_paused = true)]
async fn a_run_is_followed_to_its_end() {
    let (streams, [mut host]) = Host::line();
    let (link, mut events) = Link::open_with(streams, follow_both());
    host.welcome(attached(Some(segment(1)), 2, 5)).await;
    assert_eq!(host.followed(Log::Records).await, 1);
    assert_eq!(host.followed(Log::Output).await, 0);
    host.chunk(Log::Records, 1, b"{}\n{}\n").await;
    host.chunk(Log::Output, 0, b"hello").await;
    host.chunk(Log::Records, 3, b"{}\n").await;
    let outcome = Outcome::Passed;
    host.say(&HostMessage::Closed { outcome }).await;
    expect(
        &mut events,
        [
            "attached 2",
            "records 1+6",
            "output 0+5",
            "records 3+3",
            "closed passed",
            "over",
        ],
    )
    .await;
    link.ended().await;
}

#[tokio::test(start_paused = true)]
async fn a_break_in_the_middle_of_a_chunk_is_resumed_from_the_last_whole_one() {
    let (streams, [mut host, mut second]) = Host::line();
    let (_link, mut events) = Link::open_with(streams, follow_both());
    host.welcome(attached(Some(segment(1)), 2, 0)).await;
    host.followed(Log::Records).await;
    host.followed(Log::Output).await;
    host.chunk(Log::Records, 1, b"{}\n{}\n").await;
    host.chunk(Log::Output, 0, b"0123456789").await;
    let header = pod_protocol::ChunkHeader {
        segment: segment(1),
        log: Log::Output,
        from: 10,
        bytes: 100,
    };
    host.say(&HostMessage::Chunk(header)).await;
    host.raw(b"only a part").await;
    drop(host);
    expect(
        &mut events,
        [
            "attached 2",
            "records 1+6",
            "output 0+10",
            "retrying: the host hung up",
        ],
    )
    .await;
    let broke_at = Instant::now();
    second.welcome(attached(Some(segment(1)), 4, 110)).await;
    assert_eq!(broke_at.elapsed(), RETRY_AFTER);
    assert_eq!(second.followed(Log::Records).await, 3);
    assert_eq!(second.followed(Log::Output).await, 10);
    second.chunk(Log::Records, 3, b"{}\n{}\n").await;
    expect(&mut events, ["attached 4", "records 3+6"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_break_is_the_end_unless_health_lies_between() {
    let check = async |healthy: Duration, words: [&str; 2]| {
        let (streams, [mut first, mut second]) = Host::line();
        let (_link, mut events) = Link::open_with(streams, options(None, None));
        first.welcome(attached(Some(segment(1)), 0, 0)).await;
        drop(first);
        expect(&mut events, ["attached 0", "retrying: the host hung up"]).await;
        second.welcome(attached(Some(segment(1)), 0, 0)).await;
        expect(&mut events, ["attached 0"]).await;
        tokio::time::advance(healthy).await;
        drop(second);
        expect(&mut events, words).await;
    };
    check(HEALTHY_AFTER / 2, ["lost: the host hung up", "over"]).await;
    check(
        HEALTHY_AFTER,
        ["retrying: the host hung up", "lost: nobody listens on gone"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_never_retried() {
    for code in [
        ErrorCode::Forbidden,
        ErrorCode::UnsupportedProtocol,
        ErrorCode::StaleCursor,
    ] {
        let (streams, [mut host, _spare]) = Host::line();
        let (_link, mut events) = Link::open_with(streams, follow_both());
        host.welcome(attached(Some(segment(1)), 2, 0)).await;
        let ClientMessage { id, .. } = host.heard().await;
        let message = "no".to_owned();
        host.say(&HostMessage::Error(Refusal { id, code, message }))
            .await;
        expect(
            &mut events,
            ["attached 2", "lost: the host refused: no", "over"],
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_there_is_said_at_once() {
    let (_link, mut events) = Link::open_with(Streams::default(), follow_both());
    expect(&mut events, ["lost: nobody listens on gone", "over"]).await;
}

#[tokio::test(start_paused = true)]
async fn garbage_in_a_stream_breaks_it() {
    let (streams, [mut host]) = Host::line();
    let (_link, mut events) = Link::open_with(streams, follow_both());
    host.welcome(attached(Some(segment(1)), 2, 0)).await;
    host.raw(b"\x00\xff\x1b]0;owned\x07\n").await;
    let words = [
        "attached 2",
        "retrying: the host sent garbage",
        "lost: nobody listens on gone",
    ];
    expect(&mut events, words).await;
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_is_not_delivered() {
    let (streams, [mut host]) = Host::line();
    let (_link, mut events) = Link::open_with(streams, follow_both());
    host.welcome(attached(Some(segment(1)), 2, 0)).await;
    host.chunk(Log::Records, 1, b"{}\n{}\n").await;
    host.chunk(Log::Records, 2, b"{}\n").await;
    let lost = "lost: the host sent Records from 2 where 3 was due";
    expect(&mut events, ["attached 2", "records 1+6", lost]).await;
}

#[tokio::test(start_paused = true)]
async fn a_pending_segment_is_followed_when_the_host_says_that_it_has_begun() {
    let (streams, [mut host]) = Host::line();
    let (link, mut events) = Link::open_with(streams, follow_both());
    host.welcome(attached(None, 0, 0)).await;
    expect(&mut events, ["attached 0"]).await;
    // It can be asked something meanwhile, and what it waits for may change.
    let asking = async {
        let ClientMessage { id, request } = host.heard().await;
        assert_eq!(request, Request::Ping);
        host.say(&HostMessage::Pong { id }).await;
        let again = Box::new(attached(None, 0, 0));
        host.say(&HostMessage::Attached(again)).await;
    };
    let (answer, ()) = tokio::join!(link.call(Request::Ping), asking);
    assert_eq!(answer.expect("a pong"), Answer::Pong);
    expect(&mut events, ["attached 0"]).await;
    // Longer than any answer may take.
    tokio::time::advance(Duration::from_secs(3_600)).await;
    let begun = Box::new(attached(Some(segment(1)), 1, 0));
    host.say(&HostMessage::Attached(begun)).await;
    assert_eq!(host.followed(Log::Records).await, 1);
    assert_eq!(host.followed(Log::Output).await, 0);
    host.chunk(Log::Records, 1, b"{}\n").await;
    expect(&mut events, ["attached 1", "records 1+3"]).await;
    // A second beginning is none.
    let begun = Box::new(attached(Some(segment(1)), 1, 0));
    host.say(&HostMessage::Attached(begun)).await;
    let word = word(events.recv().await);
    assert!(word.starts_with("lost: "), "{word}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_holds_the_host_and_not_the_requests() {
    let (streams, [mut host]) = Host::line();
    let (link, mut events) = Link::open_with(streams, follow_both());
    host.welcome(attached(Some(segment(1)), 0, 0)).await;
    host.followed(Log::Records).await;
    host.followed(Log::Output).await;
    let piece = vec![b'x'; 1_024];
    let mut sent = 0_u64;
    let minute = Duration::from_secs(60);
    while tokio::time::timeout(minute, host.chunk(Log::Output, sent, &piece))
        .await
        .is_ok()
    {
        sent += piece.len() as u64;
        assert!(sent < 1024 * 1024, "the host was never held");
    }
    // Nobody has read an event for a minute; a request still goes out.
    let ping = link.call(Request::Ping);
    let heard = async { while !matches!(host.heard().await.request, Request::Ping) {} };
    tokio::select! {
        () = heard => {}
        early = ping => panic!("answered too early: {early:?}"),
    }
    // And the waiting was not the host's silence.
    expect(&mut events, ["attached 0", "output 0+1024"]).await;
    drop(events);
    link.ended().await;
}

#[tokio::test(start_paused = true)]
async fn requests_are_answered_between_chunks() {
    let (streams, [mut host]) = Host::line();
    let (link, mut events) = Link::open_with(streams, options(None, Some(Start::At(0))));
    host.welcome(attached(Some(segment(1)), 0, 0)).await;
    host.followed(Log::Output).await;
    let answering = async {
        let ClientMessage { id, request } = host.heard().await;
        assert_eq!(request, Request::Ping);
        host.chunk(Log::Output, 0, b"x").await;
        host.say(&HostMessage::Pong { id }).await;
    };
    let (answer, ()) = tokio::join!(link.call(Request::Ping), answering);
    assert_eq!(answer.expect("a pong"), Answer::Pong);
    expect(&mut events, ["attached 0", "output 0+1"]).await;
}

#[tokio::test(start_paused = true)]
async fn an_end_answers_the_requests_that_wait() {
    let (streams, [mut host]) = Host::line();
    let (link, mut events) = Link::open_with(streams, options(None, None));
    host.welcome(attached(Some(segment(1)), 0, 0)).await;
    let ending = async {
        host.heard().await;
        let outcome = Outcome::Stopped;
        host.say(&HostMessage::Closed { outcome }).await;
    };
    let (answer, ()) = tokio::join!(link.call(Request::Stop { grace_ms: 1 }), ending);
    assert!(matches!(
        answer,
        Err(ClientError::Ended {
            outcome: Outcome::Stopped
        })
    ));
    expect(&mut events, ["attached 0", "closed stopped", "over"]).await;
    let late = link.call(Request::Ping).await;
    assert!(matches!(late, Err(ClientError::NotConnected)), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn an_end_that_comes_before_the_follow_was_heard_is_no_end_of_the_output() {
    let (streams, [mut host]) = Host::line();
    let (_link, mut events) = Link::open_with(streams, options(None, Some(Start::At(0))));
    host.welcome(attached(Some(segment(1)), 0, 100)).await;
    let outcome = Outcome::Passed;
    host.say(&HostMessage::Closed { outcome }).await;
    let words = ["attached 0", "lost: the run has ended: passed", "over"];
    expect(&mut events, words).await;
}

#[tokio::test(start_paused = true)]
async fn a_host_that_answers_nothing_is_noticed() {
    let (streams, [mut host]) = Host::line();
    let (_link, mut events) = Link::open_with(streams, options(None, Some(Start::At(0))));
    host.welcome(attached(Some(segment(1)), 0, 0)).await;
    let words = [
        "attached 0",
        "retrying: the host gave no answer to follow within 10s",
    ];
    expect(&mut events, words).await;
}

#[tokio::test(start_paused = true)]
async fn a_link_makes_its_own_follows() {
    let (streams, [_host]) = Host::line();
    let (link, _events) = Link::open_with(streams, options(None, None));
    let request = Request::Unfollow {
        segment: segment(1),
        log: Log::Output,
    };
    let refused = link.call(request).await;
    assert!(matches!(
        refused,
        Err(ClientError::NotOnALink {
            request: "unfollow"
        })
    ));
}

#[tokio::test(start_paused = true)]
async fn nobody_listening_ends_the_link() {
    let (streams, [mut host]) = Host::line();
    let (link, events) = Link::open_with(streams, follow_both());
    host.welcome(attached(Some(segment(1)), 0, 0)).await;
    drop(events);
    link.ended().await;
    host.hung_up_on().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_typed_goes_out_in_pieces_and_waits_for_the_command() {
    let (streams, [mut host]) = Host::line();
    let (link, mut events) = Link::open_with(streams, options(None, None));
    host.welcome(attached(Some(segment(1)), 0, 0)).await;
    expect(&mut events, ["attached 0"]).await;
    let typed = Bytes::from(vec![b'x'; INPUT_BYTES_MAX + 1]);
    let hear = async {
        for expected in [INPUT_BYTES_MAX as u64, 1] {
            let ClientMessage { id, request } = host.heard().await;
            assert_eq!(request, Request::Input { bytes: expected });
            // Longer than any answer may take.
            tokio::time::sleep(ANSWER_TIMEOUT * 3).await;
            host.ok(id).await;
        }
    };
    let (done, ()) = tokio::join!(link.input(typed), hear);
    done.expect("it was typed");
    let forged = link.call(Request::Input { bytes: 1 }).await;
    assert!(
        matches!(forged, Err(ClientError::NotOnALink { .. })),
        "{forged:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_too_late_ends_nothing() {
    let (streams, [mut host]) = Host::line();
    let (link, mut events) = Link::open_with(streams, options(None, None));
    host.welcome(attached(Some(segment(1)), 0, 0)).await;
    expect(&mut events, ["attached 0"]).await;
    let take = || link.call(Request::Control { take: true });
    let hear = async {
        let ClientMessage { id, .. } = host.heard().await;
        tokio::time::sleep(ANSWER_TIMEOUT * 2).await;
        let code = ErrorCode::NotRunning;
        let message = "too late".to_owned();
        host.say(&HostMessage::Error(Refusal { id, code, message }))
            .await;
        let view = TerminalView {
            size: TerminalSize::UNWATCHED,
            since: Offset(0),
            by: Some("ada".to_owned()),
            yours: true,
        };
        host.say(&HostMessage::Terminal(view)).await;
    };
    let (given_up, ()) = tokio::join!(take(), hear);
    assert!(
        matches!(given_up, Err(ClientError::Silent { .. })),
        "{given_up:?}"
    );
    expect(
        &mut events,
        ["terminal TerminalSize { cols: 80, rows: 24 } true"],
    )
    .await;
}
