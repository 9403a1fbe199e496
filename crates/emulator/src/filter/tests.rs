use super::*;

#[derive(Default)]
struct Written(String);

impl Sink for Written {
    fn text(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn write(&mut self, sequence: &[u8]) {
        self.0.push_str(&String::from_utf8_lossy(sequence));
    }

    fn act(&mut self, act: Act) {
        self.0.push_str(&format!("<{act:?}>"));
    }
}

fn filtered(bytes: &[u8], cut: usize) -> String {
    let (mut filter, mut written) = (Filter::default(), Written::default());
    for piece in bytes.chunks(cut) {
        filter.read(piece, &mut written);
    }
    written.0
}

#[test]
fn the_screen_gets_what_it_can_read() {
    let check = |bytes: &[u8], expected: &str| {
        for cut in 1..=bytes.len() {
            assert_eq!(filtered(bytes, cut), expected, "cut at {cut}");
        }
    };
    check(b"plain \x1b[1;31mred\x1b[m", "plain \x1b[1;31mred\x1b[m");
    check("日本 é".as_bytes(), "日本 é");
    // Strings are swallowed, however they end.
    check(b"a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", "abc");
    check(b"a\x1bP+q544e\x1b\\b\x1b_Gpng\x1b\\c\x1b^x\x1b\\d", "abcd");
    check(b"a\x1b]0;cut\x18b\x1b]0;cut\x1b[1mc", "ab\x1b[1mc");
    check(b"a\x1bPbell\x07more\x1b\\b", "ab");
    // Lines are drawn.
    check(b"\x1b(0lqk_x\x1b(Bq", "┌─┐ │q");
    check(b"\x1b)0q\x0eq\x0fq", "q─q");
    check("\x1b(0é\x1b(B".as_bytes(), "é");
    // Other names of the same.
    check(
        b"\x1b[s\x1b[u\x1bD\x1bE\x1b[3a\x1b[3e",
        "<Save><Restore>\n\r\n\x1b[3C<Down(3)>",
    );
    check(
        b"\x1b[?1047;25h\x1b[?1048l",
        "<Switch(Bare, true)>\x1b[?25h<Restore>",
    );
    check(
        b"\t\x1b[2I\x1b[Z\x1b[3Z",
        "<Tab(1)><Tab(2)><BackTab(1)><BackTab(3)>",
    );
    check(
        b"\x1b[4;20h\x1b[?7l\x1bH\x1b[g",
        "<Insert(true)><Wrap(false)><SetTab><ClearTab>",
    );
    check(b"\x1b[r\x1b[2;99999r", "<Region(0, 0)><Region(2, 65535)>");
    // What only looks like them.
    check(b"\x1b[1$r\x1b[>4;2m\x1b[?5m", "\x1b[1$r\x1b[>4;2m\x1b[?5m");
    // Keyboard protocols are no cursor movements.
    check(b"\x1b[>1u\x1b[<u", "\x1b[>1u\x1b[<u");
    // Bytes that are no characters, alone and before a sequence.
    check(b"a\xc2\x1b0\x80 \x80b", "a\u{fffd}\u{fffd} \u{fffd}b");
    check(
        b"\xf0\x80\x1b[mx\xe2\x82y\x9b",
        "\u{fffd}\u{fffd}\x1b[mx\u{fffd}y\u{fffd}",
    );
    // Controls within a sequence, and what is no sequence.
    check(b"\x1b[3\r1m\x1b[4\x18m\x7f", "\r\x1b[31mm");
    check(b"\x1b\x1b[m\x1b#8\x1b%G", "\x1b[m");
}

#[test]
fn what_has_no_end_is_given_up() {
    let string = [
        b"\x1b]0;".to_vec(),
        vec![b'x'; STRING_BYTES_MAX],
        b"ytext".to_vec(),
    ]
    .concat();
    assert!(filtered(&string, 4096).ends_with("text"));
    assert!(filtered(&string, 4096).len() < 16);
    let sequence = [b"\x1b[".to_vec(), vec![b'1'; 10_000], b"mtext".to_vec()].concat();
    assert_eq!(filtered(&sequence, 100), "text");
}

#[test]
fn colours_are_said_in_one_way() {
    let check = |said: &str, expected: &str| {
        let said = format!("\x1b[{said}m");
        let expected = match expected {
            "" => String::new(),
            expected => format!("\x1b[{expected}m"),
        };
        assert_eq!(filtered(said.as_bytes(), said.len()), expected, "{said}");
    };
    check("1;38;5;9;48;2;1;2;3;4", "1;38;5;9;48;2;1;2;3;4");
    check("38:5:9;48:2:1:2:3;1", "38;5;9;48;2;1;2;3;1");
    check("38:2::1:2:3", "38;2;1;2;3");
    check("38:2:0:1:2:3:7", "38;2;1;2;3");
    check("4:3;4:0;21", "4;24;4");
    // The colour of an underline is nobody's, and its numbers are no emphasis.
    check("58;5;1;3", "3");
    check("58;2;1;4;7;3", "3");
    check("58:2::1:4:7;3", "3");
    check("58;5;1", "");
    check("0;;1", "0;;1");
    check("38:2:1;58;5", "");
}
