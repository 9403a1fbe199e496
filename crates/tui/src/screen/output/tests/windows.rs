//! Windows over a log against a naive model: all of the log as lines.

use bytes::Bytes;
use discovery::{GapCause, OutputGap, OutputPiece, OutputPieces};
use pod_protocol::Offset;
use proptest::prelude::*;

use super::super::{Kind, Line, LineState, Lines, Log, Piece, Stretch, Window, piece};

/// A log in memory.
#[derive(Clone, Debug, Default)]
struct Memory(Vec<Part>);

/// A stretch of it.
#[derive(Clone, Debug)]
enum Part {
    Text(Vec<u8>),
    /// The first text of another segment.
    Segment(Vec<u8>),
    /// So many bytes that are not kept.
    Gap(u64),
}

impl Memory {
    fn pieces(&self) -> Vec<OutputPiece> {
        let mut at = Offset(0);
        let mut pieces = Vec::new();
        for stretch in &self.0 {
            let from = at;
            match stretch {
                Part::Text(bytes) | Part::Segment(bytes) if bytes.is_empty() => {}
                Part::Text(bytes) | Part::Segment(bytes) => {
                    at = from.plus(bytes.len() as u64);
                    pieces.push(OutputPiece::Text {
                        from,
                        stream: None,
                        bytes: Bytes::from(bytes.clone()),
                        begins_segment: matches!(stretch, Part::Segment(_)),
                    });
                }
                Part::Gap(missing) => {
                    at = from.plus(*missing);
                    pieces.push(OutputPiece::Gap(OutputGap {
                        range: from..at,
                        cause: GapCause::NotKept,
                    }));
                }
            }
        }
        pieces
    }

    /// What lies between two places, where gaps cost nothing.
    fn between(&self, from: Offset, to: Offset) -> Vec<OutputPiece> {
        let cut = |piece: OutputPiece| {
            let range = piece.range();
            let (start, end) = (range.start.max(from), range.end.min(to));
            (start < end).then(|| match piece {
                OutputPiece::Gap(gap) => OutputPiece::Gap(OutputGap {
                    range: start..end,
                    cause: gap.cause,
                }),
                OutputPiece::Text {
                    stream,
                    bytes,
                    begins_segment,
                    ..
                } => {
                    let at =
                        |offset: Offset| usize::try_from(offset.since(range.start)).expect("small");
                    OutputPiece::Text {
                        from: start,
                        stream,
                        bytes: bytes.slice(at(start)..at(end)),
                        begins_segment: begins_segment && start == range.start,
                    }
                }
            })
        };
        self.pieces().into_iter().filter_map(cut).collect()
    }

    fn end(&self) -> Offset {
        let last = self.pieces().last().map(OutputPiece::range);
        last.map_or(Offset(0), |range| range.end)
    }

    /// All lines, read in one go.
    fn lines(&self) -> Vec<Line> {
        let mut lines = Lines::new(Offset(0), LineState::default());
        for piece in self.pieces() {
            match piece {
                OutputPiece::Gap(gap) => lines.gap(gap.range.end),
                OutputPiece::Text {
                    bytes,
                    begins_segment,
                    ..
                } => {
                    if begins_segment {
                        lines.begin_segment();
                    }
                    lines.read(&bytes, None);
                }
            }
        }
        lines.flush();
        lines.take()
    }
}

impl Log for Memory {
    type Error = std::convert::Infallible;

    fn extent(&self) -> Result<(Offset, Offset), Self::Error> {
        Ok((Offset(0), self.end()))
    }

    fn read(&self, from: Offset, max_bytes: usize) -> Result<OutputPieces, Self::Error> {
        let mut to = from.min(self.end());
        let mut left = max_bytes as u64;
        for piece in self.between(from, self.end()) {
            if left == 0 {
                break;
            }
            let range = piece.range();
            // A gap is no bytes, however long it is.
            let is_gap = matches!(piece, OutputPiece::Gap(_));
            let taken = range.end.since(range.start);
            let taken = if is_gap { taken } else { taken.min(left) };
            to = range.start.plus(taken);
            left -= if is_gap { 0 } else { taken };
        }
        let pieces = self.between(from, to);
        let start = from.min(to);
        Ok(OutputPieces {
            pieces,
            range: start..to,
        })
    }

