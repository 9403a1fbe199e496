//! What must not be written down is not written down.

use std::fs;

use crate::support::{Pods, Verb};

const SECRET: &str = "hunter2-hunter2";

/// The files of the state directory that hold the secret, without their directories.
fn files_with_the_secret(pods: &Pods) -> Vec<String> {
    let mut found = Vec::new();
    let mut directories = vec![pods.state()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a readable directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if String::from_utf8_lossy(&fs::read(&path).expect("readable")).contains(SECRET)
            {
                let name = path.file_name().expect("a file has a name");
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found
}

#[test]
fn secret_variables_are_nowhere_and_secret_arguments_only_in_the_session_file() {
    let pods = Pods::new();
    let config = pods.root().join("config");
    fs::create_dir(&config).expect("writable");
    fs::write(config.join("config.toml"), "redact.words = [\"DSN\"]").expect("writable");
    let option = format!("--api-key={SECRET}");
    let mut command = pods.command([
        "run", "-d", "--name", "quiet", "--", "true", &option, "--db-dsn", SECRET,
    ]);
    command
        .env("GITHUB_TOKEN", SECRET)
        .env("SENTRY_DSN", SECRET);
    let done = Verb::start(command).finish();
    assert_eq!(done.code, 0, "{done:?}");
    pods.text(&["wait", "quiet"]);

    assert_eq!(files_with_the_secret(&pods), ["session.json"]);
    let session = pods.show("quiet")["session"]
        .as_str()
        .expect("an id")
        .to_owned();
    let file = pods
        .state()
        .join("sessions")
        .join(session)
        .join("session.json");
    let kept = fs::read_to_string(file).expect("readable");
    assert_eq!(kept.matches(SECRET).count(), 2, "the two arguments: {kept}");
    for words in [
        &["show", "quiet"][..],
        &["show", "quiet", "--json"],
        &["events", "quiet"],
        &["ls", "--json"],
    ] {
        let shown = pods.text(words);
        assert!(!shown.contains(SECRET), "{words:?}: {shown}");
    }
}

#[test]
fn a_setting_that_means_nothing_is_an_error_that_names_the_nearest() {
    let pods = Pods::new();
    fs::write(pods.root().join(".pods.toml"), "[redact]\nword = []").expect("writable");
    pods.run(&["run", "-d", "--", "true"]).failed_with(
        2,
        &[
            ".pods.toml: unknown key redact.word",
            "did you mean redact.words?",
        ],
    );
    assert!(!pods.state().join("sessions").exists());
}
