//! What a record says, in one printable line.

use pod_protocol::{
    ChannelReadings, Event, Exit, Fields, ItemOutcome, Progress, Reading, Record, SignalReason,
    printable, short_duration,
};
use serde_json::Value;

use crate::screen::spans;

/// The longest summary, in bytes, so that a row costs the same whatever a run writes.
const SUMMARY_BYTES_MAX: usize = 1_024;

/// The longest name of a channel before its value, so that the value is seen.
const NAME_COLUMNS_MAX: usize = 28;

/// The line.
pub(crate) fn summarise(record: &Record) -> String {
    let text = said_by_run(&Event::read(record)).unwrap_or_else(|| fields(&record.fields));
    let text = printable(&text);
    text[..text.floor_char_boundary(SUMMARY_BYTES_MAX)].to_owned()
}

/// What a run reports about itself.
fn said_by_run(event: &Event) -> Option<String> {
    Some(match event {
        Event::ItemStarted(item) => item.label.clone().unwrap_or_else(|| item.item.clone()),
        Event::ItemFinished(item) => {
            let detail = item.detail.as_ref().map(|detail| format!(": {detail}"));
            format!(
                "{} {}{}",
                item.item,
                outcome(item.outcome),
                detail.unwrap_or_default()
            )
        }
        Event::Progress(progress) => progress_text(progress),
        Event::Step(step) => step.label.clone(),
        Event::Channel(ChannelReadings::One(one)) => reading(one),
        Event::Channel(ChannelReadings::Many { readings }) => {
            readings.iter().map(reading).collect::<Vec<_>>().join("  ")
        }
        Event::Log(log) => log.message.clone(),
        Event::Artifact(artifact) => match &artifact.label {
            Some(label) => format!("{label}: {}", artifact.path),
            None => artifact.path.clone(),
        },
        Event::TableRow(row) => format!("{}: {}", row.table, fields(&row.row)),
        Event::Activity(declared) => declared.activity.clone(),
        Event::PromptAsked(prompt) => prompt.title.clone(),
        event => return said_by_host(event),
    })
}

/// What its host writes down.
fn said_by_host(event: &Event) -> Option<String> {
    Some(match event {
        Event::SegmentStarted(started) => started.command.join(" "),
        Event::SegmentResumed(resumed) => {
            format!(
                "the segment before was {}; resumed {}×",
                resumed.outcome, resumed.resumed
            )
        }
        Event::ChildStarted(child) => format!("pid {}", child.pid),
        Event::ChildExited(child) => {
            let used = child.usage.as_ref().map(|usage| {
                let (cpu_ms, peak) = (usage.user_ms + usage.system_ms, usage.memory_peak_kib);
                format!(
                    " · cpu {} · peak {}",
                    short_duration(cpu_ms),
                    kibibytes(peak)
                )
            });
            format!("{}{}", exit(child.exit), used.unwrap_or_default())
        }
        Event::StopRequested(asked) | Event::CancelRequested(asked) => {
            let by = asked.by.as_deref().map(|by| format!("by {by}"));
            let grace = asked
                .grace_ms
                .map(|ms| format!("{} to finish", short_duration(ms)));
            [by, grace]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" · ")
        }
        Event::SignalSent(sent) => {
            let plural = if sent.processes == 1 { "" } else { "es" };
            let why = match sent.reason {
                Some(SignalReason::TimeLimit) => " · over its time limit",
                Some(SignalReason::Reap) => " · left behind",
                Some(SignalReason::Unknown) | None => "",
            };
            format!("{} to {} process{plural}{why}", sent.name, sent.processes)
        }
        Event::SignalRequested(asked) => {
            let what = match asked.name.as_str() {
                "SIGSTOP" => "pause",
                "SIGCONT" => "continue",
                name => name,
            };
            let by = asked.by.as_deref().map(|by| format!(" · by {by}"));
            format!("{what}{}", by.unwrap_or_default())
        }
        Event::RetryScheduled(retry) => format!("attempt {} of {}", retry.attempt, retry.of),
        Event::Degraded(degraded) => degraded.reason.clone(),
        Event::Gap(gap) => format!(
            "{} bytes of output are no longer kept",
            gap.to.since(gap.from)
        ),
        Event::SegmentEnded(ended) => {
            let limit = ended.timed_out.then(|| "over its time limit".to_owned());
            let left = (ended.left > 0).then(|| left_behind(ended.left));
            let parts = [Some(exit(ended.exit)), limit, left];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
        }
        Event::RunClosed(closed) => closed.outcome.to_string(),
        _ => return None,
    })
}

/// How far a run says that it is: its own label, else the numbers.
pub(crate) fn progress_text(progress: &Progress) -> String {
    let numbers = match (progress.done, progress.total) {
        (Some(done), Some(total)) => format!("{}/{}", number(done), number(total)),
        (Some(done), None) => number(done),
        _ => String::new(),
    };
    let numbers = match &progress.unit {
        Some(unit) if !numbers.is_empty() => format!("{unit} {numbers}"),
        _ => numbers,
    };
    match &progress.label {
        Some(label) if numbers.is_empty() => label.clone(),
        Some(label) => format!("{numbers} · {label}"),
        None => numbers,
    }
}

/// How many processes a command left behind, in words.
pub(crate) fn left_behind(left: u32) -> String {
    match left {
        1 => "1 process left behind".to_owned(),
        left => format!("{left} processes left behind"),
    }
}

