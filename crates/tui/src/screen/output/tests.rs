use discovery::Stream;
use pod_protocol::Offset;
use proptest::prelude::*;
use ratatui::style::{Color, Modifier, Style};

use super::{LineState, Streams, Stretch, StyledLine, Window, line::LINE_COLUMNS_MAX};

mod windows;

fn read(bytes: &[u8]) -> Window {
    let mut window = Window::following(Offset(0), LineState::default());
    grow(&mut window, 0, bytes);
    window
}

fn grow(window: &mut Window, from: u64, bytes: &[u8]) {
    let streams = [(bytes.len(), None)];
    assert!(window.grow(&stretch(from, bytes, &streams), None));
}

fn stretch<'a>(from: u64, bytes: &'a [u8], streams: &'a [(usize, Option<Stream>)]) -> Stretch<'a> {
    Stretch {
        from: Offset(from),
        bytes,
        streams,
        begins_segment: false,
    }
}

fn lines(window: &Window) -> Vec<String> {
    window
        .ids()
        .filter_map(|id| window.line(id))
        .map(|line| line.text.text().to_owned())
        .collect()
}

fn first(window: &Window) -> &StyledLine {
    let id = window.ids().start;
    &window.line(id).expect("a line").text
}

fn text_of(line: &StyledLine, row: usize, columns: usize) -> String {
    let range = line.row_range(row, columns);
    line.text()[range].to_owned()
}

fn styles(line: &StyledLine) -> Vec<(&str, Style)> {
    let pieces = line.pieces(line.row_range(0, 80)).into_iter();
    pieces.map(|(_, text, style)| (text, style)).collect()
}

fn check(bytes: impl AsRef<[u8]>, expected: &[&str]) {
    let bytes = bytes.as_ref();
    assert_eq!(
        lines(&read(bytes)),
        expected,
        "{:?}",
        String::from_utf8_lossy(bytes)
    );
}

#[test]
fn lines_end_at_line_feeds() {
    check("", &[]);
    check("a\nb\r\n\nc", &["a", "b", "", "c"]);
    check("a\x0bb\x0cc", &["a", "b", "c"]);
    check("a \t \n", &["a"]);
    check("a\tb", &["a       b"]);
}

#[test]
fn a_progress_bar_collapses_to_its_last_state() {
    check("\r 10%\r 50%\r100%\n", &["100%"]);
    check("long line\rshort\x1b[K\n", &["short"]);
    check("\x1b[2K\r[==  ]\x1b[2K\r[====]", &["[====]"]);
    check("abc\x08\x08X", &["aXc"]);
    check("abc\x1b[2GX\x1b[3CY", &["aXc  Y"]);
    check("日本\rab", &["ab本"]);
    check("日本\ra", &["a 本"]);
}

#[test]
fn a_line_that_is_edited_is_shown_as_it_was_left() {
    check(">>> print(1)\x1b[8D\x1b[5P\n", &[">>> (1)"]);
    check("ac\x08\x1b[@b\n", &["abc"]);
    check("a日b\r\x1b[2C\x1b[P\n", &["a b"]);
    check("abcdef\r\x1b[2X\n", &["  cdef"]);
    check("abc\x1b[99P\x1b[99@\x1b[99X\n", &["abc"]);
}

#[test]
fn a_line_that_is_edited_without_end_takes_no_time_without_end() {
    let row = "x".repeat(4_000);
    for edit in ["\x1b[P", "\x1b[@", "\x1b[X", "\x1b[1K"] {
        let mut written = format!("{row}\r");
        // As much as is taken in for one frame.
        while written.len() < 512 * 1024 {
            written.push_str(edit);
            written.push_str("\x1b[3999C\r");
        }
        let window = read(written.as_bytes());
        assert!(
            lines(&window)
                .iter()
                .all(|line| line.len() <= LINE_COLUMNS_MAX),
            "{edit}"
        );
    }
}

#[test]
fn nothing_that_drives_a_terminal_survives() {
    check("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", &["abc"]);
    check("a\x1bP1$r0m\x1b\\b\x1b_apc\x1b\\c\x1b^pm\x1b\\d", &["abcd"]);
    check(
        "a\x1b[2Jb\x1b[?2004hc\x1b[6nd\x1b[>ce\x1b(0f\x1bcg",
        &["abcdefg"],
    );
    check("a\x1b[10;10Hb", &["a", "b"]);
    check("a\x07b\x00c\x0e\x0fd\x7fe", &["abcde"]);
    check(
        "a\u{9b}31mb\u{85}c\u{90}d",
        &["a\u{fffd}31mb\u{fffd}c\u{fffd}d"],
    );
    check(
        "a\u{202e}b\u{2066}c\u{feff}",
        &["a\u{fffd}b\u{fffd}c\u{fffd}"],
    );
    check(b"a\xffb\xc3(c\xe2\x82", &["a\u{fffd}b\u{fffd}(c"]);
    check(
        b"a\x9b31mb\x9d0;t\x9c",
        &["a\u{fffd}31mb\u{fffd}0;t\u{fffd}"],
    );
}

