//! Whether the command is held where it is.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Whether the command of the current segment is held, and how long it has been before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Since when it is held; `None` while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The same on the segment's monotonic clock, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since_ms: Option<u64>,
    /// How long it has been held before, in milliseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub past_ms: u64,
}

fn is_zero(ms: &u64) -> bool {
    *ms == 0
}

impl Hold {
    /// Whether it is held.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.since.is_some()
    }

    /// Whether there is nothing to say: it is not held and never was.
    pub(super) fn is_idle(&self) -> bool {
        *self == Self::default()
    }

    /// Takes a signal into account. Says whether it was one that holds or lets go.
    pub(super) fn signal(&mut self, name: &str, at: Timestamp, t_ms: Option<u64>) -> bool {
        match name {
            "SIGSTOP" if !self.is_held() => (self.since, self.since_ms) = (Some(at), t_ms),
            "SIGSTOP" => {}
            "SIGCONT" => self.let_go(t_ms),
            _ => return false,
        }
        true
    }

    /// It goes on, or is gone.
    pub(super) fn let_go(&mut self, t_ms: Option<u64>) {
        self.since = None;
        if let (Some(since_ms), Some(t_ms)) = (self.since_ms.take(), t_ms) {
            self.past_ms += t_ms.saturating_sub(since_ms);
        }
    }
}
