//! The monitor as an operator meets it: keys in, screens out.

mod asking;
mod card;
mod channels;
mod events;
mod fields;
pub(super) mod fixture;
mod going_on;
mod output_reading;
mod output_search;
mod output_tab;
mod results;
mod screens;
mod terminal;

use fixture::{NOW, keys, monitor, news, shown};
use pod_protocol::{Outcome, Status};
use ratatui::layout::Size;

use super::{
    Ask, News, Occasion, Order,
    model::{Connection, Model, Overlay},
    tabs::Tab,
    update::{Effect, Msg, update},
};
use crate::screen::{testing, viewport::Viewport};

fn press(model: &mut Model, text: &str) -> Vec<Effect> {
    keys(text)
        .into_iter()
        .flat_map(|chord| update(model, Msg::Key(chord)))
        .collect()
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut model = monitor(Occasion::Visit);
    let why = |model: &mut Model, keys: &str| {
        assert_eq!(press(model, keys), []);
        model.notice.take().map(|notice| notice.text)
    };
    assert_eq!(
        why(&mut model, "<c-r>").as_deref(),
        Some("the connection is not lost")
    );
    model.options.read_only = true;
    for key in ["s", "c", "K", "z"] {
        let refused = why(&mut model, key);
        assert_eq!(
            refused.as_deref(),
            Some("read-only: this viewer may only watch")
        );
    }
    model.options.read_only = false;
    news(
        &mut model,
        News::Settled(Ask::Stop, Err("shutting down".to_owned())),
    );
    assert_eq!(
        why(&mut model, "").as_deref(),
        Some("cannot stop: shutting down")
    );
    news(&mut model, News::Closed(Outcome::Failed));
    assert_eq!(why(&mut model, "s").as_deref(), Some("the run has ended"));
}

#[test]
fn a_question_about_a_run_that_ends_is_withdrawn() {
    let mut model = monitor(Occasion::Launched);
    press(&mut model, "s");
    news(&mut model, News::Closed(Outcome::Passed));
    assert_eq!(model.overlay, None);
}

#[test]
fn a_lost_connection_is_not_an_outcome() {
    let mut model = monitor(Occasion::Visit);
    news(
        &mut model,
        News::Retrying {
            cause: "the host hung up".to_owned(),
        },
    );
    assert_eq!(model.link, Connection::Retrying);
    assert!(shown(&model).contains("◌ retrying") && shown(&model).contains("the host hung up"));
    news(
        &mut model,
        News::Lost {
            cause: "nobody listens".to_owned(),
        },
    );
    assert_eq!(model.status(), Status::Running);
    let screen = shown(&model);
    for text in [
        "ERROR (connection)",
        "last known: RUNNING",
        "nobody listens",
        "ctrl-r reconnect",
    ] {
        assert!(screen.contains(text), "{text} is missing:\n{screen}");
    }
    assert!(
        screen.contains("epoch-3"),
        "the screen keeps what it had:\n{screen}"
    );
    press(&mut model, "s");
    assert!(shown(&model).contains("not connected to the run"));
    press(&mut model, "<up>");
    assert!(
        shown(&model).contains("nobody listens"),
        "the cause comes back"
    );
    assert_eq!(
        press(&mut model, "<c-r>"),
        [Effect::Order(Order::Reconnect)]
    );
    assert_eq!(model.link, Connection::Connecting);
    news(&mut model, fixture::attached());
    assert_eq!(model.link, Connection::Connected);
}

#[test]
fn a_feed_that_stops_without_a_word_is_a_lost_connection() {
    let mut model = monitor(Occasion::Visit);
    update(&mut model, Msg::FeedEnded);
    assert!((model.link == Connection::Lost));
    let mut ended = monitor(Occasion::Visit);
    news(&mut ended, News::Closed(Outcome::Passed));
    update(&mut ended, Msg::FeedEnded);
    assert_eq!(ended.link, Connection::Ended);
}

