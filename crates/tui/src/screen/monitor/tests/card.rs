//! The status card: what a run is, what it does, and how it is.

use pod_protocol::{Offset, Outcome, PodName, Process, ProcessState, Status};
use ratatui::layout::Size;

use super::{
    super::{
        Found, News, Occasion, Order,
        model::Model,
        tabs::Reading,
        update::{Effect, Msg, update},
    },
    fixture::{NOW, at, blank, monitor, news, output, records, shown},
};

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 40)];

/// The rows of the card.
fn card(model: &Model) -> String {
    let screen = shown(model);
    let rows = screen.lines();
    let rows = rows.take_while(|row| !row.starts_with("1 Events") && !row.starts_with("1E"));
    rows.collect::<Vec<_>>().join("\n")
}

/// A monitor whose records go on with `lines` at `t_ms`.
fn after(lines: &[&str], t_ms: u64) -> Model {
    let mut model = monitor(Occasion::Visit);
    let drafts: Vec<(u64, &str)> = lines.iter().map(|line| (t_ms, *line)).collect();
    news(&mut model, records(&drafts, 11));
    model
}

fn closed(outcome: Outcome) -> Model {
    let mut model = after(&[], 0);
    news(&mut model, News::Closed(outcome));
    model
}

/// Every pill there is, made by what happens to a run.
fn pills() -> Vec<(&'static str, Model)> {
    let mut starting = blank(Occasion::Visit);
    news(&mut starting, super::fixture::attached());
    let first = concat!(
        r#"{"kind":"segment.started","session":"019e5bc6-c3f3-7000-8000-0000a1c293f7","#,
        r#""segment":"019e5bc6-c3f4-7000-8000-00000b5e77d2","ordinal":1,"first_seq":1,"#,
        r#""out_base":0,"pod":"train-resnet","command":["python"],"cwd":"/","host":"h","tool":"0"}"#
    );
    news(&mut starting, records(&[(0, first)], 1));
    let mut pending = blank(Occasion::Visit);
    news(&mut pending, super::fixture::attached());
    let stop = r#"{"kind":"stop.requested","by":"ann","grace_ms":10000}"#;
    let cancel = r#"{"kind":"cancel.requested","by":"ann","grace_ms":10000}"#;
    vec![
        ("PENDING", pending),
        ("STARTING", starting),
        ("RUNNING", after(&[], 0)),
        ("STOP REQUESTED", after(&[stop], 722_000)),
        ("CANCEL REQUESTED", after(&[cancel], 722_000)),
        ("PASSED", closed(Outcome::Passed)),
        ("FAILED", closed(Outcome::Failed)),
        ("ERRORED", closed(Outcome::Errored)),
        ("STOPPED", closed(Outcome::Stopped)),
        ("CANCELLED", closed(Outcome::Cancelled)),
        ("INTERRUPTED", closed(Outcome::Interrupted)),
    ]
}

#[test]
fn every_pill_is_a_word_at_every_size() {
    for (columns, rows) in SIZES {
        let mut cards = Vec::new();
        for (word, mut model) in pills() {
            update(&mut model, Msg::Resized(Size::new(columns, rows)));
            let card = card(&model);
            assert!(card.contains(word), "{word} at {columns}:\n{card}");
            cards.push(card);
        }
        insta::assert_snapshot!(format!("pills-{columns}x{rows}"), cards.join("\n\n"));
    }
}

/// How long past the end of the fixture it is, as a clock would tell.
fn wait_until(model: &mut Model, t_ms: u64) -> Vec<Effect> {
    update(model, Msg::Clock(at(t_ms)));
    update(model, Msg::Tick)
}

#[test]
fn activities_differ_without_colour() {
    let mut model = monitor(Occasion::Visit);
    assert!(card(&model).contains("… waiting") || card(&model).contains("» streaming"));
    news(&mut model, output(20_000, "more\n"));
    assert!(card(&model).contains("» streaming"), "{}", card(&model));
    wait_until(&mut model, NOW + 5_000);
    assert!(card(&model).contains("· quiet"), "{}", card(&model));
    let declared = r#"{"kind":"activity","activity":"buffered"}"#;
    news(&mut model, records(&[(NOW + 5_000, declared)], 11));
    wait_until(&mut model, NOW + 10_000);
    assert!(card(&model).contains("▤ buffered"), "{}", card(&model));
    let item = r#"{"kind":"item.started","item":"epoch-4"}"#;
    let mut waiting = monitor(Occasion::Visit);
    waiting.run.out_end = Offset(4_096);
    news(&mut waiting, records(&[(NOW, item)], 11));
    assert!(card(&waiting).contains("… waiting"), "{}", card(&waiting));
}

