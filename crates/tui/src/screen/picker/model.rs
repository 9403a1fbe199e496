//! The list, the filter, and where the operator is.

use pod_protocol::{PodName, Timestamp};
use ratatui::layout::Size;
use tui_input::Input;

use super::{
    Options, Place, Scope, age,
    entry::Entry,
    keys::{Answer, Command, Naming, naming_keymap, picker_keymap, stop_keymap},
    listing::Listing,
    naming::NameField,
    peek::{self, PEEK_ROWS_MAX, Pane},
};
use crate::screen::keymap::Keymap;

/// The most rows that are visible at once.
pub(super) const ROWS_MAX: usize = 10;
/// Fewer would look like something broken.
const ROWS_MIN: usize = 3;
/// The most lines that the picker takes of the terminal.
const LINES_MAX: usize = 14;

/// Everything.
pub(super) struct Model {
    pub(super) options: Options,
    pub(super) keys: Keymaps,
    pub(super) now: Timestamp,
    pub(super) size: Size,
    pub(super) list: Listing,
    pub(super) filter: Input,
    pub(super) scope: Scope,
    /// The rows that filter and scope leave, in the order they are shown.
    pub(super) hits: Vec<usize>,
    /// The pod that the operator is on.
    pub(super) selected: Option<PodName>,
    /// The first visible row.
    pub(super) top: usize,
    pub(super) mode: Mode,
    /// What is shown beneath the selected row, if it is open.
    pub(super) peek: Option<Pane>,
    /// A rename that is being carried out: from, to.
    pub(super) renaming: Option<(PodName, PodName)>,
    /// Something to say until the next key.
    pub(super) message: Option<String>,
    /// The most lines wanted so far: a picker grows and does not shrink.
    tallest: usize,
}

/// The keys of every mode.
pub(super) struct Keymaps {
    pub(super) picker: Keymap<Command>,
    pub(super) stop: Keymap<Answer>,
    pub(super) naming: Keymap<Naming>,
}

/// What keys are about.
#[derive(Clone, Debug)]
pub(super) enum Mode {
    /// The list and its filter.
    Picking,
    /// Whether to stop this pod.
    Asking(PodName),
    /// The name of a pod.
    Naming(NameField),
    /// The next key ends the help.
    Help,
}

impl Model {
    /// A picker on its first list.
    pub(super) fn new(options: Options, list: Listing, now: Timestamp, size: Size) -> Self {
        let place = options.place.clone();
        let mut model = Self {
            scope: place.scope.unwrap_or(options.scope),
            keys: Keymaps {
                picker: picker_keymap().changed("picker", &options.keys),
                stop: stop_keymap().changed("picker-stop", &options.keys),
                naming: naming_keymap().changed("picker-name", &options.keys),
            },
            options,
            now,
            size,
            list: Listing::default(),
            filter: Input::new(place.filter),
            hits: Vec::new(),
            selected: None,
            top: 0,
            mode: Mode::Picking,
            peek: None,
            renaming: None,
            message: None,
            tallest: 0,
        };
        model.take(list);
        match place.selected {
            Some(selected) => {
                (model.selected, model.top) = (Some(selected), place.top);
                model.reveal();
            }
            None => model.select_at(0),
        }
        model
    }

    /// Where the operator is, to come back to.
    pub(super) fn place(&self) -> Place {
        Place {
            filter: self.filter.value().to_owned(),
            selected: self.selected.clone(),
            top: self.top,
            scope: Some(self.scope),
        }
    }

    /// Takes over a newer list.
    pub(super) fn take(&mut self, list: Listing) {
        if let Some((from, to)) = self.renaming.take() {
            match list.entry(&from).is_none() && list.entry(&to).is_some() {
                true => self.rename(&from, &to),
                false => self.renaming = Some((from, to)),
            }
        }
        let at = self.selected_at();
        // What was loaded of a live run may have grown without a word about it in the list.
        let is_as_it_was = |before: &Listing, now: &Listing, name| {
            let (before, now) = (before.entry(name), now.entry(name));
            before == now && now.is_some_and(|entry| !entry.held)
        };
        let before = self.list.replace(list);
        if let (Some(pane), Some(name)) = (&mut self.peek, &self.selected)
            && !is_as_it_was(&before, &self.list, name)
        {
            pane.expire();
        }
        self.find();
        // Gone: its neighbour is the row that is now where it was, or the one before.
        if self.selected_at().is_none() && self.selected.is_some() {
            // A row to come back to that is not there any more was somewhere below the first one.
            let at = at.unwrap_or(self.top);
            self.select_at(at.min(self.hits.len().saturating_sub(1)));
        }
        if let Mode::Asking(name) = &self.mode
            && !self.list.entry(name).is_some_and(|entry| entry.live)
        {
            self.mode = Mode::Picking;
        }
    }

