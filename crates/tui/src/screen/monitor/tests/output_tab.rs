//! The Output tab as an operator meets it.

use std::ops::Range;

use discovery::Stream;
use pod_protocol::{Offset, ScreenInUse};

use super::{
    super::{
        Found, News, Occasion,
        model::Model,
        tabs::{
            self, Tab,
            output::{self, CopiedText, Printed, Reading, Wanted},
        },
        update::{Effect, Msg, update},
    },
    fixture::{self, monitor, shown},
    press,
    screens::assert_screens,
};

/// What the tab wants to have read.
pub(super) fn asked(effects: Vec<Effect>) -> Reading {
    match <[Effect; 1]>::try_from(effects) {
        Ok([Effect::Read(tabs::Reading::Output(reading))]) => reading,
        other => panic!("not one reading: {other:?}"),
    }
}

/// What is to be copied.
fn copied(effects: Vec<Effect>) -> Range<Offset> {
    match asked(effects) {
        Reading::Copy(excerpt) => excerpt.range.expect("a selection"),
        other => panic!("no copy: {other:?}"),
    }
}

pub(super) fn tell(model: &mut Model, found: output::Found) -> Vec<Effect> {
    update(model, Msg::News(News::Found(Found::Output(found))))
}

/// Searches, and finds the line that begins with `line`.
pub(super) fn find(model: &mut Model, keys: &str, line: &str) {
    let Reading::Search { number, .. } = asked(press(model, keys)) else {
        panic!("no search");
    };
    let ids = model.output.window.ids();
    let mut lines = ids.filter_map(|id| model.output.window.line(id));
    let found = lines.find(|found| found.text.text().starts_with(line));
    let line = found.map(|line| line.from..line.to);
    tell(
        model,
        output::Found::Match {
            number,
            line: Ok(line),
            wrapped: false,
        },
    );
}

pub(super) fn streams(model: &mut Model) {
    let mut printed = Printed {
        from: Offset(0),
        ..Printed::default()
    };
    for (text, stream) in [
        ("reading the table\n", Stream::Stdout),
        ("warning: 3 rows have no key\n", Stream::Stderr),
        ("12,000 rows\n", Stream::Stdout),
    ] {
        printed.bytes.extend(text.bytes());
        printed.streams.push((text.len(), Some(stream)));
    }
    model.output = output::Output::default();
    fixture::news(model, News::Output(printed));
}

#[test]
fn screens_while_scrolled() {
    assert_screens("output-scrolled", |model| {
        model.tab = Tab::Output;
        drop(press(model, "<up><up><up>"));
    });
}

#[test]
fn screens_with_a_match() {
    assert_screens("output-search", |model| {
        model.tab = Tab::Output;
        find(
            model,
            "/failed|case_2[4-6]<enter>",
            "test viewport::case_25",
        );
    });
}

#[test]
fn screens_while_a_pattern_is_typed() {
    assert_screens("output-typing", |model| {
        model.tab = Tab::Output;
        drop(press(model, "/case_(<enter>"));
    });
}

#[test]
fn screens_with_lines_cut() {
    assert_screens("output-cut", |model| {
        model.tab = Tab::Output;
        drop(press(model, "w<right>"));
    });
}

#[test]
fn screens_with_a_selection() {
    assert_screens("output-selected", |model| {
        model.tab = Tab::Output;
        drop(press(model, "<up>v<down><down><down>"));
    });
}

#[test]
fn screens_with_both_streams() {
    assert_screens("output-streams", |model| {
        model.tab = Tab::Output;
        streams(model);
    });
}

#[test]
fn screens_with_what_a_command_printed() {
    assert_screens("output-piped", |model| {
        model.tab = Tab::Output;
        tell(
            model,
            output::Found::Piped {
                command: "sort | uniq -c".to_owned(),
                lines: vec!["     29 ok".to_owned(), "      1 FAILED".to_owned()],
                end: "exit 0".to_owned(),
            },
        );
    });
}

#[test]
fn what_is_saved_goes_on_while_something_else_is_searched_and_counted() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    let save = asked(press(&mut model, "Sout.log<enter>"));
    assert!(shown(&model).contains("saving… 0 %"), "{}", shown(&model));
    assert_eq!(press(&mut model, "|"), []);
    assert!(shown(&model).contains("still saving: esc gives it up"));
    let search = asked(press(&mut model, "/case<enter>"));
    assert_ne!(save.lane(), search.lane());
    tell(&mut model, output::Found::Working(41));
    assert!(shown(&model).contains("saving… 41 %"), "{}", shown(&model));
    let given_up = asked(press(&mut model, "<esc>"));
    assert_eq!(given_up.lane(), save.lane(), "what was begun to be kept");
}

#[test]
fn what_is_selected_is_copied() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    assert_eq!(press(&mut model, "y"), [], "nothing is selected");
    assert!(shown(&model).contains("v selects lines"));
    let range = copied(press(&mut model, "v<up><up>y"));
    assert_eq!(range.end, model.output.window.live_end().expect("live"));
    let copies = tell(
        &mut model,
        output::Found::Text(Ok(CopiedText {
            text: "one\ntwo\nthree\n".to_owned(),
            ..CopiedText::default()
        })),
    );
    assert_eq!(copies, [Effect::Copy("one\ntwo\nthree\n".to_owned())]);
    update(
        &mut model,
        Msg::Copied(crate::screen::terminal::Copied::Handed),
    );
    assert!(
        shown(&model).contains("copied 3 lines"),
        "{}",
        shown(&model)
    );
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_asked_twice() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    let save = |reading: Reading| match reading {
        Reading::Save {
            path, overwrite, ..
        } => (path, overwrite),
        other => panic!("{other:?}"),
    };
    let first = save(asked(press(&mut model, "Sout.log<enter>")));
    assert_eq!(first, ("out.log".to_owned(), false));
    tell(&mut model, output::Found::Exists("out.log".to_owned()));
    assert!(
        shown(&model).contains("is there already"),
        "{}",
        shown(&model)
    );
    let second = save(asked(press(&mut model, "<enter>")));
    assert_eq!(second, ("out.log".to_owned(), true));
    tell(&mut model, output::Found::Exists("out.log".to_owned()));
    let other = save(asked(press(&mut model, "2<enter>")));
    assert_eq!(
        other,
        ("out.log2".to_owned(), false),
        "another name asks again"
    );
}

