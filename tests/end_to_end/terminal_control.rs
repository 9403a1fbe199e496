//! Typing into a run: input, control, size, queries and what the process is doing.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use pod_protocol::{Done, ErrorCode, HostMessage, Process, ProcessState, Refusal, TerminalView};
use serde_json::{Value, json};

use crate::support::{Gate, Launched, Pods, Viewer, peak_kib};

/// Says that it is there, and then how large its terminal is whenever a line comes.
const SIZES: &str = "stty -echo; echo ready; while read line; do stty size; done";

/// Waits until the run has printed `text`.
fn printed(pods: &Pods, name: &str, text: &str) {
    pods.start(&["logs", "-f", "--raw", name]).wait_for(text);
}

/// The answer to request `id`.
fn answer(viewer: &mut Viewer, id: u64) -> Result<Option<Done>, Refusal> {
    loop {
        match viewer.next() {
            Some(HostMessage::Ok { id: of, done }) if of == id => return Ok(done),
            Some(HostMessage::Error(refusal)) if refusal.id == id => return Err(refusal),
            Some(_) => {}
            None => panic!("the host hung up"),
        }
    }
}

fn ask(viewer: &mut Viewer, mut message: Value) -> Result<Option<Done>, Refusal> {
    message["id"] = 7.into();
    viewer.send(&message);
    answer(viewer, 7)
}

#[track_caller]
fn granted(viewer: &mut Viewer, message: &Value) {
    let answer = ask(viewer, message.clone());
    assert_eq!(answer, Ok(None), "{message}");
}

#[track_caller]
fn refused(viewer: &mut Viewer, message: &Value, code: ErrorCode) -> String {
    match ask(viewer, message.clone()) {
        Err(refusal) if refusal.code == code => refusal.message,
        other => panic!("{message}: {other:?}"),
    }
}

fn control(take: bool) -> Value {
    json!({"type": "control", "take": take})
}

fn resize(cols: u16, rows: u16) -> Value {
    json!({"type": "resize", "cols": cols, "rows": rows})
}

fn input(viewer: &mut Viewer, id: u64, bytes: &[u8]) {
    let line = json!({"id": id, "type": "input", "bytes": bytes.len()});
    viewer.send_bytes(&[format!("{line}\n").as_bytes(), bytes].concat());
}

#[track_caller]
fn typed(viewer: &mut Viewer, text: &str) {
    input(viewer, 8, text.as_bytes());
    assert_eq!(answer(viewer, 8), Ok(None), "{text:?}");
}

fn size(view: &TerminalView) -> (u16, u16) {
    (view.size.cols, view.size.rows)
}

/// A verb with `bytes` on its standard input.
fn fed(mut command: Command, bytes: &[u8]) -> i32 {
    command.stdin(Stdio::piped());
    let mut child = command.spawn().expect("the binary can be started");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(bytes).expect("the verb reads");
    drop(stdin);
    let status = child.wait().expect("the verb is ours");
    status.code().expect("it exits")
}

#[test]
fn what_is_sent_is_typed() {
    let pods = Pods::new();
    pods.launch("it", "stty -echo -icanon; echo ready; exec cat");
    printed(&pods, "it", "ready");
    pods.text(&["send", "-e", "it", "hello", "there"]);
    printed(&pods, "it", "hello there\r\n");
    pods.text(&["send", "it", r"as it is: \n", "--", "-x"]);
    printed(&pods, "it", r"as it is: \n -x");
    // More than the terminal takes at once, read as fast as it comes.
    let text: String = (0..40_000).map(|line| format!("{line} ")).collect();
    assert_eq!(fed(pods.command(["send", "it"]), text.as_bytes()), 0);
    assert_eq!(fed(pods.command(["send", "it"]), b"\x04"), 0);
    printed(&pods, "it", &text);
    pods.text(&["kill", "it"]);
}

#[test]
fn a_key_of_a_person_is_one_of_the_terminal() {
    let pods = Pods::new();
    pods.launch(
        "it",
        "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.05; done",
    );
    printed(&pods, "it", "ready");
    pods.text(&["send", "it", "\u{3}"]);
    assert_eq!(pods.run(&["wait", "it"]).code, 3);
}

