//! How a record feels, for colour and glyph.

use crate::Record;

/// The colour family of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Something begins or goes on.
    Active,
    /// Something went well.
    Good,
    /// Something went wrong.
    Bad,
    /// Something wants a look.
    Caution,
    /// Anything else.
    Neutral,
}

/// The tone of a record, by its payload first and its kind second.
#[must_use]
pub fn tone(record: &Record) -> Tone {
    let word = ["outcome", "status"]
        .iter()
        .find_map(|field| record.text(field));
    if matches!(word, Some("failed" | "errored")) {
        return Tone::Bad;
    }
    if matches!(word, Some("stopped" | "cancelled" | "interrupted")) {
        return Tone::Caution;
    }
    let kind = record.kind.as_str();
    let is_end = matches!(kind, "child.exited" | "segment.ended");
    // An end that was asked for is no trouble, whatever the command made of the request.
    if is_end && record.fields.contains_key("requested") {
        return Tone::Caution;
    }
    match (kind, kind.rsplit('.').next().unwrap_or(kind)) {
        ("log", _) => log_tone(record.text("level")),
        _ if is_end && !exited_with_zero(record) => Tone::Bad,
        ("stop.requested" | "cancel.requested" | "signal.requested" | "signal.sent" | "gap", _)
        | ("retry.scheduled" | "prompt.asked" | "prompt.expired" | "host.degraded", _) => {
            Tone::Caution
        }
        ("child.exited" | "segment.ended" | "run.closed" | "host.recovered", _) => Tone::Good,
        (_, "started") => Tone::Active,
        (_, "finished" | "created" | "fitted") => Tone::Good,
        (_, "failed") => Tone::Bad,
        _ if kind.starts_with("error") => Tone::Bad,
        _ if kind.starts_with("warning") => Tone::Caution,
        _ => Tone::Neutral,
    }
}

fn log_tone(level: Option<&str>) -> Tone {
    match level {
        Some("error" | "fatal" | "critical") => Tone::Bad,
        Some("warning" | "warn") => Tone::Caution,
        _ => Tone::Neutral,
    }
}

fn exited_with_zero(record: &Record) -> bool {
    record
        .fields
        .get("code")
        .and_then(serde_json::Value::as_i64)
        == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Draft, Offset, Seq, Timestamp};

    #[test]
    fn the_tone_table() {
        let check = |line: &str, expected| {
            let draft = Draft::from_line(line.as_bytes()).expect(line);
            let record = draft.number(Seq::FIRST, Timestamp::default(), 0, Offset(0));
            assert_eq!(tone(&record), expected, "{line}");
        };
        check(r#"{"kind":"item.started","item":"a"}"#, Tone::Active);
        check(
            r#"{"kind":"item.finished","item":"a","outcome":"passed"}"#,
            Tone::Good,
        );
        check(
            r#"{"kind":"item.finished","item":"a","outcome":"failed"}"#,
            Tone::Bad,
        );
        check(r#"{"kind":"model.fitted"}"#, Tone::Good);
        check(r#"{"kind":"model.fitted","status":"errored"}"#, Tone::Bad);
        check(r#"{"kind":"upload.failed"}"#, Tone::Bad);
        check(r#"{"kind":"error.network"}"#, Tone::Bad);
        check(r#"{"kind":"warning"}"#, Tone::Caution);
        check(
            r#"{"kind":"log","level":"warning","message":"x"}"#,
            Tone::Caution,
        );
        check(r#"{"kind":"child.exited","code":0}"#, Tone::Good);
        check(r#"{"kind":"child.exited","code":2}"#, Tone::Bad);
        check(
            r#"{"kind":"child.exited","signal":2,"requested":"stop"}"#,
            Tone::Caution,
        );
        check(
            r#"{"kind":"segment.ended","code":0,"requested":"cancel"}"#,
            Tone::Caution,
        );
        check(
            r#"{"kind":"segment.ended","signal":15,"timed_out":true}"#,
            Tone::Bad,
        );
        check(r#"{"kind":"run.closed","outcome":"passed"}"#, Tone::Good);
        check(
            r#"{"kind":"run.closed","outcome":"stopped"}"#,
            Tone::Caution,
        );
        check(r#"{"kind":"progress","done":1}"#, Tone::Neutral);
    }
}
