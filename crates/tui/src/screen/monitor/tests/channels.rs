//! The Channels tab: readings in, a table and a chart out.

use std::fmt::Write;

use pod_protocol::{Outcome, RunState, Seq};
use ratatui::layout::Size;

use super::{
    super::{
        Found, News, Occasion,
        model::Model,
        tabs::{
            Reading, Tab,
            channels::{self, Book, Part, chart::Window},
        },
        update::{Effect, Msg, update},
        view::view,
    },
    fixture::{NOW, at, attached_with, blank, news, records, shown},
    press,
};
use crate::screen::{Palette, testing};

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 40)];

/// Readings of a run that trains: a loss with a spike, a rate, a temperature that went quiet.
fn readings() -> Vec<(u64, String)> {
    let started = concat!(
        r#"{"kind":"segment.started","session":"019e5bc6-c3f3-7000-8000-0000a1c293f7","#,
        r#""segment":"019e5bc6-c3f4-7000-8000-00000b5e77d2","ordinal":1,"first_seq":1,"#,
        r#""out_base":0,"pod":"train-resnet","command":["python","train.py"],"#,
        r#""cwd":"/home/ann/resnet","host":"gpu-3","tool":"0.1.0"}"#
    );
    let mut lines = vec![
        (0, started.to_owned()),
        (12, r#"{"kind":"child.started","pid":4242}"#.to_owned()),
    ];
    for step in 0..700_u32 {
        let t_ms = 1_000 + u64::from(step) * 1_031;
        let x = f64::from(step) / 700.0;
        let loss = match step {
            420 => 9.875,
            _ => 2.5 * (-3.0 * x).exp() + 0.15 * (x * 90.0).sin() * (1.0 - x),
        };
        let rate = 0.001 * (1.0 + (x * 12.0).cos()) / 2.0 + 0.000_01;
        let mut line = format!(
            r#"{{"kind":"channel","readings":[{{"name":"train/loss","value":{loss},"unit":"nat"}},{{"name":"lr","value":{rate}}}"#
        );
        if step < 400 {
            let heat = 40.0 + 30.0 * (x * 6.0).sin();
            let _ = write!(
                line,
                r#",{{"name":"gpu.temperature","value":{heat},"unit":"°C"}}"#
            );
        }
        line.push_str("]}");
        lines.push((t_ms, line));
    }
    lines
}

fn drafts(lines: &[(u64, String)]) -> Vec<(u64, &str)> {
    lines.iter().map(|(t_ms, line)| (*t_ms, &**line)).collect()
}

/// A monitor on that run, with the tab in front.
fn monitor() -> Model {
    let mut model = blank(Occasion::Visit);
    news(&mut model, attached_with(RunState::default()));
    news(&mut model, records(&drafts(&readings()), 1));
    assert_eq!(press(&mut model, "2"), [], "all of it came live");
    model
}

fn assert_screens(name: &str, arrange: impl Fn(&mut Model)) {
    for (columns, rows) in SIZES {
        let mut model = monitor();
        update(&mut model, Msg::Resized(Size::new(columns, rows)));
        arrange(&mut model);
        let buffer = testing::draw(columns, rows, |frame| view(&model, frame));
        insta::assert_snapshot!(
            format!("{name}-{columns}x{rows}"),
            testing::picture(&buffer)
        );
    }
}

#[test]
fn a_table_of_channels() {
    assert_screens("channels", |_| {});
}

#[test]
fn channels_of_a_run_that_is_over() {
    assert_screens("channels-closed", |model| {
        let end = r#"{"kind":"child.exited","code":0}"#;
        news(model, records(&[(723_000, end)], 703));
        news(model, News::Closed(Outcome::Passed));
    });
}

#[test]
fn a_chart() {
    assert_screens("chart", |model| drop(press(model, "<enter>")));
}

#[test]
fn a_closer_look_with_a_cursor() {
    assert_screens("chart-zoomed", |model| {
        let spike = at(1_000 + 420 * 1_031).as_millis();
        press(model, "<enter>");
        model.channels.chart.as_mut().expect("open").cursor = Some(spike);
        press(model, "+++");
        assert!(shown(model).contains("9.875"), "{}", shown(model));
    });
}

#[test]
fn two_channels_over_each_other() {
    assert_screens("chart-overlay", |model| drop(press(model, "vv<enter>")));
}

#[test]
fn three_channels_that_share_a_row_keep_their_names_and_the_cursor_tells_their_values() {
    assert_screens("chart-overlay-of-three", |model| {
        drop(press(model, "vvv<enter>"));
        for name in ["train/loss", "lr", "gpu.temperature"] {
            let chart = shown(model);
            assert!(chart.contains(name), "{name}: {chart}");
        }
    });
    assert_screens("chart-overlay-of-three-cursor", |model| {
        drop(press(model, "vvv<enter>hhh"));
    });
}

#[test]
fn a_chart_of_blocks_on_a_logarithmic_scale_by_the_clock() {
    assert_screens("chart-blocks", |model| drop(press(model, "<enter>byT")));
}

#[test]
fn charts_without_colour() {
    let mut model = monitor();
    model.options.palette = Palette::new(false);
    press(&mut model, "vv<enter>");
    let picture = testing::picture(&testing::draw(80, 24, |frame| view(&model, frame)));
    insta::assert_snapshot!("chart-plain", picture);
    let (_, looks) = picture.split_once("\n---\n").expect("looks");
    for colour in ["Blue", "Green", "Red", "Yellow", "Magenta", " on "] {
        assert!(!looks.contains(colour), "{colour}:\n{looks}");
    }
}

#[test]
fn the_spike_is_on_the_screen_at_every_size_and_zoom() {
    for (columns, rows) in SIZES {
        let mut model = monitor();
        update(&mut model, Msg::Resized(Size::new(columns, rows)));
        let loss = |model: &Model| shown(model).lines().any(|line| line.contains("9.875"));
        press(&mut model, "<enter>");
        assert!(loss(&model), "{}", shown(&model));
        for _ in 0..6 {
            press(&mut model, "-");
            assert!(loss(&model));
        }
    }
}

#[test]
fn ages_tick_while_they_are_seen_and_no_longer() {
    let mut model = monitor();
    // Read 724,000 - (1,000 + 699 × 1,031) ms ago.
    let newest_age = NOW - (1_000 + 699 * 1_031);
    assert_eq!(model.next_change_ms(), Some(1_000 - newest_age % 1_000));
    press(&mut model, "<enter>");
    let chart = model.next_change_ms().expect("the clock of the card");
    assert_eq!(
        chart,
        1_000 - NOW % 1_000,
        "a chart has no clock of its own"
    );
    press(&mut model, "<esc>");
    news(&mut model, News::Closed(Outcome::Passed));
    assert_eq!(model.next_change_ms(), None);
}

#[test]
fn the_selection_follows_its_name() {
    let mut model = monitor();
    press(&mut model, "<down>");
    let selected = |model: &Model| {
        let screen = shown(model);
        let row = screen.lines().find(|line| line.starts_with('▌'));
        row.map(|row| row[3..].trim_start_matches([' ', '●', '○']).to_owned())
    };
    assert!(selected(&model).is_some_and(|row| row.starts_with("lr ")));
    press(&mut model, "o");
    assert!(selected(&model).is_some_and(|row| row.starts_with("lr ")));
    press(&mut model, "/gpu<enter>");
    assert!(selected(&model).is_some_and(|row| row.starts_with("gpu.")));
    assert!(!shown(&model).contains("train/loss"));
    press(&mut model, "/<esc>");
    assert!(selected(&model).is_some_and(|row| row.starts_with("lr ")));
}

#[test]
fn more_channels_than_fit_are_scrolled_and_those_beyond_are_said() {
    let mut model = blank(Occasion::Visit);
    news(&mut model, attached_with(RunState::default()));
    let line = |index: u64| {
        let line = format!(r#"{{"kind":"channel","name":"c{index:02}","value":{index}}}"#);
        (index, line)
    };
    let lines: Vec<(u64, String)> = (0..76).map(line).collect();
    news(&mut model, records(&drafts(&lines), 1));
    press(&mut model, "2");
    assert!(
        shown(&model).contains("+12 not followed"),
        "{}",
        shown(&model)
    );
    assert!(shown(&model).contains(" more"), "{}", shown(&model));
    press(&mut model, "<end>");
    assert!(shown(&model).contains("c63"), "{}", shown(&model));
    press(&mut model, "<up><up>");
    assert!(shown(&model).contains("▌") && shown(&model).contains("c63"));
}

/// The history: all before the first live record.
fn history(effects: &[Effect]) -> &channels::Wanted {
    match effects {
        [Effect::Read(Reading::Channels(channels::Reading::History(wanted)))] => wanted,
        other => panic!("no history was asked for: {other:?}"),
    }
}

fn found(model: &mut Model, number: u64, part: Part) -> Vec<Effect> {
    let found = Found::Channels(channels::Found { number, part });
    update(model, Msg::News(News::Found(found)))
}

/// What a reader of the log would find.
fn read_log(lines: &[(u64, String)], wanted: &channels::Wanted) -> Box<Book> {
    let News::Records { bytes } = records(&drafts(lines), 1) else {
        unreachable!("records are records");
    };
    let mut book = Book::new(None);
    book.read(&bytes, &wanted.known, wanted.records.end);
    Box::new(book)
}

#[test]
fn the_history_is_read_once_the_tab_is_shown_and_joined() {
    let lines = readings();
    let mut whole = monitor();
    press(&mut whole, "<enter>");

    let mut state = RunState::default();
    state.channels.clone_from(&whole.run.state.channels);
    let mut model = blank(Occasion::Visit);
    news(&mut model, attached_with(state));
    // The last hundred come live, as after an attach; the fold knows all of them.
    let live = &drafts(&lines)[602..];
    news(&mut model, records(&live[..50], 603));
    model.run.state.times.started_at = Some(at(0));
    let effects = press(&mut model, "2");
    let wanted = history(&effects).clone();
    assert_eq!(wanted.records, Seq(1)..Seq(603));
    found(&mut model, wanted.number, Part::Coming(0.42));
    assert!(shown(&model).contains("reading the history: 42%"));
    // It goes on meanwhile.
    news(&mut model, records(&live[50..], 653));
    assert_eq!(found(&mut model, 99, Part::Failed("old".to_owned())), []);
    let book = read_log(&lines, &wanted);
    assert_eq!(found(&mut model, wanted.number, Part::Readings(book)), []);
    press(&mut model, "<enter>");
    let chart = |model: &Model| shown(model).lines().skip(4).collect::<Vec<_>>().join("\n");
    assert_eq!(chart(&model), chart(&whole), "as if all had come live");
    assert!(chart(&model).contains("700 readings"));
}

#[test]
fn records_that_were_skipped_are_read_from_the_log() {
    let mut model = monitor();
    let later = r#"{"kind":"channel","name":"lr","value":7}"#;
    let effects = update(&mut model, Msg::News(records(&[(723_000, later)], 9_000)));
    assert_eq!(history(&effects).records, Seq(1)..Seq(9_000));
}

#[test]
fn a_log_that_cannot_be_read_is_said() {
    let mut model = monitor();
    let later = r#"{"kind":"channel","name":"lr","value":7}"#;
    let effects = update(&mut model, Msg::News(records(&[(723_000, later)], 9_000)));
    let number = history(&effects).number;
    assert_eq!(
        found(&mut model, number, Part::Failed("no such file".to_owned())),
        []
    );
    assert!(shown(&model).contains("no history: no such file"));
}

#[test]
fn looking_closer_than_is_known_reads_the_log_again() {
    let mut model = blank(Occasion::Visit);
    news(&mut model, attached_with(RunState::default()));
    let line = |index: u64| {
        let value = if index == 3_333 { 77.125 } else { 1.0 };
        (
            index * 7,
            format!(r#"{{"kind":"channel","name":"a","value":{value}}}"#),
        )
    };
    let lines: Vec<(u64, String)> = (0..20_000).map(line).collect();
    news(&mut model, records(&drafts(&lines), 1));
    press(&mut model, "2<enter>");
    let spike = at(3_333 * 7).as_millis();
    model.channels.chart.as_mut().expect("open").cursor = Some(spike);
    let mut asked = Vec::new();
    for _ in 0..11 {
        asked.extend(press(&mut model, "+"));
    }
    let Some(Effect::Read(Reading::Channels(channels::Reading::Closer(wanted, times)))) =
        asked.last()
    else {
        panic!("nothing was asked for");
    };
    assert!(
        times.contains(&spike) && times.end - times.start < 2_000,
        "{times:?}"
    );
    assert!(wanted.records.contains(&Seq(3_334)), "{wanted:?}");
    let few = wanted.records.end.0 - wanted.records.start.0;
    assert!(few < 3_000, "only that stretch of the log: {few}");
    assert!(shown(&model).contains("reading closer"));
    let News::Records { bytes } = records(&drafts(&lines), 1) else {
        unreachable!("records are records");
    };
    let mut book = Book::new(Some(times.clone()));
    book.read(&bytes, &wanted.known, wanted.records.end);
    let number = wanted.number;
    assert_eq!(
        found(&mut model, number, Part::Readings(Box::new(book))),
        []
    );
    let screen = shown(&model);
    let head = screen.lines().nth(4).expect("a head");
    // The column of the cursor has this one reading and no neighbour.
    assert!(
        head.contains("  77.125") && !head.contains("reading closer"),
        "{screen}"
    );
    assert!(!head.contains("readings"), "{screen}");
    assert_eq!(press(&mut model, "hl"), [], "what was read is kept");
}

/// However much is read, the tab keeps up: all of it is taken, in flat memory.
#[test]
fn a_flood_of_readings_is_counted_to_the_last() {
    let mut model = blank(Occasion::Visit);
    news(&mut model, attached_with(RunState::default()));
    let line = |index: u64| {
        let value = if index == 54_321 { 123_456.75 } else { 0.5 };
        (
            index / 10,
            format!(r#"{{"kind":"channel","name":"a","value":{value}}}"#),
        )
    };
    for part in 0..20 {
        let first = part * 5_000;
        let lines: Vec<(u64, String)> = (first..first + 5_000).map(line).collect();
        news(&mut model, records(&drafts(&lines), first + 1));
    }
    press(&mut model, "2<enter>");
    let screen = shown(&model);
    assert!(
        screen.contains("0.5–123456.75  100000 readings"),
        "{screen}"
    );
}

#[test]
fn a_chart_is_left_for_the_table_and_followed_at_its_end() {
    let mut model = monitor();
    press(&mut model, "<enter>++<left>");
    let window = |model: &Model| model.channels.chart.as_ref().map(|chart| chart.window);
    assert!(matches!(window(&model), Some(Window::Held { .. })));
    press(&mut model, "<end>");
    assert!(matches!(window(&model), Some(Window::Newest { .. })));
    press(&mut model, "0");
    assert_eq!(window(&model), Some(Window::Whole));
    press(&mut model, "<down>");
    assert!(shown(&model).contains("lr  "), "the next channel");
    press(&mut model, "q");
    assert_eq!((window(&model), model.tab), (None, Tab::Channels));
}

#[test]
fn a_long_name_and_a_long_unit_leave_the_value_in_sight() {
    let name = format!("cluster.{}.temperature", "rack-".repeat(12));
    let line = format!(
        r#"{{"kind":"channel","name":"{name}","value":31.25,"unit":"degrees in the shade"}}"#
    );
    for (columns, rows) in SIZES {
        let mut model = blank(Occasion::Visit);
        update(&mut model, Msg::Resized(Size::new(columns, rows)));
        news(&mut model, attached_with(RunState::default()));
        let started = r#"{"kind":"child.started","pid":1}"#;
        news(&mut model, records(&[(0, started), (10, &line)], 1));
        model.tab = Tab::Channels;
        let table = shown(&model);
        for part in ["cluster.", "…", "ature ", " 31.25 degree"] {
            assert!(table.contains(part), "{part:?} at {columns}: {table}");
        }
        drop(press(&mut model, "<enter>"));
        let chart = shown(&model);
        assert!(chart.contains("31.25"), "{columns}: {chart}");
    }
}

#[test]
fn esc_takes_the_filter_away_before_it_leaves() {
    let mut model = monitor();
    press(&mut model, "2/lr<enter>");
    assert!(!shown(&model).contains("loss"), "{}", shown(&model));
    assert!(shown(&model).contains("esc show all"), "{}", shown(&model));
    assert_eq!(press(&mut model, "<esc>"), []);
    assert!(shown(&model).contains("loss"), "{}", shown(&model));
    assert_eq!(press(&mut model, "<esc>").len(), 1, "and then it leaves");
}
