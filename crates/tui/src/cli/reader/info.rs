//! What the Info tab asks for: the launch snapshot, the resources used, the files.

use std::{fs, ops::ControlFlow};

use discovery::{Cancel, Direction, RecordFilter, RecordScan, RunLog, Scanned};
use pod_protocol::{Event, Record, SegmentStarted, Seq, short_bytes, short_duration};
use pod_store::{ChildIo, SessionFile, Store};

use super::Desk;
use crate::screen::monitor::{Found, kibibytes};

/// The most variables that are listed: no environment that anybody reads has more.
const VARIABLES_MAX: usize = 500;
/// The longest value that is listed, in bytes.
const VALUE_BYTES_MAX: usize = 1_024;
/// The most files that are listed.
const FILES_MAX: usize = 100;

type Fact = (&'static str, String);

/// Reads it. What cannot be read is left out.
pub(super) fn read(desk: &Desk) {
    let store = Store::new(&desk.roots.state);
    let mut facts = Vec::new();
    let log = RunLog::open(&desk.roots.state, desk.session).ok();
    let last = log.as_ref().and_then(|log| log.segments().pop());
    if let Some(head) = last {
        facts.extend(of_segment(&head.started));
    }
    facts.extend(log.as_ref().and_then(used));
    facts.extend(files(desk, &store));
    // The longest part comes last.
    if let Ok(launched) = store.session_file(desk.session) {
        facts.extend(of_launch(&launched));
    }
    desk.tell(Found::Info(facts));
}

fn of_segment(started: &SegmentStarted) -> Vec<Fact> {
    let mut facts = vec![("tool", started.tool.clone())];
    if let Some(git) = &started.git {
        let changes = match git.dirty {
            Some(true) => ", with changes",
            Some(false) => "",
            None => ", changes unknown",
        };
        facts.push(("git", format!("{}{changes}", git.revision)));
    }
    facts
}

/// What the last command used that has ended.
fn used(log: &RunLog) -> Option<Fact> {
    let scan = RecordScan {
        range: Seq::FIRST..Seq(u64::MAX),
        filter: RecordFilter::kinds(&["child.exited"]).ok()?,
        direction: Direction::Back,
    };
    let mut usage = None;
    let mut each = |scanned: Scanned<'_>| {
        let Scanned::Line { text, .. } = scanned else {
            return ControlFlow::Continue(());
        };
        match Record::from_line(text).map(|record| Event::read(&record)) {
            Ok(Event::ChildExited(exited)) => {
                usage = exited.usage;
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    };
    log.scan_records(&scan, &Cancel::new(), &mut each).ok()?;
    let usage = usage?;
    let (user, system) = (
        short_duration(usage.user_ms),
        short_duration(usage.system_ms),
    );
    let peak = kibibytes(usage.memory_peak_kib);
    Some((
        "used",
        format!("cpu {user} user, {system} system · peak {peak}"),
    ))
}

fn files(desk: &Desk, store: &Store) -> Vec<Fact> {
    let directory = store.layout().session_dir(desk.session);
    let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
    let mut files: Vec<(String, u64)> = entries
        .filter_map(|entry| {
            let bytes = entry.metadata().ok()?.len();
            Some((entry.file_name().to_string_lossy().into_owned(), bytes))
        })
        .collect();
    files.sort();
    let all: u64 = files.iter().map(|(_, bytes)| bytes).sum();
    let mut facts = vec![("files", directory.display().to_string())];
    facts.push(("", format!("{} in {} files", short_bytes(all), files.len())));
    let listed = files.iter().take(FILES_MAX);
    facts.extend(listed.map(|(name, bytes)| ("", format!("{name}  {}", short_bytes(*bytes)))));
    facts
}

fn of_launch(launched: &SessionFile) -> Vec<Fact> {
    let terms = &launched.terms;
    let io = match terms.io {
        ChildIo::Pty => "a terminal",
        ChildIo::Pipe => "pipes",
    };
    let mut facts = vec![
        ("launched", launched.created_at.to_string()),
        ("streams", io.to_owned()),
    ];
    facts.extend(
        terms
            .planned
            .map(|planned| ("planned", format!("{planned} items"))),
    );
    facts.extend(
        terms
            .timeout_ms
            .map(|ms| ("time limit", short_duration(ms))),
    );
    let cap = terms.cap.bytes().map_or("none".to_owned(), short_bytes);
    facts.push(("cap", cap));
    if let Some(group) = &terms.group {
        facts.push((
            "group",
            format!("{}, {} at a time", group.name, group.limit),
        ));
    }
    facts.extend(
        launched
            .parent_pod
            .as_ref()
            .map(|pod| ("launched by", pod.to_string())),
    );
    facts.extend(
        launched
            .rerun_of
            .map(|session| ("rerun of", session.to_string())),
    );
    let labels = launched
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    facts.extend(under("labels", labels));
    let limits = launched.limits.iter().map(|limit| {
        let bound = |value: Option<u64>| value.map_or("unlimited".to_owned(), |v| v.to_string());
        format!(
            "{} {} of {}",
            limit.name,
            bound(limit.soft),
            bound(limit.hard)
        )
    });
    facts.extend(under("limits", limits));
    let variables = launched.env.iter().take(VARIABLES_MAX).map(|variable| {
        let name = variable.name.to_text();
        match &variable.value {
            Some(value) => {
                let value = value.to_text();
                format!(
                    "{name}={}",
                    &value[..value.floor_char_boundary(VALUE_BYTES_MAX)]
                )
            }
            None => format!("{name} (a secret: not recorded)"),
        }
    });
    facts.extend(under("env", variables));
    facts
}

/// Several things of one label.
fn under(label: &'static str, texts: impl Iterator<Item = String>) -> Vec<Fact> {
    let label = |index| if index == 0 { label } else { "" };
    texts
        .enumerate()
        .map(|(index, text)| (label(index), text))
        .collect()
}
