//! The run task: the only writer of records, and the one place where something is decided.

mod answers;
mod ending;
mod files;
mod holding;
mod output;
mod reachable;
mod stopping;
mod terminal;
mod warden_reports;

use std::{io, ops::Range, sync::Arc, thread::JoinHandle, time::Duration};

use nix::sys::signal::Signal;
use pod_protocol::{Event, Exit, Offset, Outcome, PodName, SessionId, SignalSent, StopAnswer};
use pod_registry::{Lease, Registry, Ticket, socket_path};
use pod_store::{StoreWriter, Terms};
use tokio::{
    io::AsyncWriteExt,
    net::unix::OwnedWriteHalf,
    sync::{mpsc, oneshot, watch},
    task::yield_now,
    time::{sleep, timeout},
};

use crate::{
    events_fifo::EventsFifo,
    pump::{PumpHandle, PumpReport},
    recorder::{Checkpoint, Recorder},
    resources::Family,
    server::{Inquiry, Logs},
    syncer::Syncer,
    terminal::Terminal,
    warden::message::{Order, Report},
    watch::Watch,
};

use output::OutputCare;
use stopping::Control;
use terminal::of_the_command;
pub(crate) use warden_reports::WardenReports;

/// Messages of one kind that may wait for the run task.
pub(crate) const QUEUE_MAX: usize = 256;
/// Records reach the disk at most this much later than the log.
const SYNC_EVERY_MS: u64 = 250;
/// How long a warden may take to take an order.
const ORDER_WAIT: Duration = Duration::from_secs(1);
/// After the command is gone, whoever it left behind may hold its output open this long.
const DRAIN_MS: u64 = 500;
/// Buffers of `POD_EVENTS` that are still read when the run closes; a writer that goes on for ever
/// is cut off.
const LAST_EVENTS_MAX: usize = 64;

/// What a sync was for.
#[derive(Debug)]
pub(crate) enum SyncFor {
    /// The clock; now and then with what spares readers of a long log most of it.
    Routine(Option<Checkpoint>),
    /// An operator's stop, cancel or kill: only then do signals go out and is the operator answered.
    End {
        /// How long the command gets, in milliseconds.
        grace_ms: u64,
        /// What is answered.
        answer: StopAnswer,
        /// Who waits for it.
        reply: oneshot::Sender<StopAnswer>,
    },
    /// An operator's pause or continue: the same.
    Hold {
        /// Whether the run is to be held.
        pause: bool,
        /// Who waits for it.
        reply: holding::Reply,
    },
    /// A gap in the output: only then the hole is punched.
    Gap(Range<Offset>),
    /// The last record.
    Closing(Outcome),
}

/// What is fixed for the life of the host.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) name: PodName,
    pub(crate) session: SessionId,
    pub(crate) tool: String,
    /// What the run may do.
    pub(crate) terms: Terms,
    pub(crate) runtime_root: std::path::PathBuf,
    pub(crate) store: StoreWriter,
    pub(crate) logs: Arc<Logs>,
}

impl Pod {
    /// Watches over the name of its socket. Needs the runtime.
    pub(crate) fn watch(&self) -> Watch {
        let root = &self.runtime_root;
        let hosts = Registry::new(self.store.layout().leases_dir(), root).allocations();
        let hosts = hosts.map_or(usize::MAX, |hosts| hosts.len());
        let socket = socket_path(root, &self.name).unwrap_or_default();
        Watch::start(&socket, root, hosts)
    }
}

/// Who reports to the run.
#[derive(Debug)]
pub(crate) struct Reports {
    pub(crate) warden: WardenReports,
    pub(crate) pump: mpsc::Receiver<PumpReport>,
    pub(crate) syncs: mpsc::Receiver<(SyncFor, io::Result<()>)>,
    pub(crate) inquiries: mpsc::Receiver<Inquiry>,
}

/// Who works for the run.
#[derive(Debug)]
pub(crate) struct Workers {
    pub(crate) warden: OwnedWriteHalf,
    pub(crate) pump: Option<PumpHandle>,
    /// Until the command is gone: then the terminal ends with its last user.
    pub(crate) terminal: Option<Terminal>,
    /// Whom to look at, unless no command was started.
    pub(crate) family: Option<Family>,
    pub(crate) syncer: Syncer<SyncFor>,
    pub(crate) fifo: EventsFifo,
    pub(crate) watch: Watch,
    /// To the server, for a socket that was made anew.
    pub(crate) listeners: mpsc::Sender<tokio::net::UnixListener>,
    pub(crate) lease: Option<Lease>,
    /// The place in the group of the run, kept to its end.
    pub(crate) ticket: Option<Ticket>,
    pub(crate) closed: watch::Sender<Option<Outcome>>,
    /// Works on when the run is closed, and is waited for last.
    pub(crate) upkeep: Option<JoinHandle<()>>,
}

