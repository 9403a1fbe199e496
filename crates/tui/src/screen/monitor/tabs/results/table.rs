//! The tables of a run: rows as they came, in columns.

use std::{cmp::Ordering, collections::VecDeque};

use pod_protocol::{Fields, Seq, printable};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

/// The most rows of one table that are held: more than anybody reads, and they sort at once.
pub(crate) const ROWS_MAX: usize = 20_000;
/// The most columns of a table that are shown.
pub(crate) const COLUMNS_MAX: usize = 64;
/// The longest cell, in bytes: longer ones are cut, and whole in the record.
const CELL_BYTES_MAX: usize = 2_048;
/// The widest column, in columns of the terminal, unless there is room.
const COLUMN_WIDTH_MAX: usize = 24;

/// What stands in a row under a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Nothing, or null.
    Missing,
    /// A number, and how it is shown.
    Number(f64, Box<str>),
    /// Anything else, as text; what is nested as compact JSON.
    Text(Box<str>),
}

impl Cell {
    /// What `value` shows.
    pub(crate) fn of(value: &Value) -> Self {
        let text = |text: &str| {
            let text = printable(text);
            Self::Text(text[..text.floor_char_boundary(CELL_BYTES_MAX)].into())
        };
        match value {
            Value::Null => Self::Missing,
            Value::Bool(value) => text(&value.to_string()),
            Value::Number(value) => {
                let float = value.as_f64().unwrap_or(f64::NAN);
                match value.is_f64() {
                    true => Self::Number(float, decimal(float).into()),
                    false => Self::Number(float, value.to_string().into()),
                }
            }
            Value::String(value) => text(value),
            nested => text(&nested.to_string()),
        }
    }

    /// What is shown.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Missing => "–",
            Self::Number(_, text) | Self::Text(text) => text,
        }
    }

    /// What it stands for, exactly.
    pub(crate) fn exact(&self) -> String {
        match self {
            // What is no whole number was shortened.
            Self::Number(value, text) if text.contains(['.', 'e']) => format!("{value:?}"),
            cell => cell.text().to_owned(),
        }
    }

    pub(crate) const fn is_number(&self) -> bool {
        matches!(self, Self::Number(..))
    }

    /// Numbers go by value and before texts.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one, _), Self::Number(other, _)) => one.total_cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Number(..), _) => Ordering::Less,
            (_, Self::Number(..)) => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }
}

/// Four decimals; an exponent where they would show nothing, or too much.
fn decimal(value: f64) -> String {
    let magnitude = value.abs();
    if value != 0.0 && !(1e-4..1e15).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    format!("{value:.4}")
}

/// A row as it was read, not yet in columns.
pub(crate) type Named = Vec<(Box<str>, Cell)>;

/// The cells of a row, with the names of their columns.
pub(crate) fn named(row: &Fields) -> Named {
    let cells = row.iter().take(COLUMNS_MAX);
    cells
        .map(|(name, value)| (printable(name).into(), Cell::of(value)))
        .collect()
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) seq: Seq,
    cells: Vec<Cell>,
}

impl Row {
    /// What stands under `column`.
    pub(crate) fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Missing)
    }

    fn bytes(&self) -> usize {
        let texts = self.cells.iter().map(|cell| cell.text().len());
        texts.sum::<usize>() + self.cells.len() * size_of::<Cell>()
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: Box<str>,
    /// The widest cell so far, within [`COLUMN_WIDTH_MAX`]. It never gets narrower, so nothing moves
    /// while rows are scrolled through.
    pub(crate) width: usize,
    /// Whether numbers stand in it: then its name is at the right too.
    pub(crate) is_number: bool,
}

/// In which direction a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The largest first.
    Descending,
    /// The smallest first.
    Ascending,
}

/// The newest rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) name: Box<str>,
    /// In the order of the first row; then those that later rows have.
    pub(crate) columns: Vec<Column>,
    rows: VecDeque<Row>,
    bytes: usize,
    /// How many rows there were.
    pub(crate) seen: u64,
    /// The column that the operator is on.
    pub(crate) column: usize,
    /// The column that it is sorted by.
    pub(crate) sort: Option<(usize, Direction)>,
}

