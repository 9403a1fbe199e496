//! How many lines match, and which of them this is. Counted beside the screen, told in parts.

use pod_protocol::Offset;

use super::Counted;

/// Of how many matching lines the places are kept, 1 MiB of them: enough for whatever anybody goes
/// through one by one. More are only counted.
pub(crate) const PLACES_MAX: usize = 128 * 1024;

/// The lines that match, as far as they have been counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Which request it comes from.
    number: u64,
    starts: Vec<Offset>,
    more: u64,
    /// The last line, while it has no end.
    last: Option<Offset>,
    upto: Offset,
    is_done: bool,
}

impl Tally {
    /// Goes on from where it is; `None` where nothing has come since, or it is under way.
    pub(super) fn go_on(&mut self, number: u64, out_end: Offset) -> Option<Offset> {
        let first = self.number == 0;
        if !first && (!self.is_done || self.upto >= out_end) {
            return None;
        }
        (self.number, self.is_done) = (number, false);
        Some(self.upto)
    }

    pub(super) const fn is_running(&self) -> bool {
        self.number > 0 && !self.is_done
    }

    /// Takes what was counted.
    pub(super) fn take(&mut self, number: u64, counted: Counted) {
        if number != self.number {
            return;
        }
        let room = PLACES_MAX.saturating_sub(self.starts.len());
        let room = if self.more > 0 { 0 } else { room };
        let over = counted.starts.len().saturating_sub(room);
        self.starts.extend(counted.starts.into_iter().take(room));
        self.more += over as u64 + counted.more;
        self.last = counted.last;
        self.upto = self.upto.max(counted.upto);
        self.is_done = counted.is_done;
    }

    /// Which of them begins at `at`, and how many there are: `3/128`, and `3/128+` while they are
    /// counted. Where it is not known which it is, how many.
    pub(super) fn says(&self, at: Offset) -> Option<String> {
        let last = u64::from(self.last.is_some());
        let total = self.starts.len() as u64 + self.more + last;
        let sign = if self.is_done { "" } else { "+" };
        let place = self.place(at).filter(|place| *place <= total);
        match (place, total) {
            (_, 0) => None,
            (Some(place), _) => Some(format!("{place}/{total}{sign}")),
            (None, 1) => Some(format!("1{sign} line matches")),
            (None, _) => Some(format!("{total}{sign} lines match")),
        }
    }

    fn place(&self, at: Offset) -> Option<u64> {
        if self.last == Some(at) {
            return Some(self.starts.len() as u64 + self.more + 1);
        }
        self.starts
            .binary_search(&at)
            .ok()
            .map(|index| index as u64 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(starts: &[u64], last: Option<u64>, upto: u64, is_done: bool) -> Counted {
        Counted {
            starts: starts.iter().copied().map(Offset).collect(),
            more: 0,
            last: last.map(Offset),
            upto: Offset(upto),
            is_done,
        }
    }

    #[test]
    fn a_match_is_one_of_so_many() {
        let mut tally = Tally::default();
        assert_eq!(tally.says(Offset(0)), None);
        assert_eq!(tally.go_on(7, Offset(90)), Some(Offset(0)));
        tally.take(7, counted(&[0, 10], None, 20, false));
        assert_eq!(tally.says(Offset(10)).as_deref(), Some("2/2+"));
        assert_eq!(tally.says(Offset(50)).as_deref(), Some("2+ lines match"));
        assert_eq!(tally.go_on(8, Offset(90)), None, "it is under way");
        tally.take(6, counted(&[30], None, 90, true));
        tally.take(7, counted(&[50], Some(80), 80, true));
        assert_eq!(tally.says(Offset(50)).as_deref(), Some("3/4"));
        assert_eq!(tally.says(Offset(80)).as_deref(), Some("4/4"));
    }

    #[test]
    fn what_was_written_since_is_counted_when_it_is_asked_for() {
        let mut tally = Tally::default();
        tally.go_on(1, Offset(90));
        tally.take(1, counted(&[0], Some(80), 80, true));
        assert_eq!(tally.go_on(2, Offset(80)), None, "nothing has come");
        assert_eq!(tally.go_on(2, Offset(120)), Some(Offset(80)));
        tally.take(2, counted(&[80, 100], None, 120, true));
        assert_eq!(tally.says(Offset(80)).as_deref(), Some("2/3"));
    }

    #[test]
    fn no_more_places_are_kept_than_fit() {
        let mut tally = Tally::default();
        tally.go_on(1, Offset(u64::MAX));
        let all: Vec<u64> = (0..PLACES_MAX as u64 + 5).collect();
        let mut told = counted(&all, None, all.len() as u64, true);
        told.more = 1_000;
        tally.take(1, told);
        assert_eq!(tally.starts.len(), PLACES_MAX);
        let total = all.len() + 1_000;
        assert_eq!(tally.says(Offset(0)), Some(format!("1/{total}")));
        let behind = Offset(PLACES_MAX as u64 + 1);
        assert_eq!(tally.says(behind), Some(format!("{total} lines match")));
    }
}
