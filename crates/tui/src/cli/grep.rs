//! `tui logs --grep`: the lines of all output that have a pattern, as they are shown.

use std::{mem, ops::ControlFlow};

use anyhow::Result;
use discovery::{Cancel, Direction, OutputPattern, RunLog};
use pod_protocol::{Offset, SessionId};

use super::{logs::Sink, roots::Roots};

/// The longest line that is looked at as a whole, in bytes. A longer one is looked at in pieces, as
/// the search of a log does it.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// The pattern that an argument stands for.
pub(crate) fn pattern(text: &str) -> Result<OutputPattern, String> {
    OutputPattern::new(text).map_err(|error| error.reason())
}

/// Prints the lines that match.
pub(crate) struct Grep<'a> {
    pattern: &'a OutputPattern,
    sink: &'a mut Sink,
    /// The line that has no end yet.
    open: Vec<u8>,
}

impl<'a> Grep<'a> {
    pub(crate) fn new(pattern: &'a OutputPattern, sink: &'a mut Sink) -> Self {
        Self {
            pattern,
            sink,
            open: Vec::new(),
        }
    }

    /// Searches what is in the logs and returns where that ended. A last line without an end is
    /// left to whoever `goes_on`.
    pub(crate) fn stored(
        &mut self,
        roots: &Roots,
        session: SessionId,
        goes_on: bool,
    ) -> Result<Offset> {
        let log = RunLog::open(&roots.state, session)?;
        let extent = log.output_extent()?;
        let mut end = extent.end;
        let last = log.read_output_back(end, 1)?;
        if goes_on && !ends_a_line(&last) {
            end = log.line_start_before(end, LINE_BYTES_MAX)?.offset();
        }
        let pattern = self.pattern;
        let mut printed = Ok(());
        let each = &mut |found: discovery::OutputMatch, raw: &[u8]| {
            if goes_on && found.line.start >= end {
                return ControlFlow::Break(());
            }
            printed = self.print(raw);
            match printed {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        };
        let cancel = Cancel::new();
        log.each_match(
            pattern,
            extent.start,
            Direction::Forward,
            &cancel,
            &mut |_| {},
            each,
        )?;
        printed.map(|()| end)
    }

    /// Takes output that goes on where the last left off.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<()> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.open.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.open.len() >= LINE_BYTES_MAX {
                self.finish()?;
            }
        }
        Ok(())
    }

    /// The line ends here, before a gap or with the run.
    pub(crate) fn finish(&mut self) -> Result<()> {
        let line = mem::take(&mut self.open);
        if !line.is_empty() && self.pattern.is_shown_in(&line) {
            self.print(&line)?;
        }
        Ok(())
    }

    fn print(&mut self, line: &[u8]) -> Result<()> {
        self.sink.write(line)?;
        if !line.ends_with(b"\n") {
            self.sink.write(b"\n")?;
        }
        Ok(())
    }
}

fn ends_a_line(last: &discovery::OutputPieces) -> bool {
    match last.pieces.last() {
        Some(discovery::OutputPiece::Text { bytes, .. }) => bytes.ends_with(b"\n"),
        Some(discovery::OutputPiece::Gap(_)) | None => true,
    }
}
