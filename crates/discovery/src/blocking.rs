//! Work on files, beside the sockets.

/// Does this on a thread that may block. Must be called within a tokio runtime.
///
/// # Panics
/// When `work` does, or the runtime shuts down meanwhile.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("reading files does not panic")
}
