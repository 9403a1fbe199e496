use std::fs;

use pod_protocol::{
    Event, Hello, HostMessage, ItemStarted, Outcome, Requested, RunClosed, Status, Step, encode,
};
use tokio::{io::AsyncWriteExt, net::UnixListener, task::JoinHandle};

use super::*;
use crate::{
    Contents, MAX_ROWS, Unreachable,
    fixtures::{Log, World, at, ended, hello, pod, segment, session},
};

/// No test here may depend on how long anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

async fn listed(world: &World) -> PodList {
    list(&world.roots, PATIENCE).await
}

/// `name: status, preview` of each row, in order.
async fn lines(world: &World) -> Vec<String> {
    let list = listed(world).await;
    assert_eq!(list.warnings, []);
    let line = |row: &Row| format!("{}: {}, {}", row.name, row.status().word(), row.preview());
    list.rows.iter().map(line).collect()
}

/// Says hello to every client as a running pod `name`.
fn host(world: &World, name: &str) -> JoinHandle<()> {
    host_saying(world, hello(name, Status::Running))
}

fn host_saying(world: &World, hello: Hello) -> JoinHandle<()> {
    let listener = UnixListener::bind(world.socket(hello.pod.as_str())).expect("a free path");
    let line = encode(&HostMessage::Hello(Box::new(hello)));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            // A client that has hung up already has seen enough.
            let _ = client.write_all(&line).await;
        }
    })
}

fn long_ago() -> Timestamp {
    at(1_000)
}

#[tokio::test]
async fn an_empty_machine_has_an_empty_list_and_stays_empty() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let roots = Roots {
        state: directory.path().join("state"),
        runtime: directory.path().join("run"),
    };
    assert_eq!(list(&roots, PATIENCE).await, PodList::default());
    assert_eq!(look_up(&roots, &pod("a"), PATIENCE).await, None);
    assert_eq!(fs::read_dir(directory.path()).expect("ours").count(), 0);
}

#[tokio::test]
async fn stored_pods_are_listed_by_what_their_files_say() {
    let world = World::new();
    let item = |item: &str| {
        Event::ItemStarted(ItemStarted {
            item: item.to_owned(),
            label: None,
        })
    };
    let step = Event::Step(Step {
        label: "epoch 3".to_owned(),
    });
    world.run("passed", 1, ended(0, Outcome::Passed), b"compiling\ndone\n");
    world.run("failed", 2, ended(3, Outcome::Failed), b"");
    world.run("lost", 3, vec![], b"half a li");
    world.run("lost-item", 4, vec![item("test_flash")], b"output\n");
    world.run("stepping", 5, vec![step], b"");
    let stop = Event::StopRequested(Requested::default());
    world.run("stopping", 6, vec![stop], b"bye\n");
    world.remember("pending", Some((session(7), None)));
    world.remember("fresh", None);
    world.remember("no-log", Some((session(8), Some(segment(8)))));
    assert_eq!(
        lines(&world).await,
        [
            "failed: failed, exit 3",
            "lost: interrupted, half a li",
            "lost-item: interrupted, lost its host at test_flash",
            "passed: passed, done",
            "stepping: interrupted, epoch 3",
            "stopping: stopped, bye",
            "fresh: empty, [empty]",
            "no-log: empty, [empty]",
            "pending: pending, [pending segment]",
        ]
    );
}

#[tokio::test]
async fn one_bad_file_is_one_bad_row() {
    let world = World::new();
    for (number, name) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        world.run(name, number, ended(0, Outcome::Passed), b"done\n");
    }
    let layout = world.writer.layout();
    fs::write(layout.metadata(&pod("a")), "{\"version\":1,\n!").expect("ours");
    let log = layout.records(session(2), segment(2));
    let text = fs::read_to_string(&log).expect("ours");
    fs::write(&log, text.replacen("segment.started", "segment.dropped", 1)).expect("ours");
    let log = layout.records(session(3), segment(3));
    let text = fs::read_to_string(&log).expect("ours");
    fs::write(&log, text.replacen("\"kind\":\"child.exited\"", "!", 1)).expect("ours");
    let (b, c) = (segment(2), segment(3));
    assert_eq!(
        lines(&world).await,
        [
            format!("c: passed, [corrupt: sessions/{}/{c}.jsonl:3]", session(3)),
            "d: passed, done".to_owned(),
            "a: corrupt, [corrupt: pods/a/metadata.json:2]".to_owned(),
            format!("b: corrupt, [corrupt: sessions/{}/{b}.jsonl:1]", session(2)),
        ]
    );
}

