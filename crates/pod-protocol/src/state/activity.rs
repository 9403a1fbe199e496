//! What a running command seems to be doing. For display only: nothing ever acts on it.

use serde::{Deserialize, Serialize};

use super::apply::Moment;
use crate::{Event, Offset, Timestamp};

/// Silence longer than this is *quiet*, in milliseconds.
pub const QUIET_AFTER_MS: u64 = 5_000;

/// What a running command seems to be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// An item has started and nothing has come since.
    Waiting,
    /// Output or records came within [`QUIET_AFTER_MS`].
    Streaming,
    /// Something came before, and nothing since.
    Quiet,
    /// The run said that silence is expected.
    Buffered,
}

impl Activity {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Streaming => "streaming",
            Self::Quiet => "quiet",
            Self::Buffered => "buffered",
        }
    }
}

/// The signs of life that records give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// Newest record of the run itself.
    pub last_at: Option<Timestamp>,
    /// Output offset at the newest record, when that record started an item.
    pub item_started_out: Option<Offset>,
    /// Whether the run declared that its current item comes in one piece.
    pub buffered: bool,
}

impl Pulse {
    pub(super) fn note(&mut self, moment: Moment, event: &Event) {
        self.last_at = Some(moment.at);
        self.item_started_out = matches!(event, Event::ItemStarted(_)).then_some(moment.out);
        match event {
            Event::Activity(declared) => self.buffered = declared.activity == "buffered",
            Event::ItemStarted(_) | Event::ItemFinished(_) | Event::SegmentStarted(_) => {
                self.buffered = false;
            }
            _ => {}
        }
    }
}

impl super::RunState {
    /// The activity at `now`, given how much output there is and when the last of it came. `None`
    /// unless the command runs and is not held: the silence of a held command says nothing.
    #[must_use]
    pub fn activity(
        &self,
        now: Timestamp,
        out: Offset,
        output_at: Option<Timestamp>,
    ) -> Option<Activity> {
        if !matches!(self.phase, super::Phase::Running { .. }) || self.hold.is_held() {
            return None;
        }
        if self.pulse.item_started_out == Some(out) {
            return Some(Activity::Waiting);
        }
        let newest = self.pulse.last_at.max(output_at)?;
        if now.millis_since(newest) < QUIET_AFTER_MS {
            return Some(Activity::Streaming);
        }
        Some(if self.pulse.buffered {
            Activity::Buffered
        } else {
            Activity::Quiet
        })
    }
}
