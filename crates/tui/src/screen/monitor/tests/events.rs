//! The Events tab, read from a log that the test answers for.

use pod_protocol::{Outcome, Record, RunState, Seq};
use ratatui::layout::Size;

use super::{
    super::{
        Found, Leaving, News, Occasion, Reading,
        model::Model,
        tabs::{
            Tab,
            events::{self, Entry, Origin, Part, Wanted},
        },
        update::{Effect, Msg, update},
    },
    fixture::{self, monitor, news, shown},
    press,
};

/// How many records the log has; every thousandth is an error.
const RECORDS: u64 = 12_000;

fn record(seq: u64) -> (Record, String) {
    let level = if seq.is_multiple_of(1_000) {
        "error"
    } else {
        "info"
    };
    let line = format!(
        r#"{{"seq":{seq},"at":"2026-11-20T10:00:00.000Z","t":{seq},"out":0,"kind":"log","level":"{level}","message":"record {seq}"}}"#
    );
    (Record::from_line(line.as_bytes()).expect("a record"), line)
}

fn entry(seq: u64) -> Entry {
    let (record, line) = record(seq);
    Entry::of(&record, line.as_bytes(), Origin::default())
}

/// A monitor on the newest of them.
fn long() -> Model {
    let mut model = fixture::blank(Occasion::Visit);
    news(&mut model, fixture::attached_with(RunState::default()));
    let lines: Vec<u8> = (RECORDS - 9_999..=RECORDS)
        .flat_map(|seq| (record(seq).1 + "\n").into_bytes())
        .collect();
    news(&mut model, News::Records { bytes: lines });
    model.tab = Tab::Events;
    model
}

/// Answers `effects` until nothing more is asked for: 500 records at a time are looked at.
fn answer(model: &mut Model, mut effects: Vec<Effect>) {
    const PIECE: u64 = 500;
    while let Some(effect) = effects.pop() {
        let Effect::Read(Reading::Events(reading)) = effect else {
            panic!("{effect:?}")
        };
        let (part, is_last) = match reading.wanted {
            Wanted::Before(before, filter) => {
                let from = before.0.saturating_sub(PIECE).max(1);
                let entries = (from..before.0).map(entry).filter(|e| filter.wants(e));
                (Part::Before(entries.collect(), Seq(from)), true)
            }
            Wanted::From(from, filter) => {
                let to = (from.0 + PIECE).min(RECORDS + 1);
                let entries = (from.0..to).map(entry).filter(|e| filter.wants(e));
                (Part::Behind(entries.collect(), Seq(to)), true)
            }
            Wanted::Kinds(up_to) => {
                let mut counts = events::KindCounts::default();
                (1..=up_to.0).for_each(|seq| counts.read(record(seq).1.as_bytes()));
                (Part::Kinds(counts, up_to), true)
            }
        };
        let number = reading.number;
        let found = events::Found {
            number,
            part,
            is_last,
        };
        effects.extend(update(model, Msg::News(News::Found(Found::Events(found)))));
    }
}

/// Presses keys and answers what is asked for.
fn act(model: &mut Model, keys: &str) {
    for chord in fixture::keys(keys) {
        let effects = update(model, Msg::Key(chord));
        answer(model, effects);
    }
}

#[test]
fn the_first_of_many_records_is_one_key_away_and_so_is_the_last() {
    let mut model = long();
    assert!(shown(&model).contains("record 12000"));
    act(&mut model, "g");
    assert!(shown(&model).contains("▌T+00:00.0  · log               record 1\n"));
    assert!(model.events.window.ids().count() <= events::RECORDS_MAX);
    act(&mut model, "<pgdn><pgdn><pgdn><up>");
    assert!(shown(&model).contains("record 54"), "{}", shown(&model));
    assert!(shown(&model).contains("↓ 9999+ more"), "{}", shown(&model));
    act(&mut model, "G");
    assert!(shown(&model).contains("record 12000"));
    assert_eq!(model.events.selected, None);
}

#[test]
fn scrolling_goes_through_the_whole_log_in_both_directions() {
    let mut model = long();
    act(&mut model, "<up>");
    let mut seen = 0;
    let on = |model: &Model| {
        let entry = model
            .events
            .selected
            .and_then(|id| model.events.window.entry(id));
        entry.map_or(0, |entry| entry.place.0)
    };
    while on(&model) > 1 {
        let before = on(&model);
        act(&mut model, "<pgup>");
        assert!(on(&model) < before && before - on(&model) <= 18, "no jump");
        seen += 1;
        assert!(seen < 3_000, "{}", on(&model));
    }
    while on(&model) < RECORDS && model.events.selected.is_some() {
        let before = on(&model);
        act(&mut model, "<pgdn>");
        assert!(model.events.selected.is_none() || on(&model) > before);
    }
    assert!(shown(&model).contains("record 12000"));
}