#[tokio::test]
async fn live_pods_come_first_with_or_without_a_log() {
    let world = World::new();
    world.run("stored", 2, ended(0, Outcome::Passed), b"done\n");
    let lease = world.lease("running", long_ago());
    let task = host(&world, "running");
    // Its socket is found even before there is an allocation.
    assert_eq!(
        lines(&world).await,
        ["running: running, epoch 3", "stored: passed, done"]
    );
    world.allocate(&lease);
    assert_eq!(
        lines(&world).await,
        ["running: running, epoch 3", "stored: passed, done"]
    );
    let row = look_up(&world.roots, &pod("running"), PATIENCE)
        .await
        .expect("live");
    assert!(row.attachable().is_ok());
    assert_eq!(row.live.expect("live").pid, Some(std::process::id()));
    task.abort();
}

#[tokio::test]
async fn only_what_does_not_answer_is_read_to_be_reached() {
    let world = World::new();
    for (number, name) in (1..).zip(["answers", "silent", "over"]) {
        world.run(name, number, ended(0, Outcome::Passed), b"done\n");
    }
    let (_answers, _silent) = (
        world.lease("answers", long_ago()),
        world.lease("silent", long_ago()),
    );
    let task = host(&world, "answers");
    let reached = async |name| reach(&world.roots, &pod(name), PATIENCE).await;
    let looked_up = async |name| look_up(&world.roots, &pod(name), PATIENCE).await;
    let row = reached("answers").await.expect("live");
    assert!(row.attachable().is_ok() && row.stored.is_none());
    assert_eq!(row.live, looked_up("answers").await.expect("live").live);
    for name in ["silent", "over"] {
        let row = reached(name).await.expect("stored");
        assert!(row.stored.is_some());
        assert_eq!(Some(row), looked_up(name).await, "{name}");
    }
    assert_eq!(reached("nobody").await, None);
    task.abort();
}

/// Newer than every live pod, and more than any screen has rows.
#[tokio::test]
async fn five_thousand_stopped_pods_do_not_hide_a_live_pending_one() {
    let world = World::new();
    let stop = Event::StopRequested(Requested::default());
    world.run("stopped", 1, vec![stop], b"bye\n");
    let layout = world.writer.layout();
    let metadata = fs::read_to_string(layout.metadata(&pod("stopped"))).expect("ours");
    for number in 1..5_000 {
        let name = format!("stopped-{number}");
        let path = layout.metadata(&pod(&name));
        fs::create_dir(path.parent().expect("a pod's directory")).expect("new");
        // They all stand for the same run, which is as good as one each and written once.
        fs::write(path, metadata.replace("\"stopped\"", &format!("{name:?}"))).expect("new");
    }
    world.remember("zz-pending", Some((session(2), None)));
    let _lease = world.lease("zz-pending", long_ago());
    let mut hello = hello("zz-pending", Status::Pending);
    (hello.session, hello.segment) = (session(2), None);
    hello.summary = pod_protocol::Summary::default();
    let _host = host_saying(&world, hello);

    let mut list = listed(&world).await;
    list.cut(MAX_ROWS);
    assert_eq!((list.rows.len(), list.hidden), (10, 4_991));
    let [first, second, ..] = &list.rows[..] else {
        panic!("ten rows");
    };
    assert_eq!(
        (first.name.as_str(), first.preview().as_str()),
        ("zz-pending", "[live, pending segment]")
    );
    assert!(first.attachable().is_ok());
    let second = (second.name.as_str(), second.status().word());
    assert_eq!(second, ("stopped", "stopped".to_owned()));
}

#[tokio::test]
async fn a_host_that_says_nothing_is_live_with_unknown_status() {
    let world = World::new();
    let lease = world.lease("mute", long_ago());
    world.allocate(&lease);
    let _listener = UnixListener::bind(world.socket("mute")).expect("a free path");
    assert_eq!(lines(&world).await, ["mute: live, [live, pending segment]"]);
    // Giving up on it before it could be asked is no other answer.
    let hurried = list(&world.roots, Duration::ZERO).await;
    assert_eq!(hurried.rows[0].status().word(), "live");
}

#[tokio::test]
async fn a_held_lease_without_a_socket_is_starting_and_then_unreachable() {
    let world = World::new();
    // By a clock that is ahead, it is young for as long as this may take.
    let _young = world.lease("young", at(now().as_millis() + 3_600_000));
    let old = world.lease("old", long_ago());
    let expected = [
        "old: unreachable, [unreachable: no allocation]",
        "young: starting, [pending segment]",
    ];
    assert_eq!(lines(&world).await, expected);
    world.allocate(&old);
    assert_eq!(
        lines(&world).await[0],
        "old: unreachable, [unreachable: no socket]"
    );
    drop(UnixListener::bind(world.socket("old")).expect("a free path"));
    assert_eq!(
        lines(&world).await[0],
        "old: unreachable, [unreachable: connection refused]"
    );
}

