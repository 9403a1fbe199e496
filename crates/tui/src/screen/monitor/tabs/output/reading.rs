//! What the tab wants read, and what was found.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use discovery::{Direction, OutputPattern};
use pod_protocol::{Offset, Timestamp, short_bytes};

use crate::screen::{
    monitor::tabs::Lane,
    output::{LineState, Only, Piece},
};

/// What the tab wants read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    /// Lines of the log.
    Lines {
        /// Which request this is: what was found for another one is passed over.
        number: u64,
        /// Which lines.
        wanted: Wanted,
        /// Whose.
        only: Only,
    },
    /// The next match.
    Search {
        /// Which search this is.
        number: u64,
        /// What to look for.
        pattern: Pattern,
        /// Where to begin.
        from: Offset,
        /// Which way.
        direction: Direction,
        /// In whose lines.
        only: Only,
    },
    /// The text of some lines, to be copied.
    Copy(Excerpt),
    /// Output as it was written into a file.
    Save {
        /// What.
        excerpt: Excerpt,
        /// The file, as it was typed.
        path: String,
        /// Whether it may be there already.
        overwrite: bool,
    },
    /// The text of lines into a shell command.
    Pipe {
        /// What.
        excerpt: Excerpt,
        /// The command.
        command: String,
    },
    /// How many lines match from here on.
    Count {
        /// Which search this is.
        number: u64,
        /// What to look for.
        pattern: Pattern,
        /// Where to begin.
        from: Offset,
        /// Whose.
        only: Only,
    },
    /// Nothing any more of this kind.
    GiveUp(Lane),
}

impl Reading {
    /// Which kind it is. A search goes on while lines are read, and neither ends what is saved.
    pub(crate) const fn lane(&self) -> Lane {
        match self {
            Self::Lines { .. } => Lane::Lines,
            Self::Search { .. } => Lane::Search,
            Self::Count { .. } => Lane::Count,
            Self::Copy(_) => Lane::Copy,
            Self::Save { .. } | Self::Pipe { .. } => Lane::Take,
            Self::GiveUp(lane) => *lane,
        }
    }
}

/// Some output, to be taken somewhere else.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Excerpt {
    /// What; all of it without a range.
    pub(crate) range: Option<Range<Offset>>,
    /// Whose.
    pub(crate) only: Only,
    /// How the first line of it begins.
    pub(crate) state: LineState,
}

/// A pattern that can be compared.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// What was typed.
    pub(crate) text: String,
    /// What it means.
    pub(crate) pattern: OutputPattern,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Which lines are wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// The first ones.
    First,
    /// The last ones.
    Last,
    /// Those around this byte.
    Around(Offset),
    /// Those around what was printed at this time.
    AtTime(Timestamp),
    /// Those before this place, which is on the alternate screen or not.
    Before(Offset, bool),
    /// Those from this place on, where a line begins in this state.
    From(Offset, LineState),
}

/// What was found for the tab.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// Lines.
    Lines {
        /// For this request.
        number: u64,
        /// Which lines, times made places.
        wanted: Wanted,
        /// The lines, or why there are none.
        piece: Result<Handover<Piece>, String>,
    },
    /// How far a search has come.
    Searching {
        /// Which one.
        number: u64,
        /// In hundredths.
        percent: u8,
    },
    /// What a search found.
    Match {
        /// Which one.
        number: u64,
        /// The line, or none; or why it could not be looked for.
        line: Result<Option<Range<Offset>>, String>,
        /// Whether it went around an end of the log.
        wrapped: bool,
    },
    /// More lines that match.
    Counted {
        /// For which search.
        number: u64,
        /// The lines.
        counted: Counted,
    },
    /// Text to be copied.
    Text(Result<CopiedText, String>),
    /// How far saving or piping has come, in hundredths.
    Working(u8),
    /// The file to save to is there already.
    Exists(String),
    /// Something was done, or why not.
    Done(Result<String, String>),
    /// What a command printed, and how it ended.
    Piped {
        /// The command.
        command: String,
        /// The first lines of what it printed.
        lines: Vec<String>,
        /// How it ended.
        end: String,
    },
}

/// Text to be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CopiedText {
    /// The text.
    pub(crate) text: String,
    /// Whether there is more of it than can be copied.
    pub(crate) is_cut: bool,
    /// How much of the output is no longer kept.
    pub(crate) missing_bytes: u64,
}

/// What is to be said behind what was taken out of output that has gaps.
pub(crate) fn no_longer_kept(bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        bytes => format!(", {} no longer kept", short_bytes(bytes)),
    }
}

/// What a count has come to since it was last told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Where the lines begin, in order.
    pub(crate) starts: Vec<Offset>,
    /// How many more there are behind those.
    pub(crate) more: u64,
    /// The last line, which has no end yet, if it matches: it is counted again later.
    pub(crate) last: Option<Offset>,
    /// Everything before this has been counted.
    pub(crate) upto: Offset,
    /// Whether that is all there was.
    pub(crate) is_done: bool,
}

/// Something that is handed over once. It holds more than can be compared or copied.
pub(crate) struct Handover<T>(Arc<Mutex<Option<T>>>);

impl<T> Handover<T> {
    /// Hands `value` over.
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(Some(value))))
    }

    /// Takes it, if nobody has.
    pub(crate) fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Clone for Handover<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> PartialEq for Handover<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> fmt::Debug for Handover<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handover")
    }
}
