//! The picker as an operator meets it: lists and keys in, screens out.

use std::path::PathBuf;

use crossterm::event::KeyCode;
use discovery::{Contents, Live, PodList, Reach, Row, Stored, StoredRun, Warning};
use jiff::tz::TimeZone;
use pod_client::Endpoint;
use pod_protocol::{
    Activity, Exit, Hello, Offset, PROTOCOL_VERSION, PodName, Seq, Status, Summary, Timestamp,
};
use proptest::prelude::*;
use ratatui::layout::Size;

use super::{
    Action, Listing, Options, Order, Scope,
    model::{Mode, Model},
    update::{Effect, Msg, update},
    view::view,
};
use crate::screen::{Palette, keymap::Chord, testing};

mod keeping;
mod kinds;
mod peeking;
mod places;
mod selection;

/// Where the operator is.
const HERE: &str = "/home/ada/train";
const SESSION: &str = "019e5bc6-c3f3-7000-8000-0000a1c293f7";

fn now() -> Timestamp {
    "2026-11-20T15:00:00Z".parse().expect("RFC 3339")
}

fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_millis(now().as_millis() - seconds * 1_000)
}

fn name(text: &str) -> PodName {
    PodName::new(text).expect(text)
}

fn summary(seconds: i64, preview: &str) -> Summary {
    Summary {
        updated_at: Some(ago(seconds)),
        preview: preview.to_owned(),
        ..Summary::default()
    }
}

fn live(pod: &str, summary: Summary) -> Row {
    let pod = name(pod);
    let hello = Hello {
        protocol: PROTOCOL_VERSION,
        tool: "0.1.0".to_owned(),
        pod: pod.clone(),
        session: SESSION.parse().expect("a UUID"),
        segment: Some(SESSION.parse().expect("a UUID")),
        pid: 1,
        status: Status::Running,
        next_seq: Seq(9),
        length: Offset(0),
        summary,
    };
    let endpoint = Endpoint::Socket(PathBuf::from("/nowhere.sock"));
    let reach = Reach::Answering {
        endpoint,
        hello: Box::new(hello),
    };
    let live = Live {
        reach,
        pid: Some(1),
        since: Some(ago(99)),
        session: None,
        segment: None,
    };
    Row {
        name: pod,
        live: Some(live),
        stored: None,
    }
}

fn stored(pod: &str, status: Status, exit: Option<Exit>, summary: Summary) -> Row {
    let run = StoredRun {
        timed_out: false,
        left: 0,
        parent: None,
        status,
        latched: true,
        exit,
        duration_ms: Some(252_000),
        summary,
        labels: Default::default(),
        errored_items: 0,
        cancelled_by: None,
        cwd_gone: None,
        damage: None,
    };
    let stored = Stored {
        created_at: Some(ago(100_000)),
        pinned: false,
        session: Some(SESSION.parse().expect("a UUID")),
        segment: Some(SESSION.parse().expect("a UUID")),
        contents: Contents::Run(Box::new(run)),
    };
    Row {
        name: name(pod),
        live: None,
        stored: Some(stored),
    }
}

fn rows() -> Vec<Row> {
    let streaming = Summary {
        activity: Some(Activity::Streaming),
        fraction: Some(0.54),
        command: "python train.py".to_owned(),
        ..summary(2, "epoch 27/50")
    };
    let asking = Summary {
        prompts: 1,
        ..summary(40, "confirm: is the LED green?")
    };
    let halfway = Summary {
        done: 412,
        planned: Some(900),
        ..summary(7_300, "test_flash")
    };
    let code = |code| Some(Exit::Code(code));
    let mut rows = vec![
        live("train-resnet", streaming),
        live("hil-board-3", asking),
        stored("nightly-suite", Status::Stopped, None, halfway),
        stored(
            "eval-gemma",
            Status::Interrupted,
            None,
            summary(90_000, "lost at item 88"),
        ),
        stored(
            "build-docs",
            Status::Passed,
            code(0),
            summary(1_500_000, "42 pages"),
        ),
        stored(
            "migrate-db",
            Status::Failed,
            code(1),
            summary(1_700_000, "ERROR: lock timeout"),
        ),
    ];
    for run in 0..9 {
        let text = "test result: ok. 112 passed; 0 failed";
        let summary = summary(2_000_000 + run * 90_000, text);
        rows.push(stored(
            &format!("cargo-test-{run}"),
            Status::Passed,
            code(0),
            summary,
        ));
    }
    rows
}

fn list(rows: Vec<Row>) -> PodList {
    PodList {
        rows,
        hidden: 0,
        warnings: Vec::new(),
    }
}

fn listing(rows: Vec<Row>) -> Listing {
    Listing::from(&list(rows))
}

