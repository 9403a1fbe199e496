//! The picker: choose a run from the list, inline below the prompt.
//!
//! [`model`] is the list and where the operator is in it, [`update`] changes it, [`view`] draws it,
//! [`runtime`] is the shell around them. [`entry`] is the only place that knows what a row of the
//! list looks like inside.
//!
//! Invariants:
//! - The selection is a pod's name, or nothing. It survives every refresh; where its row is gone it
//!   moves to the neighbour.
//! - Rows keep their places while only times change.
//! - Live rows come first, whatever is typed.
//!
//! Absent on purpose: carrying anything out. A choice ends the picker; a stop leaves as an order.

mod age;
mod entry;
pub(super) mod keys;
mod model;
mod runtime;
mod update;
mod view;

#[cfg(test)]
mod tests;

use discovery::PodList;
use jiff::tz::TimeZone;
use pod_protocol::PodName;
use tokio::sync::mpsc;

use super::{Palette, monitor::Leaving};

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

/// How the picker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Picked {
    /// A row and what to do with it.
    Chosen {
        /// The pod.
        name: PodName,
        /// What to do.
        action: Action,
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
    List(PodList),
    /// What came of an [`Order::Stop`]: nothing to say, or why it was refused.
    StopSettled(PodName, Result<(), String>),
}

/// What the operator wants done. Carried out by whoever opened the picker, which stays open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Ask this run to stop; answer with [`News::StopSettled`].
    Stop(PodName),
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
}
