//! What `/proc` says of the processes that hold a child.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, SysconfVar, sysconf},
};

/// Parents of all processes at one moment.
pub(crate) struct Parents(BTreeMap<i32, i32>);

impl Parents {
    pub(crate) fn now() -> Self {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        Self(
            pids.filter_map(|pid| Some((pid, parent_of(pid)?)))
                .collect(),
        )
    }

    /// Everything that holds `children`: their ancestors up to who is not part of it (init, this
    /// process and those above it), and what these ancestors started, without the children.
    pub(crate) fn holders(&self, children: &[i32]) -> BTreeSet<i32> {
        let mut outside: BTreeSet<i32> = self.line(own_pid()).collect();
        outside.extend([0, 1]);
        let is_inside = |pid: &i32| !outside.contains(pid);
        let tops: BTreeSet<i32> = children
            .iter()
            .filter_map(|child| self.line(*child).take_while(is_inside).last())
            .collect();
        let children: BTreeSet<i32> = children.iter().copied().collect();
        let holds = |pid: &i32| {
            let mut line = self.line(*pid).take_while(is_inside);
            let mut own = self.line(*pid);
            line.any(|above| tops.contains(&above)) && !own.any(|above| children.contains(&above))
        };
        self.0
            .keys()
            .copied()
            .filter(is_inside)
            .filter(holds)
            .collect()
    }

    /// `pid` and its ancestors, itself first.
    fn line(&self, pid: i32) -> impl Iterator<Item = i32> {
        std::iter::successors(Some(pid), |pid| self.0.get(pid).copied())
    }
}

fn own_pid() -> i32 {
    i32::try_from(std::process::id()).expect("Linux has smaller ones")
}

/// The fields of `/proc/PID/stat` behind the name, which may hold anything.
fn stat(pid: i32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, behind) = text.rsplit_once(") ")?;
    Some(behind.split(' ').map(str::to_owned).collect())
}

fn parent_of(pid: i32) -> Option<i32> {
    stat(pid)?.get(1)?.parse().ok()
}

/// CPU seconds that `pids` have used, dead threads included.
pub(crate) fn cpu_seconds(pids: &BTreeSet<i32>) -> f64 {
    let ticks_a_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    let ticks = |pid: &i32| -> Option<u64> {
        let fields = stat(*pid)?;
        let field = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(field(11)? + field(12)?)
    };
    let total: u64 = pids.iter().filter_map(ticks).sum();
    #[expect(clippy::cast_precision_loss, reason = "ticks of a benchmark are few")]
    let seconds = total as f64 / ticks_a_second as f64;
    seconds
}

/// CPU nanoseconds that the live threads of `pids` have used: finer than [`cpu_seconds`], for
/// programs of which no thread ends.
pub(crate) fn cpu_ns(pids: &BTreeSet<i32>) -> u64 {
    let threads = |pid: &i32| {
        fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten()
    };
    let ran = |task: std::io::Result<fs::DirEntry>| -> Option<u64> {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    pids.iter().flat_map(threads).filter_map(ran).sum()
}

/// The sum of one field of a file under `/proc/PID`, such as `VmHWM:` of `status`, in its own unit.
fn sum_of(pids: &BTreeSet<i32>, file: &str, fields: &[&str]) -> u64 {
    let of_text = |text: String| -> u64 {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        let wanted = lines.filter(|(name, _)| fields.contains(name));
        wanted
            .filter_map(|(_, value)| value.split_whitespace().next()?.parse::<u64>().ok())
            .sum()
    };
    let read = |pid: &i32| fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
    pids.iter().filter_map(read).map(of_text).sum()
}

/// The largest memory that each of `pids` has had, together, in KiB.
pub(crate) fn peak_kib(pids: &BTreeSet<i32>) -> u64 {
    sum_of(pids, "status", &["VmHWM"])
}

/// The memory that each of `pids` has now, together, in KiB.
pub(crate) fn resident_kib(pids: &BTreeSet<i32>) -> u64 {
    sum_of(pids, "status", &["VmRSS"])
}

/// Memory that nobody shares with `pids`, in KiB.
pub(crate) fn private_kib(pids: &BTreeSet<i32>) -> u64 {
    sum_of(pids, "smaps_rollup", &["Private_Clean", "Private_Dirty"])
}

/// How often the threads of `pids` have been switched to or from.
pub(crate) fn switches(pids: &BTreeSet<i32>) -> u64 {
    let threads = |pid: &i32| {
        let tasks = fs::read_dir(format!("/proc/{pid}/task"));
        tasks
            .into_iter()
            .flatten()
            .flatten()
            .map(|task| task.path())
    };
    let fields = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
    let paths = pids.iter().flat_map(threads);
    paths
        .filter_map(|task| {
            task.strip_prefix("/proc")
                .ok()
                .map(|p| p.display().to_string())
        })
        .map(|task| {
            let text = fs::read_to_string(format!("/proc/{task}/status")).unwrap_or_default();
            let lines = text.lines().filter_map(|line| line.split_once(':'));
            let counts = lines.filter(|(name, _)| fields.contains(name));
            counts
                .filter_map(|(_, count)| count.trim().parse::<u64>().ok())
                .sum::<u64>()
        })
        .sum()
}

/// Whether none of `pids` is there any more, zombies of somebody else not counted.
pub(crate) fn are_gone(pids: &BTreeSet<i32>) -> bool {
    let is_alive = |pid: &i32| stat(*pid).is_some_and(|fields| fields[0] != "Z");
    !pids.iter().any(is_alive)
}

/// Ends `pids` by force: holders that outlive their child, which we started.
pub(crate) fn end(pids: &BTreeSet<i32>) {
    for pid in pids {
        // Gone in the meantime is what we want.
        let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parents(pairs: &[(i32, i32)]) -> Parents {
        let own = own_pid();
        let mut all: BTreeMap<i32, i32> = pairs.iter().copied().collect();
        all.extend([(1, 0), (own, 1)]);
        Parents(all)
    }

    #[test]
    fn holders_are_ancestors_and_what_they_started() {
        let own = own_pid();
        let check = |pairs: &[(i32, i32)], children: &[i32], expected: &[i32]| {
            let got = parents(pairs).holders(children);
            assert_eq!(got, expected.iter().copied().collect(), "{pairs:?}");
        };
        let base = 100_000_000;
        let [host, warden, child, grandchild, cat] = [1, 2, 3, 4, 5].map(|n| base + n);
        check(&[(child, own)], &[child], &[]);
        check(&[(child, own), (cat, own)], &[child], &[]);
        check(
            &[
                (host, 1),
                (warden, host),
                (child, warden),
                (grandchild, child),
                (cat, host),
            ],
            &[child],
            &[host, warden, cat],
        );
        check(&[(host, own), (child, host)], &[child], &[host]);
        check(&[(child, 1)], &[child], &[]);
        // One server for two children.
        check(
            &[(host, 1), (child, host), (cat, host)],
            &[child, cat],
            &[host],
        );
    }

    #[test]
    fn this_process_has_memory_and_switches() {
        let this = BTreeSet::from([own_pid()]);
        assert!(peak_kib(&this) > 0);
        assert!(private_kib(&this) > 0);
        assert!(switches(&this) > 0);
        assert!(!are_gone(&this));
        assert!(Parents::now().0.contains_key(&own_pid()));
    }
}
