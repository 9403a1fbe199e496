use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Offset, Record, RunState, Timestamp, record::ENVELOPE};

fn stamp() -> Stamp {
    Stamp {
        at: Timestamp::from_millis(1_795_000_000_123),
        t_ms: 17,
        out: Offset(4_096),
    }
}

/// The lines of a log that has the drafts of `lines`, as far as they are drafts.
fn through_a_map(lines: &[&str]) -> Vec<u8> {
    let mut log = Vec::new();
    let mut seq = Seq(9);
    for line in lines {
        let Ok(draft) = Draft::from_line(line.as_bytes()) else {
            continue;
        };
        if draft.kind.is_reserved() {
            continue;
        }
        let Stamp { at, t_ms, out } = stamp();
        log.extend(draft.number(seq, at, t_ms, out).to_line().expect("short"));
        seq = seq.next();
    }
    log
}

fn reported(lines: &[&str]) -> Reports {
    let mut reports = Reports::default();
    for line in lines {
        // What is refused leaves no trace, which the comparison shows.
        let _ = reports.take_line(line.as_bytes());
    }
    reports
}

fn written(reports: &Reports) -> String {
    let mut log = Vec::new();
    reports
        .write_lines(Seq(9), stamp(), &mut log)
        .expect("short");
    String::from_utf8(log).expect("JSON is UTF-8")
}

/// The log, the events and the fold are those of the long way.
fn check(lines: &[&str]) {
    let log = String::from_utf8(through_a_map(lines)).expect("JSON is UTF-8");
    let reports = reported(lines);
    assert_eq!(written(&reports), log, "{lines:?}");
    let mut state = RunState::default();
    for (line, report) in log.lines().zip(reports.iter()) {
        let record = Record::from_line(line.as_bytes()).expect(line);
        assert_eq!(report.event(), Event::read(&record), "{line}");
        state.apply(&record);
    }
    let mut at_once = RunState::default();
    at_once.apply_reports(&reports, Seq(9), stamp());
    assert_eq!(at_once, state, "{lines:?}");
}

#[test]
fn a_report_is_recorded_as_through_a_map() {
    check(&[
        r#"{"kind":"progress","done":1,"total":2.50,"unit":"step","label":"a\tb"}"#,
        r#"  { "done" : 1 , "kind" : "progress" , "label" : "caf\u00e9 \/ \ud83d\ude00" }  "#,
        r#"{"kind":"x"}"#,
        r#"{"n":[1e15,-0,-0.0,0.1,18446744073709551615,18446744073709551616,-5],"kind":"x.y"}"#,
        r#"{"kind":"x","a":{"b":[],"c":{},"d":[[null,true],{"e":false}],"":"\u0000\u001f\u007f"}}"#,
        r#"{"kind":"channel","readings":[{"name":"a","value":1},{"name":"b","value":2e-7}]}"#,
        r#"{"kind":"item.finished","item":"a","outcome":"passed","duration_ms":3}"#,
        r#"{"kind":"item.finished","item":7}"#,
        r#"{"kind":"table.row","table":"t","row":{"z":1,"a":[2,{"y":1,"b":2}]}}"#,
        r#"{"kind":"log","message":"m","fields":{"deep":{"a":1}}}"#,
    ]);
}