fn silence(model: &mut Model, longest_ms: Option<u64>) {
    let found = News::Found(Found::Silence(longest_ms));
    assert_eq!(update(model, Msg::News(found)), []);
}

#[test]
fn a_silence_is_unusual_when_it_is_longer_than_all_before_it() {
    // Silent for `silent_ms`, of a command that was once silent for `longest_ms`.
    let check = |longest_ms, silent_ms, expected| {
        for (columns, rows) in SIZES {
            let mut model = blank(Occasion::Visit);
            update(&mut model, Msg::Resized(Size::new(columns, rows)));
            news(&mut model, super::fixture::attached());
            let started = r#"{"kind":"child.started","pid":1}"#;
            news(&mut model, records(&[(NOW, started)], 1));
            news(&mut model, output(20_000, "x\n"));
            silence(&mut model, longest_ms);
            wait_until(&mut model, NOW + silent_ms);
            // Beside the name, or above the rule.
            let card = shown(&model);
            let found = card.contains("! unusually quiet");
            assert_eq!(
                found, expected,
                "{longest_ms:?} {silent_ms} {columns}:\n{card}"
            );
        }
    };
    check(None, 3_600_000, false);
    check(Some(30_000), 4_000, false);
    check(Some(30_000), 30_000, false);
    check(Some(30_000), 30_001, true);
    check(Some(10), 15_000, false);
    check(Some(10), 15_001, true);
}

#[test]
fn unusual_silence_shows_itself_clears_itself_and_is_learnt_from() {
    let mut model = monitor(Occasion::Visit);
    news(&mut model, output(20_000, "x\n"));
    silence(&mut model, Some(20_000));
    wait_until(&mut model, NOW + 19_999);
    let due = model.next_change_ms().expect("a clock");
    assert!(due <= 2, "the moment it becomes unusual: {due}");
    wait_until(&mut model, NOW + 20_001);
    assert!(card(&model).contains("! unusually quiet"));
    update(&mut model, Msg::Clock(at(NOW + 40_000)));
    news(&mut model, output(20_002, "y\n"));
    assert!(card(&model).contains("» streaming"));
    // It was silent for 40 s and went on: that is no longer unusual.
    wait_until(&mut model, NOW + 79_000);
    assert!(card(&model).contains("· quiet"), "{}", card(&model));
    wait_until(&mut model, NOW + 80_001);
    assert!(
        card(&model).contains("! unusually quiet"),
        "{}",
        card(&model)
    );
}

const fn process(state: ProcessState) -> News {
    News::Process(Some(Process {
        state,
        pid: 4242,
        processes: 3,
        rss_kib: 400 * 1_024,
        cpu_ms: 61_000,
    }))
}

#[test]
fn a_process_is_looked_at_only_when_the_clock_ticks_and_not_too_often() {
    let mut model = monitor(Occasion::Visit);
    let look = Effect::Order(Order::Look);
    let first = wait_until(&mut model, NOW);
    assert_eq!(first, [Effect::Read(Reading::Silence), look.clone()]);
    assert_eq!(wait_until(&mut model, NOW + 1_000), []);
    assert_eq!(wait_until(&mut model, NOW + 2_000), [look]);
    news(&mut model, News::Closed(Outcome::Passed));
    assert_eq!(wait_until(&mut model, NOW + 60_000), []);
    assert_eq!(model.next_change_ms(), None);
}

#[test]
fn a_process_that_neither_runs_nor_sleeps_is_said() {
    for (state, word) in [
        (ProcessState::Running, None),
        (ProcessState::Sleeping, None),
        (ProcessState::Unknown, None),
        (ProcessState::Stopped, Some("! stopped")),
        (ProcessState::Uninterruptible, Some("! uninterruptible")),
        (ProcessState::Zombie, Some("! zombie")),
    ] {
        for (columns, rows) in SIZES {
            let mut model = monitor(Occasion::Visit);
            update(&mut model, Msg::Resized(Size::new(columns, rows)));
            news(&mut model, process(state));
            let card = shown(&model);
            let words = ["! stopped", "! uninterruptible", "! zombie"];
            let found = words.into_iter().find(|word| card.contains(word));
            assert_eq!(found, word, "{state:?} at {columns}:\n{card}");
            assert_eq!(model.status(), Status::Running);
        }
    }
    let mut model = monitor(Occasion::Visit);
    news(&mut model, process(ProcessState::Running));
    super::press(&mut model, "5");
    assert!(shown(&model).contains("cpu 1m 01s · 400 MiB · 3 processes"));
}

