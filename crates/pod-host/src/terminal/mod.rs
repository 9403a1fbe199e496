//! The host's side of the command's terminal: who controls it, what is typed into it, its size, and
//! what it says to a command that asks while nobody watches.
//!
//! It belongs to the run task, which gives it its turns; nothing here waits for a command that does
//! not read. Absent on purpose: what is on the screen. The emulators are the viewers'.

mod input;
mod queries;
mod window;

use std::{convert::Infallible, os::fd::OwnedFd, sync::Arc, time::Duration};

use bytes::Bytes;
use pod_protocol::{ErrorCode, Offset, TerminalSize, TerminalState, TerminalView};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep_until},
};

use crate::published::Published;
use input::Input;
pub(crate) use queries::{Asked, Queries};
use window::Window;
pub(crate) use window::set_size;

/// How long the terminal keeps its size when nobody is attached any more: a link that broke is back
/// within this time, and its program need not draw everything three times.
const VACANT_AFTER: Duration = Duration::from_secs(5);

/// The host's ends of the terminal.
#[derive(Debug)]
pub(crate) struct TerminalEnds {
    /// What is written here is typed.
    pub(crate) keyboard: OwnedFd,
    /// The command's side, held while the command lives: it may close its terminal and open it
    /// again. Without anybody the terminal would look ended, and closing our side of it would hang
    /// the command up.
    pub(crate) held: OwnedFd,
}

/// The number of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ViewerId(pub(crate) u64);

/// What a viewer wants of the terminal.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Control.
    Take {
        /// The person.
        who: String,
        /// Fails when the viewer is gone.
        gone: oneshot::Receiver<Infallible>,
    },
    /// No control any more.
    GiveUp,
    /// To type this.
    Type(Bytes),
    /// This size.
    Resize(TerminalSize),
    /// To have the screen drawn anew.
    Repaint,
}

/// Why a wish was not granted: for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) ErrorCode, pub(crate) String);

/// Answers a wish. Dropped when nobody waits for the answer any more.
pub(crate) type Reply = oneshot::Sender<Result<(), Refused>>;

/// A wish and who has it.
#[derive(Debug)]
pub(crate) struct TerminalInquiry {
    pub(crate) viewer: ViewerId,
    pub(crate) wish: Wish,
    pub(crate) reply: Reply,
}

impl TerminalInquiry {
    /// Refuses it because there is no command at the terminal.
    pub(crate) fn refuse_not_running(self, why: &str) {
        let refused = Refused(ErrorCode::NotRunning, why.to_owned());
        // Whoever hung up needs no answer.
        let _ = self.reply.send(Err(refused));
    }
}

/// How the terminal is, for all viewers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TerminalNews {
    size: TerminalSize,
    since: Offset,
    control: Option<(ViewerId, String)>,
}

impl TerminalNews {
    /// The same for one of them.
    pub(crate) fn for_viewer(&self, viewer: ViewerId) -> TerminalView {
        let holder = self.control.as_ref();
        TerminalView {
            size: self.size,
            since: self.since,
            by: holder.map(|(_, who)| who.clone()),
            yours: holder.is_some_and(|(id, _)| *id == viewer),
        }
    }
}

/// Those who are to hear of the terminal.
#[derive(Debug)]
pub(crate) struct Audience {
    /// What they hear; nothing of a run without a terminal.
    pub(crate) news: watch::Sender<Option<TerminalNews>>,
    /// How many are attached.
    pub(crate) attached: watch::Receiver<usize>,
}

/// Who has control.
#[derive(Debug)]
struct Control {
    viewer: ViewerId,
    who: String,
    gone: oneshot::Receiver<Infallible>,
}

/// The terminal of a command that runs.
#[derive(Debug)]
pub(crate) struct Terminal {
    input: Input,
    window: Window,
    /// Only held.
    _held: OwnedFd,
    queries: Arc<Queries>,
    published: Arc<Published>,
    audience: Audience,
    control: Option<Control>,
    /// Where control changed last, and whether anybody had it before.
    changed_at: Offset,
    was_controlled: bool,
    /// When it gets the size of a terminal that nobody watches.
    vacant_at: Option<Instant>,
}

