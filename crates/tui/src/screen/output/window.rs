//! A bounded window over the lines of a log, which grows at either end and forgets at the other.
//!
//! Ids begin in the middle of their range, so lines that are put before the first one get smaller
//! ones and what is looked at keeps its own. While the window reaches the end of a log that grows, it
//! reads on by itself.

use std::{collections::VecDeque, ops::Range};

use discovery::Stream;
use pod_protocol::Offset;

use super::{
    lines::{Line, LineState, Lines},
    piece::{Only, Piece},
};

/// The most lines that are kept.
const LINES_MAX: usize = 10_000;
/// The most memory that they take, in bytes.
const LINES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The first line of a window that is empty.
const FIRST_ID: u64 = u64::MAX / 2;

/// What is known of the streams that lines were written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Streams {
    /// There is one, or nothing tells them apart.
    #[default]
    One,
    /// They are told apart, and all was written to standard output.
    Told,
    /// Some was written to standard error.
    Both,
}

/// New output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    /// Where it begins.
    pub(crate) from: Offset,
    /// The bytes as the command wrote them.
    pub(crate) bytes: &'a [u8],
    /// Who wrote how many of them, in order.
    pub(crate) streams: &'a [(usize, Option<Stream>)],
    /// Whether a segment begins with it.
    pub(crate) begins_segment: bool,
}

/// The window.
pub(crate) struct Window {
    lines: VecDeque<Line>,
    lines_bytes: usize,
    /// The id of the first line.
    first: u64,
    start: Offset,
    end: Offset,
    /// How the line begins that comes behind the last one.
    end_state: LineState,
    /// What reads on at the end of the log, while the window reaches there.
    tail: Option<Box<Lines>>,
    /// The line that has begun at the end of the log.
    open: Option<Line>,
    streams: Streams,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            lines: VecDeque::new(),
            lines_bytes: 0,
            first: FIRST_ID,
            start: Offset(0),
            end: Offset(0),
            end_state: LineState::default(),
            tail: None,
            open: None,
            streams: Streams::One,
        }
    }
}

impl Window {
    /// An empty one at `from`, where a line begins in `state`, which reads what comes next.
    pub(crate) fn following(from: Offset, state: LineState) -> Self {
        Self {
            start: from,
            end: from,
            end_state: state,
            tail: Some(Box::new(Lines::new(from, state))),
            ..Self::default()
        }
    }

    /// The lines of `piece`.
    pub(crate) fn of(piece: Piece) -> Self {
        let mut window = Self {
            start: piece.start,
            end: piece.start,
            ..Self::default()
        };
        window.extend(piece);
        window
    }

    /// Numbers of the lines, the one that has begun included.
    pub(crate) fn ids(&self) -> Range<u64> {
        let count = self.lines.len() + usize::from(self.open.is_some());
        self.first..self.first + u64::try_from(count).unwrap_or(0)
    }

    /// A line of the window.
    pub(crate) fn line(&self, id: u64) -> Option<&Line> {
        let index = usize::try_from(id.checked_sub(self.first)?).ok()?;
        match self.lines.get(index) {
            None if index == self.lines.len() => self.open.as_ref(),
            line => line,
        }
    }

    /// The id of the line that holds the byte at `at`, or of the first one behind it; `None` behind
    /// the window.
    pub(crate) fn id_at(&self, at: Offset) -> Option<u64> {
        let index = self.lines.partition_point(|line| line.to <= at);
        let is_in_window = match self.lines.get(index) {
            Some(_) => true,
            // A line that is not read on may have got longer.
            None => self.open.as_ref().is_some_and(|open| at < open.to),
        };
        is_in_window.then(|| self.first + u64::try_from(index).unwrap_or(0))
    }

    /// The id of the last part of the line that `id` is a part of.
    pub(crate) fn last_part(&self, id: u64) -> u64 {
        let is_part = |id: &u64| self.line(*id).is_some_and(|line| line.part > 0);
        (id + 1..).take_while(is_part).last().unwrap_or(id)
    }

    /// Where the first line begins.
    pub(crate) const fn start(&self) -> Offset {
        self.start
    }

    /// Whether the alternate screen is on there.
    pub(crate) fn starts_alternate(&self) -> bool {
        let first = self.lines.front().or(self.open.as_ref());
        first.map_or(self.end_state, |line| line.state).is_alternate
    }

    /// Where the line begins that comes behind the window, and how.
    pub(crate) const fn end(&self) -> (Offset, LineState) {
        (self.end, self.end_state)
    }

    /// Whether it reaches the end of the log, and where that is then.
    pub(crate) fn live_end(&self) -> Option<Offset> {
        self.tail.as_ref().map(|tail| tail.at())
    }

    /// Puts the lines of `piece` before the first one.
    pub(crate) fn prepend(&mut self, piece: Piece) {
        if piece.end != self.start {
            return;
        }
        self.start = piece.start;
        for mut line in piece.lines.into_iter().rev() {
            if self.lines.is_empty()
                && let Some(open) = &self.open
                && line.absorb(open)
            {
                self.open_with(line);
                continue;
            }
            if let Some(front) = self.lines.front_mut()
                && line.absorb(front)
            {
                self.lines_bytes -= front.bytes();
                self.lines_bytes += line.bytes();
                *front = line;
                continue;
            }
            self.note_stream(&line);
            self.lines_bytes += line.bytes();
            self.lines.push_front(line);
            self.first -= 1;
        }
        while self.is_over() {
            self.forget_last();
        }
    }

