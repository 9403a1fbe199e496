//! The contract of a row as one table: every stored half by every live half, made of real files,
//! leases and sockets, and listed together.
//!
//! No cell depends on how fast this machine is: the clock of the lister is data, and the time that
//! makes a host silent does not pass before every host that speaks has been heard.

mod combinations;

use std::{collections::BTreeMap, fs};

use super::*;
use combinations::{Combinations, LIVE, STORED, pod_of};

const PATIENCE: Duration = Duration::from_secs(60);

/// One line a pod: its halves; its place; status, preview, whether it can be attached to and
/// restored, and the ids it shows. `old` is the run that is stored, `new` the launch that is alive
/// or pending; LOG is the log of the old run, PID the holder of the lease, OLD and YOUNG since when.
///
/// *good* is a run that was stopped, *corrupt* one whose log has no head, *garbled* one
/// whose metadata is no JSON. *silent* accepts and says nothing; *refusing* has a socket that nobody
/// listens on, and is older than 5 s; *starting* is the same, younger; *stale* is an allocation
/// without a lease; *corrupt* as a live half is an unreadable allocation of a held lease.
#[rustfmt::skip]
const TABLE: &str = "
stored    | live      | at | status      | preview                              | attach                             | restore                         | ids

none      | none      |  - | no row
good      | none      | 23 | stopped     | last line                            | not live                           | yes                             | old/old
pending   | none      | 51 | pending     | [pending segment]                    | not live                           | no active segment yet           | new/-
corrupt   | none      | 29 | corrupt     | [corrupt: LOG:1]                     | not live                           | log corrupt at LOG:1            | old/old
log-less  | none      | 41 | empty       | [empty]                              | not live                           | log missing                     | old/old
cancelled | none      | 17 | cancelled   | last line                            | not live                           | cancelled by ada: rerun instead | old/old
garbled   | none      | 35 | corrupt     | [corrupt: metadata.json:2]           | not live                           | metadata corrupt                | -/-

none      | reachable |  6 | running     | epoch 3                              | yes                                | live: attach instead            | new/new
good      | reachable |  4 | running     | epoch 3                              | yes                                | live: attach instead            | new/new
pending   | reachable |  7 | running     | epoch 3                              | yes                                | live: attach instead            | new/new
corrupt   | reachable |  2 | running     | epoch 3                              | yes                                | live: attach instead            | new/new
log-less  | reachable |  5 | running     | epoch 3                              | yes                                | live: attach instead            | new/new
cancelled | reachable |  1 | running     | epoch 3                              | yes                                | live: attach instead            | new/new
garbled   | reachable |  3 | running     | epoch 3                              | yes                                | live: attach instead            | new/new

none      | silent    | 13 | live        | [live, pending segment]              | yes                                | live: attach instead            | new/new
good      | silent    | 11 | live        | [live, pending segment]              | yes                                | live: attach instead            | new/new
pending   | silent    | 14 | live        | [live, pending segment]              | yes                                | live: attach instead            | new/new
corrupt   | silent    |  9 | live        | [live, pending segment]              | yes                                | live: attach instead            | new/new
log-less  | silent    | 12 | live        | [live, pending segment]              | yes                                | live: attach instead            | new/new
cancelled | silent    |  8 | live        | [live, pending segment]              | yes                                | live: attach instead            | new/new
garbled   | silent    | 10 | live        | [live, pending segment]              | yes                                | live: attach instead            | new/new

none      | refusing  | 47 | unreachable | [unreachable: connection refused]    | unreachable: connection refused    | held by PID since OLD           | new/new
good      | refusing  | 24 | unreachable | [unreachable: connection refused]    | unreachable: connection refused    | held by PID since OLD           | new/new
pending   | refusing  | 52 | unreachable | [unreachable: connection refused]    | unreachable: connection refused    | held by PID since OLD           | new/new
corrupt   | refusing  | 30 | unreachable | [unreachable: connection refused]    | unreachable: connection refused    | held by PID since OLD           | new/new
log-less  | refusing  | 42 | unreachable | [unreachable: connection refused]    | unreachable: connection refused    | held by PID since OLD           | new/new
cancelled | refusing  | 18 | unreachable | [unreachable: connection refused]    | unreachable: connection refused    | held by PID since OLD           | new/new
garbled   | refusing  | 36 | unreachable | [unreachable: connection refused]    | unreachable: connection refused    | held by PID since OLD           | new/new

