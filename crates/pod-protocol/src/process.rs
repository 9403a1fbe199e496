//! What a command is doing at the moment, as the kernel tells it.

use serde::{Deserialize, Serialize};

/// The answer to [`Request::Process`](crate::Request::Process).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessAnswer {
    /// What it is doing.
    pub process: Process,
}

/// The command and everything that it has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Of the command's own process.
    pub state: ProcessState,
    /// The command's own process.
    pub pid: u32,
    /// How many processes of the run are alive.
    pub processes: u32,
    /// Memory that they hold, in KiB. What they share is counted for each.
    pub rss_kib: u64,
    /// Processor time of all processes of the run so far, in milliseconds, those that have ended
    /// included.
    pub cpu_ms: u64,
}

/// What the kernel says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessState {
    /// On a processor, or waiting for one.
    Running,
    /// Waiting for something.
    Sleeping,
    /// Held by a signal or a debugger.
    Stopped,
    /// Waiting for a device, deaf to signals.
    Uninterruptible,
    /// Ended and not yet buried.
    Zombie,
    /// A state of a newer host.
    #[serde(other)]
    Unknown,
}