impl Table {
    pub(crate) const fn new(name: Box<str>) -> Self {
        Self {
            name,
            columns: Vec::new(),
            rows: VecDeque::new(),
            bytes: 0,
            seen: 0,
            column: 0,
            sort: None,
        }
    }

    /// Takes the next row.
    pub(crate) fn push(&mut self, seq: Seq, row: Named) {
        let mut cells = Vec::with_capacity(self.columns.len());
        for (name, cell) in row {
            let Some(column) = self.column_of(&name) else {
                continue;
            };
            let wide = cell.text().width().min(COLUMN_WIDTH_MAX);
            let of = &mut self.columns[column];
            of.width = of.width.max(wide);
            of.is_number |= cell.is_number();
            if cells.len() <= column {
                cells.resize(column + 1, Cell::Missing);
            }
            cells[column] = cell;
        }
        let row = Row { seq, cells };
        self.bytes += row.bytes();
        self.seen += 1;
        self.rows.push_back(row);
        if self.rows.len() > ROWS_MAX {
            self.forget_oldest();
        }
    }

    fn column_of(&mut self, name: &str) -> Option<usize> {
        if let Some(known) = self.columns.iter().position(|column| &*column.name == name) {
            return Some(known);
        }
        if self.columns.len() >= COLUMNS_MAX {
            return None;
        }
        self.columns.push(Column {
            name: name.into(),
            width: name.width().clamp(1, COLUMN_WIDTH_MAX),
            is_number: false,
        });
        Some(self.columns.len() - 1)
    }

    /// Lets the oldest row go; whether there was one to spare.
    pub(crate) fn forget_oldest(&mut self) -> bool {
        if self.rows.len() <= 1 {
            return false;
        }
        if let Some(row) = self.rows.pop_front() {
            self.bytes -= row.bytes();
        }
        true
    }

    /// How many rows are held.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How much memory they take, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The row `seq`.
    pub(crate) fn row(&self, seq: Seq) -> Option<&Row> {
        let index = self.rows.binary_search_by_key(&seq, |row| row.seq).ok()?;
        self.rows.get(index)
    }

    /// The rows that are `wanted`, as they are sorted. What is missing goes last in both directions.
    pub(crate) fn ordered(&self, wanted: impl Fn(&Row) -> bool) -> Vec<Seq> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| wanted(row)).collect();
        if let Some((column, direction)) = self.sort {
            rows.sort_by(|one, other| {
                let (one, other) = (one.cell(column), other.cell(column));
                match (one, other) {
                    (Cell::Missing, Cell::Missing) => Ordering::Equal,
                    (Cell::Missing, _) => Ordering::Greater,
                    (_, Cell::Missing) => Ordering::Less,
                    _ if direction == Direction::Descending => other.order(one),
                    _ => one.order(other),
                }
            });
        }
        rows.into_iter().map(|row| row.seq).collect()
    }

    /// Goes to the next column, or the one before.
    pub(crate) fn step(&mut self, right: bool) {
        let last = self.columns.len().saturating_sub(1);
        self.column = match right {
            true => (self.column + 1).min(last),
            false => self.column.saturating_sub(1),
        };
    }

    /// Sorts by the column that the operator is on: descending, then ascending, then not at all.
    pub(crate) fn sort_next(&mut self) {
        self.sort = match self.sort {
            Some((column, Direction::Descending)) if column == self.column => {
                Some((column, Direction::Ascending))
            }
            Some((column, Direction::Ascending)) if column == self.column => None,
            _ => Some((self.column, Direction::Descending)),
        };
    }
}

