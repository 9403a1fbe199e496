//! Against a naive model: the whole session in memory.

mod model;
mod reading;
mod scanning;
mod searching;
mod silence;
mod size;
mod times;

use proptest::prelude::*;

use self::model::{Model, Step};
use super::{OutputPiece, OutputPieces, RecordLines, RunLog};
use crate::Stream;

fn step() -> impl Strategy<Value = Step> {
    let stream = prop_oneof![Just(Stream::Stdout), Just(Stream::Stderr)];
    let text = prop_oneof![
        Just("\n".to_owned()),
        "[ab \n]{1,12}",
        Just("\u{1b}[31mred\u{1b}[0m\n".to_owned()),
        Just("10%\r20%\r100%\n".to_owned()),
        "[a-c]{1,60}",
    ];
    prop_oneof![
        6 => (stream, text).prop_map(|(stream, text)| Step::Write(stream, text.into_bytes())),
        1 => (1..40_u64).prop_map(Step::Skip),
        4 => (0..300_usize).prop_map(Step::Note),
        1 => Just(Step::Damage),
        1 => Just(Step::Segment),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 0..40)
}

/// The pieces as the model has output.
fn flat(read: &OutputPieces) -> Vec<Option<(u8, Option<Stream>)>> {
    let mut at = read.range.start;
    let mut flat = Vec::new();
    for piece in &read.pieces {
        assert_eq!(piece.range().start, at, "pieces follow each other");
        at = piece.range().end;
        match piece {
            OutputPiece::Text { stream, bytes, .. } => {
                flat.extend(bytes.iter().map(|byte| Some((*byte, *stream))));
            }
            OutputPiece::Gap(gap) => {
                let bytes = gap.range.end.since(gap.range.start);
                flat.extend((0..bytes).map(|_| None));
            }
        }
    }
    assert_eq!(at, read.range.end);
    flat
}

fn lines(read: &RecordLines) -> Vec<(Option<u64>, Vec<u8>)> {
    let line = |line: &super::RecordLine| (line.seq.map(|seq| seq.0), line.text.to_vec());
    read.lines.iter().map(line).collect()
}

fn model(steps: &[Step]) -> Model {
    Model::of(steps)
}
