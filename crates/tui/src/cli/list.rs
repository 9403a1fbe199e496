//! `tui ls`: the list as text or JSON.

use std::{
    fmt::Write,
    io::{self, BufWriter, IsTerminal, Write as _},
    mem,
    time::Duration,
};

use anyhow::{Context, Result};
use discovery::{PodList, Watch};
use pod_protocol::{printable, short_duration};

use tokio::time::{MissedTickBehavior, interval};

use super::{
    arguments::ListOptions,
    filter::Filter,
    json::{self, ListDocument, PastSessionDocument, RunsDocument},
    keep, pod_list, print,
    roots::Roots,
    runtime, say_no_pods, talk, target,
};

/// How much of a document is written at once.
const JSON_BYTES: usize = 128 * 1024;
/// How often a watched list looks at live pods: what they do changes no directory.
const LIVE_EVERY: Duration = Duration::from_secs(1);

pub(crate) fn list(roots: &Roots, options: &ListOptions) -> Result<u8> {
    if let Some(pod) = &options.runs {
        return runs(roots, pod, options.json);
    }
    if options.watch {
        return runtime()?.block_on(watch(roots, options));
    }
    let mut list = runtime()?.block_on(discovery::list(
        &roots.for_discovery(),
        discovery::PROBE_DEADLINE,
    ));
    show(&mut list, options)?;
    if !options.json {
        keep::say_what_was_pruned(roots, json::now());
    }
    // The process is over: giving 100,000 rows back one by one would be half of printing them.
    mem::forget(list);
    Ok(0)
}

/// Prints what was asked for of `list`.
fn show(list: &mut PodList, options: &ListOptions) -> Result<()> {
    let is_empty = list.rows.is_empty();
    Filter {
        status: &options.status,
        labels: &options.labels,
    }
    .apply(list);
    if !options.all {
        list.cut(options.limit);
    }
    if options.json {
        return print_json(list);
    }
    for warning in &list.warnings {
        talk(format_args!("tui: {}", printable(&warning.message)));
    }
    print(pod_list::text(list, json::now(), terminal_columns()).as_bytes())?;
    if is_empty && list.warnings.is_empty() {
        say_no_pods();
    }
    Ok(())
}

fn print_json(list: &PodList) -> Result<()> {
    // Written as it is made: with 100,000 rows the document is longer than all of them in memory.
    let mut out = BufWriter::with_capacity(JSON_BYTES, io::stdout().lock());
    let written = serde_json::to_writer(&mut out, &ListDocument::of(list));
    written
        .map_err(io::Error::from)
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// Prints the list, and again whenever it has changed.
async fn watch(roots: &Roots, options: &ListOptions) -> Result<u8> {
    let roots = roots.for_discovery();
    let mut watch = Watch::start(&roots);
    let mut list = discovery::list(&roots, discovery::PROBE_DEADLINE).await;
    show(&mut list.clone(), options)?;
    let mut ticks = interval(LIVE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now = tokio::select! {
            () = watch.changed() => discovery::list(&roots, discovery::PROBE_DEADLINE).await,
            _ = ticks.tick() => {
                discovery::refresh(&roots, list.clone(), discovery::PROBE_DEADLINE).await
            }
        };
        if now != list {
            if !options.json {
                print(b"\n")?;
            }
            show(&mut now.clone(), options)?;
            list = now;
        }
    }
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
