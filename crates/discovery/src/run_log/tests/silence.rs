//! The longest silence of a run. A step takes a second; the first one comes seven seconds after
//! the command has started, or eight at the first mark.

use super::*;
use crate::{Cancel, PastSilence};

fn write(stream: Stream) -> Step {
    Step::Write(stream, b"x\n".to_vec())
}

#[test]
fn the_longest_silence_is_between_signs_of_life_of_a_running_command() {
    let check = |steps: &[Step], expected: u64| {
        let past = model(steps).log().past_silence(&Cancel::new());
        let expected = PastSilence {
            longest_ms: Some(expected),
            sessions: 1,
        };
        assert_eq!(past.expect("readable"), expected, "{steps:?}");
    };
    let (out, err, note) = (write(Stream::Stdout), write(Stream::Stderr), Step::Note(1));
    let (stop, go) = (Step::Signal("SIGSTOP"), Step::Signal("SIGCONT"));
    let wait = Step::Wait(60_000);
    check(std::slice::from_ref(&out), 8_000);
    check(&[out.clone(), wait.clone(), err.clone()], 62_000);
    check(
        &[out.clone(), wait.clone(), note.clone(), err.clone()],
        62_000,
    );
    check(
        &[out.clone(), note.clone(), wait.clone(), err.clone()],
        62_000,
    );
    check(
        &[note.clone(), wait.clone(), note.clone(), out.clone()],
        62_000,
    );
    // Held, it could not do anything.
    check(
        &[out.clone(), stop.clone(), wait.clone(), go.clone(), err],
        8_000,
    );
    check(&[note.clone(), stop, wait.clone(), go, note], 8_000);
    // A silence that has not ended is not past.
    check(&[out, wait], 8_000);
}

#[test]
fn earlier_sessions_of_the_pod_count() {
    let mut model = model(&[write(Stream::Stdout)]);
    let log = model.log();
    let other = model.world.launch("b", 0);
    let mut earlier = crate::fixtures::Log::of("b", other, crate::fixtures::segment(90));
    earlier.events = crate::fixtures::ended(0, pod_protocol::Outcome::Passed);
    model.world.segment(&earlier);
    let past = log.past_silence(&Cancel::new()).expect("readable");
    assert_eq!(past.sessions, 1, "another pod's");
    model.take(&Step::Note(1));
    let newer = model.world.launch("a", 2);
    let log = crate::fixtures::Log::of("a", newer, crate::fixtures::segment(91));
    model.world.segment(&log);
    let log = RunLog::open(&model.world.roots.state, newer).expect("readable");
    let past = log.past_silence(&Cancel::new()).expect("readable");
    assert_eq!((past.sessions, past.longest_ms), (2, Some(8_000)));
}
