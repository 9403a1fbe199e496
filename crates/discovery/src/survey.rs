//! Who holds which lease, before anybody is asked. Blocking.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use pod_client::Endpoint;
use pod_protocol::PodName;
use pod_registry::{Allocation, Holder, LeaseState, Machine, Registry, RegistryError, socket_path};

use crate::{Live, Reach, Unreachable, Warning, files::Newest, probe::Held};

/// What the leases and allocations say.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Pods that are alive here, to be asked.
    pub(crate) held: BTreeMap<PodName, Held>,
    /// Pods that are alive elsewhere, or that cannot be asked.
    pub(crate) settled: BTreeMap<PodName, Live>,
    pub(crate) warnings: Vec<Warning>,
}

/// Who is asked about.
#[derive(Debug)]
pub(crate) enum Scope {
    All,
    /// Whoever has an allocation, and these.
    Newest(Newest),
    /// These and nobody else.
    Only(Vec<PodName>),
}

impl Survey {
    pub(crate) fn take(registry: &Registry, machine: &Machine, scope: &Scope) -> Self {
        let mut survey = Self::default();
        for name in survey.names(registry, scope) {
            match registry.lease(&name) {
                Ok(LeaseState::Free) => {}
                Ok(LeaseState::Held(holder)) => {
                    survey.note(registry, machine, name, holder.as_deref());
                }
                Err(error) => survey.warnings.push(Warning::new(&error)),
            }
        }
        survey
    }

    /// Every pod that may be alive. A host has its lease file before anything else; allocations are
    /// listed too, so that a lost directory of leases is noticed.
    fn names(&mut self, registry: &Registry, scope: &Scope) -> BTreeSet<PodName> {
        let mut names = BTreeSet::new();
        match scope {
            Scope::Only(only) => return only.iter().cloned().collect(),
            Scope::Newest(newest) => names.extend(newest.names.iter().cloned()),
            Scope::All => match registry.leases_to_ask() {
                Ok(leases) => names.extend(leases),
                Err(error) => self.warnings.push(Warning::new(&error)),
            },
        }
        match registry.allocations() {
            Ok(allocations) => {
                for (name, allocation) in allocations {
                    if let Err(error) = allocation {
                        self.warnings.push(Warning::new(&error));
                    }
                    names.insert(name);
                }
            }
            Err(error) => self.warnings.push(Warning::new(&error)),
        }
        names
    }

    fn note(
        &mut self,
        registry: &Registry,
        machine: &Machine,
        name: PodName,
        holder: Option<&Holder>,
    ) {
        if let Some(holder) = holder.filter(|holder| !machine.has(holder)) {
            self.settled.insert(name, elsewhere(holder));
            return;
        }
        let runtime_dir = holder.map(|holder| holder.runtime_dir.as_path());
        let runtime_dir = runtime_dir.unwrap_or(registry.runtime_dir()).to_owned();
        let allocation = registry.with_runtime_dir(&runtime_dir).allocation(&name);
        match located(&runtime_dir, &name, holder, allocation) {
            Ok(held) => drop(self.held.insert(name, held)),
            Err(live) => drop(self.settled.insert(name, live)),
        }
    }
}

fn elsewhere(holder: &Holder) -> Live {
    Live {
        reach: Reach::Elsewhere {
            host_name: holder.host_name.clone(),
        },
        pid: Some(holder.pid),
        since: Some(holder.since),
        session: None,
        segment: None,
    }
}

/// Where to ask. The allocation is believed only about what the lease does not say; without one the
/// socket is looked for where every host puts it.
fn located(
    runtime_dir: &Path,
    name: &PodName,
    holder: Option<&Holder>,
    allocation: Result<Option<Allocation>, RegistryError>,
) -> Result<Held, Live> {
    let (allocation, trouble) = match allocation {
        // Another process's is what a dead host left behind and the new one has not swept yet.
        Ok(Some(found)) if holder.is_none_or(|holder| holder.pid == found.pid) => {
            (Some(found), None)
        }
        Ok(_) => (None, Some(Unreachable::NoAllocation)),
        Err(_) => (None, Some(Unreachable::BadAllocation)),
    };
    let allocation = allocation.as_ref();
    let pid = holder.map(|holder| holder.pid);
    let since = holder.map(|holder| holder.since);
    let socket = match allocation {
        Some(allocation) => Ok(allocation.socket.clone()),
        None => socket_path(runtime_dir, name),
    };
    let (pid, since) = (
        pid.or(allocation.map(|allocation| allocation.pid)),
        since.or(allocation.map(|allocation| allocation.started_at)),
    );
    let session = allocation.map(|allocation| allocation.session);
    let segment = allocation.and_then(|allocation| allocation.segment);
    match socket {
        Ok(socket) => Ok(Held {
            pid,
            since,
            session,
            segment,
            endpoint: Endpoint::Socket(socket),
            trouble,
            holder: holder.cloned(),
        }),
        Err(_) => Err(Live {
            reach: Reach::Unreachable(trouble.unwrap_or(Unreachable::NoSocket)),
            pid,
            since,
            session,
            segment,
        }),
    }
}
