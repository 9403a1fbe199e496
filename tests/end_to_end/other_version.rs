//! A host of another version: said in words, and left alone.

use std::{
    fs,
    io::{Read, Write},
    os::unix::net::UnixListener,
    path::Path,
    thread,
};

use serde_json::{Value, json};

use crate::support::Pods;

/// In one step: the host may look just now, and makes an allocation anew that it finds empty.
fn replace(path: &Path, content: &[u8]) {
    let next = path.with_extension("next");
    fs::write(&next, content).expect("ours to write");
    fs::rename(next, path).expect("ours to replace");
}

/// A hello that this version cannot read but for its first fields.
const HELLO: &str = r#"{"type":"hello","protocol":2,"tool":"9.1.0","novelty":[1,2]}"#;

#[test]
fn a_host_that_speaks_another_protocol_is_said_in_words() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let pod = pods.launch("it", &format!("read go < {}; exit 3", gate.path()));
    let newer = pods.root().join("newer.sock");
    let listener = UnixListener::bind(&newer).expect("room for a socket");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Who hangs up early has read enough.
            let _ = writeln!(stream, "{HELLO}");
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    let allocation = pods.runtime().join("allocations/it.json");
    let ours = fs::read(&allocation).expect("an allocation");
    let mut theirs: Value = serde_json::from_slice(&ours).expect("JSON");
    theirs["socket"] = json!(newer);
    replace(&allocation, theirs.to_string().as_bytes());

    let words = ["version 2 of the protocol", "9.1.0"];
    let show = pods.show("it");
    let reason = show["not_attachable"].as_str().expect("a reason");
    assert!(words.iter().all(|word| reason.contains(word)), "{reason}");
    let refused = pods.run(&["attach", "it"]);
    assert_ne!(refused.code, 0, "{refused:?}");
    for word in words {
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    }
    assert!(refused.stderr.contains("tui logs it"), "{}", refused.stderr);

    replace(&allocation, &ours);
    gate.open();
    assert_eq!(pods.run(&["wait", "it"]).code, 3, "the run is untouched");
    assert!(crate::support::wait_gone(pod.host_pid));
}
