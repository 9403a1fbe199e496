//! The cells of a canvas, in the one form in which two of them can be compared.
//!
//! Invariants: every cell is as wide as it says, and the cells behind a wide one are covered: their
//! symbol is empty. No cell holds a control character. What cannot be seen is not told apart: a
//! blank has no colour of text.

use std::hash::{Hash, Hasher};

use ratatui::{
    buffer::{Buffer, Cell, CellWidth},
    layout::{Position, Size},
    style::{Color, Modifier},
};

use super::{pen::Pen, shift::Shift};

/// The longest symbol of a cell, in bytes. A longer pile of combining marks is not text.
const SYMBOL_BYTES_MAX: usize = 32;
/// Stands for what is no text.
const NO_TEXT: &str = "\u{fffd}";
/// What shows on a blank besides its background.
const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT);

/// Rows of cells.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    size: Size,
    cells: Vec<Cell>,
    /// One for each row, to find a row again elsewhere. Equal ones are likely, not certain, to mean
    /// equal rows.
    hashes: Vec<u64>,
    /// Where the blanks at the end of each row begin.
    ink_ends: Vec<usize>,
}

impl Grid {
    /// Nothing but blanks.
    pub(super) fn new(size: Size) -> Self {
        Self {
            size,
            hashes: vec![hash(&[]); usize::from(size.height)],
            ink_ends: vec![0; usize::from(size.height)],
            cells: vec![Cell::EMPTY; usize::from(size.width) * usize::from(size.height)],
        }
    }

    /// The cells of row `y`.
    pub(super) fn row(&self, y: u16) -> &[Cell] {
        let start = self.start(y);
        &self.cells[start..start + usize::from(self.size.width)]
    }

    /// What row `y` can be recognised by, once [`Self::rehash`] has seen its last change.
    pub(super) fn hash(&self, y: u16) -> u64 {
        self.hashes[usize::from(y)]
    }

    /// Where the blanks at the end of row `y` begin, as [`Self::rehash`] found it.
    pub(super) fn ink_end(&self, y: u16) -> usize {
        self.ink_ends[usize::from(y)]
    }

    /// How many rows there are.
    pub(super) const fn height(&self) -> u16 {
        self.size.height
    }

    /// Puts `cell` where a view has put it. A cell behind a wide one stays covered, because that is
    /// what a terminal shows.
    pub(super) fn set(&mut self, x: u16, y: u16, cell: &Cell) {
        if x >= self.size.width || y >= self.size.height {
            return;
        }
        let start = self.start(y);
        let row = &mut self.cells[start..start + usize::from(self.size.width)];
        let x = usize::from(x);
        if is_covered(&row[x]) {
            return;
        }
        uncover(row, x);
        let (cell, width) = settled(cell, row.len() - x);
        for column in x + 1..x + width {
            uncover(row, column);
            row[column] = covered();
        }
        row[x] = cell;
    }

    /// Blanks everything from one cell up to another.
    pub(super) fn clear(&mut self, from: (u16, u16), to: (u16, u16)) {
        let index = |(x, y)| self.start(y) + usize::from(x);
        let (from, to) = (index(from), index(to).min(self.cells.len()));
        if let Some(cells) = self.cells.get_mut(from..to) {
            cells.fill(Cell::EMPTY);
        }
    }

    /// Takes over row `y` of `other`, a grid of the same size.
    pub(super) fn copy_row(&mut self, other: &Self, y: u16) {
        let start = self.start(y);
        self.cells[start..start + usize::from(self.size.width)].clone_from_slice(other.row(y));
        self.hashes[usize::from(y)] = other.hash(y);
        self.ink_ends[usize::from(y)] = other.ink_end(y);
    }

    /// Learns to recognise row `y` as it is now.
    pub(super) fn rehash(&mut self, y: u16) {
        let row = self.row(y);
        let end = ink_end(row);
        let hash = hash(&row[..end]);
        self.hashes[usize::from(y)] = hash;
        self.ink_ends[usize::from(y)] = end;
    }

    /// Moves rows as a terminal does; the rows that come in are blank.
    pub(super) fn shift(&mut self, shift: Shift) {
        let columns = usize::from(self.size.width);
        let (first, last) = (self.start(shift.top), self.start(shift.bottom) + columns);
        let rows = usize::from(shift.top)..usize::from(shift.bottom) + 1;
        let by = usize::from(shift.rows);
        if shift.up {
            self.cells[first..last].rotate_left(by * columns);
            self.hashes[rows.clone()].rotate_left(by);
            self.ink_ends[rows].rotate_left(by);
        } else {
            self.cells[first..last].rotate_right(by * columns);
            self.hashes[rows.clone()].rotate_right(by);
            self.ink_ends[rows].rotate_right(by);
        }
        for y in shift.vacated() {
            let start = self.start(y);
            self.cells[start..start + columns].fill(Cell::EMPTY);
            self.rehash(y);
        }
    }

