//! Output on its way to the screen: the newest of it, because a run prints faster than anybody can
//! look.

use std::{collections::VecDeque, path::Path};

use bytes::Bytes;
use discovery::{OutputPiece, OutputPieces, RunLog, Stream};
use pod_protocol::{Offset, ScreenInUse, ScreenScanner, SessionId};

use crate::screen::monitor::tabs::output::Printed;

/// How much output waits for the screen, in bytes: more than a program that fills the screen draws
/// between two frames, and little enough to be parsed in one. What is older is left out; it stays in
/// the log.
const BACKLOG_BYTES_MAX: usize = 512 * 1024;
/// So many lines scroll everything before them off any screen. Of lines no more than that wait: while
/// earlier ones are taken in, the newest, with the answer to a key, grow old.
const BACKLOG_LINES: usize = 500;
/// Output is left out in pieces of this size.
const PIECE_BYTES: usize = 8 * 1024;

/// Output that waits. All of it is seen by the scanner, also what is left out.
#[derive(Default)]
pub(super) struct Backlog {
    chunks: VecDeque<Chunk>,
    bytes: usize,
    /// How many lines end in it.
    lines: usize,
    /// Whether something was left out before the first chunk.
    skipped: bool,
    scanner: ScreenScanner,
    screen: ScreenInUse,
}

struct Chunk {
    from: Offset,
    bytes: Bytes,
    lines: usize,
    /// Which screen the command was on before it.
    before: ScreenInUse,
    /// Whether a segment begins with it.
    begins_segment: bool,
}

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Takes output that has come; with which a segment may begin, and with it another terminal.
    pub(super) fn add(&mut self, mut from: Offset, mut bytes: Bytes, mut begins_segment: bool) {
        if begins_segment {
            self.scanner = ScreenScanner::default();
            self.screen = ScreenInUse {
                is_alternate: Some(false),
                entered: None,
            };
        }
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
            let end = from.plus(piece.len() as u64);
            self.add_piece(from, piece, std::mem::take(&mut begins_segment));
            from = end;
        }
        while self.leaves_out_first() {
            self.take_first();
            self.skipped = true;
        }
    }

    fn add_piece(&mut self, from: Offset, bytes: Bytes, begins_segment: bool) {
        let before = self.screen;
        self.screen.see(&mut self.scanner, from, &bytes);
        let lines = memchr::memchr_iter(b'\n', &bytes).count();
        self.bytes += bytes.len();
        self.lines += lines;
        self.chunks.push_back(Chunk {
            from,
            bytes,
            lines,
            before,
            begins_segment,
        });
    }

    /// Whether the first chunk is too old to be looked at. A program that fills the screen may have
    /// drawn there what it does not draw again.
    fn leaves_out_first(&self) -> bool {
        let scrolled_off = |first: &Chunk| {
            self.lines - first.lines >= BACKLOG_LINES && self.screen.is_alternate != Some(true)
        };
        self.bytes > BACKLOG_BYTES_MAX || self.chunks.front().is_some_and(scrolled_off)
    }

    fn take_first(&mut self) -> Option<Chunk> {
        let first = self.chunks.pop_front()?;
        self.bytes -= first.bytes.len();
        self.lines -= first.lines;
        Some(first)
    }

    /// What waits, as far as it is in one piece and of one segment.
    pub(super) fn take(&mut self) -> Option<Printed> {
        let first = self.take_first()?;
        let (from, before, begins_segment) = (first.from, first.before, first.begins_segment);
        let mut joined: Vec<u8> = first.bytes.into();
        while let Some(next) = self.chunks.front()
            && next.from == from.plus(joined.len() as u64)
            && !next.begins_segment
        {
            joined.extend_from_slice(&next.bytes);
            self.take_first();
        }
        let after = self.chunks.front().map_or(self.screen, |next| next.before);
        Some(Printed {
            from,
            bytes: joined,
            streams: Vec::new(),
            skipped: std::mem::take(&mut self.skipped),
            begins_segment,
            before,
            after,
        })
    }
}

/// Who wrote what, as the marks of the run have it.
#[derive(Default)]
pub(super) enum Streams {
    /// Nothing has been looked at.
    #[default]
    Unknown,
    /// They cannot be told apart.
    One,
    /// The log tells.
    Marked(RunLog),
}