    /// Shows the row of `from` as that of `to` until the list does, so that it keeps its place and
    /// the selection goes with it.
    pub(super) fn rename(&mut self, from: &PodName, to: &PodName) {
        let entries = &mut self.list.entries;
        if let Some(entry) = entries.iter_mut().find(|entry| entry.name == *from) {
            entry.name = to.clone();
        }
        if self.selected.as_ref() == Some(from) {
            self.selected = Some(to.clone());
        }
    }

    /// Looks for the filter again. Keeps the selection, visible or not.
    pub(super) fn find(&mut self) {
        let query = self.filter.value().trim();
        let entries = &self.list.entries;
        let all = (0..entries.len()).filter(|index| self.is_in_scope(&entries[*index]));
        if query.is_empty() {
            let mut hits: Vec<usize> = all.collect();
            hits.sort_by_key(|index| !entries[*index].live);
            self.hits = hits;
            return;
        }
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let texts: Vec<&str> = entries.iter().map(|entry| &*entry.haystack).collect();
        let (in_name, in_text) = (fuzzy::scores(query, &names), fuzzy::scores(query, &texts));
        // Where the name matches first, for a few letters are somewhere in most commands and
        // directories; then what is live, then the better match, then the list's order.
        let rank = |index: usize| {
            let (is_name, score) = match in_name[index] {
                Some(score) => (true, score),
                None => (false, in_text[index]?),
            };
            Some((is_name, entries[index].live, score))
        };
        let mut hits: Vec<usize> = all.filter(|index| rank(*index).is_some()).collect();
        hits.sort_by_key(|index| std::cmp::Reverse(rank(*index)));
        self.hits = hits;
    }

    fn is_in_scope(&self, entry: &Entry) -> bool {
        match (self.scope, &self.options.directory) {
            (Scope::All, _) => true,
            (Scope::Directory, Some(here)) => {
                let directory = entry.directory.as_ref();
                directory.is_some_and(|directory| directory.starts_with(here))
            }
            (Scope::Directory, None) => false,
        }
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
            .position(|index| self.list.entries[*index].name == *selected)
    }

    /// The selected row.
    pub(super) fn selected_entry(&self) -> Option<&Entry> {
        self.hit(self.selected_at()?)
    }

    /// The row `at` of those shown.
    pub(super) fn hit(&self, at: usize) -> Option<&Entry> {
        self.list.entries.get(*self.hits.get(at)?)
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
        let rows = self.body_rows();
        rows.saturating_sub(self.peek_rows()).clamp(1, ROWS_MAX)
    }

    /// How many lines there are beneath the selected row.
    pub(super) fn peek_rows(&self) -> usize {
        match self.peek {
            Some(_) => peek::height(self.body_rows()),
            None => 0,
        }
    }

    /// How many lines there are between filter and footer.
    pub(super) fn body_rows(&self) -> usize {
        let taken = 2 + usize::from(!self.list.warnings.is_empty());
        usize::from(self.size.height).saturating_sub(taken)
    }

    /// How many rows the picker wants of the terminal.
    pub(super) fn rows_wanted(&mut self) -> u16 {
        let list = self.list.entries.len().clamp(ROWS_MIN, ROWS_MAX);
        let peek = self.peek.as_ref().map_or(0, |_| PEEK_ROWS_MAX);
        let lines = 2 + list + peek + usize::from(!self.list.warnings.is_empty());
        self.tallest = self.tallest.max(lines.min(LINES_MAX));
        u16::try_from(self.tallest).unwrap_or(u16::MAX)
    }

    /// In how many milliseconds something visible changes by itself. `None`: never.
    pub(super) fn next_change_ms(&self) -> Option<u64> {
        let visible = self.hits.iter().skip(self.top).take(self.visible_rows());
        visible
            .filter_map(|index| {
                let entry = &self.list.entries[*index];
                let age_ms = self.now.millis_since(entry.at?);
                Some(age::next_change_ms(age_ms, entry.live))
            })
            .min()
    }
}
