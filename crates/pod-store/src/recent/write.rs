//! Writing the recent index: a line at its end, or all of it anew.
//!
//! Writers take turns under a lock on a file beside it, and none waits long for its turn: what is
//! not said here is read from the files. A line at the end becomes the pod's line by being the last
//! one; what a crash left of a line is closed by the next writer.

use std::{
    fs::{File, TryLockError},
    os::unix::fs::FileExt,
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime},
};

use nix::{
    fcntl::{AT_FDCWD, AtFlags},
    sys::stat::fstatat,
};
use pod_files::{Access, Durability, FileError, create_private, disk, open_existing, replace_file};
use pod_protocol::{PodName, Timestamp};

use super::{
    Recent, Shortcut,
    line::{self, FileIs, Head, Known, PrunedNote},
    split,
};
use crate::{
    Store, StoreError, StoreWriter,
    stored::{Contents, Stored, read_with_directory},
};

/// How long to wait between two tries for the lock.
const RETRY: Duration = Duration::from_millis(2);
/// An index that has grown by as much as it was, and this much, is written anew, in bytes.
const WASTE_BYTES: u64 = 64 * 1024;
/// With at most this many pods, writing all of it anew is no more work than one line.
const FEW_PODS: usize = 64;
/// How young an index of another version of the program is left alone: both may be in use, and they
/// must not take turns in writing all of it anew.
const FOREIGN_AGE_MIN: Duration = Duration::from_secs(60 * 60);
/// How many lines about pruning are kept.
const NOTES_KEPT: usize = 16;
/// How much of the beginning holds the first line.
const HEAD_BYTES: usize = 256;

/// What came of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is there.
    Written,
    /// Somebody else was writing for too long.
    Busy,
    /// There is no index, or one that is mostly waste: [`StoreWriter::rewrite_recent`] is due, and
    /// takes a while.
    RewriteDue,
}

impl StoreWriter {
    /// Says in the index how `pod` is now. Waits at most `patience` for others who write to it.
    ///
    /// # Errors
    /// When it cannot be written. Nothing depends on it.
    pub fn note_recent(&self, pod: &PodName, patience: Duration) -> Result<Noted, StoreError> {
        let line = line::pod_line(
            pod,
            known(self.store(), pod).map(|(_, known)| known).as_ref(),
        );
        self.append_recent(&line, patience)
    }

    /// Puts `pod` among the newest without saying anything about it: it has just begun.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn name_recent(&self, pod: &PodName, patience: Duration) -> Result<Noted, StoreError> {
        self.append_recent(&line::pod_line(pod, None), patience)
    }

    /// Says in the index what retention took away.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_pruned(&self, note: &PrunedNote, patience: Duration) -> Result<Noted, StoreError> {
        self.append_recent(&line::pruned_line(note), patience)
    }

    fn append_recent(&self, line: &[u8], patience: Duration) -> Result<Noted, StoreError> {
        let Some(_lock) = self.lock_recent(patience)? else {
            return Ok(Noted::Busy);
        };
        let path = self.layout().recent();
        // What is there and is no file is in the way of a line, and not of writing all anew.
        let Ok(Some(file)) = open_existing(&path, Access::ReadWrite) else {
            return self.rewrite_few();
        };
        let failed = |source| StoreError::from(FileError::io("append to", &path)(source));
        let found = file.metadata().map_err(failed)?;
        let length = found.len();
        let mut last = [b'\n'];
        if length > 0 {
            file.read_exact_at(&mut last, length - 1).map_err(failed)?;
        }
        let torn: &[u8] = if last == [b'\n'] { b"" } else { b"\n" };
        disk::write_all_at(&file, &[torn, line].concat(), length).map_err(failed)?;
        match head(&file) {
            Some(head) if length <= 2 * head.bytes + WASTE_BYTES => Ok(Noted::Written),
            Some(_) => self.rewrite_few(),
            None => match found
                .modified()
                .map(|at| SystemTime::now().duration_since(at))
            {
                Ok(Ok(age)) if age < FOREIGN_AGE_MIN && is_foreign(&file) => Ok(Noted::Written),
                _ => self.rewrite_few(),
            },
        }
    }

    /// Writes all of it anew at once where that is little. The caller has the lock.
    fn rewrite_few(&self) -> Result<Noted, StoreError> {
        if self.store().names()?.len() > FEW_PODS {
            return Ok(Noted::RewriteDue);
        }
        self.rewrite_locked()?;
        Ok(Noted::Written)
    }

    /// Writes the whole index anew: a line for every pod, newest last. Lines that still hold are
    /// kept, so this costs about as much as a look at all pods. `None` if somebody else was writing
    /// for longer than `patience`; else how many pods there are.
    ///
    /// # Errors
    /// When the pods cannot be listed or it cannot be written. The index is then as it was.
    pub fn rewrite_recent(&self, patience: Duration) -> Result<Option<usize>, StoreError> {
        match self.lock_recent(patience)? {
            Some(_lock) => self.rewrite_locked().map(Some),
            None => Ok(None),
        }
    }

    fn rewrite_locked(&self) -> Result<usize, StoreError> {
        let store = self.store();
        let recent = Recent::read(store.layout());
        let lines = recent.lines();
        let mut shortcut = Shortcut::new(store.layout(), &lines);
        let mut fresh: Vec<(Timestamp, PodName, Vec<u8>)> = Vec::new();
        for pod in store.names()? {
            let kept = shortcut
                .stored(&pod)
                .and_then(|stored| Some((stored.updated_at(), [lines.of(&pod)?, b"\n"].concat())));
            let (at, line) = kept.unwrap_or_else(|| {
                let known = known(store, &pod);
                let at = known.as_ref().and_then(|(stored, _)| stored.updated_at());
                let known = known.map(|(_, known)| known);
                (at, line::pod_line(&pod, known.as_ref()))
            });
            fresh.push((at.unwrap_or_default(), pod, line));
        }
        fresh.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let notes = newest_notes(&recent.bytes);
        let bytes = fresh.iter().map(|(.., line)| line.len() as u64).sum();
        let mut content = line::head_line(Head { bytes });
        content.extend(notes.concat());
        for (.., line) in &fresh {
            content.extend_from_slice(line);
        }
        replace_file(&self.layout().recent(), &content, Durability::Cached)?;
        Ok(fresh.len())
    }

    /// The lock, once it is free; `None` if that takes longer than `patience`.
    fn lock_recent(&self, patience: Duration) -> Result<Option<File>, StoreError> {
        let path = self.layout().recent_lock();
        let file = match open_existing(&path, Access::ReadWrite)? {
            Some(file) => file,
            None => create_private(&path).or_else(|error| {
                // Somebody was faster.
                open_existing(&path, Access::ReadWrite)?.ok_or(error)
            })?,
        };
        let deadline = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(RETRY),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(source)) => {
                    return Err(FileError::io("lock", &path)(source).into());
                }
            }
        }
    }
}

