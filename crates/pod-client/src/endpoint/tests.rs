use std::{
    os::unix::net::{UnixListener, UnixStream as BlockingStream},
    sync::atomic::{AtomicU32, Ordering},
};

use nix::sys::socket::{Backlog, listen};

use super::*;
use crate::{Connection, hello};

const LONG: Duration = Duration::from_secs(30);

fn full() -> io::Error {
    io::ErrorKind::WouldBlock.into()
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_tried_again_with_growing_waits() {
    let tries = AtomicU32::new(0);
    let started = Instant::now();
    let connect = || async {
        match tries.fetch_add(1, Ordering::Relaxed) {
            0..3 => Err(full()),
            _ => Ok("in"),
        }
    };
    let got = while_full(started + LONG, connect).await;
    assert_eq!(got.expect("the fourth try works"), "in");
    assert_eq!(started.elapsed(), Duration::from_millis(5 + 10 + 20));
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_stays_full_is_busy() {
    let deadline = Instant::now() + Duration::from_millis(250);
    let got = while_full::<(), _>(deadline, || async { Err(full()) }).await;
    let error = got.expect_err("nobody is let in").at("p.sock".into());
    assert!(matches!(error, ClientError::Busy { .. }), "{error:?}");
    assert_eq!(Instant::now(), deadline);
}

/// A listener with as short a queue as the kernel allows, filled up.
fn full_listener(path: &std::path::Path) -> (UnixListener, Vec<queue::Filler>) {
    let listener = UnixListener::bind(path).expect("a fresh directory");
    listen(&listener, Backlog::new(0).expect("zero is fine")).expect("listens already");
    (listener, queue::fill(path))
}

/// Clients that only take places in a queue.
mod queue {
    use std::{os::fd::OwnedFd, path::Path};

    use nix::{
        errno::Errno,
        sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket},
    };
    use std::os::fd::AsRawFd;

    pub(super) type Filler = OwnedFd;

    pub(super) fn fill(path: &Path) -> Vec<Filler> {
        let address = UnixAddr::new(path).expect("a short path");
        let mut fillers = Vec::new();
        loop {
            let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
            let filler =
                socket(AddressFamily::Unix, SockType::Stream, flags, None).expect("a socket");
            match connect(filler.as_raw_fd(), &address) {
                Ok(()) => fillers.push(filler),
                Err(Errno::EAGAIN) => return fillers,
                Err(error) => panic!("cannot fill the queue: {error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_full_queue_of_the_kernel_is_busy() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("p.sock");
    let (_listener, _fillers) = full_listener(&path);
    let endpoint = Endpoint::Socket(path);
    let error = hello(&endpoint, Duration::from_millis(30)).await;
    assert!(matches!(error, Err(ClientError::Busy { .. })), "{error:?}");
}

#[tokio::test]
async fn a_full_queue_of_the_kernel_is_waited_for() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("p.sock");
    let (listener, fillers) = full_listener(&path);
    let endpoint = Endpoint::Socket(path);
    // Nobody leaves the queue before the first try, which is made when the future is first polled.
    let connect = endpoint.connect(Instant::now() + LONG);
    tokio::pin!(connect);
    let first =
        std::future::poll_fn(|cx| std::task::Poll::Ready(connect.as_mut().poll(cx).is_ready()));
    assert!(!first.await, "the queue is full");
    let accepted: Vec<BlockingStream> = (0..fillers.len())
        .map(|_| listener.accept().expect("a filler").0)
        .collect();
    assert!(
        connect.await.is_ok(),
        "there is room after {}",
        accepted.len()
    );
}

#[tokio::test]
async fn no_socket_and_nobody_listening_are_told_apart() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let missing = Endpoint::Socket(directory.path().join("missing.sock"));
    let error = hello(&missing, LONG).await.expect_err("nothing there");
    assert!(matches!(error, ClientError::NoSocket { .. }), "{error:?}");
    assert!(!error.is_worth_a_retry());

    let stale = directory.path().join("stale.sock");
    drop(UnixListener::bind(&stale).expect("a fresh directory"));
    let error = hello(&Endpoint::Socket(stale), LONG)
        .await
        .expect_err("a dead socket");
    assert!(
        matches!(error, ClientError::NobodyListens { .. }),
        "{error:?}"
    );
    assert!(!error.is_worth_a_retry());

    let too_long = directory.path().join("x".repeat(150));
    let error = hello(&Endpoint::Socket(too_long), LONG)
        .await
        .expect_err("no such address");
    assert!(matches!(error, ClientError::Connect { .. }), "{error:?}");
}

#[tokio::test]
async fn a_probe_reads_one_line_of_a_real_socket_and_hangs_up() {
    use std::io::{Read, Write};

    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("p.sock");
    let listener = UnixListener::bind(&path).expect("a fresh directory");
    let host = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the probe");
        let line = pod_protocol::encode(&crate::fake::hello());
        stream.write_all(&line).expect("the probe reads");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("the probe hangs up");
        rest
    });
    let hello = hello(&Endpoint::Socket(path), LONG).await.expect("a hello");
    assert_eq!(hello.pod.as_str(), "train");
    assert_eq!(host.join().expect("no panic"), b"", "a probe says nothing");
}

#[tokio::test]
async fn a_host_that_listens_and_says_nothing_is_silent() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("p.sock");
    let _listener = UnixListener::bind(&path).expect("a fresh directory");
    let dialed = Connection::dial(&Endpoint::Socket(path), Duration::from_secs(1)).await;
    assert!(
        matches!(dialed, Err(ClientError::Silent { .. })),
        "{dialed:?}"
    );
}
