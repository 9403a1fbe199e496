use std::time::Duration;

use pod_client::Start;
use pod_protocol::{
    Attached, Event, LogLine, Mode, Offset, Outcome, Record, Requested, Seq, SessionId,
};

use super::*;
use crate::{
    fixtures::{Log, World, ended, pod, segment},
    look_up,
};

fn options(records: Option<Start>, output: Option<Start>) -> LinkOptions {
    LinkOptions {
        mode: Mode::ReadOnly,
        client: "test".to_owned(),
        who: "test".to_owned(),
        records,
        output,
    }
}

/// Everything that a feed gave.
#[derive(Debug, Default)]
struct Seen {
    attached: Option<Box<Attached>>,
    /// Checked to be without gap or duplicate.
    seqs: Vec<u64>,
    output_from: Option<u64>,
    output: Vec<u8>,
    end: Option<LinkEvent>,
}

impl Seen {
    fn take(&mut self, event: LinkEvent) {
        assert!(self.end.is_none(), "{event:?} after the end");
        match event {
            LinkEvent::Attached(attached) => self.attached = Some(attached),
            LinkEvent::Records { from, bytes } => {
                assert_eq!(bytes.last(), Some(&b'\n'), "whole lines");
                let lines = bytes.split_inclusive(|byte| *byte == b'\n');
                let seqs = lines.map(|line| Record::from_line(line).expect("a record").seq.0);
                let before = self.seqs.len();
                self.seqs.extend(seqs);
                assert_eq!(self.seqs[before], from.0);
            }
            LinkEvent::Output { from, bytes, .. } => {
                let start = *self.output_from.get_or_insert(from.0);
                assert_eq!(
                    from.0,
                    start + self.output.len() as u64,
                    "no gap, no duplicate"
                );
                self.output.extend_from_slice(&bytes);
            }
            end => self.end = Some(end),
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        match self.end {
            Some(LinkEvent::Closed(outcome)) => Some(outcome),
            _ => None,
        }
    }
}

fn source(world: &World, session: SessionId, liveness: Liveness) -> Source {
    let state = world.roots.state.clone();
    Source::Stored {
        state,
        session,
        segment: segment(1),
        liveness,
    }
}

async fn seen(source: Source, records: Option<Start>, output: Option<Start>) -> Seen {
    let opened = Feed::open(source, options(records, output)).await;
    let (feed, mut events) = opened.expect("readable");
    let mut seen = Seen::default();
    while let Some(event) = events.recv().await {
        seen.take(event);
    }
    feed.ended().await;
    assert!(seen.attached.is_some() && seen.end.is_some());
    seen
}

fn chatter(lines: usize) -> Vec<Event> {
    let line = |n: usize| {
        Event::Log(LogLine {
            level: None,
            message: format!("line {n}: {}", "x".repeat(200)),
            fields: None,
        })
    };
    (0..lines).map(line).collect()
}

/// A session of three segments, the middle one without output: 3,004, 2 and 4 records.
fn session_of_three(world: &World) -> (SessionId, Vec<u8>) {
    let first: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
    let session = world.launch("a", 1);
    let stop = vec![Event::StopRequested(Requested::default())];
    let log = Log::of("a", session, segment(3));
    world.segment(&Log {
        events: [chatter(3_000), ended(0, Outcome::Stopped)].concat(),
        output: &first,
        ..log.clone()
    });
    // The ids fall while the ordinals rise: only the ordinals count.
    let log = Log {
        previous: Some(log.segment),
        segment: segment(2),
        ordinal: 2,
        ..log
    };
    let log = Log {
        first_seq: Seq(3_005),
        out_base: Offset(700_000),
        ..log
    };
    world.segment(&Log {
        events: vec![],
        ..log.clone()
    });
    let log = Log {
        previous: Some(log.segment),
        segment: segment(1),
        ordinal: 3,
        ..log
    };
    let log = Log {
        first_seq: Seq(3_007),
        output: b"the end\n",
        ..log
    };
    world.segment(&Log {
        events: [stop, chatter(1)].concat(),
        ..log
    });
    world.remember("a", Some((session, Some(segment(1)))));
    (session, [first.as_slice(), b"the end\n"].concat())
}

#[tokio::test]
async fn a_finished_session_comes_whole_and_in_order() {
    let world = World::new();
    let (session, output) = session_of_three(&world);
    let from_start = Some(Start::At(0));
    let seen = seen(
        source(&world, session, Liveness::Free),
        from_start,
        from_start,
    )
    .await;
    assert!(seen.seqs.iter().copied().eq(1..=3_010));
    assert_eq!(seen.output_from, Some(0));
    assert!(
        seen.output == output,
        "{} bytes of output",
        seen.output.len()
    );
    assert_eq!(
        seen.outcome(),
        Some(Outcome::Stopped),
        "a stop was asked for before the host was lost"
    );
    let attached = seen.attached.expect("first");
    assert_eq!((attached.first_seq, attached.out_base), (Seq(1), Offset(0)));
    assert_eq!(
        (attached.length, attached.state.seq),
        (Offset(700_008), Seq(3_010))
    );
    assert_eq!(attached.segment, Some(segment(1)));
}

#[tokio::test]
async fn a_feed_starts_where_it_is_told() {
    let world = World::new();
    let (session, output) = session_of_three(&world);
    let end = output.len() as u64;
    let check = async |start: Start, first_seq: Option<u64>, first_byte: Option<u64>| {
        let source = source(&world, session, Liveness::Free);
        let seen = seen(source, Some(start), Some(start)).await;
        assert_eq!(seen.seqs.first().copied(), first_seq, "{start:?}");
        assert_eq!(seen.output_from, first_byte, "{start:?}");
        let from = usize::try_from(first_byte.unwrap_or(end)).expect("small");
        assert!(seen.output == output[from..], "{start:?}");
        assert!(
            seen.seqs.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "{start:?}"
        );
        assert_eq!(
            seen.seqs.last().copied(),
            first_seq.map(|_| 3_010),
            "{start:?}"
        );
    };
    check(Start::Back(0), None, None).await;
    check(Start::Back(4), Some(3_007), Some(end - 4)).await;
    check(Start::Back(5), Some(3_006), Some(end - 5)).await;
    check(Start::Back(9), Some(3_002), Some(end - 9)).await;
    check(Start::Back(u64::MAX), Some(1), Some(0)).await;
    check(Start::At(2_000), Some(2_000), Some(2_000)).await;
    check(Start::At(3_006), Some(3_006), Some(3_006)).await;
    check(Start::At(700_000), None, Some(700_000)).await;
    check(Start::At(u64::MAX), None, None).await;
}

#[tokio::test]
async fn only_what_is_wanted_comes() {
    let world = World::new();
    world.run("a", 1, ended(0, Outcome::Passed), b"done\n");
    let row = look_up(&world.roots, &pod("a"), Duration::from_secs(60))
        .await
        .expect("stored");
    let source = row.source(&world.roots).expect("viewable");
    let nothing = seen(source.clone(), None, None).await;
    assert_eq!((nothing.seqs.len(), nothing.output.len()), (0, 0));
    assert_eq!(nothing.outcome(), Some(Outcome::Passed));
    let output = seen(source.clone(), None, Some(Start::At(0))).await;
    assert_eq!(
        (output.seqs.len(), output.output.as_slice()),
        (0, &b"done\n"[..])
    );
    let records = seen(source, Some(Start::At(0)), None).await;
    assert_eq!((records.seqs.len(), records.output.len()), (4, 0));
}

#[tokio::test]
async fn a_run_without_an_end_is_interrupted_unless_somebody_holds_it() {
    let world = World::new();
    world.run("a", 1, vec![], b"half");
    let session = crate::fixtures::session(1);
    let lost = seen(
        source(&world, session, Liveness::Free),
        None,
        Some(Start::At(0)),
    )
    .await;
    assert_eq!(lost.outcome(), Some(Outcome::Interrupted));
    let held = seen(
        source(&world, session, Liveness::Held),
        None,
        Some(Start::At(0)),
    )
    .await;
    assert!(
        matches!(held.end, Some(LinkEvent::Lost { .. })),
        "{:?}",
        held.end
    );
    assert_eq!(held.output, b"half");
}

#[tokio::test]
async fn damage_in_the_middle_hides_nothing_else() {
    let world = World::new();
    world.run(
        "a",
        1,
        [chatter(3), ended(0, Outcome::Passed)].concat(),
        b"",
    );
    let session = crate::fixtures::session(1);
    let log = world.writer.layout().records(session, segment(1));
    let text = std::fs::read_to_string(&log).expect("ours");
    std::fs::write(&log, text.replacen("\"kind\":\"log\"", "!", 1)).expect("ours");
    let source = source(&world, session, Liveness::Free);
    let opened = Feed::open(source, options(Some(Start::At(0)), None)).await;
    let (_feed, mut events) = opened.expect("readable");
    let mut lines = 0;
    let mut outcome = None;
    while let Some(event) = events.recv().await {
        match event {
            LinkEvent::Records { bytes, .. } => {
                lines += bytes.iter().filter(|b| **b == b'\n').count();
            }
            LinkEvent::Closed(end) => outcome = Some(end),
            _ => {}
        }
    }
    assert_eq!((lines, outcome), (7, Some(Outcome::Passed)));
}

#[tokio::test]
async fn nobody_listening_ends_the_feed() {
    let world = World::new();
    let (session, _) = session_of_three(&world);
    let source = source(&world, session, Liveness::Free);
    let everything = options(Some(Start::At(0)), Some(Start::At(0)));
    let (feed, mut events) = Feed::open(source, everything).await.expect("readable");
    assert!(matches!(events.recv().await, Some(LinkEvent::Attached(_))));
    drop(events);
    feed.ended().await;
}

#[tokio::test]
async fn a_slow_reader_holds_the_reading_up() {
    let world = World::new();
    let session = world.launch("a", 1);
    let output = vec![b'x'; 4 * 1024 * 1024];
    world.segment(&Log {
        output: &output,
        ..Log::of("a", session, segment(1))
    });
    let source = source(&world, session, Liveness::Free);
    let everything = options(None, Some(Start::At(0)));
    let (_feed, mut events) = Feed::open(source, everything).await.expect("readable");
    // What waits is full, and stays full while nobody takes anything.
    while events.len() < EVENTS_WAITING_MAX {
        tokio::task::yield_now().await;
    }
    let mut bytes = 0;
    while let Some(event) = events.recv().await {
        assert!(events.len() <= EVENTS_WAITING_MAX);
        if let LinkEvent::Output { bytes: piece, .. } = event {
            assert!(piece.len() <= crate::replay::REPLAY_BYTES);
            bytes += piece.len();
        }
    }
    assert_eq!(bytes, output.len());
}

#[tokio::test]
async fn a_stop_of_a_finished_run_says_so() {
    let world = World::new();
    world.run("a", 1, ended(0, Outcome::Passed), b"");
    let session = crate::fixtures::session(1);
    let source = source(&world, session, Liveness::Free);
    let (feed, _events) = Feed::open(source, options(None, None))
        .await
        .expect("readable");
    let answer = feed.call(Request::Stop { grace_ms: 1 }).await.expect("ok");
    let Answer::Done(Some(Done::Stop(stop))) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(
        (stop.stopped, stop.reason),
        (false, Some(StopReason::AlreadyTerminal))
    );
    let paused = feed.call(Request::Pause).await.expect_err("it has ended");
    assert_eq!(paused.code(), Some(ErrorCode::NotRunning));
}

#[tokio::test]
async fn a_session_without_a_log_cannot_be_opened() {
    let world = World::new();
    let session = world.launch("a", 1);
    let opened = Feed::open(source(&world, session, Liveness::Free), options(None, None)).await;
    assert!(matches!(opened, Err(FeedError::Store(_))));
}

#[tokio::test]
async fn a_run_whose_active_log_went_empty_is_not_read_as_the_segment_before() {
    let world = World::new();
    let (session, _) = session_of_three(&world);
    let row = look_up(&world.roots, &pod("a"), Duration::from_secs(60))
        .await
        .expect("stored");
    let source = row.source(&world.roots).expect("viewable");
    let log = world.writer.layout().records(session, segment(1));
    std::fs::write(&log, "").expect("ours");
    let everything = options(Some(Start::At(0)), Some(Start::At(0)));
    let opened = Feed::open(source.clone(), everything.clone()).await;
    assert!(
        matches!(opened, Err(FeedError::NoActiveSegment { .. })),
        "{opened:?}"
    );
    std::fs::remove_file(&log).expect("ours");
    let opened = Feed::open(source, everything).await;
    assert!(matches!(opened, Err(FeedError::Store(_))), "{opened:?}");
}
