//! What happened to a disk, in order, as changes to files and directories instead of paths.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use pod_files::trace::{FileId, Op};
use tempfile::TempDir;

use crate::{
    books::Fact,
    history::{History, Step},
};

/// A file or directory, for ever: a second one at the same path is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node(usize);

/// The directory that everything happens in, which was always there.
pub(crate) const TOP: Node = Node(0);

/// Files with their content and directories (`None`), by path below [`TOP`].
pub(crate) type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// A change to the content of a file.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Write { at: usize, bytes: Vec<u8> },
    SetLen { bytes: usize },
    Punch { at: usize, bytes: usize },
}

#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// Names in directories come and go together, and for good once `directory` is waited for.
    Entries {
        directory: Node,
        entries: Vec<(Node, OsString, Option<Node>)>,
    },
    Edit {
        file: Node,
        edit: Edit,
    },
    /// Everything done to this file or directory before is on disk.
    Wait(Node),
    Fact(Box<Fact>),
    /// How it really looked.
    Seen(Tree),
}

impl Happening {
    /// What must be waited for to make it last.
    pub(crate) fn node(&self) -> Option<Node> {
        match self {
            Self::Entries { directory, .. } => Some(*directory),
            Self::Edit { file, .. } => Some(*file),
            _ => None,
        }
    }
}

pub(crate) struct Timeline {
    pub(crate) happenings: Vec<Happening>,
    /// What stood behind each of them, for people.
    told: Vec<String>,
    pub(crate) directories: Vec<Node>,
    top: PathBuf,
    /// Who has which path, after everything so far.
    paths: BTreeMap<PathBuf, Node>,
    files: HashMap<FileId, Node>,
    nodes: usize,
}

impl Timeline {
    pub(crate) fn new(history: &History) -> Self {
        let mut timeline = Self {
            happenings: Vec::new(),
            told: Vec::new(),
            directories: vec![TOP],
            top: history.top.clone(),
            paths: [(PathBuf::new(), TOP)].into(),
            files: HashMap::new(),
            nodes: 1,
        };
        for step in &history.steps {
            let told = match step {
                Step::Op(op) => brief(op),
                Step::Fact(fact) => format!("the promise {fact:?}"),
                Step::Seen(_) => "a look".to_owned(),
            };
            match step {
                Step::Op(op) => timeline.op(op),
                Step::Fact(fact) => timeline.happenings.push(Happening::Fact(fact.clone())),
                Step::Seen(tree) => timeline.happenings.push(Happening::Seen(tree.clone())),
            }
            timeline.told.resize(timeline.happenings.len(), told);
        }
        timeline
    }

    /// Every point at which the power can fail and leave what it could not leave before: a wait only
    /// rules disks out.
    pub(crate) fn points(&self) -> impl Iterator<Item = usize> {
        let tells = |at: &usize| {
            let before = &self.happenings[*at - 1];
            !matches!(before, Happening::Seen(_) | Happening::Wait(_))
        };
        (1..=self.happenings.len()).filter(tells)
    }

    /// The waits that had something to wait for. A host that takes up a run cannot know that its
    /// log is on disk already.
    pub(crate) fn waits(&self) -> impl Iterator<Item = usize> {
        let waited = |at: &usize| match self.happenings[*at] {
            Happening::Wait(node) => {
                let unsynced = self.unsynced(*at, None);
                let of_node = |change: &usize| self.happenings[*change].node() == Some(node);
                unsynced.iter().any(of_node)
            }
            _ => false,
        };
        (0..self.happenings.len()).filter(waited)
    }

    pub(crate) fn last_before(&self, at: usize) -> String {
        format!("#{}, {}", at - 1, self.told[at - 1])
    }

