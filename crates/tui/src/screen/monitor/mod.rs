//! The monitor: one run, live or finished.
//!
//! [`model`] is what is known and where the operator is, [`update`] changes it, [`view`] draws it,
//! each [tab](tabs) has its own of the three; [`runtime`] is the shell around them. A finished run is shown by the same news as a live one.
//!
//! Invariants:
//! - The status shown is the fold of the records, or the outcome that the feed closed with. A
//!   connection error is shown as one and never as an outcome.
//! - Memory is bounded whatever the run writes: every tab is a window over a log, or a summary of one of
//!   a fixed size.
//!
//! Absent on purpose: carrying out orders. What is asked of the run leaves as data.

mod gone_on;
pub(super) mod keys;
pub(crate) mod linear;
mod model;
mod news;
mod refusal;
pub(super) mod rehearsal;
mod runtime;
mod summary;
pub(crate) mod tabs;
mod update;
mod view;
mod vitals;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use pod_protocol::{Outcome, PodName, SegmentId, SessionId, Status, Timestamp};

use super::{Alerts, KeyChanges, Palette};

pub(crate) use news::{Ask, Launch, News, Order, Source, Standing, TerminalOrder};
pub(crate) use runtime::{Screen, run};
pub(crate) use summary::kibibytes;
pub(crate) use tabs::{Found, Lane, Reading};

/// Why the monitor is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The operator launched the run in the foreground: `ctrl-c` asks whether to detach, stop or cancel.
    Launched,
    /// The operator came to look: `ctrl-c` leaves.
    Visit,
}

/// How to show it.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The pod.
    pub(crate) name: PodName,
    /// The pod that the operator jumped here from.
    pub(crate) back: Option<PodName>,
    /// Why the monitor is open.
    pub(crate) occasion: Occasion,
    /// Whether the operator may only watch.
    pub(crate) read_only: bool,
    /// Colours.
    pub(crate) palette: Palette,
    /// Whether the terminal has braille dots.
    pub(crate) braille: bool,
    /// For the time of day.
    pub(crate) zone: TimeZone,
    /// Keys that are not as they come.
    pub(crate) keys: KeyChanges,
    /// When the terminal is told that something happened.
    pub(crate) alerts: Alerts,
    /// Whether the run was live when it was opened: only then its end is news.
    pub(crate) live: bool,
}

/// The pods beside the one that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Neighbours {
    /// The one before it in the list.
    pub(crate) previous: Option<PodName>,
    /// The one after it.
    pub(crate) next: Option<PodName>,
    /// The first other one that needs somebody, and what for.
    pub(crate) needy: Option<(PodName, String)>,
    /// How many more do.
    pub(crate) more_needy: usize,
    /// What the name of the pod that is shown stands for now.
    pub(crate) here: Option<Here>,
}

/// What a pod's name stands for: maybe no longer the run that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Here {
    /// Its newest session.
    pub(crate) session: SessionId,
    /// The newest segment of it, once there is one.
    pub(crate) segment: Option<SegmentId>,
    /// Whether a host has it.
    pub(crate) live: bool,
    /// Since when.
    pub(crate) since: Option<Timestamp>,
}

/// How the operator left, and what was known then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// How.
    pub(crate) how: Leaving,
    /// The last known status; terminal if the run had ended.
    pub(crate) status: Status,
    /// How the run ended, if it ended before it had begun.
    pub(crate) unbegun: Option<Outcome>,
}

/// How a screen was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// The operator pressed a key for it: back to where they came from.
    Asked,
    /// The operator wants to be back in the shell, wherever they came from.
    Quit,
    /// The operator wants to see another pod.
    Elsewhere {
        /// Which.
        pod: PodName,
        /// The pod to come back to with the same key, if it was a jump.
        back: Option<PodName>,
    },
    /// This signal came, or the terminal went away (SIGHUP). The terminal is restored.
    Signalled(i32),
}