#[test]
fn what_cannot_be_typed_into_says_why() {
    let pods = Pods::new();
    pods.run(&["send", "nobody", "x"])
        .failed_with(4, &["nobody"]);
    let mut gate = pods.gate("gate");
    let pod = pods.launch_piped("piped", &format!("read go < {}", gate.path()));
    pods.run(&["send", "piped", "x"])
        .failed_with(5, &["cannot send to piped", "no terminal", "--pipe"]);
    let mut viewer = Viewer::attached(&pod, "control", "ada");
    for message in [control(true), resize(80, 24), json!({"type": "repaint"})] {
        let why = refused(&mut viewer, &message, ErrorCode::BadRequest);
        assert!(why.contains("--pipe"), "{why}");
    }
    gate.open();
    assert_eq!(pods.run(&["wait", "piped"]).code, 0);
    pods.run(&["send", "piped", "x"])
        .failed_with(5, &["cannot send to piped: the run has ended"]);
    let mut other = pods.gate("other");
    pods.launch("first", &format!("read go < {}", other.path()));
    pods.text(&[
        "run", "-d", "--name", "pending", "--after", "first", "--", "cat",
    ]);
    pods.run(&["send", "pending", "x"])
        .failed_with(5, &["cannot send to pending", "not begun"]);
    pods.text(&["cancel", "pending"]);
    other.open();
    assert_eq!(pods.run(&["wait", "first"]).code, 0);
}

#[test]
fn control_passes_and_everybody_is_told() {
    let pods = Pods::new();
    let pod = pods.launch("it", SIZES);
    printed(&pods, "it", "ready");
    let mut ada = Viewer::attached(&pod, "control", "ada");
    let mut grace = Viewer::attached(&pod, "control", "grace");
    let mut watcher = Viewer::attached(&pod, "read_only", "eve");
    for viewer in [&mut ada, &mut grace, &mut watcher] {
        let view = viewer.terminal(|_| true);
        assert_eq!((size(&view), view.by, view.yours), ((80, 24), None, false));
    }
    let why = refused(&mut ada, &resize(100, 30), ErrorCode::NotControlling);
    assert!(why.contains("nobody"), "{why}");

    granted(&mut ada, &control(true));
    granted(&mut ada, &resize(100, 30));
    for (viewer, yours) in [(&mut ada, true), (&mut grace, false), (&mut watcher, false)] {
        let view = viewer.terminal(|view| size(view) == (100, 30));
        assert_eq!((view.by.as_deref(), view.yours), (Some("ada"), yours));
    }
    // Typing needs no control.
    typed(&mut grace, "\r");
    printed(&pods, "it", "30 100");

    granted(&mut grace, &control(true));
    let view = ada.terminal(|view| view.by.as_deref() == Some("grace"));
    assert!(!view.yours);
    let why = refused(&mut ada, &resize(90, 20), ErrorCode::NotControlling);
    assert!(why.contains("grace"), "{why}");
    // Giving up what one has not changes nothing.
    granted(&mut ada, &control(false));
    granted(&mut grace, &resize(0, u16::MAX));
    let view = watcher.terminal(|view| size(view) == (4, 1000));
    assert_eq!(view.by.as_deref(), Some("grace"));

    drop(grace);
    for viewer in [&mut ada, &mut watcher] {
        let view = viewer.terminal(|view| view.by.is_none());
        assert_eq!((size(&view), view.yours), ((4, 1000), false));
    }
    for message in [control(true), resize(80, 24), json!({"type": "repaint"})] {
        refused(&mut watcher, &message, ErrorCode::ReadOnly);
    }
    input(&mut watcher, 8, b"x");
    let refusal = answer(&mut watcher, 8).expect_err("it may only watch");
    assert_eq!(refusal.code, ErrorCode::ReadOnly);
    pods.text(&["kill", "it"]);
}

#[test]
fn a_terminal_that_nobody_watches_gets_its_size_back() {
    let pods = Pods::new();
    let pod = pods.launch("it", SIZES);
    printed(&pods, "it", "ready");
    let mut ada = Viewer::attached(&pod, "control", "ada");
    granted(&mut ada, &control(true));
    granted(&mut ada, &resize(100, 30));
    ada.terminal(|view| size(view) == (100, 30));
    drop(ada);
    // A link that breaks and comes back finds everything as it was but its control.
    let mut again = Viewer::attached(&pod, "control", "ada");
    let view = again.terminal(|view| view.by.is_none());
    assert_eq!(size(&view), (100, 30));
    drop(again);
    let since = std::time::Instant::now();
    loop {
        if terminal_size(&pods) == "24 80" {
            break;
        }
        assert!(since.elapsed() < crate::support::DEADLINE);
        std::thread::yield_now();
    }
    pods.text(&["kill", "it"]);
}

/// The size of the command's terminal, asked from outside.
fn terminal_size(pods: &Pods) -> String {
    let shell = pods
        .processes()
        .into_iter()
        .find(|process| process.words.starts_with("sh"));
    let shell = shell.expect("the command").pid;
    let stty = Command::new("stty")
        .args(["size", "-F", &format!("/proc/{shell}/fd/0")])
        .output()
        .expect("stty is there");
    String::from_utf8_lossy(&stty.stdout).trim().to_owned()
}

