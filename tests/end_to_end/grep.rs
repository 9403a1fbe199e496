//! `tui logs --grep`: the lines of a run's output that match, as they are shown.

use crate::support::Pods;

#[test]
fn lines_match_as_they_are_shown() {
    let pods = Pods::new();
    let script = r"
        printf 'plain error\nnothing\n'
        printf '\033[31mer\033[1mror\033[0m in colour\n'
        printf 'error 10%%\rerased as it went on\n'
        printf 'ERROR at the end'
    ";
    let run = ["run", "--pipe", "--name", "talk", "--", "sh", "-c", script];
    assert_eq!(pods.run(&run).code, 0);
    let check = |words: &[&str], text: &str| {
        let done = pods.run(&[&["logs"], words, &["talk"]].concat());
        assert_eq!(
            (done.text().as_str(), done.code),
            (text, 0),
            "{words:?}: {done:?}"
        );
    };
    let all = "plain error\nerror in colour\nERROR at the end\n";
    check(&["--grep", "error"], all);
    check(&["--follow", "--grep", "error"], all);
    check(&["--grep", "ERROR"], "ERROR at the end\n");
    check(&["--grep", "^nothing$|absent"], "nothing\n");
    check(&["--grep", "absent"], "");
    check(
        &["--raw", "--grep", "colour"],
        "\x1b[31mer\x1b[1mror\x1b[0m in colour\n",
    );
    let invalid = pods.run(&["logs", "--grep", "a(", "talk"]);
    assert_eq!(invalid.code, 2, "{invalid:?}");
    assert!(invalid.stderr.contains("unclosed group"), "{invalid:?}");
}

#[test]
fn a_line_that_is_written_in_two_halves_is_one_line_to_a_follower() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let script = format!(
        "printf 'first\\nhal'; read go < {}; echo f way; echo no",
        gate.path()
    );
    let pod = pods.launch_piped("halves", &script);
    pods.wait_for_output(&pod, 9);
    let follower = pods.start(&["logs", "--follow", "--grep", "half|first", "halves"]);
    follower.wait_for("first");
    gate.open();
    let done = follower.finish();
    assert_eq!(
        (done.text().as_str(), done.code),
        ("first\nhalf way\n", 0),
        "{done:?}"
    );
}
