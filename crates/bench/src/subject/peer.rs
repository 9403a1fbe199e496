//! Other programs that hold a command, each with a server or directory of its own, so that nothing
//! of the person who runs the benchmark is touched.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use super::{Log, Run, Started, Subject, Tied, launch, quoted};

/// A tmux server of its own, with `pipe-pane` into a file where a log is wanted.
pub(crate) struct Tmux {
    pub(crate) directory: PathBuf,
    pub(crate) logs: bool,
}

impl Tmux {
    /// A session that remembers so many lines, with a terminal of this size until somebody attaches.
    pub(crate) fn start_with_history(&self, run: &Run, lines: u64) -> Result<()> {
        let lines = lines.to_string();
        // A session takes the limit that is set when it is made.
        let set = [
            "start-server",
            ";",
            "set",
            "-g",
            "history-limit",
            &lines,
            ";",
        ];
        let new = ["new-session", "-d", "-x", "80", "-y", "24", "-s", run.name];
        launch(self.command().args(set).args(new).arg(quoted(run.command)))
    }

    /// The command line of somebody who watches a session.
    pub(crate) fn attach(&self, name: &str) -> Command {
        let mut command = self.command();
        command
            .args(["attach-session", "-t", &format!("={name}")])
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// The process of the server.
    pub(crate) fn server_pid(&self) -> Result<i32> {
        let output = self.command().args(["display", "-p", "#{pid}"]).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim()
            .parse()
            .context("tmux does not tell its process")
    }

    fn command(&self) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.env_remove("TMUX")
            .arg("-S")
            .arg(self.directory.join("tmux"));
        tmux.args(["-f", "/dev/null"]);
        tmux
    }
}

impl Subject for Tmux {
    fn name(&self) -> String {
        if self.logs {
            "tmux + pipe-pane"
        } else {
            "tmux"
        }
        .into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let new = ["new-session", "-d", "-x", "80", "-y", "24", "-s", run.name];
        launch(self.command().args(new).arg(quoted(run.command)))?;
        if !self.logs {
            return Ok(Started::default());
        }
        let log = run.directory.join("log");
        let cat = format!("exec cat >> {}", quoted(&[log.clone().into()]));
        let target = format!("={}:", run.name);
        launch(
            self.command()
                .args(["pipe-pane", "-o", "-t", &target, &cat]),
        )?;
        Ok(Started {
            beside: Vec::new(),
            log: Some(Log::File(log)),
        })
    }

    fn adds_carriage_returns(&self) -> bool {
        true
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        // It has ended with its last session already, if all went well.
        let _ = self
            .command()
            .arg("kill-server")
            .stderr(Stdio::null())
            .status();
    }
}

/// GNU screen with its log.
pub(crate) struct Screen {
    pub(crate) directory: PathBuf,
}

impl Subject for Screen {
    fn name(&self) -> String {
        "screen -L".into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let sockets = self.directory.join("screen");
        fs::create_dir_all(&sockets)?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(&sockets, mode)?;
        let config = run.directory.join("screenrc");
        fs::write(&config, "logfile flush 0\n")?;
        let log = run.directory.join("log");
        let mut screen = Command::new("screen");
        screen
            .env("SCREENDIR", sockets)
            .env_remove("STY")
            .arg("-c")
            .arg(config);
        screen
            .args(["-dmS", run.name, "-L", "-Logfile"])
            .arg(&log)
            .args(run.command);
        launch(&mut screen)?;
        Ok(Started {
            beside: Vec::new(),
            log: Some(Log::File(log)),
        })
    }

    fn adds_carriage_returns(&self) -> bool {
        true
    }
}

/// dtach, which keeps nothing.
pub(crate) struct Dtach;

impl Subject for Dtach {
    fn name(&self) -> String {
        "dtach".into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let socket = run.directory.join("s");
        launch(
            Command::new("dtach")
                .arg("-n")
                .arg(socket)
                .arg("-z")
                .args(run.command),
        )?;
        Ok(Started::default())
    }

    fn adds_carriage_returns(&self) -> bool {
        true
    }
}

/// abduco, which keeps nothing.
pub(crate) struct Abduco {
    pub(crate) directory: PathBuf,
}

impl Subject for Abduco {
    fn name(&self) -> String {
        "abduco".into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        let mut abduco = Command::new("abduco");
        abduco.env("ABDUCO_SOCKET_DIR", &self.directory);
        launch(abduco.args(["-n", run.name]).args(run.command))?;
        Ok(Started::default())
    }

    fn adds_carriage_returns(&self) -> bool {
        true
    }
}

/// script(1), in the foreground.
pub(crate) struct Script;

impl Subject for Script {
    fn name(&self) -> String {
        "script".into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        // It writes the log in large blocks and at its end, so nothing can be read off it before.
        let log = run.directory.join("log");
        let mut script = Command::new("script");
        script
            .args(["-q", "-e", "-c"])
            .arg(quoted(run.command))
            .arg(log);
        let script = Tied::spawn(script.stdin(Stdio::null()).stdout(Stdio::null()))?;
        Ok(Started {
            beside: vec![script],
            log: None,
        })
    }

    fn adds_carriage_returns(&self) -> bool {
        true
    }
}

/// A pueue daemon of its own.
pub(crate) struct Pueue {
    directory: PathBuf,
    _daemon: Tied,
}

impl Pueue {
    /// Starts the daemon.
    pub(crate) fn new(directory: PathBuf) -> Result<Self> {
        fs::create_dir_all(&directory)?;
        let shown = directory.display();
        let config = format!(
            "shared:\n  pueue_directory: {shown}\n  runtime_directory: {shown}\n  \
             use_unix_socket: true\nclient: {{}}\ndaemon: {{}}\n"
        );
        let path = directory.join("pueue.yml");
        fs::write(&path, config)?;
        let mut daemon = Command::new("pueued");
        daemon.arg("-c").arg(path).stdin(Stdio::null());
        let daemon = Tied::spawn_with_us(daemon.stdout(Stdio::null()).stderr(Stdio::null()))?;
        let pueue = Self {
            directory,
            _daemon: daemon,
        };
        let answers = || launch(pueue.command().args(["parallel", "1000"])).is_ok();
        crate::gate::wait_for(std::time::Duration::from_secs(20), answers)
            .context("pueued does not answer")?;
        Ok(pueue)
    }

    fn command(&self) -> Command {
        let mut pueue = Command::new("pueue");
        pueue.arg("-c").arg(self.directory.join("pueue.yml"));
        pueue
    }
}

impl Subject for Pueue {
    fn name(&self) -> String {
        "pueue".into()
    }

    fn start(&self, run: &Run) -> Result<Started> {
        launch(self.command().args(["add", "--"]).arg(quoted(run.command)))?;
        Ok(Started::default())
    }

    fn adds_carriage_returns(&self) -> bool {
        false
    }

    fn outlives_its_child(&self) -> bool {
        true
    }
}
