//! The arrows between the crates are those that `docs/architecture.md` shows, and no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use toml::Table;

/// They measure and try the product from outside, so they are in no picture of it.
const OUTSIDE: [&str; 3] = ["bench", "fuzz-targets", "torture"];
/// Kinds of dependencies: test code keeps to the arrows as well.
const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Name and manifest of every crate.
fn manifests() -> BTreeMap<String, Table> {
    let crates = fs::read_dir(repository().join("crates")).expect("the crates");
    let read = |directory: PathBuf| {
        let path = directory.join("Cargo.toml");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let manifest: Table = text
            .parse()
            .unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let name = manifest["package"]["name"].as_str().expect("a name");
        (name.to_owned(), manifest)
    };
    crates
        .map(|entry| read(entry.expect("a readable entry").path()))
        .collect()
}

/// Everything that a crate depends on, whatever for and on whatever platform.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let platforms = manifest.get("target").and_then(|value| value.as_table());
    let platforms = platforms.into_iter().flat_map(|table| table.values());
    let tables = platforms
        .filter_map(|value| value.as_table())
        .chain([manifest]);
    tables
        .flat_map(|table| SECTIONS.map(|section| table.get(section)))
        .flatten()
        .filter_map(|section| section.as_table())
        .flat_map(|section| section.keys().cloned())
        .collect()
}

/// The table of the documentation: a crate in its first column, what it may use in its last.
fn documented() -> Arrows {
    let text = fs::read_to_string(repository().join("docs/architecture.md")).expect("the document");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells[..] {
            ["", name, _, uses, ""] if name.starts_with('`') => {
                Some((name.trim_matches('`').to_owned(), uses.to_owned()))
            }
            _ => None,
        }
    });
    let rows: BTreeMap<String, String> = rows.collect();
    let whole = |short: &str| match short {
        "discovery" | "emulator" | "fuzzy" => short.to_owned(),
        _ => format!("pod-{short}"),
    };
    let used = |name: &str, uses: &str| match uses {
        "nothing of ours" => BTreeSet::new(),
        "all" => rows
            .keys()
            .filter(|other| *other != name)
            .cloned()
            .collect(),
        list => list.split(", ").map(whole).collect(),
    };
    rows.iter()
        .map(|(name, uses)| (name.clone(), used(name, uses)))
        .collect()
}

#[test]
fn the_crates_depend_on_each_other_as_documented() {
    let manifests = manifests();
    let ours: BTreeSet<String> = manifests.keys().cloned().collect();
    let inside = manifests
        .iter()
        .filter(|(name, _)| !OUTSIDE.contains(&name.as_str()));
    let found: Arrows = inside
        .map(|(name, manifest)| {
            let used = dependencies(manifest);
            (name.clone(), used.intersection(&ours).cloned().collect())
        })
        .collect();
    assert_eq!(found, documented());
}

#[test]
fn nothing_depends_on_what_is_outside() {
    for (name, manifest) in manifests() {
        for outside in OUTSIDE {
            assert!(!dependencies(&manifest).contains(outside), "{name}");
        }
    }
}

#[test]
fn the_protocol_has_no_runtime_and_no_system_calls() {
    let protocol = dependencies(&manifests()["pod-protocol"]);
    for runtime in ["tokio", "nix", "libc"] {
        assert!(!protocol.contains(runtime), "{runtime}");
    }
}

#[test]
fn only_test_programs_keep_traces() {
    for (name, manifest) in manifests() {
        let shipped = manifest
            .get("dependencies")
            .and_then(|it| it.get("pod-files"));
        let features = shipped.and_then(|it| it.get("features"));
        assert_eq!(features, None, "{name}");
    }
}
