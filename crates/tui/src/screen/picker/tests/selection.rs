//! Properties of the selection, over any sequence of lists and keys.

use super::*;

/// What happens to a picker, small enough to collide often.
#[derive(Clone, Debug)]
enum Step {
    List(Vec<(u8, bool)>),
    Up,
    Down,
    Page,
    Type(char),
    Delete,
    Peek,
    Resize(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::collection::vec((0..20_u8, any::<bool>()), 0..20).prop_map(Step::List),
        Just(Step::Up),
        Just(Step::Down),
        Just(Step::Page),
        prop::char::range('0', '3').prop_map(Step::Type),
        Just(Step::Delete),
        Just(Step::Peek),
        (1..14_u16).prop_map(Step::Resize),
    ]
}

fn list_of(pods: &[(u8, bool)]) -> PodList {
    let mut seen = Vec::new();
    let mut rows = Vec::new();
    for (pod, is_live) in pods {
        if seen.contains(pod) {
            continue;
        }
        seen.push(*pod);
        let pod = format!("pod-{pod}");
        rows.push(match is_live {
            true => live(&pod, summary(1, "x")),
            false => stored(&pod, Status::Passed, None, summary(1, "x")),
        });
    }
    list(rows)
}

fn names(model: &Model) -> Vec<PodName> {
    (0..)
        .map_while(|at| model.hit(at))
        .map(|entry| entry.name.clone())
        .collect()
}

/// Where the selection must be after a newer list: on the same name, else on the row that took its
/// place, else on the last one.
fn expected(before: &[PodName], selected: Option<&PodName>, after: &[PodName]) -> Option<PodName> {
    let selected = selected?;
    if after.contains(selected) {
        return Some(selected.clone());
    }
    let at = before.iter().position(|name| name == selected)?;
    after.get(at).or(after.last()).cloned()
}

proptest! {
    #[test]
    fn the_selection_is_a_visible_row_or_nothing(steps in prop::collection::vec(step(), 1..30)) {
        let mut model = picker(&list_of(&[(1, true), (2, false), (3, false)]), 60, 12);
        for step in steps {
            let (before, selected) = (names(&model), model.selected.clone());
            match step {
                Step::List(pods) => {
                    update(&mut model, Msg::List(Listing::from(&list_of(&pods))));
                    let wanted = expected(&before, selected.as_ref(), &names(&model));
                    prop_assert_eq!(&model.selected, &wanted);
                }
                Step::Up => drop(code(&mut model, KeyCode::Up)),
                Step::Down => drop(code(&mut model, KeyCode::Down)),
                Step::Page => drop(code(&mut model, KeyCode::PageDown)),
                Step::Type(c) => drop(press(&mut model, Chord::character(c))),
                Step::Delete => drop(code(&mut model, KeyCode::Backspace)),
                Step::Peek => drop(code(&mut model, KeyCode::Tab)),
                Step::Resize(rows) => drop(update(&mut model, Msg::Resized(Size::new(60, rows)))),
            }
            let after = names(&model);
            if let Some(selected) = &model.selected {
                let at = after.iter().position(|name| name == selected);
                prop_assert!(at.is_some(), "{} is not in {:?}", selected, after);
                let at = at.unwrap_or(0);
                prop_assert!((model.top..model.top + model.visible_rows()).contains(&at));
            }
            prop_assert!(model.top <= after.len().saturating_sub(model.visible_rows()));
        }
    }
}
