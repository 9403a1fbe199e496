//! What is looked at.

use std::{
    env, fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use discovery::{Live, PodList};
use pod_files::{Presence, check_private_dir, check_writable};
use pod_host::Logout;
use pod_protocol::{PodName, printable};
use pod_registry::{Holder, Lease, LeaseState, Machine, Registry, socket_path};
use pod_store::{Store, StoreWriter};

use super::Finding;
use crate::{
    cli::{json, outlook::Outlook, roots::Roots},
    screen::Depth,
};

/// How long others who write to the index are waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// After so long a removed pod cannot come back, in milliseconds.
const UNDO_MS: u64 = keeping::UNDO_DAYS * 24 * 60 * 60 * 1_000;
/// A session that belongs to nobody for less than this may be one that is being launched, in
/// milliseconds.
const ORPHAN_MS: u64 = 24 * 60 * 60 * 1_000;

pub(super) fn directories(roots: &Roots) -> Vec<Finding> {
    let named = [
        ("state", "PODS_STATE_DIR", &roots.state),
        ("runtime", "PODS_RUNTIME_DIR", &roots.runtime),
    ];
    let mut findings: Vec<Finding> = named
        .into_iter()
        .map(|(check, variable, path)| directory(check, variable, path))
        .collect();
    let shortest = "a".parse().expect("a valid name");
    if let Err(error) = socket_path(&roots.runtime, &shortest) {
        let help = "set PODS_RUNTIME_DIR to a directory with a shorter path";
        findings.push(Finding::wrong("sockets", error.to_string(), help));
    }
    findings
}

fn directory(check: &'static str, variable: &str, path: &Path) -> Finding {
    let shown = printable(&path.to_string_lossy()).into_owned();
    match check_private_dir(path) {
        Ok(Presence::Absent) => return Finding::ok(check, format!("{shown} (not made yet)")),
        Ok(Presence::Present) => {}
        Err(error) => {
            let help = format!("set {variable} to a directory of your own");
            return Finding::wrong(check, error.to_string(), help);
        }
    }
    let mode = fs::metadata(path).map_or(0, |found| found.mode() & 0o777);
    if mode & 0o077 != 0 {
        let message = format!("{shown} is open to others (mode {mode:03o})");
        return Finding::wrong(check, message, format!("chmod 700 {shown}"));
    }
    match check_writable(path) {
        Ok(()) => Finding::ok(check, shown),
        Err(error) => Finding::wrong(check, error.to_string(), format!("chmod 700 {shown}")),
    }
}

pub(super) fn index(roots: &Roots, fix: bool) -> Vec<Finding> {
    let check = "index";
    let store = Store::new(&roots.state);
    let missing = match store.missing_from_recent() {
        Ok(missing) => missing,
        Err(error) => {
            let help = "see the line about the state directory";
            return vec![Finding::wrong(check, error.to_string(), help)];
        }
    };
    let absent = !store.layout().recent().is_file() && !store.names().is_ok_and(|it| it.is_empty());
    let message = match (missing, absent) {
        (0, false) => return vec![Finding::ok(check, "every run that has ended is in it")],
        (_, true) => "absent, so that lists take longer".to_owned(),
        (missing, false) => format!("{missing} runs are not in it, so that lists take longer"),
    };
    if !fix {
        return vec![Finding::wrong(check, message, "tui doctor --fix")];
    }
    let rewritten = StoreWriter::open(&roots.state).and_then(|it| it.rewrite_recent(PATIENCE));
    vec![match rewritten {
        Ok(Some(pods)) => Finding::fixed(check, format!("{message}: made anew for {pods} pods")),
        Ok(None) => Finding::wrong(
            check,
            "somebody else is writing it",
            "try again in a moment",
        ),
        Err(error) => Finding::wrong(check, error.to_string(), "tui doctor --fix"),
    }]
}

/// What crashes left behind.
pub(super) fn leftovers(roots: &Roots, fix: bool) -> Vec<Finding> {
    let store = Store::new(&roots.state);
    let registry = Registry::new(store.layout().leases_dir(), &roots.runtime);
    let is_free = |pod: &PodName| matches!(registry.lease(pod), Ok(LeaseState::Free));
    let mut findings = Vec::new();
    let allocations = registry.allocations().unwrap_or_default();
    let stale: Vec<PodName> = allocations
        .into_iter()
        .map(|(pod, _)| pod)
        .filter(is_free)
        .collect();
    let leases = registry.leases().unwrap_or_default();
    let unused: Vec<PodName> = leases
        .into_iter()
        .filter(|pod| !store.layout().pod_dir(pod).exists() && is_free(pod))
        .collect();
    let left = [
        ("allocations", stale, "of pods that are not live"),
        ("leases", unused, "of pods that are gone"),
    ];
    for (check, pods, of_whom) in left {
        if pods.is_empty() {
            continue;
        }
        let message = format!("{} {check} {of_whom}", pods.len());
        let swept = fix && pods.iter().all(|pod| sweep(roots, &store, pod));
        findings.push(match swept {
            true => Finding::fixed(check, message),
            false => Finding::wrong(check, message, "tui doctor --fix"),
        });
    }
    findings.extend(sessions(&store));
    if findings.is_empty() {
        findings.push(Finding::ok("leftovers", "none"));
    }
    findings
}

/// Takes away what a dead host of `pod` left, under its lease.
fn sweep(roots: &Roots, store: &Store, pod: &PodName) -> bool {
    let pid = std::process::id();
    let holder = Holder::new(&Machine::read(), pid, &roots.runtime, json::now());
    let Ok(lease) = Lease::acquire(&store.layout().leases_dir(), pod, &holder) else {
        return false;
    };
    let swept = lease.sweep(&roots.runtime).is_ok();
    let given_up = match store.layout().pod_dir(pod).exists() {
        true => lease.release(),
        false => lease.abandon(),
    };
    swept && given_up.is_ok()
}

fn sessions(store: &Store) -> Vec<Finding> {
    let now = json::now();
    let mut findings = Vec::new();
    let removed = store.removed().unwrap_or_default();
    let old = |removed: &&pod_store::Removed| now.millis_since(removed.at) >= UNDO_MS;
    let old = removed.iter().filter(old).count();
    if old > 0 {
        let message = format!("{old} pods that cannot come back any more");
        findings.push(Finding::wrong("removed", message, "tui prune"));
    }
    let of_nobody = |session: &pod_protocol::SessionId| {
        let pod = store.owner(*session);
        let dir: Option<PathBuf> = pod.map(|pod| store.layout().pod_dir(&pod));
        !dir.is_some_and(|dir| dir.exists()) && is_old(&store.layout().session_dir(*session))
    };
    let sessions = store.sessions().unwrap_or_default();
    let orphans = sessions.iter().filter(|session| of_nobody(session)).count();
    if orphans > 0 {
        let message = format!("{orphans} runs belong to no pod");
        let help = "tui prune takes them when there is no room";
        findings.push(Finding::note("runs", message, help));
    }
    findings
}

fn is_old(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|found| found.modified());
    modified.is_ok_and(|at| {
        at.elapsed()
            .is_ok_and(|age| age >= Duration::from_millis(ORPHAN_MS))
    })
}

