//! Where the cursor can go, and the shortest way.
//!
//! Nothing here needs an answer of the terminal. A line feed is a move only where it cannot scroll.

use std::fmt::Write;

use ratatui::layout::Size;

use super::Origin;

/// What moves have to know about a terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground {
    pub(super) origin: Origin,
    pub(super) size: Size,
    /// The last row of the scroll region, where a line feed scrolls.
    pub(super) scrolls_at: Option<u16>,
}

/// Up to so many columns to the left are gone by backspaces.
const BACKSPACES_MAX: u16 = 3;
/// Up to so many rows down are gone by line feeds.
const LINE_FEEDS_MAX: u16 = 3;

/// A column and a row, as far as they are certain.
type From = (Option<u16>, Option<u16>);

impl Ground {
    /// Appends the move from one cell to another.
    pub(super) fn write_move(self, from: From, to: (u16, u16), frame: &mut String) {
        if from == (Some(to.0), Some(to.1)) {
            return;
        }
        let mut best = self.absolute(to);
        let relative = from.1.and_then(|row| self.relative((from.0, row), to));
        if let Some(way) = relative
            && best.as_ref().is_none_or(|best| way.len() <= best.len())
        {
            best = Some(way);
        }
        frame.push_str(&best.unwrap_or_default());
    }

    fn absolute(self, (x, y): (u16, u16)) -> Option<String> {
        match (self.origin, x, y) {
            // Nobody knows where the rows are.
            (Origin::Inline, ..) => None,
            (Origin::Full, 0, 0) => Some("\x1b[H".to_owned()),
            (Origin::Full, 0, _) => Some(format!("\x1b[{}H", y + 1)),
            (Origin::Full, ..) => Some(format!("\x1b[{};{}H", y + 1, x + 1)),
        }
    }

    fn relative(self, (column, row): (Option<u16>, u16), (x, y): (u16, u16)) -> Option<String> {
        let mut way = String::new();
        if y == row {
            write_column(column, x, &mut way);
            return Some(way);
        }
        if y > row && y - row <= LINE_FEEDS_MAX && x == 0 && self.feeds(row, y) {
            way.push('\r');
            way.extend((row..y).map(|_| '\n'));
            return Some(way);
        }
        match self.origin {
            // Moves up and down stop at the edges of a region; a row is absolute.
            Origin::Full => {
                let _ = write!(way, "\x1b[{}d", y + 1);
            }
            Origin::Inline if y < row => {
                let _ = write!(way, "\x1b[{}A", row - y);
            }
            Origin::Inline => {
                let _ = write!(way, "\x1b[{}B", y - row);
            }
        }
        write_column(column, x, &mut way);
        Some(way)
    }

    /// Whether line feeds go from one row to a lower one and scroll nothing.
    fn feeds(self, row: u16, y: u16) -> bool {
        y < self.size.height && self.scrolls_at.is_none_or(|last| !(row..y).contains(&last))
    }
}

fn write_column(from: Option<u16>, x: u16, way: &mut String) {
    let (right, left) = match from {
        Some(column) if column == x => return,
        _ if x == 0 => return way.push('\r'),
        Some(column) => (x.checked_sub(column), column.checked_sub(x)),
        None => (None, None),
    };
    match (right, left) {
        (_, Some(left @ 1..=BACKSPACES_MAX)) => way.extend((0..left).map(|_| '\x08')),
        (Some(1), _) => way.push_str("\x1b[C"),
        (Some(right), _) if right < x + 1 => {
            let _ = write!(way, "\x1b[{right}C");
        }
        _ => {
            let _ = write!(way, "\x1b[{}G", x + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_way_is_taken() {
        let check = |origin, from: From, to, expected: &str| {
            let ground = Ground {
                origin,
                size: Size::new(80, 24),
                scrolls_at: Some(20),
            };
            let mut frame = String::new();
            ground.write_move(from, to, &mut frame);
            assert_eq!(frame.replace('\x1b', ""), expected, "{from:?} {to:?}");
        };
        let at = |x, y| (Some(x), Some(y));
        let full = Origin::Full;
        check(full, (None, None), (0, 0), "[H");
        check(full, (None, None), (0, 9), "[10H");
        check(full, (None, None), (7, 9), "[10;8H");
        check(full, at(7, 9), (7, 9), "");
        check(full, at(7, 9), (0, 9), "\r");
        check(full, (None, Some(9)), (0, 10), "\r\n");
        check(full, at(7, 9), (8, 9), "[C");
        check(full, at(70, 9), (78, 9), "[8C");
        check(full, at(7, 9), (5, 9), "\x08\x08");
        check(full, at(70, 9), (5, 9), "[6G");
        check(full, at(7, 9), (7, 18), "[19d");
        check(full, at(7, 9), (40, 18), "[19;41H");
        // A line feed in the last row of the region would scroll it.
        check(full, at(7, 20), (0, 21), "[22H");
        check(full, at(7, 21), (0, 22), "\r\n");
        let inline = Origin::Inline;
        check(inline, at(7, 9), (7, 4), "[5A");
        check(inline, (None, Some(9)), (7, 14), "[5B[8G");
        check(inline, (None, Some(9)), (0, 14), "[5B\r");
    }
}