#[test]
fn the_operator_moves_through_records_and_back_to_following() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Events;
    let last = model.events.window.ids().end - 1;
    press(&mut model, "<down>");
    assert_eq!(
        model.events.selected, None,
        "there is nothing below the newest"
    );
    press(&mut model, "<up><up>");
    assert_eq!(model.events.selected, Some(last - 1));
    news(
        &mut model,
        fixture::records(&[(700_000, r#"{"kind":"step","label":"more"}"#)], 40),
    );
    assert_eq!(
        model.events.selected,
        Some(last - 1),
        "new records do not move the selection"
    );
    press(&mut model, "<enter>");
    assert_eq!(model.events.expanded.as_ref().map(|e| e.id), Some(last - 1));
    press(&mut model, "<enter>");
    assert!(model.events.expanded.is_none());
    press(&mut model, "g");
    assert_eq!(model.events.selected, Some(model.events.window.ids().start));
    press(&mut model, "G");
    assert_eq!(
        (model.events.selected, model.events.viewport),
        (None, Viewport::Following)
    );
}

#[test]
fn a_record_higher_than_the_screen_is_scrolled_through() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Events;
    let wide = format!(
        r#"{{"kind":"my.event","list":{:?}}}"#,
        (0..90).collect::<Vec<_>>()
    );
    news(
        &mut model,
        fixture::records(&[(1, &wide), (2, r#"{"kind":"step","label":"after"}"#)], 40),
    );
    press(&mut model, "<up><up><enter>");
    let selected = model.events.selected;
    let mut seen = shown(&model);
    for _ in 0..95 {
        press(&mut model, "<down>");
        seen.push_str(&shown(&model));
    }
    assert!((0..90).all(|item| seen.contains(&format!(" {item}"))));
    assert_ne!(
        model.events.selected, selected,
        "below its last row comes the next record"
    );
}

#[test]
fn output_is_followed_until_the_operator_scrolls() {
    let mut model = monitor(Occasion::Visit);
    model.tab = Tab::Output;
    let more = |from: u64| fixture::output(from, "new line\r\n");
    assert_eq!(model.output.viewport, Viewport::Following);
    press(&mut model, "<up><pgup>");
    let before = shown(&model);
    let at = model.run.out_end.0;
    news(&mut model, more(at));
    let body = |screen: &str| {
        screen
            .lines()
            .skip(4)
            .take(18)
            .map(String::from)
            .collect::<Vec<_>>()
    };
    assert_eq!(body(&shown(&model)), body(&before), "what is read stays");
    assert!(
        shown(&model).contains("KiB more"),
        "and says that there is more:\n{}",
        shown(&model)
    );
    let asked = press(&mut model, "<end>");
    assert!(matches!(asked[..], [Effect::Read(_)]), "{asked:?}");
}

#[test]
fn a_window_that_starts_late_is_filled_from_the_log() {
    let mut model = fixture::blank(Occasion::Visit);
    news(&mut model, fixture::attached());
    let asked = update(
        &mut model,
        Msg::News(fixture::output(500, "cut\nfirst whole line\n")),
    );
    assert!(
        matches!(asked[..], [Effect::Read(_)]),
        "there is room for more: {asked:?}"
    );
    news(
        &mut model,
        fixture::records(&[(1, r#"{"kind":"step","label":"x"}"#)], 41),
    );
    assert!(
        shown(&model).contains("first whole line"),
        "nothing is hidden by it"
    );
}

#[test]
fn time_passes_only_when_it_is_told() {
    let mut model = monitor(Occasion::Visit);
    assert_eq!(shown(&model), shown(&model));
    let due = model.next_change_ms().expect("a running clock");
    assert!((1..=1_000).contains(&due));
    let before = shown(&model);
    update(&mut model, Msg::Clock(fixture::at(NOW + due)));
    assert_ne!(shown(&model), before);
    news(&mut model, News::Closed(Outcome::Stopped));
    assert_eq!(model.next_change_ms(), None, "a finished run has no clock");
}

#[test]
fn a_silent_run_becomes_quiet_by_itself() {
    let mut model = monitor(Occasion::Visit);
    let at = model.run.out_end.0;
    news(&mut model, fixture::output(at, "sign of life"));
    assert!(shown(&model).contains("streaming"));
    let mut now = NOW;
    for _ in 0..10 {
        now += model.next_change_ms().expect("a running clock").max(1);
        update(&mut model, Msg::Clock(fixture::at(now)));
    }
    assert!(
        now < NOW + 11_000 && shown(&model).contains("quiet"),
        "{}",
        shown(&model)
    );
}

#[test]
fn a_run_that_reports_nothing_opens_on_its_output() {
    let mut plain = fixture::blank(Occasion::Visit);
    news(&mut plain, fixture::attached());
    assert_eq!(plain.tab, Tab::Output);
    let mut reporting = fixture::blank(Occasion::Visit);
    let state = monitor(Occasion::Visit).run.state;
    news(&mut reporting, fixture::attached_with(state));
    assert_eq!(reporting.tab, Tab::Events);
    let mut hasty = fixture::blank(Occasion::Visit);
    press(&mut hasty, "3");
    let state = monitor(Occasion::Visit).run.state;
    news(&mut hasty, fixture::attached_with(state));
    assert_eq!(
        hasty.tab,
        Tab::Output,
        "a choice before the first news stays"
    );
}

/// Nothing is too small to be drawn on, in whatever state.
#[test]
fn every_size_draws() {
    let states: [fn(&mut Model); 7] = [
        |_| {},
        |model| model.tab = Tab::Output,
        |model| model.tab = Tab::Info,
        |model| model.overlay = Some(Overlay::Help),
        |model| {
            model.overlay = Some(Overlay::Interrupted {
                at: fixture::at(NOW),
            });
        },
        |model| {
            news(
                model,
                News::Lost {
                    cause: "x".repeat(300),
                },
            );
        },
        |model| {
            model.run.state.health.degraded = Some("disk full".to_owned());
            press(model, "<up><enter>");
        },
    ];
    for state in states {
        let mut model = monitor(Occasion::Launched);
        state(&mut model);
        for columns in (1..60).chain([200]) {
            for rows in (1..16).chain([60]) {
                update(&mut model, Msg::Resized(Size::new(columns, rows)));
                press(&mut model, "<up>");
                let buffer = testing::draw(columns, rows, |frame| super::view::view(&model, frame));
                assert_eq!(buffer.area.height, rows);
            }
        }
    }
}

/// A name is cut only when nothing else is left to drop.
#[test]
fn a_name_goes_last() {
    let mut model = monitor(Occasion::Visit);
    for columns in 40..120 {
        update(&mut model, Msg::Resized(Size::new(columns, 12)));
        assert!(shown(&model).contains("train-resnet"), "{columns} columns");
    }
}

/// Whatever a run writes, in every place where it can write it.
#[test]
fn nothing_a_run_says_reaches_a_cell_as_a_control() {
    let evil = "a\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\u{0}\u{85}\r\u{2066}b";
    let json = serde_json::to_string(evil).expect("a string");
    let mut model = monitor(Occasion::Visit);
    let drafts = [
        format!(r#"{{"kind":"step","label":{json}}}"#),
        format!(r#"{{"kind":"item.started","item":{json}}}"#),
        format!(r#"{{"kind":"progress","done":1,"total":2,"label":{json},"unit":{json}}}"#),
        format!(r#"{{"kind":"log","message":{json}}}"#),
        format!(r#"{{"kind":"host.degraded","reason":{json}}}"#),
        format!(r#"{{"kind":"my.event",{json}:{json}}}"#),
        format!(r#"{{"kind":"item.finished","item":{json},"outcome":"failed","detail":{json}}}"#),
        format!(r#"{{"kind":"table.row","table":{json},"row":{{{json}:{json}}}}}"#),
        format!(r#"{{"kind":"artifact","path":{json},"label":{json}}}"#),
    ];
    let drafts: Vec<(u64, &str)> = drafts.iter().map(|draft| (1, draft.as_str())).collect();
    results::open(&mut model);
    news(&mut model, fixture::records(&drafts, 40));
    let at = model.run.out_end.0;
    news(&mut model, fixture::output(at, evil));
    if let Some(identity) = &mut model.run.state.identity {
        identity.command = vec![evil.to_owned()];
        identity.cwd = evil.to_owned();
        identity.host = evil.to_owned();
    }
    let results = ["", "n", "n"].map(|keys| (Tab::Results, keys));
    for (tab, keys) in Tab::ALL.map(|tab| (tab, "")).into_iter().chain(results) {
        model.tab = tab;
        press(&mut model, keys);
        press(&mut model, "<up><enter>");
        for cell in testing::draw(80, 40, |frame| super::view::view(&model, frame)).content() {
            let evil = cell
                .symbol()
                .contains(|c: char| c.is_control() || "\u{202e}\u{2066}".contains(c));
            assert!(!evil, "{:?} on {tab:?}", cell.symbol());
        }
    }
    news(
        &mut model,
        News::Lost {
            cause: evil.to_owned(),
        },
    );
    for cell in testing::draw(80, 40, |frame| super::view::view(&model, frame)).content() {
        assert!(!cell.symbol().contains(char::is_control));
    }
}
