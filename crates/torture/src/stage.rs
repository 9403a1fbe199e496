//! The directories that everything happens in, and the binary that is tortured there.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::{processes, verb::Verb};

/// The variable that every process of a run carries.
pub(crate) const TOKEN: &str = "TORTURE_RUN";
/// What would change how the binary behaves.
const FOREIGN_VARIABLES: [&str; 9] = [
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "NO_COLOR",
    "POD_EVENTS",
    "POD_NAME",
    "POD_SEGMENT_ID",
    "POD_SESSION_ID",
    "POD_SOCKET",
];

/// Roots of our own, and the binary.
#[derive(Debug)]
pub(crate) struct Stage {
    root: TempDir,
    tui: PathBuf,
    this: PathBuf,
    tokens: AtomicU64,
    /// What the binary says it can do.
    help: String,
}

impl Stage {
    pub(crate) fn new(tui: Option<&Path>) -> Result<Self> {
        // Socket paths are short, so the directory's must be.
        let root = tempfile::Builder::new()
            .prefix("torture")
            .tempdir_in("/tmp")
            .context("cannot make a directory")?;
        Self::within(root, tui)
    }

    fn within(root: TempDir, tui: Option<&Path>) -> Result<Self> {
        let this = env::current_exe().context("cannot find this binary")?;
        let tui = tui.map_or_else(|| this.with_file_name("tui"), Path::to_owned);
        ensure!(
            tui.is_file(),
            "{} is not there; build it: cargo build -p tui",
            tui.display()
        );
        let tui = fs::canonicalize(&tui).context("cannot find the binary")?;
        let mut stage = Self {
            root,
            tui,
            this,
            tokens: AtomicU64::new(0),
            help: String::new(),
        };
        fs::create_dir(stage.books()).context("cannot make the books")?;
        stage.help = stage.run(&["--help"])?.text();
        Ok(stage)
    }

    /// Whether the binary has a verb.
    pub(crate) fn has_verb(&self, verb: &str) -> bool {
        let is_it = |line: &str| line.split_whitespace().next() == Some(verb);
        self.help.lines().any(is_it)
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root().join("state")
    }

    pub(crate) fn runtime(&self) -> PathBuf {
        self.root().join("run")
    }

    pub(crate) fn books(&self) -> PathBuf {
        self.root().join("books")
    }

    /// This program, for victims.
    pub(crate) fn this(&self) -> &Path {
        &self.this
    }

    /// A token that no other run of this stage has.
    pub(crate) fn token(&self) -> String {
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        format!("{}/{number}.", self.root().display())
    }

    /// The binary with `words`, in these roots.
    pub(crate) fn command<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Command {
        let mut command = Command::new(&self.tui);
        command
            .args(words)
            .current_dir(self.root())
            .env("PODS_STATE_DIR", self.state())
            .env("PODS_RUNTIME_DIR", self.runtime())
            .env("PODS_CONFIG_DIR", self.root().join("config"))
            .env("TERM", "xterm-256color");
        for name in FOREIGN_VARIABLES {
            command.env_remove(name);
        }
        command
    }

    /// Runs a verb to its end.
    pub(crate) fn run<W: AsRef<OsStr>>(&self, words: &[W]) -> Result<crate::verb::Done> {
        Verb::start(self.command(words))?.finish()
    }

    /// Ends by force whatever still runs here.
    pub(crate) fn end_everything(&self) {
        let root = self.root().display().to_string();
        for pid in processes::carrying(&root) {
            processes::kill_now(pid);
        }
    }

    /// Leaves the directories where they are.
    pub(crate) fn keep(self) -> PathBuf {
        self.root.keep()
    }
}
