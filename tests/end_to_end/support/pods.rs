//! Roots of one test, and the verbs within them.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    io::{Read, Write},
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use nix::{
    sys::{
        signal::{SigHandler, Signal, kill},
        stat::Mode,
    },
    unistd::{Pid, mkfifo},
};
use pod_protocol::{SegmentId, SessionId};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::{
    DEADLINE, Done, Feed, Process, Pty, Verb,
    processes::{started_below, wait_gone, wait_readable},
    small_disk::SmallDisk,
    watchdog::Watchdog,
};

/// The longest temporary directory below which sockets still fit.
const TEMPORARY_BYTES_MAX: usize = 40;
/// What would change how the binary or a tool under test behaves.
const FOREIGN_VARIABLES: [&str; 18] = [
    "CARGO_MAKEFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_TERM_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "MAKEFLAGS",
    "MFLAGS",
    "NO_COLOR",
    "PODS_LOG",
    "POD_DONE_ITEMS",
    "POD_EVENTS",
    "POD_FAILED_ITEMS",
    "POD_NAME",
    "POD_RESUME",
    "POD_SEGMENT_ID",
    "POD_SESSION_ID",
    "POD_SOCKET",
];

/// A state and a runtime directory of their own, and everything that runs in them.
#[derive(Debug)]
pub(crate) struct Pods {
    root: TempDir,
    /// Where the state directory is, if not where everybody else's files are.
    disk: Option<SmallDisk>,
    /// Both ends of every gate, so that what was let through waits for its command however late that
    /// comes, and whatever has become of the gate.
    gates: Mutex<Vec<File>>,
    _watchdog: Watchdog,
}

/// What `tui run -d --json` prints.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Launched {
    pub(crate) session: SessionId,
    pub(crate) segment: SegmentId,
    pub(crate) host_pid: i32,
    pub(crate) socket: PathBuf,
}

/// Something a command waits at until the test lets it go on.
#[derive(Debug)]
pub(crate) struct Gate {
    path: PathBuf,
    /// Both ends, so that neither side waits to open it.
    fifo: File,
}

impl Pods {
    pub(crate) fn new() -> Self {
        let mut parent = env::temp_dir();
        if parent.as_os_str().len() > TEMPORARY_BYTES_MAX {
            parent = PathBuf::from("/tmp");
        }
        let root = tempfile::Builder::new().prefix("pods").tempdir_in(parent);
        let root = root.expect("a temporary directory");
        heed_signals();
        Self {
            _watchdog: Watchdog::over(root.path()),
            root,
            disk: None,
            gates: Mutex::default(),
        }
    }

    /// The same with the state directory on a file system of its own. `None` where that cannot be
    /// had, which the test should say.
    pub(crate) fn on(kind: &str, options: &str) -> Option<Self> {
        let mut pods = Self::new();
        pods.disk = SmallDisk::mount(kind, options, &pods.state());
        pods.disk.is_some().then_some(pods)
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root().join("state")
    }

    /// Removes the state directory under whoever is at work in it: in one step, because a directory in
    /// which files come up cannot be removed.
    pub(crate) fn remove_state(&self) {
        let doomed = self.root().join("doomed");
        fs::rename(self.state(), &doomed).expect("ours to move");
        fs::remove_dir_all(doomed).expect("ours to remove");
    }

    pub(crate) fn runtime(&self) -> PathBuf {
        self.root().join("run")
    }

    /// The files of a session.
    pub(crate) fn session_dir(&self, session: SessionId) -> PathBuf {
        self.state().join("sessions").join(session.to_string())
    }

    /// Waits until the output log of a pod is so many bytes long.
    #[track_caller]
    pub(crate) fn wait_for_output(&self, pod: &Launched, bytes: u64) {
        let log = self
            .session_dir(pod.session)
            .join(format!("{}.out", pod.segment));
        let deadline = Instant::now() + DEADLINE;
        loop {
            let length = fs::metadata(&log).expect("the log is there").len();
            if length >= bytes {
                return;
            }
            assert!(Instant::now() < deadline, "{length} bytes after a minute");
            std::thread::yield_now();
        }
    }

