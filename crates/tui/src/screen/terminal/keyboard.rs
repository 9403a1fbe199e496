//! The keyboard, on a thread of its own.
//!
//! The thread waits in `poll(2)` for the terminal or for its own end, so it costs nothing while
//! nobody types, can be joined at any moment, and never swallows a key that belongs to the screen
//! after it. It notices a terminal that hung up.
//!
//! The reader behind `crossterm` is the one of its feature `use-dev-tty`, which asks `poll(2)` each
//! time. The other one waits for edges: it forgets keys that come together with a resize, and reads
//! for ever from a terminal that hung up while keys were waiting.

use std::{
    fs::File,
    io::{self, IsTerminal, PipeReader, PipeWriter},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    thread::JoinHandle,
    time::Duration,
};

use crossterm::event::{self, Event, KeyEventKind};
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::termios::{SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr},
    unistd::{getpgrp, tcgetpgrp},
};
use tokio::sync::mpsc;

use crate::screen::{ScreenError, keymap::Chord};

/// What the operator does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key.
    Key(Chord),
    /// Text from the clipboard.
    Paste(String),
    /// The terminal has the operator's attention now, or has it no more. Many terminals never tell.
    Focus(bool),
    /// The terminal hung up: there will be no more keys.
    HungUp,
}

/// How long `crossterm` is given to turn what can be read into events. It looks at nothing within no
/// time at all; more than this would be felt when a screen ends, because its last key is followed
/// by one look in vain. It waits in whole milliseconds and spends what is left of one looking again
/// and again, so this is a little over a whole one.
const DECODE_WITHIN: Duration = Duration::from_micros(10_050);
/// Keys that wait for a busy screen. More of them wait in the kernel.
const INPUT_QUEUE_MAX: usize = 256;
/// Keys that are kept when their screen has left: what `crossterm` reads at once cannot be more. What
/// comes on and on is no typing ahead, and waits in the kernel.
const LEFT_MAX: usize = 1024;

/// The thread that reads the keyboard. Dropping it ends and joins the thread.
#[derive(Debug)]
pub(crate) struct Keyboard {
    terminal: OwnedFd,
    /// How it reads from the terminal.
    settings: Termios,
    /// Closing it wakes the thread.
    quit: Option<PipeWriter>,
    thread: Option<JoinHandle<Vec<Input>>>,
}

impl Keyboard {
    /// Starts reading. The receiver must be dropped before or with the keyboard.
    ///
    /// # Errors
    /// When there is no terminal to read from.
    pub(crate) fn start() -> Result<(Self, mpsc::Receiver<Input>), ScreenError> {
        let fail = |source| ScreenError::Terminal {
            operation: "read keys from",
            source,
        };
        let terminal = terminal_to_poll().map_err(fail)?;
        let settings = read_without_waiting(&terminal).map_err(|errno| fail(errno.into()))?;
        let read_from = terminal.try_clone().map_err(fail)?;
        let (reader, writer) = io::pipe().map_err(fail)?;
        let (sender, receiver) = mpsc::channel(INPUT_QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("keyboard".to_owned())
            .spawn(move || {
                let mut outlet = Outlet {
                    sender,
                    left: Vec::new(),
                };
                read_keys(&read_from, &reader, &mut outlet);
                outlet.left
            })
            .map_err(fail)?;
        let keyboard = Self {
            terminal,
            settings,
            quit: Some(writer),
            thread: Some(thread),
        };
        Ok((keyboard, receiver))
    }

    /// Whether the terminal is still this program's, and set up as this keyboard left it.
    pub(crate) fn has_terminal(&self) -> bool {
        tcgetpgrp(&self.terminal) == Ok(getpgrp())
            && tcgetattr(&self.terminal).as_ref() == Ok(&self.settings)
    }

    /// Ends the thread, which may wait for a place in the queue: the receiver must be closed. Gives
    /// back what was typed after that.
    pub(crate) fn end(mut self) -> Vec<Input> {
        self.join()
    }

    fn join(&mut self) -> Vec<Input> {
        drop(self.quit.take());
        let left = self.thread.take().map(JoinHandle::join);
        // A thread that panicked has reported it already.
        left.and_then(Result::ok).unwrap_or_default()
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.join();
    }
}

/// Where the keys go.
struct Outlet {
    sender: mpsc::Sender<Input>,
    /// What a screen that has left did not take.
    left: Vec<Input>,
}

impl Outlet {
    fn send(&mut self, input: Input) {
        if let Err(mpsc::error::SendError(input)) = self.sender.blocking_send(input) {
            self.left.push(input);
        }
    }

