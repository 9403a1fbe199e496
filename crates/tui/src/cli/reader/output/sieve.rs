//! Which lines of a log are shown where only those of one stream are.

use std::ops::Range;

use discovery::{RunLog, Stream};
use pod_protocol::Offset;

use crate::screen::output::Only;

/// How much of the log is looked at once on either side of a line, in bytes: lines are asked for in
/// order, in one direction or the other.
const AROUND_BYTES: u64 = 512 * 1024;

/// Lets lines of one stream through, or all.
pub(super) struct Sieve<'a> {
    log: &'a RunLog,
    only: Only,
    /// What is known of the streams, and where.
    known: Range<Offset>,
    stretches: Vec<(Range<Offset>, Option<Stream>)>,
}

impl<'a> Sieve<'a> {
    pub(super) const fn new(log: &'a RunLog, only: Only) -> Self {
        Self {
            log,
            only,
            known: Offset(0)..Offset(0),
            stretches: Vec::new(),
        }
    }

    /// Whether any of `line` is shown.
    pub(super) fn passes(&mut self, line: &Range<Offset>) -> bool {
        if self.only.is_none() {
            return true;
        }
        if !self.known.contains(&line.start) {
            let start = Offset(line.start.0.saturating_sub(AROUND_BYTES));
            self.known = start..line.start.plus(AROUND_BYTES);
            self.stretches = self.log.output_streams(self.known.clone());
        }
        let first = self
            .stretches
            .partition_point(|(at, _)| at.end <= line.start);
        let mut stretches = self.stretches[first..].iter();
        let shown = stretches.find(|(_, stream)| *stream == self.only);
        shown.is_some_and(|(at, _)| at.start < line.end)
    }
}