impl Streams {
    /// Adds who wrote what. Where that cannot be read nothing is known.
    pub(super) fn tell(
        &mut self,
        printed: Printed,
        state: &Path,
        session: Option<SessionId>,
    ) -> Printed {
        if matches!(self, Self::Unknown)
            && let Some(log) = session.and_then(|session| RunLog::open(state, session).ok())
        {
            *self = Self::Marked(log);
        }
        let Self::Marked(log) = self else {
            return printed;
        };
        let Ok(read) = log.read_output(printed.from, printed.bytes.len()) else {
            return printed;
        };
        let is_pty = |piece: &OutputPiece| matches!(piece, OutputPiece::Text { stream, .. } if *stream == Some(Stream::Pty));
        if read.pieces.iter().any(is_pty) {
            *self = Self::One;
            return printed;
        }
        attributed(printed, read)
    }
}

fn attributed(mut printed: Printed, read: OutputPieces) -> Printed {
    let mut at = printed.from;
    let mut streams: Vec<(usize, Option<Stream>)> = Vec::new();
    for piece in read.pieces {
        let OutputPiece::Text { stream, .. } = &piece else {
            return printed;
        };
        let range = piece.range();
        if range.start != at {
            return printed;
        }
        let length = usize::try_from(range.end.since(at)).unwrap_or(usize::MAX);
        match streams.last_mut() {
            Some((before, same)) if same == stream => *before += length,
            _ => streams.push((length, *stream)),
        }
        at = range.end;
    }
    let known = usize::try_from(at.since(printed.from)).unwrap_or(0);
    if known < printed.bytes.len() {
        streams.push((printed.bytes.len() - known, None));
    }
    printed.streams = streams;
    printed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(chunks: &[(u64, &str)]) -> Backlog {
        let mut backlog = Backlog::default();
        for (from, text) in chunks {
            backlog.add(Offset(*from), Bytes::from((*text).to_owned()), false);
        }
        backlog
    }

    fn taken(backlog: &mut Backlog) -> Option<(u64, String, bool)> {
        let printed = backlog.take()?;
        let text = String::from_utf8_lossy(&printed.bytes).into_owned();
        Some((printed.from.0, text, printed.skipped))
    }

    #[test]
    fn what_waits_comes_in_one_piece_up_to_a_gap() {
        let mut backlog = waiting(&[(0, "ab"), (2, "c"), (9, "d")]);
        assert_eq!(taken(&mut backlog), Some((0, "abc".to_owned(), false)));
        assert_eq!(taken(&mut backlog), Some((9, "d".to_owned(), false)));
        assert!(taken(&mut backlog).is_none() && backlog.bytes == 0);
    }

    #[test]
    fn of_lines_only_those_wait_that_a_screen_can_show() {
        let lines = |count: usize| "a line of sixteen\n".repeat(count);
        let mut backlog = waiting(&[(0, &lines(BACKLOG_LINES))]);
        let (from, _, skipped) = taken(&mut backlog).expect("all of it");
        assert_eq!((from, skipped), (0, false));
        let flood = lines(BACKLOG_LINES * 9);
        let mut backlog = waiting(&[(0, &flood)]);
        let (from, text, skipped) = taken(&mut backlog).expect("the end of it");
        assert!(skipped && flood.ends_with(&text));
        assert_eq!(from as usize + text.len(), flood.len());
        let count = text.lines().count();
        assert!(
            (BACKLOG_LINES..2 * BACKLOG_LINES).contains(&count),
            "{count}"
        );
        // What fills the screen is not made of lines.
        let mut backlog = waiting(&[(0, "\u{1b}[?1049h"), (8, &flood)]);
        assert_eq!(taken(&mut backlog).map(|(from, ..)| from), Some(0));
    }

    #[test]
    fn the_newest_waits_and_what_was_left_out_was_seen() {
        let flood = "x".repeat(200 * 1024);
        let mut backlog = waiting(&[(0, "\u{1b}[?1049h")]);
        let mut at = 8;
        for _ in 0..9 {
            backlog.add(Offset(at), Bytes::from(flood.clone()), false);
            at += flood.len() as u64;
        }
        let printed = backlog.take().expect("the newest");
        assert_eq!(printed.from.plus(printed.bytes.len() as u64), Offset(at));
        assert!(printed.skipped && printed.bytes.len() <= BACKLOG_BYTES_MAX);
        assert_eq!(printed.before.entered, Some(Offset(8)));
        assert_eq!(printed.before.is_alternate, Some(true));
        assert_eq!(printed.after.is_alternate, Some(true));
    }
}
