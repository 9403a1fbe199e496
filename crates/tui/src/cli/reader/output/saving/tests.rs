use std::{os::unix::fs::PermissionsExt, sync::Arc};

use tempfile::TempDir;

use super::*;
use crate::cli::roots::Roots;

fn desk(directory: &TempDir) -> Desk {
    Desk {
        roots: Roots {
            state: directory.path().to_owned(),
            runtime: directory.path().to_owned(),
        },
        session: "019e5bc6-c3f3-7000-8000-0000a1c293f7"
            .parse()
            .expect("an id"),
        wish: Arc::default(),
        news: tokio::sync::mpsc::channel(1).0,
    }
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).expect("it can be read");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

/// What becomes of it when nobody wants it any more.
fn give_up(sink: &Sink) {
    let half = sink.half().expect("something half done");
    let wish = crate::cli::reader::wish::Wish::default();
    wish.begin(|| Ok(()), |()| Some(Undo::Remove(half.to_owned())))
        .expect("it is wanted");
    wish.give_up();
}

#[test]
fn a_file_that_was_there_stays_until_all_is_written() {
    let directory = directory();
    let path = directory.path().join("log");
    let link = directory.path().join("link");
    fs::write(&path, "before").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    let text = link.to_str().expect("a path");
    assert!(target(text, false).expect("a target").is_none());
    let open = || {
        let target = target(text, true).expect("a target").expect("overwritten");
        target.open().expect("it opens")
    };

    let mut sink = open();
    sink.write(&desk(&directory), b"half").expect("written");
    assert_eq!(fs::read(&path).expect("there"), b"before");
    give_up(&sink);
    assert_eq!(fs::read(&path).expect("there"), b"before");
    assert_eq!(names(&directory).len(), 2, "{:?}", names(&directory));

    let mut sink = open();
    sink.write(&desk(&directory), b"after").expect("written");
    sink.finish().expect("replaced");
    assert_eq!(fs::read(&path).expect("there"), b"after");
    assert!(link.is_symlink(), "the file is replaced, not the link");
    let mode = fs::metadata(&path).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(names(&directory).len(), 2, "{:?}", names(&directory));
}

#[test]
fn a_new_file_that_is_not_finished_is_removed() {
    let directory = directory();
    let path = directory.path().join("log");
    let text = path.to_str().expect("a path");
    let target = target(text, false)
        .expect("a target")
        .expect("nothing there");
    let mut sink = target.open().expect("it opens");
    sink.write(&desk(&directory), b"half").expect("written");
    give_up(&sink);
    assert_eq!(names(&directory), [""; 0]);
}

#[test]
fn what_nobody_waits_for_any_more_is_not_written() {
    let directory = directory();
    let path = directory.path().join("fifo");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    let text = path.to_str().expect("a path");
    let open = || {
        target(text, false)
            .expect("a target")
            .expect("a stream")
            .open()
    };
    let refused = open().err().expect("nobody reads");
    assert_eq!(refused.to_string(), "nobody reads from it");

    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    let reader = options.open(&path).expect("a reader");
    let mut sink = open().expect("somebody reads");
    let unwanted = desk(&directory);
    unwanted.wish.give_up();
    let more = vec![b'x'; 1024 * 1024];
    sink.write(&unwanted, &more).expect("given up");
    drop(reader);
    let gone = sink.write(&desk(&directory), b"more");
    let gone = gone.expect_err("nobody reads");
    assert_eq!(reason(&gone, 2048), "whoever read it is gone, after 2 KiB");
}

#[test]
fn a_path_is_taken_as_a_shell_would() {
    let path = |text: &str| in_home(text).map_err(|error| error.to_string());
    assert_eq!(path(" out.log "), Ok(PathBuf::from("out.log")));
    assert!(path("~/out.log").is_ok_and(|path| path.is_absolute()));
    let why = "only ~/ is known: ./~ann/x is a file of that name";
    assert_eq!(path("~ann/x"), Err(why.to_owned()));
    let refused = |text: &str| target(text, true).err().map(|error| error.to_string());
    assert_eq!(refused("/").as_deref(), Some("it is a directory"));
    let none = "there is no directory /nowhere/at/all";
    assert_eq!(refused("/nowhere/at/all/x").as_deref(), Some(none));
}