#[test]
fn what_is_written_meanwhile_is_there_at_the_end() {
    let mut model = long();
    act(&mut model, "g");
    let line = r#"{"seq":12001,"at":"2026-11-20T10:00:00Z","out":0,"kind":"step","label":"fresh"}"#;
    let bytes = format!("{line}\n").into_bytes();
    news(&mut model, News::Records { bytes });
    assert_eq!(model.run.state.seq, Seq(12_001), "the fold goes on");
    assert!(!shown(&model).contains("step              fresh"));
    let effects = press(&mut model, "G");
    assert_eq!(effects.len(), 1, "read again");
    assert!(shown(&model).contains("reading …"), "{}", shown(&model));
}

#[test]
fn a_filter_looks_through_the_whole_log_and_esc_takes_it_away() {
    let mut model = long();
    act(&mut model, "f");
    let screen = shown(&model);
    assert!(screen.contains("filtered: bad · 12 shown"), "{screen}");
    assert!(
        screen.contains("record 12000") && screen.contains("esc show all"),
        "{screen}"
    );
    act(&mut model, "g");
    assert!(shown(&model).contains("▌T+00:01.0  ✗ log               record 1000"));
    act(&mut model, "<esc>");
    let screen = shown(&model);
    assert!(
        screen.contains("▌T+00:01.0  ✗ log               record 1000"),
        "{screen}"
    );
    assert!(
        screen.contains("record 1001"),
        "what is around it:\n{screen}"
    );
    act(&mut model, "/record 11345<enter>");
    assert!(
        shown(&model).contains("filtered: record 11345 · 1 shown"),
        "{}",
        shown(&model)
    );
    act(&mut model, "/");
    assert!(shown(&model).contains("show ▸ record 11345█"));
    act(&mut model, "<esc>");
    assert!(
        shown(&model).contains("filtered: record 11345"),
        "only the field is left"
    );
    assert_eq!(press(&mut model, "G"), [], "nothing is looked for twice");
    let left = press(&mut model, "q");
    assert_eq!(left, [Effect::Leave(Leaving::Asked)]);
}

#[test]
fn what_is_found_for_an_older_question_is_passed_over() {
    let mut model = long();
    let old = press(&mut model, "f");
    let new = press(&mut model, "f");
    assert_ne!(old, new);
    answer(&mut model, old);
    assert_eq!(model.events.window.ids().count(), 0);
    answer(&mut model, new);
    assert_eq!(model.events.window.ids().count(), 12);
}

#[test]
fn a_kind_is_chosen_from_those_there_are() {
    let mut model = long();
    act(&mut model, "l");
    assert!(shown(&model).contains("▌12,000  log"), "{}", shown(&model));
    act(&mut model, "<enter>");
    assert!(
        shown(&model).contains("filtered: kind:log · "),
        "{}",
        shown(&model)
    );
    act(&mut model, "l<esc>");
    assert!(shown(&model).contains("filtered: kind:log · "));
}

#[test]
fn a_log_that_cannot_be_read_says_why_and_keeps_what_is_there() {
    let mut model = long();
    let effects = press(&mut model, "f");
    let [Effect::Read(Reading::Events(reading))] = &*effects else {
        panic!("{effects:?}")
    };
    let found = events::Found {
        number: reading.number,
        part: Part::Failed("no such file".to_owned()),
        is_last: true,
    };
    let effects = update(&mut model, Msg::News(News::Found(Found::Events(found))));
    assert_eq!(effects, [], "not tried again by itself");
    assert!(shown(&model).contains("cannot read the log: no such file"));
}

#[test]
fn the_end_is_said_where_the_records_end() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Events;
    assert!(!shown(&model).contains("press 4"));
    news(&mut model, News::Closed(Outcome::Failed));
    let screen = shown(&model);
    assert!(
        screen.contains(" ✗ failed") && screen.contains("press 4 for results"),
        "{screen}"
    );
    update(&mut model, Msg::Resized(Size::new(40, 12)));
    assert!(
        shown(&model).contains("failed · press 4 for results"),
        "{}",
        shown(&model)
    );
}

