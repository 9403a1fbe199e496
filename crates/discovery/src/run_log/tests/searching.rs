//! What a search finds is what is shown, in any order, whatever a run wrote.

use std::ops::ControlFlow;

use pod_protocol::Offset;
use proptest::prelude::*;

use super::{
    super::{blocks::LINE_BYTES_MAX, shown::Shown},
    *,
};
use crate::{Cancel, Direction, Ended, OutputMatch, OutputPattern};

fn shown(raw: &[u8]) -> String {
    let mut shown = Shown::default();
    shown.take(raw);
    String::from_utf8_lossy(&shown.text).into_owned()
}

#[test]
fn output_is_searched_as_it_is_shown() {
    let check = |raw: &str, text: &str| assert_eq!(shown(raw.as_bytes()), text, "{raw:?}");
    check("", "");
    check("plain\r\nlines\r\n", "plain\nlines\n");
    check("\x1b[1;31mre\x1b[0md \x1b]0;title\x07x\n", "red x\n");
    check("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b\n", "alinkb\n");
    check("\x1bPq sixel\x1b\\seen\x1b(B\x1b7\n", "seen\n");
    check("\x1b[?25lx\x1b[2 q\n", "x\n");
    check(" 10%\r 99%\n", " 99%\n");
    check("done 10%\rdone\x1b[K\nnext\n", "done\nnext\n");
    check("ab\x08c\n", "ac\n");
    check("one\x1b[2Ctwo\n", "one  two\n");
    check("日本\rx\n", "x 本\n");
    check("e\u{301}x\r\x1b[1Cy\n", "e\u{301}y\n");
    check("a\tb\rc\n", "c\tb\n");
    check("first\x1b[Hsecond\n", "first\nsecond\n");
    check("never ends \x1b]0;title\nnext\n", "never ends \nnext\n");
    check(">>> print(1)\x1b[8D\x1b[5P\n", ">>> (1)\n");
    check("ac\x08\x1b[@b\n", "abc\n");
    check("a日b\r\x1b[2C\x1b[P\n", "a b\n");
    check("abcdef\r\x1b[2X\n", "  cdef\n");
    check("abc\x1b[99P\x1b[99@\x1b[99X\n", "abc\n");
    check("\x1b[31", "");
    check("\u{7f}\0bell\x07\n", "bell\n");
}

#[test]
fn moves_do_not_make_a_text_of_blanks() {
    let far = "\x1b[4000Cx y".repeat(100_000);
    let bytes = shown(far.as_bytes()).len();
    assert!(bytes < far.len() + 2 * 1024 * 1024, "{bytes}");
}

#[test]
fn case_counts_once_the_pattern_has_some() {
    let check = |pattern: &str, line: &str, found: bool| {
        let compiled = OutputPattern::new(pattern).expect("valid");
        assert_eq!(
            compiled.is_in(line.as_bytes()),
            found,
            "{pattern} in {line}"
        );
    };
    check("error", "ERROR", true);
    check("Error", "ERROR", false);
    check(r"\Sx", "AX", true);
    check(r"\p{Lu}x", "AX", true);
    let invalid = OutputPattern::new("a(").expect_err("a group without an end");
    assert_eq!(invalid.reason(), "unclosed group");
    assert!(OutputPattern::new(r"\w{1000}{1000}").is_err());
}

/// Every line of the output, and where it is. A gap ends a line, and so does the end of a segment.
fn naive_lines(model: &Model) -> Vec<(usize, Vec<u8>)> {
    let mut lines = Vec::new();
    let mut line: Option<(usize, Vec<u8>)> = None;
    for (at, byte) in model.output.iter().enumerate() {
        if model.bases.contains(&at) {
            lines.extend(line.take());
        }
        match byte {
            None => lines.extend(line.take()),
            Some((byte, _)) => {
                line.get_or_insert((at, Vec::new())).1.push(*byte);
                if *byte == b'\n' {
                    lines.extend(line.take());
                }
            }
        }
    }
    lines.extend(line);
    lines
}

fn naive(model: &Model, pattern: &OutputPattern) -> Vec<u64> {
    let matches = |line: &[u8]| shown(line).lines().any(|row| pattern.is_in(row.as_bytes()));
    let lines = naive_lines(model).into_iter();
    lines
        .filter(|(_, line)| matches(line))
        .map(|(at, _)| at as u64)
        .collect()
}

