//! What a resumed command gets: the conditions of its launch, and nothing more.

use std::fs;

use crate::support::{Done, Pods, Verb};

/// Runs the binary from a shell that has run `before`.
fn after(pods: &Pods, before: &str, words: &[&str]) -> Done {
    let shell = format!("{before}; exec \"$0\" \"$@\"");
    let words = [&["-c", &shell, env!("CARGO_BIN_EXE_tui")], words].concat();
    Verb::start(pods.within("sh", words)).finish()
}

#[test]
fn a_resume_restores_directory_umask_limits_and_environment() {
    let pods = Pods::new();
    let cwd = pods.root().join("work");
    fs::create_dir(&cwd).expect("made");
    let cwd = cwd.to_str().expect("text");
    let script = "if [ -z \"$POD_RESUME\" ]; then kill -9 $$; fi
        pwd; umask; ulimit -Sn; echo \"$COLOUR $EXTRA\"";
    let before = "umask 027; ulimit -S -n 123; export COLOUR=blue";
    let run = [
        "run", "--pipe", "--cwd", cwd, "--name", "it", "--", "sh", "-c", script,
    ];
    let launched = after(&pods, before, &run);
    assert_eq!(launched.code, 137, "{launched:?}");

    let other = "umask 077; ulimit -S -n 99; export COLOUR=red EXTRA=more";
    let resumed = after(&pods, other, &["resume", "it"]);
    assert_eq!(
        resumed.text(),
        format!("{cwd}\n0027\n123\nblue \n"),
        "{resumed:?}"
    );
}

#[test]
fn limits_that_cannot_be_restored_are_named() {
    let pods = Pods::new();
    let before = "ulimit -S -n 200";
    let run = ["run", "-d", "--name", "it", "--", "sleep", "1000"];
    assert_eq!(after(&pods, before, &run).code, 0);
    pods.text(&["stop", "it"]);
    let refused = after(&pods, "ulimit -n 100", &["resume", "it"]);
    refused.failed_with(5, &["limit nofile of 200 (yours ends at 100)"]);
    assert_eq!(pods.show("it")["restorable"], true);
}

#[test]
fn secrets_come_from_whoever_resumes() {
    let pods = Pods::new();
    let script = "[ -n \"$POD_RESUME\" ] || kill -9 $$; echo \"$API_KEY $DB_PASSWORD\"";
    let secrets = "export API_KEY=one DB_PASSWORD=two";
    let run = ["run", "--pipe", "--name", "it", "--", "sh", "-c", script];
    assert_eq!(after(&pods, secrets, &run).code, 137);
    let session = pods.show("it")["session"]
        .as_str()
        .expect("an id")
        .to_owned();
    let recorded = pods
        .state()
        .join("sessions")
        .join(session)
        .join("session.json");
    let recorded = fs::read_to_string(recorded).expect("recorded");
    assert!(!recorded.contains("\"one\"") && recorded.contains("API_KEY"));

    let missing = "unset DB_PASSWORD; export API_KEY=three";
    after(&pods, missing, &["resume", "it"]).failed_with(5, &["needs DB_PASSWORD (not recorded)"]);
    let both = "unset API_KEY DB_PASSWORD";
    after(&pods, both, &["resume", "it"])
        .failed_with(5, &["needs API_KEY, DB_PASSWORD (not recorded)"]);
    let resumed = after(
        &pods,
        "export API_KEY=three DB_PASSWORD=",
        &["resume", "it"],
    );
    assert_eq!(resumed.text(), "three \n", "{resumed:?}");
}

#[test]
fn a_pod_launched_by_a_resumed_one_is_new() {
    let pods = Pods::new();
    let script = "[ -n \"$POD_RESUME\" ] || kill -9 $$
        \"$TUI\" run --pipe --name inner -- sh -c 'echo \"[$POD_RESUME$POD_DONE_ITEMS]\"'";
    let export = format!("export TUI={}", env!("CARGO_BIN_EXE_tui"));
    let run = ["run", "--pipe", "--name", "outer", "--", "sh", "-c", script];
    assert_eq!(after(&pods, &export, &run).code, 137);
    assert_eq!(pods.run(&["resume", "outer"]).text(), "[]\n");
}
