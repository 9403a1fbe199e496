//! Finds rows that stand elsewhere on the terminal already, so that they are moved and not written.

use std::ops::Range;

use super::grid::Grid;

/// Rows `top` to `bottom` of a screen, moved by some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) top: u16,
    pub(super) bottom: u16,
    /// How many rows everything moves.
    pub(super) rows: u16,
    /// Towards the top.
    pub(super) up: bool,
}

impl Shift {
    /// The rows that are blank after it.
    pub(super) fn vacated(self) -> Range<u16> {
        if self.up {
            self.bottom + 1 - self.rows..self.bottom + 1
        } else {
            self.top..self.top + self.rows
        }
    }
}

/// About what it takes to say that a region scrolls. A shift that spares less is none.
const SHIFT_BYTES: usize = 16;
/// About what it takes to go to a row.
const MOVE_BYTES: usize = 4;
/// Erasing to the end of a row.
const ERASE_BYTES: usize = 3;

/// The shift that spares most of what is to be written to make `shown` into `wanted`, both of the
/// same size and hashed.
pub(super) fn find(shown: &Grid, wanted: &Grid) -> Option<Shift> {
    let height = wanted.height();
    let changed = |y: u16| shown.hash(y) != wanted.hash(y);
    if (0..height).filter(|y| changed(*y)).count() < 2 {
        return None;
    }
    // What each row takes if nothing moves, and what it takes on a blank one.
    let in_place: Vec<usize> = (0..height)
        .map(|y| {
            if changed(y) {
                difference(shown, wanted, y)
            } else {
                0
            }
        })
        .collect();
    let anew: Vec<usize> = (0..height).map(|y| bytes_anew(wanted.ink_end(y))).collect();
    let mut best = (SHIFT_BYTES, None);
    for rows in 1..height {
        for up in [true, false] {
            for shift in runs(shown, wanted, rows, up) {
                let region = shift.top..shift.bottom + 1;
                let before: usize = region.clone().map(|y| in_place[usize::from(y)]).sum();
                let after: usize = shift.vacated().map(|y| anew[usize::from(y)]).sum();
                let spared = before.saturating_sub(after);
                if spared > best.0 {
                    best = (spared, Some(shift));
                }
            }
        }
    }
    best.1
}

/// The regions whose rows, moved by `rows`, are the wanted ones as far as they are not vacated.
fn runs(shown: &Grid, wanted: &Grid, rows: u16, up: bool) -> Vec<Shift> {
    let overlap = wanted.height() - rows;
    // Pairs of rows, the higher one `y`, the lower one `y + rows`.
    let moved = |y: u16| {
        let (from, to) = if up { (y + rows, y) } else { (y, y + rows) };
        shown.hash(from) == wanted.hash(to)
    };
    let (mut found, mut start) = (Vec::new(), None);
    for y in 0..=overlap {
        match (y < overlap && moved(y), start) {
            (true, None) => start = Some(y),
            (false, Some(top)) => {
                found.push(Shift {
                    top,
                    bottom: y - 1 + rows,
                    rows,
                    up,
                });
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// About how many bytes make row `y` of `shown` into the wanted one.
fn difference(shown: &Grid, wanted: &Grid, y: u16) -> usize {
    let end = wanted.ink_end(y);
    let pairs = shown.row(y).iter().zip(wanted.row(y));
    let cells = pairs.take(end).filter(|(one, other)| one != other).count();
    let tail = if shown.ink_end(y) > end {
        ERASE_BYTES
    } else {
        0
    };
    match cells + tail {
        0 => 0,
        bytes => bytes + MOVE_BYTES,
    }
}

/// About how many bytes put a row that ends there on a blank one.
const fn bytes_anew(ink_end: usize) -> usize {
    match ink_end {
        0 => 0,
        bytes => bytes + MOVE_BYTES,
    }
}