#[test]
fn a_name_that_comes_twice_is_left_to_the_map() {
    check(&[
        r#"{"kind":"x","a":1,"b":2,"a":3}"#,
        r#"{"kind":"x","a":1,"\u0061":3}"#,
        r#"{"kind":"x","o":{"a":1,"b":{"a":5},"a":3}}"#,
        r#"{"kind":"x","kind":"y"}"#,
        r#"{"kind":"x","o":[{"a":1},{"a":1}],"p":{"a":1}}"#,
    ]);
    let many: Vec<String> = (0..100).map(|n| format!(r#""f{n}":{n}"#)).collect();
    check(&[&format!(r#"{{{},"kind":"x"}}"#, many.join(","))]);
}

#[test]
fn what_is_refused_leaves_its_neighbours_alone() {
    check(&[
        r#"{"kind":"a","v":1}"#,
        r#"{"kind":"run.closed","outcome":"passed"}"#,
        r#"{"v":1,"kind":"gap"}"#,
        r#"{"v":1,"seq":2,"kind":"x"}"#,
        r#"{"v":1,"kind":"x""#,
        r#"{"v":1,"kind":"x"} 7"#,
        r#"{"v":1}"#,
        r#"{"kind":7,"v":1}"#,
        r#"{"kind":"x y"}"#,
        r#"{"kind":"x","v":1e999}"#,
        r#"["kind"]"#,
        "",
        r#"{"kind":"b","v":2}"#,
    ]);
}

#[test]
fn a_payload_may_not_outgrow_a_record() {
    let numbers = vec!["1e15"; REPORT_BYTES_MAX / 6].join(",");
    let line = format!(r#"{{"kind":"x","n":[{numbers}]}}"#);
    let mut reports = Reports::default();
    let refused = reports.take_line(line.as_bytes());
    assert!(
        matches!(refused, Err(RecordError::TooLong { .. })),
        "{refused:?}"
    );
    assert!(reports.is_empty());
    assert_eq!(written(&reports), "");
}

#[test]
fn a_draft_of_the_host_stands_among_them() {
    let mut reports = reported(&[r#"{"kind":"a"}"#]);
    reports.take_draft(&Draft::new("log", &json!({"message": "m"})));
    let kinds: Vec<&str> = reports.iter().map(|report| report.kind).collect();
    assert_eq!(kinds, ["a", "log"]);
    assert!(written(&reports).ends_with(",\"kind\":\"log\",\"message\":\"m\"}\n"));
}

#[test]
fn whatever_the_protocol_knows_is_recorded_as_through_a_map() {
    let golden = include_str!("../../tests/golden/records.jsonl");
    let mut lines = Vec::new();
    for line in golden.lines() {
        let Record { kind, fields, .. } = Record::from_line(line.as_bytes()).expect(line);
        let payload = serde_json::to_string(&fields).expect("a map");
        let separator = if fields.is_empty() { "" } else { "," };
        lines.push(format!(r#"{{"kind":"{kind}"{separator}{}"#, &payload[1..]));
        // As others write it.
        lines.push(lines[lines.len() - 1].replace("\":", "\" : "));
    }
    check(&lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn no_field_of_the_envelope_is_taken() {
    for name in ENVELOPE {
        let line = format!(r#"{{"kind":"x","{name}":1}}"#);
        let refused = Reports::default().take_line(line.as_bytes());
        assert!(refused.is_err() || name == "kind", "{line}");
        check(&[&line]);
    }
}

#[test]
fn room_is_used_again() {
    let mut reports = reported(&[r#"{"kind":"a","v":1}"#, r#"{"kind":"b","v":"\u0001"}"#]);
    reports.clear();
    assert!(reports.is_empty());
    let line = r#"{"kind":"progress","done":7}"#;
    reports.take_line(line.as_bytes()).expect(line);
    assert_eq!(written(&reports), written(&reported(&[line])));
}

#[test]
fn what_is_deep_or_broken_is_left_to_the_map() {
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"kind":"x","deep":{open}{close}}}"#)
    };
    let deep: Vec<String> = [1, 31, 32, 33, 100, 126, 127, 128, 5_000].map(deep).into();
    check(&deep.iter().map(String::as_str).collect::<Vec<_>>());
    check(&[
        r#"{"kind":"x",}"#,
        r#"{,"kind":"x"}"#,
        r#"{"kind":"x" "a":1}"#,
        r#"{"kind":"x","a":[1,]}"#,
        r#"{"kind":"x","a":[1 2]}"#,
        r#"{"kind":"x","a":[}"#,
        r#"{"kind":"x","a":{"b":1,}}"#,
        r#"{"kind":"x","a":{"b"}}"#,
        r#"{"kind":"x","a":tru}"#,
        r#"{"kind":"x","a":truee}"#,
        r#"{"kind":"x","a":"b\"#,
        r#"{"kind":"x","a":"\é"}"#,
        r#"{"kind":"x","a":"\ud800"}"#,
        r#"{"kind":"x","a":1.2.3}"#,
        r#"{"kind":"x","a":-}"#,
        r#"{"kind":"x","a":"#,
        r#"{"kind":"x","a"}"#,
        r#"{"kind":"\u0078"}"#,
        r#"{"k\u0069nd":"x"}"#,
        r#"{"kind":"x","s\u0065q":1}"#,
        "{\"kind\":\"x\",\"a\":\"\u{7f}\"}",
        "{",
        "{}",
    ]);
}

const NAMES: &[&str] = &[
    "kind",
    "a",
    "b",
    "seq",
    "\\u0061",
    "label",
    "é",
    "done",
    "total",
    "unit",
    "item",
    "outcome",
    "duration_ms",
    "name",
    "value",
    "readings",
    "message",
    "level",
    "fields",
    "table",
    "row",
    "path",
    "activity",
];
const LEAVES: &[&str] = &[
    "1",
    "-0",
    "1.50",
    "0.25",
    "0.00001",
    "-7",
    "18446744073709551616",
    "1E3",
    "\"x\"",
    "\"a.b\"",
    "\"passed\"",
    "\"buffered\"",
    "\"ü and some more text than eight bytes\"",
    "\"\\u001b\\/\"",
    "null",
    "true",
    "01",
    "\"\n\"",
    r#"[{"name":"a","value":1}]"#,
];
const KINDS: &[&str] = &[
    "x",
    "gap",
    "progress",
    "step",
    "channel",
    "log",
    "table.row",
    "artifact",
    "activity",
    "item.started",
    "item.finished",
];

/// Pieces that make JSON lines, or nearly: of what has a meaning, and of what has none.
fn line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(NAMES);
    let leaf = prop::sample::select(LEAVES).prop_map(str::to_owned);
    let value = leaf.prop_recursive(3, 12, 4, move |inner| {
        let name = prop::sample::select(vec!["a", "b", "\\u0061"]);
        let field = (name, inner.clone()).prop_map(|(name, value)| format!("\"{name}\" :{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(|all| format!("[{}]", all.join(" ,"))),
            prop::collection::vec(field, 0..3).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    });
    let field = (name, value).prop_map(|(name, value)| format!("\"{name}\": {value}"));
    let kind = prop::sample::select(KINDS);
    (prop::collection::vec(field, 0..5), kind, 0..5_usize).prop_map(|(mut fields, kind, at)| {
        fields.insert(at.min(fields.len()), format!("\"kind\":\"{kind}\""));
        format!("{{{}}}", fields.join(","))
    })
}

proptest! {
    #[test]
    fn no_line_is_recorded_otherwise_than_through_a_map(
        lines in prop::collection::vec(line(), 1..4),
    ) {
        check(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// A line that somebody broke, at any place.
    #[test]
    fn no_damaged_line_is_either(line in line(), at in any::<prop::sample::Index>(), by in "[ -~\\x00]?") {
        let at = line.floor_char_boundary(at.index(line.len()));
        let damaged = format!("{}{by}{}", &line[..at], &line[at..]);
        let cut = &line[..at];
        check(&[&damaged, cut, &line[at..]]);
    }
}
