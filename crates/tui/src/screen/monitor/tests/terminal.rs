//! The terminal view: when it is shown, who types, and what the host is asked for.

use pod_protocol::{
    Draft, Offset, PodName, RunState, ScreenInUse, Seq, TerminalSize, TerminalView,
};
use ratatui::layout::Size;

use super::{
    super::{
        Neighbours, News, Occasion, TerminalOrder,
        model::{Connection, Message, Model},
        tabs::{
            Found, Reading, Tab,
            output::{Printed, terminal},
        },
        update::{Effect, Msg, update},
        view::{steady_body_rows, view},
    },
    fixture::{at, attached_with, blank, keys, monitor, shown},
};
use crate::screen::{palette::Mood, testing};

const FIRST: Offset = Offset(10_000);

fn heard(model: &mut Model, news: News) -> Vec<Effect> {
    update(model, Msg::News(news))
}

fn pressed(model: &mut Model, text: &str) -> Vec<Effect> {
    let pressed = keys(text).into_iter().map(Msg::Key);
    pressed.flat_map(|msg| update(model, msg)).collect()
}

fn told(by: Option<&str>, yours: bool, size: (u16, u16)) -> News {
    News::Terminal(TerminalView {
        size: TerminalSize {
            cols: size.0,
            rows: size.1,
        },
        since: FIRST,
        by: by.map(str::to_owned),
        yours,
    })
}

fn read(reading: u64, bytes: &str, alternate: bool) -> News {
    News::Found(Found::Terminal(terminal::Found {
        reading,
        bytes: bytes.into(),
        is_alternate: alternate,
    }))
}

fn written(from: u64, text: &str) -> News {
    let from = Offset(FIRST.0 + from);
    News::Output(Printed::seen(from, text.as_bytes(), ScreenInUse::default()))
}

fn wanted(before: u64, reading: u64) -> Vec<Effect> {
    let before = Offset(FIRST.0 + before);
    vec![Effect::Read(Reading::Terminal(terminal::Reading {
        reading,
        before,
    }))]
}

fn orders(orders: &[TerminalOrder]) -> Vec<Effect> {
    orders.iter().cloned().map(Effect::Terminal).collect()
}

fn typed(text: &str) -> Vec<Effect> {
    orders(&[TerminalOrder::Type(text.into())])
}

/// A monitor on a live run with a terminal, whose program has the ordinary screen.
fn on_lines() -> Model {
    let mut model = blank(Occasion::Visit);
    assert_eq!(heard(&mut model, attached_with(RunState::default())), []);
    assert_eq!(heard(&mut model, told(None, false, (80, 24))), wanted(0, 1));
    assert_eq!(heard(&mut model, read(1, "$ ", false)), []);
    model
}

/// The same while a program fills the screen.
fn on_vim() -> Model {
    let mut model = blank(Occasion::Visit);
    heard(&mut model, attached_with(RunState::default()));
    heard(&mut model, told(None, false, (80, 24)));
    let effects = heard(&mut model, read(1, "text\x1b[24;1H-- vim --", true));
    assert_eq!(effects, orders(&[TerminalOrder::Repaint]));
    model
}

/// The same while the operator types.
fn typing() -> Model {
    let mut model = on_vim();
    let size = TerminalSize { cols: 80, rows: 18 };
    let taken = orders(&[TerminalOrder::Take, TerminalOrder::Resize(size)]);
    assert_eq!(pressed(&mut model, "i"), taken);
    heard(&mut model, News::Took(Ok(())));
    assert_eq!(heard(&mut model, told(Some("ada"), true, (80, 18))), []);
    model
}

#[test]
fn a_full_screen_program_is_shown_as_a_terminal_and_its_end_as_lines() {
    let mut model = on_lines();
    assert!(!shown(&model).contains("80×24"));
    assert_eq!(heard(&mut model, written(0, "\x1b[?1049h")), wanted(8, 2));
    heard(&mut model, written(8, "-- vim --"));
    heard(&mut model, read(2, "", true));
    let screen = shown(&model);
    assert!(
        screen.contains("-- vim --") && screen.contains("80×24"),
        "{screen}"
    );
    heard(&mut model, written(17, "\x1b[?1049l"));
    assert!(!shown(&model).contains("80×24"));
}

