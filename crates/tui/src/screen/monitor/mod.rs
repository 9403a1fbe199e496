//! The monitor: one run, live or finished.

use pod_protocol::{Attached, Offset, Outcome, PodName, Seq, Status};
use tokio::sync::mpsc;

use super::{Palette, ScreenError};

/// What the feed of a run tells the screen.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// The run is there (again), with its state so far.
    Attached(Box<Attached>),
    /// Whole lines of the record log.
    Records {
        /// Number of the first one.
        from: Seq,
        /// The lines, each with its newline.
        bytes: Vec<u8>,
    },
    /// A piece of the output.
    Output {
        /// Where it starts.
        from: Offset,
        /// The bytes as the command wrote them.
        bytes: Vec<u8>,
    },
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
    /// What came of [`Order::Stop`]: nothing to say, or why it was refused.
    StopSettled(Result<(), String>),
}

/// What the operator wants done. Carried out by whoever opened the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Ask the run to stop; answer with [`News::StopSettled`].
    Stop,
    /// Open the connection again; its news come over the same channel.
    Reconnect,
}

/// Where the monitor's news come from and its orders go to.
#[derive(Debug)]
pub(crate) struct Source {
    /// What happens.
    pub(crate) news: mpsc::Receiver<News>,
    /// What the operator wants. A few places are enough: orders come from key presses.
    pub(crate) orders: mpsc::Sender<Order>,
}

/// Why the monitor is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The operator launched the run in the foreground: `ctrl-c` asks whether to detach or stop.
    Launched,
    /// The operator came to look: `ctrl-c` leaves.
    Visit,
}

/// How to show it.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The pod.
    pub(crate) name: PodName,
    /// Why the monitor is open.
    pub(crate) occasion: Occasion,
    /// Whether the operator may act on the run.
    pub(crate) read_only: bool,
    /// Colours.
    pub(crate) palette: Palette,
}

/// How the operator left, and what was known then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// How.
    pub(crate) how: Leaving,
    /// The last known status; terminal if the run had ended.
    pub(crate) status: Status,
}

/// How a screen was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// The operator pressed a key for it.
    Asked,
    /// The terminal went away or this signal came. The terminal is restored.
    Signalled(i32),
}

/// Shows the monitor until the operator leaves. Needs a current-thread runtime with I/O and time.
///
/// # Errors
/// When the terminal cannot be set up or written to.
#[expect(clippy::unused_async, reason = "its body lands with the runtime")]
pub(crate) async fn run(source: Source, options: &Options) -> Result<Left, ScreenError> {
    drop((source, options));
    Ok(Left {
        how: Leaving::Asked,
        status: Status::Pending,
    })
}