    fn start(&self, y: u16) -> usize {
        usize::from(y) * usize::from(self.size.width)
    }
}

/// Whether something wide stands before `cell` and reaches over it.
pub(super) fn is_covered(cell: &Cell) -> bool {
    cell.symbol().is_empty()
}

/// Whether it is a blank that an erased terminal shows.
pub(super) fn is_blank(cell: &Cell) -> bool {
    // Most cells that are asked about are, or differ in their text.
    cell.symbol() == " " && *cell == Cell::EMPTY
}

/// Where the blanks at the end of a row begin.
pub(super) fn ink_end(row: &[Cell]) -> usize {
    row.iter()
        .rposition(|cell| !is_blank(cell))
        .map_or(0, |last| last + 1)
}

/// Brings the cells of a finished frame into the form that the grid has, so that what ratatui finds
/// to be different is what is different on the terminal: it says nothing of a cell that was behind a
/// wide one before and holds the same now, but is to be seen.
pub(in super::super) fn settle(buffer: &mut Buffer) {
    let area = buffer.area;
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let cell = &mut buffer[Position::new(x, y)];
            let ascii = matches!(cell.symbol().as_bytes(), [b' '..=b'~']);
            if ascii {
                x += 1;
                continue;
            }
            let room = usize::from(area.right() - x);
            let (symbol, width) = text_of(cell, room);
            if symbol != cell.symbol() {
                let symbol = symbol.to_owned();
                cell.set_symbol(&symbol);
            }
            let mut behind = cell.clone();
            behind.set_symbol(" ");
            x += 1;
            for _ in 1..width {
                buffer[Position::new(x, y)] = behind.clone();
                x += 1;
            }
        }
    }
}

/// What can be shown of a symbol in `room` columns, and how wide it is.
fn text_of(cell: &Cell, room: usize) -> (&str, usize) {
    let symbol = cell.symbol();
    if matches!(symbol.as_bytes(), [b' '..=b'~']) {
        return (symbol, 1);
    }
    if symbol.len() > SYMBOL_BYTES_MAX || symbol.contains(char::is_control) {
        return (NO_TEXT, 1);
    }
    match usize::from(symbol.cell_width()) {
        // Alone in its cell it would be added to the one before; at the edge it would go to the next
        // row.
        0 => (" ", 1),
        width if width > room => (" ", 1),
        width => (symbol, width),
    }
}

fn settled(cell: &Cell, room: usize) -> (Cell, usize) {
    let (symbol, width) = text_of(cell, room);
    let mut settled = Cell::EMPTY;
    let pen = Pen::of(cell);
    settled.bg = pen.background;
    if symbol == " " {
        settled.modifier = pen.modifier & SEEN_ON_BLANKS;
        if !settled.modifier.is_empty() {
            settled.fg = pen.foreground;
        }
    } else {
        settled.set_symbol(symbol);
        settled.fg = pen.foreground;
        settled.modifier = pen.modifier;
    }
    (settled, width)
}

fn covered() -> Cell {
    Cell::new("")
}

/// Blanks what the wide cell at `x` covers, in its own style: what stands there is told only if it
/// is something else.
fn uncover(row: &mut [Cell], x: usize) {
    if !row.get(x + 1).is_some_and(is_covered) {
        return;
    }
    let mut blank = row[x].clone();
    blank.set_symbol(" ");
    let (blank, _) = settled(&blank, 1);
    for cell in row[x + 1..].iter_mut().take_while(|cell| is_covered(cell)) {
        *cell = blank.clone();
    }
}

fn hash(row: &[Cell]) -> u64 {
    let mut hasher = RowHasher(0);
    for cell in row {
        (cell.symbol(), cell.bg, cell.modifier).hash(&mut hasher);
        if cell.fg != Color::Reset {
            cell.fg.hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// A hasher of a few instructions a cell. A row that is mistaken for another costs some bytes more,
/// so that the one of the standard library would be too careful.
struct RowHasher(u64);

impl Hasher for RowHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        const ODD: u64 = 0x517c_c1b7_2722_0a95;
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(ODD);
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value.unsigned_abs() as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
