//! What cannot be done is said in a sentence and with its exit code, and leaves nothing half-made.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use nix::unistd::{Uid, chown};

use crate::support::{Done, Pods, Verb};

/// Nobody in particular, but not the one who runs the tests.
const SOMEBODY_ELSE: u32 = 64_321;

/// Roots in which a run has taken place, so that every directory of ours is there.
fn used() -> Pods {
    let pods = Pods::new();
    assert_eq!(pods.run(&["run", "--name", "first", "--", "true"]).code, 0);
    // The host is behind its last word: it still has its runtime files to remove.
    pods.wait_until_nobody_is_left();
    pods
}

/// Launches in the foreground and detached; neither may change anything in the roots.
#[track_caller]
fn refused(pods: &Pods, launch: &[&str], code: i32, words: &[&str]) {
    let before = pods.files();
    for ways in [&["run"][..], &["run", "-d"], &["run", "--pipe"]] {
        let done = pods.run(&[ways, launch].concat());
        done.failed_with(code, words);
        assert_eq!(done.text(), "", "nothing for the caller");
        says_it_in_words(&done);
        pods.wait_until_nobody_is_left();
        assert_eq!(pods.files(), before, "nothing is half-made");
    }
    assert_eq!(pods.status("first"), "passed");
}

/// A sentence for people: whose it is, no debug output, no backtrace.
#[track_caller]
fn says_it_in_words(done: &Done) {
    let is_named = done.stderr.starts_with("tui: ") || done.stderr.starts_with("error: ");
    assert!(is_named, "{:?}", done.stderr);
    for internal in ["Os {", "Error(", "panicked", "backtrace", "Some("] {
        assert!(!done.stderr.contains(internal), "{:?}", done.stderr);
    }
}

#[test]
fn a_command_that_is_not_there() {
    let pods = used();
    let hint = "check the spelling and PATH";
    let check = |command: &str| {
        let sentence = format!("tui: {command}: command not found");
        refused(&pods, &["--", command], 127, &[&sentence, hint]);
        refused(&pods, &["--name", "x", "--", command], 127, &[&sentence]);
    };
    check("no-such-command-anywhere");
    check("/no/such/command");
    check("./no-such-command");
}

#[test]
fn a_command_of_which_the_search_path_has_only_something_else() {
    let pods = used();
    let before = pods.files();
    // What cannot be searched, as another user's directory, and a directory of that name look the
    // same to exec(3).
    fs::create_dir_all(pods.root().join("bin/no-such-command")).expect("a directory");
    let mut command = pods.command(["run", "-d", "--", "no-such-command"]);
    command.env("PATH", pods.root().join("bin"));
    let done = Verb::start(command).finish();
    done.failed_with(127, &["tui: no-such-command: command not found"]);
    pods.wait_until_nobody_is_left();
    assert_eq!(pods.files(), before);
}

#[test]
fn a_command_that_cannot_be_executed() {
    let pods = used();
    let file = pods.root().join("plain");
    fs::write(&file, "text").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("its mode");
    let file = file.to_str().expect("text");
    let hint = format!("try chmod +x {file}");
    refused(
        &pods,
        &["--", file],
        126,
        &[file, "cannot be executed", &hint],
    );
    let directory = pods.root().to_str().expect("text");
    refused(
        &pods,
        &["--", directory],
        126,
        &[directory, "cannot be executed"],
    );
}

#[test]
fn a_directory_that_is_not_there() {
    let pods = used();
    let hint = "give an existing directory with --cwd";
    let words = ["/no/such/directory", "working directory", hint];
    refused(
        &pods,
        &["--cwd", "/no/such/directory", "--", "true"],
        2,
        &words,
    );
    let file = pods.root().join("file");
    fs::write(&file, "").expect("a file");
    let file = file.to_str().expect("text");
    refused(
        &pods,
        &["--cwd", file, "--", "true"],
        2,
        &[file, "not a directory"],
    );
}

#[test]
fn a_name_that_is_none() {
    let pods = used();
    let long = "x".repeat(65);
    for name in [
        "", ".", "..", "-x", ".x", "a/b", "../up", "a b", "é", "a\nb", &long,
    ] {
        let name = format!("--name={name}");
        refused(&pods, &[&name, "--", "true"], 2, &["name"]);
    }
    refused(&pods, &["--name", "x"], 2, &["CMD"]);
}

#[test]
fn a_name_that_is_taken() {
    let pods = used();
    let pod = pods.launch("taken", "exec sleep 1000");
    let sentence = format!("pod taken is live (pid {}, started ", pod.host_pid);
    // From then on its host has nothing more to write.
    let started = [
        "events",
        "taken",
        "-f",
        "--kind",
        "child.started",
        "--limit",
        "1",
    ];
    assert_eq!(pods.run(&started).code, 0);
    let before = pods.files();
    for ways in [&["run"][..], &["run", "-d"]] {
        let done = pods.run(&[ways, &["--name", "taken", "--", "true"]].concat());
        let ago = " ago); attach with: tui attach taken";
        done.failed_with(5, &[&sentence, ago, "or launch under another --name"]);
        says_it_in_words(&done);
    }
    assert_eq!(pods.files(), before);
    assert_eq!(pods.show("taken")["session"], pod.session.to_string());
    assert_eq!(pods.status("taken"), "running");
}

