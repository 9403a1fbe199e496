//! How long a run and its earlier ones have been silent before.

use discovery::{Cancel, RunLog};

use super::Desk;
use crate::screen::monitor::Found;

/// Reads it. Where nothing can be read nothing is said: it is a hint and no more.
pub(super) fn read(desk: &Desk) {
    let Ok(log) = RunLog::open(&desk.roots.state, desk.session) else {
        return;
    };
    if let Ok(past) = log.past_silence(&Cancel::new()) {
        desk.tell(Found::Silence(past.longest_ms));
    }
}
