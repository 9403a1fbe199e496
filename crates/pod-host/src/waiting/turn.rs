//! What a run waits for, and the threads that sleep until it may have come.
//!
//! Every thread sleeps in the kernel, on a lock that is freed with the process that holds it, and
//! wakes up once. In a group it is enough to sleep on as many tickets before one's own as may run at
//! once: when so few are left that it is our turn, one of those is gone. The ticket right before our
//! own is added, so that a place that moves up is seen.

use std::{collections::BTreeSet, path::PathBuf, thread};

use pod_protocol::{GroupName, PodName, WaitingFor};
use pod_registry::{Earlier, Group, LeaseState, Registry, RegistryError, Ticket, await_end};
use pod_store::GroupTerms;
use tokio::sync::mpsc;

use crate::{claim::Claim, request::LaunchFailure};

/// Wakes that may wait. Whoever finds no room waits for it; nobody else waits for them.
const WAKES_MAX: usize = 64;
/// Enough for one system call.
const STACK_BYTES: usize = 64 * 1024;

/// What somebody sleeps on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Awaited {
    /// The end of a pod.
    Pod(PodName),
    /// The end of an earlier ticket.
    Ticket(u64),
}

/// Somebody woke up.
type Wake = (Awaited, Result<(), RegistryError>);

/// A run's turn: first the pods that have to end before it, then its group.
#[derive(Debug)]
pub(crate) struct Turn {
    leases: PathBuf,
    /// Those that have not ended.
    after: Vec<PodName>,
    queue: Option<Queue>,
    asleep: BTreeSet<Awaited>,
    sender: mpsc::Sender<Wake>,
    wakes: mpsc::Receiver<Wake>,
}

#[derive(Debug)]
struct Queue {
    name: GroupName,
    limit: usize,
    group: Group,
    /// Taken when nothing else is waited for, so that nobody is held up by a run that waits for
    /// something else.
    ticket: Option<Ticket>,
}

impl Turn {
    /// The turn of the run under `claim`.
    pub(crate) fn new(after: Vec<PodName>, group: Option<&GroupTerms>, claim: &Claim) -> Self {
        let layout = claim.store.layout();
        let queue = group.map(|terms| Queue {
            name: terms.name.clone(),
            limit: usize::try_from(terms.limit).unwrap_or(usize::MAX).max(1),
            group: Group::new(layout.group_dir(&terms.name)),
            ticket: None,
        });
        let (sender, wakes) = mpsc::channel(WAKES_MAX);
        Self {
            leases: layout.leases_dir(),
            // The name was free when the claim was taken, so its run before has ended.
            after: after.into_iter().filter(|pod| *pod != claim.name).collect(),
            queue,
            asleep: BTreeSet::new(),
            sender,
            wakes,
        }
    }

    /// What the run still waits for, and threads that sleep on it; `None` when its turn has come.
    pub(crate) fn look(&mut self) -> Result<Option<WaitingFor>, LaunchFailure> {
        let registry = Registry::new(&self.leases, PathBuf::new());
        for pod in std::mem::take(&mut self.after) {
            let awaited = Awaited::Pod(pod.clone());
            let is_known = self.asleep.contains(&awaited);
            if !is_known && registry.lease(&pod)? == LeaseState::Free {
                continue;
            }
            if !is_known {
                let (leases, name) = (self.leases.clone(), pod.clone());
                self.sleep_on(awaited, move || await_end(&leases, &name))?;
            }
            self.after.push(pod);
        }
        if !self.after.is_empty() {
            return Ok(Some(WaitingFor::After(self.after.clone())));
        }
        let Some(queue) = &mut self.queue else {
            return Ok(None);
        };
        let ticket = match &mut queue.ticket {
            Some(ticket) => ticket,
            none => none.insert(queue.group.queue()?),
        };
        let before = ticket.before()?;
        let (count, limit) = (before.len(), queue.limit);
        if count < limit {
            return Ok(None);
        }
        let waiting_for = queue.waiting_for(count);
        for (at, earlier) in before.into_iter().enumerate() {
            if at < limit || at + 1 == count {
                self.sleep_on_ticket(earlier)?;
            }
        }
        Ok(Some(waiting_for))
    }

    /// What the run waits for by now, without looking at anybody's lock: for a list that asks.
    pub(crate) fn glance(&self) -> Option<WaitingFor> {
        let queue = self.queue.as_ref().filter(|_| self.after.is_empty())?;
        let count = queue.ticket.as_ref()?.count_before().ok()?;
        Some(queue.waiting_for(count))
    }

    /// Waits until somebody has woken up.
    pub(crate) async fn woken(&mut self) -> Result<(), LaunchFailure> {
        // We hold a sender ourselves, so the channel does not end.
        let mut wake = self.wakes.recv().await;
        while let Some((awaited, result)) = wake {
            result?;
            self.asleep.remove(&awaited);
            if let Awaited::Pod(ended) = awaited {
                self.after.retain(|pod| *pod != ended);
            }
            wake = self.wakes.try_recv().ok();
        }
        Ok(())
    }

    /// The place in the group, to be kept as long as the command runs. Who still sleeps on others
    /// wakes up when those end, and finds nobody to tell.
    pub(crate) fn into_ticket(self) -> Option<Ticket> {
        self.queue?.ticket
    }

    fn sleep_on_ticket(&mut self, earlier: Earlier) -> Result<(), LaunchFailure> {
        let awaited = Awaited::Ticket(earlier.number);
        match self.asleep.contains(&awaited) {
            true => Ok(()),
            false => self.sleep_on(awaited, move || earlier.wait()),
        }
    }

    fn sleep_on(
        &mut self,
        awaited: Awaited,
        sleep: impl FnOnce() -> Result<(), RegistryError> + Send + 'static,
    ) -> Result<(), LaunchFailure> {
        let (sender, token) = (self.sender.clone(), awaited.clone());
        let sleeper = move || {
            let result = sleep();
            // The run may have ended or begun meanwhile.
            let _ = sender.blocking_send((token, result));
        };
        thread::Builder::new()
            .name("sleeper".into())
            .stack_size(STACK_BYTES)
            .spawn(sleeper)
            .map_err(LaunchFailure::io("wait for other runs"))?;
        self.asleep.insert(awaited);
        Ok(())
    }
}

impl Queue {
    /// What a run with so many before it waits for. Of those before it as many run as may.
    fn waiting_for(&self, count: usize) -> WaitingFor {
        let place = count.saturating_sub(self.limit) as u64 + 1;
        WaitingFor::Group {
            name: self.name.clone(),
            place,
        }
    }
}
