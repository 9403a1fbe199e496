//! How the terminal view looks: the cells of the program, and who types into it.

use emulator::Emulator;
use pod_protocol::{TerminalSize, printable};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Span,
};

use super::{Terminal, keys::Command};
use crate::screen::{
    Palette,
    monitor::{model::Model, tabs::output},
    palette::Mood,
};

/// Draws the terminal, or the part around the cursor if it is larger than `area`.
pub(in crate::screen::monitor) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let terminal = &model.output.terminal;
    if let Some(emulator) = terminal.shown() {
        let corner = terminal.corner(emulator, (area.height, area.width));
        draw_screen(emulator, corner, model.options.palette, area, buffer);
    }
}

fn draw_screen(
    emulator: &Emulator,
    (top, left): (u16, u16),
    palette: Palette,
    area: Rect,
    buffer: &mut Buffer,
) {
    let size = emulator.size();
    for y in 0..area.height.min(size.rows - top) {
        let columns = area.width.min(size.cols - left);
        let mut x = 0;
        while x < columns {
            let glyph = emulator.glyph(top + y, left + x);
            let wide = if glyph.is_wide { 2 } else { 1 };
            let cell = &mut buffer[(area.x + x, area.y + y)];
            cell.reset();
            cell.set_style(palette.of_run(glyph.style));
            // Half of a wide character cannot be shown.
            if x + wide <= columns {
                cell.set_symbol(&glyph.text);
            }
            if wide == 2 && x + 1 < columns {
                let covered = &mut buffer[(area.x + x + 1, area.y + y)];
                covered.reset();
                covered.set_style(palette.of_run(glyph.style));
            }
            x += wide;
        }
    }
}

impl Terminal {
    /// Row and column of the terminal that stand in the corner of so many rows and columns.
    pub(super) fn corner(&self, emulator: &Emulator, (rows, columns): (u16, u16)) -> (u16, u16) {
        let size = emulator.size();
        let last = (
            size.rows.saturating_sub(rows),
            size.cols.saturating_sub(columns),
        );
        let around = |cursor: u16, shown: u16| (cursor + 1).saturating_sub(shown);
        let (row, column) = match self.moved_to {
            Some(corner) => corner,
            None => {
                let (row, column) = emulator.cursor();
                (around(row, rows), around(column, columns))
            }
        };
        (row.min(last.0), column.min(last.1))
    }
}

/// Where the operator's cursor belongs: where the program has it, while keys go there.
pub(in crate::screen::monitor) fn cursor(model: &Model, area: Rect) -> Option<Position> {
    let terminal = &model.output.terminal;
    let emulator = terminal.shown().filter(|_| terminal.is_typing())?;
    let (row, column) = emulator.cursor();
    let (top, left) = terminal.corner(emulator, (area.height, area.width));
    let (x, y) = (column.checked_sub(left)?, row.checked_sub(top)?);
    let position = Position::new(area.x + x, area.y + y);
    (emulator.shows_cursor() && area.contains(position)).then_some(position)
}

/// What the rule above the terminal says, the longest first.
pub(in crate::screen::monitor) fn notes(model: &Model, rows: usize) -> Vec<String> {
    let terminal = &model.output.terminal;
    let (Some(emulator), Some(told)) = (terminal.shown(), &terminal.told) else {
        return Vec::new();
    };
    let TerminalSize { cols, rows: all } = emulator.size();
    let known = told.size;
    let known = format!("{}×{}", known.cols, known.rows);
    let is_part = cols > model.size.width || usize::from(all) > rows;
    let size = match is_part {
        true => format!("{known} · part"),
        false => known,
    };
    let by = match (&told.by, told.yours) {
        (Some(by), false) => format!("{} types", printable(by)),
        _ => return vec![size],
    };
    vec![format!("{size} · {by}"), by, size]
}

/// The footer while keys go to the command.
pub(in crate::screen::monitor) fn footer(model: &Model) -> Option<Vec<Span<'static>>> {
    if !model.output.terminal.is_typing() {
        return None;
    }
    let palette = model.options.palette;
    let binding = model.keys.typing.0.first()?;
    let key = binding.chords.first()?.to_string();
    let name = &model.options.name;
    let where_to = format!(" typing into {name} ");
    let hint = 2 + key.len() + 1 + binding.short.len();
    // The way out is what must not be cut.
    let room = usize::from(model.size.width).saturating_sub(hint);
    let where_to = pod_protocol::cut_to_width(&where_to, room).into_owned();
    Some(vec![
        Span::styled(where_to, palette.badge(Mood::Attention)),
        Span::styled("· ", palette.faint()),
        Span::styled(key, palette.strong()),
        Span::styled(format!(" {}", binding.short), palette.text()),
    ])
}

/// Keys and words for the footer while keys are the monitor's.
pub(in crate::screen::monitor) fn hints(model: &Model) -> Vec<(String, String)> {
    let terminal = &model.output.terminal;
    let is_usable = terminal.told.is_some() && !model.options.read_only;
    let binding = |command| {
        model
            .keys
            .output
            .binding(output::keys::Command::Terminal(command))
    };
    let hint = |command, word: &str| {
        let key = binding(command)?.chords.first()?.to_string();
        Some((key, word.to_owned()))
    };
    let typing = hint(Command::Type, "type").filter(|_| is_usable);
    let word = if terminal.is_shown() {
        "lines"
    } else {
        "terminal"
    };
    let is_wanted = terminal.told.is_some() && terminal.picture.is_alternate() == Some(true);
    let toggle = hint(Command::Toggle, word).filter(|_| is_wanted || terminal.is_shown());
    typing.into_iter().chain(toggle).collect()
}
