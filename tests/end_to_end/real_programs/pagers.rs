//! Pagers: less on the alternate screen, git's on the ordinary one.

use std::{fs, path::Path, process::Command};

use super::{LARGE, SMALL, Session};
use crate::support::Pods;

#[test]
fn less_is_searched_from_three_terminals() {
    let pods = Pods::new();
    let path = pods.root().join("lines");
    let lines: String = (1..=900).map(|number| format!("line {number}\n")).collect();
    fs::write(&path, lines).expect("a file");
    let file = path.to_str().expect("our own names are text");
    let session = Session::run(&pods, "page", &["env", "-u", "LESS", "less", file]);
    session.sees_row("line 1");
    session.enter_pager((80, 18), "line 1");
    session.send("/line 32$\x7f1$\r");
    session.sees_row("line 321");

    let session = session.again_at(LARGE);
    session.sees_row("line 321");
    session.enter_pager((120, 34), "line 321");
    session.sees_row("line 353");
    session.send("/line 77\r");
    session.sees_row("line 77");

    let session = session.again_at(SMALL);
    session.sees_row("line 802");
    session.enter_pager((40, 7), "line 77");
    session.send("G");
    session.sees_row("line 900");
    session.ends_by("q");
}

/// A repository with three commits, each longer than a screen: at the end of what it shows, what a pager
/// has at the top depends on how it came there.
fn make_repository(directory: &Path) {
    fs::create_dir(directory).expect("a directory");
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(directory).args(words);
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "ada");
            git.env(format!("GIT_{role}_EMAIL"), "ada@example.invalid");
        }
        let done = git.output().expect("git can be started");
        assert!(done.status.success(), "{words:?}: {done:?}");
    };
    git(&["init", "--quiet"]);
    for (message, lines) in [
        ("first words", 60),
        ("second words", 120),
        ("many words", 200),
    ] {
        let text: String = (0..lines)
            .map(|line| format!("{message} {line}\n"))
            .collect();
        fs::write(directory.join("words"), text).expect("a file");
        git(&["add", "words"]);
        git(&["commit", "--quiet", "--message", message]);
    }
}

#[test]
fn git_log_is_paged_from_three_terminals() {
    let pods = Pods::new();
    let directory = pods.root().join("repository");
    make_repository(&directory);
    let repository = directory.to_str().expect("our own names are text");
    let log = [
        "env",
        "-u",
        "LESS",
        "-u",
        "GIT_PAGER",
        "PAGER=less",
        "git",
        "-C",
        repository,
        "log",
        "-p",
    ];
    let session = Session::run(&pods, "history", &log);
    session.sees_row(":");
    session.enter_pager((80, 18), "commit");
    session.send("/second words$\r");
    session.sees("    second words");

    let session = session.again_at(LARGE);
    session.enter_pager((120, 34), "    second words");
    session.send("/first words$\r");
    session.sees("    first words");

    let session = session.again_at(SMALL);
    session.enter_pager((40, 7), "    first words");
    session.send("g");
    session.sees("    many words");
    session.ends_by("q");
}