/// How far the run is.
#[derive(Debug)]
enum Stage {
    Running,
    /// The command is gone; its last output and its stragglers are waited for.
    Draining {
        exit: Exit,
        left: u32,
        pump_ended: bool,
        /// When the pump is told to end; `None` once it has been.
        until_ms: Option<u64>,
    },
    /// The last record is on its way to the disk.
    Closing {
        outcome: Outcome,
        /// When that has taken long enough.
        due_ms: u64,
    },
    /// Everything is done.
    Closed,
}

impl Stage {
    const fn is_open(&self) -> bool {
        matches!(self, Self::Running | Self::Draining { .. })
    }
}

/// The run of one segment.
#[derive(Debug)]
pub(crate) struct Run {
    pod: Pod,
    recorder: Recorder,
    workers: Workers,
    stage: Stage,
    control: Control,
    sync_due_ms: Option<u64>,
    /// A routine sync is on its way; another one would only queue up behind a slow disk.
    syncing: bool,
    output: OutputCare,
    /// Why the last sync failed.
    unsynced: Option<String>,
    /// Why the socket cannot be made anew.
    unreachable: Option<String>,
    /// Why nobody finds the files, as far as that is recorded.
    files_gone: Option<&'static str>,
}

impl Run {
    pub(crate) fn new(pod: Pod, recorder: Recorder, workers: Workers) -> Self {
        Self {
            pod,
            recorder,
            workers,
            stage: Stage::Running,
            control: Control::default(),
            sync_due_ms: None,
            syncing: false,
            output: OutputCare::default(),
            unsynced: None,
            unreachable: None,
            files_gone: None,
        }
    }

    /// Serves the run until it is closed, and then goes on answering inquiries until `served` (the
    /// socket's task) is done.
    pub(crate) async fn serve(mut self, mut reports: Reports, served: impl Future<Output = ()>) {
        tokio::pin!(served);
        let mut warden_gone = false;
        // The launcher has had its word, so the socket may have gone before it was watched.
        self.stay_reachable(true);
        loop {
            // Looked at here and not only in a timer: one that is made anew between two messages
            // does not ring as long as there is always another message.
            while self.due_in().is_some_and(|wait| wait.is_zero()) {
                self.on_alarm().await;
            }
            let alarm = self.due_in();
            tokio::select! {
                biased;
                () = &mut served => break,
                report = reports.warden.next(), if !warden_gone => match report {
                    Some(report) => self.on_warden(report).await,
                    None => {
                        warden_gone = true;
                        self.on_warden_gone().await;
                    }
                },
                Some(report) = reports.pump.recv() => self.on_pump(report).await,
                Some((sync, result)) = reports.syncs.recv() => self.on_synced(sync, &result).await,
                Some(inquiry) = reports.inquiries.recv() => self.on_inquiry(inquiry).await,
                is_first = self.workers.watch.stirred() => self.stay_reachable(is_first),
                () = sleep(alarm.unwrap_or_default()), if alarm.is_some() => {}
                // Last, because a command can keep it busy for ever.
                events = of_the_command(&self.workers.fifo, self.workers.terminal.as_mut()) => {
                    if events && let Some(reports) = self.workers.fifo.take() {
                        self.recorder.record_all(reports);
                    }
                    // The viewers' tasks get their turn between two buffers.
                    yield_now().await;
                }
            }
            self.plan_sync();
        }
        // What the pump still has to say must not keep it from ending.
        drop(reports);
        if let Some(pump) = self.workers.pump.take() {
            pump.stop();
            pump.join();
        }
        if let Some(upkeep) = self.workers.upkeep.take() {
            // A panic of the thread has been printed, and nothing depends on what it did.
            let _ = upkeep.join();
        }
    }

    /// How long until something is due that no message announces.
    fn due_in(&self) -> Option<Duration> {
        let drain = match self.stage {
            Stage::Draining {
                pump_ended: false,
                until_ms,
                ..
            } => until_ms,
            Stage::Draining {
                pump_ended: true, ..
            } => self.giving_back_due_ms(),
            Stage::Closing { due_ms, .. } => Some(due_ms),
            _ => None,
        };
        let plan = self.control.plan.filter(|_| self.is_open());
        let stop = plan.map(|plan| plan.due_at_ms());
        let due_ms = [drain, stop, self.limit_ms(), self.sync_due_ms]
            .into_iter()
            .flatten()
            .min()?;
        let wait_ms = due_ms.saturating_sub(self.recorder.elapsed_ms());
        Some(Duration::from_millis(wait_ms))
    }

