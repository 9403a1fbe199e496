//! `tui ls`: the list as text or JSON.

use std::{
    fmt::Write,
    io::{self, IsTerminal},
};

use anyhow::Result;
use pod_protocol::{printable, short_duration};

use super::{
    arguments::ListOptions,
    json::{self, ListDocument, PastSessionDocument, RunsDocument},
    pod_list, print,
    roots::Roots,
    runtime, say_no_pods, talk, target,
};

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
        print(pod_list::text(&list, json::now(), terminal_columns()).as_bytes())?;
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
