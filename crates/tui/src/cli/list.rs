//! `tui ls`: the list as text or JSON.

use std::{
    fmt::Write,
    io::{self, IsTerminal},
};

use anyhow::Result;
use discovery::{PodList, Row};
use pod_protocol::{Timestamp, cut_to_width, printable, short_duration};
use unicode_width::UnicodeWidthStr;

use super::{
    arguments::ListOptions,
    json::{self, ListDocument, PastSessionDocument, RunsDocument},
    print,
    roots::Roots,
    runtime, say_no_pods, talk, target,
};

/// Columns kept for an age.
const AGE_COLUMNS: usize = 11;
/// Columns between two others.
const GAP_COLUMNS: usize = 2;
/// Columns of a preview where nothing else limits it; JSON has all of it.
const PREVIEW_COLUMNS: usize = 48;
/// A preview narrower than this says nothing.
const PREVIEW_COLUMNS_MIN: usize = 8;

pub(crate) fn list(roots: &Roots, options: &ListOptions) -> Result<u8> {
    if let Some(pod) = &options.runs {
        return runs(roots, pod, options.json);
    }
    let mut list = runtime()?.block_on(discovery::list(
        &roots.for_discovery(),
        discovery::PROBE_DEADLINE,
    ));
    if !options.all {
        list.cut(options.limit);
    }
    if options.json {
        print(&json::line(&ListDocument::of(&list)))?;
    } else {
        for warning in &list.warnings {
            talk(format_args!("tui: {}", printable(&warning.message)));
        }
        print(table(&list, json::now(), terminal_columns()).as_bytes())?;
        if list.rows.is_empty() && list.warnings.is_empty() {
            say_no_pods();
        }
    }
    Ok(0)
}

/// Every session of one pod, newest first.
fn runs(roots: &Roots, pod: &str, json: bool) -> Result<u8> {
    let name = runtime()?.block_on(target::find(roots, pod))?.name;
    let runs = discovery::sessions_of(&roots.for_discovery(), &name)?;
    if json {
        let (version, runs) = (json::VERSION, runs.iter().map(PastSessionDocument::of));
        print(&json::line(&RunsDocument {
            version,
            name: &name,
            runs: runs.collect(),
        }))?;
        return Ok(0);
    }
    let now = json::now();
    let mut text = String::new();
    for run in &runs {
        let age = short_duration(now.millis_since(run.created_at));
        let items = run
            .planned
            .map(|planned| format!("{} of {planned} done", run.done));
        let origin = run.rerun_of.map(|of| format!("rerun of {}", of.tail()));
        let resumed = (run.resumed > 0).then(|| format!("resumed {}×", run.resumed));
        let more: Vec<String> = [items, origin, resumed].into_iter().flatten().collect();
        writeln!(
            text,
            "{}  {:11}  {:28}  {age} ago",
            run.session,
            run.status,
            more.join(" · ")
        )
        .expect("writing to a String cannot fail");
    }
    print(text.as_bytes())?;
    Ok(0)
}

/// How wide a line may be: nothing limits it in a pipe or a file.
fn terminal_columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::size()
        .ok()
        .map(|(columns, _)| usize::from(columns))
        .filter(|columns| *columns > 0)
}

/// The rows as aligned text, with what the limit cut off named below. Where the terminal is too
/// narrow for it, the preview goes first.
fn table(list: &PodList, now: Timestamp, columns: Option<usize>) -> String {
    let mut text = String::new();
    let widest = |width: &dyn Fn(&Row) -> usize| list.rows.iter().map(width).max().unwrap_or(0);
    let name_columns = widest(&|row| row.name.as_str().len());
    let status_columns = widest(&|row| status(row).width());
    let taken = name_columns + status_columns + AGE_COLUMNS + 3 * GAP_COLUMNS;
    let preview_columns = columns.map_or(PREVIEW_COLUMNS, |columns| {
        PREVIEW_COLUMNS.min(columns.saturating_sub(taken))
    });
    for row in &list.rows {
        let (name, status, age) = (&row.name, status(row), age(row, now));
        write!(text, "{name:name_columns$}  {status:status_columns$}  ")
            .expect("writing to a String cannot fail");
        if preview_columns >= PREVIEW_COLUMNS_MIN {
            let preview = row.news();
            let preview = cut_to_width(&preview, preview_columns);
            let pad = preview_columns.saturating_sub(preview.width());
            write!(text, "{preview}{:pad$}  ", "").expect("writing to a String cannot fail");
        }
        writeln!(text, "{age}").expect("writing to a String cannot fail");
    }
    if list.hidden > 0 {
        writeln!(text, "+{} more (tui ls --all)", list.hidden)
            .expect("writing to a String cannot fail");
    }
    text
}

/// Status, and beside it what matters most of activity, request and prompts.
fn status(row: &Row) -> String {
    let word = row.status().word();
    let summary = row.summary().filter(|_| row.live.is_some());
    let beside = summary.and_then(|summary| match (&summary.requested, summary.prompts) {
        (Some(requested), _) => Some(format!("{requested} requested")),
        (None, _) if summary.paused => Some("paused".to_owned()),
        (None, 0) => summary
            .activity
            .map(|activity| activity.as_str().to_owned()),
        (None, 1) => Some("1 prompt".to_owned()),
        (None, prompts) => Some(format!("{prompts} prompts")),
    });
    let recovered = row.is_recovered().then(|| "recovered".to_owned());
    let parts = [Some(word), beside, recovered].into_iter().flatten();
    parts.collect::<Vec<_>>().join(" · ")
}

fn age(row: &Row, now: Timestamp) -> String {
    row.age_from()
        .map(|from| format!("{} ago", short_duration(now.millis_since(from))))
        .unwrap_or_default()
}
