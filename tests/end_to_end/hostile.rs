//! Whatever is said to a pod, on its socket or its FIFO, the run is not disturbed.

use std::{fs::File, io::Write};

use pod_protocol::{ErrorCode, HostMessage, MESSAGE_BYTES_MAX};
use serde_json::{Value, json};

use crate::support::{Launched, Pods, Viewer, attach, wait_gone};

/// A pod that waits at a gate, and somebody who watches it meanwhile.
fn at_the_gate(pods: &Pods, name: &str, gate: &str) -> (Launched, Viewer) {
    let pod = pods.launch(name, &format!("echo before; read go < {gate}; echo after"));
    let watching = Viewer::following_output(&pod);
    (pod, watching)
}

/// Asserts that the run goes on to its natural end, as somebody sees it who was there before.
fn goes_on_undisturbed(pods: &Pods, name: &str, mut watching: Viewer) {
    let mut output = Vec::new();
    let outcome = loop {
        let framed = watching.next_framed().expect("the end is told");
        output.extend_from_slice(&framed.payload);
        if let HostMessage::Closed { outcome } = framed.message {
            break outcome;
        }
    };
    assert_eq!(String::from_utf8_lossy(&output), "before\r\nafter\r\n");
    assert_eq!(outcome.to_string(), "passed");
    assert_eq!(pods.run(&["wait", name]).code, 0);
}

#[test]
fn garbage_on_the_socket_is_refused_and_disturbs_nobody() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let (pod, watching) = at_the_gate(&pods, "calm", gate.path());
    let garbage: [&[u8]; 5] = [
        b"\x00\xff\xfe garbage \x1b[2J\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"[]\n",
        b"{\"id\":\"one\",\"type\":\"attach\"}\n",
        b"{\"id\":1}\n",
    ];
    for bytes in garbage {
        let mut viewer = Viewer::connect(&pod.socket);
        viewer.send_bytes(bytes);
        viewer.is_refused_for_good(ErrorCode::BadRequest);
    }
    // Half a message and away.
    Viewer::connect(&pod.socket).send_bytes(b"{\"id\":1,\"ty");
    gate.open();
    goes_on_undisturbed(&pods, "calm", watching);
}

#[test]
fn a_line_without_an_end_is_cut_off_at_the_limit() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let (pod, watching) = at_the_gate(&pods, "calm", gate.path());
    let mut viewer = Viewer::connect(&pod.socket);
    viewer.send_as_far_as_taken(&vec![b' '; 2 * MESSAGE_BYTES_MAX]);
    viewer.is_refused_for_good(ErrorCode::TooLarge);
    gate.open();
    goes_on_undisturbed(&pods, "calm", watching);
}

#[test]
fn requests_that_make_no_sense_are_answered() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let (pod, watching) = at_the_gate(&pods, "calm", gate.path());

    let mut newer = Viewer::connect(&pod.socket);
    newer.send(&attach(2));
    newer.is_refused_for_good(ErrorCode::UnsupportedProtocol);

    let check = |viewer: &mut Viewer, message: Value, expected: ErrorCode| {
        viewer.send(&message);
        match viewer.next() {
            Some(HostMessage::Error(refusal)) => {
                assert_eq!((refusal.id, refusal.code), (7, expected), "{message}");
            }
            other => panic!("{message}: {other:?}"),
        }
    };
    let segment = pod.segment;
    let follow = |from: u64| json!({"id": 7, "type": "follow", "segment": segment, "log": "output", "from": from});
    let mut viewer = Viewer::connect(&pod.socket);
    check(&mut viewer, follow(0), ErrorCode::BadRequest);
    check(
        &mut viewer,
        json!({"id": 7, "type": "stop", "grace_ms": 0}),
        ErrorCode::BadRequest,
    );
    let mut read_only = attach(1);
    read_only["mode"] = "read_only".into();
    viewer.send(&read_only);
    assert!(matches!(viewer.next(), Some(HostMessage::Attached(_))));
    check(
        &mut viewer,
        json!({"id": 7, "type": "stop", "grace_ms": 0}),
        ErrorCode::ReadOnly,
    );
    check(
        &mut viewer,
        json!({"id": 7, "type": "dance"}),
        ErrorCode::BadRequest,
    );
    check(&mut viewer, follow(u64::MAX), ErrorCode::StaleCursor);
    let foreign = json!({
        "id": 7, "type": "read", "segment": pod.session, "log": "records", "from": 1, "limit": 9,
    });
    check(&mut viewer, foreign, ErrorCode::StaleCursor);
    // It is still a good connection.
    viewer.send(&json!({"id": 8, "type": "ping"}));
    assert!(matches!(viewer.next(), Some(HostMessage::Pong { id: 8 })));

    gate.open();
    goes_on_undisturbed(&pods, "calm", watching);
}

