use super::*;

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn now() -> Timestamp {
    Timestamp::from_millis(100 * DAY)
}

fn days_ago(days: i64) -> Timestamp {
    Timestamp::from_millis((100 - days) * DAY)
}

fn session(number: u32, days: i64, bytes: u64) -> Measured {
    let session = format!("019e5bc6-c3f3-7000-8000-{number:012x}");
    Measured {
        piece: Piece::Session {
            session: session.parse().expect("a UUID"),
            pod: Some("a".parse().expect("a name")),
        },
        bytes,
        at: days_ago(days),
        exempt: false,
    }
}

fn removed(name: &str, days: i64, bytes: u64) -> Measured {
    let at = days_ago(days);
    Measured {
        piece: Piece::Removed(Removed {
            pod: name.parse().expect("a name"),
            at,
            path: name.into(),
        }),
        bytes,
        at,
        exempt: false,
    }
}

fn label(piece: &Piece) -> String {
    match piece {
        Piece::Removed(removed) => removed.pod.to_string(),
        Piece::Session { session, .. } => {
            let id = session.to_string();
            id.trim_start_matches("019e5bc6-c3f3-7000-8000-")
                .trim_start_matches('0')
                .to_owned()
        }
    }
}

/// What goes of `pieces`, as words.
fn check(pieces: Vec<Measured>, cap_bytes: u64, expected: &str) {
    let going = plan(pieces, cap_bytes, now());
    let words: Vec<String> = going
        .iter()
        .map(|(measured, reason)| {
            let mark = match reason {
                Reason::RemovedLongAgo => "!",
                Reason::OverCap => "",
            };
            format!("{}{mark}", label(&measured.piece))
        })
        .collect();
    assert_eq!(words.join(" "), expected);
}

#[test]
fn nothing_goes_while_there_is_room() {
    check(vec![], 0, "");
    check(vec![session(1, 99, 10), removed("x", 29, 10)], 20, "");
}

#[test]
fn what_was_removed_long_ago_goes_whatever_the_room() {
    check(
        vec![
            removed("x", 30, 1),
            removed("y", 31, 1),
            removed("z", 29, 1),
        ],
        100,
        "y! x!",
    );
}

#[test]
fn the_oldest_goes_first_and_no_more_than_needed() {
    let pieces = || vec![session(1, 1, 10), session(2, 3, 10), session(3, 2, 10)];
    check(pieces(), 30, "");
    check(pieces(), 29, "2");
    check(pieces(), 20, "2");
    check(pieces(), 19, "2 3");
    check(pieces(), 0, "2 3 1");
}

#[test]
fn what_was_removed_goes_before_what_is_kept() {
    check(
        vec![
            session(1, 50, 10),
            removed("x", 1, 10),
            removed("y", 40, 10),
        ],
        15,
        "y! x",
    );
}

#[test]
fn what_is_exempt_counts_and_stays() {
    let exempt = |measured| Measured {
        exempt: true,
        ..measured
    };
    check(
        vec![exempt(session(1, 50, 100)), session(2, 1, 10)],
        50,
        "2",
    );
}

#[test]
fn a_session_of_nobody_has_a_day() {
    let orphan = |days, number| Measured {
        piece: Piece::Session {
            session: format!("019e5bc6-c3f3-7000-8000-{number:012x}")
                .parse()
                .expect("a UUID"),
            pod: None,
        },
        ..session(1, days, 10)
    };
    check(vec![orphan(0, 4), orphan(1, 5)], 0, "5");
}
