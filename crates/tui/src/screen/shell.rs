//! What every screen's loop needs besides its own data: keys, signals, time and frames.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::libc;
use pod_protocol::Timestamp;
use ratatui::Frame;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    ScreenError,
    terminal::{Input, Keyboard, Stage},
};

/// The shortest time between two frames: 30 a second are as smooth as text gets, and a flood of
/// output costs no more than that.
const FRAME_INTERVAL: Duration = Duration::from_millis(33);
/// The same while the operator types: what a key does, or a run answers to it, is seen at once, also
/// under a flood.
const TYPING_FRAME_INTERVAL: Duration = Duration::from_millis(8);
/// How long after a key the operator is taken to type: an answer has come by then, or is late
/// whatever the pace.
const TYPING_WITHIN: Duration = Duration::from_millis(250);

/// A terminal, its keys, and the signals that concern it.
pub(crate) struct Shell {
    pub(crate) stage: Stage,
    // Dropped before the keyboard, which may wait for a place in it.
    input: mpsc::Receiver<Input>,
    _keyboard: Keyboard,
    signals: Signals,
    /// Whether something changed since the last frame.
    stale: bool,
    pace: Pace,
}

/// When frames are drawn: the first change after a rest at once, later ones not too often.
#[derive(Debug, Default)]
struct Pace {
    drawn_at: Option<Instant>,
    typed_at: Option<Instant>,
}

impl Pace {
    /// The earliest moment for the next frame; `None` is at once.
    fn next_frame_at(&self) -> Option<Instant> {
        let drawn_at = self.drawn_at?;
        let soon = drawn_at + TYPING_FRAME_INTERVAL;
        let typing = self.typed_at.is_some_and(|at| soon <= at + TYPING_WITHIN);
        Some(if typing {
            soon
        } else {
            drawn_at + FRAME_INTERVAL
        })
    }

    fn is_due(&self, now: Instant) -> bool {
        self.next_frame_at().is_none_or(|at| at <= now)
    }
}

/// What happened to the terminal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// The operator did something.
    Input(Input),
    /// The terminal has another size.
    Resized,
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
    /// Takes the terminal that `stage` stands for.
    ///
    /// # Errors
    /// When signals or keys cannot be had.
    pub(crate) fn new(stage: Stage) -> Result<Self, ScreenError> {
        let (keyboard, input) = Keyboard::start()?;
        let signals = Signals::listen().map_err(|source| ScreenError::Terminal {
            operation: "hear signals about",
            source,
        })?;
        Ok(Self {
            stage,
            input,
            _keyboard: keyboard,
            signals,
            stale: true,
            pace: Pace::default(),
        })
    }

    /// Notes that the next frame will differ.
    pub(crate) const fn touch(&mut self) {
        self.stale = true;
    }

    /// Draws if something changed and the time for a frame has come.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub(crate) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> Result<(), ScreenError> {
        let now = Instant::now();
        if !self.stale || !self.pace.is_due(now) {
            return Ok(());
        }
        self.stage.draw(view)?;
        self.stale = false;
        self.pace.drawn_at = Some(now);
        Ok(())
    }

    /// Takes from input what concerns the terminal and not the screen.
    fn heed(&mut self, input: &Input) {
        match input {
            Input::Key(_) | Input::Paste(_) => self.pace.typed_at = Some(Instant::now()),
            Input::Focus(focused) => self.stage.note_focus(*focused),
            Input::HungUp => {}
        }
    }

    /// Waits for the terminal. Keys come first, so that nothing delays them. Can be cancelled
    /// without losing anything.
    pub(crate) async fn happening(&mut self) -> Happening {
        let next_frame_at = self.pace.next_frame_at();
        tokio::select! {
            biased;
            input = self.input.recv() => match input {
                // A terminal that is gone is one that hung up, whether or not the signal came.
                None | Some(Input::HungUp) => Happening::Ended(libc::SIGHUP),
                Some(input) => {
                    self.heed(&input);
                    Happening::Input(input)
                }
            },
            happening = self.signals.next() => happening,
            () = until(next_frame_at), if self.stale => Happening::Frame,
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

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

async fn until(moment: Option<Instant>) {
    if let Some(moment) = moment {
        sleep_until(moment).await;
    }
}

/// Waits `millis`, or for ever.
pub(crate) async fn wait(millis: Option<u64>) {
    match millis {
        Some(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_keep_their_distance_and_hurry_after_a_key() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let check = |drawn: Option<u64>, typed: Option<u64>, expected: Option<u64>| {
            let pace = Pace {
                drawn_at: drawn.map(at),
                typed_at: typed.map(at),
            };
            assert_eq!(
                pace.next_frame_at(),
                expected.map(at),
                "{drawn:?} {typed:?}"
            );
        };
        check(None, None, None);
        check(None, Some(0), None);
        check(Some(1_000), None, Some(1_033));
        // A key hastens the frame that waits, and those after it for a while.
        check(Some(1_000), Some(1_005), Some(1_008));
        check(Some(1_200), Some(1_000), Some(1_208));
        check(Some(1_242), Some(1_000), Some(1_250));
        check(Some(1_243), Some(1_000), Some(1_276));
    }

    #[test]
    fn the_first_change_after_a_rest_is_drawn_at_once() {
        let drawn = Instant::now();
        let pace = Pace {
            drawn_at: Some(drawn),
            typed_at: None,
        };
        assert!(!pace.is_due(drawn + Duration::from_millis(32)));
        assert!(pace.is_due(drawn + Duration::from_millis(33)));
        assert!(Pace::default().is_due(drawn));
    }
}
