use pod_protocol::Attached;

use super::*;
use crate::fake::{attached, segment};

fn follows(positions: &mut Positions, attached: &Attached) -> Vec<(Log, u64)> {
    let requests = positions.follow(attached).expect("same segment");
    let place = |request| match request {
        Request::Follow { log, from, .. } => (log, from),
        other => panic!("{other:?}"),
    };
    requests
        .expect("a segment")
        .into_iter()
        .map(place)
        .collect()
}

fn chunk(log: Log, from: u64, bytes: &[u8]) -> (ChunkHeader, Bytes) {
    let header = ChunkHeader {
        segment: segment(1),
        log,
        from,
        bytes: bytes.len() as u64,
    };
    (header, Bytes::copy_from_slice(bytes))
}

#[test]
fn a_start_is_clamped_to_what_the_segment_has() {
    // A segment with the records 5 to 9 and the output 100 to 300.
    let state = Attached {
        first_seq: Seq(5),
        out_base: Offset(100),
        ..attached(Some(segment(1)), 9, 300)
    };
    let check = |start, seq, offset| {
        let mut positions = Positions::new(Some(start), Some(start));
        let got = follows(&mut positions, &state);
        assert_eq!(
            got,
            [(Log::Records, seq), (Log::Output, offset)],
            "{start:?}"
        );
    };
    check(Start::At(0), 5, 100);
    check(Start::At(7), 7, 100);
    check(Start::At(200), 10, 200);
    check(Start::At(u64::MAX), 10, 300);
    check(Start::Back(0), 10, 300);
    check(Start::Back(2), 8, 298);
    check(Start::Back(250), 5, 100);
    check(Start::Back(u64::MAX), 5, 100);
}

#[test]
fn a_segment_without_records_has_an_end_too() {
    let state = Attached {
        first_seq: Seq(5),
        ..attached(Some(segment(1)), 0, 0)
    };
    let mut positions = Positions::new(Some(Start::Back(3)), None);
    assert_eq!(follows(&mut positions, &state), [(Log::Records, 5)]);
}

#[test]
fn nothing_wanted_is_nothing_followed() {
    let mut positions = Positions::new(None, None);
    assert_eq!(
        follows(&mut positions, &attached(Some(segment(1)), 9, 9)),
        []
    );
    let (header, bytes) = chunk(Log::Output, 0, b"x");
    assert!(positions.take(&header, bytes).expect("ignored").is_none());
}

#[test]
fn a_pending_segment_is_waited_for() {
    let mut positions = Positions::new(Some(Start::At(1)), None);
    assert!(
        positions
            .follow(&attached(None, 0, 0))
            .expect("fine")
            .is_none()
    );
    let follows = follows(&mut positions, &attached(Some(segment(1)), 3, 0));
    assert_eq!(follows, [(Log::Records, 1)]);
}

#[test]
fn a_second_stream_goes_on_where_the_first_ended() {
    let state = attached(Some(segment(1)), 10, 100);
    let mut positions = Positions::new(Some(Start::Back(2)), Some(Start::Back(10)));
    follows(&mut positions, &state);
    let (header, bytes) = chunk(Log::Records, 9, b"{}\n{}\n{}\n");
    assert!(positions.take(&header, bytes).expect("in order").is_some());
    let (header, bytes) = chunk(Log::Output, 90, b"0123456789ab");
    assert!(positions.take(&header, bytes).expect("in order").is_some());
    // Even where the host claims to have less by now: it must say so itself.
    for (records, length) in [(10, 100), (40, 500), (3, 20)] {
        let now = attached(Some(segment(1)), records, length);
        let got = follows(&mut positions, &now);
        assert_eq!(got, [(Log::Records, 12), (Log::Output, 102)]);
    }
}

#[test]
fn another_segment_is_not_gone_on_with() {
    let mut positions = Positions::new(Some(Start::At(1)), None);
    follows(&mut positions, &attached(Some(segment(1)), 10, 0));
    let moved = positions.follow(&attached(Some(segment(2)), 20, 0));
    assert!(matches!(moved, Err(ClientError::Moved { segment: to }) if to == segment(2)));
}

#[test]
fn gaps_and_duplicates_are_errors() {
    let check = |log, from, bytes: &[u8], fits| {
        let mut positions = Positions::new(Some(Start::At(5)), Some(Start::At(50)));
        follows(&mut positions, &attached(Some(segment(1)), 10, 100));
        let (header, bytes) = chunk(log, from, bytes);
        let taken = positions.take(&header, bytes);
        assert_eq!(taken.is_ok(), fits, "{log:?} from {from}: {taken:?}");
    };
    check(Log::Records, 5, b"{}\n", true);
    check(Log::Records, 4, b"{}\n", false);
    check(Log::Records, 6, b"{}\n", false);
    check(Log::Records, 5, b"{}\n{", false);
    check(Log::Output, 50, b"x", true);
    check(Log::Output, 49, b"x", false);
    // A hole in the output is jumped over.
    check(Log::Output, 70, b"x", true);
    check(Log::Output, u64::MAX, b"x", true);
}

proptest::proptest! {
    /// However a log is cut into chunks, the position behind them is the same.
    #[test]
    fn a_position_does_not_depend_on_the_chunks(cuts in proptest::collection::vec(1_usize..6, 1..20)) {
        let mut positions = Positions::new(Some(Start::At(1)), Some(Start::At(0)));
        let state = attached(Some(segment(1)), 10, 100);
        follows(&mut positions, &state);
        let (mut seq, mut offset) = (1, 0);
        for cut in cuts {
            let text = "{}\n".repeat(cut);
            for (log, from) in [(Log::Records, seq), (Log::Output, offset)] {
                let (header, bytes) = chunk(log, from, text.as_bytes());
                proptest::prop_assert!(positions.take(&header, bytes).expect("in order").is_some());
            }
            seq += cut as u64;
            offset += text.len() as u64;
        }
        proptest::prop_assert_eq!(
            follows(&mut positions, &state),
            [(Log::Records, seq), (Log::Output, offset)]
        );
    }
}
