//! Runs that take turns. The commands keep a book of their own of who ran when.

use std::{collections::BTreeSet, fs};

use serde_json::json;

use super::{kill_host, launch_pending, until};
use crate::support::{Gate, Launched, Pods};

/// Runs of one group, each of which lasts until the gate is opened for one of them.
struct Members<'a> {
    pods: &'a Pods,
    limit: &'a str,
    go: Gate,
    began: Gate,
}

impl<'a> Members<'a> {
    fn new(pods: &'a Pods, limit: &'a str) -> Self {
        Self {
            pods,
            limit,
            go: pods.gate("go"),
            began: pods.gate("began"),
        }
    }

    fn launch(&self, name: &str) -> Launched {
        let book = self.pods.root().join("book");
        let script = format!(
            "echo + {name} >> {book}; echo > {began}; {wait}; echo - {name} >> {book}",
            book = book.display(),
            began = self.began.path(),
            wait = until(self.go.path()),
        );
        let group = ["--group", "gpu", "--limit", self.limit, "--pipe"];
        let command = ["--name", name, "--", "sh", "-c", &script];
        self.pods.launch_with(&[&group[..], &command].concat())
    }

    /// What the commands wrote, in order.
    fn book(&self) -> Vec<String> {
        let text = fs::read_to_string(self.pods.root().join("book")).expect("a book");
        text.lines().map(str::to_owned).collect()
    }

    fn place(&self, name: &str) -> serde_json::Value {
        self.pods.show(name)["waiting_for"]["group"]["place"].clone()
    }
}

/// Those who began, in order; never more than `limit` of them at once.
fn begun(book: &[String], limit: usize) -> Vec<&str> {
    let mut running = BTreeSet::new();
    let mut begun = Vec::new();
    for line in book {
        match line.split_once(' ').expect("a sign and a name") {
            ("+", name) => {
                running.insert(name);
                begun.push(name);
            }
            (_, name) => assert!(
                running.remove(name),
                "{name} ended before it began: {book:?}"
            ),
        }
        assert!(running.len() <= limit, "{book:?}");
    }
    begun
}

#[test]
fn with_a_limit_of_one_everybody_waits_for_the_one_before() {
    let pods = Pods::new();
    let mut members = Members::new(&pods, "1");
    members.launch("a");
    members.began.wait();
    assert_eq!(pods.status("a"), "running");
    members.launch("b");
    members.launch("c");
    let c = pods.show("c");
    assert_eq!(c["status"], "pending");
    assert_eq!(
        c["waiting_for"],
        json!({"group": {"name": "gpu", "place": 2}})
    );
    pods.wait_for_listed("pending · 2nd in group gpu");
    assert_eq!(members.place("b"), 1);
    // Another group is another queue.
    let other = pods.run(&["run", "--group", "cpu", "--", "true"]);
    assert_eq!(other.code, 0, "{other:?}");

    members.go.open();
    members.began.wait();
    assert_eq!(pods.status("a"), "passed");
    assert_eq!(pods.status("b"), "running");
    let watcher = pods.terminal(&["attach", "c"]);
    watcher.wait_for_text("waits: 1st in group gpu");
    members.go.open();
    members.began.wait();
    watcher.wait_for_text("RUNNING");
    members.go.open();
    assert_eq!(pods.run(&["wait", "c"]).code, 0);
    assert_eq!(begun(&members.book(), 1), ["a", "b", "c"]);
}

#[test]
fn with_a_limit_of_two_never_more_than_two_run_and_they_begin_in_order() {
    let pods = Pods::new();
    let mut members = Members::new(&pods, "2");
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for (at, name) in names.into_iter().enumerate() {
        members.launch(name);
        if at < 2 {
            members.began.wait();
        }
    }
    assert_eq!(members.place("h"), 6);
    for _ in 2..names.len() {
        members.go.open();
        members.began.wait();
    }
    members.go.open();
    members.go.open();
    for name in names {
        assert_eq!(pods.run(&["wait", name]).code, 0);
    }
    assert_eq!(begun(&members.book(), 2), names);
}

#[test]
fn the_death_of_a_runner_or_a_waiter_holds_nobody_up() {
    let pods = Pods::new();
    let mut members = Members::new(&pods, "1");
    let a = members.launch("a");
    members.began.wait();
    let b = members.launch("b");
    let _c = members.launch("c");
    members.launch("d");
    members.launch("e");
    kill_host(&b);
    assert_eq!(pods.text(&["stop", "d"]), "");
    while members.place("e") != 2 {
        assert_eq!(pods.status("e"), "pending");
    }
    kill_host(&a);
    members.began.wait();
    assert_eq!(pods.status("c"), "running");
    // It goes on in the group when it is taken up again.
    pods.text(&["stop", "c"]);
    members.began.wait();
    assert_eq!(pods.status("e"), "running");
    pods.text(&["resume", "-d", "c"]);
    assert_eq!(members.place("c"), 1);
    assert_eq!(pods.status("c"), "pending");
    // While it waits it stands for the run that it goes on with.
    pods.text(&["stop", "c"]);
    assert_eq!(pods.status("c"), "stopped");
    assert_eq!(pods.show("c")["restorable"], true);
    pods.text(&["resume", "-d", "c"]);
    members.go.open();
    members.began.wait();
    assert_eq!(pods.status("c"), "running");
    members.go.open();
    assert_eq!(pods.run(&["wait", "c"]).code, 0);
    let group = pods.state().join("groups").join("gpu");
    let tickets = fs::read_dir(group)
        .expect("a group has a directory")
        .count();
    assert_eq!(tickets, 1, "nothing but the counter is left");
}

#[test]
fn whoever_waits_for_something_else_holds_nobody_of_the_group_up() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    pods.launch("first", &until(gate.path()));
    let group = ["--group", "gpu"];
    let both = [&["--after", "first"], &group[..]].concat();
    launch_pending(&pods, "later", &both, "exit 0");
    let now = pods.run(&[&["run"], &group[..], &["--name", "now", "--", "true"]].concat());
    assert_eq!(now.code, 0, "{now:?}");
    gate.open();
    assert_eq!(pods.run(&["wait", "later"]).code, 0);
}
