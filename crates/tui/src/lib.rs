//! `tui`: run picker and live monitor for long-running commands.
//!
//! The binary is [`main`] and nothing else. It is a library so that what it draws can be measured
//! ([`rehearsal`]); nobody else is meant to build on it.
//!
//! `cli` holds the verbs: they parse, call the libraries, and print. `screen` holds what is drawn.
//! The hidden subcommand of [`pod_host`] turns the same binary into the host of a pod; it is looked
//! for before anything else happens, so that a host never carries an argument parser, a logger or a
//! terminal.

mod cli;
mod preview;
mod screen;

use std::process::ExitCode;

pub use screen::rehearsal;

/// Does what the arguments of this process say.
pub fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|verb| verb == pod_host::HOST_SUBCOMMAND)
    {
        return pod_host::host_main();
    }
    cli::main()
}
