//! The picker: choose a run from the list, inline below the prompt.
//!
//! [`model`] is the list and where the operator is in it, [`update`] changes it, [`view`] draws it,
//! [`runtime`] is the shell around them. [`entry`] is the only place that knows what a row of the
//! list looks like inside; [`listing`] is the list as it comes, made off the drawing path. [`naming`]
//! is the name field of a rename, [`peek`] what is shown beneath a row.
//!
//! Invariants:
//! - The selection is a pod's name, or nothing. It survives every refresh and a rename; where its
//!   row is gone it moves to the neighbour.
//! - Rows keep their places until a pod becomes live or stops being live, or the operator asks.
//! - Live rows come first; of those that a filter leaves, after the ones whose names match.
//! - At most one peek is under way, however fast the selection moves.
//!
//! Absent on purpose: carrying anything out. A choice ends the picker; everything else leaves as an
//! [`Order`] and is shown only once the list says so.

mod age;
mod entry;
pub(super) mod keys;
mod listing;
mod model;
mod naming;
mod peek;
pub(super) mod rehearsal;
mod runtime;
mod update;
mod view;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use discovery::Peek;
use jiff::tz::TimeZone;
use pod_protocol::PodName;
use tokio::sync::mpsc;

use super::{KeyChanges, Palette, monitor::Leaving};

pub(crate) use listing::Listing;
pub(crate) use runtime::run;

/// What to do with the chosen pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Open the monitor on a live pod.
    Attach,
    /// Take the run up again, and open the monitor on it.
    Resume,
    /// Open the monitor on what is stored.
    View,
}

/// Where the operator is in a picker, to come back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// What was typed.
    pub(crate) filter: String,
    /// The pod that was selected.
    pub(crate) selected: Option<PodName>,
    /// The first visible row.
    pub(crate) top: usize,
    /// Which pods were shown; absent before the first time.
    pub(crate) scope: Option<Scope>,
}

/// How the picker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Picked {
    /// A row and what to do with it.
    Chosen {
        /// The pod.
        name: PodName,
        /// What to do.
        action: Action,
        /// Where the row is.
        place: Place,
    },
    /// There is nothing to pick from; nothing was drawn. Exit code 1 and one helpful line.
    NothingToShow,
    /// The operator left without choosing.
    Left(Leaving),
}

/// What the picker is told while it is open.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// A newer list.
    List(Listing),
    /// What an [`Order::Peek`] found, or why it found nothing.
    Peeked(PodName, Result<Peek, String>),
    /// What came of any other order: nothing to say, or why it was refused.
    Settled(Order, Result<(), String>),
}

/// What the operator wants done. Carried out by whoever opened the picker, which stays open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Ask this run to stop.
    Stop(PodName),
    /// Look at this run without attaching; answer with [`News::Peeked`].
    Peek(PodName),
    /// Exempt this pod from pruning, or take that back.
    Pin {
        /// The pod.
        pod: PodName,
        /// Whether it is to be exempt.
        pinned: bool,
    },
    /// Give a pod another name.
    Rename {
        /// Its name.
        from: PodName,
        /// The other one.
        to: PodName,
    },
    /// Show these pods the next time, too.
    Remember(Scope),
}

/// Which pods are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    #[default]
    All,
    /// Those whose command runs, or ran, in the operator's directory or below.
    Directory,
}

/// Where the picker's news come from and its orders go to.
#[derive(Debug)]
pub(crate) struct Source {
    /// What happens. The picker stays open when it ends.
    pub(crate) news: mpsc::Receiver<News>,
    /// What the operator wants. A few places are enough: orders come from key presses.
    pub(crate) orders: mpsc::Sender<Order>,
}

/// How to show the list.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Colours.
    pub(crate) palette: Palette,
    /// For dates.
    pub(crate) zone: TimeZone,
    /// The operator's directory; absent where it is gone.
    pub(crate) directory: Option<PathBuf>,
    /// Which pods to show first.
    pub(crate) scope: Scope,
    /// Where to begin.
    pub(crate) place: Place,
    /// Keys that are not as they come.
    pub(crate) keys: KeyChanges,
}
