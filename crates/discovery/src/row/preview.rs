//! What a row says of its run, in one line.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use pod_protocol::{Status, printable};

use super::{Row, RowStatus};
use crate::{Contents, Live, Reach, Stored, Unreachable};

/// The newest thing about a run, or why there is none. As text it is one printable line; what
/// stands instead of a run's own words stands in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preview {
    /// What the run last said or did. It may begin with a bracket, too.
    Line(String),
    /// It has said nothing.
    Empty,
    /// Its host is alive and has no segment yet, as far as anybody knows.
    LivePendingSegment,
    /// Its session has no segment yet.
    PendingSegment,
    /// A file cannot be read.
    Corrupt {
        /// Which, relative to the state directory.
        file: PathBuf,
        /// The line.
        line: u64,
    },
    /// Its host should answer and does not.
    Unreachable(Unreachable),
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => f.write_str(&printable(line)),
            Self::Empty => f.write_str("[empty]"),
            Self::LivePendingSegment => f.write_str("[live, pending segment]"),
            Self::PendingSegment => f.write_str("[pending segment]"),
            Self::Corrupt { file, line } => {
                let file = file.to_string_lossy();
                write!(f, "[corrupt: {}:{line}]", printable(&file))
            }
            Self::Unreachable(why) => {
                write!(f, "[unreachable: {}]", printable(&why.to_string()))
            }
        }
    }
}

impl Preview {
    fn of_words(words: &str) -> Self {
        match words {
            "" => Self::Empty,
            words => Self::Line(words.to_owned()),
        }
    }

    fn corrupt(file: &Path, line: u64) -> Self {
        let file = file.to_owned();
        Self::Corrupt { file, line }
    }

    /// The text with `lead` before it, such as how much is done: it goes before a run's own words
    /// and stands instead of none.
    #[must_use]
    pub fn behind(&self, lead: Option<String>) -> String {
        match (self, lead) {
            (Self::Line(_), Some(lead)) => format!("{lead}  {self}"),
            (Self::Empty, Some(lead)) => lead,
            _ => self.to_string(),
        }
    }
}

impl Row {
    /// [`Row::newest`] as text. The screen cuts it to its width.
    #[must_use]
    pub fn preview(&self) -> String {
        self.newest().to_string()
    }

    /// The newest thing about the run.
    #[must_use]
    pub fn newest(&self) -> Preview {
        let live = self.live.as_ref();
        if let Some(Reach::Unreachable(why)) = live.map(|live| &live.reach) {
            return Preview::Unreachable(why.clone());
        }
        match live {
            Some(live) if live.endpoint().is_some() => self.newest_of_live(live),
            Some(Live {
                reach: Reach::Starting,
                ..
            }) if !self.live_run_is_stored() => Preview::PendingSegment,
            _ => self.newest_stored(),
        }
    }

    fn newest_of_live(&self, live: &Live) -> Preview {
        match live.hello() {
            Some(hello) if hello.segment.is_none() => Preview::LivePendingSegment,
            Some(hello) => Preview::of_words(&hello.summary.preview),
            None if self.live_run_is_stored() => self.newest_stored(),
            None => Preview::LivePendingSegment,
        }
    }

    /// Whether the stored half is of the segment that is alive, and not of one before it.
    fn live_run_is_stored(&self) -> bool {
        let alive = self.live.as_ref().and_then(Live::segment);
        let stored = self.stored.as_ref().and_then(|stored| stored.segment);
        stored.is_some() && stored == alive
    }

    fn newest_stored(&self) -> Preview {
        match self.stored.as_ref().map(|Stored { contents, .. }| contents) {
            None | Some(Contents::PendingSegment) => Preview::PendingSegment,
            Some(
                Contents::MetadataCorrupt { file, line } | Contents::LogCorrupt { file, line },
            ) => Preview::corrupt(file, *line),
            Some(Contents::NoSession | Contents::LogMissing | Contents::LogEmpty) => Preview::Empty,
            Some(Contents::Run(run)) => match &run.damage {
                Some((file, line)) => Preview::corrupt(file, *line),
                None => Preview::of_words(&run.summary.preview),
            },
        }
    }

    /// "5 of 10 done", for a run that says how many items it means to finish and has not passed.
    #[must_use]
    pub fn items_done(&self) -> Option<String> {
        let summary = self.summary()?;
        let planned = summary.planned?;
        let passed = self.status() == RowStatus::Run(Status::Passed);
        (!passed).then(|| format!("{} of {planned} done", summary.done))
    }

    /// The preview, behind how much is done where that is known.
    #[must_use]
    pub fn news(&self) -> String {
        self.newest().behind(self.items_done())
    }
}
