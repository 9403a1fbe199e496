use super::*;
use crate::fixtures::{
    answering, answering_pending, at, contents, elsewhere, endpoint, live, row, run, segment,
    session, silent, stored, unreachable,
};
use crate::{StoredRun, Unreachable};

/// Everything that a row answers, one question a column.
fn described(row: &Row) -> String {
    let reason = |result: Result<(), String>| result.map_or_else(|why| why, |()| "yes".to_owned());
    let attach = row.attachable().map(drop).map_err(|why| why.to_string());
    let restore = row.restorable().map_err(|why| why.to_string());
    let primary = row.primary().map_or("nothing", Primary::as_str);
    format!(
        "{} | attach: {} | restore: {} | {} | enter: {primary}",
        row.status().word(),
        reason(attach),
        reason(restore),
        row.preview(),
    )
}

fn check(stored: Option<Stored>, live: Option<Live>, expected: &str) {
    assert_eq!(described(&row(live, stored)), expected);
}

#[test]
fn a_live_half_decides_attaching_whatever_is_stored() {
    let damaged = || {
        contents(Contents::LogCorrupt {
            file: "x.jsonl".into(),
            line: 1,
        })
    };
    for half in [
        None,
        stored(run(Status::Passed)),
        contents(Contents::PendingSegment),
        damaged(),
    ] {
        check(
            half,
            answering(Status::Running),
            "running | attach: yes | restore: live: attach instead | epoch 3 | enter: attach",
        );
    }
    check(
        None,
        answering_pending(),
        "pending | attach: yes | restore: live: attach instead | [live, pending segment] | enter: attach",
    );
    check(
        stored(run(Status::Stopped)),
        answering_pending(),
        "pending | attach: yes | restore: live: attach instead | [live, pending segment] | enter: attach",
    );
    check(
        contents(Contents::PendingSegment),
        silent(),
        "live | attach: yes | restore: live: attach instead | [live, pending segment] | enter: attach",
    );
    check(
        None,
        silent(),
        "live | attach: yes | restore: live: attach instead | [live, pending segment] | enter: attach",
    );
}

#[test]
fn a_host_that_cannot_be_talked_to_is_neither_attachable_nor_restorable() {
    check(
        stored(run(Status::Interrupted)),
        unreachable(Unreachable::NobodyListens),
        "unreachable | attach: unreachable: connection refused \
         | restore: held by pid 7 since 1970-01-01T00:00:01.000Z \
         | [unreachable: connection refused] | enter: view",
    );
    check(
        None,
        unreachable(Unreachable::NoAllocation),
        "unreachable | attach: unreachable: no allocation \
         | restore: held by pid 7 since 1970-01-01T00:00:01.000Z \
         | [unreachable: no allocation] | enter: nothing",
    );
    check(
        None,
        live(Reach::Starting),
        "starting | attach: starting: try again in a moment \
         | restore: held by pid 7 since 1970-01-01T00:00:01.000Z \
         | [pending segment] | enter: nothing",
    );
    check(
        stored(run(Status::Stopped)),
        elsewhere(),
        "on node17 | attach: on node17 | restore: on node17 | last line | enter: view",
    );
}

#[test]
fn a_stored_half_decides_restoring() {
    let yes = |status: Status, expected: &str| check(stored(run(status)), None, expected);
    yes(
        Status::Stopped,
        "stopped | attach: not live | restore: yes | last line | enter: resume",
    );
    yes(
        Status::Interrupted,
        "interrupted | attach: not live | restore: yes | last line | enter: resume",
    );
    yes(
        Status::Errored,
        "errored | attach: not live | restore: yes | last line | enter: resume",
    );
    yes(
        Status::Passed,
        "passed | attach: not live | restore: completed: rerun instead | last line | enter: view",
    );
    yes(
        Status::Failed,
        "failed | attach: not live | restore: completed: rerun instead | last line | enter: view",
    );
    yes(
        Status::Cancelled,
        "cancelled | attach: not live | restore: cancelled by an operator: rerun instead \
         | last line | enter: view",
    );
}

#[test]
fn what_a_run_left_undone_can_be_restored_except_after_a_cancel() {
    let restorable = |change: fn(&mut StoredRun), status, expected: &str| {
        let mut run = run(status);
        change(&mut run);
        let answer = row(None, stored(run)).restorable();
        let answer = answer.map_or_else(|why| why.to_string(), |()| "yes".to_owned());
        assert_eq!(answer, expected);
    };
    let missing: fn(&mut StoredRun) = |run| {
        run.summary.planned = Some(10);
        run.summary.done = 5;
    };
    let complete: fn(&mut StoredRun) = |run| {
        run.summary.planned = Some(10);
        run.summary.done = 10;
    };
    restorable(missing, Status::Passed, "yes");
    restorable(missing, Status::Failed, "yes");
    restorable(complete, Status::Passed, "completed: rerun instead");
    restorable(|run| run.errored_items = 1, Status::Failed, "yes");
    restorable(
        missing,
        Status::Cancelled,
        "cancelled by an operator: rerun instead",
    );
    let by: fn(&mut StoredRun) = |run| run.cancelled_by = Some("ada".to_owned());
    restorable(by, Status::Cancelled, "cancelled by ada: rerun instead");
    let gone: fn(&mut StoredRun) = |run| run.cwd_gone = Some("/gone".into());
    restorable(gone, Status::Stopped, "working directory gone: /gone");
    restorable(gone, Status::Passed, "completed: rerun instead");
}

