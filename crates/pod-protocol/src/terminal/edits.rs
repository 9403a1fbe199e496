//! How much a line may be edited: a sequence of three bytes can move a row of thousands of columns.

/// What may be moved or erased in a line from its beginning on, in columns: some rows of the greatest
/// length.
const BEGIN_COLUMNS: usize = 64 * 1024;
/// And for each character and each sequence of it more.
const STEP_COLUMNS: usize = 256;

/// The edits that a line has left. Whoever reads it counts the same characters and sequences, so that
/// what is searched is what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edits {
    columns_left: usize,
}

impl Default for Edits {
    fn default() -> Self {
        Self {
            columns_left: BEGIN_COLUMNS,
        }
    }
}

impl Edits {
    /// A character or a sequence has come.
    pub const fn earn(&mut self) {
        self.columns_left = self.columns_left.saturating_add(STEP_COLUMNS);
    }

    /// Whether so many columns may be moved or erased now. An edit that may not is left out: no program
    /// that wants to be read makes so many.
    pub const fn spend(&mut self, columns: usize) -> bool {
        match self.columns_left.checked_sub(columns) {
            Some(left) => {
                self.columns_left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_nothing_but_edits_runs_out_of_them() {
        let mut edits = Edits::default();
        let row = 4096;
        let made = (0..10_000).filter(|_| {
            edits.earn();
            edits.spend(row)
        });
        let moved = made.count() * row;
        assert!(moved <= BEGIN_COLUMNS + 10_000 * STEP_COLUMNS);
        // One that edits as it writes does not.
        let mut edits = Edits::default();
        assert!((0..100_000).all(|_| {
            (0..80).for_each(|_| edits.earn());
            edits.spend(80)
        }));
    }
}