/// How a command ended, in words.
pub(crate) fn exit(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit {code}"),
        Exit::Signal(signal) => format!("signal {signal}"),
    }
}

fn outcome(outcome: ItemOutcome) -> &'static str {
    match outcome {
        ItemOutcome::Passed => "passed",
        ItemOutcome::Failed => "failed",
        ItemOutcome::Errored => "errored",
        ItemOutcome::Skipped => "skipped",
    }
}

fn reading(reading: &Reading) -> String {
    let unit = reading.unit.as_ref().map(|unit| format!(" {unit}"));
    format!(
        "{} {}{}",
        spans::cut_middle(&reading.name, NAME_COLUMNS_MAX),
        number(reading.value),
        unit.unwrap_or_default()
    )
}

/// A number as people write it: no decimals where there are none, else four significant digits.
fn number(value: f64) -> String {
    if !value.is_finite() || (value.fract() == 0.0 && value.abs() < 1e15) {
        return value.to_string();
    }
    let magnitude = value.abs();
    if !(1e-4..1e6).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = match magnitude {
        ..1.0 => 4,
        ..10.0 => 3,
        ..100.0 => 2,
        _ => 1,
    };
    format!("{value:.decimals$}")
}

/// Memory as people read it.
pub(crate) fn kibibytes(kibibytes: u64) -> String {
    match kibibytes {
        0..1_024 => format!("{kibibytes} KiB"),
        1_024..1_048_576 => format!("{} MiB", kibibytes / 1_024),
        _ => format!(
            "{}.{} GiB",
            kibibytes / 1_048_576,
            kibibytes % 1_048_576 * 10 / 1_048_576
        ),
    }
}

/// What nobody knows the meaning of, as `field=value` pairs.
fn fields(fields: &Fields) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if text.len() > SUMMARY_BYTES_MAX {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(name);
        text.push('=');
        match value {
            Value::String(value) => text.push_str(value),
            value => text.push_str(&value.to_string()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use pod_protocol::{Draft, Offset, Seq, Timestamp};

    use super::*;

    #[test]
    fn records_say_what_matters() {
        let check = |line: &str, expected: &str| {
            let draft = Draft::from_line(line.as_bytes()).expect(line);
            let record = draft.number(Seq::FIRST, Timestamp::default(), 0, Offset(0));
            assert_eq!(summarise(&record), expected, "{line}");
        };
        check(
            r#"{"kind":"item.finished","item":"a","outcome":"failed","detail":"x < 1"}"#,
            "a failed: x < 1",
        );
        check(
            r#"{"kind":"progress","done":27,"total":50,"unit":"epoch"}"#,
            "epoch 27/50",
        );
        check(
            r#"{"kind":"progress","done":1.5,"label":"warming up"}"#,
            "1.500 · warming up",
        );
        check(r#"{"kind":"progress","label":"warming up"}"#, "warming up");
        check(
            r#"{"kind":"channel","name":"loss","value":0.03125,"unit":"nat"}"#,
            "loss 0.0312 nat",
        );
        check(
            r#"{"kind":"channel","readings":[{"name":"a","value":1},{"name":"b","value":2e-9}]}"#,
            "a 1  b 2.000e-9",
        );
        check(
            r#"{"kind":"child.exited","code":2,"usage":{"user_ms":1000,"system_ms":500,"memory_peak_kib":2048}}"#,
            "exit 2 · cpu 1.5s · peak 2 MiB",
        );
        check(
            r#"{"kind":"channel","name":"cluster.rack-07.node-13.gpu-2.celsius","value":30.5}"#,
            "cluster.rack-0…gpu-2.celsius 30.50",
        );
        check(r#"{"kind":"child.exited","signal":9}"#, "signal 9");
        check(
            r#"{"kind":"signal.sent","signal":2,"name":"SIGINT","processes":1}"#,
            "SIGINT to 1 process",
        );
        check(
            r#"{"kind":"signal.sent","signal":2,"name":"SIGINT","processes":2,"reason":"time_limit"}"#,
            "SIGINT to 2 processes · over its time limit",
        );
        check(
            r#"{"kind":"signal.requested","signal":19,"name":"SIGSTOP","by":"ann"}"#,
            "pause · by ann",
        );
        check(
            r#"{"kind":"segment.ended","signal":15,"duration_ms":7,"left":1,"timed_out":true}"#,
            "signal 15 · over its time limit · 1 process left behind",
        );
        check(
            r#"{"kind":"stop.requested","by":"ann","grace_ms":10000}"#,
            "by ann · 10.0s to finish",
        );
        check(
            r#"{"kind":"table.row","table":"scores","row":{"epoch":4,"loss":0.5,"name":"a b"}}"#,
            "scores: epoch=4 loss=0.5 name=a b",
        );
        check(r#"{"kind":"my.event","a":"x","b":[1,2]}"#, "a=x b=[1,2]");
        check(
            r#"{"kind":"log","message":"\u001b]0;evil\u0007\u202e"}"#,
            "\u{fffd}]0;evil\u{fffd}\u{fffd}",
        );
    }

    #[test]
    fn a_summary_is_bounded() {
        let line = format!(r#"{{"kind":"log","message":"{}"}}"#, "ü".repeat(100_000));
        let draft = Draft::from_line(line.as_bytes()).expect("a draft");
        let record = draft.number(Seq::FIRST, Timestamp::default(), 0, Offset(0));
        assert!(summarise(&record).len() <= SUMMARY_BYTES_MAX);
    }
}
