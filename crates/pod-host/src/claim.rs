//! What a new host takes for itself, and gives back when the launch fails: a name, its lease, its
//! place in the runtime directory, its session.

use std::path::{Path, PathBuf};

use pod_protocol::{FORMAT_VERSION, Liveness, PodName, SegmentId, SessionId};
use pod_registry::{Allocation, Holder, Lease, Machine, RegistryError, socket_path};
use pod_store::{Marker, RecordWriter, Store, StoreError, StoreWriter, Terms};
use uuid::Uuid;

use crate::{
    clock::Clock,
    events_fifo::EventsFifo,
    request::{LaunchFailure, LaunchRequest, Left, NameChoice, Origin},
};

/// A generated name is tried with numbers up to this.
const NAME_NUMBER_MAX: u32 = 9_999;

/// What a new host has on disk and in the runtime directory. Dropping it undoes all of it, unless
/// it was kept.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) name: PodName,
    pub(crate) session: SessionId,
    pub(crate) segment: SegmentId,
    pub(crate) store: StoreWriter,
    runtime_root: PathBuf,
    lease: Option<Lease>,
    fifo: Option<EventsFifo>,
    /// Whether the session was there before: then only its new segment is taken back.
    goes_on: bool,
    /// Whether the name stands for the session although it has no segment yet.
    introduced: bool,
    /// The marker that was there before this launch put its own in its place.
    marker: MarkerBefore,
}

/// What a launch has done to the marker of its pod.
#[derive(Clone, Copy, Debug)]
enum MarkerBefore {
    /// Nothing.
    Untouched,
    /// It has written one, over this one.
    Replaced(Option<Marker>),
}

impl Claim {
    /// Takes the lease of the requested or of the first free name.
    pub(crate) fn take(request: &LaunchRequest, segment: SegmentId) -> Result<Self, LaunchFailure> {
        // Before anything is made: a directory too deep for a socket is as deep for every name.
        let (NameChoice::Exact(wanted) | NameChoice::From(wanted)) = request.origin.name();
        socket_path(&request.runtime_root, &wanted)?;
        let resumed = match &request.origin {
            Origin::Resume { session, .. } => Some(*session),
            Origin::New(_) | Origin::Rerun { .. } => None,
        };
        let store = StoreWriter::open(&request.state_root)?;
        let (name, lease) = take_lease(request, store.store())?;
        let runtime_root = request.runtime_root.clone();
        let prepared = lease
            .prepare(&runtime_root)
            .and_then(|()| lease.sweep(&runtime_root));
        let lease = Some(lease);
        let claim = Self {
            name,
            session: resumed.unwrap_or_else(|| SessionId::new(Uuid::now_v7())),
            segment,
            store,
            runtime_root,
            lease,
            fifo: None,
            goes_on: resumed.is_some(),
            introduced: false,
            marker: MarkerBefore::Untouched,
        };
        prepared?;
        claim.check_metadata()?;
        Ok(claim)
    }

