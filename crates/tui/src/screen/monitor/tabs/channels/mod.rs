//! The Channels tab: a table of the series of readings, and a chart of some of them.
//!
//! What a channel is and what it last said comes from the fold; how it went comes from a [`Book`]
//! that live records feed as they come. What came before the first of them is read from the log
//! when the tab is first shown, and joined.

mod book;
pub(crate) mod chart;
pub(crate) mod keys;
mod number;
mod series;
mod table;
pub(in crate::screen::monitor) mod update;
pub(in crate::screen::monitor) mod view;

use std::ops::Range;

use pod_protocol::{RunState, Seq};
use tui_input::Input;

use crate::screen::{monitor::model::Message, palette::Mood};

use book::seq_of;
pub(crate) use book::{Book, NEEDLE};
use chart::Chart;
use table::Order;

/// What the tab wants read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    /// All readings before a record.
    History(Wanted),
    /// All readings of a stretch of time, for a closer look.
    Closer(Wanted, Range<i64>),
}

/// Which readings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    /// Which reading of the logs this is.
    pub(crate) number: u64,
    /// Of which records.
    pub(crate) records: Range<Seq>,
    /// Of which channels.
    pub(crate) known: Vec<String>,
}

/// What was found for the tab, and for which reading of the logs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// The one that asked.
    pub(crate) number: u64,
    /// What came of it.
    pub(crate) part: Part,
}

/// A part of what was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// This share of the records has been read.
    Coming(f64),
    /// All readings that were asked for.
    Readings(Box<Book>),
    /// The log cannot be read.
    Failed(String),
}

/// What is known of the time before the first live record.
#[derive(Clone, Debug, Default, PartialEq)]
enum History {
    /// Nothing, and nobody has asked yet.
    #[default]
    Unread,
    /// It is being read.
    Coming { number: u64, share: f64 },
    /// All there is to know.
    Whole,
    /// Why nothing is.
    Failed(String),
}

/// A closer look at a stretch of time.
#[derive(Clone, Debug, PartialEq)]
struct Closer {
    number: u64,
    /// The stretch, in milliseconds since 1970.
    times: Range<i64>,
    /// Its readings, as soon as they have been read.
    book: Option<Box<Book>>,
}

/// The Channels tab.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    book: Book,
    /// The live records that were seen: the first one, and the one due next.
    seen: Option<(Seq, Seq)>,
    history: History,
    closer: Option<Closer>,
    /// Whether the tab has been shown, so that the history is wanted.
    wanted: bool,
    /// How many readings of the logs were asked for.
    asked: u64,
    table: Table,
    pub(crate) chart: Option<Chart>,
}

/// Where the operator is in the table.
#[derive(Debug, Default)]
struct Table {
    /// The name of the channel that the operator is on; the first one if none.
    selected: Option<String>,
    /// The first row that is shown.
    top: usize,
    /// Names of the channels that the chart is to lay over each other.
    marked: Vec<String>,
    order: Order,
    filter: Filter,
}

/// Which names are shown.
#[derive(Debug, Default)]
struct Filter {
    text: Input,
    /// Whether it is being typed.
    open: bool,
}

impl Channels {
    /// The tab for a run that begins anew. What was asked of the logs of the one before is not
    /// taken for an answer.
    pub(crate) fn anew(&self) -> Self {
        Self {
            asked: self.asked,
            wanted: self.wanted,
            ..Self::default()
        }
    }

    /// Takes whole lines of the record log, of which `state` is the fold already.
    pub(crate) fn read(&mut self, bytes: &[u8], state: &RunState) {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let Some(first) = lines.clone().find_map(seq_of) else {
            return;
        };
        let last = lines.rfind(|line| seq_of(line).is_some()).and_then(seq_of);
        let next = last.unwrap_or(first).next();
        match &mut self.seen {
            Some((_, due)) if first <= *due => *due = next.max(*due),
            seen => {
                // The first ones, or some were skipped: those are in the log, like all before.
                *seen = Some((first, next));
                self.book = Book::default();
                self.history = History::Unread;
            }
        }
        let series = &state.channels.series;
        let known: Vec<&str> = series.iter().map(|channel| &*channel.name).collect();
        self.book.read(bytes, &known, Seq(u64::MAX));
    }

    /// What is to be read from the log now, if the tab has been shown.
    fn ask(&mut self, state: &RunState) -> Option<Reading> {
        let (first, _) = self.seen.filter(|_| self.wanted)?;
        if self.history != History::Unread {
            return None;
        }
        if first <= Seq::FIRST {
            self.history = History::Whole;
            return None;
        }
        let wanted = self.wanted(Seq::FIRST..first, state);
        self.history = History::Coming {
            number: wanted.number,
            share: 0.0,
        };
        // The log is read for one thing at a time.
        self.closer = None;
        Some(Reading::History(wanted))
    }

    fn wanted(&mut self, records: Range<Seq>, state: &RunState) -> Wanted {
        self.asked += 1;
        let series = state.channels.series.iter();
        Wanted {
            number: self.asked,
            records,
            known: series.map(|channel| channel.name.clone()).collect(),
        }
    }

    /// Takes what was found.
    fn found(&mut self, found: Found) {
        match (&mut self.history, &mut self.closer) {
            (History::Coming { number, share }, _) if *number == found.number => match found.part {
                Part::Coming(now) => *share = now,
                Part::Readings(book) => {
                    self.book.join(*book);
                    self.history = History::Whole;
                }
                Part::Failed(why) => self.history = History::Failed(why),
            },
            (_, Some(closer)) if closer.number == found.number => match found.part {
                Part::Coming(_) => {}
                Part::Readings(book) => closer.book = Some(book),
                // What is known already stays on the screen.
                Part::Failed(_) => self.closer = None,
            },
            _ => {}
        }
    }

    /// Whether a text field is open.
    pub(super) const fn is_typing(&self) -> bool {
        self.table.filter.open
    }

    /// Whether only some of the channels are listed.
    pub(super) fn is_filtered(&self) -> bool {
        !self.table.filter.text.value().is_empty()
    }

    /// What is to be said above the footer.
    pub(super) fn says(&self) -> Option<Message> {
        let filter = &self.table.filter;
        let text = filter.text.value();
        (filter.open || (!text.is_empty() && self.chart.is_none()))
            .then(|| Message::new(Mood::Plain, format!("filter: {text}")))
    }
}