    /// The binary with `words`, in these roots.
    pub(crate) fn command<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Command {
        self.within(env!("CARGO_BIN_EXE_tui"), words)
    }

    /// Any program, in these roots.
    pub(crate) fn within<W: AsRef<OsStr>>(
        &self,
        program: &str,
        words: impl IntoIterator<Item = W>,
    ) -> Command {
        let mut command = Command::new(program);
        if let Some(disk) = &self.disk {
            let prefix = disk.prefix();
            command = Command::new(&prefix[0]);
            command.args(&prefix[1..]).arg(program);
        }
        command
            .args(words)
            .current_dir(self.root())
            .env("PODS_STATE_DIR", self.state())
            .env("PODS_RUNTIME_DIR", self.runtime())
            .env("PODS_CONFIG_DIR", self.root().join("config"))
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8");
        for name in FOREIGN_VARIABLES {
            command.env_remove(name);
        }
        command
    }

    /// Starts a verb in the background.
    pub(crate) fn start(&self, words: &[&str]) -> Verb {
        Verb::start(self.command(words))
    }

    /// Runs a verb to its end.
    pub(crate) fn run(&self, words: &[&str]) -> Done {
        self.start(words).finish()
    }

    /// Runs a verb that has to succeed and returns what it printed.
    #[track_caller]
    pub(crate) fn text(&self, words: &[&str]) -> String {
        let done = self.run(words);
        assert_eq!(done.code, 0, "{words:?}: {done:?}");
        done.text()
    }

    /// Runs a verb that has to print one JSON document.
    #[track_caller]
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let text = self.text(words);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
    }

    /// Everything that is known about a pod.
    #[track_caller]
    pub(crate) fn show(&self, name: &str) -> Value {
        self.json(&["show", name, "--json"])
    }

    /// Waits until the list has `text` in it. One look is too few: a host that is late for it is
    /// listed as live, without more.
    #[track_caller]
    pub(crate) fn wait_for_listed(&self, text: &str) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let list = self.text(&["ls"]);
            if list.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "no {text} in this list:\n{list}");
        }
    }

    #[track_caller]
    pub(crate) fn status(&self, name: &str) -> String {
        let row = self.show(name);
        row["status"].as_str().expect("a status").to_owned()
    }

    /// The records of a pod, one value each.
    #[track_caller]
    pub(crate) fn events(&self, name: &str) -> Vec<Value> {
        let text = self.text(&["events", name]);
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a record is JSON"))
            .collect()
    }

    /// Launches a shell script on a terminal, as a pod that goes on by itself.
    #[track_caller]
    pub(crate) fn launch(&self, name: &str, script: &str) -> Launched {
        self.launch_with(&["--name", name, "--", "sh", "-c", script])
    }

    /// The same between pipes.
    #[track_caller]
    pub(crate) fn launch_piped(&self, name: &str, script: &str) -> Launched {
        self.launch_with(&["--pipe", "--name", name, "--", "sh", "-c", script])
    }

    /// The same with any words behind `run -d`.
    #[track_caller]
    pub(crate) fn launch_with(&self, words: &[&str]) -> Launched {
        let words = [&["run", "-d", "--json"], words].concat();
        serde_json::from_value(self.json(&words)).expect("what a launch prints")
    }

    /// Opens a terminal with the binary in it.
    pub(crate) fn terminal(&self, words: &[&str]) -> Pty {
        Pty::start(self.command(words))
    }

    /// The same with a terminal of so many rows and columns.
    pub(crate) fn terminal_at(&self, words: &[&str], size: (u16, u16)) -> Pty {
        Pty::start_at(self.command(words), size)
    }

    pub(crate) fn gate(&self, name: &str) -> Gate {
        let path = self.fifo(name);
        let fifo = File::options().read(true).write(true).open(&path);
        let fifo = fifo.expect("a FIFO can be opened");
        let kept = fifo.try_clone().expect("a descriptor");
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.push(kept);
        Gate { path, fifo }
    }

    pub(crate) fn feed(&self, name: &str) -> Feed {
        Feed::new(self.fifo(name))
    }

    fn fifo(&self, name: &str) -> PathBuf {
        let path = self.root().join(name);
        mkfifo(&path, Mode::S_IRWXU).expect("a FIFO can be made");
        path
    }

    /// Every file and directory of both roots, with the size of the files.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        for root in [self.state(), self.runtime()] {
            walk(&root, &mut found);
        }
        found.sort();
        found
    }

    /// Everything that runs in these roots.
    pub(crate) fn processes(&self) -> Vec<Process> {
        started_below(self.root())
    }

    /// Waits until nobody is left.
    #[track_caller]
    pub(crate) fn wait_until_nobody_is_left(&self) {
        for Process { pid, words } in self.processes() {
            assert!(wait_gone(pid), "{words} is still alive");
        }
        assert_eq!(self.processes(), [], "nobody was born in the meantime");
    }

    fn stop_all(&self) {
        let list = self.json(&["ls", "--all", "--json"]);
        let rows = list["rows"].as_array().expect("rows");
        let live = rows.iter().filter(|row| row["attachable"] == true);
        let names = live.filter_map(|row| row["name"].as_str());
        let mut words = vec!["stop", "--grace", "0s"];
        words.extend(names);
        if words.len() > 3 {
            self.text(&words);
        }
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for process in started_below(self.root()) {
                // Gone by itself is gone, too.
                let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
            }
            return;
        }
        if self.state().join("pods").is_dir() {
            self.stop_all();
        }
        self.wait_until_nobody_is_left();
    }
}

