//! Runs with logs of several sizes, all there at once, so that rounds mix the sizes.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use nix::sys::statvfs::statvfs;

use super::{SOON, lineup::Lineup};
use crate::{
    Options, child,
    gate::{Gate, wait_for},
    process,
    stored::Roots,
    subject::{Log, Run, Tmux},
};

pub(super) const MIB: u64 = 1024 * 1024;
/// How long the largest log may take to be written.
const FILL_LIMIT: Duration = Duration::from_secs(1_200);
/// Room that is left on the disk.
const ROOM_BYTES: u64 = 4 * 1024 * MIB;
/// What tmux gets to remember of a log; it keeps about 500 bytes of memory for a line of 80.
const HISTORY_BYTES_MAX: u64 = 100 * MIB;

/// The runs, and the tmux server that has the same lines.
pub(super) struct Logs {
    pub(super) tmux: Option<Tmux>,
    /// Whether less takes part.
    pub(super) less: bool,
    pub(super) all: Vec<Filled>,
    /// Sizes that are left out, and why.
    pub(super) left_out: Vec<String>,
}

/// One run of the product whose log is full, and the session of tmux beside it.
pub(super) struct Filled {
    pub(super) bytes: u64,
    pub(super) roots: Roots,
    pub(super) file: PathBuf,
    /// How much of it tmux remembers.
    pub(super) history_bytes: u64,
    /// The run goes on as long as this is open.
    gate: Option<Gate>,
    pid: i32,
    /// The same for the session of tmux.
    _session: Option<(Gate, i32)>,
}

/// The name of the run in its own directories.
pub(super) const NAME: &str = "log";

/// The sizes of logs that are asked for, in MiB.
pub(super) fn sizes_mib(options: &Options, largest: Option<u64>) -> Vec<u64> {
    let sizes = match options.quick {
        true => [1, 32, 1_024],
        false => [1, 100, 10_240],
    };
    let fits = |mib: &u64| largest.is_none_or(|largest| *mib <= largest);
    sizes.into_iter().filter(fits).collect()
}

impl Logs {
    /// Writes logs of so many MiB. Without options no peer has them.
    pub(super) fn fill(
        lineup: &mut Lineup,
        binary: &Path,
        options: Option<&Options>,
        mib: &[u64],
    ) -> Result<Self> {
        let mut has = |program| options.is_some_and(|options| lineup.has(options, program));
        let (less, has_tmux) = (has("less"), has("tmux"));
        let tmux = has_tmux.then(|| Tmux {
            directory: lineup.directory().to_owned(),
            logs: false,
        });
        let mut logs = Self {
            tmux,
            less,
            all: Vec::new(),
            left_out: Vec::new(),
        };
        for mib in mib {
            let free = statvfs(lineup.directory())?;
            let free = free.blocks_available() * free.fragment_size();
            if free < mib * MIB + ROOM_BYTES {
                let why = format!("{mib} MiB: only {} MiB of disk are free", free / MIB);
                logs.left_out.push(why);
                continue;
            }
            eprintln!("writing a log of {mib} MiB");
            let filled = fill(lineup, binary, mib * MIB, logs.tmux.as_ref())?;
            logs.all.push(filled);
        }
        Ok(logs)
    }

    /// Lets the runs end.
    pub(super) fn finish(&mut self) -> Result<()> {
        for log in &mut self.all {
            log.gate = None;
            log.roots.run(&["wait", NAME])?;
        }
        Ok(())
    }
}

fn fill(lineup: &mut Lineup, binary: &Path, size: u64, tmux: Option<&Tmux>) -> Result<Filled> {
    let roots = lineup.roots(binary)?;
    let gate = Gate::new(&roots.directory)?;
    let command = child::logger(&roots.directory, size)?;
    let words: Vec<&str> = command.iter().filter_map(|word| word.to_str()).collect();
    let run = ["run", "-d", "--pipe", "--cap", "0", "--name", NAME, "--"];
    roots.run(&[&run[..], &words].concat())?;
    let pid = gate.ready(SOON)?.pid;
    gate.done(FILL_LIMIT)?;
    let log = Log::Below(roots.state(), "out");
    let bytes = child::log_bytes(size);
    wait_for(SOON, || log.bytes() >= bytes).context("the log is not complete")?;
    let file = log.path().context("the log is gone")?;
    let history_bytes = bytes.min(child::log_bytes(HISTORY_BYTES_MAX));
    let session = tmux.map(|tmux| remember(lineup, tmux, &file, history_bytes));
    Ok(Filled {
        bytes,
        roots,
        file,
        history_bytes,
        gate: Some(gate),
        pid,
        _session: session.transpose()?,
    })
}

/// Has tmux show the end of the log and go on.
fn remember(lineup: &mut Lineup, tmux: &Tmux, file: &Path, bytes: u64) -> Result<(Gate, i32)> {
    let (directory, _) = lineup.fresh()?;
    let gate = Gate::new(&directory)?;
    let script = r#"tail -c "$1" "$2"; shift 2; exec "$@""#;
    let mut command = ["sh", "-c", script, "sh", &bytes.to_string()]
        .map(Into::into)
        .to_vec();
    command.push(file.into());
    command.extend(child::holder(&directory)?);
    let run = Run {
        directory: &directory,
        name: &session_name(file, bytes),
        command: &command,
    };
    let lines = bytes / child::LINE_BYTES as u64 + 100;
    tmux.start_with_history(&run, lines)?;
    let pid = gate.ready(FILL_LIMIT)?.pid;
    Ok((gate, pid))
}

/// A name without the points and colons that mean something to tmux.
fn session_name(file: &Path, bytes: u64) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy());
    format!("{}-{bytes}", stem.unwrap_or_default())
}

impl Filled {
    /// The session of tmux that shows the end of it.
    pub(super) fn session(&self) -> String {
        session_name(&self.file, self.history_bytes)
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        self.gate = None;
        let child = [self.pid].into();
        if wait_for(SOON, || process::are_gone(&child)).is_err() {
            process::end(&child);
        }
        if let Err(error) = self.roots.run(&["wait", NAME]) {
            eprintln!("  {error:#}");
        }
    }
}
