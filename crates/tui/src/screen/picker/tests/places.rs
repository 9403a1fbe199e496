//! Which rows are shown, and where.

use super::*;

fn order(model: &Model) -> Vec<String> {
    let rows = (0..).map_while(|at| model.hit(at));
    rows.map(|entry| entry.name.to_string()).collect()
}

fn newest_last() -> Vec<Row> {
    let mut newer = rows();
    newer.swap(0, 1);
    newer[2..].reverse();
    newer
}

#[test]
fn rows_stay_in_place_while_only_times_change() {
    let mut model = picker(&list(rows()), 80, 24);
    let before = order(&model);
    update(&mut model, Msg::List(listing(newest_last())));
    assert_eq!(order(&model), before);
}

#[test]
fn rows_are_put_in_order_when_a_pod_stops_being_live() {
    let mut model = picker(&list(rows()), 80, 24);
    let mut ended = newest_last();
    ended.retain(|row| row.name.as_str() != "train-resnet");
    let row = stored("train-resnet", Status::Passed, None, summary(0, "done"));
    ended.push(row);
    let expected: Vec<String> = ended.iter().map(|row| row.name.to_string()).collect();
    update(&mut model, Msg::List(listing(ended)));
    assert_eq!(order(&model), expected);
    assert_eq!(
        selected(&model),
        Some("train-resnet"),
        "the selection goes with the name"
    );
}

#[test]
fn rows_are_put_in_order_when_the_operator_asks() {
    let mut model = picker(&list(rows()), 80, 24);
    update(&mut model, Msg::List(listing(newest_last())));
    assert_eq!(press(&mut model, Chord::ctrl('l')), [Effect::Repaint]);
    let expected: Vec<String> = newest_last().iter().map(|r| r.name.to_string()).collect();
    assert_eq!(order(&model), expected);
}

#[test]
fn the_shell_is_reached_from_everywhere() {
    let (ctrl, f1) = (Chord::ctrl, Chord::code(KeyCode::F(1)));
    for before in [None, Some(ctrl('s')), Some(ctrl('r')), Some(f1)] {
        let mut model = picker(&list(rows()), 80, 24);
        model.select_at(usize::from(before == Some(ctrl('r'))) * 4);
        if let Some(before) = before {
            press(&mut model, before);
        }
        assert_eq!(
            press(&mut model, ctrl('z')),
            [Effect::Suspend],
            "{before:?}"
        );
    }
}

#[test]
fn a_row_that_vanishes_moves_no_other() {
    let mut model = picker(&list(rows()), 80, 24);
    let mut before = order(&model);
    before.retain(|name| name != "eval-gemma");
    let mut fewer = newest_last();
    fewer.retain(|row| row.name.as_str() != "eval-gemma");
    update(&mut model, Msg::List(listing(fewer)));
    assert_eq!(order(&model), before);
}

#[test]
fn a_selection_that_vanishes_moves_to_its_neighbour() {
    let mut model = picker(&list(rows()), 80, 24);
    model.select_at(4);
    assert_eq!(selected(&model), Some("build-docs"));
    let mut fewer = rows();
    fewer.remove(4);
    update(&mut model, Msg::List(listing(fewer)));
    assert_eq!(selected(&model), Some("migrate-db"));
}

#[test]
fn a_thousand_rows_are_scrolled_to_the_last_one() {
    let pods = (0..1_000).map(|number| {
        let pod = format!("pod-{number:03}");
        stored(&pod, Status::Passed, None, summary(number, "x"))
    });
    let mut model = picker(&list(pods.collect()), 80, 24);
    assert!(shown(&model).contains("+990 more · all · 1,000 of 1,000"));
    for _ in 0..99 {
        code(&mut model, KeyCode::PageDown);
    }
    code(&mut model, KeyCode::PageDown);
    assert_eq!(selected(&model), Some("pod-999"));
    assert!(!shown(&model).contains("more"), "{}", shown(&model));
    type_text(&mut model, "500");
    assert_eq!(selected(&model), Some("pod-500"));
}

fn in_directories() -> PodList {
    let pod = |name, cwd: &str| {
        let cwd = cwd.to_owned();
        stored(
            name,
            Status::Passed,
            None,
            Summary {
                cwd,
                ..summary(99, "x")
            },
        )
    };
    let elsewhere = Summary {
        cwd: "/srv".to_owned(),
        ..summary(1, "x")
    };
    list(vec![
        live("elsewhere", elsewhere),
        pod("here", HERE),
        pod("below", "/home/ada/train/sub"),
        pod("beside", "/home/ada/training"),
        pod("unknown", ""),
    ])
}

#[test]
fn this_directory_and_below_or_all() {
    let mut model = picker(&in_directories(), 80, 24);
    code(&mut model, KeyCode::Down);
    let remembered = press(&mut model, Chord::ctrl('d'));
    let remember = |scope| [Effect::Order(Order::Remember(scope))];
    assert_eq!(remembered, remember(Scope::Directory));
    assert_eq!(order(&model), ["here", "below"]);
    assert_eq!(selected(&model), Some("here"), "it is shown in both");
    assert!(shown(&model).contains("this directory · 2 of 5"));
    type_text(&mut model, "beside");
    let screen = shown(&model);
    assert!(
        screen.contains("nothing in this directory matches \"beside\"\n  ctrl-d shows all 5"),
        "{screen}"
    );
    assert_eq!(press(&mut model, Chord::ctrl('d')), remember(Scope::All));
    assert_eq!(selected(&model), Some("beside"));
}

#[test]
fn the_best_match_of_one_scope_gives_way_to_that_of_the_other() {
    let mut model = picker(&in_directories(), 80, 24);
    press(&mut model, Chord::ctrl('d'));
    type_text(&mut model, "e");
    assert_eq!(selected(&model), Some("here"));
    press(&mut model, Chord::ctrl('d'));
    assert_eq!(selected(&model), Some("elsewhere"), "live comes first");
}

#[test]
fn a_directory_without_pods_says_which_key_shows_all() {
    for directory in [Some(PathBuf::from("/empty")), None] {
        let options = Options {
            palette: Palette::new(true),
            zone: TimeZone::UTC,
            directory,
            scope: Scope::Directory,
            place: Default::default(),
            keys: Default::default(),
        };
        let rows = Listing::from(&in_directories());
        let mut model = Model::new(options, rows, now(), Size::new(80, 12));
        let screen = shown(&model);
        assert!(screen.contains("nothing in this directory\n  ctrl-d shows all 5"));
        assert_eq!(code(&mut model, KeyCode::Enter), []);
        press(&mut model, Chord::ctrl('d'));
        assert_eq!(selected(&model), Some("elsewhere"));
    }
}

#[test]
fn this_directory_on_screen() {
    assert_screens("directory", &in_directories(), |model| {
        drop(press(model, Chord::ctrl('d')));
    });
}
