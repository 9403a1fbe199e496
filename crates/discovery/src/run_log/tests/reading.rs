//! What is read at any place, in both directions.

use super::*;
use crate::{GapCause, LineStart};
use pod_protocol::{Offset, Seq};

/// Where the line starts that holds the byte before `offset`.
fn naive_line_start(model: &Model, offset: usize) -> usize {
    let before = &model.output[..offset];
    let breaks =
        |byte: &Option<(u8, Option<Stream>)>| !matches!(byte, Some((byte, _)) if *byte != b'\n');
    match before.split_last() {
        None => 0,
        // Behind a gap nothing has been written yet.
        Some((None, _)) => offset,
        Some((_, rest)) => {
            let line = rest.iter().rposition(breaks).map_or(0, |at| at + 1);
            let bases = model.bases.iter().filter(|base| **base < offset);
            bases.max().map_or(line, |base| line.max(*base))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn output_is_the_same_from_any_place_in_any_direction(
        steps in steps(),
        place in 0.0..1.0_f64,
        piece in 1..90_usize,
    ) {
        let model = model(&steps);
        let log = model.log();
        let end = model.output.len();
        prop_assert_eq!(log.output_extent().expect("readable"), Offset(0)..model.end());
        let from = (place * (end + 1) as f64) as usize;

        let (mut at, mut got) = (Offset(from as u64), Vec::new());
        while at < model.end() {
            let read = log.read_output(at, piece).expect("readable");
            prop_assert!(read.range.end > at);
            at = read.range.end;
            for piece in &read.pieces {
                let OutputPiece::Text { from, begins_segment, .. } = piece else { continue };
                let begins = model.bases.contains(&(from.0 as usize));
                prop_assert_eq!(*begins_segment, begins);
            }
            got.extend(flat(&read));
        }
        prop_assert_eq!(&got, &model.output[from..]);

        let (mut at, mut got) = (Offset(from as u64), Vec::new());
        while at > Offset(0) {
            let read = log.read_output_back(at, piece).expect("readable");
            prop_assert!(read.range.start < at && read.range.end == at);
            at = read.range.start;
            got.splice(0..0, flat(&read));
        }
        prop_assert_eq!(&got, &model.output[..from]);

        let start = log.line_start_before(Offset(from as u64), usize::MAX).expect("readable");
        prop_assert_eq!(start, LineStart::At(Offset(naive_line_start(&model, from) as u64)));
    }

    #[test]
    fn records_are_the_same_from_any_place_in_any_direction(
        steps in steps(),
        place in 0.0..1.0_f64,
        piece in 1..900_usize,
    ) {
        let model = model(&steps);
        let log = model.log();
        let first = (place * (model.lines.len() + 1) as f64) as u64 + 1;
        // The first line that can be read and has this number or a later one.
        let found = model.lines.iter().position(|(seq, _)| seq.is_some_and(|seq| seq >= first));
        let index = found.unwrap_or(model.lines.len());

        let mut read = log.read_records(Seq(first), piece).expect("readable");
        let mut got = Vec::new();
        while !read.lines.is_empty() {
            got.extend(lines(&read));
            read = log.read_records_from(read.end, piece).expect("readable");
        }
        prop_assert_eq!(&got, &model.lines[index..]);

        let before = log.place_of(Seq(first)).expect("readable");
        let mut read = log.read_records_before(before, piece).expect("readable");
        let mut got = Vec::new();
        while !read.lines.is_empty() {
            got.splice(0..0, lines(&read));
            read = log.read_records_before(read.start, piece).expect("readable");
        }
        prop_assert_eq!(&got, &model.lines[..index]);
    }
}

#[test]
fn a_segment_whose_files_are_gone_is_a_gap() {
    let write = |text: &str| Step::Write(Stream::Stdout, text.as_bytes().to_vec());
    let mut model = model(&[write("one\n"), Step::Segment, write("two\n"), Step::Segment]);
    model.take(&write("three\n"));
    let log = model.log();
    let layout = model.world.writer.layout().clone();
    let second = log.segments()[1].segment;
    std::fs::remove_file(layout.output(model.session, second)).expect("there");
    std::fs::remove_file(layout.records(model.session, second)).expect("there");
    let check = |read: OutputPieces| {
        let gaps = read.pieces.iter().filter_map(|piece| match piece {
            OutputPiece::Gap(gap) => Some(gap.clone()),
            OutputPiece::Text { .. } => None,
        });
        let gaps: Vec<_> = gaps.map(|gap| (gap.range, gap.cause)).collect();
        assert_eq!(gaps, [(Offset(4)..Offset(8), GapCause::Missing)]);
        assert_eq!(flat(&read).len(), 14);
    };
    check(log.read_output(Offset(0), 1_000).expect("readable"));
    check(log.read_output_back(Offset(14), 1_000).expect("readable"));
    let records = log.read_records(Seq(1), 1).expect("readable");
    assert_eq!(records.first_seq(), Some(Seq(1)));
}

#[test]
fn a_run_that_goes_on_is_read_on() {
    let write = |text: &str| Step::Write(Stream::Stdout, text.as_bytes().to_vec());
    let mut model = model(&[write("one\n")]);
    let mut log = model.log();
    model.take(&Step::Skip(5));
    model.take(&write("two\n"));
    let read = log.read_output(Offset(0), 100).expect("readable");
    assert_eq!(flat(&read), model.output);
    model.take(&Step::Segment);
    model.take(&write("three\n"));
    assert!(log.refresh().expect("readable"));
    assert!(!log.refresh().expect("readable"));
    let read = log.read_output(Offset(0), 100).expect("readable");
    assert_eq!(flat(&read), model.output);
}
