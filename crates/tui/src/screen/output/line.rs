//! A line of output: while it is being written, and once it is done.

use std::ops::Range;

use pod_protocol::{Edits, printable};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The longest line, in columns. A longer one goes on in the next, so that a gigabyte without a
/// newline is many lines of bounded cost and not one.
pub(super) const LINE_COLUMNS_MAX: usize = 4_096;
/// The most combining characters on one cell; more are a pile, not text.
const MARKS_MAX: usize = 4;
/// Tabulator stops.
const TAB_COLUMNS: usize = 8;

/// A finished line: text without control characters, and where its style changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StyledLine {
    text: Box<str>,
    /// Ends, in bytes, of stretches of one style. Empty where all is plain.
    stretches: Box<[(usize, Style)]>,
    extent: Extent,
}

/// How much room a line takes. Thousands of lines are asked how many rows they have for every frame, so
/// that is known without looking at their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Every character takes one of so many columns.
    Even(usize),
    /// Characters are of different widths, and take at most so many columns together.
    Uneven(usize),
}

impl Default for Extent {
    fn default() -> Self {
        Self::Even(0)
    }
}

impl Extent {
    /// That of `c` and of what came before it.
    fn with(self, c: char) -> Self {
        // Of what changes the character before it nobody knows by itself how much it takes.
        let width = c.width().filter(|width| *width > 0);
        match (self, width) {
            (Self::Even(columns), Some(1)) if !is_half_of_a_flag(c) => Self::Even(columns + 1),
            (Self::Even(columns) | Self::Uneven(columns), width) => {
                Self::Uneven(columns + width.unwrap_or(1))
            }
        }
    }
}

