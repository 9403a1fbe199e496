//! Records, as a log, a socket or a command gives them.

use pod_protocol::{
    Draft, Event, Liveness, Offset, REPORT_BYTES_MAX, Record, Reports, RunState, Seq, Stamp,
    Timestamp, cut_to_width, last_line, printable, tone,
};

/// The largest state that a fold may come to, as JSON.
const STATE_BYTES_MAX: usize = 256 * 1024;

/// Each line is a record, a draft of one, and text for a screen.
pub(crate) fn records(bytes: &[u8]) {
    let mut state = RunState::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        try_report(line);
        is_harmless(&printable(&String::from_utf8_lossy(line)));
        if let Ok(record) = Record::from_line(line) {
            try_record(&record);
            state.apply(&record);
        }
    }
    if let Some(line) = last_line(bytes) {
        is_harmless(&line);
    }
    try_state(&state);
}

/// A report is recorded as its draft would be.
fn try_report(line: &[u8]) {
    let stamp = Stamp {
        at: Timestamp::default(),
        t_ms: 0,
        out: Offset(0),
    };
    let mut reports = Reports::default();
    let taken = reports.take_line(line);
    let mut written = Vec::new();
    let next = reports.write_lines(Seq::FIRST, stamp, &mut written);
    next.expect("a report fits a record");
    match Draft::from_line(line) {
        Ok(draft) if taken.is_ok() => {
            let record = draft.number(Seq::FIRST, stamp.at, stamp.t_ms, stamp.out);
            assert_eq!(written, record.to_line().expect("a report fits a record"));
            let events = reports.iter().map(|report| report.event());
            assert!(events.eq([Event::read(&record)]), "an event changes");
        }
        Ok(draft) => {
            let fields = serde_json::to_vec(&draft.fields).expect("fields are JSON");
            let is_too_long = fields.len() > REPORT_BYTES_MAX;
            assert!(draft.kind.is_reserved() || is_too_long, "refused");
        }
        Err(_) => assert!(taken.is_err() && written.is_empty(), "no draft is taken"),
    }
}

fn try_record(record: &Record) {
    let _ = tone(record);
    let event = Event::read(record);
    if let Some(draft) = event.draft() {
        let again = draft.number(record.seq, Timestamp::default(), 0, record.out);
        assert_eq!(Event::read(&again), event, "an event changes on its way");
    }
    if let Ok(line) = record.to_line() {
        let again = Record::from_line(&line).expect("a record that was written can be read");
        assert_eq!(&again, record, "a record changes on its way");
    }
}

fn try_state(state: &RunState) {
    let text = serde_json::to_vec(state).expect("a state has string keys only");
    assert!(text.len() <= STATE_BYTES_MAX, "a state of {}", text.len());
    let again: RunState = serde_json::from_slice(&text).expect("a state can be read");
    assert_eq!(&again, state, "a state changes on its way");
    for liveness in [Liveness::Held, Liveness::Free] {
        let _ = (state.status(liveness), state.exit_code(liveness));
    }
    let fraction = state.fraction().unwrap_or_default();
    assert!((0.0..=1.0).contains(&fraction), "a fraction of {fraction}");
    let _ = state.done_of_planned();
}

fn is_harmless(text: &str) {
    assert!(
        !text.chars().any(char::is_control),
        "a control character reaches a screen: {text:?}"
    );
    for columns in [0, 1, 7, 80] {
        assert!(cut_to_width(text, columns).chars().count() <= text.chars().count());
    }
}
