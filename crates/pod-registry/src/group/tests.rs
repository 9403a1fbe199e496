use std::{sync::mpsc, thread, time::Duration};

use tempfile::TempDir;

use super::*;

fn group(root: &TempDir) -> Group {
    Group::new(root.path().join("groups").join("gpu"))
}

fn numbers(before: &[Earlier]) -> Vec<u64> {
    before.iter().map(|earlier| earlier.number).collect()
}

#[test]
fn tickets_are_in_the_order_of_coming_and_gone_with_their_owners() {
    let root = TempDir::new().expect("a directory");
    let group = group(&root);
    let queue = || group.queue().expect("a ticket");
    let (first, second, third) = (queue(), queue(), queue());
    let before = |ticket: &Ticket| numbers(&ticket.before().expect("readable"));
    assert_eq!(before(&first), [0_u64; 0]);
    assert_eq!(before(&third), [1, 2]);
    drop(first);
    assert_eq!(before(&third), [2]);
    drop(third);
    let next = queue();
    assert_eq!(before(&next), [2]);
    drop((second, next));
    assert_eq!(group.numbers().expect("readable"), [0_u64; 0]);
}

#[test]
fn what_the_dead_leave_behind_holds_nobody_up_and_is_swept() {
    let root = TempDir::new().expect("a directory");
    let group = group(&root);
    drop(group.queue().expect("a ticket"));
    // A ticket whose owner was killed.
    create_private(&group.path(7)).expect("a file");
    let ticket = group.queue().expect("a ticket");
    assert_eq!(ticket.number, 8);
    assert!(ticket.before().expect("readable").is_empty());
    assert_eq!(group.numbers().expect("readable"), [8]);
}

#[test]
fn whoever_waits_for_a_ticket_sleeps_until_it_is_given_up() {
    let root = TempDir::new().expect("a directory");
    let group = group(&root);
    let first = group.queue().expect("a ticket");
    let second = group.queue().expect("a ticket");
    let (sender, woken) = mpsc::channel();
    let mut before = second.before().expect("readable");
    let earlier = before.remove(0);
    thread::spawn(move || {
        earlier.wait().expect("a lock");
        // The test may have seen enough.
        let _ = sender.send(());
    });
    assert!(woken.recv_timeout(Duration::from_millis(20)).is_err());
    drop(first);
    woken
        .recv_timeout(Duration::from_secs(20))
        .expect("woken by the end");
    assert!(second.before().expect("readable").is_empty());
}

#[test]
fn many_at_once_get_different_numbers() {
    let root = TempDir::new().expect("a directory");
    let group = group(&root);
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let group = group.clone();
            thread::spawn(move || group.queue().expect("a ticket"))
        })
        .collect();
    let tickets: Vec<Ticket> = threads
        .into_iter()
        .map(|thread| thread.join().expect("no panic"))
        .collect();
    let mut places: Vec<usize> = tickets
        .iter()
        .map(|ticket| ticket.before().expect("readable").len())
        .collect();
    places.sort_unstable();
    assert_eq!(places, (0..16).collect::<Vec<_>>());
}