fn picker(list: &PodList, columns: u16, rows: u16) -> Model {
    let options = Options {
        palette: Palette::new(true),
        zone: TimeZone::UTC,
        directory: Some(PathBuf::from(HERE)),
        scope: Scope::All,
        place: Default::default(),
        keys: Default::default(),
    };
    let mut model = Model::new(options, list.into(), now(), Size::ZERO);
    let rows = rows.min(model.rows_wanted());
    update(&mut model, Msg::Resized(Size::new(columns, rows)));
    model
}

fn press(model: &mut Model, chord: Chord) -> Vec<Effect> {
    update(model, Msg::Key(chord))
}

fn code(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    press(model, Chord::code(code))
}

fn type_text(model: &mut Model, text: &str) {
    for c in text.chars() {
        assert_eq!(press(model, Chord::character(c)), []);
    }
}

fn selected(model: &Model) -> Option<&str> {
    model.selected.as_ref().map(PodName::as_str)
}

fn shown(model: &Model) -> String {
    let Size { width, height } = model.size;
    testing::rows(&testing::draw(width, height, |frame| view(model, frame))).join("\n")
}

fn assert_screens(screen: &str, list: &PodList, arrange: impl Fn(&mut Model)) {
    for (columns, rows) in [(40, 12), (80, 24), (120, 40)] {
        let mut model = picker(list, columns, rows);
        arrange(&mut model);
        let Size { width, height } = model.size;
        let buffer = testing::draw(width, height, |frame| view(&model, frame));
        insta::assert_snapshot!(
            format!("{screen}-{columns}x{rows}"),
            testing::picture(&buffer)
        );
    }
}

#[test]
fn the_whole_list() {
    assert_screens("picker", &list(rows()), |_| {});
}

#[test]
fn a_filtered_list() {
    assert_screens("filtered", &list(rows()), |model| type_text(model, "test"));
}

#[test]
fn a_question() {
    assert_screens("stop", &list(rows()), |model| {
        drop(press(model, Chord::ctrl('s')));
    });
}

#[test]
fn a_short_list_with_a_warning() {
    let mut short = list(rows());
    short.rows.truncate(2);
    short.warnings = vec![Warning {
        message: "cannot read allocations: denied".to_owned(),
    }];
    assert_screens("warning", &short, |_| {});
}

#[test]
fn it_takes_at_most_fourteen_lines() {
    let mut long = list(rows());
    long.warnings = vec![Warning {
        message: "w".to_owned(),
    }];
    let mut model = picker(&long, 80, 50);
    assert!(model.rows_wanted() <= 14);
}

#[test]
fn enter_does_what_the_footer_says() {
    let mut model = picker(&list(rows()), 80, 24);
    assert!(shown(&model).contains("enter attach"));
    let chosen = code(&mut model, KeyCode::Enter);
    assert_eq!(
        chosen,
        [Effect::Choose(name("train-resnet"), Action::Attach)]
    );
    type_text(&mut model, "nightly");
    assert!(shown(&model).contains("enter resume"));
    let chosen = code(&mut model, KeyCode::Enter);
    assert_eq!(
        chosen,
        [Effect::Choose(name("nightly-suite"), Action::Resume)]
    );
    let chosen = press(&mut model, Chord::ctrl('o'));
    assert_eq!(
        chosen,
        [Effect::Choose(name("nightly-suite"), Action::View)]
    );
}

#[test]
fn enter_on_nothing_does_nothing() {
    let mut model = picker(&list(rows()), 80, 24);
    type_text(&mut model, "zzz");
    assert_eq!((selected(&model), model.hits.len()), (None, 0));
    assert_eq!(code(&mut model, KeyCode::Enter), []);
    assert_eq!(press(&mut model, Chord::ctrl('o')), []);
    assert_eq!(press(&mut model, Chord::ctrl('s')), []);
    assert!(shown(&model).contains("nothing matches \"zzz\""));
    for _ in 0..3 {
        code(&mut model, KeyCode::Backspace);
    }
    assert_eq!(selected(&model), Some("train-resnet"));
}

#[test]
fn an_action_that_is_not_there_says_why() {
    let mut model = picker(&list(rows()), 80, 24);
    press(&mut model, Chord::ctrl('o'));
    assert!(shown(&model).contains("train-resnet: nothing to view yet"));
    code(&mut model, KeyCode::Up);
    assert!(
        !shown(&model).contains("nothing to view"),
        "until the next key"
    );
    type_text(&mut model, "nightly");
    press(&mut model, Chord::ctrl('s'));
    assert!(shown(&model).contains("nightly-suite: not live"));
}

#[test]
fn an_unreachable_row_has_its_reason_in_the_footer() {
    let mut row = live("gone", Summary::default());
    if let Some(live) = &mut row.live {
        live.reach = Reach::Unreachable(discovery::Unreachable::NobodyListens);
    }
    let mut model = picker(&list(vec![row]), 80, 24);
    let screen = shown(&model);
    assert!(
        screen.contains("[unreachable: connection refused]"),
        "{screen}"
    );
    assert!(
        screen.contains("enter (unreachable: connection refused)"),
        "{screen}"
    );
    assert_eq!(code(&mut model, KeyCode::Enter), []);
}

