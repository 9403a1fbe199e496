//! What needs no supervisor at all, and the floors.

use std::{
    env,
    fs::File,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use super::{Log, Run, Started, Subject, Tied, launch};

fn prepare(run: &Run) -> Command {
    let mut command = Command::new(&run.command[0]);
    command.args(&run.command[1..]).stdin(Stdio::null());
    command
}

/// The child with a file as its output.
pub(crate) struct ToFile;

impl Subject for ToFile {
    fn name(&self) -> String {
        "`> file`".into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let log = run.directory.join("log");
        let child = Tied::spawn(prepare(run).stdout(File::create(&log)?))?;
        Ok(Started {
            beside: vec![child],
            log: Some(Log::File(log)),
        })
    }

    fn adds_carriage_returns(&self) -> bool {
        false
    }
}

/// The child with `cat > file` behind a pipe.
pub(crate) struct ThroughCat;

impl Subject for ThroughCat {
    fn name(&self) -> String {
        "`\\| cat > file`".into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let log = run.directory.join("log");
        let mut child = Tied::spawn(prepare(run).stdout(Stdio::piped()))?;
        let from = child.child().stdout.take().context("asked for")?;
        let cat = Tied::spawn(Command::new("cat").stdin(from).stdout(File::create(&log)?))?;
        Ok(Started {
            beside: vec![cat, child],
            log: Some(Log::File(log)),
        })
    }

    fn adds_carriage_returns(&self) -> bool {
        false
    }
}

/// A host of this binary that writes a log and nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Pipe,
    Pty,
}

impl Held {
    pub(crate) const fn floor(self) -> &'static str {
        match self {
            Self::Pipe => "minimal pipe host",
            Self::Pty => "minimal pty host",
        }
    }
}

impl Subject for Held {
    fn name(&self) -> String {
        self.floor().into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let verb = match self {
            Self::Pipe => "pipe-host",
            Self::Pty => "pty-host",
        };
        let log = run.directory.join("log");
        let mut host = Command::new(env::current_exe()?);
        host.arg(verb)
            .arg("--log")
            .arg(&log)
            .arg("--")
            .args(run.command);
        let host = Tied::spawn(host.stdin(Stdio::null()).stdout(Stdio::null()))?;
        Ok(Started {
            beside: vec![host],
            log: Some(Log::File(log)),
        })
    }

    fn adds_carriage_returns(&self) -> bool {
        *self == Self::Pty
    }
}

/// The child alone.
pub(crate) struct Direct;

impl Subject for Direct {
    fn name(&self) -> String {
        "direct spawn".into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let beside = vec![Tied::spawn(prepare(run).stdout(Stdio::null()))?];
        Ok(Started { beside, log: None })
    }

    fn adds_carriage_returns(&self) -> bool {
        false
    }
}

/// The child detached by `setsid nohup`, as people do by hand.
pub(crate) struct Nohup;

impl Subject for Nohup {
    fn name(&self) -> String {
        "`setsid nohup`".into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let mut command = Command::new("setsid");
        command.args(["--fork", "nohup"]).args(run.command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let beside = vec![Tied::spawn(&mut command)?];
        Ok(Started { beside, log: None })
    }

    fn adds_carriage_returns(&self) -> bool {
        false
    }
}

/// Detaching and the same writes as our host, and nothing else.
pub(crate) struct Floor;

impl Floor {
    pub(crate) const NAME: &str = "floor with the same writes";
}

impl Subject for Floor {
    fn name(&self) -> String {
        Self::NAME.into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let mut host = Command::new(env::current_exe()?);
        let log = run.directory.join("pod");
        host.arg("launch-floor")
            .arg("--log")
            .arg(log)
            .arg("--")
            .args(run.command);
        launch(&mut host)?;
        Ok(Started::default())
    }

    fn adds_carriage_returns(&self) -> bool {
        false
    }
}
