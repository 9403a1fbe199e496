//! What terminals make of a sequence. The expectations were written by `tmux` 3.3, in a window of 20
//! columns and 5 rows, except for the last table.

use super::{emulator, rows};

/// The sequence, the rows that are not empty, and the row and the column of the cursor. `␛` begins a
/// sequence, `FULL` is a row of letters, `FIVE` the digits from 1 to 5 below each other.
type Case<'a> = (&'a str, &'a str, (u16, u16));

#[track_caller]
fn check(cases: &[Case<'_>]) {
    for (written, shown, cursor) in cases {
        let plain = |text: &str| {
            text.replace('␛', "\x1b")
                .replace("FULL", "abcdefghijklmnopqrst")
                .replace("FIVE", "1\r\n2\r\n3\r\n4\r\n5")
        };
        let emulator = emulator(20, 5, &plain(written));
        let found = rows(&emulator).join("|");
        let found = (found.trim_end_matches('|'), emulator.cursor());
        assert_eq!(found, (&*plain(shown), *cursor), "{written}");
    }
}

#[test]
fn text_is_inserted() {
    check(&[
        ("abc\r␛[4hXY␛[4lZ", "XYZbc", (0, 3)),
        ("FULL␛[4h␛[1;19HXYZ␛[4l", "abcdefghijklmnopqrXY|Z", (1, 1)),
        ("FULL␛[4hZ", "FULL|Z", (1, 1)),
        ("ab日c\r␛[4h日", "日ab日c", (0, 2)),
        ("abc\r␛[4he\u{301}␛[4l", "e\u{301}abc", (0, 1)),
        ("abc\r␛[4hx␛[2b", "xxxabc", (0, 3)),
    ]);
}

#[test]
fn text_stays_at_the_margin() {
    check(&[
        ("␛[?7lFULLuvw", "abcdefghijklmnopqrsw", (0, 19)),
        ("␛[?7lFULL␛[?7hxy", "abcdefghijklmnopqrsx|y", (1, 1)),
        (
            "␛[?7labcdefghijklmnopqrs日x",
            "abcdefghijklmnopqrsx",
            (0, 19),
        ),
        (
            "␛[?7labcdefghijklmnopqr日x",
            "abcdefghijklmnopqr x",
            (0, 19),
        ),
        ("␛[?7lFULL\x08\x08x", "abcdefghijklmnopqxst", (0, 18)),
        (
            "␛[?7labcdefghijklmnopqrx␛[9b",
            "abcdefghijklmnopqrxx",
            (0, 19),
        ),
        ("␛[?7l␛[4habc␛[1;19HXYZ", "abc               XZ", (0, 19)),
        (
            "␛[?7lx␛7␛[?7h␛8␛[1;18Habcdef",
            "x                abc|def",
            (1, 3),
        ),
    ]);
}

#[test]
fn tabulators_are_set() {
    check(&[
        ("a\tb\tc\td", "a       b       c  d", (0, 19)),
        (
            "␛[3g␛[1;5H␛H␛[1;9H␛H\ra\tb\tc\td",
            "a   b   c          d",
            (0, 19),
        ),
        ("␛[1;9H␛[g\ra\tb", "a               b", (0, 17)),
        ("␛[3g\r\tx", "                   x", (0, 19)),
        ("FULL\tx", "FULL|x", (1, 1)),
        ("␛[1;4H␛H␛c\tx", "        x", (0, 9)),
        ("␛[1;4H␛H␛[?1049h\tx", "        x", (0, 9)),
        ("␛[1;20H␛H␛[1;18H\tx", "                   x", (0, 19)),
    ]);
}

#[test]
fn characters_are_repeated() {
    check(&[
        ("x␛[4b", "xxxxx", (0, 5)),
        ("x␛[30b", "xxxxxxxxxxxxxxxxxxxx", (0, 19)),
        ("␛[1;15Hx␛[30by", "              xxxxxx|y", (1, 1)),
        ("␛(0q␛[4b", "─────", (0, 5)),
        ("x␛[1;4H␛[2b", "x", (0, 3)),
        ("x\r\n␛[2b", "x", (1, 0)),
    ]);
}

#[test]
fn characters_are_erased_and_moved() {
    check(&[
        ("FULL␛[1;3H␛[4X", "ab    ghijklmnopqrst", (0, 2)),
        ("FULL␛[1;18H␛[99X", "abcdefghijklmnopq", (0, 17)),
        ("FULL␛[1;3H␛[3@", "ab   cdefghijklmnopq", (0, 2)),
        ("FULL␛[1;3H␛[3P", "abfghijklmnopqrst", (0, 2)),
        ("ab日日c␛[1;4H␛[@", "ab日 日c", (0, 3)),
    ]);
}

#[test]
fn rows_scroll_within_a_region() {
    check(&[
        ("FIVE␛[2S", "3|4|5", (4, 1)),
        ("FIVE␛[2T", "||1|2|3", (4, 1)),
        ("FIVE␛[99S", "", (4, 1)),
        ("FIVE␛[2;4r␛[S", "1|3|4||5", (0, 0)),
        ("FIVE␛[2;4r␛[T", "1||2|3|5", (0, 0)),
        ("FIVE␛[2;4rx", "x|2|3|4|5", (0, 1)),
        ("FIVE␛[2;4r␛[4;1H\nx", "1|3|4|x|5", (3, 1)),
        ("FIVE␛[2;4r␛[5;1H\nx", "1|2|3|4|x", (4, 1)),
        ("FIVE␛[2;4r␛[2;1H␛Mx", "1|x|2|3|5", (1, 1)),
        ("FIVE␛[2;4r␛[1;1H␛Mx", "x|2|3|4|5", (0, 1)),
        ("FIVE␛[3;2rx", "1|2|3|4|5x", (4, 2)),
        ("FIVE␛[3;3rx", "1|2|3|4|5x", (4, 2)),
        ("FIVE␛[2;99r␛[S", "1|3|4|5", (0, 0)),
        ("FIVE␛[2;4r␛[rx", "x|2|3|4|5", (0, 1)),
        ("FIVE␛[3;2H␛[Lx", "1|2| x|3|4", (2, 2)),
        ("FIVE␛[3;2H␛[Mx", "1|2|4x|5", (2, 2)),
        ("FIVE␛[2;4r␛[3;1H␛[L", "1|2||3|5", (2, 0)),
        ("FIVE␛[2;4r␛[5;1H␛[L", "1|2|3|4|5", (4, 0)),
        ("FIVE␛[2;4r␛[3;1H␛[M", "1|2|4||5", (2, 0)),
        ("FIVE␛[2;4r␛[3;1H␛[9Ax", "1|x|3|4|5", (1, 1)),
        ("FIVE␛[2;4r␛[3;1H␛[9Bx", "1|2|3|x|5", (3, 1)),
        ("FIVE␛[2;4r␛[5;1H␛[9Ax", "1|x|3|4|5", (1, 1)),
        ("FIVE␛[2;4r␛[1;1H␛[9Bx", "1|2|3|x|5", (3, 1)),
        ("FIVE␛Dx", "2|3|4|5| x", (4, 2)),
        ("FIVE␛[3;2H␛Ex", "1|2|3|x|5", (3, 1)),
        ("FIVE\x0bx", "2|3|4|5| x", (4, 2)),
        ("FIVE\x0cx", "2|3|4|5| x", (4, 2)),
    ]);
}

#[test]
fn rows_are_counted_from_a_region() {
    check(&[
        ("FIVE␛[2;4r␛[?6hx", "1|x|3|4|5", (1, 1)),
        ("FIVE␛[2;4r␛[?6h␛[2;3Hx", "1|2|3 x|4|5", (2, 3)),
        ("FIVE␛[2;4r␛[?6h␛[9;3Hx", "1|2|3|4 x|5", (3, 3)),
        ("FIVE␛[2;4r␛[?6h␛[9;3H␛[?6lx", "x|2|3|4|5", (0, 1)),
        ("FIVE␛[2;4r␛[?6h␛[2dx", "1|2|x|4|5", (2, 1)),
        ("FIVE␛[2;4r␛[?6h␛7␛[?6l␛8␛[1;5Hx", "1|2   x|3|4|5", (1, 5)),
    ]);
}

#[test]
fn a_full_row_wraps_late() {
    check(&[
        ("FULLx", "FULL|x", (1, 1)),
        ("FULL\rx", "xbcdefghijklmnopqrst", (0, 1)),
        ("FULL\x08x", "abcdefghijklmnopqrsx", (0, 19)),
        ("FULL␛[Dx", "abcdefghijklmnopqrsx", (0, 19)),
        ("FULL␛[Kx", "FULL|x", (1, 1)),
        ("FULL␛[Cx", "abcdefghijklmnopqrsx", (0, 19)),
        ("FULL\nx", "FULL||x", (2, 1)),
        ("FULL␛[Ax", "abcdefghijklmnopqrsx", (0, 19)),
        ("FULL␛[1Px", "FULL|x", (1, 1)),
        ("FULL␛[@x", "FULL|x", (1, 1)),
        ("abcdefghijklmnopqrs日x", "abcdefghijklmnopqrs|日x", (1, 3)),
        ("abcdefghijklmnopqr日x", "abcdefghijklmnopqr日|x", (1, 1)),
        (
            "abcdefghijklmnopqr日␛[1;20Hx",
            "abcdefghijklmnopqr x",
            (0, 19),
        ),
        (
            "abcdefghijklmnopqr日␛[1;19Hx",
            "abcdefghijklmnopqrx",
            (0, 19),
        ),
        ("a日b␛[1;2Hx", "ax b", (0, 2)),
        ("a日b␛[1;3Hx", "a xb", (0, 3)),
        ("␛[5;1HFULLx", "|||FULL|x", (4, 1)),
    ]);
}

#[test]
fn marks_join_what_stands_before_them() {
    check(&[
        ("e\u{301}x", "e\u{301}x", (0, 2)),
        ("FULL\u{301}x", "FULL\u{301}|x", (1, 1)),
        ("日\u{301}x", "日\u{301}x", (0, 3)),
        ("\u{301}x", "x", (0, 1)),
    ]);
}

#[test]
fn the_cursor_is_kept() {
    check(&[
        ("ab␛7cd␛8x", "abxd", (0, 3)),
        ("ab␛[scd␛[ux", "abxd", (0, 3)),
        ("␛[3;3H␛8x", "x", (0, 1)),
        ("␛(0␛7␛(B␛8q", "─", (0, 1)),
        ("␛)0\x0e␛7\x0f␛8q", "─", (0, 1)),
        ("␛7␛(0q␛8q", "q", (0, 1)),
    ]);
}

#[test]
fn the_alternate_screen_is_another_one() {
    check(&[
        ("main␛[?47halt␛[?47lx", "main   x", (0, 8)),
        ("main␛[?1047halt␛[?1047lx", "main   x", (0, 8)),
        ("main␛[?1049halt␛[?1049lx", "mainx", (0, 5)),
        ("main␛[?47halt", "    alt", (0, 7)),
        ("main␛[?1047halt", "    alt", (0, 7)),
        ("main␛[?1049halt", "    alt", (0, 7)),
        ("main␛[?1049h␛[3;3Halt␛[?1049l␛[?1049hx", "    x", (0, 5)),
        ("main␛[?1047halt␛[?1047l␛[?1047hx", "       x", (0, 8)),
        ("main␛[?47halt␛[?47l␛[?47hx", "       x", (0, 8)),
        ("main␛[?1049h␛[?1049hx␛[?1049ly", "mainy", (0, 5)),
        ("main␛[?1049ly", "mainy", (0, 5)),
        ("FIVE␛[2;4r␛[?1049h␛[5;1Hx\ny␛[?1049lz", "z|2|3|4|5", (0, 1)),
    ]);
}

#[test]
fn what_was_set_is_reset() {
    check(&[
        ("ab␛cx", "x", (0, 1)),
        ("␛(0␛cq", "q", (0, 1)),
        ("␛[4h␛cab\rx", "xb", (0, 1)),
        ("␛[?7l␛cFULLx", "FULL|x", (1, 1)),
        (
            "FIVE␛[2;4r␛ca\r\nb\r\nc\r\nd\r\ne\r\nf",
            "b|c|d|e|f",
            (4, 1),
        ),
        ("FIVE\r\n6␛[3Jx", "2|3|4|5|6x", (4, 2)),
        ("FIVE␛[2Jx", "|||| x", (4, 2)),
        ("FIVE␛[3;1H␛[Jx", "1|2|x", (2, 1)),
        ("FIVE␛[3;1H␛[1Jx", "||x|4|5", (2, 1)),
        ("abc␛[1;2H␛[1K", "  c", (0, 1)),
        ("abc␛[1;2H␛[2Kx", " x", (0, 2)),
    ]);
}

#[test]
fn lines_are_drawn() {
    check(&[
        (
            "␛(0lqqk\r\nx`a~x\r\nmjtuvwn␛(Bq",
            "┌──┐|│◆▒·│|└┘├┤┴┬┼q",
            (2, 8),
        ),
        ("␛)0q\x0eq\x0fq", "q─q", (0, 3)),
        ("␛*0␛+0q", "q", (0, 1)),
        ("␛(0ABC_x␛(B", "ABC │", (0, 5)),
    ]);
}

#[test]
fn anything_else() {
    check(&[
        ("ab␛[2;3fx", "ab|  x", (1, 3)),
        ("ab␛[5Gx␛[8`y", "ab  x  y", (0, 8)),
        ("ab␛[3Ex␛[2Fy", "ab|y||x", (1, 1)),
        ("a\x7fb", "ab", (0, 2)),
        ("a␛Pq#0␛\\b", "ab", (0, 2)),
        ("a␛[38:2::1:2:3mb", "ab", (0, 2)),
        ("a␛[;Hb", "b", (0, 1)),
        ("a␛[0;0Hb", "b", (0, 1)),
        ("a␛[2;Hb", "a|b", (1, 1)),
        ("x␛[1$rb", "xb", (0, 2)),
        ("x␛[2 @b", "xb", (0, 2)),
        ("x␛[2 qb", "xb", (0, 2)),
        ("␛[99999999Bx", "||||x", (4, 1)),
        ("␛[3;99999Hx", "||                   x", (2, 19)),
    ]);
}

/// Where `tmux` is alone, or does not know what `xterm` does: as `xterm` has it.
#[test]
fn some_things_are_as_in_xterm() {
    check(&[
        // A mark without wrapping belongs to what it follows.
        ("␛[?7lFULLe\u{301}", "abcdefghijklmnopqrse\u{301}", (0, 19)),
        // Tabulators forward, and back.
        ("␛[1;9H␛[g␛[1;4H␛H\r␛[2Ix␛[2Zy", "   y            x", (0, 4)),
        ("日␛[3b", "日日日日", (0, 8)),
        // Half of a wide character is no character.
        ("ab日日c␛[1;4H␛[2X", "ab    c", (0, 3)),
        ("ab日日c␛[1;4H␛[P", "ab 日c", (0, 3)),
        (
            "abcdefghijklmnopqr日␛[1;1H␛[@",
            " abcdefghijklmnopqr",
            (0, 0),
        ),
        ("main␛[?1048h␛[3;3H␛[?1048lx", "mainx", (0, 5)),
        // The soft reset.
        ("FIVE␛[2;4r␛[?6h␛[3;3H␛[!px␛[5;1H\ny", "2|3|4 x|5|y", (4, 1)),
        ("ab␛[4h␛[!p\rx", "xb", (0, 1)),
        ("␛(0␛[!pq", "q", (0, 1)),
        ("␛[?7l␛[!pFULLx", "FULL|x", (1, 1)),
        ("ab␛7␛[3;3H␛[!p␛8x", "xb", (0, 1)),
        ("␛[1;4H␛H␛[!p\r\tx", "   x", (0, 4)),
        // A full one leads back to the first screen.
        ("main␛[?1049halt␛cx", "x", (0, 1)),
        (
            "main␛[?1049h␛[?7l␛[4h␛c␛[?1049hFULLx␛[1;1Hy",
            "ybcdefghijklmnopqrst|x",
            (0, 1),
        ),
    ]);
}

#[test]
fn a_region_is_one_of_a_size_and_of_both_screens() {
    let grown = |bytes: &str| {
        let mut emulator = emulator(20, 5, "1\r\n2\r\n3\r\n4\r\n5\x1b[2;4r");
        let rows = 6;
        let size = pod_protocol::TerminalSize { cols: 20, rows };
        assert_eq!(emulator.resize(size), Ok(()));
        assert_eq!(emulator.process(bytes.as_bytes()), Ok(()));
        super::rows(&emulator)
    };
    assert_eq!(grown("\x1b[6;1H\n6"), ["2", "3", "4", "5", "", "6"]);
    assert_eq!(
        grown("\x1b[2;4r\x1b[?1049h\x1b[1;1HA\r\nB\r\nC\r\nD\r\nE\r\nF"),
        ["A", "D", "E", "F", "", ""]
    );
}