fn all(log: &RunLog, pattern: &OutputPattern, from: Offset, direction: Direction) -> Vec<u64> {
    let mut found = Vec::new();
    let mut note = |line: OutputMatch, raw: &[u8]| {
        assert_eq!(line.line.end.since(line.line.start), raw.len() as u64);
        assert!(line.line.start <= line.matched.start && line.matched.end <= line.line.end);
        found.push(line.line.start.0);
        ControlFlow::Continue(())
    };
    let cancel = Cancel::new();
    let ended = log.each_match(pattern, from, direction, &cancel, &mut |_| {}, &mut note);
    assert_eq!(ended.expect("readable"), Ended::AtTheEnd);
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_search_finds_the_lines_that_a_naive_one_finds(
        steps in steps(),
        pattern in prop_oneof![
            Just("ab"), Just("red"), Just("^a"), Just("b$"), Just("^$"), Just("a[^x]b"),
            Just("x*"), Just(r"\s"), Just(r"\Aa"), Just("100%"), Just("20%"), Just("(?s)a.*b"),
        ],
    ) {
        let model = model(&steps);
        let log = model.log();
        let pattern = OutputPattern::new(pattern).expect("valid");
        let expected = naive(&model, &pattern);
        let forward = all(&log, &pattern, Offset(0), Direction::Forward);
        prop_assert_eq!(&forward, &expected);
        let mut back = all(&log, &pattern, model.end(), Direction::Back);
        back.reverse();
        prop_assert_eq!(&back, &expected);
    }
}

/// One line of 3 MiB with a needle in three places, between short ones.
fn long_line() -> Model {
    let write = |text: Vec<u8>| Step::Write(Stream::Stdout, text);
    let mut line = vec![b'x'; 3 * LINE_BYTES_MAX];
    for at in [5, LINE_BYTES_MAX - 3, 2 * LINE_BYTES_MAX + 9] {
        line[at..at + 6].copy_from_slice(b"needle");
    }
    line.push(b'\n');
    model(&[
        write(b"needle\n".to_vec()),
        write(line),
        write(b"the needle\n".to_vec()),
    ])
}

#[test]
fn a_match_in_a_line_of_any_length_is_found_once_a_piece() {
    let log = long_line().log();
    let pattern = OutputPattern::new("needle").expect("valid");
    let mut found = Vec::new();
    for direction in [Direction::Forward, Direction::Back] {
        let extent = log.output_extent().expect("readable");
        let from = match direction {
            Direction::Forward => extent.start,
            Direction::Back => extent.end,
        };
        let mut matched = Vec::new();
        let mut note = |line: OutputMatch, _: &[u8]| {
            matched.push(line.matched.start.0);
            ControlFlow::Continue(())
        };
        let cancel = Cancel::new();
        log.each_match(&pattern, from, direction, &cancel, &mut |_| {}, &mut note)
            .expect("readable");
        matched.sort_unstable();
        found.push(matched);
    }
    let mib = LINE_BYTES_MAX as u64;
    let all = [0, 12, mib + 4, 2 * mib + 16, 3 * mib + 12];
    for matched in found {
        assert!(matched.iter().all(|at| all.contains(at)), "{matched:?}");
        assert!(
            matched.contains(&0) && matched.contains(&(3 * mib + 12)),
            "{matched:?}"
        );
        assert!(matched.len() >= 4, "{matched:?}");
    }
}

#[test]
fn a_search_that_is_given_up_ends_at_its_next_piece() {
    let log = long_line().log();
    let pattern = OutputPattern::new("absent").expect("valid");
    let cancel = Cancel::new();
    let mut pieces = 0;
    let ended = log.each_match(
        &pattern,
        Offset(0),
        Direction::Forward,
        &cancel,
        &mut |_| {
            pieces += 1;
            cancel.cancel();
        },
        &mut |_, _| ControlFlow::Continue(()),
    );
    assert_eq!(ended.expect("readable"), Ended::Cancelled);
    assert_eq!(pieces, 1);
}

#[test]
fn the_next_match_goes_on_where_the_last_one_ended() {
    let write = |text: &str| Step::Write(Stream::Stdout, text.as_bytes().to_vec());
    let log = model(&[write("a\nb a\n\x1b[1ma\x1b[0m\nb\n")]).log();
    let pattern = OutputPattern::new("a").expect("valid");
    let cancel = Cancel::new();
    let next = |from, direction| {
        let mut first = None;
        let mut take = |found: OutputMatch, _: &[u8]| {
            first = Some(found);
            ControlFlow::Break(())
        };
        log.each_match(&pattern, from, direction, &cancel, &mut |_| {}, &mut take)
            .expect("readable");
        first
    };
    let (mut from, mut starts) = (Offset(0), Vec::new());
    while let Some(found) = next(from, Direction::Forward) {
        starts.push((found.line.start.0, found.matched.start.0));
        from = found.line.end;
    }
    assert_eq!(starts, [(0, 0), (2, 4), (6, 10)]);
    let (mut from, mut starts) = (Offset(100), Vec::new());
    while let Some(found) = next(from, Direction::Back) {
        starts.push(found.line.start.0);
        from = found.line.start;
    }
    assert_eq!(starts, [6, 2, 0]);
}
