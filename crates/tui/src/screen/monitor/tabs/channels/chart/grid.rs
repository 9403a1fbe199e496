//! Dots in cells: braille where the terminal has it, half blocks elsewhere.

/// What dots are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// Two dots across and four down in each cell.
    Braille,
    /// One across and two down.
    Blocks,
}

impl Marker {
    /// How many dots a cell has across and down.
    pub(super) const fn dots(self) -> (usize, usize) {
        match self {
            Self::Braille => (2, 4),
            Self::Blocks => (1, 2),
        }
    }

    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Braille => Self::Blocks,
            Self::Blocks => Self::Braille,
        }
    }
}

/// Cells with dots in them.
pub(super) struct Grid {
    marker: Marker,
    columns: usize,
    rows: usize,
    /// By rows: which dots are set, and whose the newest of them is.
    cells: Vec<(u8, usize)>,
}

/// How the line of a channel is drawn, so that channels differ without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Solid,
    Dashed,
    Dotted,
    DashDotted,
}

impl Line {
    pub(super) const ALL: [Self; super::OVERLAID_MAX] =
        [Self::Solid, Self::Dashed, Self::Dotted, Self::DashDotted];

    /// How it looks in a legend.
    pub(super) const fn sample(self) -> &'static str {
        match self {
            Self::Solid => "───",
            Self::Dashed => "─ ─",
            Self::Dotted => "···",
            Self::DashDotted => "─·─",
        }
    }

    const fn shows(self, x: usize) -> bool {
        match self {
            Self::Solid => true,
            Self::Dashed => x % 6 < 4,
            Self::Dotted => x.is_multiple_of(3),
            Self::DashDotted => x % 8 < 4 || x % 8 == 6,
        }
    }
}

impl Grid {
    pub(super) fn new(marker: Marker, columns: usize, rows: usize) -> Self {
        Self {
            marker,
            columns,
            rows,
            cells: vec![(0, 0); columns * rows],
        }
    }

    /// How many dots there are across.
    pub(super) const fn wide(&self) -> usize {
        self.columns * self.marker.dots().0
    }

    /// How many dots there are down.
    pub(super) const fn high(&self) -> usize {
        self.rows * self.marker.dots().1
    }

    /// Draws a stroke down from `top` to `bottom`, both included, for the channel `owner`. A stroke
    /// is drawn whatever the line: it is an extreme.
    pub(super) fn stroke(&mut self, x: usize, (top, bottom): (usize, usize), owner: usize) {
        let line = Line::ALL[owner % Line::ALL.len()];
        if top == bottom && !line.shows(x) {
            return;
        }
        for y in top..=bottom {
            self.set(x, y, owner);
        }
    }

    fn set(&mut self, x: usize, y: usize, owner: usize) {
        let (across, down) = self.marker.dots();
        let (column, row) = (x / across, y / down);
        if column >= self.columns || row >= self.rows {
            return;
        }
        let bit = match self.marker {
            Marker::Braille => [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]][x % 2][y % 4],
            Marker::Blocks => [0x01, 0x02][y % 2],
        };
        let cell = &mut self.cells[row * self.columns + column];
        *cell = (cell.0 | bit, owner);
    }

    /// What stands in a cell and whose it is; nothing where there is no dot.
    pub(super) fn cell(&self, column: usize, row: usize) -> Option<(char, usize)> {
        let (dots, owner) = *self.cells.get(row * self.columns + column)?;
        let symbol = match (self.marker, dots) {
            (_, 0) => return None,
            (Marker::Braille, dots) => char::from_u32(0x2800 + u32::from(dots))?,
            (Marker::Blocks, 0x01) => '▀',
            (Marker::Blocks, 0x02) => '▄',
            (Marker::Blocks, _) => '█',
        };
        Some((symbol, owner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(grid: &Grid) -> Vec<String> {
        let row = |row| {
            let cell = |column| grid.cell(column, row).map_or(' ', |(symbol, _)| symbol);
            (0..grid.columns).map(cell).collect()
        };
        (0..grid.rows).map(row).collect()
    }

    #[test]
    fn strokes_become_dots() {
        let mut grid = Grid::new(Marker::Braille, 2, 2);
        assert_eq!((grid.wide(), grid.high()), (4, 8));
        grid.stroke(0, (0, 7), 0);
        grid.stroke(3, (5, 5), 0);
        grid.stroke(99, (0, 99), 0);
        assert_eq!(text(&grid), ["⡇ ", "⡇⠐"]);
        let mut grid = Grid::new(Marker::Blocks, 4, 1);
        grid.stroke(0, (0, 1), 0);
        grid.stroke(1, (0, 0), 0);
        grid.stroke(2, (1, 1), 0);
        assert_eq!(text(&grid), ["█▀▄ "]);
    }

    #[test]
    fn lines_differ_but_no_extreme_is_left_out() {
        let drawn = |owner: usize| {
            let mut grid = Grid::new(Marker::Blocks, 24, 1);
            (0..24).for_each(|x| grid.stroke(x, (0, 0), owner));
            text(&grid).concat()
        };
        for owner in 0..Line::ALL.len() {
            for other in 0..owner {
                assert_ne!(drawn(owner), drawn(other));
            }
            let mut grid = Grid::new(Marker::Blocks, 24, 1);
            (0..24).for_each(|x| grid.stroke(x, (0, 1), owner));
            assert_eq!(text(&grid).concat(), "█".repeat(24));
        }
    }
}
