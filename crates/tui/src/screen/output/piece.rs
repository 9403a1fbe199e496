//! Pieces of a log as lines: before a place, from a place on, around a place.
//!
//! Each is read from some way before its first line, so that styles that outlive their lines and
//! control strings that outlive theirs are right; and each is bounded in bytes and lines.

use discovery::{OutputPiece, OutputPieces, Stream};
use pod_protocol::{Offset, Scanned, ScreenScanner};

use super::lines::{Line, LineState, Lines, first_start};

/// How much of a log is read at once, in bytes: a screen shows a fraction of it.
const READ_BYTES: usize = 128 * 1024;
/// How much of that at once, where a piece may turn out to have enough lines earlier, in bytes.
const STEP_BYTES: usize = 32 * 1024;
/// How far before the first line of a piece its parsing begins, in bytes. More than a control string
/// may have.
const WARM_UP_BYTES: usize = 72 * 1024;
/// The most lines of a piece: a small part of a window, so that reading at one end of it never
/// pushes out what is looked at.
const PIECE_LINES_MAX: usize = 2_000;
/// How much of a line that never ends, or of output that is filtered out, is read for one piece, in
/// bytes.
const SEARCHED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How far back from a place the last switch of screens is looked for at once, in bytes.
const SWITCH_BYTES_BACK: usize = 1024 * 1024;
/// How far back it is looked for where lines look as if a program filled the screen. It takes a
/// moment; a program that has drawn more than this since it took the screen is shown as lines.
const SWITCH_BYTES_BACK_MAX: u64 = 64 * 1024 * 1024;
/// More than the longest sequence that switches screens: where two pieces meet, both have it.
const SEQUENCE_BYTES: u64 = 64;

/// A log, readable anywhere.
pub(crate) trait Log {
    /// Why it cannot be read.
    type Error;

    /// Its first offset and the one behind its last byte, as it is now.
    fn extent(&self) -> Result<(Offset, Offset), Self::Error>;
    /// The output from `from` on: at most `max_bytes`, and the gaps between.
    fn read(&self, from: Offset, max_bytes: usize) -> Result<OutputPieces, Self::Error>;
    /// The output before `before`: at most `max_bytes`, and the gaps between.
    fn read_back(&self, before: Offset, max_bytes: usize) -> Result<OutputPieces, Self::Error>;
}

/// Which lines of a log are wanted.
pub(crate) type Only = Option<Stream>;

/// Some lines of a log that follow each other.
#[derive(Default)]
pub(crate) struct Piece {
    /// The lines.
    pub(crate) lines: Vec<Line>,
    /// What was read to get them begins here.
    pub(crate) start: Offset,
    /// What comes next begins here.
    pub(crate) end: Offset,
    /// In this state.
    pub(crate) state: LineState,
    /// Where the log ended, if the piece goes on to there: whoever has it reads on.
    pub(crate) tail: Option<Box<Lines>>,
}

/// The lines before `before`, where a line begins on the alternate screen or not. None only at the
/// start of the log, or where [`SEARCHED_BYTES_MAX`] have none.
pub(crate) fn before<L: Log>(
    log: &L,
    before: Offset,
    is_alternate: bool,
    only: Only,
) -> Result<Piece, L::Error> {
    let (first, _) = log.extent()?;
    // The terminal of another segment says nothing of the one before.
    let next = log.read(before, 1)?;
    let begins = next.pieces.first().is_some_and(OutputPiece::begins_anew);
    let is_alternate = (!begins).then_some(is_alternate);
    let mut bytes = READ_BYTES + WARM_UP_BYTES;
    loop {
        let read = log.read_back(before, bytes)?;
        let whole = read.range.start <= first;
        let Some(start) = start_of(&read, only, whole).or_else(|| {
            let enough = whole || bytes >= SEARCHED_BYTES_MAX;
            enough.then_some(read.range.start)
        }) else {
            bytes *= 4;
            continue;
        };
        let was_alternate = match was_alternate(&read, start, is_alternate) {
            _ if whole => false,
            Some(was_alternate) => was_alternate,
            None => is_alternate_at(log, start, first, &read)?,
        };
        let state = LineState {
            style: LineState::default().style,
            is_alternate: was_alternate,
        };
        let mut lines = Lines::new(start, state);
        feed(&mut lines, &read, start, only);
        lines.flush();
        let mut found = lines.take();
        if found.is_empty() && !whole && bytes < SEARCHED_BYTES_MAX {
            bytes *= 4;
            continue;
        }
        let warm = if whole {
            start
        } else {
            start.plus(WARM_UP_BYTES as u64)
        };
        return Ok(last_of(&mut found, warm, start, before));
    }
}

