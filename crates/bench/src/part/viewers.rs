//! Programs that watch a run while it writes.

use std::{
    fs::OpenOptions,
    io::{self, Read},
    os::fd::AsFd,
    process::{ChildStdout, Command, Stdio},
    thread::{self, JoinHandle},
};

use anyhow::{Context, Result, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::SOON;
use crate::subject::Tied;

/// Viewers of one run. All of them have begun to print; the stuck one is not read any further.
pub(super) struct Viewers {
    programs: Vec<Tied>,
    readers: Vec<JoinHandle<io::Result<u64>>>,
    /// Kept open, or the stuck viewer would end.
    _stuck: Option<ChildStdout>,
}

impl Viewers {
    /// Starts as many of `command` as are made, the first of several stuck.
    pub(super) fn open(commands: Vec<Command>) -> Result<Self> {
        let mut viewers = Self {
            programs: Vec::new(),
            readers: Vec::new(),
            _stuck: None,
        };
        let several = commands.len() > 1;
        for (index, mut command) in commands.into_iter().enumerate() {
            command.stdin(Stdio::null()).stdout(Stdio::piped());
            let mut program = Tied::spawn_with_us(&mut command)?;
            let mut out = program.child().stdout.take().context("asked for")?;
            viewers.programs.push(program);
            first_byte(&mut out)?;
            if several && index == 0 {
                viewers._stuck = Some(out);
                continue;
            }
            let mut nowhere = OpenOptions::new().write(true).open("/dev/null")?;
            let reader = thread::spawn(move || io::copy(&mut out, &mut nowhere));
            viewers.readers.push(reader);
        }
        Ok(viewers)
    }
}

impl Drop for Viewers {
    fn drop(&mut self) {
        self.programs.clear();
        for reader in self.readers.drain(..) {
            // What it copied was copied to nowhere.
            let _ = reader.join();
        }
    }
}

fn first_byte(out: &mut ChildStdout) -> Result<()> {
    let timeout = PollTimeout::try_from(SOON).context("a short time")?;
    let ready = poll(&mut [PollFd::new(out.as_fd(), PollFlags::POLLIN)], timeout)?;
    ensure!(ready == 1, "a viewer shows nothing within {SOON:?}");
    ensure!(out.read(&mut [0])? == 1, "a viewer ended at once");
    Ok(())
}