    /// What cannot be replaced at the end of the launch is refused before its command runs.
    fn check_metadata(&self) -> Result<(), LaunchFailure> {
        let metadata = self.store.store().metadata(&self.name)?;
        match metadata.map(|metadata| metadata.version) {
            Some(version) if version > FORMAT_VERSION => Err(StoreError::NewerFormat {
                path: self.store.layout().metadata(&self.name),
                version: u64::from(version),
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// Makes the FIFO beside the socket and returns a hold on it.
    pub(crate) fn make_fifo(&mut self, path: PathBuf) -> Result<std::fs::File, LaunchFailure> {
        let make = "make the FIFO of POD_EVENTS";
        let fifo = self
            .fifo
            .insert(EventsFifo::create(path).map_err(LaunchFailure::io(make))?);
        fifo.hold().map_err(LaunchFailure::io(make))
    }

    /// Says where the pod is found.
    pub(crate) fn allocate(&self, socket: &Path) -> Result<(), LaunchFailure> {
        let (name, pid) = (self.name.clone(), std::process::id());
        let (machine, now) = (Machine::read(), Clock::now());
        let allocation = Allocation {
            segment: Some(self.segment),
            ..Allocation::new(&machine, name, pid, socket.to_owned(), self.session, now)
        };
        let lease = self
            .lease
            .as_ref()
            .expect("held until the claim is kept or dropped");
        Ok(lease.allocate(&self.runtime_root, &allocation)?)
    }

    /// Notes that the run is to be taken up again when this host is lost. Before its command runs;
    /// on disk with [`Claim::keep`].
    pub(crate) fn mark(&mut self, terms: &Terms) -> Result<(), LaunchFailure> {
        if terms.recover {
            self.marker = MarkerBefore::Replaced(self.store.store().marker(&self.name)?);
            self.store.mark(&self.name, Marker::new(self.session))?;
        }
        Ok(())
    }

    /// The session that the name stands for before this launch, if it is another one and could be
    /// taken up again: the operator is told where it stays.
    pub(crate) fn restorable_before(&self) -> Option<Left> {
        let store = self.store.store();
        let metadata = store.metadata(&self.name).ok()??;
        let session = metadata.active?.session_id;
        let other = session != self.session;
        let run = other.then(|| store.restorable(session, Some(&metadata)).ok())??;
        Some(Left {
            session,
            status: run.state.status(Liveness::Free),
        })
    }

    /// Lets the name stand for the session before its segment has begun, if it stands for nothing
    /// else: a pod that waits is there, and stays when it never gets its turn.
    pub(crate) fn introduce(&mut self) -> Result<(), LaunchFailure> {
        self.introduced = self
            .store
            .introduce(&self.name, self.session, Clock::now())?;
        Ok(())
    }

    /// Makes the pod durable and gives out what the run needs of it.
    pub(crate) fn keep(
        &mut self,
        records: &RecordWriter,
    ) -> Result<(Lease, EventsFifo), LaunchFailure> {
        match self.marker {
            MarkerBefore::Replaced(_) => self.store.sync_marker(&self.name)?,
            // The name stands for another run now.
            MarkerBefore::Untouched => self.store.unmark(&self.name)?,
        }
        let run = (self.session, self.segment);
        self.store
            .activate(&self.name, run, records, Clock::now())?;
        let lease = self.lease.take().expect("held until here");
        let fifo = self.fifo.take().expect("a kept claim has its FIFO");
        Ok((lease, fifo))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else {
            return;
        };
        if let Some(fifo) = &self.fifo {
            fifo.remove();
        }
        // What cannot be removed here is swept by the next launch; the failure that led here is
        // what the operator should read.
        let _ = match self.goes_on || self.introduced {
            true => self.store.remove_segment(self.session, self.segment),
            false => self.store.remove_session(self.session),
        };
        let _ = match self.marker {
            MarkerBefore::Untouched => Ok(()),
            MarkerBefore::Replaced(Some(before)) => self.store.mark(&self.name, before),
            MarkerBefore::Replaced(None) => self.store.unmark(&self.name),
        };
        let _ = lease.withdraw(&self.runtime_root);
        let _ = match self.store.store().metadata(&self.name) {
            Ok(None) => lease.abandon(),
            _ => lease.release(),
        };
    }
}

fn take_lease(request: &LaunchRequest, store: &Store) -> Result<(PodName, Lease), LaunchFailure> {
    let pid = std::process::id();
    let holder = Holder::new(&Machine::read(), pid, &request.runtime_root, Clock::now());
    let leases = store.layout().leases_dir();
    match request.origin.name() {
        NameChoice::Exact(name) => {
            let lease = Lease::acquire(&leases, &name, &holder)?;
            Ok((name, lease))
        }
        NameChoice::From(base) => {
            let numbered = (2..=NAME_NUMBER_MAX).map(|number| base.numbered(number));
            for name in std::iter::once(base.clone()).chain(numbered) {
                if runs_another_command(store, &name, request) {
                    continue;
                }
                match Lease::acquire(&leases, &name, &holder) {
                    Err(RegistryError::Held { .. }) => {}
                    taken => return Ok((name, taken?)),
                }
            }
            let reason = format!("{base} and its numbered names up to {NAME_NUMBER_MAX} are taken");
            Err(LaunchFailure::Host {
                operation: "find a free name".to_owned(),
                reason,
            })
        }
    }
}

/// A pod is a slot for runs of one command: a generated name goes to a new slot rather than over
/// another command's.
fn runs_another_command(store: &Store, name: &PodName, request: &LaunchRequest) -> bool {
    let Ok(metadata) = store.metadata(name) else {
        return true;
    };
    let session = metadata
        .and_then(|metadata| metadata.active)
        .map(|active| active.session_id);
    let Origin::New(new) = &request.origin else {
        return false;
    };
    session.is_some_and(|session| {
        store
            .session_file(session)
            .is_ok_and(|file| file.command != new.command)
    })
}
