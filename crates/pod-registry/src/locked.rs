//! Which files can be locked at all, from the kernel's own list of locks.
//!
//! With 100,000 leases it costs more to ask each of them than everything else about the list. The
//! kernel lists all locks in `/proc/locks`, ours by inode. That is of use only where the inode
//! of the list is the inode of the directory entry, so it is used on file systems that are known for
//! it, and only if a lock of our own is in the list at that moment. It is a sieve: what may be locked
//! is asked as ever.
//!
//! The list is read in pieces, and a lock that goes while it is being read can hide another one. So
//! it counts only once it reads the same twice.

use std::{
    collections::HashSet,
    fs::{self, File},
    os::unix::fs::MetadataExt,
    path::Path,
};

use nix::sys::{
    memfd::{MFdFlags, memfd_create},
    statfs::{self, FsType, statfs},
};

use crate::lock::{self, Part};

/// The kernel's list.
const LOCKS: &str = "/proc/locks";
/// How often it is read before the machine counts as too busy with locks.
const READS_MAX: usize = 6;
/// File systems of this machine alone, on which an entry of a directory has the inode of its file.
const KNOWN: [FsType; 5] = [
    statfs::EXT4_SUPER_MAGIC,
    statfs::TMPFS_MAGIC,
    statfs::XFS_SUPER_MAGIC,
    statfs::BTRFS_SUPER_MAGIC,
    statfs::F2FS_SUPER_MAGIC,
];

/// The inodes of all files that somebody holds a lock of our kind on, and perhaps others; `None`
/// where that cannot be known for files in `directory`.
pub(crate) fn inodes(directory: &Path) -> Option<HashSet<u64>> {
    let found = statfs(directory).ok()?;
    if !KNOWN.contains(&found.filesystem_type()) {
        return None;
    }
    let ours = File::from(memfd_create("lease-sieve", MFdFlags::MFD_CLOEXEC).ok()?);
    let inode = ours.metadata().ok()?.ino();
    if !lock::try_lock(&ours, Part::Whole).ok()? {
        return None;
    }
    let mut before = fs::read(LOCKS).ok()?;
    for _ in 1..READS_MAX {
        let now = fs::read(LOCKS).ok()?;
        if now == before {
            let inodes = parse(&now);
            return inodes.contains(&inode).then_some(inodes);
        }
        before = now;
    }
    None
}

/// The inodes of open-file-description locks: `5: OFDLCK ADVISORY WRITE -1 fe:00:10128414 0 EOF`.
fn parse(locks: &[u8]) -> HashSet<u64> {
    let text = String::from_utf8_lossy(locks);
    let inode = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        words.by_ref().find(|word| *word == "OFDLCK")?;
        let file = words.find(|word| word.split(':').count() == 3)?;
        file.rsplit(':').next()?.parse().ok()
    };
    text.lines().filter_map(inode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_locks_of_our_kind_count() {
        let locks = b"\
1: FLOCK  ADVISORY  WRITE 24586 fe:00:1 0 EOF
2: OFDLCK ADVISORY  WRITE -1 fe:00:22 0 EOF
2: -> OFDLCK ADVISORY  WRITE -1 fe:00:23 0 EOF
3: POSIX  ADVISORY  READ 24563 00:1a:3 0 EOF
4: OFDLCK
OFDLCK nonsense a:b:c
\xff";
        assert_eq!(parse(locks), HashSet::from([22, 23]));
    }

    #[test]
    fn a_file_system_without_real_inodes_is_not_trusted() {
        assert_eq!(inodes(Path::new("/proc")), None);
        assert_eq!(inodes(Path::new("/nonexistent")), None);
    }
}
