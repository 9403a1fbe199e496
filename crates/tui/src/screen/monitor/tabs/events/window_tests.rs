//! The window, against a log that is all there.

use pod_protocol::Tone;
use proptest::prelude::*;

use super::{super::filter::Tones, *};

fn line(seq: u64) -> String {
    // Every tenth one is bad.
    let level = if seq.is_multiple_of(10) {
        "error"
    } else {
        "info"
    };
    format!(
        "{{\"seq\":{seq},\"at\":\"2026-11-20T10:00:00.000Z\",\"out\":0,\"kind\":\"log\",\"level\":\"{level}\",\"message\":\"m{seq}\"}}\n"
    )
}

fn lines(seqs: Range<u64>) -> Vec<u8> {
    seqs.map(line).collect::<String>().into_bytes()
}

fn read(window: &mut Window, state: &mut RunState, bytes: &[u8], keep: Keep) {
    window.read(bytes, state, keep);
}

fn places(window: &Window) -> Vec<(Option<Seq>, Seq)> {
    let ids = window.ids();
    let entries = ids.filter_map(|id| window.entry(id));
    entries.map(|entry| (entry.seq, entry.place)).collect()
}

#[test]
fn the_window_is_bounded_and_knows_where_it_begins() {
    let (mut window, mut state) = (Window::default(), RunState::default());
    read(&mut window, &mut state, &lines(1..10_101), Keep::Newest);
    assert_eq!(window.ids().count(), RECORDS_MAX);
    assert_eq!((window.earlier(), window.later()), (Some(Seq(101)), None));
    assert_eq!(state.seq, Seq(10_100));
    let huge = format!("{{\"kind\":\"log\",\"message\":\"{}\"", "x".repeat(200_000));
    for seq in 10_101..10_301 {
        let huge = format!("{huge},\"seq\":{seq},\"at\":\"2026-11-20T10:00:00Z\",\"out\":0}}\n");
        read(&mut window, &mut state, huge.as_bytes(), Keep::Newest);
    }
    assert!(window.lines_bytes <= LINES_BYTES_MAX);
    assert!(
        window.ids().count() < 100,
        "large records push the small ones out"
    );
}

#[test]
fn what_is_being_read_is_not_pushed_out() {
    let (mut window, mut state) = (Window::default(), RunState::default());
    read(&mut window, &mut state, &lines(1..10_101), Keep::Oldest);
    assert_eq!(
        (window.earlier(), window.later()),
        (None, Some(Seq(10_001)))
    );
    assert_eq!(state.seq, Seq(10_100), "the fold goes on");
}

#[test]
fn records_that_come_again_are_shown_once() {
    let (mut window, mut state) = (Window::default(), RunState::default());
    read(&mut window, &mut state, &lines(3..6), Keep::Newest);
    read(&mut window, &mut state, &lines(4..8), Keep::Newest);
    let shown: Vec<_> = places(&window)
        .into_iter()
        .filter_map(|(seq, _)| seq)
        .collect();
    assert_eq!(shown, [3, 4, 5, 6, 7].map(Seq));
    assert_eq!(window.earlier(), Some(Seq(3)), "1 and 2 were never sent");
}

#[test]
fn a_line_that_is_no_record_is_shown_as_such() {
    let (mut window, mut state) = (Window::default(), RunState::default());
    read(&mut window, &mut state, b"\x1b]0;evil\x07\n", Keep::Newest);
    let entry = window.entry(window.ids().start).expect("shown");
    assert_eq!((entry.seq, &*entry.kind), (None, "unreadable"));
    assert_eq!(entry.json(), ["\u{fffd}]0;evil\u{fffd}"]);
}

#[test]
fn live_records_are_filtered_as_they_come() {
    let filter = Filter::typed("", Tones::Bad);
    let (mut window, mut state) = (Window::following(filter, Seq(20)), RunState::default());
    read(&mut window, &mut state, &lines(21..65), Keep::Newest);
    let shown: Vec<_> = places(&window)
        .into_iter()
        .filter_map(|(seq, _)| seq)
        .collect();
    assert_eq!(shown, [30, 40, 50, 60].map(Seq));
    assert_eq!((window.earlier(), window.later()), (Some(Seq(21)), None));
}

