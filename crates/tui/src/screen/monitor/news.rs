//! What comes in and what goes out of the monitor.

use std::{error::Error, path::PathBuf};

use pod_client::LinkEvent;
use pod_protocol::{Attached, Outcome, Process, TerminalSize, TerminalView};
use tokio::sync::mpsc;

use super::{
    Neighbours,
    tabs::{Found, Reading, output::Printed},
};

/// What the feed of a run tells the screen.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// The run is there (again), with its state so far.
    Attached(Box<Attached>),
    /// Whole lines of the record log.
    Records {
        /// The lines, each with its newline.
        bytes: Vec<u8>,
    },
    /// A piece of the output.
    Output(Printed),
    /// How the command's terminal is: its size, and who controls it.
    Terminal(TerminalView),
    /// The run is over and nothing will follow.
    Closed(Outcome),
    /// The connection broke; one more attempt is under way.
    Retrying {
        /// Why, in one line.
        cause: String,
    },
    /// The connection is gone until the operator asks for it again.
    Lost {
        /// Why, in one line.
        cause: String,
    },
    /// What can be done with the run, and where it comes from.
    Standing(Standing),
    /// The run has begun anew, as another session: nothing of the one before is shown any more.
    Anew,
    /// What came of an [`Order::Launch`] that did not: why.
    NotLaunched(Launch, String),
    /// The pods beside this one.
    Neighbours(Neighbours),
    /// Control of the terminal was given, or refused: why.
    Took(Result<(), String>),
    /// Something did not reach the command's terminal: why.
    NotTyped(String),
    /// What came of an [`Order::Promote`]: where the artifact is, and its digest; or why it is not.
    Promoted(Result<(PathBuf, String), String>),
    /// What the kernel says of the command; nothing where the host does not know.
    Process(Option<Process>),
    /// What was found for a tab.
    Found(Found),
    /// What came of an [`Order::Ask`]: nothing to say, or why it was refused.
    Settled(Ask, Result<(), String>),
}

impl From<LinkEvent> for News {
    fn from(event: LinkEvent) -> Self {
        match event {
            LinkEvent::Attached(attached) => Self::Attached(attached),
            LinkEvent::Records { bytes, .. } => Self::Records {
                bytes: bytes.into(),
            },
            LinkEvent::Output {
                from,
                bytes,
                begins_segment,
            } => Self::Output(Printed {
                from,
                bytes: bytes.into(),
                begins_segment,
                ..Printed::default()
            }),
            LinkEvent::Terminal(view) => Self::Terminal(view),
            LinkEvent::Closed(outcome) => Self::Closed(outcome),
            LinkEvent::Retrying { cause } => Self::Retrying {
                cause: in_one_line(&cause),
            },
            LinkEvent::Lost { cause } => Self::Lost {
                cause: in_one_line(&cause),
            },
        }
    }
}

/// An error with everything behind it.
fn in_one_line(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        line = format!("{line}: {error}");
        source = error.source();
    }
    line
}

/// What an operator can ask of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// To end, to be taken up again later.
    Stop,
    /// To end for good.
    Cancel,
    /// To end at once.
    Kill,
    /// To stay where it is.
    Pause,
    /// To go on.
    Continue,
}

impl Ask {
    /// The word for it.
    pub(crate) const fn verb(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Cancel => "cancel",
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Continue => "continue",
        }
    }
}

/// What a run's records do not say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Why the run cannot be taken up again, if it cannot.
    pub(crate) restorable: Result<(), String>,
    /// The sessions that repeat each other, as the lines of a tree; none if there is only this one.
    pub(crate) lineage: Vec<String>,
}

/// How a run that is over goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Launch {
    /// As a new segment of the same session.
    Resume,
    /// As a new session.
    Rerun,
}

impl Launch {
    /// The word for it.
    pub(crate) const fn verb(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Rerun => "rerun",
        }
    }
}

/// What the operator wants done. Carried out by whoever opened the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Ask this of the run; answer with [`News::Settled`].
    Ask(Ask),
    /// Let the run go on; its news come over the same channel.
    Launch(Launch),
    /// Say what the command's process does: [`News::Process`].
    Look,
    /// Open the connection again; its news come over the same channel.
    Reconnect,
    /// Copy the artifact of this path to where it stays; answer with [`News::Promoted`].
    Promote(String),
}

/// What the operator wants of the command's terminal. Obeyed in order, but that nothing waits for
/// a command that does not read what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TerminalOrder {
    /// Take control; answer with [`News::Took`].
    Take,
    /// Give it up; what was not typed yet is not typed.
    LetGo,
    /// Type these bytes.
    Type(Vec<u8>),
    /// Set the size.
    Resize(TerminalSize),
    /// Have the program draw everything anew.
    Repaint,
}

/// Where the monitor's news come from and its orders go to.
#[derive(Debug)]
pub(crate) struct Source {
    /// What happens. The monitor stays open when it ends.
    pub(crate) news: mpsc::Receiver<News>,
    /// What the operator wants. A few places are enough: orders come from key presses.
    pub(crate) orders: mpsc::Sender<Order>,
    /// What the operator wants of the command's terminal.
    pub(crate) terminal: mpsc::Sender<TerminalOrder>,
    /// What tabs want read; what is found comes as [`News::Found`]. They come from key presses too.
    pub(crate) readings: mpsc::Sender<Reading>,
}
