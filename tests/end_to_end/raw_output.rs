//! What the command wrote is what is kept and shown, byte for byte.

use std::fs;

use pod_protocol::{HostMessage, Log};

use crate::support::{Pods, Viewer, noise};

/// More than every buffer on the way together, so that a viewer that does not read would be felt.
const OUTPUT_BYTES: usize = 32 * 1024 * 1024;

/// Reads a followed output log to the end of the run, which comes behind `at_all` of the noise.
fn read_to_the_end(viewer: &mut Viewer, at_all: impl FnOnce()) -> Vec<u8> {
    let mut at_all = Some(at_all);
    let mut output = Vec::new();
    while let Some(framed) = viewer.next_framed() {
        match framed.message {
            HostMessage::Chunk(header) => {
                assert_eq!(header.log, Log::Output);
                assert_eq!(header.from, output.len() as u64, "chunks join");
                output.extend_from_slice(&framed.payload);
                if let Some(at_all) = at_all.take_if(|_| output.len() >= OUTPUT_BYTES) {
                    at_all();
                }
            }
            HostMessage::Closed { .. } => return output,
            HostMessage::Ok { .. } => {}
            other => panic!("not asked for: {other:?}"),
        }
    }
    panic!("hung up after {} bytes without an end", output.len());
}

#[test]
fn output_is_kept_byte_for_byte_beside_a_viewer_that_never_reads() {
    let pods = Pods::new();
    let written = noise(OUTPUT_BYTES);
    let file = pods.root().join("noise");
    fs::write(&file, &written).expect("room for the noise");
    let mut gate = pods.gate("gate");
    // It ends when the viewer has everything: a host does not wait long for who is behind.
    let script = format!(
        "read go < {gate}; cat {}; read go < {gate}",
        file.display(),
        gate = gate.path()
    );
    let pod = pods.launch_piped("noise", &script);

    let stuck = Viewer::following_output(&pod);
    let mut reading = Viewer::following_output(&pod);
    gate.open();
    let seen = read_to_the_end(&mut reading, || gate.open());
    // Not `assert_eq`: nobody wants to read 32 MiB of difference.
    assert!(seen == written, "a viewer got {} bytes", seen.len());

    let waited = pods.run(&["wait", "noise"]);
    assert_eq!(waited.code, 0, "{waited:?}");
    let kept = pods.run(&["logs", "--raw", "noise"]);
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    assert!(kept.stdout == written, "{} bytes kept", kept.stdout.len());
    drop(stuck);
}

#[test]
fn both_streams_of_a_pipe_are_kept() {
    let pods = Pods::new();
    let words = ["run", "--pipe", "--name", "both", "--", "sh", "-c"];
    let script = "printf 'out\\n'; printf 'err\\n' >&2";
    let done = pods.run(&[&words[..], &[script]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    let kept = pods.text(&["logs", "--raw", "both"]);
    let mut lines: Vec<&str> = kept.lines().collect();
    // Two pipes have no order between them.
    lines.sort_unstable();
    assert_eq!(lines, ["err", "out"]);
}