impl Store {
    /// How many pods have a run that has ended and is not in the index as it is: reading each of
    /// them takes every list longer.
    ///
    /// # Errors
    /// When the pods cannot be listed.
    pub fn missing_from_recent(&self) -> Result<usize, StoreError> {
        let recent = Recent::read(self.layout());
        let lines = recent.lines();
        let mut shortcut = Shortcut::new(self.layout(), &lines);
        let pods = self.names()?;
        let missing = |pod: &&PodName| shortcut.stored(pod).is_none() && known(self, pod).is_some();
        Ok(pods.iter().filter(missing).count())
    }
}

/// What there is to say of `pod` that stays true as long as its two files are the same.
fn known(store: &Store, pod: &PodName) -> Option<(Stored, Known)> {
    let layout = store.layout();
    let metadata_path = layout.metadata(pod);
    let metadata = look(&metadata_path)?;
    let active = store.metadata(pod).ok()??.active?;
    let records_path = layout.records(active.session_id, active.segment_id?);
    let records = look(&records_path)?;
    let mut troubles = Vec::new();
    let (stored, cwd) = read_with_directory(store, pod, &mut troubles)?;
    let Contents::Run(run) = &stored.contents else {
        return None;
    };
    let unchanged = look(&metadata_path)? == metadata && look(&records_path)? == records;
    if !unchanged || !troubles.is_empty() || !run.latched || run.damage.is_some() {
        return None;
    }
    let known = Known {
        metadata,
        records,
        created_at: stored.created_at,
        pinned: stored.pinned,
        session: stored.session?,
        segment: stored.segment?,
        cwd,
        run: (**run).clone(),
    };
    Some((stored, known))
}

fn look(path: &Path) -> Option<FileIs> {
    let found = fstatat(AT_FDCWD, path, AtFlags::AT_SYMLINK_NOFOLLOW).ok()?;
    Some(FileIs::of(&found))
}

fn head(file: &File) -> Option<Head> {
    let mut start = vec![0; HEAD_BYTES];
    let read = file.read_at(&mut start, 0).ok()?;
    line::head_of(split(&start[..read]).next()?)
}

/// Whether the first line could be that of another version of the program.
fn is_foreign(file: &File) -> bool {
    let mut start = vec![0; HEAD_BYTES];
    let read = file.read_at(&mut start, 0).unwrap_or(0);
    start[..read].starts_with(br#"{"version":"#)
}

fn newest_notes(bytes: &[u8]) -> Vec<Vec<u8>> {
    let notes: Vec<PrunedNote> = split(bytes).filter_map(line::pruned_of).collect();
    let newest = notes.iter().skip(notes.len().saturating_sub(NOTES_KEPT));
    newest.map(line::pruned_line).collect()
}
