//! How many lines match, told while they are counted.

use std::{
    cell::{Cell, RefCell},
    ops::ControlFlow,
    time::{Duration, Instant},
};

use discovery::{Cancel, Direction, OutputMatch, OutputPiece, RunLog};
use pod_protocol::Offset;

use super::{Desk, Sieve, Sought, tell};
use crate::screen::monitor::tabs::output::{Counted, Found, PLACES_MAX};

/// How often it is told how far the count has come: as often as anybody can read it.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Counts from `from` on, where a line begins. A count that fails says no more than it did.
pub(super) fn count(desk: &Desk, number: u64, sought: Sought<'_>, from: Offset) {
    if let Err(error) = each(desk, number, sought, from) {
        tracing::debug!("cannot count matches: {error:#}");
    }
}

fn each(desk: &Desk, number: u64, (pattern, only): Sought<'_>, from: Offset) -> anyhow::Result<()> {
    let log = RunLog::open(&desk.roots.state, desk.session)?;
    let mut sieve = Sieve::new(&log, only);
    let extent = log.output_extent()?;
    let from = from.clamp(extent.start, extent.end);
    let cancel = Cancel::new();
    let counted = RefCell::new(Counted::default());
    let last = Cell::new(None);
    let (mut kept, mut told_at) = (0, Instant::now());
    let mut progress = |_| {
        if desk.is_cancelled() {
            cancel.cancel();
        } else if told_at.elapsed() >= TELL_EVERY {
            told_at = Instant::now();
            let counted = std::mem::take(&mut *counted.borrow_mut());
            tell(desk, Found::Counted { number, counted });
        }
    };
    let mut count = |found: OutputMatch, line: &[u8]| {
        if !sieve.passes(&found.line) {
            return match desk.is_cancelled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
        }
        let mut counted = counted.borrow_mut();
        if line.last() != Some(&b'\n') && found.line.end >= extent.end {
            last.set(Some(found.line.start));
        } else if kept < PLACES_MAX {
            kept += 1;
            counted.starts.push(found.line.start);
        } else {
            counted.more += 1;
        }
        ControlFlow::Continue(())
    };
    log.each_match(
        pattern,
        from,
        Direction::Forward,
        &cancel,
        &mut progress,
        &mut count,
    )?;
    let mut counted = counted.into_inner();
    counted.last = last.get();
    counted.upto = line_start(&log, extent.end)?.max(from);
    counted.is_done = true;
    tell(desk, Found::Counted { number, counted });
    Ok(())
}

/// How far back the start of an unfinished line is looked for, in bytes.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// Where the line begins that the output ends with.
fn line_start(log: &RunLog, end: Offset) -> anyhow::Result<Offset> {
    let read = log.read_output_back(end, LINE_BYTES_MAX)?;
    let last = read.pieces.iter().rev().find_map(|piece| match piece {
        OutputPiece::Text { bytes, .. } => {
            let newline = memchr::memrchr(b'\n', bytes)?;
            Some(piece.range().start.plus(newline as u64 + 1))
        }
        _ => None,
    });
    Ok(last.unwrap_or(end))
}
