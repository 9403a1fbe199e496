//! What makes a process a host: its own session, nothing inherited, no terminal.

use std::{fs::File, io, os::fd::AsFd};

use nix::{
    sys::{
        prctl,
        resource::{Resource, getrlimit, setrlimit},
        signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction},
        stat::{Mode, umask},
    },
    unistd::{dup2_stderr, dup2_stdin, dup2_stdout, setsid},
};

/// Leaves the launcher's session and drops every descriptor but the standard three.
pub(crate) fn detach() -> io::Result<()> {
    close_inherited()?;
    // Fails only for a process that leads a group already, as when started from a shell by hand.
    if let Err(error) = setsid()
        && error != nix::errno::Errno::EPERM
    {
        return Err(error.into());
    }
    default_signals()?;
    prctl::set_name(c"tui-host")?;
    Ok(())
}

/// Undoes what the launcher ignores: an ignored SIGCHLD would hide the command's end from the
/// warden, an ignored SIGINT the first signal of a stop from the command. SIGPIPE stays as our own
/// runtime has set it, which also takes that back in what it executes.
fn default_signals() -> io::Result<()> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    let kept = [Signal::SIGKILL, Signal::SIGSTOP, Signal::SIGPIPE];
    for signal in Signal::iterator().filter(|signal| !kept.contains(signal)) {
        set_action(signal, &default)?;
    }
    Ok(())
}

#[expect(unsafe_code, reason = "a handler could be unsound")]
fn set_action(signal: Signal, action: &SigAction) -> io::Result<()> {
    // SAFETY: the default and the ignoring action run no code of ours.
    unsafe { sigaction(signal, action) }?;
    Ok(())
}

#[expect(unsafe_code, reason = "closing descriptors that nobody here owns")]
fn close_inherited() -> io::Result<()> {
    // SAFETY: called before the process opens anything itself, so no descriptor in the range has an
    // owner in this program.
    let closed = unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    nix::errno::Errno::result(closed)?;
    Ok(())
}

/// Points standard input, output and error at nothing.
pub(crate) fn null_standard_streams() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    dup2_stdin(null.as_fd())?;
    dup2_stdout(null.as_fd())?;
    dup2_stderr(null.as_fd())?;
    Ok(())
}

/// Makes the process independent of what its launcher was restricted to: those limits are meant
/// for the command, which keeps them because the warden has been forked already. One descriptor per
/// viewer, logs as long as they get, files that only their owner reads.
pub(crate) fn lift_restrictions() -> io::Result<()> {
    for limit in [
        Resource::RLIMIT_NOFILE,
        Resource::RLIMIT_FSIZE,
        Resource::RLIMIT_CPU,
        Resource::RLIMIT_AS,
    ] {
        let (_, hard) = getrlimit(limit)?;
        setrlimit(limit, hard, hard)?;
    }
    // A log at a hard limit is then a write that fails, like one on a full disk.
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    set_action(Signal::SIGXFSZ, &ignore)?;
    umask(Mode::S_IRWXG | Mode::S_IRWXO);
    Ok(())
}

/// Lets everybody else go first: the calling thread serves viewers, and on a busy machine their
/// bytes must not take the processor from the command or the pump.
#[expect(
    unsafe_code,
    reason = "nix has no wrapper for the priority of a thread"
)]
pub(crate) fn yield_to_others() {
    const NICENESS: libc::c_int = 10;
    // SAFETY: plain integers; 0 names the calling thread.
    let lowered = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) };
    // Lowering needs no privilege; where it is refused all the same, the run is only less quick.
    let _ = nix::errno::Errno::result(lowered);
}