    fn read_back(&self, before: Offset, max_bytes: usize) -> Result<OutputPieces, Self::Error> {
        let to = before.min(self.end());
        let mut from = to;
        let mut left = max_bytes as u64;
        for piece in self.between(Offset(0), to).into_iter().rev() {
            if left == 0 {
                break;
            }
            let range = piece.range();
            let is_gap = matches!(piece, OutputPiece::Gap(_));
            let taken = range.end.since(range.start);
            let taken = if is_gap { taken } else { taken.min(left) };
            from = Offset(range.end.0 - taken);
            left -= if is_gap { 0 } else { taken };
        }
        Ok(OutputPieces {
            pieces: self.between(from, to),
            range: from..to,
        })
    }
}

fn shown(window: &Window) -> Vec<Line> {
    let lines = window.ids().filter_map(|id| window.line(id));
    lines.cloned().collect()
}

/// Asserts that what the window shows stands in the log in one piece.
#[track_caller]
fn assert_is_part(window: &Window, all: &[Line], what: &str) {
    let shown = shown(window);
    let Some(first) = shown.first() else { return };
    let place = |line: &Line| (line.from, line.part);
    let texts = |lines: &[Line]| -> Vec<(u64, u32, String)> {
        // A style that has been on for longer than was read back shows on blanks, too.
        let text = |line: &Line| line.text.text().trim_end().to_owned();
        let line = |line: &Line| (line.from.0, line.part, text(line));
        lines.iter().map(line).collect()
    };
    let at = all.partition_point(|line| place(line) < place(first));
    let end = (at + shown.len()).min(all.len());
    let (mut got, mut expected) = (texts(&shown), texts(&all[at..end]));
    // A stretch of the alternate screen may be known in part only, at either end.
    if !first.text.text().is_empty() && first.state.is_alternate {
        got.remove(0);
        expected.truncate(0);
        let next = shown.get(1).map_or(Offset(u64::MAX), |line| line.from);
        let from = all.partition_point(|line| line.from < next);
        expected.extend(texts(&all[from..(from + got.len()).min(all.len())]));
    }
    if shown.last().is_some_and(|line| line.state.is_alternate) {
        got.pop();
        expected.pop();
    }
    let differs = got.iter().zip(&expected).position(|(a, b)| a != b);
    let differs = differs.or((got.len() != expected.len()).then(|| got.len().min(expected.len())));
    if let Some(at) = differs {
        let near = |lines: &[(u64, u32, String)]| {
            lines[at.saturating_sub(1)..]
                .iter()
                .take(3)
                .cloned()
                .collect::<Vec<_>>()
        };
        panic!(
            "{what}: line {at}: {:?} instead of {:?}",
            near(&got),
            near(&expected)
        );
    }
}

#[derive(Clone, Debug)]
enum Step {
    First,
    Last,
    Around(u64),
    Up,
    Down,
    Print(Vec<u8>),
    /// The same in another segment.
    Resume(Vec<u8>),
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => "[a-c日 ]{0,12}\n".prop_map(String::into_bytes),
        2 => Just(b" 10%\r 70%\r100%\n".to_vec()),
        2 => Just(b"\x1b[31mred\n".to_vec()),
        1 => Just(b"\x1b[0m\n\n\n".to_vec()),
        1 => Just(b"\x1b[?1049h\x1b[2J~\n~\n".to_vec()),
        2 => Just(b"bye\x1b[?1049l".to_vec()),
        1 => (1..5_000_usize).prop_map(|count| vec![b'x'; count]),
        1 => Just(b"\x1b]0;a title\x07".to_vec()),
        1 => (1..60_usize).prop_map(|count| b"line after line\n".repeat(count * 100)),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::First),
        1 => Just(Step::Last),
        1 => (0..600_000_u64).prop_map(Step::Around),
        4 => Just(Step::Up),
        4 => Just(Step::Down),
        3 => text().prop_map(Step::Print),
        2 => text().prop_map(Step::Resume),
    ]
}

