use pod_protocol::{ErrorCode, MESSAGE_BYTES_MAX, Outcome, Refusal, StopAnswer, StopReason};

use super::*;
use crate::fake::{self, Host, segment};

const TIMEOUT: Duration = Duration::from_secs(1);

/// What comes of a host that says `bytes` and hangs up.
async fn greeted(bytes: Vec<u8>) -> Result<Connection, ClientError> {
    let (client, mut host) = Host::pair();
    let speak = async move {
        host.raw(&bytes).await;
        drop(host);
    };
    let (connection, ()) = tokio::join!(Connection::over(client, TIMEOUT), speak);
    connection
}

async fn connected() -> (Connection, Host) {
    let (client, mut host) = Host::pair();
    host.say(&fake::hello()).await;
    let connection = Connection::over(client, TIMEOUT).await.expect("a hello");
    (connection, host)
}

#[tokio::test(start_paused = true)]
async fn the_host_speaks_first() {
    let (connection, _host) = connected().await;
    assert_eq!(connection.hello().pid, 42);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_says_nothing_is_silent() {
    let (client, _host) = Host::pair();
    let error = Connection::over(client, TIMEOUT)
        .await
        .expect_err("no word");
    assert!(
        matches!(
            error,
            ClientError::Silent {
                waited: TIMEOUT,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_version_is_said_in_words() {
    // Neither the new fields nor the missing old ones keep us from reading the version.
    let hello = br#"{"type":"hello","protocol":9,"tool":"7.2\u001b[2J","shape":[1]}"#;
    let line = [&hello[..], b"\n"].concat();
    let error = greeted(line).await.expect_err("version 9");
    assert!(
        matches!(error, ClientError::UnsupportedProtocol { theirs: 9, .. }),
        "{error:?}"
    );
    assert!(!error.is_worth_a_retry());
    let words = error.to_string();
    assert!(
        words.contains("speaks version 9 of the protocol"),
        "{words}"
    );
    assert!(!words.contains('\u{1b}'), "{words:?}");
}

#[tokio::test(start_paused = true)]
async fn garbage_is_an_error_and_never_a_panic() {
    let check = async |bytes: Vec<u8>, expected: fn(&ClientError) -> bool| {
        let error = greeted(bytes.clone()).await.expect_err("not a hello");
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        assert!(expected(&error), "{shown:?}: {error:?}");
    };
    let garbled = |error: &ClientError| matches!(error, ClientError::Garbled(_));
    let hung_up = |error: &ClientError| matches!(error, ClientError::HungUp);
    let unexpected = |error: &ClientError| matches!(error, ClientError::Unexpected { .. });
    check(b"HTTP/1.1 400 Bad Request\r\n".to_vec(), garbled).await;
    check(vec![0xff, 0x00, b'\n'], garbled).await;
    check(b"{}\n".to_vec(), garbled).await;
    check(br#"{"type":"hello","protocol":1}"#.to_vec(), hung_up).await;
    check(b"".to_vec(), hung_up).await;
    check(b"{\"type\":\"pong\",\"id\":1}\n".to_vec(), unexpected).await;
}

#[tokio::test(start_paused = true)]
async fn a_line_without_an_end_is_not_collected_for_ever() {
    let (client, mut host) = Host::pair();
    let flood = async move {
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..MESSAGE_BYTES_MAX / piece.len() {
            host.raw(&piece).await;
        }
        host.hung_up_on().await;
    };
    let dial = async {
        Connection::over(client, TIMEOUT)
            .await
            .expect_err("too long")
    };
    let (error, ()) = tokio::join!(dial, flood);
    assert!(matches!(error, ClientError::Garbled(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_refuses_this_user_says_so() {
    let refusal = Refusal {
        id: 0,
        code: ErrorCode::Forbidden,
        message: "this pod belongs to another user".into(),
    };
    let line = encode(&HostMessage::Error(refusal));
    let error = greeted(line).await.expect_err("forbidden");
    assert_eq!(error.code(), Some(ErrorCode::Forbidden));
    assert!(!error.is_worth_a_retry());
}

#[tokio::test(start_paused = true)]
async fn requests_are_answered_by_their_id() {
    let (mut connection, mut host) = connected().await;
    let answering = async {
        host.welcome(fake::attached(Some(segment(1)), 3, 9)).await;
        let ClientMessage { id, request } = host.heard().await;
        assert_eq!(request, Request::Stop { grace_ms: 500 });
        host.say(&HostMessage::Unknown).await;
        host.ok(id + 100).await;
        let done = Some(Done::Stop(StopAnswer {
            stopped: false,
            reason: Some(StopReason::AlreadyTerminal),
        }));
        host.say(&HostMessage::Ok { id, done }).await;
    };
    let asking = async {
        let attached = connection.attach(Mode::Control, "test", "ada").await;
        assert_eq!(attached.expect("a state").state.seq.0, 3);
        connection.call(Request::Stop { grace_ms: 500 }).await
    };
    let (answer, ()) = tokio::join!(asking, answering);
    let Answer::Done(Some(Done::Stop(stop))) = answer.expect("an answer") else {
        panic!("a stop says what came of it");
    };
    assert!(!stop.stopped);
}

#[tokio::test(start_paused = true)]
async fn a_piece_of_a_log_comes_behind_the_ok() {
    let (mut connection, mut host) = connected().await;
    let answering = async {
        let ClientMessage { id, .. } = host.heard().await;
        host.ok(id).await;
        host.chunk(Log::Output, 100, b"\xffraw\n").await;
    };
    let reading = connection.read(segment(1), Log::Output, 100, 64);
    let (read, ()) = tokio::join!(reading, answering);
    let (header, bytes) = read.expect("a chunk");
    assert_eq!((header.from, &bytes[..]), (100, &b"\xffraw\n"[..]));
}

#[tokio::test(start_paused = true)]
async fn an_end_answers_every_request() {
    let (mut connection, mut host) = connected().await;
    let outcome = Outcome::Passed;
    host.say(&HostMessage::Closed { outcome }).await;
    let error = connection.call(Request::Ping).await.expect_err("over");
    assert!(
        matches!(
            error,
            ClientError::Ended {
                outcome: Outcome::Passed
            }
        ),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_answers_has_a_limit() {
    let (mut connection, _host) = connected().await;
    let error = connection.call(Request::Ping).await.expect_err("no answer");
    let silent = ClientError::Silent {
        operation: "ping",
        waited: ANSWER_TIMEOUT,
    };
    assert_eq!(error.to_string(), silent.to_string());
}
