//! The Output tab as an operator meets it.

use std::ops::Range;

use discovery::{Direction, Stream};
use pod_protocol::{Offset, Outcome, ScreenInUse};
use ratatui::layout::Size;

use super::{
    super::{
        Found, News, Occasion,
        model::Model,
        tabs::{
            self, Tab,
            output::{self, CopiedText, Counted, Printed, Reading, Wanted},
        },
        update::{Effect, Msg, update},
    },
    fixture::{self, monitor, shown},
    press,
    screens::assert_screens,
};
use crate::screen::{output::Piece, viewport::Viewport};

/// What the tab wants to have read.
fn asked(effects: Vec<Effect>) -> Reading {
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

fn tell(model: &mut Model, found: output::Found) -> Vec<Effect> {
    update(model, Msg::News(News::Found(Found::Output(found))))
}

/// Searches, and finds the line that begins with `line`.
fn find(model: &mut Model, keys: &str, line: &str) {
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

fn streams(model: &mut Model) {
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
fn a_bad_pattern_says_why_and_stays_to_be_mended() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    assert_eq!(press(&mut model, "/a(<enter>"), []);
    assert!(
        shown(&model).contains("unclosed group"),
        "{}",
        shown(&model)
    );
    press(&mut model, "<backspace>");
    assert!(shown(&model).contains("search ▸ a█"), "{}", shown(&model));
    let Reading::Search { from, .. } = asked(press(&mut model, "<enter>")) else {
        panic!("no search");
    };
    assert_eq!(from, Offset(u64::MAX), "upwards from the end");
}

#[test]
fn searches_go_on_from_match_to_match_and_can_be_given_up() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    find(&mut model, "/case<enter>", "test viewport::case_25");
    let place = model.output.window.id_at(Offset(0)).map(|first| first + 28);
    let line = model.output.window.line(place.expect("lines"));
    let line = line.map(|line| line.from..line.to).expect("case 25");
    let from = |reading: Reading| match reading {
        Reading::Search { from, .. } => from,
        other => panic!("{other:?}"),
    };
    let next = asked(press(&mut model, "n"));
    assert_eq!(from(next.clone()), line.start, "up from the line");
    let Reading::Search { number, .. } = next else {
        panic!("no search");
    };
    let found = output::Found::Match {
        number,
        line: Ok(Some(line.clone())),
        wrapped: false,
    };
    tell(&mut model, found);
    let before = asked(press(&mut model, "N"));
    assert_eq!(from(before.clone()), line.end, "down from it");
    let Reading::Search { number, .. } = before else {
        panic!("no search");
    };
    let percent = 41;
    tell(&mut model, output::Found::Searching { number, percent });
    assert!(
        shown(&model).contains("searching… 41 %"),
        "{}",
        shown(&model)
    );
    assert_eq!(
        asked(press(&mut model, "<esc>")),
        Reading::GiveUp(tabs::Lane::Search)
    );
    assert!(shown(&model).contains("given up"), "{}", shown(&model));
    let forgotten = asked(press(&mut model, "<esc>"));
    assert_eq!(forgotten, Reading::GiveUp(tabs::Lane::Count));
    assert!(!press(&mut model, "<esc>").is_empty(), "and then it leaves");
}

#[test]
fn what_came_of_a_search_is_said_until_the_next_key() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    update(&mut model, Msg::News(News::Closed(Outcome::Failed)));
    find(&mut model, "/case<enter>", "no such line");
    let screen = shown(&model);
    // It is not how the run has ended.
    assert!(screen.contains("· no line matches case"), "{screen}");
    press(&mut model, "w");
    let screen = shown(&model);
    assert!(!screen.contains("no line matches"), "{screen}");
    assert!(screen.contains("✗ failed"), "{screen}");
}

#[test]
fn a_match_says_which_of_how_many_it_is() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    let Reading::Search { number, .. } = asked(press(&mut model, "/case<enter>")) else {
        panic!("no search");
    };
    let ids = model.output.window.ids();
    let mut lines = ids.filter_map(|id| model.output.window.line(id));
    let line = lines.find(|line| line.text.text().contains("case_25"));
    let line = line.map(|line| line.from..line.to).expect("case 25");
    let (start, line) = (line.start, Ok(Some(line)));
    let found = |wrapped| output::Found::Match {
        number,
        line: line.clone(),
        wrapped,
    };
    let Reading::Count { number, from, .. } = asked(tell(&mut model, found(true))) else {
        panic!("no count");
    };
    assert_eq!(from, Offset(0));
    assert!(shown(&model).contains("case: around the end of the output"));
    let mut count = |starts: &[Offset], is_done| {
        let counted = Counted {
            starts: starts.to_vec(),
            is_done,
            ..Counted::default()
        };
        tell(&mut model, output::Found::Counted { number, counted });
        shown(&model)
    };
    let screen = count(&[Offset(3), Offset(9)], false);
    assert!(screen.contains("2+ lines match"), "{screen}");
    assert!(count(&[start], false).contains(" 3/3+ "));
    let screen = count(&[start.plus(90)], true);
    assert!(screen.contains(" 3/4 "), "{screen}");
    model.size = Size::new(120, 40);
    assert!(shown(&model).contains(" 3/4 "), "{}", shown(&model));
    // Where it is not on the screen, it is not where the operator is.
    model.size = Size::new(40, 12);
    assert!(
        shown(&model).contains(" 4 lines match"),
        "{}",
        shown(&model)
    );
}