none      | starting  | 48 | starting    | [pending segment]                    | starting: try again in a moment    | held by PID since YOUNG         | new/-
good      | starting  | 26 | starting    | [pending segment]                    | starting: try again in a moment    | held by PID since YOUNG         | new/-
pending   | starting  | 54 | starting    | [pending segment]                    | starting: try again in a moment    | held by PID since YOUNG         | new/-
corrupt   | starting  | 32 | starting    | [pending segment]                    | starting: try again in a moment    | held by PID since YOUNG         | new/-
log-less  | starting  | 44 | starting    | [pending segment]                    | starting: try again in a moment    | held by PID since YOUNG         | new/-
cancelled | starting  | 20 | starting    | [pending segment]                    | starting: try again in a moment    | held by PID since YOUNG         | new/-
garbled   | starting  | 38 | starting    | [pending segment]                    | starting: try again in a moment    | held by PID since YOUNG         | new/-

none      | stale     |  - | no row
good      | stale     | 25 | stopped     | last line                            | not live                           | yes                             | old/old
pending   | stale     | 53 | pending     | [pending segment]                    | not live                           | no active segment yet           | new/-
corrupt   | stale     | 31 | corrupt     | [corrupt: LOG:1]                     | not live                           | log corrupt at LOG:1            | old/old
log-less  | stale     | 43 | empty       | [empty]                              | not live                           | log missing                     | old/old
cancelled | stale     | 19 | cancelled   | last line                            | not live                           | cancelled by ada: rerun instead | old/old
garbled   | stale     | 37 | corrupt     | [corrupt: metadata.json:2]           | not live                           | metadata corrupt                | -/-

none      | corrupt   | 45 | unreachable | [unreachable: allocation unreadable] | unreachable: allocation unreadable | held by PID since OLD           | -/-
good      | corrupt   | 21 | unreachable | [unreachable: allocation unreadable] | unreachable: allocation unreadable | held by PID since OLD           | old/old
pending   | corrupt   | 49 | unreachable | [unreachable: allocation unreadable] | unreachable: allocation unreadable | held by PID since OLD           | new/-
corrupt   | corrupt   | 27 | unreachable | [unreachable: allocation unreadable] | unreachable: allocation unreadable | held by PID since OLD           | old/old
log-less  | corrupt   | 39 | unreachable | [unreachable: allocation unreadable] | unreachable: allocation unreadable | held by PID since OLD           | old/old
cancelled | corrupt   | 15 | unreachable | [unreachable: allocation unreadable] | unreachable: allocation unreadable | held by PID since OLD           | old/old
garbled   | corrupt   | 33 | unreachable | [unreachable: allocation unreadable] | unreachable: allocation unreadable | held by PID since OLD           | -/-

none      | elsewhere | 46 | on node17   | [pending segment]                    | on node17                          | on node17                       | -/-
good      | elsewhere | 22 | on node17   | last line                            | on node17                          | on node17                       | old/old
pending   | elsewhere | 50 | on node17   | [pending segment]                    | on node17                          | on node17                       | new/-
corrupt   | elsewhere | 28 | on node17   | [corrupt: LOG:1]                     | on node17                          | on node17                       | old/old
log-less  | elsewhere | 40 | on node17   | [empty]                              | on node17                          | on node17                       | old/old
cancelled | elsewhere | 16 | on node17   | last line                            | on node17                          | on node17                       | old/old
garbled   | elsewhere | 34 | on node17   | [corrupt: metadata.json:2]           | on node17                          | on node17                       | -/-
";

#[tokio::test(start_paused = true)]
async fn every_stored_half_by_every_live_half() {
    let mut combinations = Combinations::build();
    let heard = combinations.wait_until_all_speakers_are_heard();
    let world = &combinations.world;
    let before = world.files();
    let vantage = combinations.vantage();
    let list = look_at_all(&world.roots, PATIENCE, || vantage).await;
    heard.await.expect("every host that speaks was heard");
    assert_eq!(world.files(), before, "looking changes nothing");

    let mut found: BTreeMap<PodName, String> = BTreeMap::new();
    for (place, row) in list.rows.iter().enumerate() {
        let line = format!("{} | {}", place + 1, combinations.described(row));
        found.insert(row.name.clone(), line);
    }
    let expected: Vec<String> = TABLE.lines().map(cells).collect();
    let mut expected = expected.iter().filter(|line| !line.is_empty());
    assert!(
        expected
            .next()
            .is_some_and(|head| head.starts_with("stored | live"))
    );
    for live in LIVE {
        for stored in STORED {
            let line = found.remove(&pod_of(stored, live));
            let line = line.unwrap_or_else(|| "- | no row".to_owned());
            let line = cells(&format!("{stored} | {live} | {line}"));
            assert_eq!(Some(&line), expected.next());
        }
    }
    assert_eq!((expected.next(), found.len()), (None, 0));
    combinations.check_warnings(&list.warnings);
}

/// A line without what only aligns it.
fn cells(line: &str) -> String {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    cells.join(" | ")
}
