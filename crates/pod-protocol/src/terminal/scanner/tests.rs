use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{TerminalSize, TerminalState};

const ALL: &[(&str, TerminalQuery)] = {
    use TerminalQuery as Q;
    &[
        ("\x1b[5n", Q::Status),
        ("\x1b[6n", Q::Cursor { private: false }),
        ("\x1b[?6n", Q::Cursor { private: true }),
        ("\x1b[c", Q::Attributes),
        ("\x1b[0c", Q::Attributes),
        ("\x1bZ", Q::Attributes),
        ("\x1b[>c", Q::SecondaryAttributes),
        ("\x1b[>0c", Q::SecondaryAttributes),
        ("\x1b[=c", Q::TertiaryAttributes),
        ("\x1b[>q", Q::Version),
        ("\x1b[>0q", Q::Version),
        (
            "\x1b[?2026$p",
            Q::Mode {
                number: 2026,
                private: true,
            },
        ),
        (
            "\x1b[20$p",
            Q::Mode {
                number: 20,
                private: false,
            },
        ),
        ("\x1b[?u", Q::KittyKeyboard),
        (
            "\x1b]10;?\x07",
            Q::Colour {
                of: Colour::Foreground,
                bell: true,
            },
        ),
        (
            "\x1b]11;?\x1b\\",
            Q::Colour {
                of: Colour::Background,
                bell: false,
            },
        ),
        (
            "\x1b]12;?\x07",
            Q::Colour {
                of: Colour::Cursor,
                bell: true,
            },
        ),
        (
            "\x1b]4;255;?\x1b\\",
            Q::Colour {
                of: Colour::Palette(255),
                bell: false,
            },
        ),
        ("\x1b[11t", Q::WindowState),
        ("\x1b[13t", Q::WindowPosition),
        ("\x1b[14t", Q::TextPixels),
        ("\x1b[14;2t", Q::TextPixels),
        ("\x1b[15t", Q::ScreenPixels),
        ("\x1b[16t", Q::CellPixels),
        ("\x1b[18t", Q::TextCells),
        ("\x1b[19t", Q::ScreenCells),
        ("\x1bP+q544e\x1b\\", Q::Capability),
        ("\x1bP$qm\x1b\\", Q::Setting),
    ]
};

fn scan<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<(usize, TerminalQuery)> {
    let (mut scanner, mut before, mut all) = (QueryScanner::default(), 0, Vec::new());
    for piece in pieces {
        scanner.scan(piece, |end, query| all.push((before + end, query)));
        before += piece.len();
    }
    all
}

#[test]
fn every_question_is_found_where_it_ends() {
    for (text, query) in ALL {
        let among = format!("some text {text} and more");
        let end = among.len() - " and more".len();
        assert_eq!(scan([among.as_bytes()]), [(end, *query)], "{text:?}");
        for cut in 0..among.len() {
            let (head, tail) = among.as_bytes().split_at(cut);
            assert_eq!(scan([head, tail]), [(end, *query)], "{text:?} at {cut}");
        }
    }
}

#[test]
fn what_only_looks_like_a_question_is_none() {
    for text in [
        "plain [6n text",
        "\x1b[m\x1b[1;31mred\x1b[0m\x1b[2J\x1b[10;20H",
        "\x1b[66n",
        "\x1b[6;1n",
        "\x1b[?62;22c",
        "\x1b[1c",
        "\x1b[8;24;80t",
        "\x1b[22;0;0t",
        "\x1b[21t",
        "\x1b[2 q",
        "\x1b[u",
        "\x1b[?1u",
        "\x1b[>1u",
        "\x1b[$p",
        "\x1b[!p",
        "\x1b[?99999999$p",
        "\x1b[?+5$p",
        // What a terminal says is no question, should it be echoed.
        "\x1b]11;rgb:0000/0000/0000\x07",
        "\x1b]52;c;?\x07",
        "\x1b]0;\x18[6n\x07",
        "\x1b]0;title ? ;?\x07",
        "\x1b]4;256;?\x07",
        "\x1b]11;?",
        "\x1b[6\x18n",
        "\x1b[6\x1an",
        "\x1b(6n",
        "\x1b[6\u{e9}n",
        "\x1bP1$r0m\x1b\\",
        "\x1b_+q\x1b\\",
    ] {
        assert_eq!(scan([text.as_bytes()]), [], "{text:?}");
    }
}

#[test]
fn a_question_is_found_in_odd_company() {
    let cursor = TerminalQuery::Cursor { private: false };
    for text in [
        // A sequence that is given up for another one.
        "\x1b[12;\x1b[6n",
        "\x1b]0;title\x1b[6n",
        "\x1bP1;2q\x1b\x1b[6n",
        // Control characters within a sequence.
        "\x1b[\n6\x08n",
        "\x1b\x00\x1b[6n",
        "\x1b\n[6n",
        // Behind strings that are far longer than anything held.
        &format!("\x1b]52;c;{}\x07\x1b[6n", "A".repeat(10_000)),
        &format!("\x1bPq{}\x1b\\\x1b[6n", "#0!14~".repeat(1_000)),
        &format!("\x1b[{}m\x1b[6n", "1;".repeat(1_000)),
    ] {
        assert_eq!(scan([text.as_bytes()]), [(text.len(), cursor)], "{text:?}");
    }
}

#[test]
fn no_reply_asks_anything() {
    let state = TerminalState {
        size: TerminalSize::UNWATCHED,
        row: 1,
        col: 1,
    };
    for (text, query) in ALL {
        let reply = query.reply(&state).unwrap_or_default();
        assert_eq!(scan([reply.as_bytes()]), [], "the reply to {text:?}");
        let is_answered = *query != TerminalQuery::KittyKeyboard;
        assert_eq!(!reply.is_empty(), is_answered, "{text:?}");
    }
}

/// Bytes that are near to what a program asks.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let question = prop::sample::select(ALL).prop_map(|(text, _)| text.as_bytes().to_vec());
    let syntax = prop::sample::select(&b"\x1b[]P?>$;0156cnptu\\\x07\x18_+q"[..]);
    let piece = prop_oneof![
        3 => question,
        4 => syntax.prop_map(|byte| vec![byte]),
        2 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn how_output_is_cut_is_invisible(
        bytes in output(),
        sizes in vec(1_usize..9, 1..8),
    ) {
        let mut rest = &bytes[..];
        let pieces = sizes.iter().cycle().map_while(|size| {
            let (piece, later) = rest.split_at((*size).min(rest.len()));
            rest = later;
            (!piece.is_empty()).then_some(piece)
        });
        let pieces: Vec<&[u8]> = pieces.collect();
        prop_assert_eq!(scan(pieces), scan([&bytes[..]]));
    }
}