#[test]
fn a_key_shows_lines_instead_and_the_terminal_again() {
    let mut model = on_vim();
    assert!(shown(&model).contains("-- vim --"));
    pressed(&mut model, "T");
    assert!(!shown(&model).contains("-- vim --"));
    pressed(&mut model, "T");
    assert!(shown(&model).contains("-- vim --"));
}

#[test]
fn what_came_while_the_terminal_was_shown_is_there_as_lines() {
    let mut model = on_lines();
    heard(&mut model, written(0, "cut\r\nbefore\r\n"));
    pressed(&mut model, "3T");
    heard(&mut model, read(2, "before\r\n", false));
    heard(&mut model, written(13, "during\r\n"));
    assert!(shown(&model).contains("during"));
    pressed(&mut model, "T");
    let screen = shown(&model);
    assert!(!screen.contains("80×24"), "{screen}");
    assert!(
        screen.contains("before") && screen.contains("during"),
        "{screen}"
    );
    // Keys that are about lines find them, too.
    pressed(&mut model, "T");
    heard(&mut model, written(21, "after\r\n"));
    let end = Offset(FIRST.0 + 28);
    assert_ne!(model.output.window.live_end(), Some(end));
    pressed(&mut model, "v");
    assert_eq!(model.output.window.live_end(), Some(end));
}

#[test]
fn all_keys_but_one_go_to_the_command() {
    let mut model = typing();
    for (key, bytes) in [
        ("q", "q"),
        ("<esc>", "\x1b"),
        ("<c-c>", "\x03"),
        ("<c-z>", "\x1a"),
        ("<up>", "\x1b[A"),
    ] {
        assert_eq!(pressed(&mut model, key), typed(bytes), "{key}");
    }
    let screen = shown(&model);
    assert!(
        screen.contains(" typing into train-resnet · ctrl-\\ lets go"),
        "{screen}"
    );
    assert_eq!(
        pressed(&mut model, "<c-4>"),
        orders(&[TerminalOrder::LetGo])
    );
    assert!(!shown(&model).contains("typing into"));
    assert_eq!(pressed(&mut model, "q").len(), 1, "q leaves");
}

#[test]
fn a_paste_goes_to_who_types() {
    let mut model = on_vim();
    let paste = || Msg::Paste("a\nb".to_owned());
    assert_eq!(update(&mut model, paste()), []);
    let mut model = typing();
    assert_eq!(update(&mut model, paste()), typed("a\rb"));
    heard(&mut model, written(0, "\x1b[?2004h"));
    assert_eq!(update(&mut model, paste()), typed("\x1b[200~a\rb\x1b[201~"));
}

#[test]
fn the_command_gets_the_size_of_the_tab() {
    let mut model = typing();
    let size = Size::new(120, 40);
    let resized = update(&mut model, Msg::Resized(size));
    let asked = TerminalSize {
        cols: 120,
        rows: 34,
    };
    assert_eq!(resized, orders(&[TerminalOrder::Resize(asked)]));
    assert_eq!(
        heard(&mut model, written(0, "x")),
        [],
        "it is asked for once"
    );
}

#[test]
fn who_types_is_told_and_can_be_relieved() {
    let mut model = typing();
    heard(&mut model, told(Some("ben"), false, (80, 18)));
    let screen = shown(&model);
    assert!(
        screen.contains("ben has control · i takes it back"),
        "{screen}"
    );
    assert!(screen.contains("ben types"), "{screen}");
    assert_eq!(
        pressed(&mut model, "i").first(),
        orders(&[TerminalOrder::Take]).first()
    );
    heard(&mut model, told(Some("ada"), true, (80, 18)));
    assert!(shown(&model).contains("typing into"));
}

#[test]
fn who_takes_control_back_takes_the_size_of_the_screen_along() {
    let mut model = typing();
    heard(&mut model, told(Some("ben"), false, (120, 34)));
    let size = TerminalSize { cols: 80, rows: 18 };
    let taken = orders(&[TerminalOrder::Take, TerminalOrder::Resize(size)]);
    assert_eq!(pressed(&mut model, "i"), taken);
}

