//! What the Output tab asks for.

mod counting;
mod piping;
mod saving;
mod sieve;
mod taking;

use std::ops::{ControlFlow, Range};

use discovery::{Cancel, Direction, OutputMatch, OutputPattern, OutputPieces, Progress, RunLog};
use pod_protocol::Offset;
use pod_store::StoreError;

use self::sieve::Sieve;
use super::{Desk, wish::Undo};
use crate::screen::{
    monitor::{
        Found,
        tabs::output::{self, Handover, Reading, Wanted},
    },
    output::{Log, Only, Piece, piece},
};

/// Reads it.
pub(super) fn read(desk: &Desk, reading: Reading) {
    match reading {
        Reading::Lines {
            number,
            wanted,
            only,
        } => {
            let (wanted, piece) = match lines(desk, wanted, only) {
                Ok((wanted, piece)) => (wanted, Ok(Handover::new(piece))),
                Err(error) => (wanted, Err(format!("{error:#}"))),
            };
            tell(
                desk,
                output::Found::Lines {
                    number,
                    wanted,
                    piece,
                },
            );
        }
        Reading::Search {
            number,
            pattern,
            from,
            direction,
            only,
        } => {
            let wanted = (&pattern.pattern, only);
            search(desk, number, wanted, from, direction);
        }
        Reading::Count {
            number,
            pattern,
            from,
            only,
        } => counting::count(desk, number, (&pattern.pattern, only), from),
        Reading::Copy(excerpt) => {
            let text = taking::text(desk, &excerpt);
            let text = text.map_err(|error| format!("cannot copy: {error:#}"));
            tell(desk, output::Found::Text(text));
        }
        Reading::Save {
            excerpt,
            path,
            overwrite,
        } => saving::save(desk, &excerpt, &path, overwrite),
        Reading::Pipe { excerpt, command } => piping::pipe(desk, &excerpt, &command),
        // What was under way has been cancelled by its coming.
        Reading::GiveUp(_) => {}
    }
}

fn tell(desk: &Desk, found: output::Found) -> bool {
    desk.tell(Found::Output(found))
}

/// What is looked for, and in whose lines.
type Sought<'a> = (&'a OutputPattern, Only);

/// Looks for the next match, around the end of the log if need be.
fn search(desk: &Desk, number: u64, sought: Sought<'_>, from: Offset, direction: Direction) {
    let found = find(desk, number, sought, from, direction);
    if desk.is_cancelled() {
        return;
    }
    let (line, wrapped) = match found {
        Ok((line, wrapped)) => (Ok(line), wrapped),
        Err(error) => (Err(format!("{error:#}")), false),
    };
    tell(
        desk,
        output::Found::Match {
            number,
            line,
            wrapped,
        },
    );
}

fn find(
    desk: &Desk,
    number: u64,
    (pattern, only): Sought<'_>,
    from: Offset,
    direction: Direction,
) -> anyhow::Result<(Option<Range<Offset>>, bool)> {
    let log = RunLog::open(&desk.roots.state, desk.session)?;
    let mut sieve = Sieve::new(&log, only);
    let extent = log.output_extent()?;
    let from = from.clamp(extent.start, extent.end);
    let (other_end, first_bytes) = match direction {
        Direction::Forward => (extent.start, extent.end.since(from)),
        Direction::Back => (extent.end, from.since(extent.start)),
    };
    let whole = extent.end.since(extent.start).max(1);
    let mut told = 0;
    for (start, before) in [(from, 0), (other_end, first_bytes)] {
        let cancel = Cancel::new();
        let mut progress = |progress: Progress| {
            if desk.is_cancelled() {
                cancel.cancel();
                return;
            }
            let done = before + progress.done_bytes;
            let percent = u8::try_from(done * 100 / whole).unwrap_or(99).min(99);
            if percent > told {
                told = percent;
                tell(desk, output::Found::Searching { number, percent });
            }
        };
        let mut first = None;
        let mut take = |found: OutputMatch, _: &[u8]| {
            if sieve.passes(&found.line) {
                first = Some(found.line);
                return ControlFlow::Break(());
            }
            match desk.is_cancelled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        log.each_match(pattern, start, direction, &cancel, &mut progress, &mut take)?;
        if let Some(line) = first {
            return Ok((Some(line), start != from));
        }
        if desk.is_cancelled() {
            break;
        }
    }
    Ok((None, false))
}

/// The lines, and which they are with times made places.
fn lines(desk: &Desk, wanted: Wanted, only: Only) -> anyhow::Result<(Wanted, Piece)> {
    let log = SessionLog(RunLog::open(&desk.roots.state, desk.session)?);
    let wanted = match wanted {
        Wanted::AtTime(time) => Wanted::Around(log.0.offset_at(time)?.unwrap_or_default()),
        wanted => wanted,
    };
    let piece = match wanted {
        Wanted::First => piece::first(&log, only),
        Wanted::Last => piece::around(&log, Offset(u64::MAX), only),
        Wanted::Around(at) => piece::around(&log, at, only),
        Wanted::AtTime(_) => piece::first(&log, only),
        Wanted::Before(at, is_alternate) => piece::before(&log, at, is_alternate, only),
        Wanted::From(at, state) => piece::from(&log, at, state, only),
    };
    Ok((wanted, piece?))
}

/// All output of a session.
struct SessionLog(RunLog);

impl Log for SessionLog {
    type Error = StoreError;

    fn extent(&self) -> Result<(Offset, Offset), StoreError> {
        let extent = self.0.output_extent()?;
        Ok((extent.start, extent.end))
    }

    fn read(&self, from: Offset, max_bytes: usize) -> Result<OutputPieces, StoreError> {
        self.0.read_output(from, max_bytes)
    }

    fn read_back(&self, before: Offset, max_bytes: usize) -> Result<OutputPieces, StoreError> {
        self.0.read_output_back(before, max_bytes)
    }
}
