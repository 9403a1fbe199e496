//! What a scan tells of, in both directions.

use std::ops::ControlFlow;

use pod_protocol::Seq;
use proptest::prelude::*;

use super::*;
use crate::{Cancel, Direction, Ended, RecordFilter, RecordScan, Scanned};

fn scanned(log: &RunLog, filter: &RecordFilter, direction: Direction) -> Vec<Vec<u8>> {
    let scan = RecordScan {
        range: Seq(0)..Seq(u64::MAX),
        filter: filter.clone(),
        direction,
    };
    let mut lines = Vec::new();
    let mut share = 0.0;
    let ended = log.scan_records(&scan, &Cancel::new(), &mut |told| {
        match told {
            Scanned::Line { text, .. } => lines.push(text.to_vec()),
            Scanned::Reached(progress) => share = progress.share(),
        }
        ControlFlow::Continue(())
    });
    assert_eq!(ended.expect("readable"), Ended::AtTheEnd);
    assert!((share - 1.0).abs() < f64::EPSILON, "{share}");
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_scan_tells_of_every_line_that_its_filter_lets_through(steps in steps()) {
        let model = model(&steps);
        let log = model.log();
        let kind = |kind: &str| format!(r#""kind":"{kind}"#).into_bytes();
        let filters = [
            (RecordFilter::all(), Vec::new()),
            (RecordFilter::kinds(&["note"]).expect("few"), kind("note\"")),
            (RecordFilter::kinds(&["child"]).expect("few"), kind("child.")),
            (RecordFilter::kinds(&["chil"]).expect("few"), kind("chil.")),
        ];
        for (filter, text) in filters {
            let wanted = |line: &&Vec<u8>| memchr::memmem::find(line, &text).is_some();
            let lines = model.lines.iter().map(|(_, line)| line);
            let expected: Vec<Vec<u8>> = lines.filter(wanted).cloned().collect();
            prop_assert_eq!(&scanned(&log, &filter, Direction::Forward), &expected);
            let mut back = scanned(&log, &filter, Direction::Back);
            back.reverse();
            prop_assert_eq!(&back, &expected);
        }
    }
}

#[test]
fn a_scan_of_many_pieces_is_whole_and_can_be_given_up() {
    let steps: Vec<Step> = (0..200).map(|_| Step::Note(20_000)).collect();
    let log = model(&steps).log();
    let notes = RecordFilter::kinds(&["note"]).expect("few");
    for direction in [Direction::Forward, Direction::Back] {
        assert_eq!(scanned(&log, &notes, direction).len(), 200);
        let cancel = Cancel::new();
        let scan = RecordScan {
            range: Seq(10)..Seq(150),
            filter: notes.clone(),
            direction,
        };
        let mut pieces = 0;
        let ended = log.scan_records(&scan, &cancel, &mut |told| {
            if matches!(told, Scanned::Reached(_)) {
                pieces += 1;
                cancel.cancel();
            }
            ControlFlow::Continue(())
        });
        assert_eq!((ended.expect("readable"), pieces), (Ended::Cancelled, 1));
        let mut lines = 0;
        let ended = log.scan_records(&scan, &Cancel::new(), &mut |told| {
            lines += usize::from(matches!(told, Scanned::Line { .. }));
            ControlFlow::Continue(())
        });
        assert_eq!((ended.expect("readable"), lines), (Ended::AtTheEnd, 140));
    }
}
