//! The chart of one channel or of a few: what it shows, and which stretch of time.

mod grid;
mod head;
mod lines;
mod scale;
pub(super) mod view;

use std::ops::Range;

pub(crate) use grid::Marker;

/// The most channels over each other: more cannot be told apart.
pub(crate) const OVERLAID_MAX: usize = 4;
/// Nothing shorter is shown: readings have whole milliseconds.
const SPAN_MS_MIN: i64 = 20;

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chart {
    /// The channels; never empty.
    pub(crate) names: Vec<String>,
    pub(crate) window: Window,
    /// Where the cursor is, in milliseconds since 1970.
    pub(crate) cursor: Option<i64>,
    /// Whether the values stand on a logarithmic scale.
    pub(crate) logarithmic: bool,
    /// Whether each channel has a scale of its own; where nobody has said so, those of different
    /// units have.
    pub(crate) own_scales: Option<bool>,
    /// Whether times are those of the day.
    pub(crate) clock: bool,
    /// What the dots are made of; where nobody has said so, the terminal decides.
    pub(crate) marker: Option<Marker>,
}

/// Which stretch of time is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    /// All of it, however long it gets.
    Whole,
    /// The newest so many milliseconds.
    Newest { span_ms: i64 },
    /// A stretch that stays where it is.
    Held { from_ms: i64, span_ms: i64 },
}

impl Chart {
    pub(crate) const fn new(names: Vec<String>) -> Self {
        Self {
            names,
            window: Window::Whole,
            cursor: None,
            logarithmic: false,
            own_scales: None,
            clock: false,
            marker: None,
        }
    }

    /// Half as much time around the cursor, else at the end of it.
    pub(crate) fn zoom_in(&mut self, extent: &Range<i64>) {
        self.zoom(extent, |span| span / 2);
    }

    /// Twice as much time.
    pub(crate) fn zoom_out(&mut self, extent: &Range<i64>) {
        self.zoom(extent, |span| span.saturating_mul(2));
    }

    fn zoom(&mut self, extent: &Range<i64>, change: impl FnOnce(i64) -> i64) {
        let times = self.window.times(extent);
        let old = span(&times);
        let new = change(old).max(SPAN_MS_MIN);
        if new >= span(extent) {
            self.window = Window::Whole;
            return;
        }
        let at = self.cursor.unwrap_or(match self.window {
            Window::Held { .. } => times.start.midpoint(times.end),
            Window::Whole | Window::Newest { .. } => times.end,
        });
        let before = i128::from(at.clamp(times.start, times.end) - times.start);
        let before = before * i128::from(new) / i128::from(old.max(1));
        let from_ms = at.saturating_sub(i64::try_from(before).unwrap_or(0));
        self.window = Window::of(from_ms, new, extent);
    }

    /// Moves the window by an eighth of itself, `back` or on.
    pub(crate) fn pan(&mut self, extent: &Range<i64>, back: bool) {
        let times = self.window.times(extent);
        let by = (span(&times) / 8).max(1);
        let from_ms = times.start.saturating_add(if back { -by } else { by });
        if self.window != Window::Whole {
            self.window = Window::of(from_ms, span(&times), extent);
        }
    }

    /// To the beginning of the run, as close as before.
    pub(crate) fn go_to_first(&mut self, extent: &Range<i64>) {
        let span_ms = span(&self.window.times(extent));
        if self.window != Window::Whole {
            self.window = Window::of(extent.start, span_ms, extent);
        }
    }

    /// To the end of the run, and stay there.
    pub(crate) fn follow(&mut self, extent: &Range<i64>) {
        self.cursor = None;
        if self.window != Window::Whole {
            let span_ms = span(&self.window.times(extent));
            self.window = Window::Newest { span_ms };
        }
    }

    /// Moves the cursor by some of `columns`, and the window with it where it leaves it.
    pub(crate) fn move_cursor(&mut self, extent: &Range<i64>, columns: usize, steps: i64) {
        let times = self.window.times(extent);
        let span_ms = span(&times);
        let column = (span_ms / i64::try_from(columns.max(1)).unwrap_or(1)).max(1);
        let last = extent.end.saturating_sub(1);
        let at = match self.cursor {
            Some(at) if times.contains(&at) => at.saturating_add(steps.saturating_mul(column)),
            _ => times.end.saturating_sub(column),
        };
        let at = at.clamp(extent.start, last.max(extent.start));
        self.cursor = Some(at);
        if self.window == Window::Whole || times.contains(&at) {
            // What is looked at does not run away.
            if let Window::Newest { span_ms } = self.window {
                let from_ms = times.start;
                self.window = Window::Held { from_ms, span_ms };
            }
            return;
        }
        let from_ms = match at < times.start {
            true => at,
            false => at.saturating_add(column).saturating_sub(span_ms),
        };
        self.window = Window::Held { from_ms, span_ms };
    }
}

