//! The picker as lines: the list with numbers, and a question.

use anyhow::Result;
use discovery::{PodList, Primary, Row};
use pod_protocol::{PodName, printable};

use crate::{
    cli::{lists, print, roots::Roots},
    screen::{Typed, picker::Action},
};

/// As many rows as the picker shows at once; what is not among them is found by name.
const ROWS_MAX: usize = 10;

/// What comes of the question.
pub(super) enum Chosen {
    /// A row and what to do with it.
    Pod(PodName, Action),
    /// The operator left.
    Left,
    /// There is nothing to choose from.
    NothingToShow,
}

/// Asks until something is chosen or the operator leaves.
pub(super) async fn choose(roots: &Roots, typed: &mut Typed) -> Result<Chosen> {
    let mut filter = String::new();
    loop {
        let list = lists::look(roots).await;
        if list.rows.is_empty() {
            return Ok(Chosen::NothingToShow);
        }
        let rows = matching(&list, &filter);
        print(page(&rows, list.rows.len()).as_bytes())?;
        let Some(line) = typed.next().await else {
            return Ok(Chosen::Left);
        };
        let word = line.trim();
        if word.is_empty() || ["q", "quit", "exit"].contains(&word) {
            return Ok(Chosen::Left);
        }
        let numbered = word.parse::<usize>().ok();
        let numbered = numbered.and_then(|number| rows.get(number.checked_sub(1)?).copied());
        let is_named = |row: &&Row| row.name.as_str() == word;
        let row = numbered.or_else(|| list.rows.iter().find(is_named));
        match row.and_then(|row| Some((row, row.primary()?))) {
            Some((row, primary)) => return Ok(Chosen::Pod(row.name.clone(), action(primary))),
            None if row.is_some() => print(b"nothing can be shown of it\n")?,
            None => filter = word.to_owned(),
        }
    }
}

const fn action(primary: Primary) -> Action {
    match primary {
        Primary::Attach => Action::Attach,
        Primary::Resume => Action::Resume,
        Primary::View => Action::View,
    }
}

/// The rows whose name or command has `filter` in it.
fn matching<'a>(list: &'a PodList, filter: &str) -> Vec<&'a Row> {
    let has = |row: &&Row| {
        let command = row.summary().map(|summary| summary.command.as_str());
        row.name.as_str().contains(filter) || command.is_some_and(|c| c.contains(filter))
    };
    list.rows.iter().filter(has).collect()
}

fn page(rows: &[&Row], total: usize) -> String {
    let mut text = String::new();
    for (index, row) in rows.iter().take(ROWS_MAX).enumerate() {
        let does = row.primary().map_or("nothing to show", Primary::as_str);
        let line = format!(
            "{}. {}, {}, {does}: {}",
            index + 1,
            row.name,
            row.status().word(),
            row.preview()
        );
        text.push_str(&printable(&line));
        text.push('\n');
    }
    let more = rows.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        text.push_str(&format!("{more} more\n"));
    }
    text.push_str(&format!(
        "{} of {total}. Which one? A number or a name; other text filters, nothing leaves.\n",
        rows.len()
    ));
    text
}
