//! Suspending: the signals by which a shell with job control stops its jobs and lets them go on.
//!
//! While a screen has the terminal, SIGTSTP is told to it, so that it can give the terminal back before
//! [`Stops::stop`] does what the signal asks for. Between screens the signal does it at once. SIGSTOP
//! cannot be heard; only the SIGCONT after it is.
//!
//! Nothing here waits for a shell: where there is none to come back from, the kernel ignores the signal.

use std::{io, sync::OnceLock};

use nix::{
    sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, raise, sigaction},
    unistd::{Pid, getpgrp, getsid},
};
use tokio::signal::unix::{self, SignalKind, signal};

/// What hears SIGTSTP. It is installed once and for all by the runtime, which does not put it back
/// after it was taken away.
static HEARING: OnceLock<SigAction> = OnceLock::new();

/// Hears the signals. Dropping it lets SIGTSTP stop the process again.
#[derive(Debug)]
pub(crate) struct Stops {
    /// Not heard where whoever started this program ignores it.
    stop: Option<unix::Signal>,
    go_on: unix::Signal,
}

/// Which of them came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// This process is to stop.
    Asked,
    /// It was stopped without being asked, and goes on.
    Over,
}

impl Stops {
    /// Begins to listen. Needs a runtime with I/O.
    ///
    /// # Errors
    /// When signals cannot be heard.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            stop: hear_stop()?,
            go_on: signal(SignalKind::from_raw(Signal::SIGCONT as i32))?,
        })
    }

    /// Waits for one of them.
    pub(crate) async fn next(&mut self) -> Stop {
        let Self { stop, go_on } = self;
        let asked = async {
            match stop {
                Some(stop) => stop.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = asked => Stop::Asked,
            _ = go_on.recv() => Stop::Over,
        }
    }

    /// Asks everything that belongs to this job to stop, as a terminal does for `ctrl-z`: a shell takes
    /// a job for stopped when all of it is. `false` if nobody here heard it, or no shell could let it
    /// go on.
    pub(crate) fn ask(&self) -> bool {
        // The group of who leads the session has nobody above it within the session.
        self.stop.is_some()
            && getsid(None) != Ok(getpgrp())
            && kill(Pid::from_raw(0), Signal::SIGTSTP).is_ok()
    }

    /// Stops this process and returns when it goes on, which is at once where the kernel finds that
    /// nobody could let it go on.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub(crate) fn stop(&self) -> io::Result<()> {
        // What ends this stop is no news.
        let before = (
            replace(Signal::SIGTSTP, &default())?,
            replace(Signal::SIGCONT, &default())?,
        );
        // To this very thread, so that nothing is done between the sending and the stop.
        let stopped = raise(Signal::SIGTSTP);
        replace(Signal::SIGTSTP, &before.0)?;
        replace(Signal::SIGCONT, &before.1)?;
        Ok(stopped?)
    }
}

impl Drop for Stops {
    fn drop(&mut self) {
        if self.stop.is_some() {
            // Both are known signals and valid actions: it cannot fail.
            let _ = replace(Signal::SIGTSTP, &default());
        }
    }
}

/// `None` if the signal is ignored, which is left so.
fn hear_stop() -> io::Result<Option<unix::Signal>> {
    let stop = Signal::SIGTSTP;
    if HEARING.get().is_none() {
        let found = replace(stop, &default())?;
        if matches!(found.handler(), SigHandler::SigIgn) {
            replace(stop, &found)?;
            return Ok(None);
        }
    }
    let heard = signal(SignalKind::from_raw(stop as i32))?;
    let found = replace(stop, &default())?;
    replace(stop, HEARING.get_or_init(|| found))?;
    Ok(Some(heard))
}

fn default() -> SigAction {
    SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty())
}

#[expect(unsafe_code, reason = "the action of a signal is the process's own")]
fn replace(signal: Signal, action: &SigAction) -> nix::Result<SigAction> {
    // SAFETY: every action is the default one or one that was found, with the handler of the runtime.
    unsafe { sigaction(signal, action) }
}
