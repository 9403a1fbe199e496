//! Everything that a launch makes before its first record: socket, FIFO, allocation, session.

use std::{
    fs::File,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::{Path, PathBuf},
};

use pod_registry::socket_path;

use crate::{
    claim::Claim,
    connect::HostEnds,
    first_record::open_session,
    plan::{Plan, check_directory},
    request::{LaunchFailure, Launched},
};

/// A launch whose segment has not begun.
pub(crate) struct Prepared {
    pub(crate) plan: Plan,
    pub(crate) ours: HostEnds,
    pub(crate) socket: PathBuf,
    /// Keeps the FIFO open until the runtime reads it.
    pub(crate) fifo_hold: File,
    /// Version of the tool, for the record.
    pub(crate) tool: String,
    pub(crate) runtime_root: PathBuf,
}

/// Prepares a launch under its claim, up to the word for the launcher. Nobody is served yet.
pub(crate) fn prepare(
    (tool, runtime_root): (String, PathBuf),
    plan: Plan,
    claim: &mut Claim,
    ours: HostEnds,
) -> Result<(Launched, Prepared, UnixListener), LaunchFailure> {
    check_directory(&plan.cwd)?;
    let socket = socket_path(&runtime_root, &claim.name)?;
    let listener = listen(&socket)?;
    let fifo_hold = claim.make_fifo(socket.with_extension("events"))?;
    claim.allocate(&socket)?;
    open_session(&plan, claim)?;
    let launched = Launched {
        name: claim.name.clone(),
        session: claim.session,
        segment: claim.segment,
        host_pid: std::process::id(),
        socket: socket.clone(),
        out_base: plan.lineage.base().out_base,
        waiting_for: None,
        leaves: claim.restorable_before(),
    };
    let prepared = Prepared {
        plan,
        ours,
        socket,
        fifo_hold,
        tool,
        runtime_root,
    };
    Ok((launched, prepared, listener))
}

/// Binds the pod's socket.
pub(crate) fn listen(socket: &Path) -> Result<UnixListener, LaunchFailure> {
    UnixListener::bind(socket)
        .and_then(|listener| {
            let private = PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(socket, private)?;
            Ok(listener)
        })
        .map_err(LaunchFailure::io("listen on the pod's socket"))
}
