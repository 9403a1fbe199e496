//! Whole screens at three sizes, text and looks, at a fixed time.

use pod_protocol::Outcome;
use ratatui::layout::Size;

use super::{
    super::{
        Found, News, Occasion, Reading,
        model::Model,
        tabs::Tab,
        update::{Effect, Msg, update},
        view::view,
    },
    fixture::{self, monitor, news},
    press, results,
};
use crate::screen::{Palette, testing};

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 40)];

pub(super) fn assert_screens(name: &str, arrange: impl Fn(&mut Model)) {
    for (columns, rows) in SIZES {
        let mut model = monitor(Occasion::Launched);
        update(&mut model, Msg::Resized(Size::new(columns, rows)));
        arrange(&mut model);
        let buffer = testing::draw(columns, rows, |frame| view(&model, frame));
        insta::assert_snapshot!(
            format!("{name}-{columns}x{rows}"),
            testing::picture(&buffer)
        );
    }
}

fn finish(model: &mut Model, code: i32, outcome: Outcome) {
    let exited = format!(r#"{{"kind":"child.exited","code":{code}}}"#);
    let ended =
        format!(r#"{{"kind":"segment.ended","code":{code},"duration_ms":722000,"left":0}}"#);
    let closed = format!(r#"{{"kind":"run.closed","outcome":"{outcome}"}}"#);
    let end = [(722_000, &*exited), (722_000, &*ended), (722_001, &*closed)];
    news(model, fixture::records(&end, 11));
    news(model, News::Closed(outcome));
}

#[test]
fn events() {
    assert_screens("events", |model| model.tab = Tab::Events);
}

#[test]
fn a_record_expanded() {
    assert_screens("expanded", |model| {
        model.tab = Tab::Events;
        press(model, "<up><up><up><enter>");
    });
}

#[test]
fn output() {
    assert_screens("output", |model| model.tab = Tab::Output);
}

#[test]
fn info() {
    assert_screens("info", |model| model.tab = Tab::Info);
}

#[test]
fn help() {
    assert_screens("help", |model| drop(press(model, "?")));
}

#[test]
fn a_question() {
    assert_screens("question", |model| drop(press(model, "<c-c>")));
}

#[test]
fn paused_and_asked_about_a_cancel() {
    assert_screens("paused", |model| {
        model.tab = Tab::Events;
        let asked = r#"{"kind":"signal.requested","signal":19,"name":"SIGSTOP","by":"ann"}"#;
        let sent = r#"{"kind":"signal.sent","signal":19,"name":"SIGSTOP","processes":3}"#;
        news(
            model,
            fixture::records(&[(722_000, asked), (722_001, sent)], 11),
        );
        press(model, "c");
    });
}

#[test]
fn over_its_time_limit() {
    assert_screens("time-limit", |model| {
        model.tab = Tab::Events;
        let sent = r#"{"kind":"signal.sent","signal":2,"name":"SIGINT","processes":3,"reason":"time_limit"}"#;
        news(model, fixture::records(&[(722_000, sent)], 11));
    });
}

#[test]
fn stopped() {
    assert_screens("stopped", |model| {
        model.tab = Tab::Events;
        let end = [
            (
                722_000,
                r#"{"kind":"stop.requested","by":"ann","grace_ms":10000}"#,
            ),
            (
                722_001,
                r#"{"kind":"signal.sent","signal":2,"name":"SIGINT","processes":3}"#,
            ),
            (
                722_100,
                r#"{"kind":"child.exited","signal":2,"requested":"stop"}"#,
            ),
            (
                722_101,
                r#"{"kind":"segment.ended","signal":2,"duration_ms":722101,"left":0,"requested":"stop"}"#,
            ),
            (722_102, r#"{"kind":"run.closed","outcome":"stopped"}"#),
        ];
        news(model, fixture::records(&end, 11));
        news(model, News::Closed(Outcome::Stopped));
    });
}

#[test]
fn passed() {
    assert_screens("passed", |model| {
        model.tab = Tab::Output;
        finish(model, 0, Outcome::Passed);
    });
}

#[test]
fn failed() {
    assert_screens("failed", |model| {
        model.tab = Tab::Events;
        finish(model, 101, Outcome::Failed);
    });
}

#[test]
fn connection_lost() {
    assert_screens("lost", |model| {
        model.tab = Tab::Events;
        news(
            model,
            News::Lost {
                cause: "nobody listens on its socket".to_owned(),
            },
        );
    });
}

/// Everything is still told where there is no colour.
#[test]
fn without_colour() {
    let mut model = monitor(Occasion::Visit);
    model.options.palette = Palette::new(false);
    for tab in Tab::ALL {
        model.tab = tab;
        let picture = testing::picture(&testing::draw(80, 24, |frame| view(&model, frame)));
        for colour in ["Blue", "Green", "Red", "Yellow", "White", "Black", " on "] {
            let looks = picture.split_once("\n---\n").map_or("", |(_, looks)| looks);
            assert!(!looks.contains(colour), "{colour} on {tab:?}:\n{looks}");
        }
    }
}

#[test]
fn results_items() {
    assert_screens("results-items", |model| {
        results::open(model);
        news(model, results::many());
        press(model, "<down><enter>");
    });
}

#[test]
fn results_table_sorted() {
    assert_screens("results-table", |model| {
        results::open(model);
        news(model, results::many());
        press(model, "n<right><right>o");
    });
}

#[test]
fn results_artifacts() {
    assert_screens("results-artifacts", |model| {
        results::open(model);
        news(model, results::many());
        press(model, "N");
    });
}

#[test]
fn results_empty() {
    assert_screens("results-empty", |model| {
        *model = fixture::blank(Occasion::Visit);
        news(model, fixture::attached());
        model.tab = Tab::Results;
    });
}

#[test]
fn results_cut() {
    assert_screens("results-cut", |model| {
        results::open(model);
        news(model, results::long_table());
        press(model, "n");
    });
}

#[test]
fn events_filtered() {
    assert_screens("events-filtered", |model| {
        model.tab = Tab::Events;
        press(model, "f");
        let bad = r#"{"kind":"log","level":"error","message":"out of memory"}"#;
        let good = r#"{"kind":"log","level":"info","message":"never mind"}"#;
        news(
            model,
            fixture::records(&[(722_000, bad), (722_001, good)], 11),
        );
    });
}

#[test]
fn info_with_its_files() {
    assert_screens("info-files", |model| {
        let effects = press(model, "5");
        assert_eq!(effects, [Effect::Read(Reading::Info)]);
        let facts = vec![
            ("git", "0123abcd, with changes".to_owned()),
            ("labels", "team=vision".to_owned()),
            ("env", "API_KEY (not recorded)".to_owned()),
            ("", "HOME=/home/ann\u{1b}[2J".to_owned()),
            ("files", "/state/sessions/019e5bc6".to_owned()),
            ("", "1.2 MiB  session.json".to_owned()),
        ];
        news(model, News::Found(Found::Info(facts)));
        press(model, "G");
    });
}

#[test]
fn the_narrow_footer_names_what_each_tab_is_for() {
    let footer = |tab: Tab, arrange: &dyn Fn(&mut Model)| {
        let mut model = monitor(Occasion::Visit);
        update(&mut model, Msg::Resized(Size::new(40, 12)));
        model.tab = tab;
        arrange(&mut model);
        let screen = fixture::shown(&model);
        screen
            .lines()
            .last()
            .unwrap_or_default()
            .trim_end()
            .to_owned()
    };
    let live = |tab| footer(tab, &|_| {});
    assert_eq!(
        live(Tab::Events),
        "/ filter · s stop · f tone · ? · q leave"
    );
    assert_eq!(live(Tab::Channels), "enter chart · s stop · ? · q leave");
    assert_eq!(
        live(Tab::Output),
        "/ search · s stop · w wrap · ? · q leave"
    );
    assert_eq!(live(Tab::Results), "s stop · ↑↓ scroll · ? · q leave");
    assert_eq!(live(Tab::Info), "s stop · ↑↓ scroll · ? · q leave");
    let ended = footer(Tab::Output, &|model| finish(model, 1, Outcome::Failed));
    assert_eq!(ended, "/ search · R rerun · ? · q leave");
}
