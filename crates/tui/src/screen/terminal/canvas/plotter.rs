//! Moves, pens and text in the fewest bytes.
//!
//! Invariants: the plotter knows where the terminal's cursor is or knows that it does not. A
//! relative move is used only where it cannot meet the edge of a scroll region. Rows scroll and
//! cells are erased only with a plain background, because terminals fill what comes in with it.

use std::{fmt::Write, mem};

use ratatui::{buffer::Cell, layout::Size};

use super::{
    Origin,
    grid::{ink_end, is_blank, is_covered},
    ground::Ground,
    pen::Pen,
    shift::Shift,
};

/// From so many blanks on they are erased instead of written: the erasure and the move behind it
/// take about as many bytes.
const ERASE_BLANKS_MIN: usize = 12;
/// Up to so many cells that are right already are written again instead of being passed over: the
/// move takes as many bytes.
const PASS_CELLS_MAX: u16 = 4;
/// Up to so many blanks at the end of a row are written: erasing them takes as many bytes.
const BLANK_TAIL_MAX: usize = 3;
/// From so many rows on a region is scrolled by deleting lines instead of by line feeds.
const DELETE_LINES_MIN: u16 = 12;

/// Writes into a buffer what a terminal is to do.
#[derive(Debug)]
pub(super) struct Plotter {
    /// What has been written since it was last taken.
    pub(super) frame: String,
    origin: Origin,
    size: Size,
    /// Where the terminal's cursor is, as far as that is certain: the row is not after a region was
    /// set, the column not at the right margin and behind text whose width terminals see
    /// differently.
    row: Option<u16>,
    column: Option<u16>,
    pen: Pen,
    /// First and last row of the scroll region, unless it is the whole screen.
    region: Option<(u16, u16)>,
}

impl Plotter {
    /// A plotter for a terminal with a plain pen and no region. For [`Origin::Inline`] the cursor
    /// must be in the first row.
    pub(super) const fn new(origin: Origin, size: Size) -> Self {
        Self {
            frame: String::new(),
            origin,
            size,
            row: match origin {
                Origin::Full => None,
                Origin::Inline => Some(0),
            },
            column: None,
            pen: Pen {
                foreground: ratatui::style::Color::Reset,
                background: ratatui::style::Color::Reset,
                modifier: ratatui::style::Modifier::empty(),
            },
            region: None,
        }
    }

    /// In which row the cursor is; the first one if that is unknown.
    pub(super) fn row(&self) -> u16 {
        self.row.unwrap_or(0)
    }

    /// In which column the cursor is; the first one if that is unknown.
    pub(super) fn column(&self) -> u16 {
        self.column.unwrap_or(0)
    }

    /// Blanks the canvas, which is of another size from now on.
    pub(super) fn start_anew(&mut self, size: Size) {
        self.size = size;
        match self.origin {
            Origin::Full => {
                // Whatever else has written to the terminal meanwhile.
                self.frame.push_str("\x1b[r\x1b[m\x1b[H\x1b[2J");
                (self.row, self.column) = (Some(0), Some(0));
                (self.pen, self.region) = (Pen::default(), None);
            }
            Origin::Inline => self.make_room(),
        }
    }

    /// Scrolls so that all rows of an inline canvas are on the screen, and clears them.
    fn make_room(&mut self) {
        self.set_pen(Pen::default());
        self.column = None;
        self.go_to(0, 0);
        self.frame.push_str("\x1b[J");
        let below = self.size.height.saturating_sub(1);
        for _ in 0..below {
            self.frame.push_str("\r\n");
        }
        if below > 0 {
            let _ = write!(self.frame, "\x1b[{below}A");
        }
        self.frame.push('\r');
        self.column = Some(0);
    }

    /// Moves rows; the ones that come in are blank.
    pub(super) fn scroll(&mut self, shift: Shift) {
        if self.pen.background != Pen::default().background {
            self.set_pen(Pen::default());
        }
        self.set_region(shift);
        if !shift.up {
            self.go_to(0, shift.top);
            let _ = write!(self.frame, "\x1b[{}L", shift.rows);
        } else if shift.rows >= DELETE_LINES_MIN {
            self.go_to(0, shift.top);
            let _ = write!(self.frame, "\x1b[{}M", shift.rows);
        } else {
            self.go_to(0, shift.bottom);
            for _ in 0..shift.rows {
                self.frame.push('\n');
            }
        }
    }

