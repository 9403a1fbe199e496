use std::cmp::Ordering;

use pod_protocol::Status;
use proptest::{collection::btree_map, prelude::*, sample::select};

use super::*;
use crate::{
    Contents, Reach, Unreachable,
    fixtures::{
        answering, answering_pending, at, contents, elsewhere, live, pod, run, session, silent,
        stored, unreachable,
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
    let mut rows = merge(live, stored);
    rows.sort_by(|a, b| a.name.cmp(&b.name));
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

/// A half of another session than the one that is stored.
fn relaunched(half: Option<Live>) -> Option<Live> {
    half.map(|half| Live {
        session: Some(session(9)),
        ..half
    })
}

fn any_live() -> impl Strategy<Value = Option<Live>> {
    let halves = [
        None,
        answering(Status::Running),
        answering_pending(),
        silent(),
        relaunched(silent()),
        live(Reach::Starting),
        unreachable(Unreachable::NoSocket),
        elsewhere(),
    ];
    select(halves.to_vec())
}

fn any_stored() -> impl Strategy<Value = Option<Stored>> {
    let mut halves = vec![
        None,
        contents(Contents::NoSession),
        contents(Contents::PendingSegment),
        contents(Contents::LogMissing),
    ];
    // Few ages, some of them that of a hello: ties are what an order is about.
    halves.extend([1, 2, 5_000, 9_000].map(stored_at));
    select(halves)
}

fn any_halves() -> impl Strategy<Value = BTreeMap<PodName, (Option<Live>, Option<Stored>)>> {
    let name = "[a-e]{1,2}".prop_map(|name| pod(&name));
    btree_map(name, (any_live(), any_stored()), 0..16)
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    any_halves().prop_map(|halves| {
        let row = |(name, (live, stored))| Row { name, live, stored };
        halves.into_iter().map(row).collect()
    })
}

fn is_reachable(row: &Row) -> bool {
    row.attachable().is_ok()
}

fn place(rows: &[Row], name: &PodName) -> usize {
    let found = rows.iter().position(|row| row.name == *name);
    found.expect("ordering loses no row")
}

proptest! {
    #[test]
    fn a_merge_invents_nothing_and_loses_nothing(halves in any_halves()) {
        let live = |(name, (half, _)): (&PodName, &(Option<Live>, _))| {
            Some((name.clone(), half.clone()?))
        };
        let stored = |(name, (_, half)): (&PodName, &(_, Option<Stored>))| {
            Some((name.clone(), half.clone()?))
        };
        let rows = merge(
            halves.iter().filter_map(live).collect(),
            halves.iter().filter_map(stored).collect::<Vec<_>>(),
        );
        let merged: BTreeMap<_, _> = rows
            .into_iter()
            .map(|row| (row.name, (row.live, row.stored)))
            .collect();
        let mut expected = halves;
        expected.retain(|_, (live, stored)| live.is_some() || stored.is_some());
        prop_assert_eq!(merged, expected);
    }

    #[test]
    fn the_order_is_total_and_the_one_of_the_contract(mut rows in any_rows()) {
        let mut before: Vec<PodName> = rows.iter().map(|row| row.name.clone()).collect();
        order(&mut rows);
        for pair in rows.windows(2) {
            let [above, below] = pair else { unreachable!("windows of two") };
            let reachable = is_reachable(below).cmp(&is_reachable(above));
            let age = below.updated_at().cmp(&above.updated_at());
            let name = above.name.cmp(&below.name);
            prop_assert_eq!(reachable.then(age).then(name), Ordering::Less);
        }
        let mut after: Vec<PodName> = rows.into_iter().map(|row| row.name).collect();
        before.sort();
        after.sort();
        prop_assert_eq!(before, after);
    }

    #[test]
    fn the_order_does_not_depend_on_what_was_found_first(
        (mut one, mut other) in any_rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        order(&mut one);
        order(&mut other);
        prop_assert_eq!(&one, &other);
        order(&mut other);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_pod_that_cannot_be_reached_is_where_it_would_be_if_it_were_not_live(
        mut rows in any_rows(),
    ) {
        order(&mut rows);
        let mut dead = rows.clone();
        for row in &mut dead {
            if !is_reachable(row) {
                row.live = None;
            }
        }
        order(&mut dead);
        for row in &rows {
            prop_assert_eq!(place(&rows, &row.name), place(&dead, &row.name));
        }
    }

    #[test]
    fn a_live_pod_without_a_log_is_the_last_of_the_live_ones(mut rows in any_rows()) {
        rows.retain(|row| row.name.as_str() != "z");
        rows.push(named("z", answering_pending(), stored_at(99_000)));
        order(&mut rows);
        let reachable = rows.iter().filter(|row| is_reachable(row)).count();
        prop_assert_eq!(place(&rows, &pod("z")), reachable - 1);
    }

    #[test]
    fn a_cut_never_hides_a_reachable_pod_behind_another(rows in any_rows(), limit in 0..18_usize) {
        let reachable = |rows: &[Row]| rows.iter().filter(|row| is_reachable(row)).count();
        let (all, live) = (rows.len(), reachable(&rows));
        let mut list = PodList { rows, ..PodList::default() };
        order(&mut list.rows);
        let whole = list.rows.clone();
        list.cut(limit);
        prop_assert_eq!(list.rows.len() + list.hidden, all);
        prop_assert_eq!(&list.rows[..], &whole[..all.min(limit)]);
        prop_assert_eq!(reachable(&list.rows), live.min(limit));
    }
}