    fn op(&mut self, op: &Op) {
        let happening = match op {
            Op::Create { path, file } => {
                let node = self.fresh();
                self.files.insert(*file, node);
                self.enter(path, Some(node))
            }
            Op::MakeDir { path } => {
                let node = self.fresh();
                self.directories.push(node);
                self.enter(path, Some(node))
            }
            Op::Write { file, at, bytes } => self.edit(
                *file,
                Edit::Write {
                    at: size(*at),
                    bytes: bytes.clone(),
                },
            ),
            Op::SetLen { file, bytes } => {
                let bytes = size(*bytes);
                self.edit(*file, Edit::SetLen { bytes })
            }
            Op::Punch { file, at, bytes } => {
                let (at, bytes) = (size(*at), size(*bytes));
                self.edit(*file, Edit::Punch { at, bytes })
            }
            Op::Rename { from, to } => self.rename(from, to),
            Op::Remove { path } => self.enter(path, None),
            Op::RemoveTree { path } => return self.remove_tree(path),
            Op::Sync { file } => Happening::Wait(self.files[file]),
            Op::SyncDir { path } => Happening::Wait(self.paths[&self.below(path)]),
        };
        self.happenings.push(happening);
    }

    fn fresh(&mut self) -> Node {
        self.nodes += 1;
        Node(self.nodes - 1)
    }

    fn below(&self, path: &Path) -> PathBuf {
        let below = path.strip_prefix(&self.top);
        below.expect("only the store is changed").to_owned()
    }

    fn edit(&self, file: FileId, edit: Edit) -> Happening {
        let file = self.files[&file];
        Happening::Edit { file, edit }
    }

    fn enter(&mut self, path: &Path, node: Option<Node>) -> Happening {
        let path = self.below(path);
        let parent = path.parent().expect("below the top");
        let name = path.file_name().expect("has a name").to_owned();
        let directory = self.paths[parent];
        match node {
            Some(node) => drop(self.paths.insert(path, node)),
            None => drop(self.paths.remove(&path)),
        }
        let entries = vec![(directory, name, node)];
        Happening::Entries { directory, entries }
    }

    fn rename(&mut self, from: &Path, to: &Path) -> Happening {
        let (below, above) = (self.below(from), self.below(to));
        let moved: Vec<PathBuf> = self.paths.keys().cloned().collect();
        for path in moved.iter().filter(|path| **path != below) {
            if let Ok(inner) = path.strip_prefix(&below) {
                let node = self.paths.remove(path).expect("listed");
                self.paths.insert(above.join(inner), node);
            }
        }
        let node = self.paths[&below];
        let gone = self.enter(from, None);
        let mut there = self.enter(to, Some(node));
        if let (Happening::Entries { entries: gone, .. }, Happening::Entries { entries, .. }) =
            (gone, &mut there)
        {
            entries.extend(gone);
        }
        there
    }

    /// One name at a time, as a crash may find it.
    fn remove_tree(&mut self, path: &Path) {
        let path = self.below(path);
        let within: Vec<PathBuf> = self.paths.keys().cloned().collect();
        for inner in within.iter().rev().filter(|inner| inner.starts_with(&path)) {
            let removed = self.enter(&self.top.join(inner), None);
            self.happenings.push(removed);
        }
    }
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).expect("small")
}

fn brief(op: &Op) -> String {
    match op {
        Op::Write { file, at, bytes } => format!(
            "Write {{ {file:?}, {at}, {:?} }}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(60)])
        ),
        op => format!("{op:?}"),
    }
}

/// A directory that costs no disk its time, where there is one.
pub(crate) fn scratch() -> TempDir {
    let memory = tempfile::tempdir_in("/dev/shm");
    memory.unwrap_or_else(|_| tempfile::tempdir().expect("a temporary directory"))
}

/// What is below `top`.
pub(crate) fn look(top: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut left = vec![top.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).expect("readable") {
            let path = entry.expect("readable").path();
            let content = path
                .is_file()
                .then(|| fs::read(&path).expect("a readable file"));
            if content.is_none() {
                left.push(path.clone());
            }
            let below = path.strip_prefix(top).expect("below").to_owned();
            tree.insert(below, content);
        }
    }
    tree
}

/// The other way about.
pub(crate) fn plant(top: &Path, tree: &Tree) {
    for (path, content) in tree {
        let path = top.join(path);
        match content {
            Some(content) => fs::write(path, content).expect("written"),
            None => fs::create_dir(path).expect("created"),
        }
    }
}
