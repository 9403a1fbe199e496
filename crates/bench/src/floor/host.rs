//! A command's output, read and written to a file, and nothing else.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use nix::{errno::Errno, pty::openpty, unistd::setsid};

/// What a pipe holds by default; a pty gives less at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Holds `command` with a pipe as its output.
pub(crate) fn pipe_host(log: &Path, command: &[OsString]) -> Result<()> {
    let mut child = prepare(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the command")?;
    let from = child.stdout.take().context("asked for")?;
    pump(from, File::create(log)?)?;
    child.wait()?;
    Ok(())
}

/// Holds `command` with a terminal as its input and output.
pub(crate) fn pty_host(log: &Path, command: &[OsString]) -> Result<()> {
    let pty = openpty(None, None).context("cannot open a terminal")?;
    let slave = |pty: &OwnedFd| pty.try_clone().map(Stdio::from);
    let mut prepared = prepare(command);
    prepared
        .stdin(slave(&pty.slave)?)
        .stdout(slave(&pty.slave)?)
        .stderr(slave(&pty.slave)?);
    own_terminal(&mut prepared);
    let mut child = prepared.spawn().context("cannot start the command")?;
    // Only the child may keep the terminal open, or its end would not be seen.
    drop((prepared, pty.slave));
    pump(File::from(pty.master), File::create(log)?)?;
    child.wait()?;
    Ok(())
}

fn prepare(command: &[OsString]) -> Command {
    let mut prepared = Command::new(&command[0]);
    prepared.args(&command[1..]);
    prepared
}

/// Makes the standard input of `command` the terminal of a session of its own.
fn own_terminal(command: &mut Command) {
    let before_exec = || {
        setsid()?;
        take_terminal()
    };
    #[expect(unsafe_code, reason = "a terminal is taken between fork and exec")]
    // SAFETY: both are single system calls that allocate nothing.
    unsafe {
        command.pre_exec(before_exec);
    }
}

fn take_terminal() -> io::Result<()> {
    nix::ioctl_write_int_bad!(set_terminal, nix::libc::TIOCSCTTY);
    #[expect(unsafe_code, reason = "nix has no safe call for it")]
    // SAFETY: descriptor 0 is open, and the request takes a plain number.
    unsafe {
        set_terminal(0, 0)?;
    }
    Ok(())
}

fn pump(mut from: impl Read, mut to: File) -> Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(bytes) => to.write_all(&piece[..bytes])?,
            // How a terminal says that nobody has it open any more.
            Err(error) if error.raw_os_error() == Some(Errno::EIO as i32) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}
