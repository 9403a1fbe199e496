//! What the Output tab reads of a log that is larger than its window, and when.

use discovery::Stream;
use pod_protocol::{Offset, ScreenInUse};
use ratatui::layout::Size;

use super::{
    super::{
        News, Occasion,
        model::Model,
        tabs::{
            self, Tab,
            output::{self, Printed, Reading, Wanted},
        },
        update::{Effect, Msg, update},
    },
    fixture::{self, shown},
    output_tab::{asked, printed, streams, tell},
    press,
};
use crate::screen::output::Piece;

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