#[test]
fn a_repaint_is_heard_of_and_leaves_the_same_size() {
    let pods = Pods::new();
    let script = "trap 'stty size' WINCH; stty -echo; echo ready; while :; do read line; done";
    let pod = pods.launch("it", script);
    printed(&pods, "it", "ready");
    let mut viewer = Viewer::attached(&pod, "control", "ada");
    granted(&mut viewer, &json!({"type": "repaint"}));
    // A shell that is late has heard of both at once, or sees the size that is there again.
    printed(&pods, "it", "24 80\r\n");
    pods.text(&["kill", "it"]);
    let text = pods.text(&["logs", "it"]);
    let sizes: Vec<&str> = text.lines().skip(1).collect();
    let (last, before) = sizes.split_last().expect("a size");
    assert_eq!(*last, "24 80", "{text:?}");
    assert!(before.len() <= 1, "{text:?}");
}

/// Asks where the cursor is and prints what it is told.
const ASKING: &str =
    "stty raw -echo; printf '\\033[6n'; dd bs=1 count=6 2>/dev/null | od -c; stty sane";

#[test]
fn who_asks_while_nobody_watches_is_answered_at_once() {
    let pods = Pods::new();
    let text = pods.text(&["run", "--name", "it", "--", "sh", "-c", ASKING]);
    let words: Vec<&str> = text.split_whitespace().collect();
    let reply = ["033", "[", "1", ";", "1", "R"];
    assert!(words.windows(6).any(|window| window == reply), "{text:?}");
}

#[test]
fn who_has_control_answers_and_the_host_does_not() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let pod = pods.launch("it", &format!("read go < {}; {ASKING}", gate.path()));
    let mut viewer = Viewer::following_output(&pod);
    granted(&mut viewer, &control(true));
    let view = viewer.terminal(|view| view.yours);
    assert_eq!(view.since.0, 0);
    gate.open();
    let mut output = Vec::new();
    while !output.ends_with(b"\x1b[6n") {
        output.extend(viewer.next_framed().expect("the question").payload);
    }
    typed(&mut viewer, "\x1b[5;7R");
    assert_eq!(pods.run(&["wait", "it"]).code, 0);
    let text = pods.text(&["logs", "--raw", "it"]);
    let words: Vec<&str> = text.split_whitespace().collect();
    let reply = ["033", "[", "5", ";", "7", "R"];
    assert!(words.windows(6).any(|window| window == reply), "{text:?}");
}

#[test]
fn a_flood_of_questions_disturbs_nobody() {
    let pods = Pods::new();
    // It never reads what it is told.
    let pod = pods.launch(
        "it",
        "stty raw -echo; echo ready; while :; do printf '\\033[6n\\033[c'; done",
    );
    printed(&pods, "it", "ready");
    let before = peak_kib(pod.host_pid);
    pods.wait_for_output(&pod, 1 << 20);
    let grown = peak_kib(pod.host_pid).saturating_sub(before);
    assert!(grown < 2 * 1024, "{grown} KiB");
    let done = pods.run(&["stop", "--grace", "0s", "it"]);
    assert_eq!(done.code, 0, "{done:?}");
}

/// Lets the command begin to read.
fn deaf(pods: &Pods, gate: &Gate) -> Launched {
    let script = format!(
        "stty raw -echo; echo ready; read go < {}; stty -raw; exec cat > /dev/null",
        gate.path()
    );
    let pod = pods.launch("it", &script);
    printed(pods, "it", "ready");
    pod
}

#[test]
fn a_command_that_does_not_read_holds_up_nobody_but_who_types() {
    static PIECE: [u8; 60_000] = [b'x'; 60_000];
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let pod = deaf(&pods, &gate);
    let before = peak_kib(pod.host_pid);
    let mut typist = Viewer::attached(&pod, "control", "ada");
    let mut id = 100;
    // Until one is not answered before something else is.
    loop {
        input(&mut typist, id, &PIECE);
        typist.send(&json!({"id": 9, "type": "ping"}));
        match typist.next() {
            Some(HostMessage::Ok { id: of, .. }) => assert_eq!(of, id),
            Some(HostMessage::Pong { .. }) => break,
            other => panic!("{other:?}"),
        }
        assert!(matches!(typist.next(), Some(HostMessage::Pong { .. })));
        id += 1;
    }
    // Another one does not get through either, and everything else does.
    let flood = std::thread::spawn({
        let pod = pod.clone();
        move || {
            for _ in 0..200 {
                let mut viewer = Viewer::attached(&pod, "control", "flood");
                input(&mut viewer, 1, &PIECE);
            }
        }
    });
    flood.join().expect("the host takes connections");
    let mut other = Viewer::attached(&pod, "control", "grace");
    granted(&mut other, &control(true));
    granted(&mut other, &json!({"type": "repaint"}));
    assert_eq!(pods.status("it"), "running");
    let grown = peak_kib(pod.host_pid).saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB");

    gate.open();
    assert_eq!(answer(&mut typist, id), Ok(None), "it reads now");
    pods.text(&["kill", "it"]);
}

