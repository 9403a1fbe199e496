//! A line on which the cursor moves: cells that can be written over.

use std::ops::Range;

use pod_protocol::Edits;
use unicode_width::UnicodeWidthChar;

use super::{
    sequence::{self, Sequence},
    shown::Shown,
};

/// The longest row, in columns; a longer line goes on at the first column, as on the screen. It
/// bounds what a line costs that says little and moves far.
const ROW_COLUMNS_MAX: usize = 4_096;
/// Tabulator stops.
const TAB_COLUMNS: usize = 8;
/// The most blanks that moves leave behind in one line, in bytes: past that, text is set side by
/// side. A screen has none of a megabyte of blanks.
const BLANK_BYTES_MAX: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug)]
enum Cell {
    /// A character, with what combines with it: raw bytes.
    Text { from: usize, to: usize },
    /// Nothing was written here.
    Blank,
    /// What stands here began further left.
    Rest,
}

/// The row that is being written.
pub(super) struct Cells<'a> {
    shown: &'a mut Shown,
    row: Vec<Cell>,
    column: usize,
    blanks_left: usize,
    /// How much of the row may still be moved and erased.
    edits: Edits,
    /// Where the line begins among the raw bytes.
    start: usize,
}

impl<'a> Cells<'a> {
    /// Rows for the end of `shown`.
    pub(super) fn new(shown: &'a mut Shown) -> Self {
        Self {
            shown,
            row: Vec::new(),
            column: 0,
            blanks_left: BLANK_BYTES_MAX,
            edits: Edits::default(),
            start: 0,
        }
    }

    /// Writes one line, given without its newline.
    pub(super) fn write(mut self, raw: &[u8], line: Range<usize>) {
        self.start = line.start;
        let mut at = line.start;
        while at < line.end {
            let byte = raw[at];
            at = match byte {
                0x1b => {
                    let sequence = sequence::read(&raw[..line.end], at);
                    self.follow(raw, sequence, at);
                    sequence.end()
                }
                0x20..=0x7e => {
                    self.print(raw, at..at + 1, 1);
                    at + 1
                }
                0x80.. => {
                    let (length, width) = character(&raw[at..line.end]);
                    self.print(raw, at..at + length, width);
                    at + length
                }
                control => {
                    self.obey(raw, control, at);
                    at + 1
                }
            };
        }
        self.flush(raw);
    }

    fn obey(&mut self, raw: &[u8], control: u8, at: usize) {
        match control {
            b'\r' => self.column = 0,
            0x08 => self.go_to(self.column.saturating_sub(1)),
            b'\t' => self.tab(at),
            0x0b | 0x0c => self.new_row(raw, at),
            _ => {}
        }
    }

    fn follow(&mut self, raw: &[u8], sequence: Sequence, at: usize) {
        let Sequence::Moves { action, count, .. } = sequence else {
            return;
        };
        match (action, count) {
            (b'K', 0) => {
                self.split(self.column);
                self.row.truncate(self.column);
            }
            (b'K', 1) => {
                let end = (self.column + 1).min(self.row.len());
                if self.may_edit(end) {
                    self.split(self.column + 1);
                    self.row[..end].fill(Cell::Blank);
                }
            }
            (b'K', _) => self.row.clear(),
            (b'P', count) => self.delete(count.max(1)),
            (b'X', count) => self.blank_out(count.max(1)),
            (b'@', count) => self.insert(count.max(1)),
            (b'C' | b'a', count) => self.go_to(self.column.saturating_add(count.max(1))),
            (b'D', count) => self.go_to(self.column.saturating_sub(count.max(1))),
            (b'G' | b'`', count) => self.go_to(count.max(1) - 1),
            // Somewhere else on the screen: at least not on top of this line.
            _ if !self.row.is_empty() => self.new_row(raw, at),
            _ => {}
        }
    }

    /// Takes out so many columns at the cursor.
    fn delete(&mut self, columns: usize) {
        if self.may_edit(self.behind()) {
            let removed = self.cut_out(columns);
            self.row.drain(removed);
        }
    }

    /// Erases so many columns from the cursor on.
    fn blank_out(&mut self, columns: usize) {
        if self.may_edit(self.behind().min(columns)) {
            let erased = self.cut_out(columns);
            self.row[erased].fill(Cell::Blank);
        }
    }

    /// The cells of so many columns at the cursor, after no character reaches over either end.
    fn cut_out(&mut self, columns: usize) -> Range<usize> {
        let end = self.column.saturating_add(columns);
        self.split(self.column);
        self.split(end);
        let end = end.min(self.row.len());
        self.column.min(end)..end
    }