    /// Moves the cursor.
    pub(super) fn go_to(&mut self, x: u16, y: u16) {
        let ground = Ground {
            origin: self.origin,
            size: self.size,
            scrolls_at: self.region.map(|(_, bottom)| bottom),
        };
        ground.write_move((self.column, self.row), (x, y), &mut self.frame);
        (self.column, self.row) = (Some(x), Some(y));
    }

    fn set_region(&mut self, shift: Shift) {
        let whole = shift.top == 0 && shift.bottom + 1 == self.size.height;
        let region = (!whole).then_some((shift.top, shift.bottom));
        if mem::replace(&mut self.region, region) == region {
            return;
        }
        match region {
            None => self.frame.push_str("\x1b[r"),
            Some((top, bottom)) => {
                let _ = write!(self.frame, "\x1b[{};{}r", top + 1, bottom + 1);
            }
        }
        (self.row, self.column) = (None, None);
    }

    /// Makes row `y` of a terminal that shows `shown` into `wanted`.
    pub(super) fn draw_row(&mut self, y: u16, shown: &[Cell], wanted: &[Cell]) {
        let (end, shown_end) = (ink_end(wanted), ink_end(shown));
        let mut x = 0;
        while x < end {
            if is_covered(&wanted[x]) || wanted[x] == shown[x] {
                x += 1;
                continue;
            }
            let blanks = blanks_to_write(&shown[x..end], &wanted[x..end]);
            self.approach(x, y, wanted);
            if blanks >= ERASE_BLANKS_MIN {
                self.set_pen(Pen::default());
                let _ = write!(self.frame, "\x1b[{blanks}X");
                x += blanks;
            } else {
                self.put(&wanted[x]);
                x += 1;
            }
        }
        if shown_end > end {
            self.approach(end, y, wanted);
            if shown_end - end <= BLANK_TAIL_MAX {
                for cell in &wanted[end..shown_end] {
                    self.put(cell);
                }
            } else {
                self.set_pen(Pen::default());
                self.frame.push_str("\x1b[K");
            }
        }
    }

    /// Goes to a cell of a row, by writing the ones before it again where that is shorter.
    fn approach(&mut self, x: usize, y: u16, wanted: &[Cell]) {
        let to = u16::try_from(x).unwrap_or(u16::MAX);
        if let (true, Some(column)) = (self.row == Some(y), self.column)
            && column < to
            && to - column <= PASS_CELLS_MAX
        {
            let passed = &wanted[usize::from(column)..x];
            let same =
                |cell: &Cell| matches!(cell.symbol().as_bytes(), [b' '..=b'~']) && self.draws(cell);
            if passed.iter().all(same) {
                for cell in passed {
                    self.put(cell);
                }
                return;
            }
        }
        self.go_to(to, y);
    }

    /// Whether `cell` can be drawn with the pen as it is. On a blank the colour of text is not seen.
    fn draws(&self, cell: &Cell) -> bool {
        let pen = Pen::of(cell);
        let unseen = pen.modifier.is_empty() && cell.symbol() == " ";
        let plain = Pen {
            foreground: pen.foreground,
            ..self.pen
        };
        self.pen == pen || (unseen && plain == pen)
    }

    fn put(&mut self, cell: &Cell) {
        if !self.draws(cell) {
            self.set_pen(Pen::of(cell));
        }
        let symbol = cell.symbol();
        self.frame.push_str(symbol);
        let width = ratatui::buffer::CellWidth::cell_width(symbol);
        // Terminals differ on how wide a composed character is.
        let certain = symbol.chars().nth(1).is_none();
        self.column = self
            .column
            .and_then(|column| column.checked_add(width))
            .filter(|column| certain && *column < self.size.width);
    }

    fn set_pen(&mut self, pen: Pen) {
        let before = mem::replace(&mut self.pen, pen);
        if before != pen {
            before.write_change(pen, &mut self.frame);
        }
    }
}

/// How many blanks from the start of `wanted` on are to be written to be rid of what is shown.
fn blanks_to_write(shown: &[Cell], wanted: &[Cell]) -> usize {
    let blanks = wanted.iter().take_while(|cell| is_blank(cell)).count();
    ink_end(&shown[..blanks])
}
