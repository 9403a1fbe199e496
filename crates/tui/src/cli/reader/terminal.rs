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
/// More than the longest sequence that switches screens: where two pieces meet, both have it.
const SEQUENCE_BYTES: u64 = 64;

/// Reads it. What cannot be read is as if it were not there: the program draws everything anew.
pub(super) fn read(desk: &Desk, reading: Reading) {
    let log = RunLog::open(&desk.roots.state, desk.session);
    let found = log.ok().and_then(|log| before(desk, &log, reading));
    let nothing = || terminal::Found {
        reading: reading.reading,
        bytes: Vec::new(),
        begins_alternate: false,
        ends_alternate: false,
    };
    desk.tell(Found::Terminal(found.unwrap_or_else(nothing)));
}

fn before(desk: &Desk, log: &RunLog, reading: Reading) -> Option<terminal::Found> {
    let (mut bytes, start) = text(log, reading.before, BACK_BYTES)?;
    let last = last_switch(&bytes);
    let begins_alternate = match last {
        Some(_) => false,
        None => is_alternate_before(desk, log, start),
    };
    let ends_alternate = last.map_or(begins_alternate, |(_, on)| on);
    let from = match last {
        // From the switch on. What stood on the screen before is covered.
        Some((end, true)) => end,
        _ if ends_alternate => 0,
        _ => bytes.len().saturating_sub(LINES_BACK_BYTES),
    };
    bytes.drain(..from);
    Some(terminal::Found {
        reading: reading.reading,
        bytes,
        begins_alternate: ends_alternate,
        ends_alternate,
    })
}

/// At most `max_bytes` of the output before `end`, behind the last gap, and where they start.
fn text(log: &RunLog, end: Offset, max_bytes: usize) -> Option<(Vec<u8>, Offset)> {
    let read = log.read_output_back(end, max_bytes).ok()?;
    let (mut text, mut start) = (Vec::new(), read.range.start);
    for piece in read.pieces {
        match piece {
            OutputPiece::Text { bytes, .. } => text.extend_from_slice(&bytes),
            OutputPiece::Gap(gap) => {
                text.clear();
                start = gap.range.end;
            }
        }
    }
    Some((text, start))
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
        let Some((bytes, from)) = text(log, end.plus(SEQUENCE_BYTES), BACK_BYTES) else {
            return false;
        };
        if let Some((_, on)) = last_switch(&bytes) {
            return on;
        }
        if bytes.is_empty() || from >= end {
            return false;
        }
        left = left.saturating_sub(end.0 - from.0);
        end = from;
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
}
