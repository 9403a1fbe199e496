use proptest::prelude::*;
use ratatui::{
    Terminal, TerminalOptions, Viewport,
    layout::{Position, Rect},
    style::Style,
};

use super::*;

const COLUMNS: u16 = 12;
const ROWS: u16 = 5;

/// Counts writes beside keeping them.
#[derive(Debug, Default)]
struct Wire {
    bytes: Vec<u8>,
    writes: usize,
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend(bytes);
        self.writes += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Something to put on a screen: column, row, text, colour, bold.
type Word = (u16, u16, String, u8, bool);

fn words() -> impl Strategy<Value = Vec<Word>> {
    let word = (
        0..COLUMNS,
        0..ROWS,
        "[a-z日é]{1,14}",
        0..16_u8,
        any::<bool>(),
    );
    prop::collection::vec(word, 0..8)
}

fn terminal(origin: Origin) -> Terminal<Canvas<Wire>> {
    let size = Size::new(COLUMNS, ROWS);
    let mut canvas = Canvas::new(Wire::default(), origin, size);
    if origin == Origin::Inline {
        canvas.make_room(size);
    }
    let viewport = Viewport::Fixed(Rect::from((Position::ORIGIN, size)));
    Terminal::with_options(canvas, TerminalOptions { viewport }).expect("a canvas")
}

fn draw(terminal: &mut Terminal<Canvas<Wire>>, words: &[Word], cursor: Option<(u16, u16)>) {
    let view = |frame: &mut ratatui::Frame<'_>| {
        for (x, y, text, colour, bold) in words {
            let mut style = Style::new()
                .fg(Color::Indexed(*colour))
                .bg(Color::Indexed(15 - *colour));
            if *bold {
                style = style.add_modifier(Modifier::BOLD);
            }
            frame.buffer_mut().set_string(*x, *y, text, style);
        }
        if let Some(cursor) = cursor {
            frame.set_cursor_position(cursor);
        }
    };
    terminal.draw(view).expect("a wire");
}

/// What a terminal of `rows` rows shows whose cursor stood in row `start` when the bytes came.
fn shown(bytes: &[u8], rows: u16, start: u16) -> vt100::Parser {
    let side = |length| std::num::NonZero::new(length).expect("not empty");
    let mut parser = vt100::Parser::new(side(rows), side(COLUMNS), 0);
    for _ in 0..start {
        parser.process(b"$\r\n");
    }
    parser.process(bytes);
    parser
}

fn assert_same(parser: &vt100::Parser, top: u16, words: &[Word]) {
    let mut oracle =
        Terminal::new(ratatui::backend::TestBackend::new(COLUMNS, ROWS)).expect("a backend");
    let frame = oracle
        .draw(|frame| {
            for (x, y, text, ..) in words {
                frame.buffer_mut().set_string(*x, *y, text, Style::new());
            }
        })
        .expect("a backend");
    let expected = crate::screen::testing::rows(frame.buffer);
    let seen: Vec<String> = parser
        .screen()
        .rows(0, COLUMNS)
        .skip(usize::from(top))
        .take(usize::from(ROWS))
        .map(|row| row.trim_end().to_owned())
        .collect();
    assert_eq!(seen, expected);
}

proptest! {
    #[test]
    fn a_terminal_shows_what_was_drawn(frames in prop::collection::vec(words(), 1..4)) {
        let mut full = terminal(Origin::Full);
        let mut inline = terminal(Origin::Inline);
        for words in &frames {
            draw(&mut full, words, None);
            draw(&mut inline, words, Some((3, 0)));
        }
        let last = frames.last().expect("at least one");
        assert_same(&shown(&full.backend().out.bytes, ROWS, 0), 0, last);
        // In the middle of a screen, and at its bottom, where it has to scroll.
        assert_same(&shown(&inline.backend().out.bytes, 20, 4), 4, last);
        let scrolled = shown(&inline.backend().out.bytes, 9, 8);
        assert_same(&scrolled, 4, last);
        prop_assert_eq!(scrolled.screen().cursor_position(), (4, 3));
        let above: Vec<String> = scrolled.screen().rows(0, COLUMNS).take(4).collect();
        prop_assert_eq!(above, vec!["$"; 4], "the shell's lines stay");
    }
}

#[test]
fn a_frame_is_one_write_and_no_change_is_none() {
    let mut terminal = terminal(Origin::Full);
    let words = [
        (0, 0, "one".to_owned(), 2, true),
        (3, 3, "two".to_owned(), 3, false),
    ];
    draw(&mut terminal, &words, Some((1, 1)));
    assert_eq!(terminal.backend().out.writes, 1);
    let before = terminal.backend().out.bytes.len();
    for _ in 0..5 {
        draw(&mut terminal, &words, Some((1, 1)));
    }
    assert_eq!(terminal.backend().out.bytes.len(), before);
    let bytes = &terminal.backend().out.bytes;
    assert!(bytes.starts_with(SYNCHRONIZED_BEGIN.as_bytes()));
    assert!(bytes.ends_with(SYNCHRONIZED_END.as_bytes()));
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
        let mut canvas = Canvas::new(Wire::default(), Origin::Full, Size::new(COLUMNS, ROWS));
        let mut cell = Cell::default();
        cell.set_symbol(symbol);
        canvas.draw(std::iter::once((0, 0, &cell))).expect("a wire");
        assert_eq!(canvas.frame, "\x1b[1;1H\u{fffd}", "{symbol:?}");
    }
}

#[test]
fn the_terminal_is_never_asked_anything() {
    let mut terminal = terminal(Origin::Inline);
    let words = [(0, 4, "text".to_owned(), 1, true)];
    draw(&mut terminal, &words, Some((0, 0)));
    terminal.backend_mut().set_size(Size::new(6, 3));
    terminal.resize(Rect::new(0, 0, 6, 3)).expect("a wire");
    draw(&mut terminal, &[], Some((0, 0)));
    let text = String::from_utf8_lossy(&terminal.backend().out.bytes).into_owned();
    for query in ["\x1b[6n", "\x1b[c", "\x1b[?u", "\x1b[5n", "\x1b]11;?"] {
        assert!(!text.contains(query), "{query:?}");
    }
}

#[test]
fn a_resized_inline_screen_starts_again_at_its_first_row() {
    let mut terminal = terminal(Origin::Inline);
    draw(
        &mut terminal,
        &[(0, 4, "old".to_owned(), 1, true)],
        Some((0, 0)),
    );
    let size = Size::new(COLUMNS, 3);
    terminal.backend_mut().set_size(size);
    terminal
        .resize(Rect::from((Position::ORIGIN, size)))
        .expect("a wire");
    draw(
        &mut terminal,
        &[(0, 2, "new".to_owned(), 1, true)],
        Some((0, 0)),
    );
    let parser = shown(&terminal.backend().out.bytes, 10, 2);
    assert_eq!(parser.screen().contents(), "$\n$\n\n\nnew");
}
