//! A pause and its end: on record before the signal.

use nix::sys::signal::Signal;
use pod_protocol::{Event, HoldAnswer, SignalRequested};
use tokio::sync::oneshot;

use super::{Run, Stage, SyncFor};
use crate::warden::message::Order;

const ENDED: &str = "the command has ended";

/// What is answered: how it is now, or why nothing can be held.
pub(super) type Reply = oneshot::Sender<Result<HoldAnswer, &'static str>>;

impl Run {
    pub(super) async fn on_hold(&mut self, pause: bool, by: String, reply: Reply) {
        let refusal = match self.stage {
            Stage::Running if pause && self.control.plan.is_some() => {
                Some("the run is being ended")
            }
            Stage::Running => None,
            _ => Some(ENDED),
        };
        if let Some(why) = refusal {
            // An operator who hung up needs no answer.
            let _ = reply.send(Err(why));
            return;
        }
        if self.control.held == pause {
            let _ = reply.send(Ok(answer(pause, false)));
            return;
        }
        let signal = signal_of(pause);
        self.recorder
            .record(&Event::SignalRequested(SignalRequested {
                signal: signal as i32,
                name: signal.as_str().to_owned(),
                by: Some(by),
            }));
        self.control.held = pause;
        let sync = SyncFor::Hold { pause, reply };
        if let Err(SyncFor::Hold { reply, .. }) = self.workers.syncer.request(sync) {
            // A disk that cannot be synced must not keep an operator from holding the run.
            self.begin_hold(pause, reply).await;
        }
    }

    /// The request is on disk: the signal goes out.
    pub(super) async fn begin_hold(&mut self, pause: bool, reply: Reply) {
        // Another request may have come meanwhile. An end lets the run go on, so a pause that it
        // overtook must not hold it again.
        if self.control.held != pause || !matches!(self.stage, Stage::Running) {
            let _ = reply.send(Ok(answer(self.control.held, false)));
            return;
        }
        let signal = signal_of(pause) as i32;
        self.control.awaited.push((signal, reply));
        self.order(&Order::Signal { signal }).await;
    }

    /// The warden has reached everybody with `signal`: whoever asked for it is answered.
    pub(super) fn hold_done(&mut self, signal: i32) {
        let awaited = &mut self.control.awaited;
        if let Some(at) = awaited.iter().position(|(asked, _)| *asked == signal) {
            let (_, reply) = awaited.remove(at);
            let paused = signal == signal_of(true) as i32;
            let _ = reply.send(Ok(answer(paused, true)));
        }
    }

    /// The command is gone: nobody can be held any more.
    pub(super) fn hold_failed(&mut self) {
        for (_, reply) in self.control.awaited.drain(..) {
            let _ = reply.send(Err(ENDED));
        }
    }
}

const fn signal_of(pause: bool) -> Signal {
    match pause {
        true => Signal::SIGSTOP,
        false => Signal::SIGCONT,
    }
}

const fn answer(paused: bool, changed: bool) -> HoldAnswer {
    HoldAnswer { paused, changed }
}