#[test]
fn lines_on_the_fifo_are_records_or_warnings_about_them() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let (pod, watching) = at_the_gate(&pods, "calm", gate.path());
    let fifo = pod.socket.with_extension("events");
    let mut events = File::options().append(true).open(fifo).expect("the FIFO");
    let lines: [&[u8]; 9] = [
        b"not json\n",
        b"\xff\xfe\n",
        b"[1,2]\n",
        b"{\"done\":1}\n",
        b"{\"kind\":\"run.closed\",\"outcome\":\"failed\"}\n",
        b"{\"kind\":\"segment.ended\",\"code\":1,\"duration_ms\":0,\"left\":0}\n",
        b"{\"kind\":\"progress\",\"done\":3,\"total\":10,\"seq\":999}\n",
        b"{\"kind\":\"progress\",\"done\":3,\"total\":10}\n",
        b"{\"kind\":\"own.kind\",\"text\":\"kept\"}\n",
    ];
    for line in lines {
        events.write_all(line).expect("the FIFO takes it");
    }
    gate.open();
    goes_on_undisturbed(&pods, "calm", watching);

    let records = pods.events("calm");
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record["seq"], index + 1, "dense: {record}");
    }
    let of = |kind: &str| -> Vec<&Value> {
        let has = |record: &&Value| record["kind"] == kind;
        records.iter().filter(has).collect()
    };
    let warnings = of("log");
    let warned = |word: &str| {
        warnings
            .iter()
            .any(|record| record["level"] == "warning" && record.to_string().contains(word))
    };
    assert_eq!(warnings.len(), 7, "{warnings:#?}");
    assert!(warned("not json"), "the line itself is kept: {warnings:#?}");
    assert!(warned("the kind run.closed belongs to the host"));
    assert!(warned("the kind segment.ended belongs to the host"));
    assert_eq!(of("own.kind")[0]["text"], "kept");
    assert!(warned("the field \\\"seq\\\" belongs to the host"));
    assert_eq!(of("progress").len(), 1);
    assert_eq!(of("run.closed").len(), 1, "no run forges its own end");
    assert_eq!(pods.status("calm"), "passed");
}

#[test]
fn events_of_a_process_that_outlives_the_command_do_not_follow_the_end() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    // The child of the shell goes on until nobody reads the FIFO any more.
    let script = format!(
        "(while echo '{{\"kind\":\"own.kind\"}}' >&9; do sleep 0.01; done) 9>> $POD_EVENTS &
        head -c 4000000 /dev/zero; read go < {}",
        gate.path()
    );
    let pod = pods.launch_piped("survived", &script);
    // Who does not read so much keeps the host from going at once.
    let stuck = Viewer::following_output(&pod);
    gate.open();
    assert!(wait_gone(pod.host_pid), "the host goes in the end");
    drop(stuck);
    let records = pods.events("survived");
    let last = records.last().expect("records");
    assert_eq!(last["kind"], "run.closed", "{last}");
    assert!(records.iter().any(|record| record["kind"] == "own.kind"));
}