/// A log of records and damaged lines, as a reader would hand it out.
struct Log(Vec<Entry>);

impl Log {
    fn new(damaged: &[bool]) -> Self {
        let mut entries = Vec::new();
        for (seq, damaged) in (1..).zip(damaged) {
            let text = line(seq);
            let record = Record::from_line(text.as_bytes()).expect("a record");
            entries.push(Entry::of(&record, text.as_bytes(), Origin::default()));
            if *damaged {
                entries.push(Entry::unreadable("damaged", b"x", Seq(seq), 0));
            }
        }
        Self(entries)
    }

    fn newest(&self) -> Seq {
        self.0
            .iter()
            .filter_map(|entry| entry.seq)
            .max()
            .unwrap_or_default()
    }

    /// What is wanted of the stretch, a damaged line being part of the record before it.
    fn stretch(&self, from: Seq, to: Seq, filter: &Filter) -> Vec<Entry> {
        let within =
            |entry: &&Entry| entry.place >= from && entry.place < to && filter.wants(entry);
        self.0.iter().filter(within).cloned().collect()
    }
}

proptest! {
    /// Whatever is scrolled through, the window holds all that is wanted of its stretch, and no more.
    #[test]
    fn the_window_shows_the_records_that_are_there(
        damaged in prop::collection::vec(prop::bool::weighted(0.2), 1..60),
        bad_only in any::<bool>(),
        start in 1_u64..60,
        moves in prop::collection::vec((any::<bool>(), 1_u64..9), 0..24),
    ) {
        let log = Log::new(&damaged);
        let filter = Filter::typed("", if bad_only { Tones::Trouble } else { Tones::All });
        let start = Seq(start.min(log.newest().0));
        let mut window = Window::at(filter.clone(), start);
        let (mut from, mut to) = (start, start);
        for (up, count) in moves {
            if up {
                let Some(before) = window.earlier() else { continue };
                prop_assert_eq!(before, from);
                from = Seq(before.0.saturating_sub(count).max(1));
                window.prepend(log.stretch(from, before, &filter), from, Keep::Oldest);
            } else {
                let Some(behind) = window.later() else { continue };
                prop_assert_eq!(behind, to);
                to = Seq((behind.0 + count).min(log.newest().0 + 1));
                window.append(log.stretch(behind, to, &filter), to, log.newest());
            }
            let shown = places(&window);
            let there = log.stretch(from, to, &filter);
            let there: Vec<_> = there.iter().map(|entry| (entry.seq, entry.place)).collect();
            prop_assert_eq!(shown, there);
        }
    }
}

/// What is forgotten at one end is read again, at any bound.
#[test]
fn what_was_forgotten_is_where_it_is_read_on() {
    let entry = |seq: u64| {
        let text = line(seq);
        let record = Record::from_line(text.as_bytes()).expect("a record");
        Entry::of(&record, text.as_bytes(), Origin::default())
    };
    let before: Vec<Entry> = (10_000..20_000).map(entry).collect();
    let check = |extra: u64, keep: Keep| {
        let mut window = Window::at(Filter::default(), Seq(20_000));
        let behind = (20_000..20_000 + extra).map(entry).collect();
        window.append(behind, Seq(20_000 + extra), Seq(50_000));
        window.prepend(before.clone(), Seq(10_000), keep);
        let shown = places(&window);
        assert_eq!(shown.len(), RECORDS_MAX);
        assert_eq!(shown[0].0, window.earlier());
        let last = shown[RECORDS_MAX - 1].1;
        assert_eq!(last.next(), window.later().expect("not the end"));
    };
    for extra in [1, 2, 7, 49] {
        check(extra, Keep::Newest);
        check(extra, Keep::Oldest);
    }
}

#[test]
fn damaged_lines_feel_like_caution() {
    assert_eq!(Entry::unreadable("x", b"x", Seq(1), 0).tone, Tone::Caution);
}
