//! The two ends between command and host: a pseudoterminal, or two pipes.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl, open},
    pty::{grantpt, posix_openpt, ptsname_r, unlockpt},
    sys::stat::Mode,
};
use pod_store::{ChildIo, Stream};

use crate::{pump::Source, request::LaunchFailure, warden::ChildEnds};

/// How a pty looks as long as no viewer says otherwise.
static PTY_SIZE: nix::pty::Winsize = nix::pty::Winsize {
    ws_row: 24,
    ws_col: 80,
    ws_xpixel: 0,
    ws_ypixel: 0,
};

/// The host's ends.
#[derive(Debug)]
pub(crate) struct HostEnds {
    /// What the pump reads from.
    pub(crate) readable: Vec<OwnedFd>,
    /// The terminal side of a pty, held while the command lives: a command may close its terminal
    /// and open it again. Without anybody the terminal would look ended, and closing our side of
    /// it would hang the command up.
    pub(crate) terminal: Option<OwnedFd>,
}

/// Makes the command's ends and ours.
pub(crate) fn connect(io: ChildIo) -> Result<(ChildEnds, HostEnds), LaunchFailure> {
    let connected = match io {
        ChildIo::Pty => open_pty(),
        ChildIo::Pipe => open_pipes(),
    };
    let (ends, ours) = connected.map_err(LaunchFailure::errno("connect the command"))?;
    for fd in &ours.readable {
        fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
            .map_err(LaunchFailure::errno("connect the command"))?;
    }
    Ok((ends, ours))
}

fn open_pipes() -> nix::Result<(ChildEnds, HostEnds)> {
    let (out_read, stdout) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    let (err_read, stderr) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    let ours = HostEnds {
        readable: vec![out_read, err_read],
        terminal: None,
    };
    Ok((ChildEnds::Pipe { stdout, stderr }, ours))
}

#[expect(unsafe_code, reason = "nix has no wrapper that sets a terminal's size")]
fn open_pty() -> nix::Result<(ChildEnds, HostEnds)> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let ours = posix_openpt(flags)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname_r(&ours)?;
    let theirs = open(name.as_str(), flags, Mode::empty())?;
    let held = open(name.as_str(), flags, Mode::empty())?;
    // SAFETY: the descriptor is open, and the kernel reads one `Winsize` from the pointer.
    let sized = unsafe { libc::ioctl(theirs.as_raw_fd(), libc::TIOCSWINSZ, &raw const PTY_SIZE) };
    nix::errno::Errno::result(sized)?;
    let ours = HostEnds {
        readable: vec![ours.into()],
        terminal: Some(held),
    };
    Ok((ChildEnds::Pty(theirs), ours))
}

/// Our ends as what the pump reads from.
pub(crate) fn sources(io: ChildIo, fds: Vec<OwnedFd>) -> Vec<Source> {
    let streams: &[Stream] = match io {
        ChildIo::Pty => &[Stream::Pty],
        ChildIo::Pipe => &[Stream::Stdout, Stream::Stderr],
    };
    fds.into_iter()
        .zip(streams)
        .map(|(fd, &stream)| Source { fd, stream })
        .collect()
}
