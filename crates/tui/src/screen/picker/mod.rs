//! The picker: choose a run from the list, inline below the prompt.

use pod_protocol::PodName;

use super::monitor::Leaving;

/// What to do with the chosen pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Open the monitor on a live pod.
    Attach,
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
