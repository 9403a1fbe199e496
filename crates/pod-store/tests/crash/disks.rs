//! The disks that a power failure may leave.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    ops::Range,
    path::{Path, PathBuf},
};

use fastrand::Rng;

use crate::timeline::{Edit, Happening, Node, TOP, Timeline, Tree};

/// What became of the changes that nobody had waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crash {
    AllLost,
    AllKept,
    /// All but one were kept.
    OnlyLost(usize),
    /// All but one were lost.
    OnlyKept(usize),
    /// Each met a fate of its own, halves and zeros included.
    Random {
        seed: u64,
    },
}

/// What became of one change.
enum Fate {
    Kept,
    Lost,
    /// Only this many bytes of a write.
    Torn(usize),
    /// The length of a write, but not its bytes.
    Zeros,
}

/// What the next boot finds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Disk {
    pub(crate) tree: Tree,
    /// Which holes are really there, by path.
    pub(crate) holes: Vec<(PathBuf, Range<usize>)>,
}

impl Timeline {
    /// The changes before `at` that a power failure may still undo.
    pub(crate) fn unsynced(&self, at: usize, without: Option<usize>) -> Vec<usize> {
        let mut waited: HashMap<Node, usize> = HashMap::new();
        for (n, happening) in self.happenings[..at].iter().enumerate() {
            if let Happening::Wait(node) = happening
                && without != Some(n)
            {
                waited.insert(*node, n);
            }
        }
        let undoable = |n: &usize| {
            self.happenings[*n]
                .node()
                .is_some_and(|node| waited.get(&node).is_none_or(|waited| waited < n))
        };
        (0..at).filter(undoable).collect()
    }

    /// Everything as it stood before happening `at`, when no power had failed.
    pub(crate) fn whole(&self, at: usize) -> Tree {
        self.disk(at, &[], Crash::AllKept).tree
    }

    /// What is left when the power fails before happening `at` with these changes `unsynced`.
    pub(crate) fn disk(&self, at: usize, unsynced: &[usize], crash: Crash) -> Disk {
        let mut left = Left::default();
        let mut rng = match crash {
            Crash::Random { seed } => Rng::with_seed(seed),
            _ => Rng::with_seed(0),
        };
        for (n, happening) in self.happenings[..at].iter().enumerate() {
            let fate = match unsynced.binary_search(&n) {
                Ok(_) => crash.fate(n, happening, &mut rng),
                Err(_) => Fate::Kept,
            };
            left.apply(happening, &fate);
        }
        left.disk(self)
    }
}

impl Crash {
    fn fate(self, n: usize, happening: &Happening, rng: &mut Rng) -> Fate {
        let kept = match self {
            Self::AllLost => false,
            Self::AllKept => true,
            Self::OnlyLost(one) => n != one,
            Self::OnlyKept(one) => n == one,
            Self::Random { .. } => {
                return match (rng.u8(..6), happening) {
                    (0..=2, _) => Fate::Kept,
                    (
                        3,
                        Happening::Edit {
                            edit: Edit::Write { bytes, .. },
                            ..
                        },
                    ) => Fate::Torn(rng.usize(..=bytes.len())),
                    (4, _) => Fate::Zeros,
                    _ => Fate::Lost,
                };
            }
        };
        if kept { Fate::Kept } else { Fate::Lost }
    }
}

/// What is on the disk, apart from what can be reached.
#[derive(Default)]
struct Left {
    directories: HashMap<Node, BTreeMap<OsString, Node>>,
    files: HashMap<Node, Vec<u8>>,
    holes: Vec<(Node, Range<usize>)>,
}

impl Left {
    fn apply(&mut self, happening: &Happening, fate: &Fate) {
        match (happening, fate) {
            (Happening::Entries { entries, .. }, Fate::Kept) => {
                for (directory, name, node) in entries {
                    let found = self.directories.entry(*directory).or_default();
                    match node {
                        Some(node) => drop(found.insert(name.clone(), *node)),
                        None => drop(found.remove(name)),
                    }
                }
            }
            (Happening::Edit { file, edit }, fate) => self.edit(*file, edit, fate),
            _ => {}
        }
    }

    fn edit(&mut self, file: Node, edit: &Edit, fate: &Fate) {
        let content = self.files.entry(file).or_default();
        match (edit, fate) {
            (_, Fate::Lost) => {}
            (Edit::Write { at, bytes }, fate) => {
                let kept = match fate {
                    Fate::Kept => bytes.len(),
                    Fate::Torn(kept) => *kept,
                    _ => 0,
                };
                let grown = if kept > 0 || matches!(fate, Fate::Zeros) {
                    at + bytes.len()
                } else {
                    0
                };
                // What was torn off is as likely missing as it is zeros.
                let torn = matches!(fate, Fate::Torn(kept) if kept % 2 == 0);
                let end = if torn { at + kept } else { grown };
                content.resize(content.len().max(end), 0);
                content[*at..at + kept].copy_from_slice(&bytes[..kept]);
            }
            (Edit::SetLen { bytes }, Fate::Kept) => content.resize(*bytes, 0),
            (Edit::Punch { at, bytes }, Fate::Kept) => {
                let end = content.len().min(at + bytes);
                if *at < end {
                    content[*at..end].fill(0);
                }
                self.holes.push((file, *at..at + bytes));
            }
            _ => {}
        }
    }

    fn disk(self, timeline: &Timeline) -> Disk {
        let mut tree = Tree::new();
        let mut holes = Vec::new();
        let mut left = vec![(PathBuf::new(), TOP)];
        while let Some((path, node)) = left.pop() {
            for (name, inner) in self.directories.get(&node).into_iter().flatten() {
                let path = Path::join(&path, name);
                if timeline.directories.contains(inner) {
                    tree.insert(path.clone(), None);
                    left.push((path, *inner));
                } else {
                    let content = self.files.get(inner).cloned();
                    let own = self.holes.iter().filter(|(node, _)| node == inner);
                    holes.extend(own.map(|(_, range)| (path.clone(), range.clone())));
                    tree.insert(path, Some(content.unwrap_or_default()));
                }
            }
        }
        Disk { tree, holes }
    }
}
