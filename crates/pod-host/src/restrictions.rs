//! What a launcher is restricted to and its command with it: file mode creation mask and resource
//! limits. Read before the host lifts them for itself, written down, and restored by a resume.

use std::{fs, io};

use nix::sys::{
    resource::{Resource, getrlimit, rlim_t, setrlimit},
    stat::{Mode, umask},
};
use pod_store::Limit;
use serde::{Deserialize, Serialize};

const NO_LIMIT: rlim_t = libc::RLIM_INFINITY;
/// The limits by their names.
const RESOURCES: [(&str, Resource); 16] = [
    ("as", Resource::RLIMIT_AS),
    ("core", Resource::RLIMIT_CORE),
    ("cpu", Resource::RLIMIT_CPU),
    ("data", Resource::RLIMIT_DATA),
    ("fsize", Resource::RLIMIT_FSIZE),
    ("locks", Resource::RLIMIT_LOCKS),
    ("memlock", Resource::RLIMIT_MEMLOCK),
    ("msgqueue", Resource::RLIMIT_MSGQUEUE),
    ("nice", Resource::RLIMIT_NICE),
    ("nofile", Resource::RLIMIT_NOFILE),
    ("nproc", Resource::RLIMIT_NPROC),
    ("rss", Resource::RLIMIT_RSS),
    ("rtprio", Resource::RLIMIT_RTPRIO),
    ("rttime", Resource::RLIMIT_RTTIME),
    ("sigpending", Resource::RLIMIT_SIGPENDING),
    ("stack", Resource::RLIMIT_STACK),
];

/// Mask and limits of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restrictions {
    /// Absent where it is not known: then the command gets its launcher's.
    pub(crate) umask: Option<u32>,
    /// In the order of their names.
    pub(crate) limits: Vec<Limit>,
}

impl Restrictions {
    /// Those of this process.
    pub(crate) fn read() -> Self {
        let limit = |(name, resource): &(&str, Resource)| {
            let (soft, hard) = getrlimit(*resource).ok()?;
            let finite = |value| (value != NO_LIMIT).then_some(value);
            Some(Limit {
                name: (*name).to_owned(),
                soft: finite(soft),
                hard: finite(hard),
            })
        };
        Self {
            umask: own_umask(),
            limits: RESOURCES.iter().filter_map(limit).collect(),
        }
    }

    /// What of `self` a process restricted to `mine` cannot have, in words: a soft limit above its
    /// hard one. Privilege to raise it is not counted on.
    pub(crate) fn out_of_reach(&self, mine: &Self) -> Vec<String> {
        let ceiling = |name: &str| {
            let own = mine.limits.iter().find(|own| own.name == name);
            own.and_then(|own| own.hard)
        };
        let wanted = self.limits.iter();
        wanted
            .filter_map(|limit| {
                let ceiling = ceiling(&limit.name)?;
                let soft = limit.soft.filter(|soft| *soft <= ceiling);
                soft.is_none().then(|| {
                    let soft = limit
                        .soft
                        .map_or("unlimited".to_owned(), |soft| soft.to_string());
                    format!("limit {} of {soft} (yours ends at {ceiling})", limit.name)
                })
            })
            .collect()
    }

    /// The same with no hard limit above that of `mine`, which nobody could set.
    pub(crate) fn within(mut self, mine: &Self) -> Self {
        for limit in &mut self.limits {
            let own = mine.limits.iter().find(|own| own.name == limit.name);
            limit.hard = match (limit.hard, own.and_then(|own| own.hard)) {
                (Some(hard), Some(ceiling)) => Some(hard.min(ceiling)),
                (hard, ceiling) => hard.or(ceiling),
            };
        }
        self
    }

    /// What [`Applied::apply`] needs, worked out before the fork.
    pub(crate) fn prepared(&self) -> Applied {
        let resource = |name: &str| {
            let found = RESOURCES.iter().find(|(known, _)| *known == name);
            found.map(|(_, resource)| *resource)
        };
        let limits = self.limits.iter();
        Applied {
            umask: self.umask.map(Mode::from_bits_truncate),
            limits: limits
                .filter_map(|limit| {
                    let value = |value: Option<u64>| value.unwrap_or(NO_LIMIT);
                    Some((resource(&limit.name)?, value(limit.soft), value(limit.hard)))
                })
                .collect(),
        }
    }
}

/// Restrictions as system calls.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    umask: Option<Mode>,
    limits: Vec<(Resource, rlim_t, rlim_t)>,
}

impl Applied {
    /// Restricts the calling process. Allocates nothing.
    pub(crate) fn apply(&self) -> io::Result<()> {
        for (resource, soft, hard) in &self.limits {
            setrlimit(*resource, *soft, *hard)?;
        }
        if let Some(mask) = self.umask {
            umask(mask);
        }
        Ok(())
    }
}

/// The mask of this process, without changing it even for a moment.
fn own_umask() -> Option<u32> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Umask:"))?;
    u32::from_str_radix(line.trim(), 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nofile(soft: impl Into<Option<u64>>, hard: impl Into<Option<u64>>) -> Restrictions {
        let limit = Limit {
            name: "nofile".to_owned(),
            soft: soft.into(),
            hard: hard.into(),
        };
        Restrictions {
            umask: None,
            limits: vec![limit],
        }
    }

    #[test]
    fn limits_above_the_own_hard_one_are_named() {
        let check = |recorded: Restrictions, mine: Restrictions, named: &[&str]| {
            assert_eq!(recorded.out_of_reach(&mine), named, "{recorded:?} {mine:?}");
        };
        check(nofile(1024, 4096), nofile(64, 4096), &[]);
        check(nofile(1024, 1 << 20), nofile(64, 4096), &[]);
        let named = "limit nofile of 8192 (yours ends at 4096)";
        check(nofile(8192, 8192), nofile(64, 4096), &[named]);
        let named = "limit nofile of unlimited (yours ends at 4096)";
        check(nofile(None, None), nofile(64, 4096), &[named]);
        check(nofile(8192, None), nofile(64, None), &[]);
    }

    #[test]
    fn a_hard_limit_is_never_raised() {
        let hard = |recorded: Restrictions, mine| recorded.within(&mine).limits[0].hard;
        assert_eq!(hard(nofile(1, 10), nofile(1, 20)), Some(10));
        assert_eq!(hard(nofile(1, 30), nofile(1, 20)), Some(20));
        assert_eq!(hard(nofile(1, None), nofile(1, 20)), Some(20));
        assert_eq!(hard(nofile(1, 30), nofile(1, None)), Some(30));
    }

    #[test]
    fn the_own_restrictions_can_be_read() {
        let own = Restrictions::read();
        assert!(own.umask.is_some());
        assert_eq!(own.limits.len(), RESOURCES.len());
        assert_eq!(own.out_of_reach(&own), Vec::<String>::new());
    }
}
