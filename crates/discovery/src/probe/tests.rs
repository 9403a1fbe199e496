use std::{io, path::PathBuf};

use pod_protocol::Status;

use super::*;
use crate::fixtures::{at, endpoint, hello, pod, session};

const NOW: i64 = 60_000;

/// The table of the contract: a held lease, what its socket says, how that is shown.
fn check(since: Option<i64>, answer: Option<Result<Hello, ClientError>>, expected: &str) {
    let host = Held {
        pid: Some(7),
        since: since.map(at),
        session: Some(session(1)),
        segment: None,
        endpoint: endpoint(),
        trouble: None,
        holder: None,
    };
    let live = judge(&pod("a"), host, answer, at(NOW));
    let shown = match live.reach {
        Reach::Answering { hello, .. } => format!("live, {}", hello.status),
        Reach::Silent { .. } => "live, status unknown".to_owned(),
        Reach::Starting => "starting".to_owned(),
        Reach::Unreachable(why) => format!("unreachable: {why}"),
        Reach::Elsewhere { host_name } => format!("on {host_name}"),
    };
    assert_eq!(shown, expected);
}

fn silent() -> ClientError {
    let waited = SILENT_AFTER_MAX;
    ClientError::Silent {
        operation: "a connect",
        waited,
    }
}

fn path() -> PathBuf {
    PathBuf::from("/run/pods/a.sock")
}

#[test]
fn the_liveness_table() {
    let (old, young) = (Some(NOW - 5_000), Some(NOW - 4_999));
    let no_socket = || Some(Err(ClientError::NoSocket { path: path() }));
    let refused = || Some(Err(ClientError::NobodyListens { path: path() }));
    check(old, Some(Ok(hello("a", Status::Running))), "live, running");
    check(old, Some(Ok(hello("a", Status::Passed))), "live, passed");
    check(
        old,
        Some(Ok(hello("b", Status::Running))),
        "unreachable: its socket answers for b",
    );
    check(old, Some(Err(silent())), "live, status unknown");
    check(young, Some(Err(silent())), "live, status unknown");
    check(old, None, "live, status unknown");
    check(young, no_socket(), "starting");
    check(young, refused(), "starting");
    check(None, no_socket(), "starting");
    check(old, no_socket(), "unreachable: no socket");
    check(old, refused(), "unreachable: connection refused");
    // A clock that was set back makes nobody older.
    check(Some(NOW + 1_000), refused(), "starting");
    let source = io::Error::from_raw_os_error(13);
    let denied = ClientError::Connect {
        path: path(),
        source,
    };
    check(
        old,
        Some(Err(denied)),
        "unreachable: cannot connect to /run/pods/a.sock: Permission denied (os error 13)",
    );
    let newer = ClientError::UnsupportedProtocol {
        tool: "9.0.0".to_owned(),
        theirs: 9,
    };
    let shown = "unreachable: the host (tui 9.0.0) speaks version 9 of the protocol, this program speaks version 1";
    check(young, Some(Err(newer)), shown);
}

#[test]
fn trouble_with_the_allocation_explains_a_missing_socket() {
    let host = Held {
        pid: None,
        since: Some(at(0)),
        session: None,
        segment: None,
        endpoint: endpoint(),
        trouble: Some(Unreachable::BadAllocation),
        holder: None,
    };
    let answer = Some(Err(ClientError::NoSocket { path: path() }));
    let live = judge(&pod("a"), host, answer, at(NOW));
    assert_eq!(live.reach, Reach::Unreachable(Unreachable::BadAllocation));
}
