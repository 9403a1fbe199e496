//! The entry of a live pod in the runtime directory.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use pod_files::read_small;
use pod_protocol::{FORMAT_VERSION, PodName, SegmentId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Machine, RegistryError, exact_path};

/// The longest socket path. The kernel takes 107 bytes; the rest is room for another system's limit.
pub const SOCKET_PATH_BYTES_MAX: usize = 99;
/// The longest allocation that is read: a few names, ids and one socket path.
const ALLOCATION_BYTES_MAX: u64 = 32 * 1024;

/// Where a live pod is found, as its host wrote it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Version of the format.
    pub version: u32,
    /// The pod.
    pub pod: PodName,
    /// The host process.
    pub pid: u32,
    /// Its socket.
    #[serde(with = "exact_path")]
    pub socket: PathBuf,
    /// The session.
    pub session: SessionId,
    /// The segment; absent while it has no line on disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentId>,
    /// When the host started.
    pub started_at: Timestamp,
    /// The machine, see [`Machine`].
    pub machine_id: String,
    /// The boot of the machine.
    pub boot_id: String,
}

impl Allocation {
    /// The allocation of `pod`, held by process `pid` on `machine`, with its segment pending.
    #[must_use]
    pub fn new(
        machine: &Machine,
        pod: PodName,
        pid: u32,
        socket: PathBuf,
        session: SessionId,
        started_at: Timestamp,
    ) -> Self {
        Self {
            version: FORMAT_VERSION,
            pod,
            pid,
            socket,
            session,
            segment: None,
            started_at,
            machine_id: machine.machine_id.clone(),
            boot_id: machine.boot_id.clone(),
        }
    }

    /// Reads the allocation of `pod`; `None` if there is none. What cannot be read is read once
    /// more, in case it was being replaced on a file system that does not replace in one step.
    pub(crate) fn read(runtime_dir: &Path, pod: &PodName) -> Result<Option<Self>, RegistryError> {
        let path = allocation_path(runtime_dir, pod);
        match Self::read_once(&path, pod) {
            Err(RegistryError::Malformed { .. }) => Self::read_once(&path, pod),
            read => read,
        }
    }

    fn read_once(path: &Path, pod: &PodName) -> Result<Option<Self>, RegistryError> {
        let Some(text) = read_small(path, ALLOCATION_BYTES_MAX)? else {
            return Ok(None);
        };
        let path = path.to_owned();
        match serde_json::from_slice::<Self>(&text) {
            Ok(allocation) if allocation.pod == *pod => Ok(Some(allocation)),
            Ok(Self { pod: found, .. }) => Err(RegistryError::WrongPod { path, found }),
            Err(source) => Err(RegistryError::Malformed { path, source }),
        }
    }
}

/// Where the socket of `pod` is: short, whatever the name.
///
/// # Errors
/// When `runtime_dir` itself leaves no room for a socket.
pub fn socket_path(runtime_dir: &Path, pod: &PodName) -> Result<PathBuf, RegistryError> {
    let path = socket_file(runtime_dir, pod);
    match path.as_os_str().as_bytes().len() {
        bytes if bytes > SOCKET_PATH_BYTES_MAX => {
            Err(RegistryError::SocketPathTooLong { path, bytes })
        }
        _ => Ok(path),
    }
}

pub(crate) fn socket_file(runtime_dir: &Path, pod: &PodName) -> PathBuf {
    runtime_dir.join(format!("{:016x}.sock", fnv1a(pod.as_str())))
}

pub(crate) fn allocations_dir(runtime_dir: &Path) -> PathBuf {
    runtime_dir.join("allocations")
}

pub(crate) fn allocation_path(runtime_dir: &Path, pod: &PodName) -> PathBuf {
    allocations_dir(runtime_dir).join(format!("{pod}{ALLOCATION_SUFFIX}"))
}

/// The end of an allocation's file name.
pub(crate) const ALLOCATION_SUFFIX: &str = ".json";

/// FNV-1a, 64 bits. Two names of one user that share a hash would share a socket path: the second
/// host finds the address in use. With 10,000 live names the chance is one in 10^11.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
