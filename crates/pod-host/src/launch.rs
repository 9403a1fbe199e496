//! The launcher's side: start this same binary again as a host, and wait for its word.

use std::{
    io::{self, Read, Write},
    process::Stdio,
};

use thiserror::Error;

use crate::{
    logout::{Logout, host_command},
    request::{LaunchFailure, LaunchRequest, Launched, Readiness},
};

/// The hidden subcommand under which the binary is a host. It also marks the process for the walk
/// of another pod's warden, which stops there.
pub const HOST_SUBCOMMAND: &str = "__host";

/// The longest word of a host, in bytes: a name, two ids, paths and one sentence.
const READINESS_BYTES_MAX: u64 = 64 * 1024;

/// Why there is no pod.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// The host said why.
    #[error(transparent)]
    Failed(#[from] LaunchFailure),
    /// The host process could not be started or talked to.
    #[error("cannot start a pod host: {operation}")]
    Start {
        /// What failed.
        operation: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The host went away without a word.
    #[error("the pod host ended before it was ready ({status})")]
    Vanished {
        /// How it ended.
        status: String,
    },
}

/// Starts a host and waits until its command runs.
///
/// # Errors
/// Whatever kept the command from running. No pod is left behind then.
pub fn launch(request: &LaunchRequest) -> Result<Launched, LaunchError> {
    let logout = Logout::read();
    match (launch_as(request, logout), logout) {
        // Without the scope the run is still better than no run: its service manager may be
        // missing, or refuse.
        (Err(LaunchError::Start { .. } | LaunchError::Vanished { .. }), Logout::NeedsScope) => {
            launch_as(request, Logout::Harmless)
        }
        (launched, _) => launched,
    }
}

fn launch_as(request: &LaunchRequest, logout: Logout) -> Result<Launched, LaunchError> {
    let start = |operation| move |source| LaunchError::Start { operation, source };
    let mut host = host_command(logout)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(start("start its process"))?;
    let document = serde_json::to_vec(request).expect("a request has string keys only");
    let mut stdin = host.stdin.take().expect("stdin is piped");
    // A host that fails early closes its end; what it has to say is on its standard output.
    match stdin.write_all(&document) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(start("send the request")(error));
        }
        _ => drop(stdin),
    }
    let mut word = Vec::new();
    let stdout = host.stdout.take().expect("stdout is piped");
    stdout
        .take(READINESS_BYTES_MAX)
        .read_to_end(&mut word)
        .map_err(start("read its word"))?;
    match serde_json::from_slice(&word) {
        Ok(Readiness::Ready(launched)) => Ok(launched),
        Ok(Readiness::Failed(failure)) => {
            // A launcher that ignores its children's ends has nothing to wait for.
            let _ = host.wait();
            Err(failure.into())
        }
        Err(_) => {
            let status = host.wait().map_err(start("wait for it"))?;
            Err(LaunchError::Vanished {
                status: status.to_string(),
            })
        }
    }
}