#[test]
fn a_retry_counts_down() {
    let due = at(NOW + 11_001);
    let retry = format!(
        r#"{{"kind":"retry.scheduled","attempt":2,"of":3,"due":"{due}","reason":"exit 1"}}"#
    );
    let mut model = after(&[&retry], 722_000);
    assert!(
        card(&model).contains("retry 2 of 3 in 12s"),
        "{}",
        card(&model)
    );
    wait_until(&mut model, NOW + 12_000);
    assert!(card(&model).ends_with("retry 2 of 3"), "{}", card(&model));
    let started = r#"{"kind":"child.started","pid":4343}"#;
    news(&mut model, records(&[(NOW + 12_000, started)], 12));
    assert!(card(&model).contains("retried 1×"), "{}", card(&model));
}

#[test]
fn step_and_item_stand_beside_the_progress() {
    let mut model = after(&[r#"{"kind":"step","label":"training"}"#], 722_000);
    update(&mut model, Msg::Resized(Size::new(120, 40)));
    assert!(
        card(&model).contains("training · epoch-3"),
        "{}",
        card(&model)
    );
}

#[test]
fn an_estimate_of_a_resumed_run_counts_its_own_work() {
    let resumed = r#"{"kind":"segment.resumed","outcome":"interrupted","resumed":1}"#;
    let progress =
        |done: u32| format!(r#"{{"kind":"progress","done":{done},"total":100,"unit":"epoch"}}"#);
    // Half was done in segments before, with a night between.
    let mut model = after(&[resumed, &progress(50)], NOW);
    model.run.vitals = super::super::vitals::Vitals::default();
    news(&mut model, records(&[(NOW, &*progress(50))], 13));
    update(&mut model, Msg::Clock(at(NOW + 10_000)));
    assert!(
        !card(&model).contains("ETA"),
        "nothing was done yet: {}",
        card(&model)
    );
    news(&mut model, records(&[(NOW + 10_000, &*progress(60))], 14));
    // Ten in ten seconds: forty more take forty.
    assert!(card(&model).contains("ETA 40s"), "{}", card(&model));
}

#[test]
fn what_a_silent_command_is_said_to_be_takes_no_row() {
    for (columns, rows) in SIZES {
        let mut model = monitor(Occasion::Visit);
        update(&mut model, Msg::Resized(Size::new(columns, rows)));
        news(&mut model, output(20_000, "x\n"));
        let before = super::super::view::body_rows(&model);
        silence(&mut model, Some(20_000));
        wait_until(&mut model, NOW + 20_001);
        assert!(shown(&model).contains("! unusually quiet"));
        news(&mut model, process(ProcessState::Stopped));
        assert!(shown(&model).contains("! stopped"), "{}", shown(&model));
        assert_eq!(super::super::view::body_rows(&model), before, "{columns}");
    }
}

#[test]
fn a_run_that_was_interrupted_took_at_least_as_long_as_it_gave_signs_of_life() {
    let mut model = monitor(Occasion::Visit);
    model.run.output_at = Some(at(723_000));
    news(&mut model, News::Closed(Outcome::Interrupted));
    assert!(card(&model).contains("≥12m 03s"), "{}", card(&model));
    let said = "interrupted after at least 12m 03s";
    assert!(shown(&model).contains(said), "{}", shown(&model));
    let stopped = closed(Outcome::Stopped);
    assert!(!card(&stopped).contains('≥'), "{}", card(&stopped));
}

#[test]
fn no_tab_is_cut_at_any_width() {
    for ended in [false, true] {
        let mut model = monitor(Occasion::Visit);
        if ended {
            update(&mut model, Msg::News(News::Closed(Outcome::Passed)));
        }
        for columns in 40..100 {
            model.size = Size::new(columns, 24);
            let screen = shown(&model);
            let strip = screen.lines().find(|line| line.starts_with('1'));
            let strip = strip.expect("a strip");
            let whole = strip.contains("1 Events   2 Channels   3 Output   4 Results   5 Info ");
            let short = strip.contains("1E 2C 3O 4R 5I ");
            assert!(whole || short, "{columns}: {strip}");
            assert!(!strip.contains('…'), "{columns}: {strip}");
        }
    }
}

#[test]
fn a_run_with_a_long_name_has_an_id() {
    let mut model = monitor(Occasion::Visit);
    model.options.name = PodName::new("a".repeat(64)).expect("a name");
    model.size = Size::new(120, 40);
    assert!(shown(&model).contains("…a1c293f7"), "{}", shown(&model));
    model.options.name = PodName::new("a").expect("a name");
    assert!(shown(&model).contains("019e5bc6-c3f3-7000-8000-0000a1c293f7"));
}
