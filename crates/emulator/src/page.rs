//! The screen of `vt100`, and what it does not know of a terminal: text that is inserted, text that
//! does not wrap, tabulators that a program sets, and a region or a screen that is none.

mod region;

use std::num::NonZero;

use pod_protocol::TerminalSize;
use unicode_width::UnicodeWidthChar;

use crate::filter::{Act, Sink, Switch};

/// Rows above the screen that come back when it grows, as in a terminal. They are not for looking at:
/// what a program wrote is in its log.
const ROWS_ABOVE_MAX: usize = 100;
/// Columns from one tabulator to the next, unless a program sets others.
const TAB_COLUMNS: u16 = 8;
/// Makes the character before it an emoji of two columns.
const WIDENS: char = '\u{fe0f}';

/// A screen that is written on.
pub(crate) struct Page {
    parser: vt100::Parser,
    /// The columns that a program has set tabulators in, in order; those that every terminal begins
    /// with if it has set none.
    tabs: Option<Vec<u16>>,
    inserts: bool,
    wraps: bool,
    /// The first and the last row that scroll, from 0, unless all do.
    region: Option<(u16, u16)>,
    /// Whether rows are counted from the first one of the region.
    counts_from_region: bool,
    /// Whether they were when the cursor was kept.
    counted_from_region: bool,
    /// The character that was written last, if nothing came after it.
    last: Option<char>,
}

impl Page {
    /// An empty screen of a size within bounds.
    pub(crate) fn new(size: TerminalSize) -> Self {
        let (rows, columns) = sides(size);
        Self {
            parser: vt100::Parser::new(rows, columns, ROWS_ABOVE_MAX),
            tabs: None,
            inserts: false,
            wraps: true,
            region: None,
            counts_from_region: false,
            counted_from_region: false,
            last: None,
        }
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Gives it another size, within bounds.
    pub(crate) fn resize(&mut self, size: TerminalSize) {
        let (rows, columns) = sides(size);
        if self.screen().size() == (rows, columns) {
            return;
        }
        // A region is one of a size.
        if self.region.take().is_some() {
            let (row, column) = self.cursor();
            self.enforce_region();
            self.go_to(row, column);
        }
        self.parser.set_size(rows, columns);
    }

    /// How many rows and columns there are.
    fn size(&self) -> (u16, u16) {
        let (rows, columns) = self.screen().size();
        (rows.get(), columns.get())
    }

    /// Row and column of the cursor. Behind a full row the column is one that is not there.
    fn cursor(&self) -> (u16, u16) {
        self.screen().cursor_position()
    }

    fn process(&mut self, sequence: &str) {
        self.parser.process(sequence.as_bytes());
    }

    fn go_to_column(&mut self, column: u16) {
        self.process(&format!("\x1b[{}G", column + 1));
    }

    /// To a row and a column of the screen.
    fn go_to(&mut self, row: u16, column: u16) {
        let row = if self.counts_from_region {
            row.saturating_sub(self.region().0)
        } else {
            row
        };
        self.process(&format!("\x1b[{};{}H", row + 1, column + 1));
    }

    /// Lets the cursor be in the last column instead of behind a full row.
    fn settle(&mut self) {
        let ((_, column), (_, columns)) = (self.cursor(), self.size());
        if column >= columns {
            self.go_to_column(columns - 1);
        }
    }

    /// Writes a character as the modes have it.
    fn place(&mut self, c: char) {
        let width = c
            .width()
            .map_or(0, |width| u16::try_from(width).unwrap_or(0));
        let ((_, column), (_, columns)) = (self.cursor(), self.size());
        // A character in the last column stays as wide as it is.
        if c == WIDENS && column >= columns {
            return;
        }
        if width > 0 && column.saturating_add(width) > columns {
            match (self.wraps, width) {
                // As if it wrapped, so that there is something to be moved.
                (true, _) if self.inserts => self.process("\r\n"),
                (true, _) => {}
                (false, 1) => self.settle(),
                // What has no room in the last column is not written.
                (false, _) => return,
            }
        }
        if self.inserts && width > 0 {
            self.process(&format!("\x1b[{width}@"));
        }
        self.process(c.encode_utf8(&mut [0; 4]));
    }

    fn tab(&mut self, count: u16) {
        let ((_, column), (_, columns)) = (self.cursor(), self.size());
        // Behind a full row it goes nowhere, and what follows wraps.
        if column >= columns {
            return;
        }
        let last = columns - 1;
        let to = match &self.tabs {
            None => (column / TAB_COLUMNS + count).saturating_mul(TAB_COLUMNS),
            Some(stops) => {
                let mut stops = stops.iter().filter(|stop| **stop > column);
                stops.nth(usize::from(count) - 1).copied().unwrap_or(last)
            }
        };
        self.go_to_column(to.min(last));
    }

    fn back_tab(&mut self, count: u16) {
        let (_, column) = self.cursor();
        let to = match &self.tabs {
            None => column.div_ceil(TAB_COLUMNS).saturating_sub(count) * TAB_COLUMNS,
            Some(stops) => {
                let mut stops = stops.iter().rev().filter(|stop| **stop < column);
                stops.nth(usize::from(count) - 1).copied().unwrap_or(0)
            }
        };
        self.go_to_column(to);
    }

    /// Changes the stop in the column of the cursor. There are at most as many as columns.
    fn set_tab(&mut self, is_set: bool) {
        let ((_, column), (_, columns)) = (self.cursor(), self.size());
        let column = column.min(columns - 1);
        let stops = self.tabs.get_or_insert_with(|| {
            let all = TAB_COLUMNS..pod_protocol::TERMINAL_SIDE_MAX;
            all.step_by(usize::from(TAB_COLUMNS)).collect()
        });
        match (stops.binary_search(&column), is_set) {
            (Err(index), true) => stops.insert(index, column),
            (Ok(index), false) => drop(stops.remove(index)),
            _ => {}
        }
    }

    fn switch(&mut self, switch: Switch, to_alternate: bool) {
        if self.screen().alternate_screen() == to_alternate {
            return;
        }
        let (row, column) = self.cursor();
        let mode = match switch {
            Switch::Bare => 47,
            Switch::Whole => 1049,
        };
        let last = if to_alternate { 'h' } else { 'l' };
        self.process(&format!("\x1b[?{mode}{last}"));
        // Either screen below has a cursor and a region of its own; terminals have one for both.
        let restored = self.cursor();
        if switch == Switch::Bare && to_alternate {
            self.process("\x1b[2J");
        }
        self.enforce_region();
        let is_restored = switch == Switch::Whole && !to_alternate;
        let (row, column) = if is_restored { restored } else { (row, column) };
        self.go_to(row, column);
    }

    fn repeat(&mut self, count: u16) {
        let Some(c) = self.last else { return };
        let ((_, column), (_, columns)) = (self.cursor(), self.size());
        // Up to the margin and not beyond it.
        let room = usize::from(columns.saturating_sub(column));
        let fitting = room / c.width().unwrap_or(0).max(1);
        let text: String = std::iter::repeat_n(c, usize::from(count).min(fitting)).collect();
        self.text(&text);
        self.last = None;
    }

    fn reset_modes(&mut self) {
        let (row, column) = self.cursor();
        self.forget_modes();
        self.enforce_region();
        // The cursor that is kept is the one in the corner.
        self.process("\x1b[m\x1b[?25h\x1b[?1l\x1b>\x1b7");
        self.go_to(row, column);
    }

    fn reset(&mut self) {
        self.process("\x1bc");
        self.forget_modes();
        self.tabs = None;
    }

    fn forget_modes(&mut self) {
        (self.inserts, self.wraps, self.region) = (false, true, None);
        (self.counts_from_region, self.counted_from_region) = (false, false);
    }
}

impl Sink for Page {
    fn text(&mut self, text: &str) {
        let last = text.chars().next_back();
        self.last = last.filter(|c| !c.is_control());
        if self.wraps && !self.inserts && !text.contains(WIDENS) {
            return self.process(text);
        }
        for c in text.chars() {
            if c.is_control() && !self.wraps {
                self.settle();
            }
            self.place(c);
        }
    }

