use proptest::prelude::*;

use super::*;
use crate::{Draft, ItemOutcome, Record};

const STARTED: &str = concat!(
    r#"{"kind":"segment.started","session":"019e5bc6-c3f3-7000-8000-000000000001","#,
    r#""segment":"019e5bc6-c3f3-7000-8000-000000000002","ordinal":1,"first_seq":1,"out_base":0,"#,
    r#""pod":"a","command":["make"],"cwd":"/","host":"h","tool":"0","planned":10}"#
);
const RESUME_OF: &str = r#""resume_of":"019e5bc6-c3f3-7000-8000-000000000003""#;
const CHILD: &str = r#"{"kind":"child.started","pid":7}"#;
const STOP: &str = r#"{"kind":"stop.requested","by":"ada"}"#;
const CANCEL: &str = r#"{"kind":"cancel.requested"}"#;
const EXIT_0: &str = r#"{"kind":"child.exited","code":0}"#;

fn records(lines: &[&str]) -> Vec<Record> {
    let number = |(index, line): (usize, &&str)| {
        let draft = Draft::from_line(line.as_bytes()).expect(line);
        let seq = Seq(index as u64 + 1);
        draft.number(
            seq,
            Timestamp::from_millis(1_000 * seq.0 as i64),
            0,
            Offset(10 * seq.0),
        )
    };
    lines.iter().enumerate().map(number).collect()
}

fn fold(lines: &[&str]) -> RunState {
    let mut state = RunState::default();
    records(lines).iter().for_each(|record| state.apply(record));
    state
}

#[test]
fn status_follows_the_log_and_the_lease() {
    let check = |lines: &[&str], held, free| {
        let state = fold(lines);
        assert_eq!(state.status(Liveness::Held), held, "{lines:?} held");
        assert_eq!(state.status(Liveness::Free), free, "{lines:?} free");
    };
    check(&[], Status::Pending, Status::Pending);
    check(&[STARTED], Status::Starting, Status::Interrupted);
    check(&[STARTED, CHILD], Status::Running, Status::Interrupted);
    check(&[STARTED, CHILD, STOP], Status::Running, Status::Stopped);
    check(
        &[STARTED, CHILD, CANCEL, STOP],
        Status::Running,
        Status::Cancelled,
    );
    check(
        &[STARTED, CHILD, EXIT_0],
        Status::Running,
        Status::Interrupted,
    );
    let closed = r#"{"kind":"run.closed","outcome":"failed"}"#;
    check(
        &[STARTED, CHILD, EXIT_0, closed],
        Status::Failed,
        Status::Failed,
    );
}

