//! The recent index: what the list shows of every pod, in one file, newest change last.
//!
//! Derived, and a shortcut only. A line says what the files of a pod said, and which files that were.
//! It is believed as long as those are still the same ([`Shortcut`]); otherwise the files are read as
//! if there were no index. So an index that is absent, torn, stale, foreign or made up costs time.
//!
//! What a line may hold is narrower than what a row may show: only runs whose log says how they
//! ended, without damage. Everything else can change without a change of the two files that are
//! looked at, so its line is the name alone, which only tells a first look that it is among the
//! newest.
//!
//! Absent on purpose: any look at who is alive, and any trust in the order of lines beyond a guess
//! at what is newest.

mod line;
mod write;

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    os::{fd::AsFd, unix::fs::FileExt},
    path::{Path, PathBuf},
};

use memchr::memchr_iter;
use nix::{
    fcntl::AtFlags,
    sys::stat::{FileStat, fstatat},
};
use pod_files::{Access, open_existing};
use pod_protocol::{ExactString, PodName};

use crate::{
    Layout,
    stored::{Contents, Stored},
};

use line::FileIs;
pub use line::PrunedNote;
pub use write::Noted;

/// The most that is read of an index. One line is some 700 bytes.
const RECENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// The content of an index, or of its end.
#[derive(Debug, Default)]
pub struct Recent {
    bytes: Vec<u8>,
}

/// The newest line of every pod that has one.
#[derive(Debug)]
pub struct RecentLines<'a> {
    newest: HashMap<&'a str, &'a [u8]>,
}

impl Recent {
    /// Reads the whole index. One that cannot be read is empty.
    #[must_use]
    pub fn read(layout: &Layout) -> Self {
        Self::read_end(layout, RECENT_BYTES_MAX)
    }

    /// Reads the last `bytes` of it.
    #[must_use]
    pub fn read_end(layout: &Layout, bytes: u64) -> Self {
        Self {
            bytes: read_end(&layout.recent(), bytes).unwrap_or_default(),
        }
    }

    /// What there is to find in it.
    #[must_use]
    pub fn lines(&self) -> RecentLines<'_> {
        let mut newest = HashMap::new();
        for line in split(&self.bytes) {
            if let Some(pod) = line::pod_of(line) {
                newest.insert(pod, line);
            }
        }
        RecentLines { newest }
    }

    /// What retention took away last.
    #[must_use]
    pub fn last_pruned(&self) -> Option<PrunedNote> {
        split(&self.bytes).filter_map(line::pruned_of).last()
    }

    /// At most `limit` names of pods, those that changed last first.
    #[must_use]
    pub fn newest(&self, limit: usize) -> Vec<PodName> {
        let mut seen = HashSet::new();
        let lines: Vec<&[u8]> = split(&self.bytes).collect();
        let pods = lines.into_iter().rev().filter_map(line::pod_of);
        pods.filter(|pod| seen.insert(*pod))
            .filter_map(|pod| PodName::new(pod).ok())
            .take(limit)
            .collect()
    }
}

impl<'a> RecentLines<'a> {
    /// How many pods have a line.
    #[must_use]
    pub fn len(&self) -> usize {
        self.newest.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }

    fn of(&self, pod: &PodName) -> Option<&'a [u8]> {
        self.newest.get(pod.as_str()).copied()
    }
}

/// The committed lines of `bytes`, without their newlines. What a cut left of the first line is not
/// a line of ours.
fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b'\n', bytes).map(move |end| {
        let line = &bytes[start..end];
        start = end + 1;
        line
    })
}

fn read_end(path: &Path, bytes: u64) -> Option<Vec<u8>> {
    let file = open_existing(path, Access::Read).ok()??;
    let length = file.metadata().ok()?.len();
    let from = length.saturating_sub(bytes);
    let mut content = vec![0; usize::try_from(length - from).ok()?];
    let mut filled = 0;
    while filled < content.len() {
        match file.read_at(&mut content[filled..], from + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    content.truncate(filled);
    Some(content)
}

/// Looks at the files of pods and takes their lines at their word where that is safe.
#[derive(Debug)]
pub struct Shortcut<'a> {
    lines: &'a RecentLines<'a>,
    /// Directories of pods and of sessions: short paths are found faster.
    directories: Option<(File, File)>,
    path: String,
    /// Working directories that were looked for already.
    is_dir: HashMap<ExactString, bool>,
}

impl<'a> Shortcut<'a> {
    /// Looks at the store in `layout`.
    #[must_use]
    pub fn new(layout: &Layout, lines: &'a RecentLines<'a>) -> Self {
        let open = |path: PathBuf| File::open(path).ok();
        let directories = open(layout.pods_dir()).zip(open(layout.sessions_dir()));
        Self {
            lines,
            directories,
            path: String::new(),
            is_dir: HashMap::new(),
        }
    }

    /// What is stored of `pod`, if its line still holds; else its files have to be read.
    #[must_use]
    pub fn stored(&mut self, pod: &PodName) -> Option<Stored> {
        let known = line::read(self.lines.of(pod)?)?.of(pod)?;
        let (pods, sessions) = self.directories.as_ref()?;
        let is = |directory: &File, path: &str, file: FileIs| {
            let found = fstatat(directory.as_fd(), path, AtFlags::AT_SYMLINK_NOFOLLOW);
            found.is_ok_and(|found: FileStat| file == FileIs::of(&found))
        };
        line::metadata_path(&mut self.path, pod);
        if !is(pods, &self.path, known.metadata) {
            return None;
        }
        line::records_path(&mut self.path, known.session, known.segment);
        if !is(sessions, &self.path, known.records) {
            return None;
        }
        let mut run = known.run;
        if let Some(cwd) = known.cwd {
            let path = Path::new(cwd.as_os_str());
            let is_dir = match self.is_dir.get(&cwd) {
                Some(is_dir) => *is_dir,
                None => path.is_dir(),
            };
            run.cwd_gone = (!is_dir).then(|| path.to_owned());
            self.is_dir.entry(cwd).or_insert(is_dir);
        }
        Some(Stored {
            created_at: known.created_at,
            pinned: known.pinned,
            session: Some(known.session),
            segment: Some(known.segment),
            contents: Contents::Run(Box::new(run)),
        })
    }
}
