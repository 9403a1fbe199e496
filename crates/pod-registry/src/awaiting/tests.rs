use std::{sync::mpsc, time::Instant};

use pod_protocol::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::{LINGER_MS, Lease, LeaseState, Machine, Registry};

const LONG: Duration = Duration::from_secs(20);

fn pod() -> PodName {
    PodName::new("a").expect("a name")
}

fn holder(pid: u32) -> Holder {
    let machine = Machine {
        machine_id: "m".to_owned(),
        boot_id: "b".to_owned(),
        host_name: "h".to_owned(),
    };
    Holder::new(&machine, pid, Path::new("/run/pods"), Timestamp::default())
}

fn acquire(leases: &Path, pid: u32) -> Lease {
    Lease::acquire(leases, &pod(), &holder(pid)).expect("nobody else wants it")
}

/// How many threads of this process sleep on a lock of the file at `path`.
fn sleepers(path: &Path) -> usize {
    let inode = fs::metadata(path).expect("a lease file").ino();
    let locks = fs::read_to_string("/proc/locks").expect("a list of locks");
    let of_file = format!(":{inode} ");
    let asleep = |line: &&str| line.contains("->") && line.contains(&of_file);
    locks.lines().filter(asleep).count()
}

/// A thread that waits for the end of the pod, asleep already.
fn waiting(leases: &Path) -> mpsc::Receiver<()> {
    let path = leases.join("a");
    let before = sleepers(&path);
    let (sender, ended) = mpsc::channel();
    let leases = leases.to_owned();
    thread::spawn(move || {
        await_end(&leases, &pod()).expect("a lease that can be waited for");
        // The test may have seen enough.
        let _ = sender.send(());
    });
    let deadline = Instant::now() + LONG;
    while sleepers(&path) == before {
        assert!(Instant::now() < deadline, "nobody sleeps on the lease");
        thread::yield_now();
    }
    ended
}

#[test]
fn what_is_not_alive_is_not_waited_for() {
    let root = TempDir::new().expect("a directory");
    let leases = root.path().join("leases");
    await_end(&leases, &pod()).expect("no directory");
    acquire(&leases, 1).release().expect("ours");
    await_end(&leases, &pod()).expect("a free lease");
}

#[test]
fn the_end_of_a_host_wakes_everybody_who_waits_for_it() {
    let root = TempDir::new().expect("a directory");
    let lease = acquire(root.path(), 1);
    let waiters = [waiting(root.path()), waiting(root.path())];
    for waiter in &waiters {
        assert!(waiter.try_recv().is_err());
    }
    drop(lease);
    for waiter in waiters {
        waiter.recv_timeout(LONG).expect("woken");
    }
}

#[test]
fn a_new_host_right_behind_the_end_keeps_nobody_waiting() {
    let root = TempDir::new().expect("a directory");
    for round in 0..50 {
        let lease = acquire(root.path(), round);
        let waiter = waiting(root.path());
        drop(lease);
        let next = acquire(root.path(), round + 1_000);
        // It may have had the place before the waiter was awake: then the waiter sleeps on it.
        drop(next);
        waiter.recv_timeout(LONG).expect("woken");
    }
}

#[test]
fn who_waits_keeps_nobody_from_the_lease_and_does_not_look_like_a_host() {
    let root = TempDir::new().expect("a directory");
    let path = root.path().join("a");
    drop(acquire(root.path(), 1));
    // Frozen in the instant in which it woke up.
    let frozen = open_existing(&path, Access::Read)
        .expect("readable")
        .expect("there");
    let shared = libc::flock {
        l_type: libc::F_RDLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 1,
        l_len: 1,
        l_pid: 0,
    };
    nix::fcntl::fcntl(&frozen, nix::fcntl::FcntlArg::F_OFD_SETLK(&shared)).expect("free");
    let registry = Registry::new(root.path(), "/nonexistent");
    assert_eq!(registry.lease(&pod()).expect("asked"), LeaseState::Free);
    let began = Instant::now();
    let lease = acquire(root.path(), 2);
    assert!(began.elapsed() >= Duration::from_millis(LINGER_MS));
    // Nobody can sleep on this host; it is not taken for ended all the same.
    let (sender, ended) = mpsc::channel();
    let leases = root.path().to_owned();
    thread::spawn(move || {
        await_end(&leases, &pod()).expect("a lease that can be waited for");
        let _ = sender.send(());
    });
    assert!(ended.recv_timeout(Duration::from_millis(50)).is_err());
    drop(lease);
    ended.recv_timeout(LONG).expect("it looked again");
}
