//! What every screen's loop needs besides its own data: keys, signals, time and frames.

use std::{
    collections::VecDeque,
    mem,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use nix::libc;
use pod_protocol::Timestamp;
use ratatui::{Frame, layout::Size};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
    time::Instant,
};

use super::{
    ScreenError,
    pace::Pace,
    terminal::{Input, Keyboard, LineSettings, Stage, Stop, Stops},
};

/// A terminal, its keys, and the signals that concern it.
pub(crate) struct Shell {
    pub(crate) stage: Stage,
    // Dropped before the keyboard, which may wait for a place in it.
    input: mpsc::Receiver<Input>,
    keyboard: Option<Keyboard>,
    /// What was typed before that.
    ahead: TypedAhead,
    signals: Signals,
    stops: Stops,
    /// Whether this process was asked to stop, which it has not yet heard: what is typed now is not for it.
    is_stopping: bool,
    /// Whether something changed since the last frame.
    stale: bool,
    pace: Pace,
}

/// What was typed for a screen that was not there yet: the one before it had read it, and left.
#[derive(Debug, Default)]
pub(crate) struct TypedAhead(VecDeque<Input>);

/// What happened to the terminal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// The operator did something.
    Input(Input),
    /// The terminal has another size.
    Resized,
    /// The screen is to give the terminal back and stop; see [`Shell::suspend`].
    Suspended,
    /// The screen goes on after a stop that it was not told of; see [`Shell::go_on`].
    Continued,
    /// The screen is to end because of this signal.
    Ended(i32),
    /// A frame is due.
    Frame,
}

struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    resize: Signal,
}

impl Shell {
    /// Takes the terminal that `stage` stands for, and what was typed `ahead`.
    ///
    /// # Errors
    /// When signals or keys cannot be had; what was typed then stays.
    pub(crate) fn new(stage: Stage, ahead: &mut TypedAhead) -> Result<Self, ScreenError> {
        let (keyboard, input) = Keyboard::start()?;
        let signals = Signals::listen().map_err(hearing)?;
        let stops = Stops::listen().map_err(hearing)?;
        Ok(Self {
            stage,
            input,
            keyboard: Some(keyboard),
            ahead: mem::take(ahead),
            signals,
            stops,
            is_stopping: false,
            stale: true,
            pace: Pace::default(),
        })
    }

    /// Gives the terminal back. What was read from it and not taken is for the next screen.
    pub(crate) fn close(mut self) -> TypedAhead {
        self.take_keys()
    }

    /// Notes that the next frame will differ.
    pub(crate) const fn touch(&mut self) {
        self.stale = true;
    }

    /// Draws nothing for a moment, unless the operator types: what comes first is on its way.
    pub(crate) fn hold(&mut self) {
        self.pace.hold(Instant::now());
    }

    /// Draws what has come.
    pub(crate) const fn let_go(&mut self) {
        self.pace.let_go();
    }

    /// Whether something changed and the time for a frame has come.
    pub(crate) fn is_due(&self) -> bool {
        self.stale && self.pace.is_due(Instant::now())
    }

    /// Draws if something changed and the time for a frame has come.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub(crate) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> Result<(), ScreenError> {
        if !self.is_due() {
            return Ok(());
        }
        let now = Instant::now();
        self.stage.draw(view)?;
        self.stale = false;
        self.pace.note(now);
        Ok(())
    }

    /// Asks this job to stop, which happens then as if somebody else had asked. `false` where no shell
    /// could let it go on.
    pub(crate) fn ask_to_suspend(&mut self) -> bool {
        self.is_stopping = self.stops.ask();
        self.is_stopping
    }

    /// Gives the terminal back, stops until the operator lets the job go on, and takes the terminal
    /// again; how large it is then.
    ///
    /// # Errors
    /// When the terminal cannot be had back.
    pub(crate) fn suspend(&mut self) -> Result<Size, ScreenError> {
        self.is_stopping = false;
        // Those that nobody has looked at were meant for whoever has the terminal next, and mean
        // something else here.
        drop(self.take_keys());
        self.stage.leave();
        self.stops.stop().map_err(hearing)?;
        self.take_again()
    }

    /// Goes on after a stop that this process was not told of; how large the terminal is now. What was
    /// read before the stop was typed for this screen.
    ///
    /// # Errors
    /// When the terminal cannot be had back.
    pub(crate) fn go_on(&mut self) -> Result<Size, ScreenError> {
        if self.keyboard.as_ref().is_some_and(Keyboard::has_terminal) {
            // To set it up anew would lose what is being typed.
            self.touch();
            return self.stage.take_again(LineSettings::Kept);
        }
        self.ahead = self.take_keys();
        self.take_again()
    }

    fn take_again(&mut self) -> Result<Size, ScreenError> {
        let size = self.stage.take_again(LineSettings::Lost)?;
        let (keyboard, input) = Keyboard::start()?;
        (self.input, self.keyboard) = (input, Some(keyboard));
        self.touch();
        Ok(size)
    }

    /// Reads no more keys. Those that were read and that nobody has looked at.
    fn take_keys(&mut self) -> TypedAhead {
        // The thread may wait for a place.
        self.input.close();
        let left = self.keyboard.take().map(Keyboard::end).unwrap_or_default();
        let queued = std::iter::from_fn(|| self.input.try_recv().ok());
        let is_typed = |input: &Input| matches!(input, Input::Key(_) | Input::Paste(_));
        let mut keys = mem::take(&mut self.ahead);
        keys.0.extend(queued.chain(left).filter(is_typed));
        keys
    }

    /// Takes from input what concerns the terminal and not the screen.
    fn heed(&mut self, input: &Input) {
        match input {
            Input::Key(_) | Input::Paste(_) => self.pace.note_typing(Instant::now()),
            Input::Focus(focused) => self.stage.note_focus(*focused),
            Input::HungUp => {}
        }
    }

    /// Waits for the terminal. Keys come first, so that nothing delays them. Can be cancelled
    /// without losing anything.
    pub(crate) async fn happening(&mut self) -> Happening {
        if !self.is_stopping
            && let Some(input) = self.ahead.0.pop_front()
        {
            self.heed(&input);
            return Happening::Input(input);
        }
        tokio::select! {
            biased;
            input = self.input.recv(), if !self.is_stopping => match input {
                // A terminal that is gone is one that hung up, whether or not the signal came.
                None | Some(Input::HungUp) => Happening::Ended(libc::SIGHUP),
                Some(input) => {
                    self.heed(&input);
                    Happening::Input(input)
                }
            },
            happening = self.signals.next() => happening,
            stop = self.stops.next() => match stop {
                Stop::Asked => Happening::Suspended,
                Stop::Over => Happening::Continued,
            },
            () = self.pace.wait(), if self.stale => Happening::Frame,
        }
    }
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    async fn next(&mut self) -> Happening {
        tokio::select! {
            _ = self.terminate.recv() => Happening::Ended(libc::SIGTERM),
            _ = self.hang_up.recv() => Happening::Ended(libc::SIGHUP),
            _ = self.interrupt.recv() => Happening::Ended(libc::SIGINT),
            _ = self.resize.recv() => Happening::Resized,
        }
    }
}

fn hearing(source: std::io::Error) -> ScreenError {
    ScreenError::Terminal {
        operation: "hear signals about",
        source,
    }
}

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Waits `millis`, or for ever.
pub(crate) async fn wait(millis: Option<u64>) {
    match millis {
        Some(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
        None => std::future::pending().await,
    }
}
