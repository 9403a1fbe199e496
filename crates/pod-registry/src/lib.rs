//! Who is alive: leases and allocations, and who waits for whom.
//!
//! A **lease** is a kernel lock on `leases/<name>` below the state directory. A host holds it for
//! its whole life, so *held* means that a host is alive and *free* means that none is; no process id
//! is ever checked. An **allocation** is the file below the runtime directory that says where a live
//! pod's socket is. It is a hint: the lease and the socket's own hello beat it.
//!
//! Invariants:
//! - The lock is the permission. Only who has a [`Lease`] can write or remove an allocation, and
//!   only that of its own pod; everything on [`Registry`] creates, locks and changes nothing.
//! - Asking about a lease acquires nothing, so a reader can never make a launch fail.
//! - A lease file is never removed while a pod of its name exists.
//!
//! The order of a host: [`Lease::acquire`], [`Lease::sweep`], bind and listen on [`socket_path`],
//! [`Lease::allocate`]; at the end [`Lease::withdraw`], [`Lease::release`]. The lease is taken before
//! the socket is bound, so a reader may briefly see a held lease that nobody answers for.
//!
//! Whoever waits for a pod to end ([`await_end`]) or for its turn in a **group** ([`Group`]) sleeps on
//! such a lock, which the kernel frees with the process that holds it. Nobody who waits depends on
//! another process doing anything, and nobody who waits can keep another from its lease.
//!
//! Absent on purpose: sockets, the environment, the store, and any clock but the one that bounds the
//! short waits in [`Lease::acquire`] and paces [`await_end`].

mod allocation;
mod awaiting;
mod error;
mod exact_path;
mod group;
mod holder;
mod lease;
mod lock;
mod locked;
mod machine;
mod registry;
mod root;

pub use allocation::{Allocation, SOCKET_PATH_BYTES_MAX, socket_path};
pub use awaiting::await_end;
pub use error::RegistryError;
pub use group::{Earlier, Group, Ticket};
pub use holder::{Holder, POKE};
pub use lease::{LINGER_MS, Lease};
pub use machine::Machine;
pub use registry::{LeaseState, Registry};
pub use root::runtime_root;
