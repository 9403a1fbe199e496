//! Which stream a stretch of output came from, as the marks have it.

use std::ops::Range;

use pod_protocol::Offset;
use pod_store::{MarkReader, Stream};

use super::RunLog;

/// How many marks are read at once: 40 KiB.
const MARKS_AT_ONCE: usize = 1024;

impl RunLog {
    /// The stretches of one stream in `range`, in order. `None` is output that no mark speaks of.
    #[must_use]
    pub fn output_streams(&self, range: Range<Offset>) -> Vec<(Range<Offset>, Option<Stream>)> {
        let (mut at, mut found) = (range.start, Vec::new());
        while at < range.end {
            let next = {
                let output = self.output();
                let next = output.segment_at(at) + 1;
                output
                    .segments()
                    .get(next)
                    .map(|head| head.started.out_base)
            };
            let end = next.map_or(range.end, |next| next.clamp(at, range.end));
            let length = usize::try_from(end.since(at)).unwrap_or(usize::MAX);
            for (length, stream) in self.streams(at, length) {
                let to = at.plus(length as u64);
                found.push((at..to, stream));
                at = to;
            }
        }
        found
    }

    /// The stretches of one stream in the `length` bytes from `from` on, all of one segment: how
    /// long each is. `None` is output that no mark speaks of.
    pub(super) fn streams(&self, from: Offset, length: usize) -> Vec<(usize, Option<Stream>)> {
        let index = self.output().segment_at(from);
        let end = from.plus(length as u64);
        let mut stretches = Stretches {
            at: from,
            found: Vec::new(),
        };
        if let Some(marks) = self.marks(index) {
            stretches.take(&marks, end);
        }
        stretches.extend(end, None);
        stretches.found
    }
}

struct Stretches {
    at: Offset,
    found: Vec<(usize, Option<Stream>)>,
}

impl Stretches {
    /// Goes through the marks up to `end`. They are derived: where they cannot be read there are
    /// none.
    fn take(&mut self, marks: &MarkReader, end: Offset) {
        let Ok(until) = marks.count_until(self.at) else {
            return;
        };
        let (mut next, mut stream) = (until.saturating_sub(1), None);
        while let Ok(some) = marks.read(next, MARKS_AT_ONCE) {
            for mark in &some {
                if mark.offset >= end {
                    self.extend(end, stream);
                    return;
                }
                self.extend(mark.offset, stream);
                stream = Some(mark.stream);
            }
            next += some.len() as u64;
            if some.is_empty() {
                break;
            }
        }
        self.extend(end, stream);
    }

    fn extend(&mut self, to: Offset, stream: Option<Stream>) {
        let length = usize::try_from(to.since(self.at)).expect("within what was read");
        if length == 0 {
            return;
        }
        self.at = to;
        match self.found.last_mut() {
            Some((before, same)) if *same == stream => *before += length,
            _ => self.found.push((length, stream)),
        }
    }
}
