//! What came before the output that a terminal view gets by itself.

use discovery::{OutputPiece, RunLog};
use pod_protocol::{Offset, Scanned, ScreenScanner};

use super::Desk;
use crate::screen::monitor::{
    Found,
    tabs::output::terminal::{self, BACK_BYTES, LINES_BACK_BYTES, Reading},
};

/// How far back it is looked whether the program has the alternate screen. A program that has drawn
/// more than this since it took that screen is shown as lines until it draws the next switch.
const SWITCH_BACK_BYTES_MAX: u64 = 64 * 1024 * 1024;
const ESCAPE: u8 = 0x1b;
/// More than the longest sequence that switches screens: where two pieces meet, both have it.
const SEQUENCE_BYTES: u64 = 64;

/// Reads it. What cannot be read is as if it were not there: the program draws everything anew.
pub(super) fn read(desk: &Desk, reading: Reading) {
    let log = RunLog::open(&desk.roots.state, desk.session);
    let found = log.ok().and_then(|log| before(desk, &log, reading));
    let nothing = || terminal::Found {
        reading: reading.reading,
        bytes: Vec::new(),
        is_alternate: false,
    };
    desk.tell(Found::Terminal(found.unwrap_or_else(nothing)));
}

fn before(desk: &Desk, log: &RunLog, reading: Reading) -> Option<terminal::Found> {
    let Text {
        mut bytes,
        start,
        is_first,
    } = text(log, reading.before, BACK_BYTES)?;
    let is_alternate = match last_switch(&bytes) {
        // From the switch on. What stood on the screen before is covered.
        Some((end, true)) => {
            bytes.drain(..end);
            true
        }
        Some((_, false)) => {
            bytes = ordinary(&bytes);
            false
        }
        None => !is_first && is_alternate_before(desk, log, start),
    };
    if !is_alternate {
        bytes.drain(..bytes.len().saturating_sub(LINES_BACK_BYTES));
    }
    Some(terminal::Found {
        reading: reading.reading,
        bytes,
        is_alternate,
    })
}

/// Some output to one terminal.
struct Text {
    bytes: Vec<u8>,
    start: Offset,
    /// Whether nothing was written to the terminal before it, or nobody knows what.
    is_first: bool,
}

/// At most `max_bytes` of the output before `end`, behind the last gap and of the last segment.
fn text(log: &RunLog, end: Offset, max_bytes: usize) -> Option<Text> {
    let read = log.read_output_back(end, max_bytes).ok()?;
    let mut text = Text {
        bytes: Vec::new(),
        start: read.range.start,
        is_first: read.range.start == Offset(0),
    };
    for piece in read.pieces {
        let (range, is_first) = (piece.range(), piece.begins_anew());
        if is_first {
            text.bytes.clear();
            (text.start, text.is_first) = (range.start, true);
        }
        match piece {
            OutputPiece::Text { bytes, .. } => text.bytes.extend_from_slice(&bytes),
            OutputPiece::Gap(_) => text.start = range.end,
        }
    }
    Some(text)
}

/// What was written to the ordinary screen, in output that ends there. What was drawn on the other one
/// is gone from sight, however much it was.
fn ordinary(bytes: &[u8]) -> Vec<u8> {
    let (mut scanner, mut at, mut kept) = (ScreenScanner::default(), 0, Vec::new());
    let mut is_alternate = None;
    while let Some((length, scanned)) = scanner.next(&bytes[at..]) {
        let piece = &bytes[at..at + length];
        at += length;
        let Scanned::Switch(on) = scanned else {
            if is_alternate != Some(true) {
                kept.extend_from_slice(piece);
            }
            continue;
        };
        let sequence = memchr::memrchr(ESCAPE, piece).unwrap_or(0);
        match (is_alternate, on) {
            // What came before the first switch was drawn on the screen that it leaves.
            (None, false) => {
                kept.clear();
                kept.extend_from_slice(&piece[sequence..]);
            }
            (Some(true), _) => kept.extend_from_slice(&piece[sequence..]),
            (None | Some(false), _) => kept.extend_from_slice(piece),
        }
        is_alternate = Some(on);
    }
    kept
}

/// Where the last switch of screens ends in `bytes`, and whether it was to the alternate one.
fn last_switch(bytes: &[u8]) -> Option<(usize, bool)> {
    let (mut scanner, mut at, mut last) = (ScreenScanner::default(), 0, None);
    while let Some((length, scanned)) = scanner.next(&bytes[at..]) {
        at += length;
        if let Scanned::Switch(on) = scanned {
            last = Some((at, on));
        }
    }
    last
}

fn is_alternate_before(desk: &Desk, log: &RunLog, start: Offset) -> bool {
    let (mut end, mut left) = (start, SWITCH_BACK_BYTES_MAX);
    while left > 0 && end.0 > 0 && !desk.is_cancelled() {
        let Some(text) = text(log, end.plus(SEQUENCE_BYTES), BACK_BYTES) else {
            return false;
        };
        if let Some((_, on)) = last_switch(&text.bytes) {
            return on;
        }
        if text.is_first || text.bytes.is_empty() || text.start >= end {
            return false;
        }
        left = left.saturating_sub(end.0 - text.start.0);
        end = text.start;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_switch_counts() {
        let check = |bytes: &str, expected| assert_eq!(last_switch(bytes.as_bytes()), expected);
        check("lines", None);
        check("\x1b[?1049hvim", Some((8, true)));
        check("\x1b[?1049hvim\x1b[?1049l$ ", Some((19, false)));
        check("\x1b[?47hx\x1b[?47l\x1b[?1047h", Some((21, true)));
    }

    #[test]
    fn what_was_drawn_on_the_alternate_screen_is_left_out() {
        let check = |bytes: &str, expected: &str| {
            let kept = ordinary(bytes.as_bytes());
            assert_eq!(String::from_utf8_lossy(&kept), expected, "{bytes:?}");
        };
        let (on, off) = ("\x1b[?1049h", "\x1b[?1049l");
        check("$ vim\r\n", "$ vim\r\n");
        check(
            &format!("$ vim\r\n{on}\x1b[2J~\r\n~{off}$ ls\r\n"),
            &format!("$ vim\r\n{on}{off}$ ls\r\n"),
        );
        check(&format!("drawn{off}$ ls"), &format!("{off}$ ls"));
        check(
            &format!("a{on}b{on}c{off}d{off}e"),
            &format!("a{on}{on}{off}d{off}e"),
        );
    }
}
