//! What the Channels tab asks for: readings from the log, summed up.

use std::ops::{ControlFlow, Range};

use anyhow::Result;
use discovery::{Cancel, Direction, Ended, RecordFilter, RecordScan, RunLog, Scanned};

use super::Desk;
use crate::screen::monitor::{
    Found,
    tabs::channels::{self, Book, NEEDLE, Part, Reading, Wanted},
};

/// Progress is told this often, as a share: whole percents are shown.
const PROGRESS_STEP: f64 = 0.01;

/// Reads it.
pub(super) fn read(desk: &Desk, reading: Reading) {
    let (wanted, times) = match reading {
        Reading::History(wanted) => (wanted, None),
        Reading::Closer(wanted, times) => (wanted, Some(times)),
    };
    let part = match sum_up(desk, &wanted, times) {
        Ok(Some(book)) => Part::Readings(Box::new(book)),
        Ok(None) => return,
        Err(error) => Part::Failed(format!("{error:#}")),
    };
    tell(desk, wanted.number, part);
}

fn tell(desk: &Desk, number: u64, part: Part) {
    desk.tell(Found::Channels(channels::Found { number, part }));
}

/// All readings that are wanted; `None` if nobody wants them any more.
fn sum_up(desk: &Desk, wanted: &Wanted, times: Option<Range<i64>>) -> Result<Option<Book>> {
    let log = RunLog::open(&desk.roots.state, desk.session)?;
    let scan = RecordScan {
        range: wanted.records.clone(),
        filter: RecordFilter::containing(&[NEEDLE.to_vec()])?,
        direction: Direction::Forward,
    };
    let (mut book, mut told) = (Book::new(times), 0.0);
    // Whoever gives it up is seen after every piece, where progress is told.
    let ended = log.scan_records(&scan, &Cancel::new(), &mut |scanned| match scanned {
        Scanned::Line { text, .. } => {
            book.read(text, &wanted.known, wanted.records.end);
            ControlFlow::Continue(())
        }
        Scanned::Reached(_) if desk.is_cancelled() => ControlFlow::Break(()),
        Scanned::Reached(progress) => {
            let share = progress.share();
            if share >= told + PROGRESS_STEP {
                told = share;
                tell(desk, wanted.number, Part::Coming(share));
            }
            ControlFlow::Continue(())
        }
    })?;
    Ok((ended == Ended::AtTheEnd).then_some(book))
}
