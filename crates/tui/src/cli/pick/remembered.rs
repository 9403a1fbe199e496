//! What the screens remember from one time to the next: `ui.json` in the state directory. Derived:
//! without it, or when it cannot be read, everything is as it was the first time.

use std::path::PathBuf;

use anyhow::{Context, Result};
use pod_files::{Durability, read_small, replace_file};
use serde_json::{Map, Value};

use crate::{cli::roots::Roots, screen::picker::Scope};

/// More is not ours.
const BYTES_MAX: u64 = 16 * 1024;
/// Which pods the picker shows.
const PICKER_SHOWS: &str = "picker_shows";
const ALL: &str = "all";
const DIRECTORY: &str = "directory";

/// Which pods the picker showed last.
pub(super) fn scope(roots: &Roots) -> Scope {
    match read(roots).get(PICKER_SHOWS).and_then(Value::as_str) {
        Some(DIRECTORY) => Scope::Directory,
        _ => Scope::All,
    }
}

/// Remembers which pods the picker shows, and keeps everything else that stands there.
pub(super) fn remember(roots: &Roots, scope: Scope) -> Result<()> {
    let mut all = read(roots);
    let word = match scope {
        Scope::All => ALL,
        Scope::Directory => DIRECTORY,
    };
    all.insert(PICKER_SHOWS.to_owned(), word.into());
    let text = format!("{}\n", Value::Object(all));
    replace_file(&path(roots), text.as_bytes(), Durability::Cached)
        .context("cannot remember what the picker shows")
}

fn path(roots: &Roots) -> PathBuf {
    roots.state.join("ui.json")
}

fn read(roots: &Roots) -> Map<String, Value> {
    let content = read_small(&path(roots), BYTES_MAX).ok().flatten();
    let value = content.and_then(|content| serde_json::from_slice(&content).ok());
    value.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn roots(directory: &tempfile::TempDir) -> Roots {
        Roots {
            state: directory.path().to_owned(),
            runtime: directory.path().to_owned(),
        }
    }

    #[test]
    fn what_is_remembered_comes_back_and_leaves_the_rest_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let roots = roots(&directory);
        assert_eq!(scope(&roots), Scope::All);
        fs::write(directory.path().join("ui.json"), r#"{"other":[1]}"#).expect("writable");
        for shown in [Scope::Directory, Scope::All, Scope::Directory] {
            remember(&roots, shown).expect("writable");
            assert_eq!(scope(&roots), shown);
        }
        let text = fs::read_to_string(directory.path().join("ui.json")).expect("readable");
        assert!(text.contains(r#""other":[1]"#), "{text}");
    }

    #[test]
    fn whatever_else_stands_there_means_the_first_time() {
        let directory = tempfile::tempdir().expect("a directory");
        let roots = roots(&directory);
        for text in [
            "",
            "{",
            "[]",
            "7",
            r#"{"picker_shows":7}"#,
            r#"{"picker_shows":"x"}"#,
        ] {
            fs::write(directory.path().join("ui.json"), text).expect("writable");
            assert_eq!(scope(&roots), Scope::All, "{text}");
        }
    }
}
