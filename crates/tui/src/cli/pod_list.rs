//! The list of pods as text: a line a pod, in aligned columns.
//!
//! Where the terminal is narrow the preview goes first, then what stands beside the status, then the
//! age, then the status. A name is never cut.

use std::fmt::Write;

use discovery::{PodList, Row};
use pod_protocol::{Timestamp, short_duration};
use unicode_width::UnicodeWidthStr;

use crate::preview;

/// Columns between two others.
const GAP_COLUMNS: usize = 2;
/// Columns of a preview where nothing else limits it; JSON has all of it.
const PREVIEW_COLUMNS: usize = 48;
/// A preview narrower than this says nothing.
const PREVIEW_COLUMNS_MIN: usize = 8;

/// The rows of `list`, at most `columns` wide where that is said, and how many more there are.
pub(super) fn text(list: &PodList, now: Timestamp, columns: Option<usize>) -> String {
    let lines: Vec<Line> = list.rows.iter().map(|row| Line::of(row, now)).collect();
    let columns = Columns::of(&lines, columns);
    let mut text = String::new();
    for line in &lines {
        text.push_str(&columns.joined(line));
        text.push('\n');
    }
    if list.hidden > 0 {
        writeln!(text, "+{} more (tui ls --all)", list.hidden)
            .expect("writing to a String cannot fail");
    }
    text
}

/// What a row says.
struct Line {
    name: String,
    word: String,
    status: String,
    preview: String,
    age: String,
}

impl Line {
    fn of(row: &Row, now: Timestamp) -> Self {
        Self {
            name: row.name.to_string(),
            word: row.status().word(),
            status: status(row),
            preview: row.news(),
            age: age(row, now),
        }
    }
}

/// How wide each column is; 0 where there is no room for it.
struct Columns {
    name: usize,
    status: usize,
    /// Whether the status is only its word.
    terse: bool,
    preview: usize,
    age: usize,
}

impl Columns {
    fn of(lines: &[Line], width: Option<usize>) -> Self {
        let widest = |text: fn(&Line) -> &String| {
            let widths = lines.iter().map(|line| text(line).width());
            widths.max().unwrap_or(0)
        };
        let name = widest(|line| &line.name);
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(name));
        let with_gap = |columns: usize| columns + if columns > 0 { GAP_COLUMNS } else { 0 };
        let fitting = |columns: usize, taken: usize| {
            let fits = with_gap(columns) + taken <= room;
            if fits { columns } else { 0 }
        };
        let (word, whole) = (widest(|line| &line.word), widest(|line| &line.status));
        let word = fitting(word, 0);
        let age = fitting(widest(|line| &line.age), with_gap(word));
        let whole = fitting(whole, with_gap(age));
        let (status, terse) = if whole > 0 {
            (whole, false)
        } else {
            (word, true)
        };
        let limit = width.map_or(PREVIEW_COLUMNS, |_| {
            room.saturating_sub(with_gap(status) + with_gap(age) + GAP_COLUMNS)
        });
        let preview = Some(limit).filter(|limit| *limit >= PREVIEW_COLUMNS_MIN);
        Self {
            name,
            status,
            terse,
            preview: preview.map_or(0, |limit| limit.min(widest(|line| &line.preview))),
            age,
        }
    }

    fn joined(&self, line: &Line) -> String {
        let status = if self.terse { &line.word } else { &line.status };
        let preview = preview::fitted(&line.preview, self.preview);
        let mut text = String::new();
        for (column, columns) in [
            (&*line.name, self.name),
            (status, self.status),
            (&preview, self.preview),
            (&line.age, self.age),
        ] {
            if columns > 0 {
                let pad = columns.saturating_sub(column.width()) + GAP_COLUMNS;
                write!(text, "{column}{:pad$}", "").expect("writing to a String cannot fail");
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// Status, and beside it what matters most of activity, request and prompts.
fn status(row: &Row) -> String {
    let word = row.status().word();
    // What was asked of a run is over with it, and nobody knows it of one that does not answer.
    let summary = row.summary().filter(|_| row.attachable().is_ok());
    let beside = summary.and_then(|summary| match (&summary.requested, summary.prompts) {
        (Some(requested), _) if requested == "cancel" => Some("cancellation requested".to_owned()),
        (Some(requested), _) => Some(format!("{requested} requested")),
        (None, _) if summary.paused => Some("paused".to_owned()),
        (None, 0) if summary.waiting_for.is_some() => {
            summary.waiting_for.as_ref().map(ToString::to_string)
        }
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
    let age_ms = row.age_from().map(|from| now.millis_since(from));
    age_ms.map_or_else(String::new, |age_ms| match age_ms {
        0..1_000 => "now".to_owned(),
        _ => format!("{} ago", short_duration(age_ms)),
    })
}

#[cfg(test)]
pub(crate) mod halves;
#[cfg(test)]
mod tests;
