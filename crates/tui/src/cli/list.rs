//! `tui ls`: the list as text or JSON.

use std::fmt::Write;

use anyhow::Result;
use discovery::{PodList, Row};
use pod_protocol::{Timestamp, cut_to_width, printable, short_duration};
use unicode_width::UnicodeWidthStr;

use super::{
    arguments::ListOptions,
    json::{self, ListDocument},
    print,
    roots::Roots,
    runtime, talk,
};

/// Columns of a name before the others move right.
const NAME_COLUMNS: usize = 20;
/// The longest preview in text; JSON has all of it.
const PREVIEW_COLUMNS: usize = 48;

pub(crate) fn list(roots: &Roots, options: &ListOptions) -> Result<u8> {
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
        print(table(&list, json::now()).as_bytes())?;
        if list.rows.is_empty() && list.warnings.is_empty() {
            talk(format_args!(
                "no pods yet: start one with tui run -- COMMAND"
            ));
        }
    }
    Ok(0)
}

/// The rows as aligned text, with what the limit cut off named below.
fn table(list: &PodList, now: Timestamp) -> String {
    let mut text = String::new();
    let widest = list
        .rows
        .iter()
        .map(|row| row.name.as_str().len())
        .max()
        .unwrap_or(0);
    let name_columns = widest.max(NAME_COLUMNS);
    for row in &list.rows {
        let preview = row.preview();
        let preview = cut_to_width(&preview, PREVIEW_COLUMNS);
        let pad = PREVIEW_COLUMNS.saturating_sub(preview.width());
        let (name, status, age) = (&row.name, status(row), age(row, now));
        writeln!(
            text,
            "{name:name_columns$}  {status:22}  {preview}{:pad$}  {age}",
            ""
        )
        .expect("writing to a String cannot fail");
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
        (None, 0) => summary
            .activity
            .map(|activity| activity.as_str().to_owned()),
        (None, 1) => Some("1 prompt".to_owned()),
        (None, prompts) => Some(format!("{prompts} prompts")),
    });
    beside.map_or_else(|| word.clone(), |beside| format!("{word} · {beside}"))
}

fn age(row: &Row, now: Timestamp) -> String {
    row.age_from()
        .map(|from| format!("{} ago", short_duration(now.millis_since(from))))
        .unwrap_or_default()
}
