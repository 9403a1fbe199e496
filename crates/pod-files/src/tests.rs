//! Each rule against a real directory of its own. None depends on who runs it.

use std::{
    fs,
    os::{
        fd::AsFd,
        unix::{
            fs::{MetadataExt, PermissionsExt, symlink},
            net::UnixListener,
        },
    },
    path::Path,
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::stat::Mode,
    unistd::{Uid, mkfifo},
};
use tempfile::{TempDir, tempdir};

use crate::{
    Access, Durability, FileError, Presence, check_private_dir, check_writable, create_private,
    directory::check_for, open_existing, private_dir, read_small, replace_file,
};

fn scratch() -> TempDir {
    tempdir().expect("a temporary directory")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("present").mode() & 0o7777
}

fn entries(path: &Path) -> usize {
    fs::read_dir(path).expect("a directory").count()
}

#[test]
fn directories_are_created_private_with_their_parents() {
    let root = scratch();
    let deep = root.path().join("a/b/c");
    private_dir(&deep).expect("created");
    private_dir(&deep).expect("there already");
    for part in ["a", "a/b", "a/b/c"] {
        assert_eq!(mode(&root.path().join(part)), 0o700, "{part}");
    }
}

#[test]
fn a_reader_creates_nothing() {
    let root = scratch();
    let absent = root.path().join("absent");
    assert_eq!(check_private_dir(&absent).expect("asked"), Presence::Absent);
    assert_eq!(read_small(&absent, 10).expect("asked"), None);
    assert!(
        open_existing(&absent, Access::ReadWrite)
            .expect("asked")
            .is_none()
    );
    assert_eq!(entries(root.path()), 0);
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    let root = scratch();
    let somebody_else = Uid::from_raw(Uid::effective().as_raw() + 1);
    let refused = check_for(root.path(), somebody_else).expect_err("not theirs");
    let owner = Uid::effective().as_raw();
    assert!(matches!(refused, FileError::ForeignOwner { owner: found, .. } if found == owner));
    assert_eq!(
        check_private_dir(root.path()).expect("ours"),
        Presence::Present
    );
}

#[test]
fn what_is_not_a_private_directory_is_refused() {
    let root = scratch();
    let at = |name: &str| root.path().join(name);
    fs::write(at("file"), "").expect("written");
    fs::create_dir(at("open")).expect("created");
    fs::set_permissions(at("open"), fs::Permissions::from_mode(0o777)).expect("ours");
    symlink(root.path(), at("link")).expect("linked");
    for (path, refusal) in [
        (at("file"), "is not a directory"),
        (at("open"), "can be written by every user (mode 0777)"),
        (at("link"), "is a symbolic link"),
        (at("link/"), "is a symbolic link"),
    ] {
        let error = private_dir(&path).expect_err("refused").to_string();
        assert!(error.ends_with(refusal), "{error}");
    }
}

#[test]
fn a_replaced_file_is_whole_private_and_alone() {
    let root = scratch();
    let path = root.path().join("file");
    let outside = root.path().join("outside");
    fs::write(&outside, "untouched").expect("written");
    symlink(&outside, &path).expect("linked");
    for durability in [Durability::Synced, Durability::Cached] {
        for content in ["first", "", "the second is longer"] {
            replace_file(&path, content.as_bytes(), durability).expect("replaced");
            assert_eq!(read_small(&path, 20).expect("read"), Some(content.into()));
        }
    }
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read_to_string(&outside).expect("read"), "untouched");
    assert_eq!(entries(root.path()), 2, "no temporary file stays behind");
}

#[test]
fn a_replacement_that_fails_leaves_the_old_content() {
    let root = scratch();
    let occupied = root.path().join("occupied");
    fs::create_dir(&occupied).expect("created");
    fs::write(occupied.join("inside"), "").expect("written");
    replace_file(&occupied, b"x", Durability::Cached).expect_err("a directory is in the way");
    assert_eq!((entries(root.path()), entries(&occupied)), (1, 1));
}

#[test]
fn a_read_has_a_limit() {
    let root = scratch();
    let path = root.path().join("file");
    fs::write(&path, "12345").expect("written");
    assert_eq!(read_small(&path, 5).expect("fits"), Some(b"12345".to_vec()));
    let refused = read_small(&path, 4).expect_err("too long");
    assert!(matches!(
        refused,
        FileError::TooLarge { limit_bytes: 4, .. }
    ));
}

#[test]
fn only_regular_files_are_opened_and_nothing_blocks() {
    let root = scratch();
    let at = |name: &str| root.path().join(name);
    fs::write(at("file"), "x").expect("written");
    fs::create_dir(at("directory")).expect("created");
    symlink(at("file"), at("link")).expect("linked");
    symlink(at("nowhere"), at("dangling")).expect("linked");
    mkfifo(&at("fifo"), Mode::S_IRUSR | Mode::S_IWUSR).expect("made");
    let _socket = UnixListener::bind(at("socket")).expect("bound");
    for access in [Access::Read, Access::ReadWrite] {
        for name in ["directory", "fifo", "socket"] {
            let error = open_existing(&at(name), access).expect_err(name);
            assert!(
                matches!(error, FileError::NotAFile { .. }),
                "{name}: {error:?}"
            );
        }
        for name in ["link", "dangling"] {
            let error = open_existing(&at(name), access).expect_err(name);
            assert!(
                matches!(error, FileError::Symlink { .. }),
                "{name}: {error:?}"
            );
        }
    }
    create_private(&at("dangling")).expect_err("a link is in the way");
    assert!(!at("nowhere").exists());
}

#[test]
fn files_are_private_and_closed_by_exec() {
    let root = scratch();
    let path = root.path().join("file");
    let created = create_private(&path).expect("created");
    create_private(&path).expect_err("there already");
    assert_eq!(mode(&path), 0o600);
    let opened = open_existing(&path, Access::Read)
        .expect("opened")
        .expect("present");
    for file in [created, opened] {
        let flags = fcntl(file.as_fd(), FcntlArg::F_GETFD).expect("asked");
        assert!(FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC));
    }
}

#[test]
fn a_directory_that_refuses_entries_is_noticed() {
    let root = scratch();
    check_writable(root.path()).expect("ours");
    check_writable(&root.path().join("absent")).expect_err("absent");
    // Who may write here depends on who runs this, so the question is put both ways.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o500)).expect("ours");
    let allowed = fs::write(root.path().join("entry"), "").is_ok();
    assert_eq!(check_writable(root.path()).is_ok(), allowed);
}