    const fn is_full(&self) -> bool {
        self.left.len() >= LEFT_MAX
    }
}

/// The terminal that `crossterm` reads from: standard input, else the controlling one.
fn terminal_to_poll() -> io::Result<OwnedFd> {
    if io::stdin().is_terminal() {
        return io::stdin().as_fd().try_clone_to_owned();
    }
    File::open("/dev/tty").map(OwnedFd::from)
}

/// Makes a read of a raw terminal that has no bytes return at once. `crossterm` reads on when half
/// of a sequence has come, and the thread must not wait for the other half when its screen ends.
/// Leaving raw mode undoes it.
fn read_without_waiting(terminal: &OwnedFd) -> nix::Result<Termios> {
    let mut settings = tcgetattr(terminal)?;
    settings.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
    settings.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    tcsetattr(terminal, SetArg::TCSANOW, &settings)?;
    tcgetattr(terminal)
}

fn read_keys(terminal: &OwnedFd, quit: &PipeReader, outlet: &mut Outlet) {
    loop {
        match wait(terminal.as_fd(), quit.as_fd()) {
            Wake::Quit => return,
            Wake::HungUp => break,
            Wake::Keys => {}
        }
        while !outlet.is_full() {
            match event::poll(DECODE_WITHIN) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => return outlet.send(Input::HungUp),
            }
            let Ok(event) = event::read() else {
                return outlet.send(Input::HungUp);
            };
            if let Some(input) = input_of(event) {
                outlet.send(input);
            }
        }
    }
    outlet.send(Input::HungUp);
}

/// Resizing is told by a signal, which also comes while nobody types.
fn input_of(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Input::Key(key.into())),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::FocusGained => Some(Input::Focus(true)),
        Event::FocusLost => Some(Input::Focus(false)),
        _ => None,
    }
}

enum Wake {
    Keys,
    HungUp,
    Quit,
}

fn wait(terminal: BorrowedFd<'_>, quit: BorrowedFd<'_>) -> Wake {
    let mut watched = [
        PollFd::new(terminal, PollFlags::POLLIN),
        PollFd::new(quit, PollFlags::POLLIN),
    ];
    loop {
        match poll(&mut watched, PollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return Wake::HungUp,
            Ok(_) => break,
        }
    }
    let happened = |index: usize| {
        watched
            .get(index)
            .and_then(PollFd::revents)
            .unwrap_or(PollFlags::empty())
    };
    let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
    if !happened(1).is_empty() {
        Wake::Quit
    } else if happened(0).intersects(gone) {
        Wake::HungUp
    } else {
        Wake::Keys
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;

    fn key(letter: char) -> Input {
        Input::Key(KeyEvent::from(KeyCode::Char(letter)).into())
    }

    #[test]
    fn what_comes_after_a_screen_has_left_is_kept_in_order() {
        let (sender, mut receiver) = mpsc::channel(2);
        let left = Vec::new();
        let mut outlet = Outlet { sender, left };
        outlet.send(key('q'));
        receiver.close();
        outlet.send(key('a'));
        outlet.send(key('b'));
        assert_eq!(receiver.blocking_recv(), Some(key('q')));
        assert_eq!(receiver.blocking_recv(), None);
        assert_eq!(outlet.left, [key('a'), key('b')]);
    }

    #[test]
    fn what_waits_for_a_place_when_its_screen_leaves_is_kept() {
        let (sender, mut receiver) = mpsc::channel(1);
        let left = Vec::new();
        let mut outlet = Outlet { sender, left };
        outlet.send(key('q'));
        let waiting = std::thread::spawn(move || {
            outlet.send(key('a'));
            outlet.left
        });
        receiver.close();
        assert_eq!(waiting.join().expect("no panic"), [key('a')]);
        assert_eq!(receiver.blocking_recv(), Some(key('q')));
    }
}
