//! A verb without a terminal: started, watched, signalled, finished.

use std::{
    io::Read,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    thread,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::watched::Watched;

/// How much is read at once.
const READ_BYTES: usize = 64 * 1024;

/// A verb that runs.
#[derive(Debug)]
pub(crate) struct Verb {
    child: Child,
    stdout: Arc<Watched<Stream>>,
    stderr: Arc<Watched<Stream>>,
    words: String,
}

/// What came of a verb.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

#[derive(Debug, Default)]
struct Stream {
    bytes: Vec<u8>,
    ended: bool,
}

impl Verb {
    /// Starts `command` with nothing on its standard input.
    pub(crate) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let words = format!("{command:?}");
        let mut child = command.spawn().expect("the binary can be started");
        let stdout = collect(child.stdout.take().expect("stdout is piped"));
        let stderr = collect(child.stderr.take().expect("stderr is piped"));
        Self {
            child,
            stdout,
            stderr,
            words,
        }
    }

    /// Waits until the verb has printed `text`.
    pub(crate) fn wait_for(&self, text: &str) {
        let printed = self
            .stdout
            .wait(|stream| String::from_utf8_lossy(&stream.bytes).contains(text));
        assert!(printed, "{text:?} was not printed by {self}");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("the verb is ours");
    }

    /// Waits for the verb, and for everybody who could still write to its output.
    pub(crate) fn finish(mut self) -> Done {
        for stream in [&self.stdout, &self.stderr] {
            assert!(stream.wait(|stream| stream.ended), "no end of {self}");
        }
        let status = self.child.wait().expect("the verb is our child");
        let stdout = std::mem::take(&mut self.stdout.look().bytes);
        Done {
            code: code_of(status),
            stdout,
            stderr: text_of(&self.stderr),
        }
    }
}

impl std::fmt::Display for Verb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (stdout, stderr) = (text_of(&self.stdout), text_of(&self.stderr));
        write!(f, "{}\nstdout: {stdout}\nstderr: {stderr}", self.words)
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

    /// Asserts how the verb ended and that it said all of `words` on standard error.
    #[track_caller]
    pub(crate) fn failed_with(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} in {:?}", self.stderr);
        }
    }
}

/// A code, or 128 and the signal as a shell would say it.
pub(super) fn code_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    let signal = || 128 + status.signal().expect("an exit or a signal");
    status.code().unwrap_or_else(signal)
}

fn text_of(stream: &Watched<Stream>) -> String {
    String::from_utf8_lossy(&stream.look().bytes).into_owned()
}

fn collect(mut pipe: impl Read + Send + 'static) -> Arc<Watched<Stream>> {
    let stream = Arc::new(Watched::<Stream>::default());
    let filled = Arc::clone(&stream);
    thread::spawn(move || {
        let mut buffer = vec![0; READ_BYTES];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            filled.change(|stream| stream.bytes.extend_from_slice(&buffer[..count]));
        }
        filled.change(|stream| stream.ended = true);
    });
    stream
}
