//! Markdown tables, and the line that says where they come from.

use std::{fmt::Write, fs};

use crate::figures::Figure;

/// A table under way.
pub(crate) struct Table {
    text: String,
}

impl Table {
    pub(crate) fn new(columns: &[&str]) -> Self {
        let mut table = Self {
            text: String::new(),
        };
        table.row(columns.iter().map(|column| (*column).to_owned()));
        table.row(columns.iter().map(|_| "---".to_owned()));
        table
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        for cell in cells {
            write!(self.text, "| {cell} ").expect("writing to a String cannot fail");
        }
        self.text.push_str("|\n");
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// `1.03 (0.98–1.10)`: a ratio with its 95 % interval, or with `n/a` for one.
pub(crate) fn with_interval(figure: Option<Figure>) -> String {
    figure.map_or_else(absent, |figure| match figure.interval {
        Some((low, high)) => format!("{} ({}–{})", short(figure.median), short(low), short(high)),
        None => format!("{} (n/a)", short(figure.median)),
    })
}

/// `0.95–1.20`: the smallest and the largest.
pub(crate) fn spread(figure: Option<Figure>) -> String {
    figure.map_or_else(absent, |figure| {
        format!("{}–{}", short(figure.smallest), short(figure.largest))
    })
}

/// A plain median.
pub(crate) fn median(figure: Option<Figure>) -> String {
    figure.map_or_else(absent, |figure| short(figure.median))
}

/// What stands where there is nothing to say.
pub(crate) fn absent() -> String {
    "–".into()
}

/// Three digits that matter.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Processors, kernel and memory of this machine, and the day.
pub(crate) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split_once(':'));
        value.map_or_else(|| "unknown".into(), |(_, value)| value.trim().to_owned())
    };
    let cpu = read("/proc/cpuinfo");
    let count = cpu
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    format!(
        "{count} × {}, Linux {}, {} of memory, {}",
        field(&cpu, "model name"),
        read("/proc/sys/kernel/osrelease").trim(),
        field(&read("/proc/meminfo"), "MemTotal"),
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(&["a", "b"]);
        let figure = Figure::of((1..=9).map(f64::from));
        table.row([with_interval(figure), spread(figure)]);
        table.row([with_interval(Figure::of([250.4])), absent()]);
        let text =
            "| a | b |\n| --- | --- |\n| 5.00 (2.00–8.00) | 1.00–9.00 |\n| 250 (n/a) | – |\n";
        assert_eq!(table.into_text(), text);
    }
}