#[test]
fn an_outcome_is_latched_within_its_segment() {
    let closed = r#"{"kind":"run.closed","outcome":"passed"}"#;
    let again = r#"{"kind":"run.closed","outcome":"failed"}"#;
    let state = fold(&[STARTED, CHILD, EXIT_0, closed, CANCEL, again, CHILD]);
    assert_eq!(state.status(Liveness::Held), Status::Passed);
    let next = STARTED.replace(r#""planned""#, &format!("{RESUME_OF},\"planned\""));
    let resumed = fold(&[STARTED, CHILD, EXIT_0, closed, &next, CHILD]);
    assert_eq!(resumed.status(Liveness::Held), Status::Running);
    let forged = fold(&[STARTED, CHILD, EXIT_0, closed, STARTED, CHILD]);
    assert_eq!(forged.status(Liveness::Held), Status::Passed);
}

#[test]
fn nothing_reopens_a_cancelled_run() {
    let next = STARTED.replace(r#""planned""#, &format!("{RESUME_OF},\"planned\""));
    let closed = r#"{"kind":"run.closed","outcome":"cancelled"}"#;
    for lines in [
        &[STARTED, CHILD, CANCEL, EXIT_0, closed, &next, CHILD][..],
        // Its host was lost before it could write the end down.
        &[STARTED, CHILD, STOP, CANCEL, &next, CHILD],
    ] {
        let state = fold(lines);
        assert_eq!(state.status(Liveness::Held), Status::Cancelled, "{lines:?}");
    }
}

#[test]
fn a_cancel_outweighs_a_stop_in_whatever_order_they_came() {
    for lines in [[STOP, CANCEL], [CANCEL, STOP]] {
        let state = fold(&[STARTED, CHILD, lines[0], lines[1]]);
        assert_eq!(state.requests.strongest(), Some(RequestKind::Cancel));
    }
}

fn sent(name: &str, more: &str) -> String {
    format!(r#"{{"kind":"signal.sent","signal":2,"name":"{name}","processes":3{more}}}"#)
}

#[test]
fn a_pause_lasts_until_a_continue_or_the_end() {
    let (stop, go) = (sent("SIGSTOP", ""), sent("SIGCONT", ""));
    let asked = r#"{"kind":"signal.requested","signal":19,"name":"SIGSTOP","by":"ada"}"#;
    let check = |lines: &[&str], held| {
        let state = fold(lines);
        assert_eq!(state.hold.is_held(), held, "{lines:?}");
        let now = Timestamp::from_millis(1_000 * lines.len() as i64);
        let silent = state.activity(now, state.out, None).is_none();
        assert_eq!(silent, held || state.exit().is_some(), "{lines:?}");
        assert_eq!(state.requests.last_signal, None, "{lines:?}");
    };
    check(&[STARTED, CHILD, asked], false);
    check(&[STARTED, CHILD, asked, &stop], true);
    check(&[STARTED, CHILD, asked, &stop, asked, &stop], true);
    check(&[STARTED, CHILD, asked, &stop, &go], false);
    check(&[STARTED, CHILD, asked, &stop, EXIT_0], false);
}

#[test]
fn held_time_is_counted_on_the_monotonic_clock() {
    let mut state = RunState::default();
    let lines = [
        (STARTED.to_owned(), 0),
        (CHILD.to_owned(), 5),
        (sent("SIGSTOP", ""), 1_000),
        (sent("SIGCONT", ""), 4_500),
        (sent("SIGSTOP", ""), 5_000),
        (EXIT_0.to_owned(), 5_250),
    ];
    for (seq, (line, t_ms)) in (1..).zip(lines) {
        let draft = Draft::from_line(line.as_bytes()).expect("a draft");
        // The wall clock goes backwards.
        let at = Timestamp::from_millis(1_000_000 - i64::try_from(seq).expect("few"));
        state.apply(&draft.number(Seq(seq), at, t_ms, Offset(0)));
    }
    assert_eq!(state.hold.past_ms, 3_750);
}

#[test]
fn a_time_limit_is_an_exit_code_of_its_own_unless_somebody_asked() {
    let limit = sent("SIGINT", r#","reason":"time_limit""#);
    let closed = |outcome| format!(r#"{{"kind":"run.closed","outcome":"{outcome}"}}"#);
    let over = fold(&[STARTED, CHILD, &limit, EXIT_0, &closed("errored")]);
    assert_eq!(over.exit_code(Liveness::Free), Some(124));
    let stopped = fold(&[STARTED, CHILD, &limit, STOP, EXIT_0, &closed("stopped")]);
    assert_eq!(stopped.exit_code(Liveness::Free), Some(130));
    let reap = sent("SIGINT", r#","reason":"reap""#);
    let reaped = fold(&[STARTED, CHILD, EXIT_0, &reap, &closed("passed")]);
    assert_eq!(reaped.exit_code(Liveness::Free), Some(0));
    assert_eq!(reaped.requests.last_signal, None);
}

#[test]
fn a_request_after_the_exit_comes_too_late() {
    let state = fold(&[STARTED, CHILD, EXIT_0, STOP]);
    assert_eq!(state.requests.strongest(), None);
}

#[test]
fn the_last_result_of_an_item_wins() {
    let failed = r#"{"kind":"item.finished","item":"a","outcome":"failed"}"#;
    let passed = r#"{"kind":"item.finished","item":"a","outcome":"passed"}"#;
    let other = r#"{"kind":"item.finished","item":"b","outcome":"skipped"}"#;
    let state = fold(&[STARTED, failed, other, passed]);
    assert_eq!(state.counts.of(ItemOutcome::Passed), 1);
    assert_eq!(state.counts.of(ItemOutcome::Failed), 0);
    assert_eq!(state.done_of_planned().as_deref(), Some("2 of 10 done"));
    assert_eq!(state.fraction(), Some(0.2));
}

#[test]
fn activity_tells_waiting_streaming_quiet_and_buffered_apart() {
    let item = r#"{"kind":"item.started","item":"a"}"#;
    let buffered = r#"{"kind":"activity","activity":"buffered","item":"a"}"#;
    let at = |millis| Timestamp::from_millis(millis);
    let check = |lines: &[&str], now, out, output_at: Option<i64>, expected| {
        let got = fold(lines).activity(at(now), Offset(out), output_at.map(at));
        assert_eq!(got, expected, "{lines:?} at {now}");
    };
    check(&[STARTED], 1_000, 10, None, None);
    check(
        &[STARTED, CHILD],
        2_500,
        20,
        None,
        Some(Activity::Streaming),
    );
    check(&[STARTED, CHILD], 7_000, 20, None, Some(Activity::Quiet));
    check(
        &[STARTED, CHILD],
        7_000,
        25,
        Some(6_000),
        Some(Activity::Streaming),
    );
    check(
        &[STARTED, CHILD, item],
        60_000,
        30,
        None,
        Some(Activity::Waiting),
    );
    check(
        &[STARTED, CHILD, item],
        60_000,
        31,
        Some(3_500),
        Some(Activity::Quiet),
    );
    check(
        &[STARTED, CHILD, item, buffered],
        60_000,
        40,
        None,
        Some(Activity::Buffered),
    );
    check(
        &[STARTED, CHILD, item, buffered, EXIT_0],
        60_000,
        40,
        None,
        None,
    );
}

#[test]
fn a_known_kind_without_its_payload_is_counted_and_changes_nothing() {
    let state = fold(&[
        STARTED,
        CHILD,
        r#"{"kind":"item.finished","item":7}"#,
        r#"{"kind":"my.event"}"#,
    ]);
    assert_eq!((state.health.unreadable, state.counts.done()), (1, 0));
}

#[test]
fn prompts_of_an_ended_segment_are_withdrawn() {
    let asked = concat!(
        r#"{"kind":"prompt.asked","prompt":"019e5bc6-c3f3-7000-8000-000000000009","#,
        r#""prompt_kind":"confirm","title":"is the LED green?"}"#
    );
    assert_eq!(fold(&[STARTED, CHILD, asked]).prompts.count(), 1);
    let closed = r#"{"kind":"run.closed","outcome":"passed"}"#;
    assert_eq!(fold(&[STARTED, CHILD, asked, closed]).prompts.count(), 0);
}

#[test]
fn gaps_are_the_session_s() {
    let gap = r#"{"kind":"gap","from":10,"to":20}"#;
    let closed = r#"{"kind":"run.closed","outcome":"stopped"}"#;
    let state = fold(&[STARTED, CHILD, gap, closed, STARTED]);
    assert_eq!(state.gaps.kept_from(Offset(10)), Offset(20));
    assert!(fold(&[STARTED, CHILD]).gaps.is_empty());
}

#[test]
fn the_state_stays_small_whatever_a_run_says() {
    let mut state = fold(&[STARTED, CHILD]);
    let long = "x".repeat(20_000);
    for index in 0..20_000_u64 {
        let gap = index << 40;
        let lines = [
            format!(r#"{{"kind":"item.finished","item":"i{index}","outcome":"passed"}}"#),
            format!(r#"{{"kind":"channel","name":"{index}{long}","value":{index}.5}}"#),
            format!(r#"{{"kind":"step","label":"{long}"}}"#),
            format!(r#"{{"kind":"gap","from":{gap},"to":{}}}"#, gap + 1),
        ];
        let line = &lines[usize::try_from(index % 4).expect("small")];
        let draft = Draft::from_line(line.as_bytes()).expect(line);
        state.apply(&draft.number(Seq(3), Timestamp::default(), 0, Offset(0)));
    }
    let bytes = serde_json::to_vec(&state).expect("string keys").len();
    assert!(bytes <= 256 * 1024, "the state has {bytes} bytes");
}

fn any_line() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(STARTED),
        Just(CHILD),
        Just(STOP),
        Just(CANCEL),
        Just(EXIT_0),
        Just(r#"{"kind":"item.started","item":"a"}"#),
        Just(r#"{"kind":"item.finished","item":"a","outcome":"failed"}"#),
        Just(r#"{"kind":"channel","name":"loss","value":0.25}"#),
        Just(r#"{"kind":"progress","done":3,"total":10}"#),
        Just(r#"{"kind":"signal.sent","signal":19,"name":"SIGSTOP","processes":1}"#),
        Just(r#"{"kind":"signal.sent","signal":18,"name":"SIGCONT","processes":1}"#),
        Just(r#"{"kind":"segment.ended","code":0,"duration_ms":7,"left":2,"timed_out":true}"#),
        Just(r#"{"kind":"run.closed","outcome":"stopped"}"#),
        Just(r#"{"kind":"some.thing","x":1}"#),
        Just(r#"{"kind":"gap","from":10,"to":20}"#),
        Just(r#"{"kind":"gap","from":30,"to":40}"#),
    ]
}

proptest! {
    /// Whatever is appended behind the end of a run, only its position moves.
    #[test]
    fn nothing_changes_a_closed_run(
        before in prop::collection::vec(any_line(), 0..20),
        after in prop::collection::vec(any_line(), 0..20),
        outcome in prop_oneof![
            Just("passed"), Just("failed"), Just("errored"), Just("stopped"), Just("cancelled"),
        ],
    ) {
        let closed = format!(r#"{{"kind":"run.closed","outcome":"{outcome}"}}"#);
        let mut lines = vec![STARTED, CHILD];
        lines.extend(before.iter().filter(|line| !line.contains("run.closed")));
        lines.push(&closed);
        let mut state = fold(&lines);
        lines.extend(after);
        let mut later = fold(&lines);
        (state.seq, later.seq) = (Seq(0), Seq(0));
        (state.out, later.out) = (Offset(0), Offset(0));
        prop_assert_eq!(state, later);
    }

    /// A checkpoint in the middle plus the rest of the log is the same as the whole log.
    #[test]
    fn a_fold_goes_on_from_a_checkpoint(
        lines in prop::collection::vec(any_line(), 0..40),
        cut in 0_usize..40,
    ) {
        let records = records(&lines);
        let cut = cut.min(records.len());
        let mut state = RunState::default();
        records[..cut].iter().for_each(|record| state.apply(record));
        let json = serde_json::to_string(&state).expect("string keys");
        let mut state: RunState = serde_json::from_str(&json).expect("just written");
        records[cut..].iter().for_each(|record| state.apply(record));
        prop_assert_eq!(state, fold(&lines));
    }
}

#[test]
fn recoveries_are_counted_until_an_operator_resumes() {
    let resumed = |n: u32, recovered: bool, outcome: &str| {
        let outcome = format!(r#""outcome":"{outcome}","resumed":{n},"recovered":{recovered}"#);
        format!(r#"{{"kind":"segment.resumed",{outcome}}}"#)
    };
    let lines = [
        STARTED.to_owned(),
        resumed(1, true, "interrupted"),
        resumed(2, true, "interrupted"),
    ];
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let health = fold(&lines).health;
    assert_eq!((health.recovered, health.recovered_in_a_row), (2, 2));
    let line = health
        .recovery(|at| at.to_string())
        .expect("it was resumed");
    assert_eq!(
        line,
        "recovered 2× · last 1970-01-01T00:00:03.000Z after host loss"
    );
    let by_hand = resumed(3, false, "stopped");
    lines.push(&by_hand);
    let health = fold(&lines).health;
    assert_eq!(
        (health.resumed, health.recovered, health.recovered_in_a_row),
        (3, 2, 0)
    );
    let line = health
        .recovery(|_| "14:02".to_owned())
        .expect("it was resumed");
    assert_eq!(line, "resumed 3× · last 14:02 after a stop");
    assert_eq!(fold(&[STARTED]).health.recovery(|_| String::new()), None);
}

#[test]
fn a_command_that_could_not_be_started_ends_with_the_code_of_its_segment() {
    let ended = r#"{"kind":"segment.ended","code":127,"duration_ms":1,"left":0}"#;
    let closed = r#"{"kind":"run.closed","outcome":"errored"}"#;
    let state = fold(&[STARTED, ended, closed]);
    assert_eq!(state.status(Liveness::Free), Status::Errored);
    assert_eq!(state.exit_code(Liveness::Free), Some(127));
    // What the command itself said is not overruled.
    let state = fold(&[STARTED, CHILD, EXIT_0, ended]);
    assert_eq!(state.exit(), Some(Exit::Code(0)));
}

#[test]
fn a_clock_that_is_set_back_turns_no_list_round() {
    let mut state = RunState::default();
    let newest = |at_ms: &[i64]| at_ms.iter().max().copied();
    let at_ms = [5_000, 6_000, 2_000, 2_001, 9_000, 8_000];
    for (count, at) in (1..).zip(at_ms) {
        let draft = Draft::from_line(br#"{"kind":"note"}"#).expect("a draft");
        let at = Timestamp::from_millis(at);
        state.apply(&draft.number(Seq(count), at, 0, Offset(0)));
        let shown = state.times.updated_at.map(Timestamp::as_millis);
        let count = usize::try_from(count).expect("few");
        assert_eq!(shown, newest(&at_ms[..count]));
    }
}

#[test]
fn a_run_is_at_work_in_its_segments_and_not_between_them() {
    let resumed = STARTED
        .replace("\"ordinal\":1", "\"ordinal\":2")
        .replace("\"planned\":10", RESUME_OF);
    let ended = r#"{"kind":"segment.ended","code":1,"duration_ms":2500,"left":0}"#;
    let apply = |state: &mut RunState, line: &str, wall_ms, t_ms| {
        let draft = Draft::from_line(line.as_bytes()).expect(line);
        let at = Timestamp::from_millis(wall_ms);
        state.apply(&draft.number(state.seq.next(), at, t_ms, Offset(0)));
    };
    let at = Timestamp::from_millis;
    let mut state = RunState::default();
    assert_eq!(state.times.worked_ms(at(0)), None);
    apply(&mut state, STARTED, 10_000, 0);
    apply(&mut state, CHILD, 10_400, 400);
    assert_eq!(state.times.took_ms(), None);
    assert_eq!(state.times.worked_ms(at(11_000)), Some(1_000));
    apply(&mut state, ended, 12_500, 2_500);
    assert_eq!(state.times.took_ms(), Some(2_500));
    apply(&mut state, &resumed, 900_000, 0);
    assert_eq!(state.times.worked_ms(at(901_000)), Some(3_500));
    // Of a segment that lost its host as much counts as it has told of.
    apply(&mut state, CHILD, 900_700, 700);
    apply(&mut state, &resumed, 2_000_000, 0);
    assert_eq!(state.times.worked_ms(at(2_000_050)), Some(3_250));
    apply(&mut state, ended, 2_002_500, 2_500);
    assert_eq!(state.times.took_ms(), Some(5_700));
}