#[test]
fn every_segment_of_a_run_that_was_resumed_has_its_own_times() {
    let start = |segment: u32, first: u64| {
        format!(
            concat!(
                r#"{{"kind":"segment.started","session":"019e5bc6-c3f3-7000-8000-0000a1c293f7","#,
                r#""segment":"019e5bc6-c3f4-7000-8000-00000b5e77d{}","ordinal":{0},"first_seq":{},"#,
                r#""resume_of":"019e5bc6-c3f4-7000-8000-00000b5e77d1","out_base":0,"#,
                r#""pod":"train-resnet","command":["train"],"cwd":"/","host":"h","tool":"0.1.0"}}"#
            ),
            segment, first
        )
    };
    let mut lines = Vec::new();
    let mut state = RunState::default();
    let (first, second) = (start(1, 1), start(2, 4));
    for (seq, wall_ms, t_ms, draft) in [
        (1, 0, 0, &*first),
        (2, 1_000, 1_000, r#"{"kind":"step","label":"before"}"#),
        (
            3,
            2_000,
            2_000,
            r#"{"kind":"segment.ended","code":1,"duration_ms":2000,"left":0}"#,
        ),
        (4, 60_000, 0, &*second),
        (5, 61_500, 1_500, r#"{"kind":"step","label":"after"}"#),
    ] {
        let draft = pod_protocol::Draft::from_line(draft.as_bytes()).expect(draft);
        let record = draft.number(
            Seq(seq),
            fixture::at(wall_ms),
            t_ms,
            pod_protocol::Offset(0),
        );
        state.apply(&record);
        lines.extend(record.to_line().expect("short"));
    }
    let mut model = fixture::blank(Occasion::Visit);
    model.tab = Tab::Events;
    news(&mut model, fixture::attached_with(state));
    news(&mut model, News::Records { bytes: lines });
    let screen = shown(&model);
    for row in [
        "T+00:00.0  ▸",
        "T+00:01.0  · step",
        "T+01:00.0  ▸",
        "T+01:01.5  · step",
    ] {
        assert!(screen.contains(row), "{row}: {screen}");
    }
    // What lies between two segments is no time at work.
    update(&mut model, Msg::Clock(fixture::at(62_000)));
    assert!(shown(&model).contains(" 4s "), "{}", shown(&model));
}

#[test]
fn times_are_those_of_the_session_or_of_the_day() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Events;
    let again = concat!(
        r#"{"kind":"segment.started","session":"019e5bc6-c3f3-7000-8000-0000a1c293f7","#,
        r#""segment":"019e5bc6-c3f4-7000-8000-00000b5e77d3","ordinal":2,"first_seq":11,"#,
        r#""out_base":0,"pod":"train-resnet","command":["python","train.py"],"#,
        r#""cwd":"/home/ann/resnet","host":"gpu-3","tool":"0.1.0"}"#
    );
    news(&mut model, fixture::records(&[(3_723_400, again)], 11));
    let screen = shown(&model);
    assert!(
        screen.contains("━━ segment 2 ━━ python train.py"),
        "{screen}"
    );
    press(&mut model, "T");
    let screen = shown(&model);
    assert!(screen.contains(" 11:02:03.4  "), "{screen}");
    assert!(
        !screen.contains("20 Nov"),
        "all of it is of one day:\n{screen}"
    );
    update(&mut model, Msg::Clock(fixture::at(100_000_000)));
    assert!(
        shown(&model).contains("20 Nov 11:02:03.4  "),
        "{}",
        shown(&model)
    );
    press(&mut model, "T");
}

#[test]
fn a_page_further_on_leaves_out_nothing_of_a_long_record() {
    let message: String = (0..400).map(|word| format!("word{word:03} ")).collect();
    let line = format!(r#"{{"kind":"log","message":"{message}"}}"#);
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Events;
    news(
        &mut model,
        fixture::records(&[(722_000, &line), (722_001, r#"{"kind":"next.one"}"#)], 11),
    );
    press(&mut model, "<up><up><enter>");
    for (key, words) in [("<pgdn>", 0..400), ("<pgup>", 0..400)] {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..12 {
            let screen = shown(&model).replace(['\n', ' ', '▌'], "");
            seen.extend(
                words
                    .clone()
                    .filter(|word| screen.contains(&format!("word{word:03}"))),
            );
            press(&mut model, key);
        }
        assert!(seen.len() > 390, "{key}: {} of 400", seen.len());
    }
}
