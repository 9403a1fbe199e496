//! A host whose command waits for its turn: it has its lease, answers on its socket, and has no
//! segment yet.
//!
//! Nothing of the run is on record before its turn has come, so a stop, a cancel and a kill are all
//! the same here: the run ends without a segment.

mod turn;

use std::{pin::Pin, sync::Arc};

use pod_protocol::{
    Attached, ExactString, Hello, Identity, Outcome, PROTOCOL_VERSION, RunState, Status,
    StopAnswer, StopReason, Summary, Timestamp, WaitingFor,
};
use pod_registry::Machine;
use pod_store::SegmentBase;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    begin::{Occasion, Raised, begin},
    claim::Claim,
    clock::Clock,
    prepare::Prepared,
    server::{End, Inquiry, Logs},
    summary::short,
    warden::WardenLink,
};

pub(crate) use turn::Turn;

const PENDING: &str = "the command has not begun";

/// How the wait ended.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The turn has come.
    Due,
    /// The run ends without a segment.
    Over {
        outcome: Outcome,
        /// Who asked for it.
        asker: Option<oneshot::Sender<StopAnswer>>,
    },
}

/// A run that waits for its turn.
pub(crate) struct Waiting {
    /// Until the segment begins.
    prepared: Option<Prepared>,
    turn: Option<Turn>,
    waiting_for: WaitingFor,
    tool: String,
    identity: Identity,
    planned: Option<u64>,
    base: SegmentBase,
    since: Timestamp,
    /// Once it is over.
    outcome: Option<Outcome>,
}

impl Waiting {
    pub(crate) fn new(
        prepared: Prepared,
        claim: &Claim,
        turn: Turn,
        waiting_for: WaitingFor,
    ) -> Self {
        let plan = &prepared.plan;
        let words: Vec<String> = plan.command.iter().map(ExactString::to_text).collect();
        let identity = Identity {
            session: claim.session,
            segment: claim.segment,
            ordinal: plan.lineage.ordinal(),
            pod: claim.name.clone(),
            command: plan.secrets.redact_command(&words),
            cwd: plan.cwd.to_text(),
            host: Machine::read().host_name,
        };
        Self {
            tool: prepared.tool.clone(),
            planned: plan.terms.planned,
            base: plan.lineage.base(),
            identity,
            prepared: Some(prepared),
            turn: Some(turn),
            waiting_for,
            since: Clock::now(),
            outcome: None,
        }
    }

    /// Serves the pending run until its turn comes or somebody ends it.
    pub(crate) async fn wait(
        &mut self,
        inquiries: &mut mpsc::Receiver<Inquiry>,
        news: &watch::Sender<Option<Arc<Logs>>>,
        mut served: Pin<&mut impl Future<Output = ()>>,
    ) -> Verdict {
        let over = |outcome| Verdict::Over {
            outcome,
            asker: None,
        };
        loop {
            let Some(turn) = &mut self.turn else {
                return over(Outcome::Errored);
            };
            tokio::select! {
                biased;
                () = &mut served => return over(Outcome::Errored),
                Some(inquiry) = inquiries.recv() => {
                    if let Some(verdict) = self.answer(inquiry, news) {
                        return verdict;
                    }
                }
                woken = turn.woken() => match woken.and_then(|()| turn.look()) {
                    Ok(None) => return Verdict::Due,
                    Ok(Some(waiting_for)) => self.note(waiting_for, news),
                    // What cannot be waited for any more never comes.
                    Err(_) => return over(Outcome::Errored),
                },
            }
        }
    }

    /// Tells those who watch, if it is news.
    fn note(&mut self, waiting_for: WaitingFor, news: &watch::Sender<Option<Arc<Logs>>>) {
        if self.waiting_for != waiting_for {
            self.waiting_for = waiting_for;
            news.send_modify(|_| {});
        }
    }