#[test]
fn every_key_that_goes_on_to_a_match_counts() {
    let mut model = printed("a 1\na 2\na 3\na 4\na 5\na 6\n");
    let line = |at: u64| Offset(4 * at)..Offset(4 * at + 4);
    let found = |effects: Vec<Effect>| {
        let search = effects.into_iter().find_map(|effect| match effect {
            Effect::Read(tabs::Reading::Output(Reading::Search {
                number,
                from,
                direction,
                ..
            })) => Some((number, from, direction)),
            _ => None,
        });
        search.expect("a search")
    };
    let matched = |number, at| output::Found::Match {
        number,
        line: Ok(Some(line(at))),
        wrapped: false,
    };
    let (number, from, _) = found(press(&mut model, "/a<enter>"));
    assert_eq!(from, Offset(u64::MAX));
    // Three more while it is looked for, one of them back again.
    assert_eq!(press(&mut model, "nnN"), []);
    let (number, from, direction) = found(tell(&mut model, matched(number, 5)));
    assert_eq!((from, direction), (line(5).start, Direction::Back));
    assert_eq!(press(&mut model, "N"), []);
    let effects = tell(&mut model, matched(number, 4));
    let (number, from, direction) = found(effects);
    assert_eq!((from, direction), (line(4).end, Direction::Forward));
    let effects = tell(&mut model, matched(number, 5));
    let is_search = |effect: &Effect| {
        matches!(
            effect,
            Effect::Read(tabs::Reading::Output(Reading::Search { .. }))
        )
    };
    assert!(!effects.iter().any(is_search), "{effects:?}");
}