/// Which columns fit into `room`: the first one always, then those around `chosen`, from the left.
/// `widths` are without the gap of two between them.
pub(crate) fn fitting(widths: &[usize], chosen: usize, room: usize) -> Vec<usize> {
    const GAP: usize = 2;
    let Some(first) = widths.first() else {
        return Vec::new();
    };
    let fit = |from: usize| {
        let mut used = *first;
        let mut shown = vec![0];
        for (column, width) in widths.iter().enumerate().skip(from) {
            used += GAP + width;
            if used > room {
                break;
            }
            shown.push(column);
        }
        shown
    };
    // The furthest to the left that shows what is chosen; the chosen one alone is cut if it must be.
    let from = (1..=chosen.max(1)).find(|from| chosen == 0 || fit(*from).contains(&chosen));
    match from {
        Some(from) => fit(from),
        None => vec![0, chosen],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(json: &str) -> Cell {
        Cell::of(&serde_json::from_str(json).expect(json))
    }

    #[test]
    fn numbers_are_shown_by_rule() {
        for (json, shown) in [
            ("7", "7"),
            ("-3", "-3"),
            ("18446744073709551615", "18446744073709551615"),
            ("0.5", "0.5000"),
            ("3.0", "3.0000"),
            ("0.0", "0.0000"),
            ("-0.00001234", "-1.23e-5"),
            ("0.0001", "0.0001"),
            ("0.00009999", "1.00e-4"),
            ("123456.78901", "123456.7890"),
            ("1e300", "1.00e300"),
            ("null", "–"),
            ("true", "true"),
            ("\"a\\nb\\u001b\"", "a b\u{fffd}"),
            (r#"{"b":[1,null],"a":2}"#, r#"{"b":[1,null],"a":2}"#),
        ] {
            assert_eq!(cell(json).text(), shown, "{json}");
        }
    }

    fn table(rows: &[&str]) -> Table {
        let mut table = Table::new("t".into());
        for (seq, row) in (1..).zip(rows) {
            table.push(Seq(seq), named(&serde_json::from_str(row).expect(row)));
        }
        table
    }

    #[test]
    fn columns_keep_the_order_of_the_first_row() {
        let table = table(&[
            r#"{"z":1,"a":2}"#,
            r#"{"a":3,"new":true,"z":null}"#,
            r#"{"b":1}"#,
        ]);
        let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["z", "a", "new", "b"]);
        let row = table.row(Seq(2)).expect("there");
        let cells: Vec<&str> = (0..5).map(|column| row.cell(column).text()).collect();
        assert_eq!(cells, ["–", "3", "true", "–", "–"]);
    }

    #[test]
    fn a_column_sorts_three_ways() {
        let mut table = table(&[
            r#"{"v":2}"#,
            r#"{"v":"b"}"#,
            r#"{"v":null}"#,
            r#"{"v":10}"#,
            r#"{"v":"a"}"#,
            r#"{"v":-1.5}"#,
        ]);
        let seqs = |table: &Table| -> Vec<u64> {
            table
                .ordered(|_| true)
                .into_iter()
                .map(|seq| seq.0)
                .collect()
        };
        assert_eq!(seqs(&table), [1, 2, 3, 4, 5, 6]);
        table.sort_next();
        assert_eq!(
            seqs(&table),
            [2, 5, 4, 1, 6, 3],
            "descending, what is missing last"
        );
        table.sort_next();
        assert_eq!(seqs(&table), [6, 1, 4, 5, 2, 3], "ascending");
        table.sort_next();
        assert_eq!(seqs(&table), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn the_newest_rows_are_held() {
        let mut table = Table::new("t".into());
        for seq in 1..=30_000 {
            table.push(Seq(seq), vec![("v".into(), cell("1"))]);
        }
        assert_eq!((table.len(), table.seen), (ROWS_MAX, 30_000));
        assert_eq!(table.row(Seq(10_000)), None);
        assert!(table.row(Seq(10_001)).is_some());
    }

    #[test]
    fn the_first_column_and_the_chosen_one_are_in_sight() {
        let widths = [10, 5, 5, 5, 5];
        for (chosen, room, shown) in [
            (0, 80, vec![0, 1, 2, 3, 4]),
            (0, 26, vec![0, 1, 2]),
            (2, 26, vec![0, 1, 2]),
            (3, 26, vec![0, 2, 3]),
            (4, 26, vec![0, 3, 4]),
            (4, 12, vec![0, 4]),
            (0, 5, vec![0]),
        ] {
            assert_eq!(fitting(&widths, chosen, room), shown, "{chosen} in {room}");
        }
        assert_eq!(fitting(&[], 0, 80), Vec::<usize>::new());
    }
}