    fn write(&mut self, sequence: &[u8]) {
        self.last = None;
        if !self.wraps {
            self.settle();
        }
        self.parser.process(sequence);
    }

    fn act(&mut self, act: Act) {
        if !self.wraps {
            self.settle();
        }
        match act {
            Act::Tab(count) => self.tab(count),
            Act::BackTab(count) => self.back_tab(count),
            Act::SetTab => self.set_tab(true),
            Act::ClearTab => self.set_tab(false),
            Act::ClearTabs => self.tabs = Some(Vec::new()),
            Act::Insert(on) => self.inserts = on,
            Act::Wrap(on) => self.wraps = on,
            Act::Switch(switch, to_alternate) => self.switch(switch, to_alternate),
            Act::Repeat(count) => self.repeat(count),
            Act::Up(count) => self.up(count),
            Act::Down(count) => self.down(count),
            Act::Begin => self.go_to_column(0),
            Act::Row(row) => self.go_to_row(row),
            Act::Back => self.back(),
            Act::Save => {
                self.counted_from_region = self.counts_from_region;
                self.process("\x1b7");
            }
            Act::Restore => {
                self.counts_from_region = self.counted_from_region;
                self.process("\x1b8");
            }
            Act::Origin(on) => self.count_from_region(on),
            Act::Region(first, last) => self.set_region(first, last),
            Act::ResetModes => self.reset_modes(),
            Act::Reset => self.reset(),
        }
        self.last = None;
    }
}

fn sides(size: TerminalSize) -> (NonZero<u16>, NonZero<u16>) {
    let side = |side| NonZero::new(side).expect("a clamped size has no side of 0");
    (side(size.rows), side(size.cols))
}
