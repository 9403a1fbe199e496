//! Searching the Output tab.

use discovery::Direction;
use pod_protocol::{Offset, Outcome};
use ratatui::layout::Size;

use super::{
    super::{
        News, Occasion,
        tabs::{
            self, Tab,
            output::{self, Counted, Reading},
        },
        update::{Effect, Msg, update},
    },
    fixture::{monitor, shown},
    output_tab::{asked, find, printed, tell},
    press,
};
use crate::screen::viewport::Viewport;

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
