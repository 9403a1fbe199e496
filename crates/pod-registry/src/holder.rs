//! The text of a lease file: who holds it, for people and for finding the socket.
//!
//! The text is written behind the lock, so for a moment a reader may find a held lease whose text is
//! missing or of the holder before. Nothing but words on a screen and the place to look for an
//! allocation depends on it.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use pod_protocol::{FORMAT_VERSION, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Machine, exact_path};

/// The longest text that is read: four times the longest path, with room for names.
const HOLDER_BYTES_MAX: usize = 32 * 1024;

/// What a host hears from somebody who cannot find it. Ignored by whoever has no handler for it.
pub const POKE: Signal = Signal::SIGURG;

/// Who holds a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Version of the format.
    pub version: u32,
    /// The machine, see [`Machine`].
    pub machine_id: String,
    /// The boot of the machine.
    pub boot_id: String,
    /// The name of the machine.
    pub host_name: String,
    /// The host process. For people: no decision is taken on it.
    pub pid: u32,
    /// Where the allocation and the socket are, so that they are found from an environment with
    /// another runtime directory or none.
    #[serde(with = "exact_path")]
    pub runtime_dir: PathBuf,
    /// Since when it holds the lease.
    pub since: Timestamp,
}

impl Holder {
    /// The process `pid` on `machine`, which keeps its socket below `runtime_dir`.
    #[must_use]
    pub fn new(machine: &Machine, pid: u32, runtime_dir: &Path, since: Timestamp) -> Self {
        Self {
            version: FORMAT_VERSION,
            machine_id: machine.machine_id.clone(),
            boot_id: machine.boot_id.clone(),
            host_name: machine.host_name.clone(),
            pid,
            runtime_dir: runtime_dir.to_owned(),
            since,
        }
    }

    /// Tells the host that it cannot be found, so that it makes its socket and allocation anew if
    /// they are gone. The caller has seen that the lease is held on this machine.
    ///
    /// Whoever holds the lease may just have changed, and its process id may be somebody else's by
    /// now. So the signal is one that nobody notices who does not wait for it.
    ///
    /// Returns whether there is anybody to be told.
    pub fn poke(&self) -> bool {
        // 0 would be the caller's whole group.
        let pid = i32::try_from(self.pid).ok().filter(|pid| *pid > 0);
        pid.is_some_and(|pid| kill(Pid::from_raw(pid), POKE).is_ok())
    }

    /// Writes the text in place: the file carries the lock and is never replaced. The line goes out
    /// in one write before the rest is cut off, so a reader of the first line sees it whole.
    pub(crate) fn write_to(&self, file: &File) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        file.write_all_at(&line, 0)?;
        file.set_len(line.len() as u64)
    }

    /// Reads the first line; `None` when it is not a holder.
    pub(crate) fn read_from(file: &File) -> io::Result<Option<Self>> {
        let mut text = vec![0; HOLDER_BYTES_MAX];
        let mut filled = 0;
        while filled < text.len() {
            match file.read_at(&mut text[filled..], filled as u64)? {
                0 => break,
                bytes => filled += bytes,
            }
        }
        let line = text[..filled].split(|byte| *byte == b'\n').next();
        Ok(line.and_then(|line| serde_json::from_slice(line).ok()))
    }
}
