//! A program on a terminal of its own, until it has drawn something.

use std::{
    fs::File,
    io::{Read, Write},
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    pty::{Winsize, openpty},
    unistd::setsid,
};

use crate::{clock::now_ns, subject::Tied};

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(60);
const SIZE: Winsize = Winsize {
    ws_row: 24,
    ws_col: 80,
    ws_xpixel: 0,
    ws_ypixel: 0,
};

/// Starts `command` on a terminal, and on standard input where `input` is none. How many
/// milliseconds passed until it had drawn `text`.
pub(crate) fn first_drawn(mut command: Command, input: Option<File>, text: &str) -> Result<f64> {
    let pty = openpty(Some(&SIZE), None).context("cannot open a terminal")?;
    let slave = File::from(pty.slave);
    let stdin = match input {
        Some(file) => Stdio::from(file),
        None => Stdio::from(slave.try_clone()?),
    };
    command
        .stdin(stdin)
        .stdout(slave.try_clone()?)
        .stderr(slave.try_clone()?);
    let terminal = slave.try_clone()?;
    #[expect(
        unsafe_code,
        reason = "the terminal is the session's between fork and exec"
    )]
    // SAFETY: two system calls that allocate nothing.
    unsafe {
        command.pre_exec(move || {
            setsid()?;
            set_controlling(&terminal)
        });
    }
    let from_ns = now_ns();
    let child = Tied::spawn(&mut command)?;
    drop((slave, command));
    let drawn = wait_for(File::from(pty.master), text);
    drop(child);
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let ms = (drawn? - from_ns) as f64 / 1e6;
    Ok(ms)
}

#[expect(unsafe_code, reason = "there is no safe call for it")]
fn set_controlling(terminal: &File) -> std::io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open, and the call takes no pointer.
    let result = unsafe { nix::libc::ioctl(terminal.as_raw_fd(), nix::libc::TIOCSCTTY, 0) };
    match result {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// When `text` had been drawn.
fn wait_for(mut master: File, text: &str) -> Result<u64> {
    let mut drawn = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let timeout = PollTimeout::try_from(PATIENCE).expect("a minute");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut fds = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, timeout)? == 0 || Instant::now() > deadline {
            bail!("{text:?} was not drawn");
        }
        let count = master.read(&mut buffer).context("the program has ended")?;
        let at_ns = now_ns();
        // Where the cursor is, what the terminal is: whoever asks waits for the answer.
        if buffer[..count].windows(4).any(|it| it == b"\x1b[6n") {
            master.write_all(b"\x1b[1;1R")?;
        }
        drawn.extend_from_slice(&buffer[..count]);
        if drawn.windows(text.len()).any(|it| it == text.as_bytes()) {
            return Ok(at_ns);
        }
    }
}
