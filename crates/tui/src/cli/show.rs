//! `tui show`: everything known about a pod.

use std::fmt::Write;

use anyhow::Result;
use discovery::{Relative, Row, StoredRun};
use pod_protocol::{SessionId, Timestamp, printable, short_bytes, short_duration};

use super::{
    arguments::ReadOptions,
    json::{self, ShowDocument},
    print,
    roots::Roots,
    runtime, target,
};

pub(crate) fn show(roots: &Roots, options: &ReadOptions) -> Result<u8> {
    let row = runtime()?.block_on(target::find_to_read(roots, &options.pod))?;
    let lineage = row
        .session()
        .map(|session| discovery::lineage(&roots.for_discovery(), session))
        .unwrap_or_default();
    if options.json {
        print(&json::line(&ShowDocument::of(&row, &lineage)))?;
    } else {
        print(text(&row, &lineage, json::now()).as_bytes())?;
    }
    Ok(0)
}

/// A two-column list; what is unknown is left out.
fn text(row: &Row, lineage: &[Relative], now: Timestamp) -> String {
    let summary = row.summary();
    let mut facts: Vec<(&str, String)> = vec![
        ("pod", row.name.to_string()),
        ("status", row.status().word()),
    ];
    let mut fact = |name, value: Option<String>| {
        facts.extend(
            value
                .filter(|value| !value.is_empty())
                .map(|value| (name, value)),
        );
    };
    let run = row
        .stored
        .as_ref()
        .filter(|_| row.live.is_none())
        .and_then(|stored| stored.run());
    fact("activity", summary.and_then(activity_text));
    let waiting_for = summary.and_then(|summary| summary.waiting_for.as_ref());
    fact("waits", waiting_for.map(ToString::to_string));
    fact(
        "requested",
        summary.and_then(|summary| summary.requested.clone()),
    );
    fact("exit", run.and_then(end_text));
    fact("left", run.and_then(|run| left_text(run.left)));
    fact(
        "duration",
        run.and_then(|run| run.duration_ms).map(short_duration),
    );
    fact("items", summary.and_then(items_text));
    fact("resumed", summary.and_then(resumed_text));
    fact("command", summary.map(|summary| summary.command.clone()));
    fact("directory", summary.map(|summary| summary.cwd.clone()));
    fact("parent", row.parent().map(ToString::to_string));
    fact("session", row.session().map(|id| id.to_string()));
    fact("segment", row.segment().map(|id| id.to_string()));
    fact(
        "host pid",
        row.live
            .as_ref()
            .and_then(|live| live.pid)
            .map(|pid| pid.to_string()),
    );
    fact(
        "started",
        summary
            .and_then(|s| s.started_at)
            .map(|at| time_text(at, now)),
    );
    let updated = Some(row.updated_at()).filter(|at| *at != Timestamp::default());
    fact("updated", updated.map(|at| time_text(at, now)));
    fact(
        "degraded",
        summary.and_then(|summary| summary.degraded.clone()),
    );
    fact("gone", summary.and_then(gone_text));
    fact("last", Some(row.preview()));
    fact("attach", Some(verdict(row.attachable().map(drop))));
    fact("resume", Some(verdict(row.restorable())));
    let own = row.session();
    let tree = lineage.iter().filter(|_| lineage.len() > 1);
    for (index, relative) in tree.enumerate() {
        let label = if index == 0 { "lineage" } else { "" };
        facts.push((label, relative_text(relative, own, now)));
    }
    two_columns(&facts)
}

fn activity_text(summary: &pod_protocol::Summary) -> Option<String> {
    let activity = summary.activity.map(pod_protocol::Activity::as_str);
    let word = if summary.paused {
        Some("paused")
    } else {
        activity
    };
    word.map(str::to_owned)
}

fn two_columns(facts: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in facts {
        writeln!(text, "{name:10} {}", printable(value)).expect("writing to a String cannot fail");
    }
    text
}

fn verdict(answer: Result<(), impl std::fmt::Display>) -> String {
    answer.map_or_else(|reason| format!("no: {reason}"), |()| "yes".to_owned())
}

fn end_text(run: &StoredRun) -> Option<String> {
    let limit = if run.timed_out {
        " · over its time limit"
    } else {
        ""
    };
    run.exit.map(|exit| exit_text(exit) + limit)
}

fn exit_text(exit: pod_protocol::Exit) -> String {
    match exit {
        pod_protocol::Exit::Code(code) => format!("code {code}"),
        pod_protocol::Exit::Signal(signal) => format!("signal {signal}"),
    }
}

fn left_text(left: u32) -> Option<String> {
    match left {
        0 => None,
        1 => Some("1 process left behind".to_owned()),
        left => Some(format!("{left} processes left behind")),
    }
}

fn gone_text(summary: &pod_protocol::Summary) -> Option<String> {
    let gone = Some(summary.gone_bytes).filter(|bytes| *bytes > 0)?;
    Some(format!("{} of output no longer kept", short_bytes(gone)))
}

fn items_text(summary: &pod_protocol::Summary) -> Option<String> {
    match (summary.done, summary.planned) {
        (0, None) => None,
        (done, None) => Some(format!("{done} done")),
        (done, Some(planned)) => Some(format!("{done} of {planned} done")),
    }
}

/// How often it was taken up again, and how often of these by itself.
fn resumed_text(summary: &pod_protocol::Summary) -> Option<String> {
    match (summary.resumed, summary.recovered) {
        (0, _) => None,
        (resumed, 0) => Some(format!("{resumed}×")),
        (resumed, recovered) => Some(format!("{resumed}×, {recovered} of them recovered")),
    }
}

/// A line of a lineage: a rerun stands below what it repeats, further to the right.
pub(crate) fn relative_text(relative: &Relative, own: Option<SessionId>, now: Timestamp) -> String {
    let Relative { depth, session } = relative;
    let branch = match depth {
        0 => String::new(),
        depth => format!("{}└ ", "  ".repeat(depth - 1)),
    };
    let items = session
        .planned
        .map(|planned| format!("  {} of {planned} done", session.done));
    let age = short_duration(now.millis_since(session.created_at));
    let this = if Some(session.session) == own {
        "  ← this run"
    } else {
        ""
    };
    format!(
        "{branch}{} {}  {}{}  {age} ago{this}",
        session.pod,
        session.session.tail(),
        session.status,
        items.unwrap_or_default()
    )
}

fn time_text(at: Timestamp, now: Timestamp) -> String {
    format!("{at} ({} ago)", short_duration(now.millis_since(at)))
}