#[test]
fn a_run_with_one_stream_says_how_to_get_two() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    assert_eq!(press(&mut model, "o"), []);
    assert!(
        shown(&model).contains("tui run --pipe"),
        "{}",
        shown(&model)
    );
    streams(&mut model);
    let Reading::Lines { only, .. } = asked(press(&mut model, "oo")[1..].to_vec()) else {
        panic!("no lines");
    };
    assert_eq!(only, Some(Stream::Stderr));
}

#[test]
fn output_that_looks_like_a_full_screen_is_read_before_it_is_shown() {
    let printed = |from: u64, text: &str| {
        News::Output(Printed::seen(
            Offset(from),
            text.as_bytes(),
            ScreenInUse::default(),
        ))
    };
    let mut model = fixture::blank(Occasion::Visit);
    model.tab = Tab::Output;
    let lines = update(&mut model, Msg::News(printed(5_000, "a\nplain line\n")));
    assert!(shown(&model).contains("plain line") && !lines.is_empty());
    let mut model = fixture::blank(Occasion::Visit);
    model.tab = Tab::Output;
    let effects = update(&mut model, Msg::News(printed(5_000, "a\n\x1b[2;1Hdrawn\n")));
    let Reading::Lines { wanted, .. } = asked(effects) else {
        panic!("no lines");
    };
    assert_eq!(wanted, Wanted::Last);
    assert!(!shown(&model).contains("drawn"));
}

/// A monitor on a run that has printed `text` and nothing else.
pub(super) fn printed(text: &str) -> Model {
    let mut model = fixture::blank(Occasion::Visit);
    model.tab = Tab::Output;
    fixture::news(&mut model, fixture::attached());
    fixture::news(&mut model, fixture::output(0, text));
    model
}

#[test]
fn a_selection_that_is_sent_to_the_end_goes_beyond_the_window() {
    let mut model = printed("one\ntwo\n");
    let range = copied(press(&mut model, "vGy"));
    assert_eq!(range.end, model.run.out_end);
    assert!(range.end > model.output.window.live_end().expect("live"));
}

#[test]
fn a_selection_goes_past_a_line_of_several_parts() {
    let wide = "x".repeat(9_000);
    let mut model = printed(&format!("one\n{wide}\ntwo\n"));
    drop(press(&mut model, "g"));
    let range = copied(press(&mut model, "v<down><down>y"));
    assert_eq!(range, Offset(0)..Offset(9_009));
}

#[test]
fn a_run_that_has_printed_to_one_of_two_streams_tells_them_apart() {
    let mut model = fixture::blank(Occasion::Visit);
    model.tab = Tab::Output;
    fixture::news(&mut model, fixture::attached());
    let text = "nothing but output\n";
    fixture::news(
        &mut model,
        News::Output(Printed {
            bytes: text.into(),
            streams: vec![(text.len(), Some(Stream::Stdout))],
            ..Printed::default()
        }),
    );
    let Reading::Lines { only, .. } = asked(press(&mut model, "o")) else {
        panic!("no lines");
    };
    assert_eq!(only, Some(Stream::Stdout));
}

#[test]
fn what_a_command_printed_can_be_read_to_its_end() {
    let mut model = printed("a line\n");
    let lines: Vec<String> = (1..=60).map(|n| format!("printed {n:02}")).collect();
    let (command, end) = ("seq".to_owned(), "exit 0".to_owned());
    tell(
        &mut model,
        output::Found::Piped {
            command,
            lines,
            end,
        },
    );
    let screen = shown(&model);
    assert!(screen.contains("more lines · esc closes"), "{screen}");
    press(&mut model, "<pgdn><pgdn><pgdn><pgdn><up>");
    let screen = shown(&model);
    assert!(
        screen.contains("printed 59") && !screen.contains("printed 60"),
        "{screen}"
    );
    assert!(screen.contains("── 1 more line · esc closes"), "{screen}");
    press(&mut model, "G");
    assert!(shown(&model).contains("printed 60"));
    press(&mut model, "g");
    assert!(shown(&model).contains("printed 01"));
    press(&mut model, "<esc>");
    assert!(!shown(&model).contains("printed"));
}

#[test]
fn a_line_that_is_cut_says_so_on_either_side() {
    let wide: String = (0..30).map(|n| format!("column{:03} ", n * 10)).collect();
    let mut model = printed(&format!(
        "{wide}\nshort\n日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本\n"
    ));
    press(&mut model, "w");
    let rows = |model: &Model| -> Vec<String> {
        let screen = shown(model);
        let rows = screen.lines().skip(4).take(3);
        rows.map(str::to_owned).collect()
    };
    let at_first = rows(&model);
    assert!(
        at_first[0].starts_with("column000 ") && at_first[0].ends_with("column070›"),
        "{at_first:?}"
    );
    assert_eq!(at_first[1], "short");
    assert!(at_first[2].ends_with("日 ›"), "{at_first:?}");
    press(&mut model, "<right>");
    let moved = rows(&model);
    assert!(
        moved[0].starts_with("‹ column010 ") && moved[0].ends_with('›'),
        "{moved:?}"
    );
    assert_eq!(moved[1], "‹");
}
