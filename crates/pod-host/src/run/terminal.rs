//! The command's terminal in the life of a run.

use pod_protocol::ErrorCode;
use pod_store::ChildIo;

use super::{Run, Stage};
use crate::{
    events_fifo::EventsFifo,
    resources::Family,
    terminal::{Refused, Terminal, TerminalInquiry},
};

const ENDED: &str = "the command has ended";
const NO_TERMINAL: &str = "this run has no terminal: it was launched with --pipe";

impl Run {
    pub(super) fn on_terminal(&mut self, inquiry: TerminalInquiry) {
        match &mut self.workers.terminal {
            Some(terminal) => terminal.grant(inquiry),
            None if self.pod.terms.io == ChildIo::Pipe => {
                let refused = Refused(ErrorCode::BadRequest, NO_TERMINAL.to_owned());
                // Whoever hung up needs no answer.
                let _ = inquiry.reply.send(Err(refused));
            }
            None => inquiry.refuse_not_running(ENDED),
        }
    }

    /// Whom to look at while the command runs.
    pub(super) fn family(&self) -> Option<Family> {
        let is_running = matches!(self.stage, Stage::Running);
        self.workers.family.filter(|_| is_running)
    }

    /// The command is gone, and nobody types into what it left behind.
    pub(super) fn end_terminal(&mut self) {
        if let Some(terminal) = self.workers.terminal.take() {
            terminal.end(ENDED);
        }
    }
}

/// Waits for what the command writes to `POD_EVENTS`, which is `true`, or gives its terminal a turn.
/// Neither keeps the other from it.
pub(super) async fn of_the_command(fifo: &EventsFifo, terminal: Option<&mut Terminal>) -> bool {
    let turn = async {
        match terminal {
            Some(terminal) => terminal.turn().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = fifo.readable() => true,
        () = turn => false,
    }
}
