//! The rows that scroll, and how the cursor moves up and down in and around them: where the screen
//! below is at odds with terminals.

use super::Page;

impl Page {
    /// The first and the last row that scroll, from 0.
    pub(super) fn region(&self) -> (u16, u16) {
        let (rows, _) = self.size();
        self.region.unwrap_or((0, rows - 1))
    }

    /// Only the rows between these, from 1, scroll; 0 is the first or the last one.
    pub(super) fn set_region(&mut self, first: u16, last: u16) {
        let (rows, _) = self.size();
        let first = first.max(1);
        let last = if last == 0 { rows } else { last.min(rows) };
        // What is no region changes nothing.
        if first >= last {
            return;
        }
        self.region = (first > 1 || last < rows).then_some((first - 1, last - 1));
        self.enforce_region();
        self.process("\x1b[H");
    }

    /// Counts rows from the first one of the region, or of the screen, and goes there.
    pub(super) fn count_from_region(&mut self, on: bool) {
        self.counts_from_region = on;
        self.enforce_region();
        self.process("\x1b[H");
    }

    /// Tells the screen below of the region. The cursor is anywhere afterwards.
    pub(super) fn enforce_region(&mut self) {
        let (first, last) = self.region();
        let origin = if self.counts_from_region { 'h' } else { 'l' };
        self.process(&format!("\x1b[{};{}r\x1b[?6{origin}", first + 1, last + 1));
    }

    pub(super) fn up(&mut self, count: u16) {
        let ((row, column), (first, _)) = (self.cursor_in_sight(), self.region());
        let limit = if row < first { 0 } else { first };
        self.go_to(row.saturating_sub(count).max(limit), column);
    }

    pub(super) fn down(&mut self, count: u16) {
        let ((row, column), (_, last)) = (self.cursor_in_sight(), self.region());
        let (rows, _) = self.size();
        let limit = if row > last { rows - 1 } else { last };
        self.go_to(row.saturating_add(count).min(limit), column);
    }

    /// To this row, from 1.
    pub(super) fn go_to_row(&mut self, row: u16) {
        let (_, column) = self.cursor_in_sight();
        let (rows, _) = self.size();
        let first = if self.counts_from_region {
            self.region().0
        } else {
            0
        };
        let row = first.saturating_add(row - 1).min(rows - 1);
        self.go_to(row, column);
    }

    /// Up by a row, scrolling.
    pub(super) fn back(&mut self) {
        let ((row, _), (first, _)) = (self.cursor(), self.region());
        // Above the region the first row is the end.
        if row > 0 || first == 0 {
            self.process("\x1bM");
        }
    }

    fn cursor_in_sight(&self) -> (u16, u16) {
        let ((row, column), (_, columns)) = (self.cursor(), self.size());
        (row, column.min(columns - 1))
    }
}