impl Window {
    /// A stretch within `extent`, which is longer. At its end it follows.
    fn of(from_ms: i64, span_ms: i64, extent: &Range<i64>) -> Self {
        let latest = extent.end.saturating_sub(span_ms);
        match from_ms >= latest {
            true => Self::Newest { span_ms },
            false => Self::Held {
                from_ms: from_ms.max(extent.start),
                span_ms,
            },
        }
    }

    /// The times that it shows of a run whose readings lie in `extent`.
    pub(crate) fn times(self, extent: &Range<i64>) -> Range<i64> {
        match self {
            Self::Whole => {
                let span_ms = span(extent).max(SPAN_MS_MIN);
                extent.start..extent.start.saturating_add(span_ms)
            }
            Self::Newest { span_ms } => extent.end.saturating_sub(span_ms)..extent.end,
            Self::Held { from_ms, span_ms } => from_ms..from_ms.saturating_add(span_ms),
        }
    }
}

/// How long a stretch is, in milliseconds.
pub(crate) const fn span(times: &Range<i64>) -> i64 {
    times.end.saturating_sub(times.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Range<i64> = 1_000..9_000;

    fn chart() -> Chart {
        Chart::new(vec!["loss".to_owned()])
    }

    #[test]
    fn looking_closer_at_the_end_follows_it() {
        let mut chart = chart();
        chart.zoom_in(&EXTENT);
        assert_eq!(chart.window, Window::Newest { span_ms: 4_000 });
        assert_eq!(chart.window.times(&(1_000..20_000)), 16_000..20_000);
        chart.zoom_out(&EXTENT);
        assert_eq!(chart.window, Window::Whole);
    }

    #[test]
    fn the_cursor_stays_where_it_is_when_looking_closer() {
        let mut chart = chart();
        chart.cursor = Some(3_000);
        for span_ms in [4_000, 2_000, 1_000, 500] {
            chart.zoom_in(&EXTENT);
            let times = chart.window.times(&EXTENT);
            assert_eq!(span(&times), span_ms);
            assert!(times.contains(&3_000));
            assert_eq!(
                3_000 - times.start,
                span_ms / 4,
                "a quarter of the way, as before"
            );
        }
        for _ in 0..99 {
            chart.zoom_in(&EXTENT);
        }
        assert_eq!(span(&chart.window.times(&EXTENT)), SPAN_MS_MIN);
        for _ in 0..99 {
            chart.zoom_out(&EXTENT);
        }
        assert_eq!(chart.window, Window::Whole);
    }

    #[test]
    fn a_window_stays_within_the_run_and_sticks_to_its_end() {
        let mut chart = chart();
        chart.zoom_in(&EXTENT);
        chart.pan(&EXTENT, true);
        assert_eq!(
            chart.window,
            Window::Held {
                from_ms: 4_500,
                span_ms: 4_000
            }
        );
        for _ in 0..20 {
            chart.pan(&EXTENT, true);
        }
        assert_eq!(chart.window.times(&EXTENT), 1_000..5_000);
        for _ in 0..20 {
            chart.pan(&EXTENT, false);
        }
        assert_eq!(chart.window, Window::Newest { span_ms: 4_000 });
        chart.go_to_first(&EXTENT);
        assert_eq!(chart.window.times(&EXTENT), 1_000..5_000);
        chart.follow(&EXTENT);
        assert_eq!(chart.window, Window::Newest { span_ms: 4_000 });
    }

    #[test]
    fn the_cursor_takes_the_window_along() {
        let mut chart = chart();
        chart.window = Window::Newest { span_ms: 1_000 };
        chart.move_cursor(&EXTENT, 10, -1);
        assert_eq!(chart.cursor, Some(8_900), "it begins at the end");
        chart.move_cursor(&EXTENT, 10, -1);
        assert_eq!(chart.cursor, Some(8_800));
        assert_eq!(chart.window.times(&(1_000..99_000)), 8_000..9_000, "held");
        chart.move_cursor(&EXTENT, 10, -10);
        assert_eq!(chart.window.times(&EXTENT), 7_800..8_800);
        chart.move_cursor(&EXTENT, 10, 100);
        assert_eq!(chart.cursor, Some(8_999));
        chart.move_cursor(&EXTENT, 10, -1_000);
        assert_eq!(chart.cursor, Some(1_000));
        assert_eq!(chart.window.times(&EXTENT), 1_000..2_000);
    }

    #[test]
    fn a_run_of_one_reading_has_some_width() {
        assert_eq!(Window::Whole.times(&(5..6)), 5..25);
    }
}