/// Does `step` as the tab does; new output comes to a window that reaches the end.
fn take(window: &mut Window, log: &mut Memory, step: Step) {
    let certain = |piece: Result<Piece, std::convert::Infallible>| match piece {
        Ok(piece) => piece,
        Err(never) => match never {},
    };
    match step {
        Step::First => *window = Window::of(certain(piece::first(log, None))),
        Step::Last => *window = Window::of(certain(piece::around(log, Offset(u64::MAX), None))),
        Step::Around(at) => *window = Window::of(certain(piece::around(log, Offset(at), None))),
        Step::Up => {
            let (start, alternate) = (window.start(), window.starts_alternate());
            if start > Offset(0) {
                window.prepend(certain(piece::before(log, start, alternate, None)));
                assert!(window.start() < start, "further up from {start}");
            }
        }
        Step::Down if window.live_end().is_none() => {
            let (end, state) = window.end();
            window.append(certain(piece::from(log, end, state, None)));
            assert!(window.live_end().is_some() || window.end().0 > end);
        }
        Step::Down => {}
        Step::Print(bytes) => print(window, log, &bytes, false),
        Step::Resume(bytes) => print(window, log, &bytes, true),
    }
}

fn print(window: &mut Window, log: &mut Memory, bytes: &[u8], begins_segment: bool) {
    let from = log.end();
    log.0.push(match begins_segment {
        true => Part::Segment(bytes.to_vec()),
        false => Part::Text(bytes.to_vec()),
    });
    if let Some(end) = window.live_end().filter(|_| !bytes.is_empty()) {
        assert_eq!(end, from, "a window that is live is at the end");
        let stretch = Stretch {
            from,
            bytes,
            streams: &[(bytes.len(), None)],
            begins_segment,
        };
        window.grow(&stretch, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Wherever the operator goes and whatever comes meanwhile, the window shows what the log has at
    /// that place.
    #[test]
    fn a_window_shows_what_the_log_has(
        first in text(), gap in prop::option::of(1..9_000_u64), second in text(),
        third in prop::option::of(text()), steps in prop::collection::vec(step(), 0..14),
    ) {
        let mut log = Memory(vec![Part::Text(first)]);
        log.0.extend(gap.map(Part::Gap));
        log.0.push(Part::Text(second));
        log.0.extend(third.map(Part::Segment));
        let mut window = Window::default();
        take(&mut window, &mut log, Step::Last);
        for step in steps {
            let what = format!("{step:?}").chars().take(60).collect::<String>();
            take(&mut window, &mut log, step);
            assert_is_part(&window, &log.lines(), &what);
        }
    }
}

#[test]
fn a_window_goes_from_end_to_start_and_back_in_bounded_memory() {
    let text: String = (0..60_000).map(|line| format!("line {line}\n")).collect();
    let mut log = Memory(vec![Part::Text(text.into_bytes())]);
    let mut window = Window::default();
    take(&mut window, &mut log, Step::Last);
    assert!(window.live_end().is_some());
    let mut reads = 0;
    while window.start() > Offset(0) {
        take(&mut window, &mut log, Step::Up);
        reads += 1;
        assert!(window.ids().count() <= 10_000 && reads < 100);
    }
    assert!(window.live_end().is_none(), "the end fell out");
    assert_eq!(shown(&window)[0].text.text(), "line 0");
    while window.live_end().is_none() {
        take(&mut window, &mut log, Step::Down);
        assert!(window.ids().count() <= 10_000);
    }
    let last = shown(&window).pop().expect("lines");
    assert_eq!(last.text.text(), "line 59999");
    take(&mut window, &mut log, Step::Print(b"more\n".to_vec()));
    let last = shown(&window).pop().expect("lines");
    assert_eq!(last.text.text(), "more", "it joined what comes");
}

#[test]
fn a_line_without_an_end_is_read_anywhere_in_bounded_pieces() {
    let mut log = Memory(vec![Part::Text(vec![b'x'; 3 << 20])]);
    let all = log.lines();
    let mut window = Window::default();
    take(&mut window, &mut log, Step::Around(1_500_000));
    assert_is_part(&window, &all, "around");
    for _ in 0..5 {
        take(&mut window, &mut log, Step::Up);
        assert_is_part(&window, &all, "up");
        take(&mut window, &mut log, Step::Down);
        assert_is_part(&window, &all, "down");
    }
}

#[test]
fn an_hour_of_a_progress_bar_is_one_line_wherever_it_is_read() {
    let mut bar = b"begin\n".to_vec();
    for done in 0..20_000 {
        bar.extend(format!("\r {done:>6} of 20000").bytes());
    }
    bar.extend(b"\nend\n");
    let mut log = Memory(vec![Part::Text(bar)]);
    let all = log.lines();
    assert_eq!(all.len(), 3);
    let mut window = Window::default();
    for step in [Step::Last, Step::First, Step::Around(200_000), Step::Up] {
        take(&mut window, &mut log, step);
        assert_is_part(&window, &all, "the bar");
    }
}

#[test]
fn the_last_line_behind_a_very_long_one_is_there() {
    for filler in [&b"x"[..], b"\0", b" 10%\r"] {
        let mut bytes = b"first\n".to_vec();
        bytes.extend(filler.repeat(1024 * 1024 / filler.len()));
        bytes.extend(b"\nlast\n");
        let log = Memory(vec![Part::Text(bytes)]);
        let Ok(end) = piece::around(&log, Offset(u64::MAX), None);
        let last = end.lines.last().map(|line| line.text.text());
        assert_eq!(last, Some("last"), "{filler:?}");
    }
}

#[test]
fn a_program_that_took_the_screen_long_ago_is_not_shown_as_lines() {
    let frame = b"\x1b[2;1Hrow two\r\n\x1b[3;1Hrow three\r\n".repeat(100_000);
    let check = |first: &[u8], text: &[u8], shown: Option<&str>| {
        let log = Memory(vec![Part::Text([first, text].concat())]);
        let Ok(end) = piece::around(&log, Offset(u64::MAX), None);
        let window = Window::of(end);
        let first = window.line(window.ids().start);
        assert_eq!(first.map(|line| line.text.text()), shown);
    };
    check(
        b"$ vim\n\x1b[?1049h",
        &frame,
        Some("[full-screen program · 135 KiB]"),
    );
    check(b"$ vim\n\x1b[?1049h\x1b[?1049l", &frame, Some("row two"));
    check(b"$ bar\n", &frame, Some("row two"));
}

#[test]
fn a_program_that_still_has_the_screen_is_one_line_however_far_back_it_is_read() {
    let drawn = b"\x1b[?1049h".to_vec();
    let drawn = [drawn, b"row after row\n".repeat(40_000)].concat();
    let bytes = drawn.len();
    let mut log = Memory(vec![Part::Text(b"$ vim\n".to_vec()), Part::Text(drawn)]);
    let mut window = Window::default();
    for step in [
        Step::Last,
        Step::Up,
        Step::Up,
        Step::Up,
        Step::Print(b"more".to_vec()),
    ] {
        take(&mut window, &mut log, step);
        let shown = shown(&window);
        assert!(shown.len() <= 2, "{shown:?}");
        assert_eq!(shown.last().map(|line| line.kind), Some(Kind::FullScreen));
    }
    let last = shown(&window).pop().expect("a line");
    assert_eq!(last.to.since(last.from), (bytes - 8 + 4) as u64);
    assert_eq!(window.live_end(), Some(log.end()));
}