impl Terminal {
    pub(crate) fn new(
        TerminalEnds { keyboard, held }: TerminalEnds,
        queries: Arc<Queries>,
        (published, out_base): (Arc<Published>, Offset),
        audience: Audience,
    ) -> Self {
        let keyboard = Arc::new(keyboard);
        let terminal = Self {
            input: Input::new(Arc::clone(&keyboard)),
            window: Window::new(keyboard),
            _held: held,
            queries,
            changed_at: out_base,
            published,
            audience,
            control: None,
            was_controlled: false,
            vacant_at: None,
        };
        terminal.tell();
        terminal
    }

    /// Grants a wish, or says why not.
    pub(crate) fn grant(&mut self, inquiry: TerminalInquiry) {
        let TerminalInquiry {
            viewer,
            wish,
            reply,
        } = inquiry;
        let has_control = self.control.as_ref().is_some_and(|it| it.viewer == viewer);
        let granted = match wish {
            Wish::Type(bytes) => return self.input.push(bytes, reply),
            Wish::Take { who, gone } => {
                self.pass_control(Some(Control { viewer, who, gone }));
                Ok(())
            }
            Wish::GiveUp if has_control => {
                self.pass_control(None);
                Ok(())
            }
            Wish::GiveUp => Ok(()),
            Wish::Resize(size) if has_control => {
                self.resize(size.clamped());
                Ok(())
            }
            Wish::Resize(_) => Err(self.not_controlling()),
            Wish::Repaint => {
                self.window.repaint(Instant::now());
                Ok(())
            }
        };
        // Whoever hung up needs no answer.
        let _ = reply.send(granted);
    }

    /// Waits until there is something to do, and does it. Dropping the future loses nothing.
    pub(crate) async fn turn(&mut self) {
        let repainted = self.window.restore_at();
        tokio::select! {
            () = self.queries.news() => self.answer(),
            () = self.input.writable() => self.input.write(),
            () = gone(self.control.as_mut()) => self.pass_control(None),
            Ok(()) = self.audience.attached.changed() => self.count(),
            () = until(repainted) => self.window.restore(),
            () = until(self.vacant_at) => {
                self.vacant_at = None;
                self.resize(TerminalSize::UNWATCHED);
            }
        }
    }

    /// The command is gone: whoever still types is told.
    pub(crate) fn end(mut self, why: &str) {
        self.input.fail(why);
        self.pass_control(None);
    }

    fn pass_control(&mut self, next: Option<Control>) {
        let of = |control: &Option<Control>| control.as_ref().map(|it| (it.viewer, it.who.clone()));
        if of(&self.control) != of(&next) {
            self.was_controlled = self.control.is_some();
            self.changed_at = self.published.output_length();
        }
        self.control = next;
        self.tell();
    }

    fn resize(&mut self, size: TerminalSize) {
        self.window.set(size);
        self.tell();
    }

    fn not_controlling(&self) -> Refused {
        let holder = match &self.control {
            Some(control) => control.who.as_str(),
            None => "nobody",
        };
        let message = format!("{holder} has control of the terminal");
        Refused(ErrorCode::NotControlling, message)
    }

    /// Tells the viewers how it is, if that is news.
    fn tell(&self) {
        let control = self.control.as_ref();
        let news = Some(TerminalNews {
            size: self.window.size(),
            since: self.changed_at,
            control: control.map(|control| (control.viewer, control.who.clone())),
        });
        self.audience.news.send_if_modified(|told| {
            let is_news = *told != news;
            *told = news;
            is_news
        });
    }

    /// Viewers came or left.
    fn count(&mut self) {
        let is_vacant = *self.audience.attached.borrow_and_update() == 0
            && self.window.size() != TerminalSize::UNWATCHED;
        self.vacant_at = match (is_vacant, self.vacant_at) {
            (false, _) => None,
            (true, Some(due)) => Some(due),
            (true, None) => Some(Instant::now() + VACANT_AFTER),
        };
    }

    /// Answers what the command has asked while nobody had control.
    fn answer(&mut self) {
        let state = TerminalState {
            size: self.window.size(),
            row: 1,
            col: 1,
        };
        for (end, query) in self.queries.take() {
            let is_controlled = match end > self.changed_at {
                true => self.control.is_some(),
                false => self.was_controlled,
            };
            if let Some(reply) = query.reply(&state).filter(|_| !is_controlled) {
                self.input.push_reply(reply);
            }
        }
    }
}

/// Resolves when the viewer in control is gone.
async fn gone(control: Option<&mut Control>) {
    match control {
        // Nothing is ever sent.
        Some(control) => drop((&mut control.gone).await),
        None => std::future::pending().await,
    }
}

/// Resolves at a time, if there is one.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