    /// Begins the segment where the verdict says so.
    pub(crate) fn settle(
        &mut self,
        verdict: Verdict,
        claim: &mut Claim,
        warden: &mut WardenLink,
    ) -> (Verdict, Option<Raised>) {
        let turn = self.turn.take();
        if let Verdict::Over { .. } = verdict {
            return (verdict, None);
        }
        let ticket = turn.and_then(Turn::into_ticket);
        let prepared = self.prepared.take().expect("a run begins once");
        match begin(prepared, claim, warden, ticket, Occasion::Turn) {
            Ok(raised) => (verdict, Some(raised)),
            // There is no log to say it in.
            Err(_) => (
                Verdict::Over {
                    outcome: Outcome::Errored,
                    asker: None,
                },
                None,
            ),
        }
    }

    /// Tells everybody that the run is over. Nothing of it is live any more.
    pub(crate) async fn end(
        &mut self,
        verdict: Verdict,
        mut inquiries: mpsc::Receiver<Inquiry>,
        closed: &watch::Sender<Option<Outcome>>,
        mut served: Pin<&mut impl Future<Output = ()>>,
    ) -> std::io::Result<()> {
        let Verdict::Over { outcome, asker } = verdict else {
            return Ok(());
        };
        self.outcome = Some(outcome);
        if let Some(asker) = asker {
            let done = StopAnswer {
                stopped: true,
                reason: None,
            };
            // An operator who hung up needs no answer.
            let _ = asker.send(done);
        }
        closed.send_replace(Some(outcome));
        let (unheard, _) = watch::channel(None);
        loop {
            tokio::select! {
                biased;
                () = &mut served => return Ok(()),
                Some(inquiry) = inquiries.recv() => drop(self.answer(inquiry, &unheard)),
            }
        }
    }

    /// Answers an inquiry. The verdict, if it is to end the run.
    fn answer(
        &mut self,
        inquiry: Inquiry,
        news: &watch::Sender<Option<Arc<Logs>>>,
    ) -> Option<Verdict> {
        // An inquirer that hung up needs no answer.
        match inquiry {
            Inquiry::Hello(reply) => {
                if let Some(waiting_for) = self.turn.as_ref().and_then(Turn::glance) {
                    self.note(waiting_for, news);
                }
                drop(reply.send(Box::new(self.hello())));
            }
            Inquiry::Attach(reply) => drop(reply.send(Box::new(self.attached()))),
            Inquiry::Hold { reply, .. } => drop(reply.send(Err(PENDING))),
            Inquiry::Terminal(inquiry) => inquiry.refuse_not_running(PENDING),
            Inquiry::Family(reply) => drop(reply.send(None)),
            Inquiry::End { reply, .. } if self.outcome.is_some() => {
                let answer = StopAnswer {
                    stopped: false,
                    reason: Some(StopReason::AlreadyTerminal),
                };
                let _ = reply.send(answer);
            }
            Inquiry::End { end, reply, .. } => {
                let outcome = match end {
                    End::Cancel => Outcome::Cancelled,
                    End::Stop | End::Kill => Outcome::Stopped,
                };
                return Some(Verdict::Over {
                    outcome,
                    asker: Some(reply),
                });
            }
        }
        None
    }

    fn hello(&self) -> Hello {
        let Identity { command, cwd, .. } = &self.identity;
        Hello {
            protocol: PROTOCOL_VERSION,
            tool: self.tool.clone(),
            pod: self.identity.pod.clone(),
            session: self.identity.session,
            segment: None,
            pid: std::process::id(),
            status: self.outcome.map_or(Status::Pending, Status::from),
            next_seq: self.base.first_seq,
            length: self.base.out_base,
            summary: Summary {
                started_at: Some(self.since),
                waiting_for: Some(self.waiting_for.clone()),
                planned: self.planned,
                command: short(&command.join(" ")),
                cwd: short(cwd),
                preview: short(&self.waiting_for.to_string()),
                ..Summary::default()
            },
        }
    }

    fn attached(&self) -> Attached {
        let mut state = RunState {
            identity: Some(self.identity.clone()),
            ..RunState::default()
        };
        state.counts.planned = self.planned;
        Attached {
            id: 0,
            segment: None,
            first_seq: self.base.first_seq,
            out_base: self.base.out_base,
            length: self.base.out_base,
            output_at: None,
            waiting_for: Some(self.waiting_for.clone()),
            state,
        }
    }
}
