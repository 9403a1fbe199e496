//! Pins and names.

use super::*;

fn on(model: &mut Model, pod: &str) {
    type_text(model, pod);
    assert_eq!(selected(model), Some(pod));
}

fn pinned(pod: &str) -> Vec<Row> {
    let mut rows = rows();
    for row in rows.iter_mut().filter(|row| row.name.as_str() == pod) {
        if let Some(stored) = &mut row.stored {
            stored.pinned = true;
        }
    }
    rows
}

fn pin(pinned: bool) -> [Effect; 1] {
    let pod = name("build-docs");
    [Effect::Order(Order::Pin { pod, pinned })]
}

fn rename(from: &str, to: &str) -> Order {
    Order::Rename {
        from: name(from),
        to: name(to),
    }
}

fn clear(model: &mut Model) {
    drop(press(model, Chord::ctrl('u')));
}

#[test]
fn a_pin_shows_once_the_list_says_so() {
    let mut model = picker(&list(rows()), 80, 24);
    on(&mut model, "build-docs");
    assert_eq!(press(&mut model, Chord::ctrl('p')), pin(true));
    assert!(!shown(&model).contains('★'));
    update(&mut model, Msg::List(listing(pinned("build-docs"))));
    let screen = shown(&model);
    assert!(screen.contains("build-docs ★"), "{screen}");
    assert!(screen.contains("ctrl-p unpin"), "{screen}");
    assert_eq!(press(&mut model, Chord::ctrl('p')), pin(false));
    code(&mut model, KeyCode::Tab);
    assert!(shown(&model).contains("pinned · session …a1c293f7"));
}

#[test]
fn a_pin_that_is_refused_says_why() {
    let mut model = picker(&list(rows()), 80, 24);
    press(&mut model, Chord::ctrl('p'));
    assert!(shown(&model).contains("train-resnet: nothing is stored that could be pinned"));
    let order = Order::Pin {
        pod: name("build-docs"),
        pinned: true,
    };
    update(&mut model, Msg::Settled(order, Err("disk full".to_owned())));
    assert!(shown(&model).contains("cannot pin build-docs: disk full"));
}

#[test]
fn a_new_name_is_typed_in_place_of_the_filter_and_the_selection_follows() {
    let mut model = picker(&list(rows()), 80, 24);
    on(&mut model, "build-docs");
    press(&mut model, Chord::ctrl('r'));
    assert!(
        shown(&model).starts_with("name ▸ build-docs"),
        "{}",
        shown(&model)
    );
    type_text(&mut model, "-old");
    let order = rename("build-docs", "build-docs-old");
    let ordered = code(&mut model, KeyCode::Enter);
    assert_eq!(ordered, [Effect::Order(order.clone())]);
    assert_eq!(model.filter.value(), "build-docs", "as it was");

    // Whichever is heard of first.
    let mut renamed = rows();
    renamed[4].name = name("build-docs-old");
    for list_first in [true, false] {
        let mut model = picker(&list(rows()), 80, 24);
        model.select_at(4);
        press(&mut model, Chord::ctrl('r'));
        type_text(&mut model, "-old");
        code(&mut model, KeyCode::Enter);
        let mut news = vec![
            Msg::List(listing(renamed.clone())),
            Msg::Settled(order.clone(), Ok(())),
        ];
        if !list_first {
            news.reverse();
        }
        for msg in news {
            update(&mut model, msg);
            assert_eq!(selected(&model), Some("build-docs-old"));
            assert_eq!(model.selected_at(), Some(4), "it keeps its place");
        }
    }
}

#[test]
fn a_name_that_cannot_be_is_refused_while_it_is_typed() {
    let mut model = picker(&list(rows()), 80, 24);
    model.select_at(4);
    press(&mut model, Chord::ctrl('r'));
    for (typed, why) in [
        ("", "no name"),
        ("a b", "no ' ': only letters, digits, . _ -"),
        ("-a", "not '-' at the start"),
        ("train-resnet", "there is one already"),
        (&"x".repeat(70), "at most 64 characters"),
    ] {
        clear(&mut model);
        update(&mut model, Msg::Paste(typed.to_owned()));
        let screen = shown(&model);
        let long = typed.len() > 40;
        assert!(
            long || screen
                .lines()
                .next()
                .is_some_and(|line| line.ends_with(why)),
            "{screen}"
        );
        assert!(screen.contains(why), "{screen}");
        assert_eq!(code(&mut model, KeyCode::Enter), [], "{typed}");
        assert!(matches!(model.mode, Mode::Naming(_)), "{typed}");
    }
    code(&mut model, KeyCode::Esc);
    assert!(matches!(model.mode, Mode::Picking));
    press(&mut model, Chord::ctrl('r'));
    assert_eq!(code(&mut model, KeyCode::Enter), [], "the same name");
    assert!(matches!(model.mode, Mode::Picking));
}

#[test]
fn a_live_pod_is_renamed_after_it_ends() {
    let mut model = picker(&list(rows()), 80, 24);
    press(&mut model, Chord::ctrl('r'));
    assert!(shown(&model).contains("train-resnet: live: rename after it ends"));
    assert!(matches!(model.mode, Mode::Picking));

    // It becomes live while a name is typed.
    model.select_at(4);
    press(&mut model, Chord::ctrl('r'));
    type_text(&mut model, "-old");
    let mut started = rows();
    started[4] = live("build-docs", summary(1, "x"));
    update(&mut model, Msg::List(listing(started)));
    assert!(shown(&model).contains("live: rename after it ends"));
    assert_eq!(code(&mut model, KeyCode::Enter), []);
}

#[test]
fn a_rename_on_screen() {
    assert_screens("rename", &list(pinned("build-docs")), |model| {
        model.select_at(4);
        press(model, Chord::ctrl('r'));
        type_text(model, " x");
    });
}
