//! Lies that the torture harness has to find out, each behind a feature that no release can have.
//!
//! `scripts/torture-has-teeth` builds them and expects the harness to fail.

#[cfg(not(debug_assertions))]
compile_error!("a host that lies is for tests of the torture harness and is never released");

/// A reply that nobody hears: who asked has been told before anything was appended, and the answer
/// has gone out.
#[cfg(feature = "sabotage-acknowledge")]
pub(crate) async fn acknowledge_first(
    reply: tokio::sync::oneshot::Sender<pod_protocol::StopAnswer>,
) -> tokio::sync::oneshot::Sender<pod_protocol::StopAnswer> {
    /// Turns that the viewers' tasks get to send the answer.
    const TURNS: usize = 16;
    let taken = pod_protocol::StopAnswer {
        stopped: true,
        reason: None,
    };
    let _ = reply.send(taken);
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
    tokio::sync::oneshot::channel().0
}