#[tokio::test]
async fn a_lease_of_another_machine_says_which() {
    let world = World::new();
    let machine = Machine {
        boot_id: "another".to_owned(),
        host_name: "node17".to_owned(),
        ..Machine::read()
    };
    let _lease = world.lease_on("far", &machine, long_ago());
    let _trap = host(&world, "far");
    assert_eq!(lines(&world).await, ["far: on node17, [pending segment]"]);
}

#[tokio::test]
async fn an_allocation_without_a_lease_is_no_pod_and_is_left_alone() {
    let world = World::new();
    world.allocate(&world.lease("crashed", long_ago()));
    let _leftover = host(&world, "crashed");
    assert_eq!(lines(&world).await, [""; 0]);
    let allocation = world.roots.runtime.join("allocations/crashed.json");
    assert!(allocation.exists(), "a reader sweeps nothing");
}

#[tokio::test]
async fn an_unreadable_allocation_is_a_warning_and_hides_no_pod() {
    let world = World::new();
    let lease = world.lease("a", long_ago());
    world.allocate(&lease);
    let path = world.roots.runtime.join("allocations/a.json");
    fs::write(&path, "{").expect("ours");
    let list = listed(&world).await;
    assert_eq!(list.warnings.len(), 1);
    assert!(
        list.warnings[0].message.contains("allocations/a.json"),
        "{:?}",
        list.warnings
    );
    let reach = list.rows[0].live.as_ref().map(|live| &live.reach);
    assert_eq!(reach, Some(&Reach::Unreachable(Unreachable::BadAllocation)));
}

#[tokio::test]
async fn a_registry_that_cannot_be_read_is_a_warning() {
    let world = World::new();
    world.run("a", 1, ended(0, Outcome::Passed), b"done\n");
    fs::write(&world.roots.runtime, "not a directory").expect("ours");
    let list = listed(&world).await;
    assert_eq!((list.rows.len(), list.warnings.len()), (1, 1));
    assert!(
        list.warnings[0].message.contains("is not a directory"),
        "{:?}",
        list.warnings
    );
}

#[tokio::test]
async fn a_pod_is_found_from_an_environment_with_another_runtime_directory() {
    let world = World::new();
    let lease = world.lease("a", long_ago());
    world.allocate(&lease);
    let _host = host(&world, "a");
    let cron = Roots {
        runtime: world.path().join("elsewhere"),
        ..world.roots.clone()
    };
    let row = look_up(&cron, &pod("a"), PATIENCE).await.expect("live");
    assert!(row.attachable().is_ok());
}

#[tokio::test]
async fn a_run_that_ended_while_it_was_asked_shows_its_end() {
    let world = World::new();
    world.run("a", 1, vec![], b"");
    let (registry, store) = (world.roots.registry(), Store::new(&world.roots.state));
    let asked = {
        let _lease = world.lease("a", long_ago());
        Survey::take(&registry, &Machine::read(), &Scope::All)
    };
    let files = Prepared::whole(&store).read(&store, asked.warnings);
    // Between the first look at its files and the second it writes its end and is gone.
    let layout = world.writer.layout();
    let log = layout.records(session(1), segment(1));
    let (mut records, _) =
        pod_store::RecordWriter::reopen(&log, pod_protocol::Seq(3)).expect("ours");
    let closed = Event::RunClosed(RunClosed {
        outcome: Outcome::Passed,
    });
    let stamp = pod_store::Stamp {
        at: at(4_000),
        t_ms: 2,
        out: pod_protocol::Offset(0),
    };
    records
        .append(closed.draft().expect("not Other"), stamp)
        .expect("writable");
    let live = probe(asked.held, PATIENCE, now()).await;
    let list = finish(&registry, &store, live, files);
    assert_eq!(list.rows[0].live, None);
    assert_eq!(list.rows[0].status().word(), "passed");
}

#[tokio::test]
async fn a_run_that_began_while_files_were_read_is_not_interrupted() {
    let world = World::new();
    let (registry, store) = (world.roots.registry(), Store::new(&world.roots.state));
    let asked = Survey::take(&registry, &Machine::read(), &Scope::All);
    assert!(asked.held.is_empty());
    let _lease = world.lease("a", now());
    world.run("a", 1, vec![], b"");
    let files = Prepared::whole(&store).read(&store, asked.warnings);
    let list = finish(&registry, &store, asked.settled, files);
    assert_eq!(list.rows[0].status().word(), "starting");
    assert!(list.rows[0].restorable().is_err());
}

