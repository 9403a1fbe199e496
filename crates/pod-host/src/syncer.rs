//! The thread that waits for the disk, so that nobody else does.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

use tokio::sync::mpsc;

/// Requests that may wait: operators do not ask faster than a disk can answer, and the periodic
/// request is never in flight twice.
const REQUESTS_MAX: usize = 64;
const STACK_BYTES: usize = 64 * 1024;

/// Asks for work on the disk, in order, and says when each is done.
#[derive(Debug)]
pub(crate) struct Syncer<T> {
    requests: Option<SyncSender<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Syncer<T> {
    /// Starts the thread. Each token comes back over `done` once `work` is done for it or has
    /// failed.
    pub(crate) fn start(
        work: impl Fn(&T) -> io::Result<()> + Send + 'static,
        done: mpsc::Sender<(T, io::Result<()>)>,
    ) -> io::Result<Self> {
        let (requests, waiting) = sync_channel(REQUESTS_MAX);
        let thread = thread::Builder::new()
            .name("syncer".into())
            .stack_size(STACK_BYTES);
        let thread = thread.spawn(move || run(work, &waiting, &done))?;
        Ok(Self {
            requests: Some(requests),
            thread: Some(thread),
        })
    }

    /// Stops waiting for a disk that hangs: the thread ends with the process.
    pub(crate) fn give_up(&mut self) {
        self.requests = None;
        drop(self.thread.take());
    }

    /// Asks for work. Gives the token back when too many wait.
    pub(crate) fn request(&self, token: T) -> Result<(), T> {
        let Some(requests) = &self.requests else {
            return Err(token);
        };
        requests.try_send(token).map_err(|error| match error {
            TrySendError::Full(token) | TrySendError::Disconnected(token) => token,
        })
    }
}

impl<T> Drop for Syncer<T> {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed; there is nothing left to sync.
            let _ = thread.join();
        }
    }
}

fn run<T>(
    work: impl Fn(&T) -> io::Result<()>,
    waiting: &Receiver<T>,
    done: &mpsc::Sender<(T, io::Result<()>)>,
) {
    while let Ok(token) = waiting.recv() {
        let result = work(&token);
        if done.blocking_send((token, result)).is_err() {
            return;
        }
    }
}
