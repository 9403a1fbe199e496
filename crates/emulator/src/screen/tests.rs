mod terminals;

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::*;

fn emulator(cols: u16, rows: u16, bytes: &str) -> Emulator {
    let mut emulator = Emulator::new(TerminalSize { cols, rows });
    assert_eq!(emulator.process(bytes.as_bytes()), Ok(()));
    emulator
}

fn rows(emulator: &Emulator) -> Vec<String> {
    let TerminalSize { cols, rows } = emulator.size();
    let row = |row| {
        let (mut text, mut column) = (String::new(), 0);
        while column < cols {
            let glyph = emulator.glyph(row, column);
            text.push_str(&glyph.text);
            column += if glyph.is_wide { 2 } else { 1 };
        }
        text.trim_end().to_owned()
    };
    (0..rows).map(row).collect()
}

#[test]
fn what_programs_write_becomes_rows() {
    let check = |bytes: &str, expected: [&str; 4]| {
        assert_eq!(rows(&emulator(10, 4, bytes)), expected, "{bytes:?}");
    };
    check("one\r\ntwo", ["one", "two", "", ""]);
    check("1\r\n2\r\n3\r\n4\r\n5", ["2", "3", "4", "5"]);
    check(" 10%\r 70%", [" 70%", "", "", ""]);
    check("ab日本", ["ab日本", "", "", ""]);
    check("abcdefghi日", ["abcdefghi", "日", "", ""]);
    check("shell\x1b[?1049h\x1b[Hvim\x1b[4;1H~", ["vim", "", "", "~"]);
    check("shell\x1b[?1049hvim\x1b[?1049l$", ["shell$", "", "", ""]);
    check("\t\tx\x1b[Zy\x1b[2Zz", ["z       yx", "", "", ""]);
    check("\x1b]0;title\x07text", ["text", "", "", ""]);
    check("\x1b(0lqqk\x1b(B", ["┌──┐", "", "", ""]);
}

#[test]
fn an_emoji_in_the_last_column_stays_narrow() {
    let heart = "\u{2764}\u{fe0f}";
    let check = |bytes: &str, expected: [&str; 4]| {
        assert_eq!(rows(&emulator(10, 4, bytes)), expected, "{bytes:?}");
    };
    check(heart, [heart, "", "", ""]);
    check(
        &format!("12345678{heart}9"),
        [&format!("12345678{heart}"), "9", "", ""],
    );
    // Where it is widened it would go on in the next row, which may have to be scrolled for.
    let narrow = ["", "", "123456789\u{2764}", "a"];
    check(&format!("\x1b[4;1H123456789{heart}a\x1b[3;11H"), narrow);
    check(
        &format!("\x1b[4;10H{heart}\x1b[3;11Ha"),
        ["", "", "         a", "         \u{2764}"],
    );
    check(
        &format!("\x1b[?7l123456789{heart}a"),
        ["123456789a", "", "", ""],
    );
}

#[test]
fn a_terminal_that_grows_shows_what_was_above() {
    let mut emulator = emulator(10, 4, "1\r\n2\r\n3\r\n4\r\n5");
    emulator
        .resize(TerminalSize { cols: 10, rows: 5 })
        .expect("nothing breaks");
    assert_eq!(rows(&emulator), ["1", "2", "3", "4", "5"]);
    assert_eq!(emulator.cursor(), (4, 1));
}

#[test]
fn the_keyboard_is_as_the_program_wants_it() {
    assert_eq!(emulator(10, 4, "").input_modes(), InputModes::default());
    let asked = emulator(10, 4, "\x1b[?1h\x1b=\x1b[?2004h").input_modes();
    let all = InputModes {
        application_cursor: true,
        application_keypad: true,
        bracketed_paste: true,
    };
    assert_eq!(asked, all);
}

#[test]
fn a_query_is_answered_for_the_place_where_it_stands() {
    let mut emulator = Emulator::new(TerminalSize { cols: 80, rows: 24 });
    let mut replies = Vec::new();
    let bytes = b"\x1b[3;7H\x1b[6n\x1b[9;9H\x1b[?25l\x1b[?25$p\x1b[?2026$p\x1b[6n tail";
    emulator
        .process_live(bytes, |end, query, emulator| {
            replies.push((end, emulator.reply(query).expect("a reply")));
        })
        .expect("nothing breaks");
    let replies: Vec<_> = replies.iter().map(|(at, it)| (*at, &**it)).collect();
    let expected = [
        (10, "\x1b[3;7R"),
        (29, "\x1b[?25;2$y"),
        (38, "\x1b[?2026;0$y"),
        (42, "\x1b[9;9R"),
    ];
    assert_eq!(replies, expected);
}