/// Makes a program at `path`. Another process writes it: whatever else this one starts meanwhile would
/// hold the file open for a moment, and what somebody may write to cannot be executed.
pub(crate) fn make_program(path: &Path, script: &str) {
    let write = r#"printf %s "$2" > "$1" && chmod 755 "$1""#;
    let mut writer = Command::new("sh");
    writer.args(["-c", write, "sh"]).arg(path).arg(script);
    assert!(writer.status().expect("a shell").success());
}

impl Gate {
    /// For a shell: `read go < GATE`.
    pub(crate) fn path(&self) -> &str {
        self.path.to_str().expect("our own names are text")
    }

    /// Waits until a command writes a line to it.
    #[track_caller]
    pub(crate) fn wait(&mut self) {
        let came = wait_readable(self.fifo.as_fd());
        assert!(came, "no command came to {}", self.path.display());
        let mut line = [0; 1];
        self.fifo
            .read_exact(&mut line)
            .expect("a FIFO gives a line");
    }

    /// Lets one command go on.
    pub(crate) fn open(&mut self) {
        self.fifo.write_all(b"go\n").expect("a FIFO takes a line");
    }
}

/// A shell in the background and `nohup` start their commands deaf to some signals, which would go
/// through to every command of the tests.
#[expect(unsafe_code, reason = "the disposition of a signal is the process's")]
fn heed_signals() {
    let deaf = [
        Signal::SIGHUP,
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGTERM,
    ];
    for signal in deaf {
        // SAFETY: no handler is installed, and nobody here asks for the one before.
        unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) }.expect("a known signal");
    }
}

fn walk(path: &Path, found: &mut Vec<String>) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    if !metadata.is_dir() {
        return found.push(format!("{} {}", path.display(), metadata.len()));
    }
    found.push(path.display().to_string());
    for entry in fs::read_dir(path).expect("a readable directory") {
        walk(&entry.expect("a readable entry").path(), found);
    }
}
