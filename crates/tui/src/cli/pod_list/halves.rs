//! Rows of every kind: each stored half by each live half, in the order of the list.

use std::collections::BTreeMap;

use discovery::{Contents, Live, PodList, Reach, Stored, StoredRun, Unreachable, merge, order};
use pod_client::Endpoint;
use pod_protocol::{
    Activity, Hello, Offset, PROTOCOL_VERSION, PodName, SegmentId, Seq, SessionId, Status, Summary,
    Timestamp,
};

pub(crate) const STORED: [&str; 6] = [
    "none",
    "good",
    "pending",
    "corrupt",
    "log-less",
    "cancelled",
];
pub(crate) const LIVE: [&str; 8] = [
    "none",
    "reachable",
    "silent",
    "refusing",
    "starting",
    "stale",
    "corrupt",
    "elsewhere",
];
/// The log of the run that is stored.
const LOG: &str = "sessions/019e5bc6-c3f3-7000-8000-0000000001d0/log.jsonl";

/// When the rows are looked at.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T15:00:00Z".parse().expect("RFC 3339")
}

fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_millis(now().as_millis() - seconds * 1_000)
}

/// The run that is stored.
fn old_session() -> SessionId {
    "019e5bc6-c3f3-7000-8000-0000000001d0"
        .parse()
        .expect("a UUID")
}

fn old_segment() -> SegmentId {
    "019e5bc6-c3f4-7000-8000-0000000001d0"
        .parse()
        .expect("a UUID")
}

/// The launch that is pending or alive.
fn new_session() -> SessionId {
    "019e6bc6-c3f3-7000-8000-0000a1c293f7"
        .parse()
        .expect("a UUID")
}

/// Known to the registry alone where the launch is pending.
fn new_segment() -> SegmentId {
    "019e6bc6-c3f4-7000-8000-0000a1c293f7"
        .parse()
        .expect("a UUID")
}

/// All of them. A row that has neither half is none, and a stale allocation is no live half.
pub(crate) fn every_row() -> PodList {
    let (mut lives, mut storeds) = (BTreeMap::new(), BTreeMap::new());
    for stored in STORED {
        for live in LIVE {
            let name = PodName::new(format!("{stored}-{live}")).expect("a name");
            lives.extend(live_half(live, &name).map(|half| (name.clone(), half)));
            storeds.extend(stored_half(stored).map(|half| (name.clone(), half)));
        }
    }
    let mut rows = merge(lives, storeds);
    order(&mut rows);
    PodList {
        rows,
        hidden: 0,
        warnings: Vec::new(),
    }
}

fn stored_half(kind: &str) -> Option<Stored> {
    let contents = match kind {
        "none" => return None,
        "good" => run(Status::Stopped, 7_300),
        "cancelled" => run(Status::Cancelled, 90),
        "pending" => Contents::PendingSegment,
        "log-less" => Contents::LogMissing,
        "corrupt" => Contents::LogCorrupt {
            file: LOG.into(),
            line: 1,
        },
        other => panic!("no stored half {other}"),
    };
    let pending = contents == Contents::PendingSegment;
    let session = if pending {
        new_session()
    } else {
        old_session()
    };
    Some(Stored {
        created_at: Some(ago(100_000)),
        pinned: false,
        session: Some(session),
        segment: (!pending).then(old_segment),
        contents,
    })
}

fn run(status: Status, seconds: i64) -> Contents {
    Contents::Run(Box::new(StoredRun {
        status,
        latched: true,
        exit: None,
        duration_ms: Some(252_000),
        timed_out: false,
        left: 0,
        parent: None,
        summary: Summary {
            updated_at: Some(ago(seconds)),
            requested: Some("stop".to_owned()),
            done: 412,
            planned: Some(900),
            preview: "test_flash".to_owned(),
            ..Summary::default()
        },
        labels: Default::default(),
        errored_items: 0,
        cancelled_by: Some("ada".to_owned()),
        cwd_gone: None,
        damage: None,
    }))
}

fn live_half(kind: &str, name: &PodName) -> Option<Live> {
    let endpoint = Endpoint::Socket("/nowhere.sock".into());
    let reach = match kind {
        "none" | "stale" => return None,
        "reachable" => {
            let hello = Box::new(hello(name));
            Reach::Answering { endpoint, hello }
        }
        "silent" => Reach::Silent { endpoint },
        "refusing" => Reach::Unreachable(Unreachable::NobodyListens),
        "starting" => Reach::Starting,
        "corrupt" => Reach::Unreachable(Unreachable::BadAllocation),
        "elsewhere" => Reach::Elsewhere {
            host_name: "node17".to_owned(),
        },
        other => panic!("no live half {other}"),
    };
    let told = !matches!(kind, "corrupt" | "elsewhere");
    Some(Live {
        reach,
        pid: Some(4242),
        since: Some(ago(if kind == "starting" { 1 } else { 60 })),
        session: told.then(new_session),
        segment: (told && kind != "starting").then(new_segment),
    })
}

fn hello(name: &PodName) -> Hello {
    Hello {
        protocol: PROTOCOL_VERSION,
        tool: "0.1.0".to_owned(),
        pod: name.clone(),
        session: new_session(),
        segment: Some(new_segment()),
        pid: 4242,
        status: Status::Running,
        next_seq: Seq(9),
        length: Offset(0),
        summary: Summary {
            updated_at: Some(ago(2)),
            activity: Some(Activity::Streaming),
            fraction: Some(0.54),
            preview: "epoch 27/50".to_owned(),
            ..Summary::default()
        },
    }
}
