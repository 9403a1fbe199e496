use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Offset, Record, RunState, Timestamp};

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

/// Pieces that make JSON lines, or nearly.
fn line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["kind", "a", "b", "seq", "\\u0061", "label", "é"]);
    let leaf = prop::sample::select(vec![
        "1",
        "-0",
        "1.50",
        "1E3",
        "\"x\"",
        "\"a.b\"",
        "\"\\u001b\\/\"",
        "null",
        "true",
        "01",
        "\"\n\"",
    ])
    .prop_map(str::to_owned);
    let value = leaf.prop_recursive(3, 12, 4, move |inner| {
        let name = prop::sample::select(vec!["a", "b", "\\u0061"]);
        let field = (name, inner.clone()).prop_map(|(name, value)| format!("\"{name}\" :{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(|all| format!("[{}]", all.join(" ,"))),
            prop::collection::vec(field, 0..3).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    });
    let field = (name, value).prop_map(|(name, value)| format!("\"{name}\": {value}"));
    let kind = prop::sample::select(vec!["x", "progress", "log", "gap"]);
    (prop::collection::vec(field, 0..4), kind, 0..5_usize).prop_map(|(mut fields, kind, at)| {
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
}
