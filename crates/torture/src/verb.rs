//! A verb of the binary, run to its end or killed on the way.

use std::{
    io::Read,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::DEADLINE;

/// A verb that runs.
#[derive(Debug)]
pub(crate) struct Verb {
    child: Child,
    words: String,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
}

/// What came of a verb.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) words: String,
    /// The exit code, or 128 and the signal.
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Verb {
    /// Starts `command` with nothing on its standard input.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let words: Vec<_> = command
            .get_args()
            .map(|word| word.to_string_lossy())
            .collect();
        let words = words.join(" ");
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start: {words}"))?;
        let stdout = collect(child.stdout.take().expect("stdout is piped"));
        let stderr = collect(child.stderr.take().expect("stderr is piped"));
        Ok(Self {
            child,
            words,
            stdout,
            stderr,
        })
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        // A verb that has ended needs none.
        let _ = self.child.kill();
    }

    /// Waits for the verb, and for everybody who could still write to its output.
    pub(crate) fn finish(mut self) -> Result<Done> {
        let [stdout, stderr] = [&self.stdout, &self.stderr].map(|end| end.recv_timeout(DEADLINE));
        let words = std::mem::take(&mut self.words);
        let (stdout, stderr) = match (stdout, stderr) {
            (Ok(stdout), Ok(stderr)) => (stdout, stderr),
            (Err(RecvTimeoutError::Timeout), _) | (_, Err(RecvTimeoutError::Timeout)) => {
                bail!("`tui {words}` does not end")
            }
            _ => bail!("the output of `tui {words}` cannot be read"),
        };
        let status = self.child.wait().context("cannot wait for a verb")?;
        Ok(Done {
            words,
            code: code_of(status),
            stdout,
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        })
    }
}

impl Drop for Verb {
    fn drop(&mut self) {
        // A verb that was waited for is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Done {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The JSON on standard output.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.stdout).with_context(|| format!("not JSON: {self}"))
    }

    /// Fails unless the verb succeeded.
    pub(crate) fn succeeded(self) -> Result<Self> {
        match self.code {
            0 => Ok(self),
            _ => bail!("failed: {self}"),
        }
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stdout = String::from_utf8_lossy(&self.stdout);
        let stdout: String = stdout.chars().take(400).collect();
        let (words, code, stderr) = (&self.words, self.code, self.stderr.trim());
        write!(f, "`tui {words}` → {code}, {stdout:?}, {stderr:?}")
    }
}

fn code_of(status: ExitStatus) -> i32 {
    let signal = || 128 + status.signal().unwrap_or_default();
    status.code().unwrap_or_else(signal)
}

fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks gives what came before.
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}
