//! The two ends between command and host: a pseudoterminal, or two pipes.

use std::os::fd::OwnedFd;

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl, open},
    pty::{grantpt, posix_openpt, ptsname_r, unlockpt},
    sys::stat::Mode,
};
use pod_protocol::TerminalSize;
use pod_store::{ChildIo, Stream};

use crate::{
    pump::Source,
    request::LaunchFailure,
    terminal::{TerminalEnds, set_size},
    warden::ChildEnds,
};

/// The host's ends.
#[derive(Debug)]
pub(crate) struct HostEnds {
    /// What the pump reads from.
    pub(crate) readable: Vec<OwnedFd>,
    /// Of a pty, while the command lives.
    pub(crate) terminal: Option<TerminalEnds>,
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

fn open_pty() -> nix::Result<(ChildEnds, HostEnds)> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let ours = posix_openpt(flags)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname_r(&ours)?;
    let theirs = open(name.as_str(), flags, Mode::empty())?;
    let held = open(name.as_str(), flags, Mode::empty())?;
    set_size(&theirs, TerminalSize::UNWATCHED)?;
    let ours = OwnedFd::from(ours);
    let keyboard = ours.try_clone().map_err(|_| nix::Error::last())?;
    let ours = HostEnds {
        readable: vec![ours],
        terminal: Some(TerminalEnds { keyboard, held }),
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
