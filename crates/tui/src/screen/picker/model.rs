//! The list, the filter, and where the operator is.

use std::collections::HashMap;

use discovery::PodList;
use pod_protocol::{PodName, Timestamp, printable};
use ratatui::layout::Size;
use tui_input::Input;

use super::{
    Options, age,
    entry::Entry,
    keys::{Answer, Command, picker_keymap, stop_keymap},
};
use crate::screen::keymap::Keymap;

/// The most rows that are visible at once.
pub(super) const ROWS_MAX: usize = 10;
/// Fewer would look like something broken.
const ROWS_MIN: usize = 3;

/// Everything.
pub(super) struct Model {
    pub(super) options: Options,
    pub(super) keys: Keymap<Command>,
    pub(super) stop_keys: Keymap<Answer>,
    pub(super) now: Timestamp,
    pub(super) size: Size,
    /// All rows, in the order of the list.
    pub(super) entries: Vec<Entry>,
    /// Rows that the list does not have.
    pub(super) hidden: usize,
    /// What could not be looked at.
    pub(super) warnings: Vec<String>,
    pub(super) filter: Input,
    /// The rows that the filter leaves, in the order they are shown.
    pub(super) hits: Vec<usize>,
    /// The pod that the operator is on.
    pub(super) selected: Option<PodName>,
    /// The first visible row.
    pub(super) top: usize,
    /// The pod about which it is asked whether to stop it.
    pub(super) asking: Option<PodName>,
    /// Something to say until the next key.
    pub(super) message: Option<String>,
    /// The most rows wanted so far: a picker grows and does not shrink.
    tallest: usize,
}

impl Model {
    /// A picker on its first list.
    pub(super) fn new(options: Options, list: &PodList, now: Timestamp, size: Size) -> Self {
        let mut model = Self {
            options,
            keys: picker_keymap(),
            stop_keys: stop_keymap(),
            now,
            size,
            entries: Vec::new(),
            hidden: 0,
            warnings: Vec::new(),
            filter: Input::default(),
            hits: Vec::new(),
            selected: None,
            top: 0,
            asking: None,
            message: None,
            tallest: 0,
        };
        model.take(list);
        model.select_at(0);
        model
    }

    /// Takes over a newer list.
    pub(super) fn take(&mut self, list: &PodList) {
        let at = self.selected_at();
        let newer: Vec<Entry> = list.rows.iter().map(Entry::from).collect();
        self.entries = keep_places(&self.entries, newer);
        self.hidden = list.hidden;
        self.warnings = list
            .warnings
            .iter()
            .map(|w| printable(&w.message).into_owned())
            .collect();
        self.find();
        // Gone: its neighbour is the row that is now where it was, or the one before.
        if let (Some(at), None) = (at, self.selected_at()) {
            self.select_at(at.min(self.hits.len().saturating_sub(1)));
        }
        let gone = |name: &PodName| !self.entries.iter().any(|e| e.name == *name && e.live);
        if self.asking.as_ref().is_some_and(gone) {
            self.asking = None;
        }
    }

    /// Looks for the filter again. Keeps the selection, visible or not.
    fn find(&mut self) {
        let query = self.filter.value().trim();
        let all = 0..self.entries.len();
        if query.is_empty() {
            self.hits = all.collect();
            self.hits.sort_by_key(|index| !self.entries[*index].live);
            return;
        }
        let names: Vec<&str> = self
            .entries
            .iter()
            .map(|entry| entry.name.as_str())
            .collect();
        let texts: Vec<&str> = self
            .entries
            .iter()
            .map(|entry| entry.haystack.as_str())
            .collect();
        let (in_name, in_text) = (fuzzy::scores(query, &names), fuzzy::scores(query, &texts));
        // Live first, then where the name matches, then the better match, then the list's order.
        let rank = |index: usize| {
            let best = in_name[index]
                .map(|score| (1, score))
                .or(in_text[index].map(|s| (0, s)));
            best.map(|best| (self.entries[index].live, best))
        };
        self.hits = all.filter(|index| rank(*index).is_some()).collect();
        self.hits
            .sort_by_key(|index| std::cmp::Reverse(rank(*index)));
    }

    /// Takes over a filter that was typed: the best row is selected.
    pub(super) fn refilter(&mut self) {
        self.find();
        self.selected = None;
        self.top = 0;
        self.select_at(0);
    }

    /// Where the selected row is among those shown.
    pub(super) fn selected_at(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.hits
            .iter()
            .position(|index| self.entries[*index].name == *selected)
    }

    /// The selected row.
    pub(super) fn selected_entry(&self) -> Option<&Entry> {
        self.hit(self.selected_at()?)
    }

    /// The row `at` of those shown.
    pub(super) fn hit(&self, at: usize) -> Option<&Entry> {
        self.entries.get(*self.hits.get(at)?)
    }

    /// Selects the row `at` of those shown, or nothing where there is none, and makes it visible.
    pub(super) fn select_at(&mut self, at: usize) {
        self.selected = self.hit(at).map(|entry| entry.name.clone());
        self.reveal();
    }

    /// Moves the visible rows so that the selected one is among them and none is left empty.
    pub(super) fn reveal(&mut self) {
        let rows = self.visible_rows();
        let at = self.selected_at().unwrap_or(self.top);
        self.top = self.top.clamp((at + 1).saturating_sub(rows), at);
        self.top = self.top.min(self.hits.len().saturating_sub(rows));
    }

    /// How many rows of the list fit.
    pub(super) fn visible_rows(&self) -> usize {
        let taken = 2 + usize::from(!self.warnings.is_empty());
        usize::from(self.size.height)
            .saturating_sub(taken)
            .clamp(1, ROWS_MAX)
    }

    /// How many rows the picker wants of the terminal.
    pub(super) fn rows_wanted(&mut self) -> u16 {
        let list = self.entries.len().clamp(ROWS_MIN, ROWS_MAX);
        let rows = 2 + list + usize::from(!self.warnings.is_empty());
        self.tallest = self.tallest.max(rows);
        u16::try_from(self.tallest).unwrap_or(u16::MAX)
    }

    /// In how many milliseconds something visible changes by itself. `None`: never.
    pub(super) fn next_change_ms(&self) -> Option<u64> {
        let visible = self.hits.iter().skip(self.top).take(self.visible_rows());
        visible
            .filter_map(|index| {
                let entry = &self.entries[*index];
                Some(age::next_change_ms(
                    self.now.millis_since(entry.at?),
                    entry.live,
                ))
            })
            .min()
    }
}

/// The newer rows in the order of the older ones, as long as the same pods are there and the same
/// ones are live; else in their own.
fn keep_places(older: &[Entry], mut newer: Vec<Entry>) -> Vec<Entry> {
    let places: HashMap<(&PodName, bool), usize> = older
        .iter()
        .enumerate()
        .map(|(at, entry)| ((&entry.name, entry.live), at))
        .collect();
    let place = |entry: &Entry| places.get(&(&entry.name, entry.live)).copied();
    if newer.len() == older.len() && newer.iter().all(|entry| place(entry).is_some()) {
        newer.sort_by_key(place);
    }
    newer
}
