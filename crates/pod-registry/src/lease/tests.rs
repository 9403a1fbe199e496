use std::{
    env,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use pod_protocol::{SessionId, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::{LeaseState, Machine, Registry, socket_path};

/// Names the directory that the other process of a test takes its lease in.
const HOLD_IN: &str = "POD_REGISTRY_TEST_HOLD_IN";

fn pod(name: &str) -> PodName {
    PodName::new(name).expect(name)
}

fn holder(pid: u32) -> Holder {
    let machine = Machine {
        machine_id: "m".to_owned(),
        boot_id: "b".to_owned(),
        host_name: "h".to_owned(),
    };
    Holder::new(&machine, pid, Path::new("/run/pods"), Timestamp::default())
}

fn acquire(leases: &Path, name: &str, pid: u32) -> Result<Lease, RegistryError> {
    Lease::acquire(leases, &pod(name), &holder(pid))
}

fn state(leases: &Path, name: &str) -> LeaseState {
    let registry = Registry::new(leases, "/nonexistent");
    registry.lease(&pod(name)).expect("a readable lease")
}

fn held_by(pid: u32) -> LeaseState {
    LeaseState::Held(Some(Box::new(holder(pid))))
}

/// Another process that holds the lease of `a` until it is killed or its input ends.
fn other_process(leases: &Path) -> Child {
    let mut child = Command::new(env::current_exe().expect("a test binary"))
        .args(["--exact", "--nocapture"])
        .arg("lease::tests::a_process_holds_its_lease_until_its_input_ends")
        .env(HOLD_IN, leases)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test binary starts");
    let output = child.stdout.take().expect("a pipe");
    let mut lines = BufReader::new(output).lines();
    let held = lines.any(|line| line.expect("text").ends_with("holds a"));
    assert!(held, "the other process ended without its lease");
    child
}

/// The body of [`other_process`]; by itself it holds a lease of its own for a moment.
#[test]
fn a_process_holds_its_lease_until_its_input_ends() {
    let own = TempDir::new().expect("a directory");
    let given = env::var_os(HOLD_IN);
    let leases = given.as_ref().map_or(own.path(), Path::new);
    let lease = acquire(leases, "a", std::process::id()).expect("nobody else wants it");
    println!("\nholds a");
    if given.is_some() {
        let mut input = Vec::new();
        io::stdin().read_to_end(&mut input).expect("a pipe");
    }
    assert!(lease.is_in_place().expect("a lease file"));
    assert_eq!(state(leases, "a"), held_by(std::process::id()));
    lease.release().expect("ours");
    assert_eq!(state(leases, "a"), LeaseState::Free);
}

#[test]
fn a_lease_has_one_holder() {
    let leases = TempDir::new().expect("a directory");
    let first = acquire(leases.path(), "a", 1).expect("free");
    let Err(RegistryError::Held { pod, holder: found }) = acquire(leases.path(), "a", 2) else {
        panic!("two holders");
    };
    assert_eq!((pod.as_str(), found), ("a", Some(Box::new(holder(1)))));
    let other = acquire(leases.path(), "b", 3).expect("another pod is another lease");
    first.release().expect("ours");
    let again = acquire(leases.path(), "a", 4).expect("released");
    assert_eq!(state(leases.path(), "a"), held_by(4));
    drop((other, again));
    assert_eq!(state(leases.path(), "a"), LeaseState::Free);
    assert_eq!(state(leases.path(), "b"), LeaseState::Free);
}

#[test]
fn of_many_at_once_exactly_one_wins() {
    let leases = TempDir::new().expect("a directory");
    let barrier = Barrier::new(8);
    let results: Vec<_> = thread::scope(|scope| {
        let race = |pid| {
            let (leases, barrier) = (leases.path(), &barrier);
            scope.spawn(move || {
                barrier.wait();
                acquire(leases, "a", pid)
            })
        };
        let racers: Vec<_> = (1..=8).map(race).collect();
        let joined = racers.into_iter().map(|racer| racer.join());
        joined.map(|result| result.expect("no panic")).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 7));
    for result in lost {
        assert!(matches!(result, Err(RegistryError::Held { .. })));
    }
}

#[test]
fn the_lease_of_a_killed_process_is_free() {
    let leases = TempDir::new().expect("a directory");
    let mut other = other_process(leases.path());
    assert_eq!(state(leases.path(), "a"), held_by(other.id()));
    let refusal = acquire(leases.path(), "a", 1).expect_err("held by another process");
    assert!(matches!(refusal, RegistryError::Held { holder: Some(h), .. } if h.pid == other.id()));
    other.kill().expect("our child");
    other.wait().expect("our child");
    assert_eq!(state(leases.path(), "a"), LeaseState::Free);
    acquire(leases.path(), "a", 1).expect("free again");
}

#[test]
fn no_child_keeps_the_lease_past_its_exec() {
    let leases = TempDir::new().expect("a directory");
    let elsewhere = TempDir::new().expect("a directory");
    let lease = acquire(leases.path(), "a", 1).expect("free");
    let flags = fcntl(&lease.file, FcntlArg::F_GETFD).expect("an open file");
    assert!(FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC));
    // A process started meanwhile and still running after the release.
    let mut other = other_process(elsewhere.path());
    lease.release().expect("ours");
    assert_eq!(state(leases.path(), "a"), LeaseState::Free);
    other.kill().expect("our child");
    other.wait().expect("our child");
}

#[test]
fn asking_never_makes_an_acquire_fail() {
    let leases = TempDir::new().expect("a directory");
    let path = leases.path().join("a");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    state(leases.path(), "a");
                }
            });
        }
        let refused = (0..500).find(|_| {
            let attempt = Lease::try_acquire(&path, &pod("a")).expect("a lease file");
            matches!(attempt, Attempt::Refused(_))
        });
        done.store(true, Ordering::Relaxed);
        assert_eq!(
            refused, None,
            "an acquire failed though nobody holds the lease"
        );
    });
}

