//! A real emulator shows, cell by cell, what was drawn.

use std::num::NonZero;

use proptest::prelude::*;
use ratatui::style::{Color, Modifier, Style};

use super::*;

/// Rows of the emulator in which an inline canvas is.
const SCREEN_ROWS: u16 = 20;
/// The row in which the shell left its cursor.
const SHELL_ROW: u16 = 12;

/// Text somewhere in a row.
type Word = (u16, String, Style);

#[derive(Clone, Debug)]
enum Change {
    Write(u16, Vec<Word>),
    Scroll {
        top: u16,
        rows: u16,
        by: u16,
        up: bool,
    },
    Resize(u16, u16),
    Repaint,
    Clear,
}

fn style() -> impl Strategy<Value = Style> {
    let colour = prop::sample::select(vec![
        Color::Reset,
        Color::Red,
        Color::LightCyan,
        Color::Indexed(200),
        Color::Rgb(1, 2, 3),
    ]);
    // The emulator takes bold and faint for one property and knows no crossed-out text.
    let weight = prop::sample::select(vec![Modifier::empty(), Modifier::BOLD, Modifier::DIM]);
    let others = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::empty(),
        Modifier::ITALIC,
        Modifier::UNDERLINED,
        Modifier::REVERSED,
    ]);
    let styled = (colour.clone(), colour, weight, others).prop_map(|(fg, bg, weight, other)| {
        let style = Style::new().fg(fg).bg(bg);
        let has = weight | other;
        style
            .add_modifier(has)
            .remove_modifier(Modifier::all() - has)
    });
    prop_oneof![2 => Just(Style::new()), 1 => styled]
}

fn change() -> impl Strategy<Value = Change> {
    let text = prop_oneof![
        3 => "[a-d日本é]{1,14}",
        1 => "[a-z ]{1,60}",
        1 => " {1,30}",
        1 => "(e\u{301}|日|x){1,6}",
    ];
    let words = prop::collection::vec((0..40_u16, text, style()), 1..4);
    prop_oneof![
        6 => (0..14_u16, words).prop_map(|(y, words)| Change::Write(y, words)),
        4 => (0..14_u16, 2..14_u16, 1..14_u16, any::<bool>())
            .prop_map(|(top, rows, by, up)| Change::Scroll { top, rows, by, up }),
        1 => (4..40_u16, 4..14_u16).prop_map(|(columns, rows)| Change::Resize(columns, rows)),
        1 => Just(Change::Repaint),
        1 => Just(Change::Clear),
    ]
}

/// What is drawn: rows of words.
#[derive(Default)]
struct Page(Vec<Vec<Word>>);

impl Page {
    fn take(&mut self, change: &Change) {
        self.0.resize(14, Vec::new());
        match change {
            Change::Write(y, words) => self.0[usize::from(*y)].clone_from(words),
            Change::Scroll { top, rows, by, up } => {
                let (top, rows, by) = (usize::from(*top), usize::from(*rows), usize::from(*by));
                let end = (top + rows).min(self.0.len());
                let region = &mut self.0[top..end];
                let by = by % region.len();
                if *up {
                    region.rotate_left(by);
                } else {
                    region.rotate_right(by);
                }
            }
            Change::Clear => self.0.fill(Vec::new()),
            Change::Resize(..) | Change::Repaint => {}
        }
    }

    fn draw(&self, buffer: &mut Buffer) {
        let area = buffer.area;
        for (y, words) in (0..area.height).zip(&self.0) {
            for (x, text, style) in words {
                if *x < area.width {
                    buffer.set_string(*x, y, text, *style);
                }
            }
        }
    }
}

fn parser(rows: u16, columns: u16) -> vt100::Parser {
    let side = |length| NonZero::new(length).expect("not empty");
    vt100::Parser::new(side(rows), side(columns), 0)
}

fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Reset => vt100::Color::Default,
        Color::Red => vt100::Color::Idx(1),
        Color::LightCyan => vt100::Color::Idx(14),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        other => unreachable!("{other} is not drawn here"),
    }
}