#[test]
fn a_stop_is_asked_about_once_and_types_nothing() {
    let mut model = picker(&list(rows()), 80, 24);
    press(&mut model, Chord::ctrl('s'));
    assert_eq!(press(&mut model, Chord::character('n')), []);
    assert!(matches!(model.mode, Mode::Picking));
    assert_eq!(model.filter.value(), "");
    press(&mut model, Chord::ctrl('s'));
    assert_eq!(
        press(&mut model, Chord::character('y')),
        [Effect::Order(Order::Stop(name("train-resnet")))]
    );
    assert_eq!(model.filter.value(), "");
    let refused = Msg::Settled(
        Order::Stop(name("train-resnet")),
        Err("it has just ended".to_owned()),
    );
    assert_eq!(update(&mut model, refused), []);
    assert!(shown(&model).contains("cannot stop train-resnet: it has just ended"));
}

#[test]
fn live_rows_come_first_and_names_before_what_else_matches() {
    let mut all = rows();
    all.reverse();
    let mut model = picker(&list(all), 80, 24);
    for text in ["", "t", "e", "st", "r"] {
        type_text(&mut model, text);
        let typed = model.filter.value();
        let ranks: Vec<(bool, bool)> = (0..)
            .map_while(|at| model.hit(at))
            .map(|entry| {
                let in_name = fuzzy::scores(typed, &[entry.name.as_str()])[0].is_some();
                (in_name, entry.live)
            })
            .collect();
        assert!(ranks.is_sorted_by(|a, b| a >= b), "{typed:?}: {ranks:?}");
    }
}

#[test]
fn a_name_that_was_typed_is_not_hidden_behind_the_command_of_a_live_pod() {
    let command = "python interrogate.py --rup ted".to_owned();
    let summary_of_live = Summary {
        command,
        ..summary(1, "x")
    };
    let rows = vec![
        live("other", summary_of_live),
        stored("interrupted-one", Status::Stopped, None, summary(9, "x")),
    ];
    let mut model = picker(&list(rows), 80, 24);
    type_text(&mut model, "interr");
    assert_eq!(selected(&model), Some("interrupted-one"));
    assert_eq!(model.hits.len(), 2);
}

#[test]
fn pasted_text_filters_and_chooses_nothing() {
    let mut model = picker(&list(rows()), 80, 24);
    assert_eq!(update(&mut model, Msg::Paste("migrate\r\n".to_owned())), []);
    assert_eq!(
        (model.filter.value(), selected(&model)),
        ("migrate", Some("migrate-db"))
    );
    update(&mut model, Msg::Paste("\u{1b}[31m".repeat(1_000)));
    assert!(!model.filter.value().contains('\u{1b}'));
    assert!(model.filter.value().chars().count() <= 128);
}

#[test]
fn every_size_draws() {
    let list = list(rows());
    for columns in (1..70).chain([300]) {
        for rows in 1..16 {
            let mut model = picker(&list, columns, rows);
            type_text(&mut model, "te");
            shown(&model);
            press(&mut model, Chord::ctrl('s'));
            shown(&model);
            press(&mut model, Chord::ctrl('c'));
            code(&mut model, KeyCode::Tab);
            shown(&model);
            press(&mut model, Chord::ctrl('d'));
            shown(&model);
            code(&mut model, KeyCode::F(1));
            shown(&model);
        }
    }
}

#[test]
fn nothing_a_run_says_reaches_a_cell_as_a_control() {
    let evil = "\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\u{0}\u{85}";
    let summary = Summary {
        preview: evil.to_owned(),
        ..summary(1, evil)
    };
    let rows = vec![
        live("a", summary.clone()),
        stored("b", Status::Failed, None, summary),
    ];
    let model = picker(&list(rows), 120, 20);
    for cell in testing::draw(120, model.size.height, |frame| view(&model, frame)).content() {
        assert!(
            !cell
                .symbol()
                .contains(|c: char| c.is_control() || c == '\u{202e}')
        );
    }
}

#[test]
fn a_picker_without_visible_ages_never_wakes() {
    let mut model = picker(&list(Vec::new()), 80, 24);
    assert_eq!(model.next_change_ms(), None);
    update(&mut model, Msg::List(listing(rows())));
    assert!(
        model.next_change_ms().is_some_and(|due| due <= 1_000),
        "a live age counts seconds"
    );
}

#[test]
fn an_age_changes_when_it_said_it_would() {
    let model = picker(&list(rows()), 80, 24);
    let due = model.next_change_ms().expect("ages");
    let later = Timestamp::from_millis(now().as_millis() + i64::try_from(due).expect("small"));
    let mut after = picker(&list(rows()), 80, 24);
    update(&mut after, Msg::Clock(later));
    assert_ne!(shown(&after), shown(&model));
}
