//! What a peek shows beneath its row: pin and ids, what is asked, the last lines of output.

use ratatui::text::Span;
use unicode_width::UnicodeWidthStr;

use super::super::{entry::Entry, model::Model, peek::Glimpse};
use crate::screen::{palette::Mood, spans};

/// Under the name of the row.
const INDENT: &str = "   ";
/// Between two facts.
const BETWEEN: &str = " · ";

/// As many lines as the peek has, so that nothing moves when something is loaded; none if it is
/// closed.
pub(super) fn lines(model: &Model, entry: &Entry, columns: u16) -> Vec<Vec<Span<'static>>> {
    let rows = model.peek_rows();
    let Some(pane) = &model.peek else {
        return Vec::new();
    };
    let room = usize::from(columns).saturating_sub(INDENT.len());
    let palette = model.options.palette;
    let faint = |text: String| vec![Span::styled(text, palette.faint())];
    let mut lines: Vec<Vec<Span<'static>>> = facts(entry, room).into_iter().map(faint).collect();
    match pane.of(&entry.name) {
        // Not loaded yet.
        None => {}
        Some(Err(why)) => lines.push(vec![
            Span::styled("! ", palette.mark(Mood::Attention)),
            Span::raw(why.to_owned()),
        ]),
        Some(Ok(seen)) => {
            lines.extend(questions(model, seen));
            lines.extend(output(model, seen, rows.saturating_sub(lines.len()), room));
        }
    }
    lines.resize_with(rows, Vec::new);
    let indented = |line: Vec<Span<'static>>| {
        let line = spans::cut(line, room);
        [Span::raw(INDENT)].into_iter().chain(line).collect()
    };
    lines.into_iter().map(indented).collect()
}

/// Pin and ids, as many to a line as fit; the directory where there is room for it.
fn facts(entry: &Entry, room: usize) -> Vec<String> {
    let pinned = (entry.pinned == Some(true)).then(|| "pinned".to_owned());
    let session = entry.session.map(|id| format!("session {}", id.tail()));
    let segment = entry.segment.map(|id| format!("segment {}", id.tail()));
    let mut lines: Vec<String> = Vec::new();
    for fact in [pinned, session, segment].into_iter().flatten() {
        match lines.last_mut() {
            Some(line) if line.width() + BETWEEN.width() + fact.width() <= room => {
                line.push_str(BETWEEN);
                line.push_str(&fact);
            }
            _ => lines.push(fact),
        }
    }
    let directory = entry.directory.as_ref().map(|path| path.to_string_lossy());
    if let (Some(line), Some(directory)) = (lines.last_mut(), directory) {
        let directory = pod_protocol::printable(&directory);
        if line.width() + BETWEEN.width() + directory.width() <= room {
            line.push_str(BETWEEN);
            line.push_str(&directory);
        }
    }
    lines
}

fn questions(model: &Model, seen: &Glimpse) -> Vec<Vec<Span<'static>>> {
    let palette = model.options.palette;
    let mark = Span::styled("? ", palette.mark(Mood::Attention));
    let Some(first) = seen.prompts.first() else {
        return Vec::new();
    };
    let mut line = vec![mark, Span::styled(first.clone(), palette.strong())];
    let others = seen.prompts.len() as u64 - 1 + seen.more_prompts;
    if others > 0 {
        line.push(Span::styled(format!("  (+{others} more)"), palette.faint()));
    }
    vec![line]
}

/// The last lines, each cut at its end.
fn output(model: &Model, seen: &Glimpse, rows: usize, columns: usize) -> Vec<Vec<Span<'static>>> {
    let palette = model.options.palette;
    if seen.lines.is_empty() {
        return vec![vec![Span::styled("no output", palette.faint())]];
    }
    let from = seen.lines.len().saturating_sub(rows);
    let spans_of = |line: &crate::screen::output::StyledLine| {
        // One column more, so that a line which is cut shows that it is.
        let pieces = line.pieces(line.row_range(0, columns + 1)).into_iter();
        pieces
            .map(|(_, text, style)| Span::styled(text.to_owned(), palette.of_run(style)))
            .collect()
    };
    seen.lines[from..].iter().map(spans_of).collect()
}