#[test]
fn a_preview_never_suggests_what_is_not_there() {
    let line = |contents_of: Contents, expected: &str| check(contents(contents_of), None, expected);
    line(
        Contents::NoSession,
        "empty | attach: not live | restore: no active session | [empty] | enter: nothing",
    );
    line(
        Contents::PendingSegment,
        "pending | attach: not live | restore: no active segment yet | [pending segment] \
         | enter: nothing",
    );
    line(
        Contents::LogEmpty,
        "pending | attach: not live | restore: no active segment yet | [empty] | enter: nothing",
    );
    line(
        Contents::LogMissing,
        "empty | attach: not live | restore: log missing | [empty] | enter: nothing",
    );
    line(
        Contents::LogCorrupt {
            file: "sessions/s/x.jsonl".into(),
            line: 1,
        },
        "corrupt | attach: not live | restore: log corrupt at sessions/s/x.jsonl:1 \
         | [corrupt: sessions/s/x.jsonl:1] | enter: nothing",
    );
    line(
        Contents::MetadataCorrupt {
            file: "pods/a/metadata.json".into(),
            line: 3,
        },
        "corrupt | attach: not live | restore: metadata corrupt \
         | [corrupt: pods/a/metadata.json:3] | enter: nothing",
    );
    let mut damaged = run(Status::Stopped);
    damaged.damage = Some(("sessions/s/x.jsonl".into(), 9));
    check(
        stored(damaged),
        None,
        "stopped | attach: not live | restore: yes | [corrupt: sessions/s/x.jsonl:9] | enter: resume",
    );
}

#[test]
fn a_run_that_says_something_in_brackets_is_no_row_without_news() {
    let mut chatty = run(Status::Stopped);
    chatty.summary.preview = "[12:01] epoch 3".to_owned();
    (chatty.summary.done, chatty.summary.planned) = (5, Some(10));
    let news = row(None, stored(chatty)).news();
    assert_eq!(news, "5 of 10 done  [12:01] epoch 3");
}

#[test]
fn a_live_run_that_has_said_nothing_has_a_preview_too() {
    let mut half = answering(Status::Running).expect("a half");
    if let Reach::Answering { hello, .. } = &mut half.reach {
        hello.summary.preview = String::new();
        hello.summary.planned = Some(10);
    }
    let row = row(Some(half), None);
    assert_eq!(row.preview(), "[empty]");
    assert_eq!(row.news(), "0 of 10 done");
}

#[test]
fn no_control_byte_leaves_a_row() {
    let mut hostile = run(Status::Stopped);
    hostile.summary.preview = "a\u{1b}[31mb".to_owned();
    assert_eq!(row(None, stored(hostile)).preview(), "a\u{fffd}[31mb");
    let message = "\u{9b}x".to_owned();
    let failed = unreachable(Unreachable::Failed { message });
    assert_eq!(row(failed, None).preview(), "[unreachable: \u{fffd}x]");
    let host_name = "h\u{7}".to_owned();
    let far = live(Reach::Elsewhere { host_name });
    assert_eq!(row(far, None).status().word(), "on h\u{fffd}");
}

#[test]
fn the_row_shows_a_segment_that_the_metadata_lacks() {
    let pending = contents(Contents::PendingSegment);
    let known = row(answering(Status::Running), pending.clone());
    assert_eq!(known.segment(), Some(segment(1)));
    assert_eq!(
        known.stored.as_ref().and_then(|stored| stored.segment),
        None
    );
    assert_eq!(row(None, pending).segment(), None);
    // A relaunch over an older session does not show that session's segment as its own.
    let mut older = stored(run(Status::Stopped)).expect("a half");
    older.session = Some(session(2));
    let relaunched = row(answering_pending(), Some(older));
    assert_eq!(
        (relaunched.session(), relaunched.segment()),
        (Some(session(1)), None)
    );
}

#[test]
fn a_silent_host_shows_the_files_of_its_own_segment_only() {
    let mut half = silent().expect("a half");
    half.segment = Some(segment(1));
    let same = row(Some(half.clone()), stored(run(Status::Interrupted)));
    assert_eq!(same.preview(), "last line");
    half.segment = Some(segment(2));
    let other = row(Some(half), stored(run(Status::Interrupted)));
    assert_eq!(other.preview(), "[live, pending segment]");
}

#[test]
fn a_starting_host_is_not_described_by_the_run_before() {
    let mut half = live(Reach::Starting).expect("a half");
    half.session = Some(session(2));
    let relaunched = row(Some(half.clone()), stored(run(Status::Stopped)));
    assert_eq!(relaunched.preview(), "[pending segment]");
    assert_eq!(relaunched.summary(), None);
    assert_eq!(relaunched.age_from(), Some(at(1_000)), "since its lease");
    half.session = Some(session(1));
    half.segment = Some(segment(1));
    let same = row(Some(half), stored(run(Status::Interrupted)));
    assert_eq!(same.preview(), "last line");
    assert!(same.summary().is_some());
}

#[test]
fn attaching_goes_to_the_live_socket() {
    let row = row(silent(), stored(run(Status::Stopped)));
    assert_eq!(row.attachable(), Ok(&endpoint()));
}
