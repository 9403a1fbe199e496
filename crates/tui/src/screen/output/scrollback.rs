//! A bounded window over the end of the output.

use std::{collections::VecDeque, ops::Range};

use pod_protocol::{Offset, short_bytes};
use ratatui::style::{Modifier, Style};

use super::{StyledLine, parser::OutputParser};

/// The most lines that are kept.
const LINES_MAX: usize = 10_000;
/// The most memory that they take, in bytes.
const LINES_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How far into the first piece a line break is looked for, when the piece does not start with the
/// output, in bytes.
const FIRST_BREAK_BYTES_MAX: usize = 4 * 1024;

/// The end of the output, as lines.
#[derive(Default)]
pub(crate) struct Scrollback {
    parser: OutputParser,
    lines: VecDeque<StyledLine>,
    lines_bytes: usize,
    /// Lines that fell out of the window.
    dropped: u64,
    /// The line that has begun.
    open: Option<StyledLine>,
    /// Where the next piece should start.
    end: Option<Offset>,
    /// Whether there was output before the first piece.
    begins_late: bool,
}

impl Scrollback {
    /// Reads the piece of output that starts at `from`. `start` is where the output of the segment
    /// starts.
    pub(crate) fn read(&mut self, from: Offset, bytes: &[u8], start: Offset) {
        let end = from.plus(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let bytes = match self.end {
            None if from > start => {
                self.begins_late = true;
                after_first_break(bytes)
            }
            None => bytes,
            // After a reconnect the same bytes may come again.
            Some(end) if from < end => {
                let known = usize::try_from(end.since(from)).unwrap_or(usize::MAX);
                bytes.get(known..).unwrap_or_default()
            }
            Some(end) => {
                self.note_gap(from.since(end));
                bytes
            }
        };
        self.end = Some(self.end.map_or(end, |known| known.max(end)));
        for line in self.parser.read(bytes) {
            self.push(line);
        }
        self.open = self.parser.open_line();
    }

    fn note_gap(&mut self, missing_bytes: u64) {
        if missing_bytes == 0 {
            return;
        }
        if let Some(line) = self.parser.cut() {
            self.push(line);
        }
        let faint = Style::new().add_modifier(Modifier::DIM);
        let text = format!("… {} no longer kept …", short_bytes(missing_bytes));
        self.push(StyledLine::new(&text, faint));
    }

    fn push(&mut self, line: StyledLine) {
        self.lines_bytes += line.bytes();
        self.lines.push_back(line);
        while self.lines.len() > LINES_MAX || self.lines_bytes > LINES_BYTES_MAX {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.lines_bytes -= oldest.bytes();
            self.dropped += 1;
        }
    }

    /// Numbers of the lines in the window, the one that has begun included.
    pub(crate) fn ids(&self) -> Range<u64> {
        let count = self.lines.len() + usize::from(self.open.is_some());
        self.dropped..self.dropped + u64::try_from(count).unwrap_or(0)
    }

    /// A line of the window.
    pub(crate) fn line(&self, id: u64) -> Option<&StyledLine> {
        let index = usize::try_from(id.checked_sub(self.dropped)?).ok()?;
        match self.lines.get(index) {
            None if index == self.lines.len() => self.open.as_ref(),
            line => line,
        }
    }

    /// Whether there is output before the first line of the window.
    pub(crate) const fn has_earlier(&self) -> bool {
        self.begins_late || self.dropped > 0
    }
}

/// Skips the rest of a line whose beginning is not there.
fn after_first_break(bytes: &[u8]) -> &[u8] {
    let head = bytes.get(..FIRST_BREAK_BYTES_MAX).unwrap_or(bytes);
    let start = head
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    bytes.get(start..).unwrap_or_default()
}