#[test]
fn a_search_goes_on_from_what_is_on_the_screen() {
    let lines: String = (0..200).map(|line| format!("line {line:03}\n")).collect();
    let mut model = printed(&lines);
    find(&mut model, "/line<enter>", "line 199");
    press(&mut model, "g");
    let Reading::Search { from, .. } = asked(press(&mut model, "N")) else {
        panic!("no search");
    };
    assert_eq!(from, Offset(0), "down from the first line");
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
fn nothing_found_is_said() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    find(&mut model, "/nowhere<enter>", "nowhere");
    assert!(
        shown(&model).contains("no line matches nowhere"),
        "{}",
        shown(&model)
    );
    assert_eq!(model.output.viewport, Viewport::Following);
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
fn the_ends_of_a_log_are_a_key_away() {
    let mut model = fixture::blank(Occasion::Visit);
    model.tab = Tab::Output;
    fixture::news(&mut model, fixture::attached());
    update(&mut model, Msg::Resized(Size::new(80, 12)));
    let text = "cut\n".to_owned() + &"a line\n".repeat(900);
    update(&mut model, Msg::News(fixture::output(500_000, &text)));
    let wanted = |reading: Reading| match reading {
        Reading::Lines { wanted, .. } => wanted,
        other => panic!("{other:?}"),
    };
    // There is enough above the screen; what is near is read when it comes near.
    assert_eq!(press(&mut model, "<pgup>"), []);
    let first = asked(press(&mut model, "g"));
    assert_eq!(wanted(first), Wanted::First);
    fixture::news(&mut model, fixture::output(506_304, "more\n"));
    let last = asked(press(&mut model, "G"));
    assert_eq!(wanted(last), Wanted::Last);
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
fn printed(text: &str) -> Model {
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
fn where_the_end_has_nothing_of_a_stream_it_is_looked_for_further_up() {
    let mut model = fixture::blank(Occasion::Visit);
    model.tab = Tab::Output;
    fixture::news(&mut model, fixture::attached());
    streams(&mut model);
    let effects = press(&mut model, "oo");
    let Some(Effect::Read(tabs::Reading::Output(Reading::Lines { number, wanted, .. }))) =
        effects.last()
    else {
        panic!("no lines: {effects:?}");
    };
    assert!(shown(&model).contains("only standard error"));
    let nothing = Piece {
        start: Offset(5_000),
        end: Offset(10_000),
        tail: Some(Box::default()),
        ..Piece::default()
    };
    let found = output::Found::Lines {
        number: *number,
        wanted: *wanted,
        piece: Ok(output::Handover::new(nothing)),
    };
    let Reading::Lines { wanted, only, .. } = asked(tell(&mut model, found)) else {
        panic!("no lines");
    };
    assert_eq!(wanted, Wanted::Before(Offset(5_000), false));
    assert_eq!(only, Some(Stream::Stderr));
    assert!(shown(&model).contains("looking for lines of this stream"));
}

#[test]
fn output_that_shows_nothing_is_not_read_to_its_beginning_unless_somebody_waits_for_it() {
    const STEP: u64 = 16 << 20;
    let far = Offset(1 << 40);
    let mut model = fixture::blank(Occasion::Visit);
    model.tab = Tab::Output;
    fixture::news(&mut model, fixture::attached());
    let mut printed = Printed::seen(far, b"\nthe last line\n", ScreenInUse::default());
    printed.before.is_alternate = Some(false);
    let effects = update(&mut model, Msg::News(News::Output(printed)));
    // Nothing of what is read makes a line.
    let nothing = |model: &mut Model, number, before: Offset| {
        let piece = Piece {
            start: Offset(before.0 - STEP),
            end: before,
            ..Piece::default()
        };
        let found = output::Found::Lines {
            number,
            wanted: Wanted::Before(before, false),
            piece: Ok(output::Handover::new(piece)),
        };
        tell(model, found)
    };
    let read_on = |model: &mut Model, mut effects: Vec<Effect>| {
        let mut read = 0;
        while read < 100
            && let Some(Effect::Read(tabs::Reading::Output(Reading::Lines {
                number, wanted, ..
            }))) = effects.last()
        {
            let Wanted::Before(before, _) = *wanted else {
                panic!("{wanted:?}");
            };
            read += 1;
            effects = nothing(model, *number, before);
        }
        read
    };
    assert_eq!(read_on(&mut model, effects), 4, "64 MiB of nothing");
    // A key that waits for what comes goes as far as it has to.
    let effects = press(&mut model, "<pgup>");
    assert_eq!(read_on(&mut model, effects), 100);
}

#[test]
fn a_key_that_comes_while_another_place_is_read_is_not_lost() {
    let wanted = |effects: Vec<Effect>| match asked(effects) {
        Reading::Lines { number, wanted, .. } => (number, wanted),
        other => panic!("{other:?}"),
    };
    let lines: String = (0..90).map(|line| format!("line {line}\n")).collect();
    let mut model = printed(&lines);
    streams(&mut model);
    let (number, last) = wanted(press(&mut model, "o")[..1].to_vec());
    assert_eq!(last, Wanted::Last);
    assert_eq!(wanted(press(&mut model, "g")).1, Wanted::First);
    let (_, again) = wanted(press(&mut model, "G"));
    assert_eq!(again, Wanted::Last);
    // Steps are made from there.
    assert_eq!(press(&mut model, "<up><up><up>"), []);
    let mut reader = crate::screen::output::Lines::default();
    reader.read(lines.as_bytes(), None);
    let piece = Piece {
        lines: reader.take(),
        end: Offset(lines.len() as u64),
        tail: Some(Box::new(reader)),
        ..Piece::default()
    };
    let found = |number, piece| output::Found::Lines {
        number,
        wanted: Wanted::Last,
        piece: Ok(output::Handover::new(piece)),
    };
    tell(&mut model, found(number + 2, piece));
    let screen = shown(&model);
    assert!(
        screen.contains("line 86") && !screen.contains("line 87"),
        "{screen}"
    );
}

#[test]
fn a_key_that_comes_before_the_first_output_does_not_leave_the_tab_empty() {
    for (key, wanted) in [
        ("<up>", Wanted::Last),
        ("g", Wanted::First),
        ("G", Wanted::Last),
    ] {
        let mut model = fixture::blank(Occasion::Visit);
        model.tab = Tab::Output;
        assert_eq!(press(&mut model, key), [], "nothing is known of a log");
        fixture::news(&mut model, fixture::attached());
        let Reading::Lines {
            number,
            wanted: asked,
            ..
        } = asked(press(&mut model, key))
        else {
            panic!("no lines");
        };
        assert_eq!(asked, wanted, "{key}");
        fixture::news(&mut model, fixture::output(0, "one\ntwo\n"));
        let found = output::Found::Lines {
            number,
            wanted,
            piece: Ok(output::Handover::new(Piece {
                tail: Some(Box::default()),
                ..Piece::default()
            })),
        };
        tell(&mut model, found);
        assert!(shown(&model).contains("one"), "{key}: {}", shown(&model));
    }
    // Nor one that came before anything was known.
    let mut model = fixture::blank(Occasion::Visit);
    model.tab = Tab::Output;
    press(&mut model, "<up>g");
    fixture::news(&mut model, fixture::attached());
    fixture::news(&mut model, fixture::output(0, "one\ntwo\n"));
    assert!(shown(&model).contains("two"));
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
