//! From the end of the command to a closed run.

use nix::{sys::signal::Signal, unistd::getpid};
use pod_protocol::{
    ChildExited, Event, Exit, LogLine, Outcome, RunClosed, SegmentEnded, Usage, decide,
};
use pod_registry::Registry;

use super::{DRAIN_MS, Run, Stage, SyncFor, output::DISK_WAIT_MS};
use crate::{
    begin::NotStarted,
    upkeep,
    warden::{message::Order, tree},
};

impl Run {
    pub(super) async fn on_exited(&mut self, exit: Exit, usage: Option<Usage>, left: u32) {
        // It wrote them before it ended, so they come before its end.
        self.record_waiting_events();
        self.recorder.record(&Event::ChildExited(ChildExited {
            exit,
            usage,
            requested: self.control.asked,
        }));
        self.end_terminal();
        self.hold_failed();
        self.reap_left(left);
        // What is being ended may still have something to say.
        let is_awaited = self.control.plan.is_some() && left > 0;
        self.stage = Stage::Draining {
            exit,
            left,
            pump_ended: self.workers.pump.is_none(),
            until_ms: (!is_awaited).then(|| self.recorder.elapsed_ms() + DRAIN_MS),
        };
        self.try_close().await;
    }

    /// The command could not be started when its turn had come.
    pub(crate) fn fail(&mut self, failure: NotStarted) {
        let NotStarted { exit, reason } = failure;
        self.recorder.record(&Event::Log(LogLine {
            level: Some("error".to_owned()),
            message: reason,
            fields: None,
        }));
        self.control.is_unstarted = true;
        self.end_terminal();
        self.stage = Stage::Draining {
            exit,
            left: 0,
            pump_ended: false,
            until_ms: Some(0),
        };
    }

    /// Somebody killed the warden: its tree has fallen to this process, the next subreaper.
    pub(super) async fn on_warden_gone(&mut self) {
        if matches!(self.stage, Stage::Running) {
            tree::kill_all(getpid().as_raw());
            let exit = Exit::Signal(Signal::SIGKILL as i32);
            self.on_exited(exit, None, 0).await;
        } else if let Stage::Draining { left, until_ms, .. } = &mut self.stage {
            tree::kill_all(getpid().as_raw());
            *left = 0;
            until_ms.get_or_insert(self.recorder.elapsed_ms() + DRAIN_MS);
            self.try_close().await;
        }
    }

    /// Writes the last records once the output has ended and, where an end is under way, nobody is
    /// left.
    pub(super) async fn try_close(&mut self) {
        let Stage::Draining {
            exit,
            left,
            pump_ended,
            ..
        } = self.stage
        else {
            return;
        };
        if !pump_ended || (self.control.plan.is_some() && left > 0) {
            return;
        }
        // What came last may be over the cap.
        self.keep_to_cap();
        if self.is_giving_back() {
            return;
        }
        self.record_waiting_events();
        let duration_ms = self.recorder.elapsed_ms();
        let ended = SegmentEnded {
            exit,
            duration_ms,
            left,
            timed_out: self.control.is_timed_out(),
            requested: self.control.asked,
        };
        let outcome = decide(self.control.asked, self.control.ending(exit));
        self.recorder.record_ending(&[
            Event::SegmentEnded(ended),
            Event::RunClosed(RunClosed { outcome }),
        ]);
        self.stage = Stage::Closing {
            outcome,
            due_ms: duration_ms + DISK_WAIT_MS,
        };
        self.sync_due_ms = None;
        self.recorder.take_unsynced();
        if self
            .workers
            .syncer
            .request(SyncFor::Closing(outcome))
            .is_err()
        {
            // The syncer is gone: close without, as with a disk that refuses to sync.
            self.close(outcome).await;
        }
    }

    /// A disk that hangs must not keep a run that is over from ending.
    pub(super) async fn stop_waiting_for_disk(&mut self, now_ms: u64) {
        match self.stage {
            Stage::Closing { outcome, due_ms } if due_ms <= now_ms => {
                self.workers.syncer.give_up();
                self.close(outcome).await;
            }
            Stage::Draining {
                pump_ended: true, ..
            } if self
                .giving_back_due_ms()
                .is_some_and(|due_ms| due_ms <= now_ms) =>
            {
                self.give_up_giving_back();
                self.try_close().await;
            }
            _ => {}
        }
    }

    /// Takes down what says "live", last of all the lease, and tells the viewers.
    pub(super) async fn close(&mut self, outcome: Outcome) {
        let logs = &self.pod.logs;
        let bytes = self.recorder.writer().committed_bytes();
        // Derived: without it the next reader folds the whole log.
        let _ = self.pod.store.write_checkpoint(
            self.pod.session,
            logs.segment,
            bytes,
            self.recorder.state(),
        );
        self.recorder.give_back();
        // In another directory that took its place the pod is nobody's.
        let is_listed = self.files_gone().is_none();
        let left = is_listed
            .then(|| upkeep::note_end(&self.pod.store, &self.pod.name))
            .flatten();
        // The next one of the group may begin: nothing of this one runs any more.
        drop(self.workers.ticket.take());
        if let Some(lease) = self.workers.lease.take() {
            // What cannot be removed is stale from the moment the lease is free, and is swept by
            // the next launch of this name.
            if lease.is_in_place().unwrap_or(true) || self.is_allocated() {
                // It came to its end: there is nothing to be recovered.
                let _ = self.pod.store.unmark(&self.pod.name);
                self.workers.fifo.remove();
                let _ = lease.withdraw(&self.pod.runtime_root);
            }
            let _ = lease.release();
        }
        self.order(&Order::Release).await;
        self.stage = Stage::Closed;
        self.workers.closed.send_replace(Some(outcome));
        if let Some(left) = left {
            let (store, pod) = (self.pod.store.clone(), self.pod.name.clone());
            self.workers.upkeep = upkeep::finish(store, pod, left);
        }
    }

    /// Whether the runtime directory still speaks of this run. Without its file the lease protects
    /// nothing: another host may have the name by now, and the socket with it.
    pub(super) fn is_allocated(&self) -> bool {
        let leases = self.pod.store.layout().leases_dir();
        Registry::new(leases, &self.pod.runtime_root)
            .allocation(&self.pod.name)
            .is_ok_and(|found| found.is_some_and(|found| found.session == self.pod.session))
    }
}
