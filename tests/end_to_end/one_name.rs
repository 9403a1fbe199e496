//! Two launches of one name at once: exactly one wins.

use std::{fs, sync::Barrier, thread};

use crate::support::{Done, Pods};

const LAUNCHES: usize = 12;

#[test]
fn of_many_launches_of_one_name_exactly_one_wins() {
    let pods = Pods::new();
    let start = Barrier::new(LAUNCHES);
    let launch = |number: usize| {
        let script = format!("echo {number}; exec sleep 1000");
        start.wait();
        pods.run(&["run", "-d", "--name", "slot", "--", "sh", "-c", &script])
    };
    let launch = &launch;
    let done: Vec<Done> = thread::scope(|scope| {
        let launches: Vec<_> = (0..LAUNCHES)
            .map(|number| scope.spawn(move || launch(number)))
            .collect();
        let join = |launch: thread::ScopedJoinHandle<'_, Done>| launch.join().expect("no panic");
        launches.into_iter().map(join).collect()
    });

    let (won, lost): (Vec<&Done>, Vec<&Done>) = done.iter().partition(|done| done.code == 0);
    assert_eq!(won.len(), 1, "{done:?}");
    assert_eq!(won[0].text(), "slot\n");
    for done in lost {
        done.failed_with(5, &["pod slot is live", "attach with: tui attach slot"]);
    }
    let sessions = fs::read_dir(pods.state().join("sessions")).expect("sessions");
    assert_eq!(sessions.count(), 1, "the losers left nothing");
    assert_eq!(pods.status("slot"), "running");
    pods.text(&["stop", "--grace", "0s", "slot"]);
    pods.wait_until_nobody_is_left();
}

#[test]
fn names_made_from_a_command_are_numbered_instead() {
    let pods = Pods::new();
    let launch = |_| pods.text(&["run", "-d", "--", "sleep", "1000"]);
    let mut names: Vec<String> = thread::scope(|scope| {
        let launches: Vec<_> = (0..3).map(|at| scope.spawn(move || launch(at))).collect();
        let join = |launch: thread::ScopedJoinHandle<'_, String>| launch.join().expect("no panic");
        launches.into_iter().map(join).collect()
    });
    names.sort();
    assert_eq!(names, ["sleep\n", "sleep-2\n", "sleep-3\n"]);
}
