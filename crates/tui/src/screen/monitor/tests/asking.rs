//! What can be asked of a run, and how the monitor asks back.

use pod_protocol::{Outcome, Timestamp};

use super::{
    super::{
        Ask, Leaving, News, Occasion, Order,
        model::{Model, Overlay},
        update::{Effect, Msg, update},
    },
    fixture::{self, monitor, news, shown},
    press,
};

#[test]
fn stopping_is_asked_about_once() {
    let mut model = monitor(Occasion::Visit);
    assert_eq!(press(&mut model, "s"), []);
    assert_eq!(model.overlay, Some(Overlay::Confirm(Ask::Stop)));
    assert_eq!(press(&mut model, "x"), [], "any other key answers nothing");
    assert_eq!(press(&mut model, "n"), []);
    assert_eq!(model.overlay, None);
    assert_eq!(press(&mut model, "sy"), [order(Ask::Stop)]);
    assert_eq!(model.overlay, None);
}

const fn order(ask: Ask) -> Effect {
    Effect::Order(Order::Ask(ask))
}

#[test]
fn what_ends_a_run_is_asked_about_and_says_what_follows() {
    for (key, ask, consequence) in [
        (
            "s",
            Ask::Stop,
            "stop train-resnet? it is asked to end, then killed",
        ),
        (
            "c",
            Ask::Cancel,
            "cancel train-resnet? it is ended for good: no resuming",
        ),
        ("K", Ask::Kill, "kill train-resnet? it cannot clean up"),
    ] {
        let mut model = monitor(Occasion::Visit);
        assert_eq!(press(&mut model, key), []);
        let screen = shown(&model);
        assert!(screen.contains(consequence), "{screen}");
        let hint = format!("y {} it · n keep it running", ask.verb());
        assert!(screen.contains(&hint), "{screen}");
        assert_eq!(press(&mut model, "y"), [order(ask)]);
    }
}

#[test]
fn a_pause_is_shown_beside_the_status_and_can_be_taken_back() {
    let mut model = monitor(Occasion::Visit);
    assert!(shown(&model).contains("streaming"));
    assert!(!shown(&model).contains("z continue"));
    assert_eq!(press(&mut model, "z"), [order(Ask::Pause)]);
    let sent = |name: &str| {
        format!(r#"{{"kind":"signal.sent","signal":1,"name":"{name}","processes":2}}"#)
    };
    news(
        &mut model,
        fixture::records(&[(723_000, &sent("SIGSTOP"))], 11),
    );
    let screen = shown(&model);
    for text in ["● RUNNING", "paused", "z continue"] {
        assert!(screen.contains(text), "{text} is missing:\n{screen}");
    }
    for text in ["streaming", "quiet", "ETA"] {
        assert!(!screen.contains(text), "{text} is a lie:\n{screen}");
    }
    assert_eq!(press(&mut model, "z"), [order(Ask::Continue)]);
    news(
        &mut model,
        fixture::records(&[(723_500, &sent("SIGCONT"))], 12),
    );
    assert!(!shown(&model).contains("z continue"));
}

#[test]
fn a_cancel_can_follow_a_stop_and_a_kill_anything() {
    let mut model = monitor(Occasion::Visit);
    let why = |model: &mut Model, keys: &str| {
        let effects = press(model, keys);
        model.overlay = None;
        (effects, model.notice.take().map(|notice| notice.text))
    };
    let asked = |kind: &str| format!(r#"{{"kind":"{kind}.requested","by":"ada","grace_ms":1000}}"#);
    news(
        &mut model,
        fixture::records(&[(723_000, &asked("stop"))], 11),
    );
    let screen = shown(&model);
    assert!(
        screen.contains("STOP REQUESTED") && screen.contains("epoch-3"),
        "{screen}"
    );
    assert!(screen.contains("K kill"), "{screen}");
    let refused = |text: &str| (Vec::new(), Some(text.to_owned()));
    assert_eq!(why(&mut model, "s"), refused("a stop is under way already"));
    assert_eq!(why(&mut model, "z"), refused("the run is being ended"));
    assert_eq!(why(&mut model, "cy"), (vec![order(Ask::Cancel)], None));
    news(
        &mut model,
        fixture::records(&[(723_500, &asked("cancel"))], 12),
    );
    assert!(shown(&model).contains("CANCEL REQUESTED"));
    for key in ["s", "c"] {
        let expected = refused("a cancellation is under way already");
        assert_eq!(why(&mut model, key), expected);
    }
    assert_eq!(why(&mut model, "Ky"), (vec![order(Ask::Kill)], None));
}

#[test]
fn an_interrupt_means_what_the_occasion_says() {
    let mut visitor = monitor(Occasion::Visit);
    assert_eq!(press(&mut visitor, "<c-c>"), [Effect::Leave(Leaving::Quit)]);
    let mut launcher = monitor(Occasion::Launched);
    assert_eq!(press(&mut launcher, "<c-c>"), []);
    let now = launcher.now;
    assert_eq!(launcher.overlay, Some(Overlay::Interrupted { at: now }));
    assert_eq!(press(&mut launcher, "<esc>"), []);
    assert_eq!(
        press(&mut launcher, "<c-c>d"),
        [Effect::Leave(Leaving::Quit)]
    );
    launcher.overlay = None;
    assert_eq!(press(&mut launcher, "<c-c>s"), [order(Ask::Stop)]);
    assert_eq!(press(&mut launcher, "<c-c>c"), [order(Ask::Cancel)]);
    news(&mut launcher, News::Closed(Outcome::Passed));
    assert_eq!(
        press(&mut launcher, "<c-c>"),
        [Effect::Leave(Leaving::Quit)],
        "nothing is left to ask about"
    );
}

#[test]
fn a_second_interrupt_stops_only_soon_after_the_first() {
    let mut model = monitor(Occasion::Launched);
    let later = |model: &mut Model, ms: i64| {
        let now = Timestamp::from_millis(model.now.as_millis() + ms);
        update(model, Msg::Clock(now));
    };
    assert_eq!(press(&mut model, "<c-c>"), []);
    later(&mut model, 3_000);
    assert_eq!(press(&mut model, "<c-c>"), [order(Ask::Stop)]);
    assert_eq!(press(&mut model, "<c-c>"), []);
    later(&mut model, 3_001);
    assert_eq!(press(&mut model, "<c-c>"), [], "that is a first one again");
    later(&mut model, 500);
    assert_eq!(press(&mut model, "<c-c>"), [order(Ask::Stop)]);
}