#[test]
fn a_lock_on_a_replaced_file_permits_nothing() {
    let leases = TempDir::new().expect("a directory");
    let path = leases.path().join("a");
    let opened_early = open_or_create(&path).expect("a lease file");
    fs::remove_file(&path).expect("ours");
    let attempt = Lease::lock_opened(opened_early, &path, &pod("a")).expect("lockable");
    assert!(matches!(
        attempt,
        Attempt::Refused(RegistryError::Replaced { .. })
    ));

    let opened_early = open_or_create(&path).expect("a lease file");
    fs::remove_file(&path).expect("ours");
    let winner = acquire(leases.path(), "a", 1).expect("a new file");
    let attempt = Lease::lock_opened(opened_early, &path, &pod("a")).expect("lockable");
    assert!(matches!(
        attempt,
        Attempt::Refused(RegistryError::Replaced { .. })
    ));
    assert!(winner.is_in_place().expect("a lease file"));

    fs::remove_file(&path).expect("ours");
    assert!(!winner.is_in_place().expect("a directory"));
}

#[test]
fn a_shorter_text_leaves_nothing_of_a_longer_one() {
    let leases = TempDir::new().expect("a directory");
    acquire(leases.path(), "a", u32::MAX).expect("free");
    let lease = acquire(leases.path(), "a", 1).expect("free");
    let text = fs::read_to_string(leases.path().join("a")).expect("text");
    assert_eq!(text.lines().count(), 1);
    assert!(text.ends_with("}\n"), "{text}");
    assert_eq!(state(leases.path(), "a"), held_by(1));
    drop(lease);
}

#[test]
fn a_held_lease_with_a_strange_text_is_held() {
    let leases = TempDir::new().expect("a directory");
    let lease = acquire(leases.path(), "a", 1).expect("free");
    for text in ["", "nonsense\n", "{\"version\":9}\n"] {
        fs::write(leases.path().join("a"), text).expect("ours");
        assert_eq!(
            state(leases.path(), "a"),
            LeaseState::Held(None),
            "{text:?}"
        );
    }
    drop(lease);
}

#[test]
fn what_is_created_is_private() {
    let root = TempDir::new().expect("a directory");
    let (leases, runtime) = (root.path().join("s/leases"), root.path().join("r"));
    let lease = acquire(&leases, "a", 1).expect("free");
    lease.prepare(&runtime).expect("a directory");
    lease
        .allocate(&runtime, &allocation(&runtime, "a"))
        .expect("a directory");
    let mode = |path: &Path| fs::metadata(path).expect("created").permissions().mode() & 0o777;
    for directory in [&leases, &runtime, &allocations_dir(&runtime)] {
        assert_eq!(mode(directory), 0o700, "{}", directory.display());
    }
    for file in [&leases.join("a"), &allocation_path(&runtime, &pod("a"))] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
}

fn allocation(runtime: &Path, name: &str) -> Allocation {
    let machine = Machine::read();
    let socket = socket_path(runtime, &pod(name)).expect("short");
    let session: SessionId = "019e5bc6-c3f3-7000-8000-0000a1c293f7"
        .parse()
        .expect("a UUID");
    Allocation::new(
        &machine,
        pod(name),
        7,
        socket,
        session,
        Timestamp::default(),
    )
}

#[test]
fn a_lease_permits_its_own_allocation_only() {
    let root = TempDir::new().expect("a directory");
    let (leases, runtime) = (root.path().join("leases"), root.path().join("run"));
    let registry = Registry::new(&leases, &runtime);
    let (a, b) = (
        acquire(&leases, "a", 1).expect("free"),
        acquire(&leases, "b", 2).expect("free"),
    );
    a.sweep(&runtime).expect("nothing there");
    assert!(!runtime.exists(), "a sweep creates nothing");
    let foreign = a.allocate(&runtime, &allocation(&runtime, "b"));
    assert!(matches!(foreign, Err(RegistryError::WrongPod { .. })));

    for lease in [&a, &b] {
        let allocation = allocation(&runtime, lease.pod().as_str());
        lease.allocate(&runtime, &allocation).expect("writable");
        fs::write(&allocation.socket, "").expect("writable");
        assert_eq!(
            registry.allocation(lease.pod()).expect("valid"),
            Some(allocation)
        );
    }
    a.withdraw(&runtime).expect("ours");
    a.withdraw(&runtime).expect("gone already");
    assert_eq!(registry.allocation(a.pod()).expect("readable"), None);
    assert!(registry.allocation(b.pod()).expect("readable").is_some());
    assert!(!socket_file(&runtime, a.pod()).exists());
    assert!(socket_file(&runtime, b.pod()).exists());
}
