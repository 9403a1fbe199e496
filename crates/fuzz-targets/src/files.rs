//! Small files that are read whole: metadata, session, allocation, lease.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use nix::{
    fcntl::{FcntlArg, fcntl},
    libc,
};
use pod_protocol::{PodName, SessionId};
use pod_registry::Registry;
use pod_store::{Metadata, SessionFile, Store};
use serde_json::Value;

const SESSION: &str = "019e5bc6-c3f3-7a01-8b2c-00000000a001";
const POD: &str = "train";

/// The bytes in the place of each of the files.
pub(crate) fn files(bytes: &[u8]) {
    let pod = PodName::new(POD).expect("a name");
    let session: SessionId = SESSION.parse().expect("an id");
    let root = tempfile::tempdir().expect("a temporary directory");
    let store = Store::new(root.path());
    let layout = store.layout();
    let runtime = root.path().join("run");
    let lease = layout.leases_dir().join(POD);
    for path in [
        layout.metadata(&pod),
        layout.session_file(session),
        runtime.join("allocations").join("train.json"),
        lease.clone(),
    ] {
        put(root.path(), &path, bytes);
    }
    let registry = Registry::new(layout.leases_dir(), &runtime);
    if let Ok(Some(metadata)) = store.metadata(&pod) {
        survives::<Metadata>(&serde_json::to_value(metadata).expect("metadata is JSON"));
    }
    if let Ok(file) = store.session_file(session) {
        survives::<SessionFile>(&serde_json::to_value(file).expect("a session file is JSON"));
    }
    if let Ok(Some(allocation)) = registry.allocation(&pod) {
        assert_eq!(allocation.pod, pod, "an allocation of another pod is taken");
    }
    let _ = (registry.allocations(), registry.leases());
    let _held = lock(&lease);
    let _ = registry.lease(&pod);
}

fn put(root: &Path, path: &Path, bytes: &[u8]) {
    let directory = path.parent().expect("a file is in a directory");
    fs::create_dir_all(directory).expect("a fresh directory");
    let inside = directory
        .ancestors()
        .take_while(|above| above.starts_with(root));
    for above in inside {
        let mode = fs::Permissions::from_mode(0o700);
        fs::set_permissions(above, mode).expect("our own directory");
    }
    fs::write(path, bytes).expect("a fresh file");
}

/// What was read once can be written and read again.
fn survives<T: serde::de::DeserializeOwned + serde::Serialize>(value: &Value) {
    let again: T = serde_json::from_value(value.clone()).expect("it can be read again");
    let again = serde_json::to_value(again).expect("it is JSON");
    assert_eq!(&again, value, "a file changes when it is rewritten");
}

/// Holds the lease, as a host would. The crate that locks does not read what it did not write.
fn lock(path: &Path) -> File {
    let file = File::options().read(true).write(true).open(path);
    let file = file.expect("it is there");
    let whole = libc::flock {
        l_type: libc::c_short::try_from(libc::F_WRLCK).expect("a small number"),
        l_whence: libc::c_short::try_from(libc::SEEK_SET).expect("a small number"),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_OFD_SETLK(&whole)).expect("nobody else has it");
    file
}
