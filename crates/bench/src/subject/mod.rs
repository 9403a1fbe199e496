//! Who is measured: the product, the floors and the peers.

mod installed;
mod peer;
mod plain;
mod product;

use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use nix::sys::{prctl::set_pdeathsig, signal::Signal};

pub(crate) use installed::installed;
pub(crate) use peer::{Abduco, Dtach, Pueue, Screen, Script, Tmux};
pub(crate) use plain::{Direct, Floor, Held, Nohup, ThroughCat, ToFile};
pub(crate) use product::Product;

/// One run of a subject.
pub(crate) struct Run<'a> {
    /// A fresh directory of its own.
    pub(crate) directory: &'a Path,
    /// A name that no other run has.
    pub(crate) name: &'a str,
    /// What is to be held.
    pub(crate) command: &'a [OsString],
}

/// What a subject left behind when its launcher was done.
#[derive(Default)]
pub(crate) struct Started {
    /// Processes of ours that are not ancestors of the child.
    pub(crate) beside: Vec<Tied>,
    /// Where the output is kept.
    pub(crate) log: Option<Log>,
}

/// Where the output of a run is kept.
pub(crate) enum Log {
    /// In this file.
    File(PathBuf),
    /// In the one file with this ending, somewhere below this directory.
    Below(PathBuf, &'static str),
}

impl Log {
    /// The file, once it is there.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.clone()),
            Self::Below(directory, ending) => find(directory, ending),
        }
    }

    /// How many bytes are there by now.
    pub(crate) fn bytes(&self) -> u64 {
        let metadata = self.path().and_then(|path| path.metadata().ok());
        metadata.map_or(0, |metadata| metadata.len())
    }
}

fn find(directory: &Path, ending: &str) -> Option<PathBuf> {
    let entries = directory
        .read_dir()
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    let mut found = entries.filter_map(|path| match path.is_dir() {
        true => find(&path, ending),
        false => path
            .extension()
            .is_some_and(|e| e == ending)
            .then_some(path),
    });
    found.next()
}

/// Something that holds a command.
pub(crate) trait Subject {
    /// Its name in a table.
    fn name(&self) -> String;

    /// Starts to hold a command. Comes back when the launcher does.
    fn start(&self, run: &Run) -> Result<Started>;

    /// A command that prints everything that a run has said and goes on as it says more.
    fn viewer(&self, run: &Run, log: &Path) -> Option<Command> {
        let _ = run;
        let mut tail = Command::new("tail");
        tail.args(["-n", "+1", "-f"]).arg(log);
        Some(tail)
    }

    /// Whether lines reach the log with a carriage return each, as a terminal writes them.
    fn adds_carriage_returns(&self) -> bool;

    /// Whether what holds a command is a server that goes on without it.
    fn outlives_its_child(&self) -> bool {
        false
    }
}

/// A process that ends with its owner.
pub(crate) struct Tied(Child);

impl Tied {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let child = command.spawn();
        let program = command.get_program().display().to_string();
        Ok(Self(
            child.with_context(|| format!("cannot start {program}"))?,
        ))
    }

    /// The same for a program that nothing else ends: it ends with this process even if that is
    /// killed. Not for what is measured, because it costs the fast way to start a program.
    pub(crate) fn spawn_with_us(command: &mut Command) -> Result<Self> {
        #[expect(unsafe_code, reason = "it must be set between fork and exec")]
        // SAFETY: one system call that allocates nothing.
        unsafe {
            command.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?));
        }
        Self::spawn(command)
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).expect("Linux has smaller ones")
    }
}

impl Drop for Tied {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a launcher that comes back by itself.
fn launch(command: &mut Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{program}: {}: {}",
        output.status,
        said.trim()
    );
    Ok(())
}

/// A command line as one word for a shell.
fn quoted(command: &[OsString]) -> String {
    let quote = |word: &OsString| format!("'{}'", word.to_string_lossy().replace('\'', r"'\''"));
    command.iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_survives_a_shell() {
        let words: Vec<OsString> = ["printf", "%s|", "a b", "it's", "$HOME", ""]
            .map(OsString::from)
            .to_vec();
        let shell = Command::new("sh").arg("-c").arg(quoted(&words)).output();
        let said = shell.expect("every system has a shell").stdout;
        assert_eq!(String::from_utf8_lossy(&said), "a b|it's|$HOME||");
    }

    #[test]
    fn a_log_is_found_below_its_directory() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let log = Log::Below(directory.path().to_owned(), "out");
        assert_eq!(log.bytes(), 0);
        std::fs::create_dir_all(directory.path().join("a/b")).expect("writable");
        std::fs::write(directory.path().join("a/x.jsonl"), "{}").expect("writable");
        std::fs::write(directory.path().join("a/b/x.out"), "12345").expect("writable");
        assert_eq!(log.bytes(), 5);
    }
}
