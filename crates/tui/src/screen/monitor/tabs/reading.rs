//! What tabs want to have read from the logs, and what was found.
//!
//! One reading per tab is under way at a time: a newer one ends the one before it, so a tab numbers
//! its readings and passes over what is found for an old one.

use super::{channels, events, output, results};

/// Something to be read beside the screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    /// For the Events tab.
    Events(events::Reading),
    /// For the Channels tab.
    Channels(channels::Reading),
    /// For the Output tab.
    Output(output::Reading),
    /// For the Results tab.
    Results(results::Reading),
    /// For the terminal view of the Output tab.
    Terminal(output::terminal::Reading),
    /// For the status card: the longest silence of this run and of earlier ones.
    Silence,
    /// For the Info tab: what the files say of the run.
    Info,
}

/// A part of what was found, or why nothing was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// For the Events tab.
    Events(events::Found),
    /// For the Channels tab.
    Channels(channels::Found),
    /// For the Output tab.
    Output(output::Found),
    /// For the Results tab.
    Results(results::Found),
    /// For the terminal view of the Output tab.
    Terminal(output::terminal::Found),
    /// For the status card: how long it was, in milliseconds.
    Silence(Option<u64>),
    /// For the Info tab: labels and what they stand for. A label that is empty goes on with the one
    /// before.
    Info(Vec<(&'static str, String)>),
}
