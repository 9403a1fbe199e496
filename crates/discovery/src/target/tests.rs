use pod_protocol::Status;

use super::*;
use crate::{
    Stored,
    fixtures::{at, pod, run, session, stored},
};

/// A pod whose run began at `millis` and whose session id ends in `number`.
fn row(name: &str, number: u128, millis: i64) -> Row {
    let mut run = run(Status::Passed);
    run.summary.started_at = Some(at(millis));
    let half = stored(run).expect("a half");
    Row {
        name: pod(name),
        live: None,
        stored: Some(Stored {
            session: Some(session(number)),
            ..half
        }),
    }
}

fn list() -> PodList {
    let rows = vec![
        row("train-resnet", 0x1111_aaaa, 30),
        row("train", 0x2222_aaaa, 20),
        row("docs", 0x3333_bbbb, 40),
        row("aaaa", 0x4444_cccc, 10),
    ];
    PodList {
        rows,
        ..PodList::default()
    }
}

fn found(target: &str) -> Result<String, TargetError> {
    let list = list();
    list.find(target).map(|row| row.name.to_string())
}

fn check(target: &str, name: &str) {
    assert_eq!(found(target).as_deref(), Ok(name), "{target}");
}

#[test]
fn a_pod_has_several_names() {
    check("train", "train");
    check("train-resnet", "train-resnet");
    check("latest", "docs");
    check("019e5bc6-c3f3-7000-8000-00003333bbbb", "docs");
    check("019E5BC6-C3F3-7000-8000-00003333BBBB", "docs");
    check("3333bbbb", "docs");
    check("…3333bbbb", "docs");
    check("bbbb", "docs");
    // A name wins over a part of an id.
    check("aaaa", "aaaa");
}

#[test]
fn a_part_of_several_ids_lists_them() {
    let fits = |target: &str| match found(target) {
        Err(TargetError::Ambiguous { candidates, .. }) => {
            let names = candidates.iter().map(|(name, _)| name.to_string());
            names.collect::<Vec<_>>().join(" ")
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(fits("019e5bc6"), "train-resnet train docs aaaa");
    let mut list = list();
    list.rows.pop();
    let several = list.find("aaaa").expect_err("two ids end so");
    assert!(matches!(several, TargetError::Ambiguous { candidates, .. } if candidates.len() == 2));
}

#[test]
fn a_typo_suggests_and_never_acts() {
    let nearest = |target: &str, name: Option<&str>| match found(target) {
        Err(TargetError::NotFound { nearest, .. }) => {
            assert_eq!(nearest.as_ref().map(PodName::as_str), name, "{target}");
        }
        other => panic!("{target}: {other:?}"),
    };
    nearest("trian", Some("train"));
    nearest("train-resent", Some("train-resnet"));
    nearest("dosc", Some("docs"));
    nearest("something-else", None);
    nearest("", None);
    // The end of an id, and too short to be meant as one.
    nearest("bbb", None);
    nearest("…", None);
    nearest("日本語日本語", None);
    // In the middle of an id.
    nearest("7000-8000", None);
    let empty = PodList::default();
    assert!(matches!(
        empty.find("latest"),
        Err(TargetError::NotFound { .. })
    ));
}
