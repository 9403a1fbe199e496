//! Records: dense, in order, and nobody's forgery.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::logs::{Segment, Session};

/// Kinds that end a segment's log, or are of the host alone: a victim's forgeries name `nobody`.
const FORGED_BY: &str = "nobody";

/// Checks the records of a session as such. `whole` says that the disk took everything.
pub(crate) fn numbers(session: &Session, whole: bool) -> Result<()> {
    let mut next_seq = 1;
    let mut out_base = 0;
    let mut previous: Option<&Segment> = None;
    for (index, segment) in session.segments.iter().enumerate() {
        let first = segment.first();
        let at = |what: &str| format!("{what} of segment {}: {first}", segment.id);
        ensure!(first["kind"] == "segment.started", at("first record"));
        ensure!(first["ordinal"] == index as u64 + 1, at("ordinal"));
        ensure!(first["first_seq"] == next_seq, at("first number"));
        ensure!(first["segment"] == segment.id.as_str(), at("id"));
        if whole {
            ensure!(first["out_base"] == out_base, at("first offset"));
        }
        let before = previous.map(|previous| previous.id.as_str());
        ensure!(first["previous"].as_str() == before, at("previous segment"));
        check_segment(segment, &mut next_seq, whole)?;
        out_base = segment.out_base() + segment.out.len() as u64;
        previous = Some(segment);
    }
    Ok(())
}

fn check_segment(segment: &Segment, next_seq: &mut u64, whole: bool) -> Result<()> {
    let length = segment.out_base() + segment.out.len() as u64;
    let (mut last_out, mut last_t) = (0, 0);
    for (index, record) in segment.records.iter().enumerate() {
        let number = |field: &str| -> Result<u64> {
            let number = record[field].as_u64();
            number.with_context(|| format!("no {field} in {record}"))
        };
        ensure!(
            number("seq")? == *next_seq,
            "{next_seq} was expected, not {record}"
        );
        let (out, t) = (number("out")?, number("t")?);
        ensure!(out >= last_out, "offsets go back: {record}");
        ensure!(t >= last_t, "time goes back: {record}");
        ensure!(
            out <= length || !whole,
            "a record is ahead of the {length} bytes of output: {record}"
        );
        ensure!(record["kind"].is_string(), "no kind: {record}");
        ensure!(
            record["by"] != FORGED_BY || is_warning(record),
            "a forged record was taken: {record}"
        );
        let is_last = index + 1 == segment.records.len();
        ensure!(
            record["kind"] != "run.closed" || is_last,
            "records follow the end of the run: {record}"
        );
        (last_out, last_t) = (out, t);
        *next_seq += 1;
    }
    Ok(())
}

fn is_warning(record: &Value) -> bool {
    record["kind"] == "log"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn session(records: &[Value]) -> Session {
        let directory = tempfile::tempdir().expect("a directory");
        let text: String = records.iter().map(|record| format!("{record}\n")).collect();
        std::fs::write(directory.path().join("s.jsonl"), text).expect("a log");
        Session::read(directory.path()).expect("a session")
    }

    fn start() -> Value {
        json!({"seq": 1, "t": 0, "out": 0, "kind": "segment.started", "segment": "s",
               "ordinal": 1, "first_seq": 1, "out_base": 0})
    }

    #[test]
    fn a_whole_log_passes_and_each_kind_of_damage_is_seen() {
        let at = |seq: u64, t: u64, kind: &str| json!({"seq": seq, "t": t, "out": 0, "kind": kind});
        let check = |rest: &[Value], good: bool| {
            let mut records = vec![start()];
            records.extend_from_slice(rest);
            let checked = numbers(&session(&records), true);
            assert_eq!(checked.is_ok(), good, "{rest:?}: {checked:?}");
        };
        check(&[], true);
        check(&[at(2, 1, "child.started"), at(3, 1, "run.closed")], true);
        check(&[at(3, 1, "child.started")], false);
        check(&[at(1, 1, "child.started")], false);
        check(&[at(2, 1, "run.closed"), at(3, 1, "log")], false);
        check(&[at(2, 5, "log"), at(3, 4, "log")], false);
        check(&[json!({"seq": 2, "t": 1, "out": 9, "kind": "log"})], false);
        let forged =
            json!({"seq": 2, "t": 1, "out": 0, "kind": "cancel.requested", "by": "nobody"});
        check(&[forged], false);
    }
}
