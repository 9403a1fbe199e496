//! Rows of every kind, and more rows than the picker has.

use super::*;
use crate::cli::pod_list::halves;

/// Every screenful of the list, a page at a time.
fn pages(model: &mut Model) -> String {
    let mut pages = vec![shown(model)];
    while model.top + model.visible_rows() < model.hits.len() {
        model.top = (model.top + model.visible_rows()).min(model.hits.len() - model.visible_rows());
        model.select_at(model.top);
        pages.push(shown(model));
    }
    pages.join("\n")
}

fn footer(model: &Model) -> String {
    shown(model).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn every_kind_of_row() {
    for (columns, rows) in [(40, 12), (80, 24), (120, 40)] {
        let mut model = picker(&halves::every_row(), columns, rows);
        insta::assert_snapshot!(format!("kinds-{columns}x{rows}"), pages(&mut model));
    }
}

fn header(model: &Model) -> String {
    shown(model).lines().next().unwrap_or_default().to_owned()
}

/// What Enter does, or why it does nothing.
#[test]
fn every_kind_of_row_has_an_action_or_a_reason() {
    let list = halves::every_row();
    let mut model = picker(&list, 80, 24);
    let mut lines = Vec::new();
    for (at, row) in list.rows.iter().enumerate() {
        model.select_at(at);
        assert_eq!(selected(&model), Some(row.name.as_str()));
        let footer = footer(&model);
        let keys = footer.split(" · esc").next().expect("a first part");
        lines.push(format!("{:20} {keys}", row.name));
    }
    insta::assert_snapshot!("kinds-actions", lines.join("\n"));
}

#[test]
fn no_row_suggests_to_restore_what_cannot_be() {
    for row in halves::every_row().rows {
        if row.restorable().is_ok() {
            continue;
        }
        let model = picker(&list(vec![row]), 80, 24);
        let screen = shown(&model);
        // The first line asks what to resume; it is about no row.
        for line in screen.lines().skip(1) {
            assert!(
                !line.contains("resum") && !line.contains("restor"),
                "{screen}"
            );
        }
    }
}

fn live_pods(count: i64) -> PodList {
    let pod = |number| live(&format!("live-{number:02}"), summary(number, "busy"));
    list((1..=count).map(pod).collect())
}

#[test]
fn of_twelve_live_pods_ten_are_shown_and_two_are_counted() {
    let mut model = picker(&live_pods(12), 80, 24);
    let screen = shown(&model);
    assert_eq!(screen.matches("running").count(), 10, "{screen}");
    assert!(
        header(&model).ends_with("+2 more · all · 12 of 12"),
        "{screen}"
    );

    for _ in 0..11 {
        code(&mut model, KeyCode::Down);
    }
    assert_eq!(selected(&model), Some("live-12"));
    let screen = shown(&model);
    assert!(
        screen.contains("live-12") && !screen.contains("live-02"),
        "{screen}"
    );

    let mut model = picker(&live_pods(12), 80, 24);
    type_text(&mut model, "12");
    assert_eq!(selected(&model), Some("live-12"));
    assert_eq!(
        code(&mut model, KeyCode::Enter),
        [Effect::Choose(name("live-12"), Action::Attach)]
    );
}

#[test]
fn a_live_pod_is_above_any_number_of_newer_ones() {
    let mut rows = vec![live("pending", Summary::default())];
    rows.extend((0..5_000).map(|number| {
        stored(
            &format!("old-{number}"),
            Status::Stopped,
            None,
            summary(0, "x"),
        )
    }));
    let model = picker(&list(rows), 80, 24);
    assert_eq!(selected(&model), Some("pending"));
    assert!(header(&model).contains("+4,991 more"), "{}", shown(&model));
}
