//! Which rows of a long, growing list of things of several rows each are visible.
//!
//! A viewport either follows the end or holds its first row by the id of a thing, so rows that
//! arrive below, and things that fall out of the window above, do not move what is being read.

use std::ops::Range;

/// Things in order, each a number of rows high at the width they are drawn in.
pub(crate) trait Rows {
    /// Ids of all things; dense.
    fn ids(&self) -> Range<u64>;
    /// How many rows a thing has; at least one.
    fn rows(&self, id: u64) -> usize;
}

/// A row of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    /// The thing.
    pub(crate) id: u64,
    /// The row within it, from 0.
    pub(crate) row: usize,
}

/// What is visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Viewport {
    /// The last rows, also as more arrive.
    #[default]
    Following,
    /// From this row on.
    Held(Spot),
}

impl Viewport {
    /// The first visible row.
    pub(crate) fn top(self, things: &impl Rows, height: usize) -> Spot {
        let last = last_top(things, height);
        match self {
            Self::Following => last,
            Self::Held(spot) => clamp(spot, things).min(last),
        }
    }

    /// Moves by `rows` rows, down if positive. Following starts again where the end is reached.
    pub(crate) fn scroll(&mut self, rows: isize, things: &impl Rows, height: usize) {
        let top = self.top(things, height);
        let top = if rows < 0 {
            back(top, rows.unsigned_abs(), things)
        } else {
            forth(top, rows.unsigned_abs(), things)
        };
        let last = last_top(things, height);
        let fits = last
            == (Spot {
                id: things.ids().start,
                row: 0,
            });
        *self = if top >= last && (rows > 0 || fits) {
            Self::Following
        } else {
            Self::Held(top)
        };
    }

    /// Moves as little as possible to make the thing `id` visible; of one that is higher than the
    /// viewport, its first rows.
    pub(crate) fn reveal(&mut self, id: u64, things: &impl Rows, height: usize) {
        let top = self.top(things, height);
        let first = Spot { id, row: 0 };
        if first < top {
            *self = Self::Held(first);
            return;
        }
        let end = Spot {
            id,
            row: things.rows(id).saturating_sub(1),
        };
        let lowest_top = back(end, height.saturating_sub(1), things).min(first);
        *self = Self::Held(top.max(lowest_top));
    }

    /// The same for who comes from below: of a thing that is higher than the viewport, its last rows.
    pub(crate) fn reveal_from_below(&mut self, id: u64, things: &impl Rows, height: usize) {
        let end = Spot {
            id,
            row: things.rows(id).saturating_sub(1),
        };
        match end.row >= height && end < self.top(things, height) {
            true => *self = Self::Held(back(end, height.saturating_sub(1), things)),
            false => self.reveal(id, things, height),
        }
    }
}

/// The thing so many rows below the end of the thing `id`, or above its beginning if negative; no
/// further than there are things.
pub(crate) fn thing_beside(id: u64, rows: isize, things: &impl Rows) -> u64 {
    let last = things.rows(id).saturating_sub(1);
    let spot = match rows < 0 {
        true => back(Spot { id, row: 0 }, rows.unsigned_abs(), things),
        false => forth(Spot { id, row: last }, rows.unsigned_abs(), things),
    };
    spot.id
}

/// How many rows of the thing `id`, which is visible, are above the rows visible from `top` on and
/// below them.
pub(crate) fn hidden_rows(top: Spot, id: u64, things: &impl Rows, height: usize) -> (usize, usize) {
    let bottom = forth(top, height.saturating_sub(1), things);
    let above = if top.id == id { top.row } else { 0 };
    let last = things.rows(id).saturating_sub(1);
    let below = match bottom.id == id {
        true => last.saturating_sub(bottom.row),
        false => 0,
    };
    (above, below)
}

/// How many rows lie below the rows visible from `top` on, counted at most up to `limit`.
pub(crate) fn rows_below(top: Spot, things: &impl Rows, height: usize, limit: usize) -> usize {
    let ids = things.ids();
    let mut rows = 0;
    for id in top.id..ids.end {
        rows += things.rows(id);
        if rows > limit + height + top.row {
            break;
        }
    }
    rows.saturating_sub(top.row + height).min(limit)
}

/// How many rows lie above `top`, counted at most up to `limit`.
pub(crate) fn rows_above(top: Spot, things: &impl Rows, limit: usize) -> usize {
    let ids = things.ids();
    let mut rows = top.row;
    let mut id = top.id;
    while rows < limit && id > ids.start {
        id -= 1;
        rows += things.rows(id);
    }
    rows.min(limit)
}

/// The rows from `top` on, at most `height` of them.
pub(crate) fn visible(top: Spot, things: &impl Rows, height: usize) -> Vec<Spot> {
    let ids = things.ids();
    (top.id.max(ids.start)..ids.end)
        .flat_map(|id| (0..things.rows(id)).map(move |row| Spot { id, row }))
        .skip_while(|spot| *spot < top)
        .take(height)
        .collect()
}