#[test]
fn a_stop_is_heard_while_somebody_floods_a_command_that_does_not_read() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let pod = deaf(&pods, &gate);
    let mut typist = Viewer::attached(&pod, "control", "ada");
    let mut flooding = Viewer::attached(&pod, "control", "ada");
    let flood = std::thread::spawn(move || {
        let line = format!("{}\n", json!({"id": 1, "type": "input", "bytes": 60_000}));
        let piece = [line.as_bytes(), &[b'x'; 60_000]].concat();
        for _ in 0..50 {
            flooding.send_as_far_as_taken(&piece);
        }
    });
    input(&mut typist, 1, &[b'y'; 60_000]);
    let done = pods.run(&["stop", "--grace", "0s", "it"]);
    assert_eq!(done.code, 0, "{done:?}");
    flood.join().expect("the flood ends with the run");
    match answer(&mut typist, 1) {
        Ok(None) => {}
        Err(refusal) => assert_eq!(refusal.code, ErrorCode::NotRunning),
        other => panic!("{other:?}"),
    }
}

#[test]
fn garbage_about_the_terminal_is_refused() {
    let pods = Pods::new();
    let pod = pods.launch("it", SIZES);
    for (message, code) in [
        (
            json!({"id": 1, "type": "input", "bytes": 65_537}),
            ErrorCode::TooLarge,
        ),
        (
            json!({"id": 1, "type": "input", "bytes": u64::MAX}),
            ErrorCode::TooLarge,
        ),
        (
            json!({"id": 1, "type": "input", "bytes": -1}),
            ErrorCode::BadRequest,
        ),
        (json!({"id": 1, "type": "input"}), ErrorCode::BadRequest),
        (
            json!({"id": 1, "type": "control", "take": "yes"}),
            ErrorCode::BadRequest,
        ),
        (
            json!({"id": 1, "type": "resize", "cols": 70_000, "rows": 1}),
            ErrorCode::BadRequest,
        ),
        (
            json!({"id": 1, "type": "resize", "cols": 80}),
            ErrorCode::BadRequest,
        ),
    ] {
        let mut viewer = Viewer::attached(&pod, "control", "ada");
        viewer.send(&message);
        viewer.is_refused_for_good(code);
    }
    // One that hangs up in the middle has typed nothing.
    let mut viewer = Viewer::attached(&pod, "control", "ada");
    viewer.send_bytes(b"{\"id\":1,\"type\":\"input\",\"bytes\":100}\nonly a few");
    drop(viewer);
    // Nothing at all is typed at once.
    let mut viewer = Viewer::attached(&pod, "control", "ada");
    typed(&mut viewer, "");
    // Before an attach there is nothing.
    let mut early = Viewer::connect(&pod.socket);
    for message in [control(true), json!({"type": "process"})] {
        refused(&mut early, &message, ErrorCode::BadRequest);
    }
    pods.text(&["kill", "it"]);
    assert!(!pods.text(&["logs", "it"]).contains("only a few"));
}

fn process(viewer: &mut Viewer) -> Process {
    match ask(viewer, json!({"type": "process"})) {
        Ok(Some(Done::Process(answer))) => answer.process,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_process_does_is_told_to_everybody() {
    let pods = Pods::new();
    let script = "sleep 1000 & sleep 1000 & (sleep 1000 &) ; echo ready; exec sleep 1000";
    for launch in [Pods::launch, Pods::launch_piped] {
        let pod = launch(&pods, "it", script);
        printed(&pods, "it", "ready");
        let mut watcher = Viewer::attached(&pod, "read_only", "eve");
        let looked = process(&mut watcher);
        assert!(looked.processes >= 3 && looked.rss_kib > 0, "{looked:?}");
        pods.text(&["pause", "it"]);
        let since = std::time::Instant::now();
        // A signal takes effect when the process is next on its way out of the kernel.
        while process(&mut watcher).state != ProcessState::Stopped {
            assert!(since.elapsed() < crate::support::DEADLINE);
        }
        pods.text(&["kill", "it"]);
    }
    let pod = pods.launch("busy", "while :; do :; done");
    let mut watcher = Viewer::attached(&pod, "read_only", "eve");
    while process(&mut watcher).cpu_ms < 50 {}
    pods.text(&["kill", "busy"]);
}
