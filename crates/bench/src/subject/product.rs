//! The product, by its command line as anybody would use it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Result;

use super::{Held, Log, Run, Started, Subject, launch};

/// `tui run -d`, with a pipe or a terminal.
pub(crate) struct Product {
    pub(crate) binary: PathBuf,
    pub(crate) held: Held,
    /// State and runtime directories of all its runs; else each run has its own.
    pub(crate) shared: Option<PathBuf>,
}

impl Product {
    fn root<'a>(&'a self, run: &Run<'a>) -> &'a Path {
        self.shared.as_deref().unwrap_or(run.directory)
    }

    fn command(&self, run: &Run) -> Command {
        let root = self.root(run);
        let mut command = Command::new(&self.binary);
        command
            .env("PODS_STATE_DIR", root.join("state"))
            .env("PODS_RUNTIME_DIR", root.join("run"))
            .env("PODS_CONFIG_DIR", root.join("config"));
        command
    }
}

impl Subject for Product {
    fn name(&self) -> String {
        match self.held {
            Held::Pipe => "**tui --pipe**".into(),
            Held::Pty => "**tui** (pty)".into(),
        }
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let mut words: Vec<OsString> = ["run", "-d", "--name", run.name].map(OsString::from).into();
        if self.held == Held::Pipe {
            words.push("--pipe".into());
        }
        words.push("--".into());
        words.extend_from_slice(run.command);
        launch(self.command(run).args(words))?;
        Ok(Started {
            beside: Vec::new(),
            log: Some(Log::Below(self.root(run).join("state"), "out")),
        })
    }

    fn viewer(&self, run: &Run, _log: &Path) -> Option<Command> {
        let mut command = self.command(run);
        command
            .args(["logs", "-f", "--raw", run.name])
            .stdin(Stdio::null());
        Some(command)
    }

    fn adds_carriage_returns(&self) -> bool {
        self.held == Held::Pty
    }
}
