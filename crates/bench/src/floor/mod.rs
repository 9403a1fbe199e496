//! The floors: the least that anybody must do to hold a command. They have no viewers, no records
//! and no protocol, and they detach only where detaching is what is measured.

mod host;
mod launch;

pub(crate) use host::{pipe_host, pty_host};
pub(crate) use launch::launch;
