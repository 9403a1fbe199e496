//! What is not taken up again, by whatever path.

use std::{fs, thread};

use super::{append, crafted, kill_host, launch_ten, log_of};
use crate::support::{Pods, make_program};

/// Every file that outlives a reboot, except for the texts of leases, which name who tried: what a
/// dead host left in the runtime directory is swept.
fn durable(pods: &Pods) -> Vec<String> {
    let state = pods.state().display().to_string();
    let files = pods.files().into_iter();
    files
        .filter(|file| file.starts_with(&state) && !file.contains("/leases/"))
        .collect()
}

/// That no path takes `it` up again, and that nothing of the attempts stays.
#[track_caller]
fn assert_refused_everywhere(pods: &Pods, reason: &str) {
    let row = pods.show("it");
    assert_eq!(row["restorable"], false);
    assert_eq!(row["not_restorable"], reason);
    let session = row["session"].as_str().expect("an id").to_owned();
    let before = durable(pods);
    pods.run(&["resume", "it"]).failed_with(5, &[reason]);
    pods.run(&["resume", "-d", &session])
        .failed_with(5, &[reason]);
    for recovery in [false, true] {
        let done = crafted(pods, "it", &session, recovery);
        assert_ne!(done.code, 0);
        assert!(done.text().contains(reason), "{done:?}");
    }
    assert_eq!(durable(pods), before, "nothing of the attempts stays");
}

#[test]
fn a_cancelled_run_is_resumed_by_no_path() {
    let pods = Pods::new();
    let ten = launch_ten(&pods, "it", &[]);
    let launched = &ten.launched;
    kill_host(launched);
    let log = log_of(&pods, launched);
    append(&log, r#""kind":"cancel.requested","by":"ada""#);
    assert_refused_everywhere(&pods, "cancelled by ada: rerun instead");
    append(&log, r#""kind":"child.exited","signal":9"#);
    append(&log, r#""kind":"run.closed","outcome":"cancelled""#);
    assert_refused_everywhere(&pods, "cancelled by ada: rerun instead");
    let again = pods.run(&["rerun", "-d", "it"]);
    assert_eq!(again.code, 0, "{again:?}");
}

#[test]
fn a_completed_run_is_not_resumed() {
    let pods = Pods::new();
    pods.text(&["run", "--name", "it", "--", "true"]);
    assert_refused_everywhere(&pods, "completed: rerun instead");
}

#[test]
fn a_run_without_its_log_or_its_directory_is_not_resumed() {
    let pods = Pods::new();
    let directory = pods.root().join("work");
    fs::create_dir(&directory).expect("made");
    let cwd = directory.to_str().expect("text");
    pods.text(&[
        "run", "-d", "--cwd", cwd, "--name", "it", "--", "sleep", "1000",
    ]);
    pods.text(&["stop", "it"]);
    fs::remove_dir(&directory).expect("removed");
    assert_refused_everywhere(&pods, &format!("working directory gone: {cwd}"));
    fs::create_dir(&directory).expect("made");
    assert_eq!(pods.show("it")["restorable"], true);

    let row = pods.show("it");
    let (session, segment) = (row["session"].as_str(), row["segment"].as_str());
    let (session, segment) = (session.expect("an id"), segment.expect("an id"));
    let file = format!("sessions/{session}/{segment}.jsonl");
    let log = pods.state().join(&file);
    let whole = fs::read(&log).expect("a log");
    fs::write(&log, [b"#", &whole[1..]].concat()).expect("written");
    fs::remove_file(log.with_extension("state")).expect("removed");
    assert_refused_everywhere(&pods, &format!("log corrupt at {file}:1"));
    fs::remove_file(&log).expect("removed");
    assert_refused_everywhere(&pods, "log missing");
}

#[test]
fn a_live_run_names_its_holder() {
    let pods = Pods::new();
    let launched = pods.launch("it", "exec sleep 1000");
    let refused = pods.run(&["resume", "it"]);
    let holder = format!("pod it is live (pid {}, started", launched.host_pid);
    refused.failed_with(5, &[&holder, "attach with: tui attach it"]);
    assert!(!refused.stderr.contains("--name"), "{refused:?}");
}

#[test]
fn of_two_resumes_at_once_one_wins() {
    let pods = Pods::new();
    pods.launch("it", "exec sleep 1000");
    pods.text(&["stop", "it"]);
    let resume = || pods.run(&["resume", "-d", "it"]);
    let done = thread::scope(|scope| {
        let both = [scope.spawn(resume), scope.spawn(resume)];
        both.map(|one| one.join().expect("no panic"))
    });
    let (won, lost): (Vec<_>, Vec<_>) = done.iter().partition(|done| done.code == 0);
    assert_eq!(won.len(), 1, "{done:?}");
    lost[0].failed_with(5, &["pod it is live", "attach with: tui attach it"]);
    let records = pods.events("it");
    assert_eq!(super::kinds(&records, "segment.started").len(), 2);
    super::assert_dense(&records);
}

#[test]
fn a_resume_that_fails_leaves_the_run_as_it_was() {
    let pods = Pods::new();
    let program = pods.root().join("program");
    make_program(&program, "#!/bin/sh\nexec sleep 1000\n");
    let word = program.to_str().expect("text");
    pods.text(&["run", "-d", "--name", "it", "--", word]);
    pods.text(&["stop", "it"]);
    let moved = program.with_extension("moved");
    fs::rename(&program, &moved).expect("moved");
    let before = durable(&pods);
    pods.run(&["resume", "it"])
        .failed_with(127, &["command not found"]);
    assert_eq!(durable(&pods), before, "nothing of the attempt stays");
    let row = pods.show("it");
    assert_eq!(
        (&row["status"], &row["restorable"]),
        (&"stopped".into(), &true.into())
    );
    fs::rename(&moved, &program).expect("moved");
    assert_eq!(pods.text(&["resume", "-d", "it"]), "it\n");
}
