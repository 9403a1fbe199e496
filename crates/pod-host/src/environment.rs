//! The launch snapshot: what a person needs to repeat a run, without secrets and without what
//! belongs to the terminal it was launched from.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use pod_protocol::{ExactString, GitRevision, SecretWords};
use pod_store::Variable;

/// Variables of the launching terminal, by exact name.
const TERMINAL_NAMES: [&str; 9] = [
    "TERM",
    "COLUMNS",
    "LINES",
    "TMUX",
    "TMUX_PANE",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "WINDOWID",
    "_",
];
/// …and by prefix.
const TERMINAL_PREFIXES: [&str; 1] = ["SSH_"];
/// What a resumed pod told its command, by exact name: it is about that run and no other.
pub(crate) const RESUME_NAMES: [&str; 3] = ["POD_RESUME", "POD_DONE_ITEMS", "POD_FAILED_ITEMS"];

fn is_of_terminal(name: &str) -> bool {
    TERMINAL_NAMES.contains(&name)
        || TERMINAL_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// Name and value of every variable worth keeping; the value is `None` where it is a secret.
pub(crate) fn snapshot(secrets: &SecretWords) -> Vec<Variable> {
    std::env::vars_os()
        .filter(|(name, _)| {
            let name = name.to_string_lossy();
            !is_of_terminal(&name) && !RESUME_NAMES.contains(&name.as_ref())
        })
        .map(|(name, value)| {
            let secret = secrets.are_in(&name.to_string_lossy());
            Variable {
                name: name.into(),
                value: (!secret).then(|| value.into()),
            }
        })
        .collect()
}

/// The environment of a command that is launched again: as `recorded`, what was not written down
/// from `lookup`, and the variables of a terminal from this process.
///
/// # Errors
/// The names of all that are missing.
pub(crate) fn restored(
    recorded: &[Variable],
    lookup: impl Fn(&OsStr) -> Option<OsString>,
) -> Result<Vec<(ExactString, ExactString)>, Vec<String>> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for Variable { name, value } in recorded {
        let value = value.clone();
        match value.or_else(|| lookup(name.as_os_str()).map(ExactString::from)) {
            Some(value) => found.push((name.clone(), value)),
            None => missing.push(name.to_text()),
        }
    }
    let of_terminal = std::env::vars_os()
        .filter(|(name, _)| is_of_terminal(&name.to_string_lossy()))
        .map(|(name, value)| (name.into(), value.into()));
    found.extend(of_terminal);
    match missing.is_empty() {
        true => Ok(found),
        false => Err(missing),
    }
}

/// A snapshot that was taken when other words were secret.
pub(crate) fn redacted(mut snapshot: Vec<Variable>, secrets: &SecretWords) -> Vec<Variable> {
    for variable in &mut snapshot {
        if secrets.are_in(&variable.name.to_text()) {
            variable.value = None;
        }
    }
    snapshot
}

/// The snapshot as text, for a record.
pub(crate) fn as_text(snapshot: &[Variable]) -> BTreeMap<String, Option<String>> {
    snapshot
        .iter()
        .map(|variable| {
            let value = variable.value.as_ref().map(ExactString::to_text);
            (variable.name.to_text(), value)
        })
        .collect()
}

/// The commit that the work tree around `cwd` is at, read from git's own files: starting git would
/// cost more than the whole launch. Whether the tree is dirty is not known this way.
pub(crate) fn git_revision(cwd: &Path) -> Option<GitRevision> {
    let git_dir = cwd.ancestors().find_map(|dir| git_dir(&dir.join(".git")))?;
    let head = read_line(&git_dir.join("HEAD"))?;
    let revision = match head.strip_prefix("ref: ") {
        None => head,
        Some(reference) => {
            let common = common_dir(&git_dir);
            read_line(&git_dir.join(reference))
                .or_else(|| read_line(&common.join(reference)))
                .or_else(|| packed(&common, reference))?
        }
    };
    let valid = revision.len() >= 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then_some(GitRevision {
        revision,
        dirty: None,
    })
}

/// `.git` is a directory, or a file that names one.
fn git_dir(dot_git: &Path) -> Option<PathBuf> {
    if dot_git.is_dir() {
        return Some(dot_git.to_owned());
    }
    let text = read_line(dot_git)?;
    Some(dot_git.parent()?.join(text.strip_prefix("gitdir: ")?))
}

/// Where a linked work tree keeps what it shares.
fn common_dir(git_dir: &Path) -> PathBuf {
    read_line(&git_dir.join("commondir"))
        .map_or_else(|| git_dir.to_owned(), |common| git_dir.join(common))
}

fn packed(common: &Path, reference: &str) -> Option<String> {
    let refs = fs::read_to_string(common.join("packed-refs")).ok()?;
    let line = refs
        .lines()
        .find(|line| line.split(' ').nth(1) == Some(reference))?;
    line.split(' ').next().map(str::to_owned)
}

fn read_line(path: &Path) -> Option<String> {
    Some(
        fs::read_to_string(path)
            .ok()?
            .lines()
            .next()?
            .trim()
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_secret_is_named() {
        let variable = |name: &str, value: Option<&str>| Variable {
            name: name.into(),
            value: value.map(ExactString::from),
        };
        let recorded = [
            variable("PATH", Some("/bin")),
            variable("API_KEY", None),
            variable("DB_PASSWORD", None),
        ];
        let has_key = |name: &OsStr| (name == "API_KEY").then(|| OsString::from("k"));
        let missing = restored(&recorded, has_key).expect_err("one is missing");
        assert_eq!(missing, ["DB_PASSWORD"]);
        assert_eq!(restored(&recorded, |_| None).expect_err("two").len(), 2);
        let found = restored(&recorded, |_| Some("new".into())).expect("all there");
        assert_eq!(
            found[0],
            ("PATH".into(), "/bin".into()),
            "what was recorded"
        );
        assert_eq!(found[1], ("API_KEY".into(), "new".into()));
    }

    #[test]
    fn the_revision_is_found_loose_packed_and_detached() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let check = |files: &[(&str, String)], expected: Option<&str>| {
            let dir = tempfile::tempdir().expect("a temporary directory");
            for (path, text) in files {
                let path = dir.path().join(path);
                fs::create_dir_all(path.parent().expect("inside dir")).expect("writable");
                fs::write(path, text).expect("writable");
            }
            let inside = dir.path().join("src");
            let found = git_revision(&inside).map(|git| git.revision);
            assert_eq!(found.as_deref(), expected, "{files:?}");
        };
        let head = || (".git/HEAD", "ref: refs/heads/main\n".to_owned());
        check(
            &[head(), (".git/refs/heads/main", format!("{id}\n"))],
            Some(id),
        );
        check(
            &[
                head(),
                (".git/packed-refs", format!("# x\n{id} refs/heads/main\n")),
            ],
            Some(id),
        );
        check(&[(".git/HEAD", format!("{id}\n"))], Some(id));
        check(&[head()], None);
        check(
            &[
                (".git", "gitdir: real\n".to_owned()),
                ("real/HEAD", format!("{id}\n")),
            ],
            Some(id),
        );
    }
}
