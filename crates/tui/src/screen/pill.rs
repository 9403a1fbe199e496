//! A status as a word, a glyph and a mood: the same on every screen.

use pod_protocol::{RequestKind, Status};
use ratatui::text::Span;

use super::palette::{Mood, Palette};

/// What a status badge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pill {
    /// One column wide.
    pub(crate) glyph: &'static str,
    /// In upper case.
    pub(crate) word: &'static str,
    /// Its colour only repeats it.
    pub(crate) mood: Mood,
}

impl Pill {
    /// The pill of a status, given what has been asked of the run.
    pub(crate) const fn of(status: Status, asked: Option<RequestKind>) -> Self {
        let (glyph, word, mood) = match (status, asked) {
            (Status::Running, Some(RequestKind::Cancel)) => {
                ("◑", "CANCEL REQUESTED", Mood::Attention)
            }
            (Status::Running, Some(RequestKind::Stop)) => ("◑", "STOP REQUESTED", Mood::Attention),
            (Status::Pending, _) => ("◌", "PENDING", Mood::Plain),
            (Status::Starting, _) => ("◔", "STARTING", Mood::Active),
            (Status::Running, None) => ("●", "RUNNING", Mood::Active),
            (Status::Passed, _) => ("✓", "PASSED", Mood::Good),
            (Status::Failed, _) => ("✗", "FAILED", Mood::Bad),
            (Status::Errored, _) => ("‼", "ERRORED", Mood::Bad),
            (Status::Stopped, _) => ("◐", "STOPPED", Mood::Attention),
            (Status::Cancelled, _) => ("⊘", "CANCELLED", Mood::Plain),
            (Status::Interrupted, _) => ("○", "INTERRUPTED", Mood::Attention),
        };
        Self { glyph, word, mood }
    }

    /// What stands in its place when nothing can be said about the run: never an outcome.
    pub(crate) const CONNECTION_ERROR: Self = Self {
        glyph: "!",
        word: "ERROR (connection)",
        mood: Mood::Bad,
    };

    /// What stands there while nothing is known of the run yet.
    pub(crate) const CONNECTING: Self = Self {
        glyph: "?",
        word: "CONNECTING",
        mood: Mood::Plain,
    };

    /// The badge.
    pub(crate) fn badge(self, palette: Palette) -> Span<'static> {
        Span::styled(
            format!(" {} {} ", self.glyph, self.word),
            palette.badge(self.mood),
        )
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    const ALL: [Status; 9] = [
        Status::Pending,
        Status::Starting,
        Status::Running,
        Status::Passed,
        Status::Failed,
        Status::Errored,
        Status::Stopped,
        Status::Cancelled,
        Status::Interrupted,
    ];

    #[test]
    fn every_status_is_told_by_word_and_by_glyph() {
        let mut seen: Vec<Pill> = ALL
            .into_iter()
            .map(|status| Pill::of(status, None))
            .collect();
        seen.push(Pill::CONNECTION_ERROR);
        seen.push(Pill::CONNECTING);
        seen.push(Pill::of(Status::Running, Some(RequestKind::Stop)));
        for (index, pill) in seen.iter().enumerate() {
            assert_eq!(pill.glyph.width(), 1, "{}", pill.word);
            for other in &seen[..index] {
                assert_ne!(pill.glyph, other.glyph);
                assert_ne!(pill.word, other.word);
            }
        }
    }

    #[test]
    fn a_request_does_not_outlive_the_run() {
        let ended = Pill::of(Status::Stopped, Some(RequestKind::Stop));
        assert_eq!(ended.word, "STOPPED");
    }
}
