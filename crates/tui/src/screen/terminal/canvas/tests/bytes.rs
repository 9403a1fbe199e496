//! What a frame costs, and what never leaves.

use super::*;

#[test]
fn a_frame_is_one_write_and_no_change_is_none() {
    let mut easel = Easel::new(Origin::Full, Size::new(80, 24));
    easel.take();
    let row = "x".repeat(80);
    for (rows, marked) in [(vec!["one"], false), (vec![row.as_str(); 24], true)] {
        easel.write(&rows);
        assert_eq!(easel.terminal.backend().out.writes, 1);
        let bytes = easel.take();
        let begins = bytes.starts_with(SYNCHRONIZED_BEGIN.as_bytes());
        let ends = bytes.ends_with(SYNCHRONIZED_END.as_bytes());
        assert_eq!((begins, ends), (marked, marked), "{}", bytes.len());
        for _ in 0..5 {
            easel.write(&rows);
        }
        assert_eq!(easel.terminal.backend().out.writes, 0);
    }
}

/// A header, a log of `rows` lines from `first` on, and a footer.
fn log_view(first: usize, rows: usize, line: impl Fn(usize) -> String) -> Vec<String> {
    let mut view = vec!["train-resnet   ● RUNNING   streaming".to_owned()];
    view.push("─".repeat(200));
    view.extend((first..first + rows).map(line));
    view.push("s stop · ? help · q leave".to_owned());
    view
}

/// Bytes of each of `frames` frames of a log at 200×50 that goes on by `by` lines a frame.
fn scrolled(by: usize, frames: usize, line: impl Fn(usize) -> String) -> Vec<usize> {
    let mut easel = Easel::new(Origin::Full, Size::new(200, 50));
    let mut frame = |first: usize| {
        let view = log_view(first, 47, &line);
        easel.write(&view.iter().map(String::as_str).collect::<Vec<_>>());
        easel.take().len()
    };
    frame(0);
    // The first one sets the region.
    frame(by);
    (2..frames + 2).map(|n| frame(n * by)).collect()
}

/// A line that has nothing to do with the one before.
fn unlike(n: usize) -> String {
    let mut state = n as u64 + 1;
    let letter = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'a' + u8::try_from((state >> 33) % 26).expect("a letter"))
    };
    (0..80).map(letter).collect()
}

#[test]
fn a_scrolled_line_costs_little_more_than_its_text() {
    for (by, frame_bytes_max) in [
        (1, 82),
        (2, 172),
        (5, 421),
        (10, 836),
        (20, 1_700),
        (40, 3_350),
    ] {
        let worst = scrolled(by, 9, unlike).into_iter().max();
        let worst = worst.expect("nine frames");
        assert!(worst <= frame_bytes_max, "{by} lines: {worst} bytes");
        assert!(worst <= by * 120, "{by} lines: {worst} bytes");
    }
}

#[test]
fn a_line_that_resembles_the_one_before_costs_no_more_than_its_text() {
    let line = |n: usize| format!("{n:07} {}", "the same text every time ".repeat(3));
    let worst = scrolled(1, 30, line).into_iter().max();
    assert!(worst <= Some(line(0).len() + 2), "{worst:?}");
}

#[test]
fn a_list_that_scrolls_back_is_moved_down() {
    let mut easel = Easel::new(Origin::Full, Size::new(200, 50));
    let mut frame = |first: usize| {
        let view = log_view(first, 47, unlike);
        easel.write(&view.iter().map(String::as_str).collect::<Vec<_>>());
        easel.take().len()
    };
    frame(40);
    frame(39);
    assert!(frame(38) <= 80 + 12);
    assert!(frame(36) <= 2 * 80 + 16);
}

#[test]
fn two_panes_scroll_in_one_frame() {
    let mut easel = Easel::new(Origin::Full, Size::new(100, 30));
    let mut frame = |n: usize| {
        let mut view: Vec<String> = (n..n + 14).map(unlike).collect();
        view.push("─".repeat(100));
        view.extend((500 - n..514 - n).map(unlike));
        easel.write(&view.iter().map(String::as_str).collect::<Vec<_>>());
        easel.take().len()
    };
    frame(0);
    let bytes = frame(1);
    assert!(bytes <= 2 * 80 + 50, "{bytes}");
}

#[test]
fn blanks_are_erased_and_not_written() {
    let mut easel = Easel::new(Origin::Full, Size::new(80, 24));
    let check = |easel: &mut Easel, rows: &[&str], expected: &str| {
        easel.write(rows);
        let bytes = String::from_utf8(easel.take()).expect("text");
        assert_eq!(bytes.replace('\x1b', ""), expected);
    };
    let long = "a".repeat(60);
    easel.write(&[&long, &long]);
    easel.take();
    check(&mut easel, &[&long, "aaa"], "[4G[K");
    check(&mut easel, &[&long, ""], "\r   ");
    let gap = format!("aa{}aa", " ".repeat(40));
    check(&mut easel, &[&gap], "[1d\u{8}[40X[42C[K");
    check(&mut easel, &["aba"], "[2Gba[K");
}

#[test]
fn a_cell_cannot_carry_a_control_character() {
    for symbol in [
        "\x1b",
        "\x1b]0;evil\x07",
        "a\u{9b}",
        "\n",
        &"e\u{301}".repeat(40),
    ] {
        let mut canvas = Canvas::new(Wire::default(), Origin::Full, Size::new(12, 5));
        let mut cell = Cell::default();
        cell.set_symbol(symbol);
        canvas.draw(std::iter::once((0, 0, &cell))).expect("a wire");
        canvas.show_cursor().expect("a wire");
        canvas.flush().expect("a wire");
        let bytes = String::from_utf8_lossy(&canvas.out.bytes).into_owned();
        assert_eq!(bytes, "\x1b[H\u{fffd}\r", "{symbol:?}");
    }
}

#[test]
fn a_symbol_that_has_no_room_is_left_out() {
    let mut canvas = Canvas::new(Wire::default(), Origin::Full, Size::new(4, 5));
    let mut wide = Cell::default();
    wide.set_symbol("日");
    let mut mark = Cell::default();
    mark.set_symbol("\u{301}");
    let cells = [(3, 0, &wide), (0, 1, &mark), (4, 0, &wide), (0, 5, &wide)];
    canvas.draw(cells.into_iter()).expect("a wire");
    canvas.show_cursor().expect("a wire");
    canvas.flush().expect("a wire");
    assert_eq!(canvas.out.bytes, b"\x1b[H");
}

#[test]
fn the_terminal_is_never_asked_anything() {
    for origin in [Origin::Full, Origin::Inline] {
        let mut easel = Easel::new(origin, Size::new(12, 5));
        easel.write(&["", "", "", "", "text"]);
        easel.resize(Size::new(6, 3));
        easel.write(&[]);
        let text = String::from_utf8_lossy(&easel.take()).into_owned();
        for query in ["\x1b[6n", "\x1b[c", "\x1b[?u", "\x1b[5n", "\x1b]11;?"] {
            assert!(!text.contains(query), "{query:?}");
        }
    }
}
