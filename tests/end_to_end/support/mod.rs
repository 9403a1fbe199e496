//! What the tests drive the binary with: own roots, background verbs, terminals, bare sockets.

mod noise;
mod pods;
mod processes;
mod pty;
mod small_disk;
mod socket;
mod verb;
mod watchdog;
mod watched;

use std::time::Duration;

pub(crate) use noise::{Feed, Noise, noise};
pub(crate) use pods::{Gate, Launched, Pods, make_program};
pub(crate) use processes::{Process, family, peak_kib, wait_gone};
pub(crate) use pty::Pty;
pub(crate) use socket::{Viewer, attach};
pub(crate) use verb::{Done, Verb};

/// How long anything may take, however busy the machine is. Nothing waits this long unless it is
/// broken.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
