//! Which rows `tui ls` is asked for.

use discovery::{PodList, Row, RowStatus};

/// A choice among rows; the default is all of them.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    /// Words of the status column, of which one has to fit. `live` stands for all that is alive.
    pub(crate) status: &'a [String],
    /// Labels that all have to be there: `key` or `key=value`.
    pub(crate) labels: &'a [String],
}

impl Filter<'_> {
    /// Leaves the rows that fit. Comes before any cut.
    pub(crate) fn apply(&self, list: &mut PodList) {
        if self.status.is_empty() && self.labels.is_empty() {
            return;
        }
        list.rows.retain(|row| self.fits(row));
    }

    fn fits(&self, row: &Row) -> bool {
        let word = row.status().word();
        let live = RowStatus::Live.word();
        let status = self.status.is_empty()
            || self
                .status
                .iter()
                .any(|wanted| *wanted == word || (*wanted == live && row.live.is_some()));
        status && self.labels.iter().all(|label| has_label(row, label))
    }
}

fn has_label(row: &Row, label: &str) -> bool {
    let labels = row.labels();
    match label.split_once('=') {
        Some((key, value)) => labels.is_some_and(|it| it.get(key).is_some_and(|it| it == value)),
        None => labels.is_some_and(|it| it.contains_key(label)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::pod_list::halves::every_row;

    fn chosen(status: &[&str], labels: &[&str]) -> Vec<String> {
        let own = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (status, labels) = (own(status), own(labels));
        let mut list = every_row();
        for row in &mut list.rows {
            let Some(discovery::Contents::Run(run)) =
                row.stored.as_mut().map(|stored| &mut stored.contents)
            else {
                continue;
            };
            run.labels.insert("set".to_owned(), row.name.to_string());
        }
        Filter {
            status: &status,
            labels: &labels,
        }
        .apply(&mut list);
        let mut names: Vec<String> = list.rows.iter().map(|row| row.name.to_string()).collect();
        names.sort();
        names
    }

    #[test]
    fn rows_are_chosen_by_the_word_they_show() {
        assert_eq!(chosen(&["stopped"], &[]), ["good-none", "good-stale"]);
        assert_eq!(chosen(&["passed"], &[]), Vec::<String>::new());
        let all = every_row().rows.len();
        assert_eq!(chosen(&[], &[]).len(), all);
        let live = every_row()
            .rows
            .iter()
            .filter(|row| row.live.is_some())
            .count();
        assert_eq!(chosen(&["live"], &[]).len(), live);
        let either = chosen(&["stopped", "cancelled"], &[]).len();
        assert_eq!(
            either,
            chosen(&["stopped"], &[]).len() + chosen(&["cancelled"], &[]).len()
        );
    }

    #[test]
    fn labels_have_to_fit_all() {
        assert_eq!(chosen(&[], &["set=good-none"]), ["good-none"]);
        assert_eq!(
            chosen(&["stopped"], &["set", "set=good-none"]),
            ["good-none"]
        );
        assert_eq!(chosen(&[], &["set", "other"]), Vec::<String>::new());
        assert_eq!(chosen(&[], &["set=good"]), Vec::<String>::new());
    }
}