#[test]
fn another_segment_has_another_terminal() {
    let mut model = typing();
    assert!(shown(&model).contains("-- vim --"));
    let start = |segment: &str| {
        let line = format!(
            concat!(
                r#"{{"kind":"segment.started","session":"019e5bc6-c3f3-7000-8000-0000a1c293f7","segment":"{}","#,
                r#""ordinal":1,"first_seq":1,"out_base":0,"pod":"train-resnet","#,
                r#""command":["vim"],"cwd":"/","host":"h","tool":"0"}}"#
            ),
            segment
        );
        let draft = Draft::from_line(line.as_bytes()).expect("a draft");
        let mut state = RunState::default();
        state.apply(&draft.number(Seq::FIRST, at(0), 0, Offset(0)));
        attached_with(state)
    };
    heard(&mut model, start("019e5bc6-c3f4-7000-8000-00000b5e77d2"));
    heard(&mut model, start("019e5bc6-c3f4-7000-8000-00000b5e77d3"));
    assert!(!shown(&model).contains("-- vim --"), "{}", shown(&model));
}

#[test]
fn a_lost_connection_takes_the_keys_back() {
    let mut model = typing();
    let cause = "broken pipe".to_owned();
    assert_eq!(heard(&mut model, News::Retrying { cause }), []);
    assert_eq!(model.link, Connection::Retrying);
    assert!(shown(&model).contains("no longer typing into the command"));
    assert_eq!(pressed(&mut model, "q").len(), 1, "q leaves");
}

#[test]
fn the_reason_is_said_where_nobody_can_type() {
    let mut model = on_vim();
    model.options.read_only = true;
    assert_eq!(pressed(&mut model, "i"), []);
    assert!(shown(&model).contains("read-only: this viewer may only watch"));
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    assert_eq!(pressed(&mut model, "i"), []);
    assert!(shown(&model).contains("no terminal to type into: it was run with --pipe"));
    let mut model = on_vim();
    pressed(&mut model, "i");
    heard(
        &mut model,
        News::Took(Err("the command does not run".to_owned())),
    );
    assert!(shown(&model).contains("cannot type into the command: the command does not run"));
}

#[test]
fn questions_are_answered_by_who_types_and_only_while_they_are_live() {
    let mut model = on_vim();
    assert_eq!(
        heard(&mut model, written(0, "\x1b[6n")),
        [],
        "nobody types here"
    );
    pressed(&mut model, "i");
    // Asked before the host has said that control is ours.
    assert_eq!(heard(&mut model, written(4, "\x1b[2;2H\x1b[6n")), []);
    let view = TerminalView {
        size: TerminalSize { cols: 80, rows: 18 },
        since: Offset(FIRST.0 + 4),
        by: Some("ada".to_owned()),
        yours: true,
    };
    let answered = heard(&mut model, News::Terminal(view));
    assert_eq!(answered, typed("\x1b[2;2R"));
    assert_eq!(heard(&mut model, written(14, "\x1b[5n")), typed("\x1b[0n"));
    pressed(&mut model, "<c-4>");
    assert_eq!(heard(&mut model, written(18, "\x1b[5n")), []);
}

#[test]
fn a_smaller_screen_shows_the_part_around_the_cursor() {
    let mut model = on_vim();
    model.size = Size::new(40, 12);
    let screen = shown(&model);
    assert!(
        screen.contains("-- vim --") && screen.contains("80×24 · part"),
        "{screen}"
    );
    assert!(!screen.contains("text"), "{screen}");
}

#[test]
fn a_run_that_has_ended_is_lines() {
    let mut model = on_vim();
    heard(&mut model, News::Closed(pod_protocol::Outcome::Passed));
    assert!(!shown(&model).contains("-- vim --"));
    assert_eq!(pressed(&mut model, "i"), []);
    assert!(shown(&model).contains("the run has ended"));
}

#[test]
fn a_key_before_the_host_has_said_how_the_terminal_is_waits_for_that() {
    let attached = || {
        let mut model = monitor(Occasion::Visit);
        let state = model.run.state.clone();
        heard(&mut model, attached_with(state));
        model.tab = Tab::Output;
        model
    };
    let mut model = attached();
    assert_eq!(pressed(&mut model, "i"), []);
    assert!(shown(&model).contains("waiting for the terminal"));
    let effects = heard(&mut model, told(None, false, (80, 18)));
    assert!(
        effects.contains(&Effect::Terminal(TerminalOrder::Take)),
        "{effects:?}"
    );
    assert!(!shown(&model).contains("waiting for the terminal"));
    let mut model = attached();
    pressed(&mut model, "i");
    heard(&mut model, written(0, "no terminal was told of"));
    assert!(shown(&model).contains("run with --pipe"));
}