    /// What is drawn on the alternate screen goes back to where `line` begins.
    fn open_with(&mut self, line: Line) {
        (self.end, self.end_state) = (line.from, line.state);
        if let Some(tail) = &mut self.tail {
            tail.begin_earlier(line.from, line.state);
        }
        self.open = Some(line);
    }

    /// Puts the lines of `piece` behind the last one.
    pub(crate) fn append(&mut self, piece: Piece) {
        if self.tail.is_none() && piece.start == self.end {
            self.forget_unfinished();
            self.extend(piece);
        }
    }

    fn extend(&mut self, piece: Piece) {
        for line in piece.lines {
            self.push(line);
        }
        (self.end, self.end_state) = (piece.end, piece.state);
        self.tail = piece.tail;
        self.open = self.tail.as_ref().and_then(|tail| tail.open());
        self.forget_first();
    }

    /// Takes output that is new; it goes on where the log ended, as far as `end` is known. `false` if
    /// it does not, and the window no longer reaches the end of the log.
    pub(crate) fn grow(&mut self, printed: &Stretch<'_>, only: Only) -> bool {
        let Stretch {
            from,
            bytes,
            streams,
            begins_segment,
        } = *printed;
        let Some(mut tail) = self.tail.take() else {
            return false;
        };
        // After a reconnect the same bytes may come again.
        let known = usize::try_from(tail.at().since(from)).unwrap_or(usize::MAX);
        if from > tail.at() {
            self.tail = Some(tail);
            self.let_go();
            return false;
        }
        if begins_segment && known == 0 {
            tail.begin_segment();
        }
        let mut at = 0;
        for (length, stream) in streams {
            let to = (at + length).min(bytes.len());
            let piece = bytes.get(at.max(known)..to).unwrap_or_default();
            match only {
                Some(_) if *stream != only => tail.skip(piece.len() as u64),
                _ => tail.read(piece, *stream),
            }
            at = to;
        }
        self.take_over(tail);
        true
    }

    /// Says that what comes next stands at `to`: the output before that is not kept.
    pub(crate) fn gap(&mut self, to: Offset) {
        if let Some(mut tail) = self.tail.take() {
            tail.gap(to);
            self.take_over(tail);
        }
    }

    fn take_over(&mut self, mut tail: Box<Lines>) {
        for line in tail.take() {
            self.push(line);
        }
        (self.end, self.end_state) = tail.begun();
        self.open = tail.open();
        self.tail = Some(tail);
        self.forget_first();
    }

    /// Stops to read on: what comes is not looked at. What is there of the last line stays until it is
    /// read again with the rest of it.
    pub(crate) fn let_go(&mut self) {
        self.tail = None;
    }

    fn forget_unfinished(&mut self) {
        self.open = None;
        while self.lines.back().is_some_and(|line| line.to > self.end) {
            self.pop_back();
        }
    }

    fn note_stream(&mut self, line: &Line) {
        let streams = match line.stream {
            _ if line.is_error() => Streams::Both,
            Some(Stream::Stdout) => Streams::Told,
            _ => Streams::One,
        };
        self.streams = self.streams.max(streams);
    }

    /// What is known of the streams of the lines that have been in it.
    pub(crate) const fn streams(&self) -> Streams {
        self.streams
    }

    fn push(&mut self, line: Line) {
        self.note_stream(&line);
        if let Some(last) = self.lines.back_mut() {
            let before = last.bytes();
            if last.absorb(&line) {
                self.lines_bytes = self.lines_bytes - before + last.bytes();
                return;
            }
        }
        self.lines_bytes += line.bytes();
        self.lines.push_back(line);
    }

    fn is_over(&self) -> bool {
        self.lines.len() > LINES_MAX || self.lines_bytes > LINES_BYTES_MAX
    }

    /// Forgets lines at the start until the window is small enough, all parts of a line or none.
    fn forget_first(&mut self) {
        while self.is_over() || self.lines.front().is_some_and(|line| line.part > 0) {
            let Some(line) = self.lines.pop_front() else {
                break;
            };
            self.lines_bytes -= line.bytes();
            self.first += 1;
            let next = self.lines.front().or(self.open.as_ref());
            self.start = next.map_or(self.end, |line| line.from);
        }
    }

    /// Forgets the last line with all its parts.
    fn forget_last(&mut self) {
        self.let_go();
        self.forget_unfinished();
        while let Some(line) = self.pop_back() {
            (self.end, self.end_state) = (line.from, line.state);
            if line.part == 0 {
                break;
            }
        }
    }

    fn pop_back(&mut self) -> Option<Line> {
        let line = self.lines.pop_back()?;
        self.lines_bytes -= line.bytes();
        Some(line)
    }
}
