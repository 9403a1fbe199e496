//! What the processes of a run are doing and using, looked up when somebody asks.

use std::{fs, io, time::Duration};

use nix::unistd::{SysconfVar, sysconf};
use pod_protocol::{Process, ProcessState};
use tokio::{sync::Mutex, time::Instant};

use crate::warden::{inner_pod::is_pod_host, tree};

/// Viewers who ask within this time share one look, however many they are.
const FRESH: Duration = Duration::from_millis(200);
/// A look at a run that forks without end stops after this many processes.
const PROCESSES_MAX: usize = 10_000;

/// Whom to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Family {
    /// Everything below this process.
    pub(crate) warden: i32,
    /// The command's own process.
    pub(crate) command: u32,
}

/// The newest look and when it was.
#[derive(Debug, Default)]
pub(crate) struct Looks(Mutex<Option<(Instant, Process)>>);

impl Looks {
    /// How the family is; `None` when the command is gone.
    pub(crate) async fn look(&self, family: Family) -> Option<Process> {
        let mut newest = self.0.lock().await;
        if let Some((at, process)) = *newest
            && at.elapsed() < FRESH
        {
            return Some(process);
        }
        // On a machine with many processes this takes its time.
        let looking = tokio::task::spawn_blocking(move || look(family));
        let process = looking.await.ok().flatten()?;
        *newest = Some((Instant::now(), process));
        Some(process)
    }
}

fn look(Family { warden, command }: Family) -> Option<Process> {
    let own = Stat::read(i32::try_from(command).ok()?)?;
    // What has fallen to the warden and ended is counted there.
    let mut ticks = Stat::read(warden).map_or(0, |stat| stat.buried_ticks);
    let (mut processes, mut pages) = (0, 0);
    for pid in below(warden) {
        let Some(stat) = Stat::read(pid) else {
            continue;
        };
        ticks += stat.ticks + stat.buried_ticks;
        if stat.state != ProcessState::Zombie {
            processes += 1;
            pages += stat.pages;
        }
    }
    Some(Process {
        state: own.state,
        pid: command,
        processes,
        rss_kib: pages * system(SysconfVar::PAGE_SIZE, 4096) / 1024,
        cpu_ms: ticks * 1000 / system(SysconfVar::CLK_TCK, 100),
    })
}

fn system(variable: SysconfVar, usual: u64) -> u64 {
    let value = sysconf(variable).ok().flatten();
    value
        .and_then(|value| u64::try_from(value).ok())
        .unwrap_or(usual)
}

/// Everything below `root`, from what the kernel says of each process's children; where it does not,
/// from a walk over all processes.
fn below(root: i32) -> Vec<i32> {
    let Ok(mut next) = children(root) else {
        let pids = tree::descendants(root).into_iter();
        return pids.map(nix::unistd::Pid::as_raw).collect();
    };
    let mut found = Vec::new();
    while let Some(pid) = next.pop() {
        if found.len() == PROCESSES_MAX {
            break;
        }
        // The command of another pod is no part of this run.
        let is_leader = Stat::read(pid).is_some_and(|stat| stat.session == pid);
        if !(is_leader && is_pod_host(pid)) {
            found.push(pid);
            next.extend(children(pid).unwrap_or_default());
        }
    }
    found
}

fn children(pid: i32) -> io::Result<Vec<i32>> {
    let mut all = Vec::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let list = fs::read_to_string(thread?.path().join("children"))?;
        all.extend(
            list.split_whitespace()
                .filter_map(|pid| pid.parse::<i32>().ok()),
        );
    }
    Ok(all)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    state: ProcessState,
    session: i32,
    /// Processor time of its own, in ticks of the system.
    ticks: u64,
    /// …and of its children that have ended.
    buried_ticks: u64,
    /// Pages in memory.
    pages: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        Self::parse(&String::from_utf8_lossy(&stat))
    }

    /// The name in the second field may hold anything: fields count from its end.
    fn parse(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            state: match *fields.first()? {
                "R" => ProcessState::Running,
                "D" => ProcessState::Uninterruptible,
                "T" | "t" => ProcessState::Stopped,
                "Z" | "X" => ProcessState::Zombie,
                _ => ProcessState::Sleeping,
            },
            session: fields.get(3)?.parse().ok()?,
            ticks: number(11)? + number(12)?,
            buried_ticks: number(13)? + number(14)?,
            pages: number(21)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_understood() {
        let check = |letter: &str, state| {
            let stat = format!(
                "42 (a) b) {letter} 7 8 9 0 -1 0 0 0 0 0 3 4 50 60 20 0 1 0 99 4096000 250 0"
            );
            let expected = Stat {
                state,
                session: 9,
                ticks: 7,
                buried_ticks: 110,
                pages: 250,
            };
            assert_eq!(Stat::parse(&stat), Some(expected), "{stat}");
        };
        check("R", ProcessState::Running);
        check("S", ProcessState::Sleeping);
        check("I", ProcessState::Sleeping);
        check("D", ProcessState::Uninterruptible);
        check("T", ProcessState::Stopped);
        check("t", ProcessState::Stopped);
        check("Z", ProcessState::Zombie);
        assert_eq!(Stat::parse("nonsense"), None);
        assert_eq!(Stat::parse("42 (x) R 1 2"), None);
    }

    #[test]
    fn a_family_is_counted() {
        let mut child = std::process::Command::new("sleep")
            .arg("1000")
            .spawn()
            .expect("sleep is there");
        let family = Family {
            warden: std::process::id().try_into().expect("a pid"),
            command: child.id(),
        };
        let process = look(family);
        child.kill().expect("ours");
        child.wait().expect("ours");
        let process = process.expect("it was there");
        assert_eq!(process.pid, child.id());
        // Of memory it may have none yet that the kernel has counted.
        assert!(process.processes >= 1, "{process:?}");
        assert_eq!(look(family), None, "it is gone");
    }
}
