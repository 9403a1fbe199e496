//! Staying reachable: a runtime directory that has gone is made again.

use std::path::{Path, PathBuf};

use pod_protocol::{Event, LogLine};
use pod_registry::{Allocation, LeaseState, Machine, Registry, socket_path};

use super::Run;
use crate::{
    prepare::listen,
    request::{LaunchFailure, chain},
};

impl Run {
    /// Makes socket, FIFO and allocation anew if they have gone. Says so to the other hosts of the
    /// directory where the kernel told nobody else of them.
    pub(super) fn stay_reachable(&mut self, is_first_to_know: bool) {
        let Ok(socket) = socket_path(&self.pod.runtime_root, &self.pod.name) else {
            return;
        };
        if !self.is_open() || self.is_found(&socket) {
            return;
        }
        let is_ours = |lease: &pod_registry::Lease| lease.is_in_place().unwrap_or(false);
        if !self.workers.lease.as_ref().is_some_and(is_ours) {
            // Without its file the lease protects nothing: the name may be another host's by now.
            return;
        }
        if is_first_to_know {
            self.tell_the_others();
        }
        match self.make_again(&socket) {
            Ok(()) => {
                self.unreachable = None;
                let message = "the runtime directory had gone and was made again".to_owned();
                self.recorder.record(&Event::Log(LogLine {
                    level: Some("warning".to_owned()),
                    message,
                    fields: None,
                }));
            }
            Err(failure) => self.unreachable = Some(chain(&failure)),
        }
    }

    fn is_found(&self, socket: &Path) -> bool {
        self.workers.watch.is_in_place(socket)
            && self.workers.fifo.is_in_place()
            && self.is_allocated()
    }

    fn make_again(&mut self, socket: &Path) -> Result<(), LaunchFailure> {
        let root = self.pod.runtime_root.clone();
        let lease = self.workers.lease.as_ref();
        let lease = lease.expect("an open run holds its lease");
        lease.prepare(&root)?;
        if !self.workers.watch.is_in_place(socket) {
            lease.sweep(&root)?;
            let listener = listen(socket)?;
            listener
                .set_nonblocking(true)
                .map_err(LaunchFailure::io("listen on the pod's socket"))?;
            let listener = tokio::net::UnixListener::from_std(listener)
                .map_err(LaunchFailure::io("listen on the pod's socket"))?;
            // A server that has ended needs no listener.
            let _ = self.workers.listeners.try_send(listener);
            self.workers.watch.renew(socket, &root);
        }
        if !self.workers.fifo.is_in_place() {
            self.workers
                .fifo
                .make_again()
                .map_err(LaunchFailure::io("make the FIFO of POD_EVENTS"))?;
        }
        lease.allocate(&root, &self.allocation(socket.to_owned()))?;
        Ok(())
    }

    fn allocation(&self, socket: PathBuf) -> Allocation {
        let started_at = self.recorder.state().times.segment_started_at;
        let (machine, pid) = (Machine::read(), std::process::id());
        Allocation {
            segment: Some(self.pod.logs.segment),
            ..Allocation::new(
                &machine,
                self.pod.name.clone(),
                pid,
                socket,
                self.pod.session,
                started_at.unwrap_or_else(|| self.recorder.clock().wall()),
            )
        }
    }

    /// Only so many hosts have the kernel tell them.
    fn tell_the_others(&self) {
        let leases = self.pod.store.layout().leases_dir();
        let registry = Registry::new(leases, &self.pod.runtime_root);
        let machine = Machine::read();
        for name in registry.leases().unwrap_or_default() {
            if let Ok(LeaseState::Held(Some(holder))) = registry.lease(&name)
                && machine.has(&holder)
                && holder.runtime_dir == self.pod.runtime_root
                && holder.pid != std::process::id()
            {
                // Who is gone in the meantime needs no word.
                let _ = holder.poke();
            }
        }
    }
}
