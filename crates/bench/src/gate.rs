//! How a child and the benchmark wait for each other: a FIFO that the benchmark holds open, and two
//! small files that the child leaves beside it.
//!
//! The benchmark writes one byte to let the child begin and closes the FIFO to let it end. If the
//! benchmark dies the kernel closes it, so no child is ever left behind.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::stat::Mode,
    unistd::mkfifo,
};

const FIFO: &str = "gate";
const READY: &str = "ready";
const DONE: &str = "done";

/// How often a file is looked for: seldom enough to leave the processor to who is measured.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The benchmark's side.
pub(crate) struct Gate {
    directory: PathBuf,
    fifo: File,
}

/// What a child says once it runs.
pub(crate) struct Ready {
    pub(crate) pid: i32,
    /// Its first instruction.
    pub(crate) first_ns: u64,
}

impl Gate {
    /// Makes the FIFO in `directory`.
    pub(crate) fn new(directory: &Path) -> Result<Self> {
        let path = directory.join(FIFO);
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).context("cannot make a FIFO")?;
        let fifo = OpenOptions::new().read(true).write(true).open(&path)?;
        Ok(Self {
            directory: directory.to_owned(),
            fifo,
        })
    }

    pub(crate) fn ready(&self, limit: Duration) -> Result<Ready> {
        let [pid, first_ns] = self.numbers(READY, limit)?;
        let pid = i32::try_from(pid)?;
        Ok(Ready { pid, first_ns })
    }

    pub(crate) fn begin(&mut self) -> Result<()> {
        Ok(self.fifo.write_all(b"g")?)
    }

    /// How long the child wrote, in nanoseconds.
    pub(crate) fn done(&self, limit: Duration) -> Result<u64> {
        let [from, to] = self.numbers(DONE, limit)?;
        Ok(to - from)
    }

    fn numbers(&self, name: &str, limit: Duration) -> Result<[u64; 2]> {
        let path = self.directory.join(name);
        wait_for(limit, || path.exists())
            .with_context(|| format!("the child is not {name} within {limit:?}"))?;
        let text = fs::read_to_string(path)?;
        let mut words = text.split(' ').map(str::parse);
        match (words.next(), words.next()) {
            (Some(Ok(first)), Some(Ok(second))) => Ok([first, second]),
            _ => bail!("not two numbers: {text:?}"),
        }
    }
}

/// Looks until `there` is true.
pub(crate) fn wait_for(limit: Duration, mut there: impl FnMut() -> bool) -> Result<()> {
    let started = Instant::now();
    while !there() {
        if started.elapsed() > limit {
            bail!("waited for {limit:?}");
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// The child's side.
pub(crate) struct Waiting {
    directory: PathBuf,
    fifo: File,
}

impl Waiting {
    pub(crate) fn open(directory: &Path) -> Result<Self> {
        // A blocking open would wait for ever if the benchmark were gone already.
        let fifo = OpenOptions::new()
            .read(true)
            .custom_flags(OFlag::O_NONBLOCK.bits())
            .open(directory.join(FIFO))?;
        fcntl(&fifo, FcntlArg::F_SETFL(OFlag::empty()))?;
        Ok(Self {
            directory: directory.to_owned(),
            fifo,
        })
    }

    pub(crate) fn say_ready(&self, first_ns: u64) -> Result<()> {
        self.leave(READY, u64::from(std::process::id()), first_ns)
    }

    pub(crate) fn say_done(&self, from_ns: u64, to_ns: u64) -> Result<()> {
        self.leave(DONE, from_ns, to_ns)
    }

    /// Waits for the next byte; `false` when there is none because the benchmark is done with us.
    pub(crate) fn pass(&mut self) -> Result<bool> {
        Ok(self.fifo.read(&mut [0])? > 0)
    }

    fn leave(&self, name: &str, first: u64, second: u64) -> Result<()> {
        // Renamed into place, so that nobody reads half of it.
        let draft = self.directory.join(format!("{name}.draft"));
        fs::write(&draft, format!("{first} {second}"))?;
        Ok(fs::rename(draft, self.directory.join(name))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_child_passes_when_it_is_let_and_ends_with_the_benchmark() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut gate = Gate::new(directory.path()).expect("a fresh directory");
        let mut child = Waiting::open(directory.path()).expect("the gate is there");
        child.say_ready(7).expect("writable");
        let ready = gate.ready(LONG).expect("said");
        assert_eq!(ready.first_ns, 7);
        gate.begin().expect("open");
        assert!(child.pass().expect("a byte"));
        child.say_done(10, 25).expect("writable");
        assert_eq!(gate.done(LONG).expect("said"), 15);
        drop(gate);
        assert!(!child.pass().expect("an end"));
    }

    #[test]
    fn a_child_that_comes_too_late_ends_too() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        drop(Gate::new(directory.path()).expect("a fresh directory"));
        let mut child = Waiting::open(directory.path()).expect("the file is there");
        assert!(!child.pass().expect("an end"));
    }
}
