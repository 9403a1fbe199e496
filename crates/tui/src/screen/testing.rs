//! Screens as text, for snapshots: what every cell says, and how it looks.

use std::fmt::Write;

use ratatui::{
    Frame, Terminal,
    backend::TestBackend,
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

/// Draws one frame of `columns` × `rows`.
pub(crate) fn draw(columns: u16, rows: u16, view: impl FnOnce(&mut Frame<'_>)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a test backend");
    terminal.draw(view).expect("a test backend").buffer.clone()
}

/// The rows of `buffer`, without blanks at their ends.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    let columns = usize::from(buffer.area.width).max(1);
    let text = |cells: &[Cell]| {
        let (mut row, mut covered) = (String::new(), 0);
        for cell in cells {
            // The cell behind a wide character shows nothing of its own.
            if covered > 0 {
                covered -= 1;
                continue;
            }
            row.push_str(cell.symbol());
            covered = cell.symbol().width().saturating_sub(1);
        }
        row.trim_end().to_owned()
    };
    buffer.content().chunks(columns).map(text).collect()
}

/// The rows of `buffer`, then the stretches of each row that do not look plain.
pub(crate) fn picture(buffer: &Buffer) -> String {
    let mut picture = rows(buffer).join("\n");
    picture.push_str("\n---\n");
    let columns = usize::from(buffer.area.width).max(1);
    for (y, cells) in buffer.content().chunks(columns).enumerate() {
        let mut start = 0;
        while start < cells.len() {
            let look = look(&cells[start]);
            let end = (start..cells.len()).find(|x| self::look(&cells[*x]) != look);
            let end = end.unwrap_or(cells.len());
            if !look.is_empty() {
                let _ = writeln!(picture, "{y:>2}:{start}-{}{look}", end - 1);
            }
            start = end;
        }
    }
    picture
}

fn look(cell: &Cell) -> String {
    let mut look = String::new();
    for (modifier, word) in [
        (Modifier::BOLD, " bold"),
        (Modifier::DIM, " dim"),
        (Modifier::ITALIC, " italic"),
        (Modifier::UNDERLINED, " underlined"),
        (Modifier::REVERSED, " reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            look.push_str(word);
        }
    }
    if cell.fg != Color::Reset {
        let _ = write!(look, " {}", cell.fg);
    }
    if cell.bg != Color::Reset {
        let _ = write!(look, " on {}", cell.bg);
    }
    look
}