/// Two of them are one character.
const fn is_half_of_a_flag(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

impl StyledLine {
    /// A line of one style.
    pub(crate) fn new(text: &str, style: Style) -> Self {
        let text: Box<str> = printable(text).into();
        Self {
            stretches: Box::new([(text.len(), style)]),
            extent: text.chars().fold(Extent::default(), Extent::with),
            text,
        }
    }

    /// What stands on a line on which `text` alone was written, all of it in `style`; `None` if there
    /// is anything but printable ASCII in it.
    pub(super) fn plain(text: &[u8], style: Style) -> Option<Self> {
        if !text.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return None;
        }
        let text = str::from_utf8(text).ok()?;
        if style != Style::new() && !text.is_empty() {
            return Some(Self::new(text, style));
        }
        // Blanks at the end cannot be seen.
        let text = text.trim_end_matches(' ');
        Some(Self {
            text: text.into(),
            stretches: Box::default(),
            extent: Extent::Even(text.len()),
        })
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// How much memory it takes, roughly.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.len() + size_of_val(&*self.stretches)
    }

    /// How many rows it has when wrapped at `columns`.
    pub(crate) fn rows(&self, columns: usize) -> usize {
        let columns = columns.max(1);
        match self.extent {
            Extent::Even(width) => width.div_ceil(columns).max(1),
            Extent::Uneven(width) if width <= columns => 1,
            Extent::Uneven(_) => self.breaks(columns).len() + 1,
        }
    }

    /// Where row `row` begins and ends in the text when wrapped at `columns`, in bytes.
    pub(crate) fn row_range(&self, row: usize, columns: usize) -> Range<usize> {
        let columns = columns.max(1);
        let (start, end) = match self.extent {
            Extent::Even(_) => (
                self.nth_character(row * columns),
                self.nth_character((row + 1) * columns),
            ),
            Extent::Uneven(_) => {
                let breaks = self.breaks(columns);
                let start = row
                    .checked_sub(1)
                    .map_or(0, |i| breaks.get(i).copied().unwrap_or(0));
                (start, breaks.get(row).copied().unwrap_or(self.text.len()))
            }
        };
        start.min(self.text.len())..end.min(self.text.len())
    }

    /// Where a character begins, in bytes; at the end if there are not so many.
    fn nth_character(&self, index: usize) -> usize {
        if let Extent::Even(width) = self.extent
            && width == self.text.len()
        {
            return index.min(width);
        }
        let mut characters = self.text.char_indices();
        characters.nth(index).map_or(self.text.len(), |(at, _)| at)
    }

    /// What stands in `columns` columns from column `from` on, in bytes of the text.
    pub(crate) fn column_range(&self, from: usize, columns: usize) -> Range<usize> {
        let (mut used, mut start, mut end) = (0, self.text.len(), self.text.len());
        for (at, grapheme) in self.text.grapheme_indices(true) {
            if used >= from && start > at {
                start = at;
            }
            used += grapheme.width();
            if used > from + columns {
                end = at;
                break;
            }
        }
        start.min(end)..end
    }

    /// A stretch of the text, in pieces of one style, each with where it begins in the text.
    pub(crate) fn pieces(&self, range: Range<usize>) -> Vec<(usize, &str, Style)> {
        let plain = [(self.text.len(), Style::new())];
        let stretches = if self.stretches.is_empty() {
            &plain[..]
        } else {
            &self.stretches
        };
        let mut from = 0;
        let mut pieces = Vec::new();
        for (to, style) in stretches {
            let (first, last) = (from.max(range.start), (*to).min(range.end));
            if let Some(text) = self.text.get(first..last).filter(|text| !text.is_empty()) {
                pieces.push((first, text, *style));
            }
            from = *to;
        }
        pieces
    }

    /// The byte positions where rows after the first one start.
    fn breaks(&self, columns: usize) -> Vec<usize> {
        let (mut used, mut breaks) = (0, Vec::new());
        for (at, grapheme) in self.text.grapheme_indices(true) {
            let width = grapheme.width();
            if used + width > columns && used > 0 {
                breaks.push(at);
                used = 0;
            }
            used += width;
        }
        breaks
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Cell {
    /// `None` is the right half of a wide character.
    text: Option<char>,
    marks: Vec<char>,
    style: Style,
}

const fn blank(style: Style) -> Cell {
    Cell {
        text: Some(' '),
        marks: Vec::new(),
        style,
    }
}

/// The line that is being written: a row of cells and a cursor, because a carriage return writes
/// over what is there.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenLine {
    cells: Vec<Cell>,
    column: usize,
    /// How much of what stands on it may still be moved and erased.
    edits: Edits,
}

impl OpenLine {
    /// Whether anything stands on it.
    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Whether the next character belongs on a new line.
    pub(super) fn is_full(&self) -> bool {
        self.column + 2 > LINE_COLUMNS_MAX
    }

    /// Writes one character at the cursor.
    pub(super) fn print(&mut self, c: char, style: Style) {
        let c = safe(c);
        let width = c.width().unwrap_or(0);
        if width == 0 {
            self.mark(c);
            return;
        }
        self.edits.earn();
        self.pad();
        for offset in 0..width {
            let text = (offset == 0).then_some(c);
            self.set(
                self.column + offset,
                Cell {
                    text,
                    marks: Vec::new(),
                    style,
                },
            );
        }
        self.column += width;
    }

    /// Puts a combining character on the cell before the cursor.
    fn mark(&mut self, c: char) {
        let before = self.cells.get_mut(..self.column).unwrap_or_default();
        let base = before.iter_mut().rev().find(|cell| cell.text.is_some());
        if let Some(cell) = base.filter(|cell| cell.marks.len() < MARKS_MAX) {
            cell.marks.push(c);
        }
    }

    fn pad(&mut self) {
        while self.cells.len() < self.column {
            self.cells.push(blank(Style::new()));
        }
    }

    fn set(&mut self, column: usize, cell: Cell) {
        if column < self.cells.len() {
            self.split_wide(column);
            self.split_wide(column + 1);
            self.cells[column] = cell;
        } else {
            self.cells.push(cell);
        }
    }

    /// Turns a wide character whose right half is at `column` into two blanks, before one of its
    /// halves is overwritten.
    fn split_wide(&mut self, column: usize) {
        let right_half = self
            .cells
            .get(column)
            .is_some_and(|cell| cell.text.is_none());
        if let (true, Some(left)) = (right_half, column.checked_sub(1)) {
            for cell in &mut self.cells[left..=column] {
                *cell = blank(cell.style);
            }
        }
    }

    /// Carriage return.
    pub(super) const fn home(&mut self) {
        self.column = 0;
    }

    /// Moves the cursor to `column`, from 0.
    pub(super) fn go_to(&mut self, column: usize) {
        self.column = column.min(LINE_COLUMNS_MAX - 2);
    }

    /// Moves the cursor.
    pub(super) fn move_by(&mut self, columns: isize) {
        self.go_to(self.column.saturating_add_signed(columns));
    }

    /// Moves the cursor to the next tabulator stop.
    pub(super) fn tab(&mut self) {
        self.go_to((self.column / TAB_COLUMNS + 1) * TAB_COLUMNS);
        self.pad();
    }

    /// Erases from the cursor to the end.
    pub(super) fn erase_right(&mut self) {
        self.split_wide(self.column);
        self.cells.truncate(self.column);
    }

    /// Erases from the start to the cursor.
    pub(super) fn erase_left(&mut self) {
        let end = (self.column + 1).min(self.cells.len());
        if self.may_edit(end) {
            self.split_wide(self.column + 1);
            self.cells[..end].fill(blank(Style::new()));
        }
    }

    /// Erases everything; the cursor stays.
    pub(super) fn erase(&mut self) {
        self.cells.clear();
    }

    /// Takes out so many columns at the cursor; what is behind them moves up.
    pub(super) fn delete(&mut self, columns: usize) {
        if self.may_edit(self.behind()) {
            let removed = self.cut_out(columns);
            self.cells.drain(removed);
        }
    }

    /// Makes room of so many columns at the cursor; what is behind moves on.
    pub(super) fn insert(&mut self, columns: usize) {
        let room = columns.min(LINE_COLUMNS_MAX);
        if self.behind() == 0 || !self.may_edit(self.behind() + room) {
            return;
        }
        self.split_wide(self.column);
        let blanks = std::iter::repeat_n(blank(Style::new()), room);
        self.cells.splice(self.column..self.column, blanks);
        self.split_wide(LINE_COLUMNS_MAX);
        self.cells.truncate(LINE_COLUMNS_MAX);
    }

    /// Erases so many columns from the cursor on.
    pub(super) fn blank_out(&mut self, columns: usize) {
        if self.may_edit(self.behind().min(columns)) {
            let erased = self.cut_out(columns);
            self.cells[erased].fill(blank(Style::new()));
        }
    }

    /// How many columns stand at the cursor and behind it.
    fn behind(&self) -> usize {
        self.cells.len().saturating_sub(self.column)
    }

    /// Whether one more edit may touch so many columns.
    fn may_edit(&mut self, columns: usize) -> bool {
        self.edits.earn();
        self.edits.spend(columns)
    }

    /// The cells of so many columns at the cursor, after no wide character reaches over either end.
    fn cut_out(&mut self, columns: usize) -> Range<usize> {
        let end = self.column.saturating_add(columns);
        self.split_wide(self.column);
        self.split_wide(end);
        let end = end.min(self.cells.len());
        self.column.min(end)..end
    }

    /// The line as it stands, without blanks at its end.
    pub(super) fn to_line(&self) -> StyledLine {
        let invisible = blank(Style::new());
        let end = self
            .cells
            .iter()
            .rposition(|cell| *cell != invisible)
            .map_or(0, |last| last + 1);
        let (mut text, mut stretches) = (String::with_capacity(end), Vec::<(usize, Style)>::new());
        let mut extent = Extent::default();
        for cell in &self.cells[..end] {
            let Some(c) = cell.text else { continue };
            text.push(c);
            text.extend(&cell.marks);
            extent = cell
                .marks
                .iter()
                .copied()
                .fold(extent.with(c), Extent::with);
            match stretches.last_mut() {
                Some((to, style)) if *style == cell.style => *to = text.len(),
                _ => stretches.push((text.len(), cell.style)),
            }
        }
        if stretches.iter().all(|(_, style)| *style == Style::new()) {
            stretches.clear();
        }
        StyledLine {
            text: text.into(),
            stretches: stretches.into(),
            extent,
        }
    }

    /// Takes the line as it stands and starts a new one.
    pub(super) fn finish(&mut self) -> StyledLine {
        let line = self.to_line();
        self.cells.clear();
        (self.column, self.edits) = (0, Edits::default());
        line
    }
}

/// One character made safe, as [`printable`] does it for text.
fn safe(c: char) -> char {
    if c.is_ascii_graphic() || c == ' ' {
        return c;
    }
    printable(c.encode_utf8(&mut [0; 4]))
        .chars()
        .next()
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}
