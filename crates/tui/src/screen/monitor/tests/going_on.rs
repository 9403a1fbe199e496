//! How a run that is over goes on.

use pod_protocol::{Outcome, PodName, RunState};

use super::{
    super::{
        Here, Launch, Leaving, Neighbours, News, Occasion, Order, Standing,
        tabs::Tab,
        update::{Effect, Msg, update},
    },
    fixture::{self, monitor, news, shown},
    press,
};

fn standing(restorable: Result<(), &str>) -> News {
    News::Standing(Standing {
        restorable: restorable.map_err(str::to_owned),
        lineage: vec!["train …aaaa  failed".to_owned(), "└ train …bbbb".to_owned()],
    })
}

const fn launch(launch: Launch) -> Effect {
    Effect::Order(Order::Launch(launch))
}

#[test]
fn a_run_goes_on_from_the_monitor_once_it_is_over() {
    let mut model = monitor(Occasion::Visit);
    for key in ["r", "R"] {
        assert_eq!(press(&mut model, key), []);
        assert!(shown(&model).contains("the run is not over"));
    }
    news(&mut model, News::Closed(Outcome::Stopped));
    assert_eq!(
        press(&mut model, "r"),
        [],
        "nobody has said yet whether it can"
    );
    news(&mut model, standing(Ok(())));
    assert!(shown(&model).contains("r resume · R rerun"));
    assert_eq!(press(&mut model, "r"), [launch(Launch::Resume)]);
    assert_eq!(press(&mut model, "R"), [launch(Launch::Rerun)]);
    press(&mut model, "5");
    model.text_scroll = usize::MAX;
    press(&mut model, "j");
    let screen = shown(&model);
    for words in [
        "tui resume train-resnet",
        "tui rerun train-resnet",
        "└ train …bbbb",
    ] {
        assert!(screen.contains(words), "{words:?}: {screen}");
    }
}

#[test]
fn a_run_that_cannot_be_resumed_says_why() {
    let mut model = monitor(Occasion::Visit);
    news(&mut model, News::Closed(Outcome::Cancelled));
    news(&mut model, standing(Err("cancelled by ada: rerun instead")));
    assert!(!shown(&model).contains("r resume"));
    assert_eq!(press(&mut model, "r"), []);
    assert!(shown(&model).contains("cancelled by ada: rerun instead"));
    let why = "cannot resume train: needs API_KEY (not recorded)".to_owned();
    news(&mut model, News::NotLaunched(Launch::Resume, why.clone()));
    assert!(shown(&model).contains(&why));
}

#[test]
fn a_resumed_run_is_live_again_and_a_rerun_starts_empty() {
    let mut model = monitor(Occasion::Visit);
    news(&mut model, News::Closed(Outcome::Stopped));
    assert!(shown(&model).contains("STOPPED"));
    news(&mut model, fixture::attached());
    assert!(shown(&model).contains("RUNNING"), "{}", shown(&model));
    let records = model.events.window.ids().count();
    assert!(records > 0, "what it did before is still there");

    news(&mut model, News::Anew);
    assert_eq!(model.events.window.ids().count(), 0);
    assert_eq!(model.run.state, RunState::default());
    let quiet = update(&mut model, Msg::FeedEnded);
    assert_eq!(quiet, []);
}

fn neighbours(needy: Option<(&str, &str)>) -> News {
    let name = |name: &str| PodName::new(name).expect("a name");
    News::Neighbours(Neighbours {
        previous: None,
        next: Some(name("nightly")),
        needy: needy.map(|(pod, need)| (name(pod), need.to_owned())),
        more_needy: 1,
        here: None,
    })
}

const SHOWN: (&str, &str) = (
    "019e5bc6-c3f3-7000-8000-0000a1c293f7",
    "019e5bc6-c3f4-7000-8000-00000b5e77d2",
);
const NEWER: (&str, &str) = (
    "019e5bc6-c3f3-7000-8000-0000a1c29400",
    "019e5bc6-c3f4-7000-8000-00000b5e7800",
);

fn here((session, segment): (&str, &str), live: bool) -> News {
    News::Neighbours(Neighbours {
        here: Some(Here {
            session: session.parse().expect("an id"),
            segment: Some(segment.parse().expect("an id")),
            live,
            since: Some(fixture::at(4 * 3_600_000 + 120_000)),
        }),
        ..Neighbours::default()
    })
}

#[test]
fn a_run_that_goes_on_elsewhere_is_said_and_a_key_away() {
    let resumed = (SHOWN.0, NEWER.1);
    let check = |now, live, sentence: Option<&str>, hint: &str| {
        let mut model = monitor(Occasion::Visit);
        news(&mut model, here(now, live));
        assert!(!shown(&model).contains(" was "), "it is live itself");
        news(&mut model, News::Closed(Outcome::Stopped));
        news(&mut model, standing(Ok(())));
        let screen = shown(&model);
        match sentence {
            Some(sentence) => {
                assert!(screen.contains(&format!("! {sentence}")), "{screen}");
                assert!(screen.contains(hint), "{screen}");
                let follow = Effect::Order(Order::Reconnect);
                assert_eq!(press(&mut model, "<c-r>"), [follow]);
            }
            None => {
                assert!(!screen.contains(" was "), "{screen}");
                assert_eq!(press(&mut model, "<c-r>"), []);
            }
        }
    };
    check(SHOWN, true, None, "");
    check(SHOWN, false, None, "");
    let follows = "train-resnet was resumed at 14:02 · ctrl-r follows it";
    check(resumed, true, Some(follows), "ctrl-r follow");
    let shows = "train-resnet was resumed and is over · ctrl-r shows it";
    check(resumed, false, Some(shows), "ctrl-r show");
    let again = "train-resnet was run again at 14:02 · ctrl-r follows it";
    check(NEWER, true, Some(again), "ctrl-r follow");
}

