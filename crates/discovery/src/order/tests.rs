use pod_protocol::Status;
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    Contents, Unreachable,
    fixtures::{
        answering, answering_pending, at, contents, elsewhere, pod, run, silent, stored,
        unreachable,
    },
};

fn named(name: &str, live: Option<Live>, stored: Option<Stored>) -> Row {
    Row {
        name: pod(name),
        live,
        stored,
    }
}

fn stored_at(millis: i64) -> Option<Stored> {
    let mut run = run(Status::Passed);
    run.summary.updated_at = Some(at(millis));
    stored(run)
}

fn names(rows: &[Row]) -> String {
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    names.join(" ")
}

#[test]
fn the_order_is_reachable_then_newest_then_by_name() {
    let mut rows = [
        named("old", None, stored_at(10)),
        named("b-tie", None, stored_at(7_000)),
        named("a-tie", None, stored_at(7_000)),
        named("newest", None, stored_at(99_000)),
        named(
            "unreachable",
            unreachable(Unreachable::NoSocket),
            stored_at(8_000),
        ),
        named("far", elsewhere(), stored_at(6_000)),
        named("no-log", None, contents(Contents::PendingSegment)),
        named("silent", silent(), stored_at(2_000)),
        // Its old session is newer than any other live pod: it counts as having no log.
        named("live-no-log", answering_pending(), stored_at(98_000)),
        named("running", answering(Status::Running), None),
    ];
    order(&mut rows);
    assert_eq!(
        names(&rows),
        "running silent live-no-log newest unreachable a-tie b-tie far old no-log"
    );
}

#[test]
fn halves_are_joined_by_name() {
    let live = BTreeMap::from([
        (pod("a"), silent().expect("a half")),
        (pod("b"), silent().expect("a half")),
    ]);
    let stored = BTreeMap::from([
        (pod("b"), stored_at(1).expect("a half")),
        (pod("c"), stored_at(1).expect("a half")),
    ]);
    let rows = merge(live, stored);
    let halves = |row: &Row| (row.live.is_some(), row.stored.is_some());
    assert_eq!(names(&rows), "a b c");
    let halves: Vec<_> = rows.iter().map(halves).collect();
    assert_eq!(halves, [(true, false), (true, true), (false, true)]);
}

#[test]
fn a_cut_counts_what_it_hides() {
    let rows = (0..12)
        .map(|n| named(&format!("p{n}"), None, None))
        .collect();
    let mut list = PodList {
        rows,
        ..PodList::default()
    };
    list.cut(MAX_ROWS);
    assert_eq!((list.rows.len(), list.hidden), (10, 2));
    list.cut(4);
    assert_eq!((list.rows.len(), list.hidden), (4, 8));
    list.cut(4);
    assert_eq!((list.rows.len(), list.hidden), (4, 8));
}

prop_compose! {
    fn any_row()(kind in 0..6, age in 0..4_i64, name in "[a-c]{1,2}") -> Row {
        let half = stored_at(age);
        match kind {
            0 => named(&name, None, half),
            1 => named(&name, silent(), half),
            2 => named(&name, unreachable(Unreachable::NoSocket), half),
            3 => named(&name, answering(Status::Running), half),
            4 => named(&name, answering_pending(), None),
            _ => named(&name, None, contents(Contents::PendingSegment)),
        }
    }
}

fn unique(rows: Vec<Row>) -> Vec<Row> {
    let by_name: BTreeMap<PodName, Row> = rows
        .into_iter()
        .map(|row| (row.name.clone(), row))
        .collect();
    by_name.into_values().collect()
}

proptest! {
    #[test]
    fn the_order_does_not_depend_on_what_was_found_first(
        rows in vec(any_row(), 0..12).prop_map(unique),
        seed in any::<u64>(),
    ) {
        let mut one = rows.clone();
        let mut other = rows;
        // Some permutation, the same for the same seed.
        other.sort_by_key(|row| {
            row.name.as_str().bytes().fold(seed, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
        });
        order(&mut one);
        order(&mut other);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_cut_never_hides_a_reachable_pod_behind_another(
        rows in vec(any_row(), 0..12).prop_map(unique),
        limit in 0..12_usize,
    ) {
        let reachable = |rows: &[Row]| rows.iter().filter(|row| row.attachable().is_ok()).count();
        let (all, live) = (rows.len(), reachable(&rows));
        let mut list = PodList { rows, ..PodList::default() };
        order(&mut list.rows);
        list.cut(limit);
        prop_assert_eq!(list.rows.len() + list.hidden, all);
        prop_assert_eq!(list.rows.len(), all.min(limit));
        prop_assert_eq!(reachable(&list.rows), live.min(limit));
    }
}
