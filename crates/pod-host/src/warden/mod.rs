//! The warden: the small process between host and command.
//!
//! Theory of operation. Before the host has any thread or any lock it forks the warden. The warden
//! is a subreaper and the parent of the command, so every descendant, however often it forked or
//! called `setsid`, stays below it. It does what the host orders; when the host is gone (end of the
//! socket pair, whatever the cause) it kills everything below itself and exits. So no run goes on
//! unseen.
//!
//! It has one thread, no lease, no log and no socket of the pod: those descriptors are opened after
//! the fork or closed right behind it.

mod command;
pub(crate) mod inner_pod;
pub(crate) mod message;
mod process;
pub(crate) mod tree;

pub(crate) use command::{ChildEnds, CommandPlan};
pub(crate) use process::{WardenLink, spawn};