    /// Does what is due; none of it is due any more afterwards.
    async fn on_alarm(&mut self) {
        let now_ms = self.recorder.elapsed_ms();
        if self.sync_due_ms.is_some_and(|due_ms| due_ms <= now_ms) {
            self.sync_due_ms = None;
            let sync = SyncFor::Routine(self.recorder.take_checkpoint());
            self.syncing = self.workers.syncer.request(sync).is_ok();
        }
        self.enforce_limit(now_ms);
        let plan = self.control.plan.as_mut().filter(|_| self.stage.is_open());
        if let Some(signal) = plan.and_then(|plan| plan.take_due(now_ms)) {
            self.order(&Order::Signal {
                signal: signal as i32,
            })
            .await;
        }
        if let Stage::Draining {
            pump_ended: false,
            until_ms,
            ..
        } = &mut self.stage
            && until_ms.take_if(|until_ms| *until_ms <= now_ms).is_some()
            && let Some(pump) = &self.workers.pump
        {
            pump.stop();
        }
        self.stop_waiting_for_disk(now_ms).await;
    }

    /// Whether processes of the run may still be there.
    const fn is_open(&self) -> bool {
        self.stage.is_open()
    }

    fn plan_sync(&mut self) {
        if !self.syncing && self.sync_due_ms.is_none() && self.recorder.take_unsynced() {
            self.sync_due_ms = Some(self.recorder.elapsed_ms() + SYNC_EVERY_MS);
        }
    }

    async fn order(&mut self, order: &Order) {
        let mut line = serde_json::to_vec(order).expect("orders have string keys only");
        line.push(b'\n');
        // A warden that is gone is noticed by the end of its reports. One that does not take orders
        // gets the next signal of the sequence when it can; nobody else waits for it.
        let _ = timeout(ORDER_WAIT, self.workers.warden.write_all(&line)).await;
    }

    async fn on_warden(&mut self, report: Report) {
        match report {
            Report::Signalled { signal, processes } => {
                let name = Signal::try_from(signal)
                    .map_or("SIG?", Signal::as_str)
                    .to_owned();
                let reason = self.control.reason_of(&name);
                self.recorder.record(&Event::SignalSent(SignalSent {
                    signal,
                    name,
                    processes,
                    reason,
                }));
                self.hold_done(signal);
            }
            Report::Exited { exit, usage, left } => {
                self.on_exited(exit, Some(usage), left).await;
            }
            Report::Left { left: now_left } => {
                let drain_ms = self.recorder.elapsed_ms() + DRAIN_MS;
                if let Stage::Draining { left, until_ms, .. } = &mut self.stage {
                    // The last one that was waited for may have written until now.
                    if now_left == 0 && self.control.plan.is_some() {
                        until_ms.get_or_insert(drain_ms);
                    }
                    *left = now_left;
                    self.try_close().await;
                }
            }
            Report::Started { .. } | Report::NotStarted { .. } => {}
        }
    }

    /// What the command wrote to `POD_EVENTS` and nobody has read yet.
    fn record_waiting_events(&mut self) {
        for _ in 0..LAST_EVENTS_MAX {
            match self.workers.fifo.take() {
                Some(reports) => self.recorder.record_all(reports),
                None => break,
            }
        }
    }

    async fn on_synced(&mut self, sync: SyncFor, result: &io::Result<()>) {
        if let SyncFor::Gap(_) = sync {
            return self.on_given_back(result).await;
        }
        self.unsynced = result
            .as_ref()
            .err()
            .map(|error| format!("cannot sync the record log: {error}"));
        match sync {
            SyncFor::Gap(_) => {}
            SyncFor::Routine(_) => {
                self.syncing = false;
                // Awake as it is: a look at four names costs next to nothing.
                self.stay_reachable(true);
                self.note_files();
            }
            SyncFor::End {
                grace_ms,
                answer,
                reply,
            } => self.begin_end(grace_ms, answer, reply),
            SyncFor::Hold { pause, reply } => self.begin_hold(pause, reply).await,
            SyncFor::Closing(outcome) => self.close(outcome).await,
        }
    }

    async fn on_inquiry(&mut self, inquiry: Inquiry) {
        // An inquirer that hung up needs no answer.
        match inquiry {
            Inquiry::Hello(reply) => drop(reply.send(Box::new(self.hello()))),
            Inquiry::Attach(reply) => {
                self.note_files();
                drop(reply.send(Box::new(self.attached())));
            }
            Inquiry::End {
                end,
                grace_ms,
                by,
                reply,
            } => {
                #[cfg(feature = "sabotage-acknowledge")]
                let reply = crate::sabotage::acknowledge_first(reply).await;
                self.on_end(end, grace_ms, by, reply);
            }
            Inquiry::Hold { pause, by, reply } => self.on_hold(pause, by, reply).await,
            Inquiry::Terminal(inquiry) => self.on_terminal(inquiry),
            Inquiry::Family(reply) => drop(reply.send(self.family())),
        }
    }
}