/// vim 9 at 80×24 on a file with wide characters: coloured, searched, split, in insert mode.
const VIM: &[u8] = include_bytes!("recordings/vim.bytes");

#[test]
fn a_recorded_editor_is_seen_at_three_sizes() {
    for (columns, rows) in [(120, 40), (80, 24), (40, 12)] {
        let mut model = blank(Occasion::Visit);
        heard(&mut model, attached_with(RunState::default()));
        heard(&mut model, told(Some("ben"), false, (80, 24)));
        heard(&mut model, read(1, "", false));
        heard(
            &mut model,
            News::Output(Printed::seen(FIRST, VIM, ScreenInUse::default())),
        );
        let fed = News::Found(Found::Terminal(terminal::Found {
            reading: 2,
            bytes: VIM.into(),
            is_alternate: true,
        }));
        heard(&mut model, fed);
        model.notice = None;
        model.size = Size::new(columns, rows);
        let buffer = testing::draw(columns, rows, |frame| view(&model, frame));
        insta::assert_snapshot!(format!("vim-{columns}x{rows}"), testing::picture(&buffer));
    }
}

#[test]
fn what_is_drawn_before_the_size_is_told_is_not_cut_off() {
    let mut model = on_vim();
    model.size = Size::new(120, 40);
    pressed(&mut model, "i");
    heard(&mut model, told(Some("ada"), true, (80, 24)));
    heard(&mut model, written(0, "\x1b[30;100Hdrawn early"));
    heard(&mut model, told(Some("ada"), true, (120, 34)));
    assert!(shown(&model).contains("drawn early"));
}

#[test]
fn nothing_that_a_run_does_changes_the_size_of_its_terminal() {
    for (columns, rows) in [(40, 12), (80, 24), (120, 40)] {
        let mut model = typing();
        drop(update(&mut model, Msg::Resized(Size::new(columns, rows))));
        let steady = steady_body_rows(&model);
        let check = |what: &str, model: &Model| {
            assert_eq!(
                steady_body_rows(model),
                steady,
                "{what} at {columns}×{rows}"
            );
            let screen = shown(model);
            assert!(screen.contains(what), "{what}: {screen}");
        };
        model.run.state.health.degraded = Some("no space left".to_owned());
        check("! host degraded: no space", &model);
        model.run.state.health.degraded = None;
        model.run.state.requests.timed_out = true;
        check("! over its time limit", &model);
        model.run.state.requests.timed_out = false;
        let name = |name: &str| PodName::new(name).expect("a name");
        model.neighbours = Some(Neighbours {
            needy: Some((name("board"), "1 prompt waiting".to_owned())),
            ..Neighbours::default()
        });
        check("! board: 1 prompt waiting", &model);
        model.neighbours = None;
        model.notice = Some(Message::new(Mood::Plain, "something is said"));
        check("something is said", &model);
    }
}

#[test]
fn all_of_a_terminal_that_is_larger_than_the_screen_can_be_looked_at() {
    let mut model = on_vim();
    model.options.read_only = true;
    heard(
        &mut model,
        written(0, "\x1b[1;1Htop\x1b[1;70Hfar right\x1b[24;1H"),
    );
    assert!(!shown(&model).contains("top"), "{}", shown(&model));
    assert!(shown(&model).contains("-- vim --"));
    pressed(&mut model, "k");
    assert!(!shown(&model).contains("-- vim --"));
    pressed(&mut model, "g");
    assert!(shown(&model).contains("top"));
    // No further than to its edges, so that the way back is not longer than the way there.
    pressed(&mut model, "kkk<pgup><pgdn><pgdn><up>");
    assert!(!shown(&model).contains("-- vim --"));
    pressed(&mut model, "<down>");
    assert!(shown(&model).contains("-- vim --"));
    model.size = Size::new(40, 12);
    pressed(&mut model, "glllll");
    assert!(shown(&model).contains("far right"), "{}", shown(&model));
    pressed(&mut model, "hhhhhh");
    assert!(shown(&model).contains("top"));
    // What goes with the cursor again.
    pressed(&mut model, "G");
    assert!(shown(&model).contains("-- vim --"));
}