#[test]
fn a_panic_of_the_screen_begins_it_anew_and_is_told_once() {
    let mut emulator = emulator(10, 4, "text");
    let broken = emulator.attempt(|_, _| panic!("caught on purpose"));
    assert_eq!(broken, Err(Broken));
    assert_eq!(rows(&emulator), ["", "", "", ""]);
    assert_eq!(emulator.process(b"more"), Ok(()));
    assert_eq!(rows(&emulator), ["more", "", "", ""]);
}

/// Bytes that are mostly escape sequences, and sizes in between.
fn noise() -> impl Strategy<Value = Vec<(Vec<u8>, u16, u16)>> {
    let sequence = prop_oneof![
        "\\x1b\\[[?>]?[0-9;:]{0,8}[ -~]",
        "\\x1b\\[(65535|0|1|2000)?;?(65535|9)?[@A-Za-z]",
        "\\x1b\\[\\?(1|6|25|47|1047|1048|1049|2004|1000|1006)[hl]",
        "\\x1b\\[(4|\\?7|\\?6)[hl]",
        "\\x1b\\[[1-4];[3-6]r",
        "(\\x1bH|\\x1b\\[3?g|\\x1b\\[9?[bIZ]|\\x1b[78cM]|\\x1b\\[!p)",
        "\\x1b[ -~]{1,2}",
        "\\x1b[\\]P_^X].{0,12}(\\x07|\\x1b\\\\\\\\)?",
        "[日本語한é\u{301}\u{200d}\u{fe0f}⚠❤👩☔\u{202e}\u{85}a-z\r\n\t\u{8}\u{e}\u{f}]{0,20}",
    ];
    let text = proptest::collection::vec(sequence, 0..24).prop_map(|it| it.concat().into_bytes());
    let raw = proptest::collection::vec(any::<u8>(), 0..64);
    let bytes = prop_oneof![4 => text, 1 => raw];
    proptest::collection::vec((bytes, 0_u16..60, 0_u16..20), 1..8)
}

proptest! {
    #[test]
    fn whatever_is_written_every_cell_is_printable_and_fits(pieces in noise()) {
        let mut emulator = Emulator::new(TerminalSize { cols: 20, rows: 6 });
        for (bytes, cols, rows) in pieces {
            // Being begun anew is no failure; a panic that gets out is.
            let _ = emulator.process_live(&bytes, |_, query, emulator| {
                let reply = emulator.reply(query).unwrap_or_default();
                assert!(reply.is_ascii());
            });
            let _ = emulator.resize(TerminalSize { cols, rows });
            let size = emulator.size();
            let (row, column) = emulator.cursor();
            prop_assert!(row < size.rows && column < size.cols);
            for row in 0..size.rows {
                for column in 0..size.cols {
                    let glyph = emulator.glyph(row, column);
                    let width = if glyph.is_wide { 2 } else { 1 };
                    prop_assert_eq!(glyph.text.width(), width, "{:?}", glyph.text);
                    prop_assert!(!glyph.text.chars().any(char::is_control));
                }
            }
        }
    }

    #[test]
    fn the_screen_does_not_depend_on_how_the_bytes_are_cut(pieces in noise(), cut in 1_usize..9) {
        let size = TerminalSize { cols: 20, rows: 6 };
        let (mut whole, mut cut_up) = (Emulator::new(size), Emulator::new(size));
        let bytes: Vec<u8> = pieces.into_iter().flat_map(|(bytes, ..)| bytes).collect();
        let outcome = whole.process(&bytes);
        let outcomes = bytes.chunks(cut).map(|piece| cut_up.process(piece));
        // After a break what came before is gone, and how much that is does depend on it.
        if outcome.is_ok() && outcomes.fold(Ok(()), Result::and).is_ok() {
            prop_assert_eq!(rows(&whole), rows(&cut_up));
            prop_assert_eq!(whole.cursor(), cut_up.cursor());
        }
    }
}