#[test]
fn every_byte_is_harmless_alone_and_behind_an_escape() {
    for first in 0..=u8::MAX {
        for sequence in [
            vec![first],
            vec![0x1b, first],
            vec![0x1b, b'[', first],
            vec![0xc2, first],
        ] {
            let mut bytes = b"x".to_vec();
            bytes.extend(&sequence);
            bytes.extend(b"\x18y\n");
            for line in lines(&read(&bytes)) {
                assert!(
                    !line.contains(char::is_control),
                    "{sequence:x?} gave {line:?}"
                );
                assert!(!line.contains(['\u{202e}', '\u{2028}']), "{sequence:x?}");
            }
        }
    }
}

#[test]
fn colours_and_emphasis_are_kept() {
    let styled = |text: &str| {
        let window = read(text.as_bytes());
        let last = styles(first(&window)).last().map(|(_, style)| *style);
        last.expect("a piece")
    };
    let plain = Style::new();
    for (sgr, expected) in [
        ("31", plain.fg(Color::Red)),
        (
            "1;92",
            plain.fg(Color::LightGreen).add_modifier(Modifier::BOLD),
        ),
        ("38;5;208", plain.fg(Color::Indexed(208))),
        ("38:5:208", plain.fg(Color::Indexed(208))),
        ("48;2;1;2;3", plain.bg(Color::Rgb(1, 2, 3))),
        ("48:2::1:2:3", plain.bg(Color::Rgb(1, 2, 3))),
        ("38;5;999;1", plain.add_modifier(Modifier::BOLD)),
        ("31;39", plain),
        ("1;2;3;4;7;9;22;23;24;27;29", plain),
        ("5;8", plain),
        ("31;0", plain),
        ("", plain),
        ("58;5;9;4:3", plain.add_modifier(Modifier::UNDERLINED)),
    ] {
        assert_eq!(styled(&format!("\x1b[{sgr}mx")), expected, "{sgr}");
    }
}

#[test]
fn a_colour_outlives_its_line() {
    let window = read(b"\x1b[31ma\nb\x1b[0mc");
    let second = window.line(window.ids().start + 1).expect("two lines");
    assert_eq!(
        styles(&second.text),
        [("b", Style::new().fg(Color::Red)), ("c", Style::new())]
    );
}

#[test]
fn a_line_without_an_end_is_many_lines_of_bounded_length() {
    let mut scrollback = read(b"");
    let piece = vec![b'x'; 1 << 20];
    for index in 0..18_u64 {
        grow(&mut scrollback, index << 20, &piece);
    }
    assert!(
        lines(&scrollback)
            .iter()
            .all(|line| line.len() <= LINE_COLUMNS_MAX)
    );
    let kept: usize = lines(&scrollback).iter().map(String::len).sum();
    assert!(kept <= 16 << 20, "{kept} bytes kept");
    assert!(scrollback.start() > Offset(0));
}

#[test]
fn a_control_string_without_an_end_is_given_up() {
    let mut bytes = b"before\n\x1b]0;".to_vec();
    bytes.extend(vec![b'x'; 1 << 20]);
    bytes.extend(b"\nafter");
    let lines = lines(&read(&bytes));
    assert_eq!(lines.first().map(String::as_str), Some("before"));
    assert_eq!(lines.last().map(String::as_str), Some("after"));
}

#[test]
fn a_pile_of_marks_is_cut() {
    let piled = format!("e{}", "\u{301}".repeat(10_000));
    let scrollback = read(piled.as_bytes());
    assert!(first(&scrollback).text().chars().count() <= 5);
}

#[test]
fn the_window_is_bounded_and_keeps_the_newest() {
    let text: String = (0..12_000).map(|line| format!("{line}\n")).collect();
    let window = read(text.as_bytes());
    let kept = lines(&window);
    assert_eq!(kept.len(), 10_000);
    assert_eq!(kept.last().map(String::as_str), Some("11999"));
    assert_eq!(kept.first().map(String::as_str), Some("2000"));
    assert_eq!(window.start(), Offset(8_890), "where line 2,000 begins");
}

#[test]
fn output_that_comes_again_is_shown_once_and_a_gap_is_said() {
    let mut window = read(b"one\ntwo\n");
    grow(&mut window, 4, b"two\nthree\n");
    assert_eq!(lines(&window), ["one", "two", "three"]);
    window.gap(Offset(114));
    grow(&mut window, 114, b"four\n");
    let gap = "… 100 B no longer kept …";
    assert_eq!(lines(&window), ["one", "two", "three", gap, "four"]);
}

