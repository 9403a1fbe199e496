//! Runs to measure with: their records, their output, and the rows of a list of them.

use std::{collections::BTreeMap, path::PathBuf};

use discovery::{Contents, Live, PodList, Reach, Stored, StoredRun};
use pod_client::Endpoint;
use pod_protocol::{
    Activity, Draft, Exit, Hello, Offset, PROTOCOL_VERSION, PodName, Record, SegmentId, Seq,
    SessionId, Status, Summary, Timestamp,
};
use uuid::Uuid;

/// 20 November 2026.
const BEGAN: i64 = 1_795_168_800_000;
/// The kinds that runs write most.
const DRAFTS: [&str; 6] = [
    r#"{"kind":"item.started","item":"test_flash"}"#,
    r#"{"kind":"channel","readings":[{"name":"loss","value":2.31},{"name":"lr","value":0.0003}]}"#,
    r#"{"kind":"progress","done":27,"total":50,"unit":"epoch"}"#,
    r#"{"kind":"log","level":"warning","message":"gradient norm 14.2 clipped"}"#,
    r#"{"kind":"item.finished","item":"test_flash","outcome":"passed","duration_ms":842}"#,
    r#"{"kind":"table.row","table":"runs","row":{"epoch":27,"loss":0.213,"note":"best so far"}}"#,
];

fn at(t_ms: u64) -> Timestamp {
    Timestamp::from_millis(BEGAN + i64::try_from(t_ms).expect("some days"))
}

/// The first `count` records of a run that reports ten times a second.
pub(crate) fn records(count: u64) -> Vec<Record> {
    let drafts = DRAFTS.iter().cycle().zip(0..count);
    let record = |(draft, index): (&&str, u64)| {
        let draft = Draft::from_line(draft.as_bytes()).expect("a draft");
        let t_ms = index * 100;
        draft.number(Seq(index + 1), at(t_ms), t_ms, Offset(index * 40))
    };
    drafts.map(record).collect()
}

/// The record log of that run.
pub(crate) fn record_log(count: u64) -> Vec<u8> {
    let lines = records(count);
    let lines = lines.iter().map(|record| record.to_line().expect("short"));
    lines.collect::<Vec<_>>().concat()
}

/// Lines of output from the line `first` on, each 80 bytes with its newline and coloured like a test
/// runner's.
pub(crate) fn output(first: u64, lines: u64) -> Vec<u8> {
    let line = |number| {
        let text = format!("test viewport::case_{number:08} ... \x1b[32mok\x1b[0m {number:>28}");
        format!("{text:<79}\n").into_bytes()
    };
    (first..first + lines).flat_map(line).collect()
}

pub(crate) fn session(number: u64) -> SessionId {
    SessionId::new(Uuid::from_u128(
        0x019e_5bc6_c3f3_7000_8000_0000_0000_0000 + u128::from(number),
    ))
}

pub(crate) fn segment(number: u64) -> SegmentId {
    SegmentId::new(Uuid::from_u128(
        0x019e_5bc6_c3f4_7000_8000_0000_0000_0000 + u128::from(number),
    ))
}

/// What a host says first.
pub(crate) fn hello(number: u64) -> Hello {
    Hello {
        protocol: PROTOCOL_VERSION,
        tool: "0.1.0".to_owned(),
        pod: name(number),
        session: session(number),
        segment: Some(segment(number)),
        pid: 4_242,
        status: Status::Running,
        next_seq: Seq(812),
        length: Offset(183_422),
        summary: summary(number),
    }
}

fn name(number: u64) -> PodName {
    PodName::new(format!("train-{number:06}")).expect("a name")
}

fn summary(number: u64) -> Summary {
    Summary {
        started_at: Some(at(number * 1_000)),
        updated_at: Some(at(number * 1_000 + 724_000)),
        activity: Some(Activity::Streaming),
        fraction: Some(0.54),
        done: 27,
        planned: Some(50),
        command: "python train.py --epochs 50".to_owned(),
        cwd: "/home/ann/resnet".to_owned(),
        preview: "epoch 27  loss 0.213  accuracy 0.912".to_owned(),
        ..Summary::default()
    }
}

fn stored(number: u64) -> Stored {
    let run = StoredRun {
        status: Status::Passed,
        latched: true,
        exit: Some(Exit::Code(0)),
        duration_ms: Some(724_000),
        timed_out: false,
        left: 0,
        parent: None,
        summary: summary(number),
        errored_items: 0,
        cancelled_by: None,
        labels: BTreeMap::from([("gpu".to_owned(), "a100".to_owned())]),
        cwd_gone: None,
        damage: None,
    };
    Stored {
        created_at: Some(at(number * 1_000)),
        pinned: false,
        session: Some(session(number)),
        segment: Some(segment(number)),
        contents: Contents::Run(Box::new(run)),
    }
}

fn live(number: u64) -> Live {
    let endpoint = Endpoint::Socket(PathBuf::from("/run/user/1000/pods/a.sock"));
    let hello = Box::new(hello(number));
    Live {
        reach: Reach::Answering { endpoint, hello },
        pid: Some(4_242),
        since: Some(at(number * 1_000)),
        session: Some(session(number)),
        segment: Some(segment(number)),
    }
}

/// Both halves of a list of `count` pods. Every hundredth is live; half of these run for the first time.
pub(crate) fn halves(count: u64) -> (BTreeMap<PodName, Live>, Vec<(PodName, Stored)>) {
    let is_live = |number: &u64| number.is_multiple_of(100);
    let lives = (0..count).filter(is_live);
    let is_stored = |number: &u64| !number.is_multiple_of(200);
    let storeds = (0..count).filter(is_stored);
    (
        lives.map(|number| (name(number), live(number))).collect(),
        storeds
            .map(|number| (name(number), stored(number)))
            .collect(),
    )
}

/// The list of these pods, in order.
pub(crate) fn list(count: u64) -> PodList {
    let (live, stored) = halves(count);
    let mut rows = discovery::merge(live, stored);
    discovery::order(&mut rows);
    PodList {
        rows,
        hidden: 0,
        warnings: Vec::new(),
    }
}