#[test]
fn nothing_on_the_screen_moves_when_a_run_goes_on_elsewhere() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        let mut model = monitor(Occasion::Visit);
        model.size = ratatui::layout::Size::new(size.0, size.1);
        news(&mut model, News::Closed(Outcome::Stopped));
        press(&mut model, "3<pgup>");
        let before: Vec<String> = shown(&model).lines().map(str::to_owned).collect();
        news(&mut model, here(NEWER, true));
        let after: Vec<String> = shown(&model).lines().map(str::to_owned).collect();
        let said = before.len() - 2;
        assert_eq!(before[..said], after[..said]);
        assert!(after[said].contains("was run again"), "{after:#?}");
    }
}

#[test]
fn who_resumes_a_run_is_not_told_that_somebody_has() {
    let mut model = monitor(Occasion::Visit);
    news(&mut model, News::Closed(Outcome::Stopped));
    news(&mut model, standing(Ok(())));
    press(&mut model, "r");
    news(&mut model, here((SHOWN.0, NEWER.1), true));
    assert!(!shown(&model).contains("was resumed"));
    let why = "cannot resume: it is live".to_owned();
    news(&mut model, News::NotLaunched(Launch::Resume, why));
    model.notice = None;
    assert!(shown(&model).contains("was resumed"), "somebody else was");
    let said = "train-resnet was resumed at 14:02 · ctrl-r follows it";
    assert_eq!(press(&mut model, "r"), []);
    assert!(
        shown(&model).contains(said),
        "and so it is not resumed twice"
    );
    news(&mut model, fixture::attached());
    news(&mut model, News::Closed(Outcome::Stopped));
    assert!(!shown(&model).contains("was resumed"), "this is that run");
}

fn elsewhere(pod: &str, back: Option<&str>) -> Vec<Effect> {
    let name = |name: &str| PodName::new(name).expect("a name");
    vec![Effect::Leave(Leaving::Elsewhere {
        pod: name(pod),
        back: back.map(name),
    })]
}

#[test]
fn an_end_and_a_need_are_told_to_who_looks_elsewhere() {
    let mut model = monitor(Occasion::Visit);
    let mut alerts = |news| update(&mut model, Msg::News(news));
    let needy = || neighbours(Some(("hil-board-3", "1 prompt waiting")));
    assert_eq!(alerts(needy()), [], "that was so before");
    assert_eq!(alerts(neighbours(None)), []);
    let text = "hil-board-3: 1 prompt waiting".to_owned();
    assert_eq!(alerts(needy()), [Effect::Alert(text)]);
    assert_eq!(alerts(needy()), []);
    let text = "train-resnet: passed".to_owned();
    let closed = News::Closed(Outcome::Passed);
    assert_eq!(alerts(closed.clone()), [Effect::Alert(text)]);
    model.options.live = false;
    assert_eq!(
        update(&mut model, Msg::News(closed)),
        [],
        "history is no news"
    );
}

#[test]
fn the_neighbours_are_a_key_away() {
    let mut model = monitor(Occasion::Visit);
    assert_eq!(press(&mut model, "]"), []);
    assert!(shown(&model).contains("looking at the list"));
    let known = update(&mut model, Msg::News(neighbours(None)));
    assert_eq!(known, elsewhere("nightly", None), "what was asked is done");
    news(&mut model, neighbours(None));
    assert_eq!(press(&mut model, "]"), elsewhere("nightly", None));
    assert_eq!(press(&mut model, "["), []);
    assert!(shown(&model).contains("this is the first pod of the list"));
    assert_eq!(press(&mut model, "!"), []);
    assert!(shown(&model).contains("no other pod needs anybody"));
}

#[test]
fn a_pod_that_needs_somebody_is_a_key_away_and_so_is_the_way_back() {
    let mut model = monitor(Occasion::Visit);
    news(
        &mut model,
        neighbours(Some(("hil-board-3", "1 prompt waiting"))),
    );
    for tab in Tab::ALL {
        model.tab = tab;
        let screen = shown(&model);
        assert!(
            screen.contains("! hil-board-3: 1 prompt waiting · 1 more"),
            "{screen}"
        );
    }
    let there = elsewhere("hil-board-3", Some("train-resnet"));
    assert_eq!(press(&mut model, "!"), there);
    model.options.back = Some(PodName::new("nightly").expect("a name"));
    assert!(shown(&model).contains("! back"), "{}", shown(&model));
    assert_eq!(press(&mut model, "!"), elsewhere("nightly", None));
}