/// Compares every cell, text and style, from row `top` of the emulator on.
#[track_caller]
fn assert_shows(screen: &vt100::Screen, top: u16, drawn: &Buffer) {
    for y in 0..drawn.area.height {
        let mut x = 0;
        while x < drawn.area.width {
            let expected = &drawn[(x, y)];
            let seen = screen.cell(top + y, x).expect("a cell");
            let text = if seen.contents().is_empty() {
                " "
            } else {
                seen.contents()
            };
            let place = format!("column {x} of row {y}");
            assert_eq!(text, expected.symbol(), "{place}");
            assert_eq!(seen.bgcolor(), colour(expected.bg), "{place}");
            let has = |modifier| expected.modifier.contains(modifier);
            assert_eq!(seen.underline(), has(Modifier::UNDERLINED), "{place}");
            assert_eq!(seen.inverse(), has(Modifier::REVERSED), "{place}");
            if text != " " {
                assert_eq!(seen.fgcolor(), colour(expected.fg), "{place}");
                assert_eq!(seen.bold(), has(Modifier::BOLD), "{place}");
                assert_eq!(seen.dim(), has(Modifier::DIM), "{place}");
                assert_eq!(seen.italic(), has(Modifier::ITALIC), "{place}");
            }
            x += ratatui::buffer::CellWidth::cell_width(expected.symbol()).max(1);
        }
    }
}

fn cursor_in(size: Size, wanted: Option<(u16, u16)>) -> Option<(u16, u16)> {
    wanted.map(|(x, y)| (x.min(size.width - 1), y.min(size.height - 1)))
}

type Frames = Vec<(Vec<Change>, Option<(u16, u16)>)>;

fn frames() -> impl Strategy<Value = Frames> {
    let cursor = prop::option::of((0..40_u16, 0..14_u16));
    prop::collection::vec((prop::collection::vec(change(), 1..4), cursor), 1..8)
}

fn assert_full(frames: &Frames) {
    let mut size = Size::new(24, 10);
    let (mut page, mut easel) = (Page::default(), Easel::new(Origin::Full, size));
    let mut parser = parser(size.height, size.width);
    for (changes, cursor) in frames {
        for change in changes {
            page.take(change);
            if let Change::Resize(columns, rows) = change {
                size = Size::new(*columns, *rows);
                let side = |length| NonZero::new(length).expect("not empty");
                parser.screen_mut().set_size(side(*rows), side(*columns));
            }
            if matches!(change, Change::Resize(..) | Change::Repaint) {
                easel.resize(size);
            }
        }
        let cursor = cursor_in(size, *cursor);
        let drawn = easel.draw(|buffer| page.draw(buffer), cursor);
        parser.process(&easel.take());
        assert_shows(parser.screen(), 0, &drawn);
        assert_eq!(parser.screen().hide_cursor(), cursor.is_none());
        if let Some((x, y)) = cursor {
            assert_eq!(parser.screen().cursor_position(), (y, x));
        }
    }
}

fn assert_inline(frames: &Frames) {
    let mut size = Size::new(24, 10);
    let mut parser = parser(SCREEN_ROWS, size.width);
    for _ in 0..SHELL_ROW {
        parser.process(b"$\r\n");
    }
    let (mut page, mut easel) = (Page::default(), Easel::new(Origin::Inline, size));
    let mut top = SHELL_ROW.min(SCREEN_ROWS - size.height);
    for (changes, cursor) in frames {
        for change in changes {
            page.take(change);
            if let Change::Resize(_, rows) = change {
                size.height = *rows;
                top = top.min(SCREEN_ROWS - size.height);
            }
            if matches!(change, Change::Resize(..) | Change::Repaint) {
                easel.resize(size);
            }
        }
        let cursor = cursor_in(size, *cursor);
        let drawn = easel.draw(|buffer| page.draw(buffer), cursor);
        parser.process(&easel.take());
        assert_shows(parser.screen(), top, &drawn);
        if let Some((x, y)) = cursor {
            assert_eq!(parser.screen().cursor_position(), (top + y, x));
        }
        let above: Vec<String> = parser.screen().rows(0, 24).take(usize::from(top)).collect();
        assert_eq!(above, vec!["$"; usize::from(top)], "the shell's lines stay");
    }
}

proptest! {
    #[test]
    fn a_whole_screen_shows_what_was_drawn(frames in frames()) {
        assert_full(&frames);
    }

    #[test]
    fn rows_below_a_prompt_show_what_was_drawn(frames in frames()) {
        assert_inline(&frames);
    }
}
