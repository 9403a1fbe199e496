//! Promotion from the command line: what it prints, and what it refuses.

use std::fs;

use crate::support::Pods;

/// Writes a file and names it, then ends as it is told.
const MAKES: &str = r#"mkdir -p out; printf 'weights\n' > out/model.bin; printf 'b' > out/b.txt
for path in out/model.bin out/b.txt out/model.bin; do
    echo "{\"kind\":\"artifact\",\"path\":\"$path\"}" >> "$POD_EVENTS"
done
exit $0"#;

/// A run that has made something and ended with `code`.
fn ended(pods: &Pods, name: &str, code: &str) {
    let words = ["run", "--name", name, "--", "sh", "-c", MAKES, code];
    assert_eq!(pods.run(&words).code.to_string(), code);
}

#[test]
fn what_a_passed_run_made_is_kept() {
    let pods = Pods::new();
    ended(&pods, "made", "0");
    let line = pods.json(&["promote", "--json", "made", "out/model.bin"]);
    assert_eq!(line["version"], 1);
    assert_eq!(line["name"], "made");
    assert_eq!(line["path"], "out/model.bin");
    assert_eq!(line["bytes"], 8);
    let digest = line["sha256"].as_str().expect("a digest");
    assert!(
        digest.starts_with("1b465fa6b6bc") && digest.len() == 64,
        "{digest}"
    );
    let file = line["file"].as_str().expect("a path");
    assert_eq!(fs::read(file).expect("the copy"), b"weights\n");

    // What is left goes on past what was there before.
    let all = pods.run(&["promote", "made"]);
    all.failed_with(
        5,
        &["cannot promote out/model.bin: promoted already: ", "made"],
    );
    assert!(
        all.text()
            .starts_with("out/b.txt: promoted, 1 B, sha256 3e23e8160039"),
        "{all:?}"
    );
    // It outlives the run.
    pods.text(&["rm", "made"]);
    assert!(fs::exists(file).expect("a look"));
}

#[test]
fn what_cannot_be_promoted_is_refused_in_words() {
    let pods = Pods::new();
    ended(&pods, "made", "0");
    ended(&pods, "broken", "3");
    pods.text(&["run", "--name", "plain", "--", "true"]);
    let mut gate = pods.gate("end");
    pods.launch("live", &format!("read go < {}", gate.path()));
    let check = |words: &[&str], code, said: &[&str]| {
        let done = pods.run(&[&["promote"], words].concat());
        done.failed_with(code, said);
        assert_eq!(done.text(), "");
    };
    check(
        &["broken"],
        5,
        &["cannot promote broken: the run has not passed: failed"],
    );
    check(
        &["live"],
        5,
        &["cannot promote live: the run has not passed: running"],
    );
    check(
        &["plain"],
        5,
        &["cannot promote plain: the run named no artifact"],
    );
    check(
        &["made", "/etc/passwd"],
        5,
        &["the run named no such artifact", "tui events made"],
    );
    check(&["nobody"], 4, &["no pod"]);
    check(&[], 2, &["<POD>"]);
    fs::remove_file(pods.root().join("out/b.txt")).expect("there");
    check(&["made", "out/b.txt"], 1, &["there is no file", "b.txt"]);
    assert!(!fs::exists(pods.state().join("promoted/broken")).expect("a look"));
    gate.open();
}