/// The newest of the lines that were found, beginning at `warm` or later, but at least one line.
fn last_of(found: &mut Vec<Line>, warm: Offset, start: Offset, end: Offset) -> Piece {
    let newest = found.len().saturating_sub(PIECE_LINES_MAX);
    let mut from = found.partition_point(|line| line.from < warm).max(newest);
    from = from.min(found.len().saturating_sub(1));
    // All parts of a line or none.
    let is_part = |at: usize| found.get(at).is_some_and(|line| line.part > 0);
    while is_part(from) {
        from -= 1;
    }
    let lines = found.split_off(from);
    Piece {
        start: match lines.first() {
            Some(line) if from > 0 => line.from,
            _ => start,
        },
        lines,
        end,
        ..Piece::default()
    }
}

/// The lines from `from` on, where a line begins in `state`.
pub(crate) fn from<L: Log>(
    log: &L,
    from: Offset,
    state: LineState,
    only: Only,
) -> Result<Piece, L::Error> {
    let lines = Lines::new(from, state);
    let mut piece = go_on(log, lines, from, from, only)?;
    limit(&mut piece);
    Ok(piece)
}

/// Reads on with `lines` at least up to `until`, and to the end of a line.
fn go_on<L: Log>(
    log: &L,
    mut lines: Lines,
    start: Offset,
    until: Offset,
    only: Only,
) -> Result<Piece, L::Error> {
    let mut ready_before = None;
    loop {
        let read = log.read(lines.at(), STEP_BYTES)?;
        if read.pieces.is_empty() {
            return Ok(Piece {
                lines: lines.take(),
                start,
                end: lines.begun().0,
                state: lines.begun().1,
                tail: Some(Box::new(lines)),
            });
        }
        feed(&mut lines, &read, read.range.start, only);
        if lines.at() < until {
            continue;
        }
        let beyond = lines.at().since(until);
        let searched = beyond >= SEARCHED_BYTES_MAX as u64;
        if searched && !lines.has_whole() {
            lines.flush();
        }
        let before = *ready_before.get_or_insert(lines.ready());
        let ready = lines.ready() - before;
        let enough = beyond >= READ_BYTES as u64 || ready > PIECE_LINES_MAX;
        if searched || (enough && lines.has_whole()) {
            break;
        }
    }
    let (end, state) = lines.begun();
    // Parts of a line that is not over are read again with the rest of it.
    let mut found = lines.take();
    found.retain(|line| line.to <= end);
    Ok(Piece {
        lines: found,
        start,
        end,
        state,
        tail: None,
    })
}

/// Cuts `piece` down to its first lines.
fn limit(piece: &mut Piece) {
    let over = piece.lines.iter().skip(PIECE_LINES_MAX);
    let Some(line) = over.clone().find(|line| line.part == 0) else {
        return;
    };
    (piece.end, piece.state, piece.tail) = (line.from, line.state, None);
    let end = piece.end;
    piece.lines.retain(|line| line.from < end);
}

/// The lines around the byte at `at`, some before it and some after.
pub(crate) fn around<L: Log>(log: &L, at: Offset, only: Only) -> Result<Piece, L::Error> {
    let (first, end) = log.extent()?;
    let at = at.clamp(first, end);
    let mut bytes = READ_BYTES / 2 + WARM_UP_BYTES;
    let (begin, back) = loop {
        let back = log.read_back(at, bytes)?;
        let read_from = back.range.start;
        match start_of(&back, only, read_from <= first) {
            Some(begin) => break (begin, back),
            None if bytes >= SEARCHED_BYTES_MAX => break (read_from, back),
            None => bytes *= 4,
        }
    };
    let whole = back.range.start <= first;
    let is_alternate = !whole && is_alternate_at(log, begin, first, &back)?;
    let state = LineState {
        style: LineState::default().style,
        is_alternate,
    };
    let warm = match whole {
        true => begin,
        false => begin.plus(WARM_UP_BYTES as u64).min(at),
    };
    let lines = Lines::new(begin, state);
    let mut piece = go_on(log, lines, begin, at, only)?;
    let target = piece.lines.partition_point(|line| line.to <= at);
    let mut from = piece.lines.partition_point(|line| line.from < warm);
    // One line is not enough to warm up with where it is the only one.
    let last = piece.lines.len().saturating_sub(1);
    from = from.max(target.saturating_sub(PIECE_LINES_MAX));
    from = from.min(target).min(last);
    while piece.lines.get(from).is_some_and(|line| line.part > 0) && from > 0 {
        from -= 1;
    }
    piece.lines.drain(..from);
    if from > 0
        && let Some(line) = piece.lines.first()
    {
        piece.start = line.from;
    }
    cut_behind(&mut piece, target.saturating_sub(from));
    Ok(piece)
}

/// Keeps [`PIECE_LINES_MAX`] lines behind the one with this index.
fn cut_behind(piece: &mut Piece, index: usize) {
    let before: Vec<Line> = piece.lines.drain(..index.min(piece.lines.len())).collect();
    limit(piece);
    piece.lines.splice(..0, before);
}

/// The first lines of a log.
pub(crate) fn first<L: Log>(log: &L, only: Only) -> Result<Piece, L::Error> {
    let (start, _) = log.extent()?;
    from(log, start, LineState::default(), only)
}

