//! How the command is executed.

use std::{
    fs::OpenOptions,
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Child, Command, Stdio},
};

use nix::sys::signal::SigSet;
use pod_protocol::ExactString;
use serde::{Deserialize, Serialize};

use crate::{
    environment::RESUME_NAMES,
    restrictions::{Applied, Restrictions},
};

/// The command's ends of its terminal or pipes.
#[derive(Debug)]
pub(crate) enum ChildEnds {
    /// The terminal side of a pseudoterminal.
    Pty(OwnedFd),
    /// The write ends of two pipes.
    Pipe {
        /// Standard output.
        stdout: OwnedFd,
        /// Standard error.
        stderr: OwnedFd,
    },
}

/// What to execute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CommandPlan {
    /// Program and arguments.
    pub(crate) command: Vec<ExactString>,
    /// Working directory.
    pub(crate) cwd: ExactString,
    /// The environment; `None` is the warden's own, which is the launcher's.
    pub(crate) environment: Option<Vec<(ExactString, ExactString)>>,
    /// Added to it.
    pub(crate) variables: Vec<(String, ExactString)>,
    /// What it is restricted to, where that is not what the warden is.
    pub(crate) restrictions: Option<Restrictions>,
}

/// Variables that describe the terminal of the launcher, which the command does not see.
const TERMINAL_VARIABLES: [&str; 7] = [
    "COLUMNS",
    "LINES",
    "TMUX",
    "TMUX_PANE",
    "STY",
    "WINDOW",
    "TERMCAP",
];
/// What a pty command is told: the terminal that the viewers emulate.
const PTY_VARIABLES: [(&str, &str); 1] = [("TERM", "xterm-256color")];
/// What a piped command is told where the operator has not decided it: it is watched by a person
/// although it writes to a pipe, so it should colour and not buffer.
const PIPE_VARIABLES: [(&str, &str); 5] = [
    ("PYTHONUNBUFFERED", "1"),
    ("FORCE_COLOR", "1"),
    ("CLICOLOR_FORCE", "1"),
    ("CARGO_TERM_COLOR", "always"),
    ("PY_COLORS", "1"),
];

impl CommandPlan {
    /// Executes the command as leader of its own session, with the pty as its terminal if it has
    /// one. It starts deaf to no signal, whatever its launcher was deaf to: a stop has to be heard.
    /// Our copies of its ends are closed on return, so that their end can be seen.
    pub(crate) fn start(&self, ends: ChildEnds) -> io::Result<Child> {
        let (program, arguments) = self
            .command
            .split_first()
            .ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program.as_os_str());
        command.args(arguments.iter().map(ExactString::as_os_str));
        command.current_dir(self.cwd.as_os_str());
        if let Some(environment) = &self.environment {
            let variables = environment.iter();
            command.env_clear();
            command.envs(variables.map(|(name, value)| (name.as_os_str(), value.as_os_str())));
        }
        for name in TERMINAL_VARIABLES.iter().chain(&RESUME_NAMES) {
            command.env_remove(name);
        }
        let on_terminal = matches!(ends, ChildEnds::Pty(_));
        connect(&mut command, ends, |name| self.has_variable(name))?;
        let variables = self.variables.iter();
        command.envs(variables.map(|(name, value)| (name, value.as_os_str())));
        let restrictions = self.restrictions.as_ref().map(Restrictions::prepared);
        become_session_leader(&mut command, on_terminal, restrictions);
        command.spawn()
    }

    /// Whether the operator has set `name`.
    fn has_variable(&self, name: &str) -> bool {
        match &self.environment {
            None => std::env::var_os(name).is_some(),
            Some(known) => known.iter().any(|(known, _)| known.as_os_str() == name),
        }
    }
}

fn connect(
    command: &mut Command,
    ends: ChildEnds,
    decided: impl Fn(&str) -> bool,
) -> io::Result<()> {
    match ends {
        ChildEnds::Pty(terminal) => {
            command.stdin(terminal.try_clone()?);
            command.stdout(terminal.try_clone()?);
            command.stderr(terminal);
            command.envs(PTY_VARIABLES);
        }
        ChildEnds::Pipe { stdout, stderr } => {
            command.stdin(OpenOptions::new().read(true).open("/dev/null")?);
            command
                .stdout(Stdio::from(stdout))
                .stderr(Stdio::from(stderr));
            let undecided = |name: &str| !decided(name) && !decided("NO_COLOR");
            command.envs(
                PIPE_VARIABLES
                    .into_iter()
                    .filter(|(name, _)| undecided(name)),
            );
        }
    }
    Ok(())
}

#[expect(unsafe_code, reason = "a session leader is made between fork and exec")]
fn become_session_leader(command: &mut Command, on_terminal: bool, restrictions: Option<Applied>) {
    let hook = move || {
        nix::unistd::setsid()?;
        // The warden blocks every signal, and a mask survives exec.
        SigSet::empty().thread_set_mask()?;
        if on_terminal {
            // SAFETY: standard input is the open terminal; the third argument is an integer.
            let done = unsafe { libc::ioctl(io::stdin().as_fd().as_raw_fd(), libc::TIOCSCTTY, 0) };
            nix::errno::Errno::result(done)?;
        }
        // Last: a limit may forbid what comes before.
        restrictions.as_ref().map_or(Ok(()), Applied::apply)
    };
    // SAFETY: the hook makes a few system calls, allocates nothing and touches no memory that another
    // thread could own; the warden has one thread.
    unsafe { command.pre_exec(hook) };
}
