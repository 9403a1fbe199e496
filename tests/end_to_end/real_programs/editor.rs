//! vim: a file is written from three terminals.

use std::fs;

use super::{LARGE, SMALL, Session};
use crate::support::Pods;

#[test]
fn vim_is_used_from_three_terminals() {
    let pods = Pods::new();
    let path = pods.root().join("notes");
    let file = path.to_str().expect("our own names are text");
    let vim = ["vim", "-u", "NONE", "-i", "NONE", "-n", "-N", file];
    let session = Session::run(&pods, "edit", &vim);
    session.sees_row("~");
    session.enter("80×18");
    session.send("ifrom the usual one");
    session.sees_row("from the usual one");

    let session = session.again_at(LARGE);
    // Without a key: the program fills the screen.
    session.sees_row("from the usual one");
    session.enter("120×34");
    session.send("\rfrom a large one");
    session.sees_row("from a large one");

    let session = session.again_at(SMALL);
    session.sees("· part");
    session.enter("40×7");
    session.sees_row("from the usual one");
    session.sees_row("from a large one");
    // A key that the monitor would take for its own, and a paste.
    session.send("\x1bo\x1b[200~from a small one\x1b[201~\x1b");
    session.sees_row("from a small one");
    session.ends_by(":wq\r");
    let written = fs::read_to_string(path).expect("the file is there");
    assert_eq!(
        written,
        "from the usual one\nfrom a large one\nfrom a small one\n"
    );
}