    /// Makes room at the cursor, as far as there are blanks for it.
    fn insert(&mut self, columns: usize) {
        let room = columns.min(ROW_COLUMNS_MAX);
        if self.behind() == 0 || !self.may_edit(self.behind() + room) {
            return;
        }
        let blanks = room.min(self.blanks_left);
        self.blanks_left -= blanks;
        self.split(self.column);
        let room = std::iter::repeat_n(Cell::Blank, blanks);
        self.row.splice(self.column..self.column, room);
        self.split(ROW_COLUMNS_MAX);
        self.row.truncate(ROW_COLUMNS_MAX);
    }

    /// How many columns stand at the cursor and behind it.
    fn behind(&self) -> usize {
        self.row.len().saturating_sub(self.column)
    }

    /// Whether one more edit may touch so many columns.
    fn may_edit(&mut self, columns: usize) -> bool {
        self.edits.earn();
        self.edits.spend(columns)
    }

    fn print(&mut self, raw: &[u8], bytes: Range<usize>, width: usize) {
        if width == 0 {
            self.combine(bytes);
            return;
        }
        if self.column + 2 > ROW_COLUMNS_MAX {
            self.flush(raw);
        }
        self.edits.earn();
        self.pad();
        let (from, to) = (bytes.start, bytes.end);
        for step in 0..width {
            let cell = match step {
                0 => Cell::Text { from, to },
                _ => Cell::Rest,
            };
            self.set(self.column + step, cell);
        }
        self.column += width;
    }

    /// Adds a combining character to the one before the cursor, if it follows it.
    fn combine(&mut self, bytes: Range<usize>) {
        let before = self.row.get_mut(..self.column).unwrap_or_default();
        let base = before
            .iter_mut()
            .rev()
            .find(|cell| !matches!(cell, Cell::Rest));
        if let Some(Cell::Text { to, .. }) = base
            && *to == bytes.start
        {
            *to = bytes.end;
        }
    }

    fn tab(&mut self, at: usize) {
        let is_at_end = self.column >= self.row.len();
        let column = (self.column / TAB_COLUMNS + 1) * TAB_COLUMNS;
        if is_at_end && column < ROW_COLUMNS_MAX - 2 {
            self.pad();
            let tab = Cell::Text {
                from: at,
                to: at + 1,
            };
            self.row.push(tab);
            self.row.resize(column, Cell::Rest);
        }
        self.go_to(column);
    }

    /// Fills up to the cursor.
    fn pad(&mut self) {
        let missing = self.column.saturating_sub(self.row.len());
        let blanks = missing.min(self.blanks_left);
        self.blanks_left -= blanks;
        self.row.resize(self.row.len() + blanks, Cell::Blank);
        self.column = self.column.min(self.row.len());
    }

    fn set(&mut self, column: usize, cell: Cell) {
        if column < self.row.len() {
            self.split(column);
            self.split(column + 1);
            self.row[column] = cell;
        } else {
            self.row.push(cell);
        }
    }

    /// Turns a character whose later part is at `column` into blanks, before one of its parts is
    /// written over.
    fn split(&mut self, column: usize) {
        if !matches!(self.row.get(column), Some(Cell::Rest)) {
            return;
        }
        let first = self.row[..column]
            .iter()
            .rposition(|cell| !matches!(cell, Cell::Rest));
        let behind = self.row[column..]
            .iter()
            .position(|cell| !matches!(cell, Cell::Rest));
        let behind = behind.map_or(self.row.len(), |cells| column + cells);
        self.row[first.unwrap_or(column)..behind].fill(Cell::Blank);
    }

    fn go_to(&mut self, column: usize) {
        self.column = column.min(ROW_COLUMNS_MAX - 2);
    }

    /// Puts what stands in the row behind the text.
    fn flush(&mut self, raw: &[u8]) {
        let last = self
            .row
            .iter()
            .rposition(|cell| !matches!(cell, Cell::Blank));
        let mut origin = self.start;
        for cell in &self.row[..last.map_or(0, |last| last + 1)] {
            match *cell {
                Cell::Text { from, to } => {
                    self.shown.push(raw, from..to);
                    origin = to;
                }
                Cell::Blank => self.shown.push_byte(b' ', origin),
                Cell::Rest => {}
            }
        }
        self.row.clear();
        (self.column, self.edits) = (0, Edits::default());
    }

    fn new_row(&mut self, raw: &[u8], at: usize) {
        self.flush(raw);
        self.shown.push_byte(b'\n', at);
    }
}

/// The length of the character that `bytes` begins with, and its width. A byte that is none is as
/// wide as the sign that is shown for it.
fn character(bytes: &[u8]) -> (usize, usize) {
    let some = &bytes[..bytes.len().min(4)];
    let text = match std::str::from_utf8(some) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&some[..error.valid_up_to()]).unwrap_or_default(),
    };
    match text.chars().next() {
        Some(c) => (c.len_utf8(), c.width().unwrap_or(1)),
        None => (1, 1),
    }
}
