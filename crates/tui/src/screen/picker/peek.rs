//! What is shown beneath the selected row: what was loaded, and for which pod.

use discovery::Peek;
use pod_protocol::{PodName, printable};

use crate::screen::output::{LineState, Lines, StyledLine, after_first_break};

/// The lines that a peek takes of a screen that is high enough.
pub(super) const PEEK_ROWS_MAX: usize = 7;
/// The rows of the list that a peek leaves.
const ROWS_BESIDE: usize = 4;

/// An open peek.
#[derive(Clone, Debug, Default)]
pub(super) struct Pane {
    /// What is being looked at just now.
    under_way: Option<PodName>,
    /// Whether there may be more to see than what was loaded.
    stale: bool,
    loaded: Option<(PodName, Result<Glimpse, String>)>,
}

/// What was seen of a run. All of its texts are printable.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Glimpse {
    pub(super) prompts: Vec<String>,
    pub(super) more_prompts: u64,
    /// The last lines of the output.
    pub(super) lines: Vec<StyledLine>,
}

/// How many of `rows` below each other a peek takes.
pub(super) fn height(rows: usize) -> usize {
    rows.saturating_sub(ROWS_BESIDE)
        .clamp(usize::from(rows > 1), PEEK_ROWS_MAX)
}

impl Pane {
    /// Notes that what was loaded may be out of date.
    pub(super) fn expire(&mut self) {
        self.stale = true;
    }

    /// Which pod is to be looked at now, if one is: the selected one, unless that is what was seen,
    /// or another look is under way.
    pub(super) fn due(&mut self, selected: Option<&PodName>) -> Option<PodName> {
        let selected = selected?;
        let seen = self.loaded.as_ref().is_some_and(|(of, _)| of == selected);
        if self.under_way.is_some() || (seen && !self.stale) {
            return None;
        }
        self.stale = false;
        self.under_way = Some(selected.clone());
        self.under_way.clone()
    }

    /// Takes over what was seen of `of`.
    pub(super) fn take(&mut self, of: PodName, seen: Result<Peek, String>) {
        self.under_way = None;
        let seen = seen.map(Glimpse::from);
        let seen = seen.map_err(|why| printable(&why).into_owned());
        self.loaded = Some((of, seen));
    }

    /// What was seen of `of`; `None` as long as nothing was.
    pub(super) fn of(&self, of: &PodName) -> Option<Result<&Glimpse, &str>> {
        let (loaded, seen) = self.loaded.as_ref()?;
        (loaded == of).then(|| seen.as_ref().map_err(String::as_str))
    }
}

impl From<Peek> for Glimpse {
    fn from(peek: Peek) -> Self {
        let mut reader = Lines::default();
        for (index, piece) in peek.output.iter().enumerate() {
            let (from, mut bytes) = (piece.from, &piece.bytes[..]);
            if index == 0 {
                let skipped = match from.0 {
                    0 => 0,
                    _ if piece.begins_segment => 0,
                    _ => after_first_break(bytes),
                };
                bytes = &bytes[skipped..];
                reader = Lines::new(from.plus(skipped as u64), LineState::default());
            } else if from > reader.at() {
                reader.gap(from);
            } else if piece.begins_segment {
                reader.begin_segment();
            }
            reader.read(bytes, None);
        }
        reader.flush();
        let mut lines: Vec<StyledLine> = reader.take().into_iter().map(|line| line.text).collect();
        // A screen of a few lines has none for blank ones at its end.
        while lines.pop_if(|line| line.text().trim().is_empty()).is_some() {}
        let kept = lines.len().saturating_sub(PEEK_ROWS_MAX);
        let prompts = peek.prompts.iter();
        Self {
            prompts: prompts
                .map(|prompt| printable(&prompt.title).into_owned())
                .collect(),
            more_prompts: peek.more_prompts,
            lines: lines.split_off(kept),
        }
    }
}
