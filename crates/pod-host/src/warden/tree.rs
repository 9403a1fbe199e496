//! The process tree below the warden, as `/proc` shows it.
//!
//! The walk is a snapshot of a moving thing: a process that forks between two reads can be missed
//! by one pass. Whoever must reach everything stops the processes first and walks until a pass
//! finds nothing new.

use std::{
    collections::{HashMap, HashSet},
    fs,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::inner_pod::is_pod_host;

/// A pass over a tree that keeps forking ends after this many rounds, so that a fork bomb cannot
/// hold the warden; what is left gets the next signal of the sequence.
const ROUNDS_MAX: usize = 64;

/// Fields of `stat` between the session and the number of threads.
const THREADS_AFTER_SESSION: usize = 13;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    pid: i32,
    parent: i32,
    session: i32,
    alive: bool,
    /// By a signal, not by a debugger.
    stopped: bool,
}

/// Living descendants of `root`, parents before their children. The walk does not enter another
/// pod's host.
pub(crate) fn descendants(root: i32) -> Vec<Pid> {
    let pid = |process: Process| Pid::from_raw(process.pid);
    walk(root).into_iter().map(pid).collect()
}

/// Whether any of them is stopped.
pub(crate) fn is_any_stopped(root: i32) -> bool {
    walk(root).iter().any(|process| process.stopped)
}

fn walk(root: i32) -> Vec<Process> {
    let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
    for process in all_processes() {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(parent) = next.pop() {
        for child in children.remove(&parent).unwrap_or_default() {
            if child.pid == child.session && is_pod_host(child.pid) {
                continue;
            }
            next.push(child.pid);
            if child.alive {
                found.push(child);
            }
        }
    }
    found
}

/// Sends `signal` to every living descendant of `root` and says how many got it.
pub(crate) fn signal_all(root: i32, signal: Signal) -> u32 {
    let reached = descendants(root)
        .into_iter()
        .filter(|&pid| kill(pid, signal).is_ok())
        .count();
    u32::try_from(reached).unwrap_or(u32::MAX)
}

/// Kills every descendant of `root`, also those that are born meanwhile: a stopped process cannot
/// fork, so everything is stopped before the first one is killed and makes room for another.
pub(crate) fn kill_all(root: i32) -> u32 {
    let found = stop_until(root, 1);
    send_all(&found, Signal::SIGKILL);
    count(&found)
}

/// Stops every descendant of `root` where it is, also those that are born meanwhile, parents before
/// their children: a shell with job control must not see a child stop. A pass can miss what changes
/// its parent while it is looked for; what is stopped does not end, so the second pass that finds
/// nothing new has missed nothing.
pub(crate) fn stop_all(root: i32) -> u32 {
    count(&stop_until(root, 2))
}

/// Lets every descendant of `root` go on, children before their parents.
pub(crate) fn continue_all(root: i32) -> u32 {
    let mut found = descendants(root);
    found.reverse();
    send_all(&found, Signal::SIGCONT);
    count(&found)
}

/// Stops what it finds until as many passes in a row have found nothing new.
fn stop_until(root: i32, quiet_passes: usize) -> Vec<Pid> {
    let (mut seen, mut found, mut quiet) = (HashSet::new(), Vec::new(), 0);
    for _ in 0..ROUNDS_MAX {
        let fresh: Vec<Pid> = descendants(root)
            .into_iter()
            .filter(|pid| seen.insert(*pid))
            .collect();
        quiet = if fresh.is_empty() { quiet + 1 } else { 0 };
        if quiet == quiet_passes {
            break;
        }
        send_all(&fresh, Signal::SIGSTOP);
        found.extend(fresh);
    }
    found
}

fn count(found: &[Pid]) -> u32 {
    u32::try_from(found.len()).unwrap_or(u32::MAX)
}

fn send_all(pids: &[Pid], signal: Signal) {
    for &pid in pids {
        // A process that is gone already needs no signal.
        let _ = kill(pid, signal);
    }
}

fn all_processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<i32>().ok();
    entries
        .flatten()
        .filter_map(pid)
        .filter_map(read_process)
        .collect()
}

fn read_process(pid: i32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse_stat(pid, &String::from_utf8_lossy(&stat))
}

/// The name in the second field may hold anything, parentheses included: fields count from the last
/// closing one.
fn parse_stat(pid: i32, stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    let threads: u32 = fields.nth(THREADS_AFTER_SESSION)?.parse().ok()?;
    // A process whose first thread has ended looks like a zombie while the others go on.
    let alive = !matches!(state, "Z" | "X") || threads > 1;
    Some(Process {
        pid,
        parent,
        session,
        alive,
        stopped: state == "T",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_cannot_forge_its_parent() {
        let stat = "42 (evil) S 1 1 1 (x) R 7 8 9 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0";
        let process = parse_stat(42, stat).expect("a stat line");
        assert_eq!(
            process,
            Process {
                pid: 42,
                parent: 7,
                session: 9,
                alive: true,
                stopped: false,
            }
        );
        assert!(parse_stat(42, "nonsense").is_none());
    }

    #[test]
    fn stopped_is_by_a_signal_and_not_by_a_debugger() {
        for (state, stopped) in [("T", true), ("t", false), ("S", false)] {
            let stat = format!("42 (x) {state} 7 8 9 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0");
            let process = parse_stat(42, &stat).expect("a stat line");
            assert_eq!(process.stopped, stopped, "{stat}");
        }
    }

    #[test]
    fn a_zombie_with_threads_is_alive() {
        for (state, threads, alive) in [("S", 1, true), ("Z", 1, false), ("Z", 3, true)] {
            let stat = format!("42 (x) {state} 7 8 9 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0");
            let process = parse_stat(42, &stat).expect("a stat line");
            assert_eq!(process.alive, alive, "{stat}");
        }
    }

    #[test]
    fn the_own_stat_line_is_understood() {
        let own = read_process(std::process::id().try_into().expect("a pid")).expect("alive");
        assert!(own.alive && own.parent > 0, "{own:?}");
    }
}
