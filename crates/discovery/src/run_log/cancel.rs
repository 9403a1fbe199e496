//! Giving up long work, and how far it has come.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Gives up a search or a scan from elsewhere. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    given_up: Arc<AtomicBool>,
}

impl Cancel {
    /// One that nobody has used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the work up: it ends at its next piece. There is no way back.
    pub fn cancel(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// Whether the work was given up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }
}

/// How far long work has come, in bytes of the logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What is done with.
    pub done_bytes: u64,
    /// What there was to do when it began.
    pub total_bytes: u64,
}

impl Progress {
    /// The share that is done, from 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share to be shown")]
    pub fn share(&self) -> f64 {
        if self.total_bytes == 0 {
            return 1.0;
        }
        (self.done_bytes as f64 / self.total_bytes as f64).min(1.0)
    }
}
