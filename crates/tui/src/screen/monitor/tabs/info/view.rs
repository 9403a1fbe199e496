//! The Info tab: what the run is, in two columns.

use pod_protocol::{ItemOutcome, Phase, Process, printable, short_bytes, short_duration};
use ratatui::{buffer::Buffer, layout::Rect, text::Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::screen::{
    monitor::{
        model::Model,
        summary::{exit, kibibytes, left_behind},
    },
    spans,
};

/// How wide the labels are, gap included.
const LABEL_COLUMNS: usize = 12;

/// Draws the tab.
pub(in crate::screen::monitor) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let lines = lines(model);
    for (index, (label, text)) in lines.into_iter().skip(model.text_scroll).enumerate() {
        let label = Span::styled(format!("{label:<LABEL_COLUMNS$}"), palette.faint());
        let text = Span::styled(text, palette.text());
        spans::put(buffer, spans::row(area, index), vec![label, text], &[]);
    }
}

/// How many rows it has.
pub(in crate::screen::monitor) fn rows(model: &Model) -> usize {
    lines(model).len()
}

fn lines(model: &Model) -> Vec<(&'static str, String)> {
    let columns = usize::from(model.size.width)
        .saturating_sub(LABEL_COLUMNS)
        .max(8);
    facts(model)
        .into_iter()
        .flat_map(|(label, text)| {
            let pieces = wrap(&printable(&text), columns).into_iter().enumerate();
            pieces.map(move |(index, piece)| (if index == 0 { label } else { "" }, piece))
        })
        .collect()
}

fn facts(model: &Model) -> Vec<(&'static str, String)> {
    let state = &model.run.state;
    let mut facts = vec![("pod", model.options.name.to_string())];
    if let Some(identity) = &state.identity {
        facts.push(("session", identity.session.to_string()));
        facts.push((
            "segment",
            format!("{} (#{})", identity.segment, identity.ordinal),
        ));
        facts.push(("command", shell_line(&identity.command)));
        facts.push(("directory", identity.cwd.clone()));
        facts.push(("machine", identity.host.clone()));
    }
    facts.push(("status", model.status().to_string()));
    match state.phase {
        Phase::Running { pid } => {
            facts.push(("process", format!("pid {pid}")));
            facts.extend(
                model
                    .run
                    .vitals
                    .process
                    .map(|used| ("resources", resources(used))),
            );
        }
        _ => facts.extend(state.exit().map(|ended| ("ended", exit(ended)))),
    }
    if let (Some(since), true) = (state.hold.since, model.is_held()) {
        facts.push(("paused", format!("since {since}")));
    }
    if state.health.left > 0 {
        facts.push(("left", left_behind(state.health.left)));
    }
    facts.extend(state.times.started_at.map(|at| ("started", at.to_string())));
    facts.extend(state.times.updated_at.map(|at| ("updated", at.to_string())));
    facts.push(("records", state.seq.to_string()));
    let gone = match state.gaps.bytes() {
        0 => String::new(),
        gone => format!(", {} no longer kept", short_bytes(gone)),
    };
    let end = model.run.out_end.max(state.out);
    facts.push(("output", format!("{end} bytes{gone}")));
    facts.extend(state.done_of_planned().map(|done| ("items", done)));
    facts.extend(going_on(model));
    facts.extend(model.info.iter().cloned());
    facts
}

/// A command line that a shell reads as it is.
fn shell_line(words: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    let quoted = |word: &String| match !word.is_empty() && word.chars().all(is_plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// What the processes of a run use at the moment.
fn resources(used: Process) -> String {
    let plural = if used.processes == 1 { "" } else { "es" };
    format!(
        "cpu {} · {} · {} process{plural}",
        short_duration(used.cpu_ms),
        kibibytes(used.rss_kib),
        used.processes
    )
}

/// How the run goes on once it is over, and what it repeats.
fn going_on(model: &Model) -> Vec<(&'static str, String)> {
    let name = &model.options.name;
    let Some(standing) = &model.run.standing else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    if model.status().is_terminal() {
        let resume = match &standing.restorable {
            Ok(()) => format!("tui resume {name}"),
            Err(why) => format!("no: {why}"),
        };
        let counts = &model.run.state.counts;
        let bad = counts.of(ItemOutcome::Failed) + counts.of(ItemOutcome::Errored);
        let missing = counts.planned.unwrap_or(0) > counts.done();
        let failed = if bad > 0 || missing {
            " [--failed]"
        } else {
            ""
        };
        facts.push(("resume", resume));
        facts.push(("rerun", format!("tui rerun {name}{failed}")));
    }
    for (index, line) in standing.lineage.iter().enumerate() {
        facts.push((if index == 0 { "lineage" } else { "" }, line.clone()));
    }
    facts
}

fn wrap(text: &str, columns: usize) -> Vec<String> {
    let (mut rows, mut used) = (vec![String::new()], 0);
    for grapheme in text.graphemes(true) {
        if used + grapheme.width() > columns {
            rows.push(String::new());
            used = 0;
        }
        used += grapheme.width();
        if let Some(row) = rows.last_mut() {
            row.push_str(grapheme);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_copied_into_a_shell() {
        let check = |words: &[&str], line: &str| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(shell_line(&words), line);
        };
        check(
            &["python", "train.py", "--lr=0.1"],
            "python train.py --lr=0.1",
        );
        check(
            &["sh", "-c", "echo $HOME; it's"],
            r"sh -c 'echo $HOME; it'\''s'",
        );
        check(&["a b", "", "*"], "'a b' '' '*'");
    }
}