fn feed(lines: &mut Lines, read: &OutputPieces, start: Offset, only: Only) {
    for piece in &read.pieces {
        match piece {
            OutputPiece::Gap(gap) if gap.range.end > start => {
                lines.gap(gap.range.end);
            }
            OutputPiece::Text {
                from,
                stream,
                bytes,
                begins_segment,
            } => {
                if *begins_segment && *from >= start {
                    lines.begin_segment();
                }
                let known = usize::try_from(start.since(*from)).unwrap_or(usize::MAX);
                let bytes = bytes.get(known.min(bytes.len())..).unwrap_or_default();
                if only.is_some() && *stream != only {
                    lines.skip(bytes.len() as u64);
                } else {
                    lines.read(bytes, *stream);
                }
            }
            OutputPiece::Gap(_) => {}
        }
    }
}

/// Where a line begins first in what was read; its very beginning counts only if it is the log's.
fn start_of(read: &OutputPieces, only: Only, whole: bool) -> Option<Offset> {
    if whole {
        return Some(read.range.start);
    }
    read.pieces.iter().find_map(|piece| match piece {
        OutputPiece::Gap(gap) => Some(gap.range.start),
        OutputPiece::Text {
            from,
            begins_segment: true,
            ..
        } => Some(*from),
        OutputPiece::Text { stream, .. } if only.is_some() && *stream != only => None,
        OutputPiece::Text { from, bytes, .. } => {
            first_start(*from, bytes).map(|at| from.plus(at as u64))
        }
    })
}

/// Whether the alternate screen was on at `start`, given whether it is at the end of what was read;
/// `None` where that does not follow: there is a switch between, or another terminal.
fn was_alternate(read: &OutputPieces, start: Offset, at_end: Option<bool>) -> Option<bool> {
    let mut scanner = ScreenScanner::default();
    for piece in &read.pieces {
        let OutputPiece::Text {
            from,
            bytes,
            begins_segment,
            ..
        } = piece
        else {
            // What is lost leaves the screen as nobody knows it; lines begin anew behind it.
            if piece.range().end > start {
                return Some(false);
            }
            continue;
        };
        if *begins_segment && *from >= start {
            return (*from == start).then_some(false);
        }
        let known = usize::try_from(start.since(*from)).unwrap_or(usize::MAX);
        let mut left = bytes.get(known.min(bytes.len())..).unwrap_or_default();
        while let Some((count, scanned)) = scanner.next(left) {
            left = &left[count..];
            // A program may give back a screen that it did not take, or take one that it has.
            if let Scanned::Switch(_) = scanned {
                return None;
            }
        }
    }
    at_end
}

/// Whether the alternate screen is on at `at`, by the last switch before it. It is looked for further
/// back where what lies around, `near`, needs it.
fn is_alternate_at<L: Log>(
    log: &L,
    at: Offset,
    first: Offset,
    near: &OutputPieces,
) -> Result<bool, L::Error> {
    let (mut end, mut left) = (at, SWITCH_BYTES_BACK_MAX);
    while end > first && left > 0 {
        let before = end.plus(SEQUENCE_BYTES).min(at);
        let read = log.read_back(before, SWITCH_BYTES_BACK)?;
        if let Some(on) = last_switch(&read) {
            return Ok(on);
        }
        let far = read.range.start >= end || !fills_screen(near);
        if far {
            break;
        }
        left = left.saturating_sub(end.since(read.range.start));
        end = read.range.start;
    }
    Ok(false)
}

/// The screen behind the last switch, gap or beginning of a segment in what was read, if there is one.
fn last_switch(read: &OutputPieces) -> Option<bool> {
    let (mut scanner, mut last) = (ScreenScanner::default(), None);
    for piece in &read.pieces {
        let OutputPiece::Text {
            bytes,
            begins_segment,
            ..
        } = piece
        else {
            last = Some(false);
            continue;
        };
        if *begins_segment {
            (scanner, last) = (ScreenScanner::default(), Some(false));
        }
        let mut left = &bytes[..];
        while let Some((count, scanned)) = scanner.next(left) {
            left = &left[count..];
            if let Scanned::Switch(on) = scanned {
                last = Some(on);
            }
        }
    }
    last
}

fn fills_screen(read: &OutputPieces) -> bool {
    let mut pieces = read.pieces.iter();
    pieces.any(|piece| matches!(piece, OutputPiece::Text { bytes, .. } if moves_cursor(bytes)))
}

/// Whether `bytes` put the cursor anywhere on the screen, as programs do that fill it.
pub(crate) fn moves_cursor(bytes: &[u8]) -> bool {
    let starts = memchr::memmem::find_iter(bytes, b"\x1b[");
    let mut rests = starts.filter_map(|at| bytes.get(at + 2..));
    rests.any(|rest| {
        let end = rest.iter().find(|b| !b.is_ascii_digit() && **b != b';');
        end == Some(&b'H')
    })
}
