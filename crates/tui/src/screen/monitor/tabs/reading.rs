//! What tabs want to have read from the logs, and what was found.
//!
//! One reading of a kind is under way at a time: a newer one ends the one before it, so a tab numbers
//! its readings and passes over what is found for an old one.

use std::collections::VecDeque;

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

/// What kind of reading it is: of each there is one at a time, beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// The Events tab.
    Events,
    /// The Channels tab.
    Channels,
    /// Lines of the Output tab.
    Lines,
    /// The next match in the output.
    Search,
    /// How many there are.
    Count,
    /// Text to be copied.
    Copy,
    /// Output that is saved or piped.
    Take,
    /// The Results tab.
    Results,
    /// The terminal view.
    Terminal,
    /// The status card.
    Silence,
    /// The Info tab.
    Info,
}

impl Lane {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Info as usize + 1;
}

impl Reading {
    /// Which kind it is.
    pub(crate) const fn lane(&self) -> Lane {
        match self {
            Self::Events(_) => Lane::Events,
            Self::Channels(_) => Lane::Channels,
            Self::Output(reading) => reading.lane(),
            Self::Results(_) => Lane::Results,
            Self::Terminal(_) => Lane::Terminal,
            Self::Silence => Lane::Silence,
            Self::Info => Lane::Info,
        }
    }
}

/// Readings on their way to who reads. None is lost: where one waits, a newer one of its kind takes
/// its place, as it would end it anyway; so no more wait than there are kinds.
#[derive(Debug, Default)]
pub(crate) struct Outbox(VecDeque<Reading>);

impl Outbox {
    /// Takes a reading.
    pub(crate) fn put(&mut self, reading: Reading) {
        self.0.retain(|waiting| waiting.lane() != reading.lane());
        self.0.push_back(reading);
    }

    /// The next one.
    pub(crate) fn take(&mut self) -> Option<Reading> {
        self.0.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
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

#[cfg(test)]
mod tests {
    use pod_protocol::Offset;

    use super::*;

    #[test]
    fn what_waits_is_replaced_by_what_is_newer_of_its_kind_and_by_nothing_else() {
        let copy = |to| {
            Reading::Output(output::Reading::Copy(output::Excerpt {
                range: Some(Offset(0)..Offset(to)),
                ..output::Excerpt::default()
            }))
        };
        let save = Reading::Output(output::Reading::Save {
            excerpt: output::Excerpt::default(),
            path: "file".to_owned(),
            overwrite: false,
        });
        let mut outbox = Outbox::default();
        for round in 1..1_000 {
            for reading in [save.clone(), copy(round), Reading::Info, Reading::Silence] {
                outbox.put(reading);
            }
        }
        let all = std::iter::from_fn(|| outbox.take());
        let expected = [save, copy(999), Reading::Info, Reading::Silence];
        assert_eq!(all.collect::<Vec<_>>(), expected);
        assert!(outbox.is_empty());
    }
}