pub(super) fn logout() -> Finding {
    match Logout::read() {
        Logout::EndsHost => Finding::wrong(
            "logout",
            "runs end when you log out",
            "loginctl enable-linger",
        ),
        Logout::Harmless | Logout::NeedsScope => Finding::ok("logout", "runs outlive it"),
    }
}

pub(super) fn terminal(outlook: &Outlook) -> Finding {
    let check = "terminal";
    let term = env::var("TERM").unwrap_or_default();
    if matches!(term.as_str(), "" | "dumb") {
        let message = format!("TERM is {term:?}, so that there are no screens");
        return Finding::note(check, message, "set TERM to what the terminal is");
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_default()
        .to_ascii_lowercase();
    if !locale.contains("utf-8") && !locale.contains("utf8") {
        let message = "the locale is not UTF-8, so that some signs may be wrong";
        return Finding::note(check, message, "set LANG to one that ends in .UTF-8");
    }
    let colour = match outlook.palette.depth() {
        Depth::None => "without colour",
        Depth::Sixteen => "in 16 colours",
        Depth::Indexed => "in 256 colours",
        Depth::True => "in true colour",
    };
    Finding::ok(check, format!("{term}, {colour}"))
}

/// What the list has to say about itself, and hosts of another version.
pub(super) fn list(list: &PodList) -> Vec<Finding> {
    let ours = env!("CARGO_PKG_VERSION");
    let warned = list.warnings.iter().map(|warning| {
        Finding::wrong("list", warning.message.clone(), "look at what stands there")
    });
    let others = list.rows.iter().filter_map(|row| {
        let hello = row.live.as_ref().and_then(Live::hello)?;
        (hello.tool != ours).then(|| {
            let message = format!("{} runs under version {}", row.name, printable(&hello.tool));
            Finding::note("versions", message, "it goes on as it is until it ends")
        })
    });
    warned.chain(others).collect()
}
