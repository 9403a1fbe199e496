//! Every segment has a terminal, or pipes, of its own: nothing that one left behind goes on in the next.

use std::fs;

use crate::support::Pods;

/// Leaves a colour on, the screen to a program, and a line without an end; when it is resumed it prints
/// another line and waits for its end.
fn killed_on_the_other_screen(pods: &Pods) {
    let (wait, end) = (pods.gate("wait"), pods.gate("end"));
    let script = format!(
        r"if [ -z $POD_RESUME ]; then printf 'first\n\033[31m\033[?1049hdrawn'; read go < {}; fi
        echo plain again; read go < {}",
        wait.path(),
        end.path(),
    );
    let first = pods.launch("it", &script);
    pods.wait_for_output(&first, "first\r\n\x1b[31m\x1b[?1049hdrawn".len() as u64);
}

#[test]
fn a_resumed_run_is_not_on_the_screen_that_the_one_before_was_killed_on() {
    let pods = Pods::new();
    killed_on_the_other_screen(&pods);
    let watching = pods.terminal(&["attach", "it"]);
    watching.wait_for_text("drawn");
    pods.text(&["stop", "it"]);
    watching.wait_for_text("r resume");
    watching.send("r");
    watching.wait_for_text("RUNNING");
    let coming = pods.terminal(&["attach", "it"]);
    for monitor in [&watching, &coming] {
        monitor.wait_for("both segments as lines", |screen| {
            let contents = screen.contents();
            contents.contains("first") && contents.contains("\nplain again")
        });
    }

    let text = "first\n[full-screen program · 5 B]\nplain again\n";
    assert_eq!(pods.text(&["logs", "it"]), text);
    assert_eq!(pods.text(&["logs", "--tail", "1", "it"]), "plain again\n");
    assert_eq!(
        pods.text(&["logs", "--grep", "^plain", "it"]),
        "plain again\n"
    );
    pods.text(&["stop", "it"]);
    assert_eq!(pods.text(&["logs", "it"]), text);
    let ended = pods.terminal(&["attach", "it"]);
    ended.wait_for_text("\nplain again");
}

#[test]
fn a_line_that_a_segment_left_without_an_end_is_not_gone_on_with() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let script = format!(
        "printf \"segment${{POD_RESUME:-0}} without\"; read go < {}",
        gate.path()
    );
    let length = "segment0 without".len() as u64;
    let first = pods.launch("it", &script);
    pods.wait_for_output(&first, length);
    pods.text(&["stop", "it"]);
    let second = pods.json(&["resume", "-d", "--json", "it"]);
    let second = serde_json::from_value(second).expect("what a launch prints");
    pods.wait_for_output(&second, length);
    let both = "segment0 without\nsegment1 without\n";
    assert_eq!(pods.text(&["logs", "it"]), both);
    assert_eq!(pods.text(&["logs", "--tail", "2", "it"]), both);
    let last = "segment1 without\n";
    assert_eq!(pods.text(&["logs", "--tail", "1", "it"]), last);
    assert_eq!(pods.text(&["logs", "--grep", "^segment1", "it"]), last);
    assert_eq!(pods.text(&["logs", "--grep", "without$", "it"]), both);
}

#[test]
fn the_streams_of_a_resumed_run_are_told_apart_like_those_before() {
    let pods = Pods::new();
    let (wait, mut more) = (pods.gate("wait"), pods.gate("more"));
    let script = format!(
        "if [ -z $POD_RESUME ]; then echo out one; echo err one >&2; read go < {}; fi
        echo out two; echo err two >&2; read go < {1}; echo err three >&2; read go < {1}",
        wait.path(),
        more.path(),
    );
    // In a file, so that no word of it is on the screen.
    fs::write(pods.root().join("it.sh"), script).expect("a file");
    pods.launch_piped("it", "exec sh it.sh");
    let monitor = pods.terminal(&["attach", "it"]);
    let shows = |words: &[&str], not: &str| {
        monitor.wait_for(&format!("{words:?}"), |screen| {
            let contents = screen.contents();
            words.iter().all(|word| contents.contains(word)) && !contents.contains(not)
        });
    };
    shows(&["out one", "err one"], "two");
    pods.text(&["stop", "it"]);
    monitor.wait_for_text("r resume");
    monitor.send("r");
    shows(&["RUNNING", " out two", "▌err two"], "three");
    monitor.send("oo");
    shows(&["err one", "err two"], "\nout");
    more.open();
    shows(&["err one", "err two", "err three"], "\nout");
}