/// The first row of the view that ends with the last row.
fn last_top(things: &impl Rows, height: usize) -> Spot {
    let ids = things.ids();
    let Some(id) = ids.end.checked_sub(1).filter(|id| ids.contains(id)) else {
        return Spot {
            id: ids.start,
            row: 0,
        };
    };
    let end = Spot {
        id,
        row: things.rows(id).saturating_sub(1),
    };
    back(end, height.saturating_sub(1), things)
}

fn clamp(spot: Spot, things: &impl Rows) -> Spot {
    let ids = things.ids();
    if spot.id < ids.start || ids.is_empty() {
        return Spot {
            id: ids.start,
            row: 0,
        };
    }
    let id = spot.id.min(ids.end - 1);
    Spot {
        id,
        row: spot.row.min(things.rows(id).saturating_sub(1)),
    }
}

fn back(mut spot: Spot, mut rows: usize, things: &impl Rows) -> Spot {
    while rows > spot.row {
        if spot.id <= things.ids().start {
            return Spot { row: 0, ..spot };
        }
        rows -= spot.row + 1;
        spot.id -= 1;
        spot.row = things.rows(spot.id).saturating_sub(1);
    }
    Spot {
        row: spot.row - rows,
        ..spot
    }
}

fn forth(mut spot: Spot, mut rows: usize, things: &impl Rows) -> Spot {
    while spot.row + rows >= things.rows(spot.id) {
        if spot.id + 1 >= things.ids().end {
            return Spot {
                row: things.rows(spot.id).saturating_sub(1),
                ..spot
            };
        }
        rows -= things.rows(spot.id) - spot.row;
        spot = Spot {
            id: spot.id + 1,
            row: 0,
        };
    }
    Spot {
        row: spot.row + rows,
        ..spot
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug)]
    struct Things {
        first: u64,
        heights: Vec<usize>,
    }

    impl Rows for Things {
        fn ids(&self) -> Range<u64> {
            self.first..self.first + self.heights.len() as u64
        }

        fn rows(&self, id: u64) -> usize {
            let index = id
                .checked_sub(self.first)
                .and_then(|i| usize::try_from(i).ok());
            index
                .and_then(|i| self.heights.get(i))
                .copied()
                .unwrap_or(1)
        }
    }

    fn things() -> impl Strategy<Value = Things> {
        (0..5_u64, prop::collection::vec(1..5_usize, 0..12))
            .prop_map(|(first, heights)| Things { first, heights })
    }

    proptest! {
        /// Scrolling over a flat list of all rows is the model of every move.
        #[test]
        fn scrolling_agrees_with_a_flat_list(
            things in things(), height in 1..7_usize, moves in prop::collection::vec(-9..9_isize, 0..9),
        ) {
            let all = visible(Spot { id: 0, row: 0 }, &things, usize::MAX);
            let last = all.len().saturating_sub(height);
            let (mut viewport, mut expected) = (Viewport::Following, last);
            for rows in moves {
                viewport.scroll(rows, &things, height);
                expected = expected.saturating_add_signed(rows).min(last);
                let seen = visible(viewport.top(&things, height), &things, height);
                prop_assert_eq!(&seen[..], &all[expected..(expected + height).min(all.len())]);
            }
        }

        #[test]
        fn what_is_revealed_is_visible(things in things(), height in 1..7_usize, pick in 0..12_u64) {
            prop_assume!(!things.heights.is_empty());
            let id = things.first + pick % things.heights.len() as u64;
            let mut viewport = Viewport::Held(Spot { id: things.first, row: 0 });
            viewport.reveal(id, &things, height);
            let seen = visible(viewport.top(&things, height), &things, height);
            let shown = seen.iter().filter(|spot| spot.id == id).count();
            prop_assert_eq!(shown, things.rows(id).min(height));
        }

        #[test]
        fn what_lies_below_is_counted(things in things(), height in 1..7_usize, back in 0..20_isize) {
            let mut viewport = Viewport::Following;
            viewport.scroll(-back, &things, height);
            let top = viewport.top(&things, height);
            let below = rows_below(top, &things, height, 1_000);
            let all = visible(top, &things, usize::MAX).len();
            prop_assert_eq!(below, all.saturating_sub(height));
        }
    }

    #[test]
    fn what_is_read_stays_while_more_arrives() {
        let mut things = Things {
            first: 0,
            heights: vec![1; 10],
        };
        let mut viewport = Viewport::Following;
        viewport.scroll(-3, &things, 4);
        assert_eq!(viewport.top(&things, 4), Spot { id: 3, row: 0 });
        things.heights.extend([1; 5]);
        assert_eq!(viewport.top(&things, 4), Spot { id: 3, row: 0 });
        things.first = 7;
        assert_eq!(
            viewport.top(&things, 4),
            Spot { id: 7, row: 0 },
            "fell out of the window"
        );
    }
}
