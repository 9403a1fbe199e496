//! What makes a process a host: its own session, nothing inherited, no terminal.

use std::{fs::File, io, os::fd::AsFd};

use nix::{
    sys::{
        prctl,
        resource::{Resource, getrlimit, setrlimit},
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
    prctl::set_name(c"tui-host")?;
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

/// Allows as many descriptors as the hard limit does: one per viewer. Called after the fork of the
/// warden, so that the command keeps the launcher's limits.
pub(crate) fn raise_descriptor_limit() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
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