#[test]
fn a_pod_that_is_not_there() {
    let pods = used();
    let before = pods.files();
    for verb in ["attach", "show", "logs", "events", "stop", "wait", "-r"] {
        let done = pods.run(&[verb, "fisrt"]);
        done.failed_with(4, &["fisrt", "did you mean first?"]);
        says_it_in_words(&done);
        let done = pods.run(&[verb, "../first"]);
        done.failed_with(4, &["../first"]);
    }
    assert_eq!(pods.files(), before, "looking changes nothing");
}

#[test]
fn looking_where_nothing_is_creates_nothing() {
    let pods = Pods::new();
    assert_eq!(pods.run(&["ls"]).code, 0);
    assert_eq!(pods.json(&["ls", "--json"])["rows"], serde_json::json!([]));
    pods.run(&["show", "x"]).failed_with(4, &["x"]);
    assert_eq!(pods.files(), Vec::<String>::new());
}

/// A directory of another user: one that is given away where that is allowed, else a system one.
fn foreign_directory(pods: &Pods) -> PathBuf {
    if !Uid::effective().is_root() {
        return PathBuf::from("/usr");
    }
    let directory = pods.root().join("foreign");
    fs::create_dir(&directory).expect("a directory");
    chown(&directory, Some(SOMEBODY_ELSE.into()), None).expect("root gives things away");
    directory
}

/// Launches with one of the roots elsewhere. There, too, nothing may change.
#[track_caller]
fn root_refused(pods: &Pods, variable: &str, root: &Path, code: i32, words: &[&str]) {
    let before = pods.files();
    let there = entries(root);
    let mut command = pods.command(["run", "-d", "--name", "x", "--", "true"]);
    command.env(variable, root);
    let done = Verb::start(command).finish();
    done.failed_with(code, words);
    says_it_in_words(&done);
    pods.wait_until_nobody_is_left();
    assert_eq!(entries(root), there);
    assert_eq!(pods.files(), before);
}

fn entries(directory: &Path) -> Option<Vec<PathBuf>> {
    let read = fs::read_dir(directory).ok()?;
    let mut paths: Vec<PathBuf> = read.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Some(paths)
}

#[test]
fn a_root_of_somebody_else() {
    let pods = used();
    let foreign = foreign_directory(&pods);
    let path = foreign.to_str().expect("text");
    let hint = "set PODS_STATE_DIR and PODS_RUNTIME_DIR to directories of your own";
    let words = [path, "belongs to user", "not to you", hint];
    root_refused(&pods, "PODS_STATE_DIR", &foreign, 5, &words);
    root_refused(&pods, "PODS_RUNTIME_DIR", &foreign, 5, &words);
}

#[test]
fn a_root_that_cannot_be_used() {
    let pods = used();
    let file = pods.root().join("in-the-way");
    fs::write(&file, "mine").expect("a file");
    let link = pods.root().join("link");
    symlink(pods.state(), &link).expect("a link");
    let open = pods.root().join("open");
    fs::create_dir(&open).expect("a directory");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("its mode");
    let check = |root: &Path, words: &[&str]| {
        for variable in ["PODS_STATE_DIR", "PODS_RUNTIME_DIR"] {
            root_refused(&pods, variable, root, 125, words);
        }
    };
    check(
        &file,
        &["tui: cannot start a pod", "in-the-way is not a directory"],
    );
    check(
        &file.join("below"),
        &["tui: cannot start a pod", "in-the-way/below"],
    );
    check(&link, &["tui: cannot start a pod", "is a symbolic link"]);
    check(
        &open,
        &["tui: cannot start a pod", "can be written by every user"],
    );
    check(
        Path::new("/proc/pods"),
        &["tui: cannot start a pod", "/proc/pods"],
    );
    assert_eq!(fs::read_to_string(&file).expect("the file"), "mine");
    if !Uid::effective().is_root() {
        // Nothing is unwritable to root.
        let closed = pods.root().join("closed");
        fs::create_dir(&closed).expect("a directory");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).expect("its mode");
        check(&closed, &["tui: cannot start a pod", "Permission denied"]);
    }
}

#[test]
fn a_runtime_directory_that_leaves_no_room_for_a_socket() {
    let pods = used();
    let deep = pods.root().join("d".repeat(120));
    let words = ["socket path", "bytes", "use a shorter runtime directory"];
    root_refused(&pods, "PODS_RUNTIME_DIR", &deep, 125, &words);
}

#[test]
fn an_option_that_is_not_there_is_no_command() {
    let pods = used();
    let words = ["unexpected argument '--no-such-option'"];
    refused(&pods, &["--no-such-option", "3", "--", "true"], 2, &words);
    // Behind the command it is the command's.
    let echo = ["run", "-d", "--name", "echo", "echo", "--no-such-option"];
    pods.text(&echo);
    assert_eq!(pods.run(&["wait", "echo"]).code, 0);
    assert_eq!(pods.text(&["logs", "echo"]), "--no-such-option\n");
}
