//! What host and warden say to each other, one JSON object a line over a socket pair.

use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream,
};

use pod_protocol::{Exit, Usage};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::CommandPlan;

/// Host to warden.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Start this command.
    Start(CommandPlan),
    /// Send a signal to everything below.
    Signal {
        /// Its number.
        signal: i32,
    },
    /// Leave, and leave whatever is still alive in peace.
    Release,
}

/// Warden to host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// The command runs.
    Started {
        /// Its process id.
        pid: u32,
    },
    /// The command could not be executed.
    NotStarted {
        /// What the kernel said.
        errno: i32,
    },
    /// A signal was sent.
    Signalled {
        /// Its number.
        signal: i32,
        /// How many processes got it.
        processes: u32,
    },
    /// The command is gone.
    Exited {
        /// How it ended.
        exit: Exit,
        /// What it and its reaped descendants used.
        usage: Usage,
        /// How many processes of the run are still alive.
        left: u32,
    },
    /// After the command is gone: one of the processes it left behind is gone too.
    Left {
        /// How many are still alive.
        left: u32,
    },
}

/// Writes one message.
pub(crate) fn send(stream: &mut UnixStream, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line)
}

/// Reads one message; `None` at the end of the stream. Both sides are this same binary, so what
/// arrives is well-formed or the other side is broken.
pub(crate) fn receive<T: DeserializeOwned>(
    reader: &mut BufReader<UnixStream>,
) -> io::Result<Option<T>> {
    let mut line = String::new();
    match reader.read_line(&mut line)? {
        0 => Ok(None),
        _ => Ok(Some(serde_json::from_str(&line)?)),
    }
}