#[test]
fn text_after_a_character_cut_in_two_is_not_lost() {
    let mut window = read(b"");
    for (at, piece) in [
        (0, &b"\xcc"[..]),
        (1, b"\x81a\xcc\x81b\xe6\x97"),
        (8, b"\xa5\n"),
    ] {
        grow(&mut window, at, piece);
    }
    assert_eq!(lines(&window), ["a\u{301}b日"]);
}

#[test]
fn what_was_drawn_on_the_alternate_screen_is_one_line() {
    check(
        "$ vim\n\x1b[?1049h\x1b[2J~\n~\n~\x1b[10;1Htext\x1b[?1049l$ \n",
        &["$ vim", "[full-screen program · 28 B]", "$"],
    );
    check(
        "a\x1b[?47hb\x1b[?47hc",
        &["a", "[full-screen program · 8 B]"],
    );
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        "[a-c日e\u{301} ]{0,9}".prop_map(String::into_bytes),
        Just(b"\r\n".to_vec()),
        Just(b"\x1b[1;31m".to_vec()),
        Just(b"\x1b[K".to_vec()),
        Just(b"\x1b]0;t\x07".to_vec()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// However the bytes are cut into pieces, the lines are the same.
    #[test]
    fn lines_do_not_depend_on_how_output_is_cut(bytes in noise(), cut in 0..400_usize) {
        let cut = cut.min(bytes.len());
        let mut pieces = read(&bytes[..cut]);
        grow(&mut pieces, cut as u64, &bytes[cut..]);
        prop_assert_eq!(lines(&pieces), lines(&read(&bytes)));
    }

    /// A line that comes as a whole is the same as one that comes byte by byte.
    #[test]
    fn whole_lines_are_as_those_of_single_bytes(
        starts in prop::collection::vec("(\\x1b\\[[0-9]?m|\\x1b\\[|\\x1b\\]0;|ü|\t)?[ -~]{0,5}\r?\n", 0..12),
    ) {
        let bytes = starts.concat().into_bytes();
        let mut pieces = read(b"");
        for (at, byte) in bytes.iter().enumerate() {
            grow(&mut pieces, at as u64, &[*byte]);
        }
        let whole = read(&bytes);
        prop_assert_eq!(pieces.ids(), whole.ids());
        for id in whole.ids() {
            prop_assert_eq!(pieces.line(id), whole.line(id));
        }
    }

    /// Rows of a wrapped line are its text, none wider than the screen.
    #[test]
    fn wrapping_loses_nothing(text in "([a-z✓│é\u{301} ]|日|本|⚠\u{fe0f}|🇩🇪|👨\u{200d}👩){0,60}", columns in 1..30_usize) {
        use unicode_width::UnicodeWidthStr;
        let line = StyledLine::new(&text, Style::new());
        let rows: Vec<String> = (0..line.rows(columns))
            .map(|row| text_of(&line, row, columns))
            .collect();
        prop_assert_eq!(rows.concat(), text);
        for row in rows.iter().filter(|row| row.chars().count() > 1) {
            prop_assert!(row.width() <= columns.max(2), "{:?} at {}", row, columns);
        }
    }
}

#[test]
fn a_line_that_standard_error_goes_on_with_is_one_of_its() {
    let (out, err) = (Some(Stream::Stdout), Some(Stream::Stderr));
    let check = |pieces: &[(&str, Option<Stream>)], expected: &[(&str, bool)]| {
        let mut window = Window::following(Offset(0), LineState::default());
        let bytes: String = pieces.iter().map(|(text, _)| *text).collect();
        let streams: Vec<_> = pieces.iter().map(|(text, by)| (text.len(), *by)).collect();
        assert!(window.grow(&stretch(0, bytes.as_bytes(), &streams), None));
        let ids = window.ids().filter_map(|id| window.line(id));
        let lines: Vec<_> = ids
            .map(|line| (line.text.text(), line.is_error()))
            .collect();
        assert_eq!(lines, expected);
        let both = expected.iter().any(|(_, is_error)| *is_error);
        let streams = if both { Streams::Both } else { Streams::Told };
        assert_eq!(window.streams(), streams);
    };
    let lines = [("building... failed", true), ("next", false)];
    check(
        &[("building...", out), (" failed\n", err), ("next\n", out)],
        &lines,
    );
    check(
        &[("one", out), ("\n", err), ("two\n", out)],
        &[("one", false), ("two", false)],
    );
    check(
        &[("one", out), ("\nwarn\n", err)],
        &[("one", false), ("warn", true)],
    );
}

#[test]
fn a_line_that_is_not_read_on_ends_where_it_ended() {
    let mut window = read(b"one\ntwo");
    let last = window.ids().end - 1;
    window.let_go();
    assert_eq!(window.id_at(Offset(6)), Some(last));
    assert_eq!(window.id_at(Offset(7)), None);
    assert_eq!(window.id_at(Offset(90)), None);
}