#[tokio::test]
async fn who_cancelled_and_where_it_ran_is_in_the_files() {
    let world = World::new();
    let cancel = Event::CancelRequested(Requested {
        by: Some("ada".to_owned()),
        grace_ms: None,
    });
    world.run("a", 1, vec![cancel], b"");
    let row = look_up(&world.roots, &pod("a"), PATIENCE)
        .await
        .expect("stored");
    let reason = row.restorable().expect_err("cancelled").to_string();
    assert_eq!(reason, "cancelled by ada: rerun instead");

    let stop = Event::StopRequested(Requested::default());
    let session = world.launch("b", 2);
    let log = Log {
        events: vec![stop],
        ..Log::of("b", session, segment(2))
    };
    world.segment(&log);
    world.remember("b", Some((session, Some(log.segment))));
    let restorable = async || {
        look_up(&world.roots, &pod("b"), PATIENCE)
            .await
            .expect("stored")
            .restorable()
    };
    assert_eq!(restorable().await, Ok(()));
    let file = world.writer.layout().session_file(session);
    let text = fs::read_to_string(&file).expect("ours");
    let directory = world.path().to_str().expect("UTF-8").to_owned();
    fs::write(&file, text.replace(&directory, "/nonexistent/directory")).expect("ours");
    let reason = restorable().await.expect_err("gone").to_string();
    assert_eq!(reason, "working directory gone: /nonexistent/directory");
}

#[tokio::test]
async fn a_cancelled_run_whose_log_lost_its_head_is_corrupt_too() {
    let world = World::new();
    let cancel = Event::CancelRequested(Requested::default());
    world.run("a", 1, vec![cancel], b"bye\n");
    let log = world.writer.layout().records(session(1), segment(1));
    let text = fs::read_to_string(&log).expect("ours");
    fs::write(&log, text.replacen('{', "!", 1)).expect("ours");
    let row = look_up(&world.roots, &pod("a"), PATIENCE)
        .await
        .expect("stored");
    assert_eq!(row.status().word(), "corrupt");
    let reason = row.restorable().expect_err("corrupt").to_string();
    assert!(reason.starts_with("log corrupt at sessions/"), "{reason}");
}

#[tokio::test]
async fn an_empty_log_is_pending() {
    let world = World::new();
    let session = world.launch("a", 1);
    let base = pod_store::SegmentBase {
        first_seq: pod_protocol::Seq::FIRST,
        out_base: pod_protocol::Offset(0),
    };
    world
        .writer
        .create_segment(session, segment(1), base)
        .expect("new");
    world.remember("a", Some((session, Some(segment(1)))));
    let row = look_up(&world.roots, &pod("a"), PATIENCE)
        .await
        .expect("stored");
    assert_eq!(row.stored.expect("stored").contents, Contents::LogEmpty);
}

#[tokio::test]
async fn a_first_look_shows_each_row_as_the_whole_list_does() {
    let world = World::new();
    for (name, number) in [("a", 1), ("b", 2), ("c", 3)] {
        world.run(name, number, ended(0, Outcome::Passed), b"done\n");
    }
    let lease = world.lease("live", long_ago());
    world.allocate(&lease);
    for indexed in [false, true] {
        if indexed {
            world.writer.rewrite_recent(PATIENCE).expect("written");
        }
        let first = first_look(&world.roots, PATIENCE).await;
        assert_eq!(first.rows.len(), 4);
        assert_eq!(first, list(&world.roots, PATIENCE).await);
    }
}

#[tokio::test]
async fn a_live_pod_is_in_the_first_look_however_much_is_newer() {
    let world = World::new();
    let lease = world.lease("old", long_ago());
    world.allocate(&lease);
    for number in 0..300 {
        world.remember(&format!("p{number}"), None);
    }
    world.writer.rewrite_recent(PATIENCE).expect("written");
    let first = first_look(&world.roots, PATIENCE).await;
    assert!(first.rows.iter().any(|row| row.name == pod("old")));
    assert!(first.rows.len() < 300, "{}", first.rows.len());
    let whole = list(&world.roots, PATIENCE).await;
    assert_eq!(whole.rows.len(), 301);
}

#[tokio::test]
async fn many_free_leases_hide_no_held_one() {
    let world = World::new();
    let leases = world.writer.layout().leases_dir();
    for number in 0..400 {
        fs::write(leases.join(format!("p{number}")), "").expect("writable");
    }
    // Neither has an allocation that would tell.
    let held = ["held", "p7"].map(|name| world.lease(name, long_ago()));
    let whole = list(&world.roots, PATIENCE).await;
    let mut names: Vec<&str> = whole.rows.iter().map(|row| row.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["held", "p7"]);
    drop(held);
    assert_eq!(list(&world.roots, PATIENCE).await.rows, []);
}
