//! Where the window is: with what is new, or where the operator went.

use std::collections::VecDeque;

use discovery::Stream;
use pod_protocol::{Offset, ScreenInUse};

use super::{Found, Output, Reading, Wanted, selection::Place};
use crate::screen::{
    monitor::tabs::Movement,
    output::{LineState, Only, Piece, Stretch, Window, after_first_break, moves_cursor},
    viewport::{self, Spot, Viewport},
};

/// How much output that comes while something is read is kept to be joined to it, in bytes.
const MEANWHILE_BYTES_MAX: usize = 1024 * 1024;
/// So near to an end of the window, in rows, what lies beyond is read before it is asked for.
const NEAR_ROWS: usize = 500;
/// So much that shows next to nothing is read ahead of the operator: rows of text are far shorter.
const AHEAD_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A stretch of new output.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Printed {
    /// Where it begins.
    pub(crate) from: Offset,
    /// The bytes as the command wrote them.
    pub(crate) bytes: Vec<u8>,
    /// Who wrote how many of them, in order; all of them if there are none.
    pub(crate) streams: Vec<(usize, Option<Stream>)>,
    /// Whether output before it was left out because more came than can be looked at.
    pub(crate) skipped: bool,
    /// Whether a segment begins with it: it was written to another terminal.
    pub(crate) begins_segment: bool,
    /// Which screen the command was on before it.
    pub(crate) before: ScreenInUse,
    /// Which screen the command is on after it.
    pub(crate) after: ScreenInUse,
}

#[cfg(test)]
impl Printed {
    /// Output of which nothing was skipped, behind `before`.
    pub(crate) fn seen(from: Offset, bytes: &[u8], before: ScreenInUse) -> Self {
        let mut after = before;
        after.see(&mut pod_protocol::ScreenScanner::default(), from, bytes);
        Self {
            from,
            bytes: bytes.to_vec(),
            before,
            after,
            ..Self::default()
        }
    }
}

/// What is being read.
#[derive(Default)]
pub(super) struct Asked {
    /// The newest request.
    number: u64,
    wanted: Option<Wanted>,
    /// What came since, newest last.
    meanwhile: VecDeque<Printed>,
    meanwhile_bytes: usize,
    /// By how many rows the operator wanted to move on beyond the window.
    owed_rows: isize,
    /// How much was read beyond the window since it began, or the operator moved.
    ahead_bytes: u64,
}

/// The screen as far as moving is concerned.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) columns: usize,
    pub(super) height: usize,
    /// Where the log begins.
    pub(super) start: Offset,
    /// Where it ends, as far as is known.
    pub(super) end: Offset,
}

impl Output {
    /// Takes output that is new.
    pub(crate) fn hear(&mut self, mut printed: Printed, start: Offset) -> Option<Reading> {
        if printed.streams.is_empty() {
            printed.streams = vec![(printed.bytes.len(), None)];
        }
        let follows = self.viewport == Viewport::Following;
        match self.window.live_end() {
            Some(end) if follows && printed.from > end && printed.skipped => {
                self.begin_at(&printed, start);
            }
            Some(end) if follows => {
                if printed.from > end {
                    self.window.gap(printed.from);
                }
                self.grow(&printed);
            }
            Some(end) if printed.from.plus(printed.bytes.len() as u64) <= end => {}
            Some(_) => {
                self.window.let_go();
                self.keep(printed);
            }
            None if self.asked.wanted.is_some() => self.keep(printed),
            // It makes no lines unless it is known which screen it is on.
            None if follows
                && printed.from > start
                && printed.before.is_alternate.is_none()
                && moves_cursor(&printed.bytes) =>
            {
                let reading = self.ask(Wanted::Last);
                self.keep(printed);
                return Some(reading);
            }
            None if follows => self.begin_at(&printed, start),
            None => {}
        }
        None
    }

    /// Begins anew with `printed`, at the first line that begins in it.
    fn begin_at(&mut self, printed: &Printed, start: Offset) {
        let known = self.window.end().1.is_alternate;
        let is_alternate = printed.before.is_alternate.unwrap_or(known);
        let skipped = match printed.from > start && !is_alternate {
            true => after_first_break(&printed.bytes),
            false => 0,
        };
        let state = LineState {
            is_alternate,
            ..LineState::default()
        };
        self.window = Window::following(printed.from.plus(skipped as u64), state);
        self.asked.ahead_bytes = 0;
        self.grow(printed);
    }

    fn grow(&mut self, printed: &Printed) -> bool {
        let stretch = Stretch {
            from: printed.from,
            bytes: &printed.bytes,
            streams: &printed.streams,
            begins_segment: printed.begins_segment,
        };
        let grown = self.window.grow(&stretch, self.only);
        self.streams = self.streams.max(self.window.streams());
        grown
    }

    /// Keeps what comes while something is read.
    fn keep(&mut self, printed: Printed) {
        let asked = &mut self.asked;
        if asked.wanted.is_none() {
            return;
        }
        asked.meanwhile_bytes += printed.bytes.len();
        asked.meanwhile.push_back(printed);
        while asked.meanwhile_bytes > MEANWHILE_BYTES_MAX {
            let Some(oldest) = asked.meanwhile.pop_front() else {
                return;
            };
            asked.meanwhile_bytes -= oldest.bytes.len();
        }
    }

    /// A number that no request has had.
    pub(super) const fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Has `wanted` read. What was asked before is forgotten.
    pub(super) fn ask(&mut self, wanted: Wanted) -> Reading {
        let number = self.next_number();
        self.asked = Asked {
            number,
            wanted: Some(wanted),
            owed_rows: self.asked.owed_rows,
            ahead_bytes: self.asked.ahead_bytes,
            ..Asked::default()
        };
        Reading::Lines {
            number,
            wanted,
            only: self.only,
        }
    }

    /// Moves through the lines; what has to be read for it.
    pub(super) fn travel(&mut self, movement: Movement, frame: Frame) -> Option<Reading> {
        // Steps beyond the window add up while it is read on; anything else goes elsewhere.
        if !matches!(movement, Movement::Rows(_)) || self.asked.wanted.is_none() {
            self.asked.owed_rows = 0;
        }
        self.asked.ahead_bytes = 0;
        if let (true, Movement::Rows(rows)) = (self.selection.is_some(), movement) {
            return self.extend(rows, frame);
        }
        self.select_to_end(movement, frame);
        let is_blank = self.window.ids().is_empty() && self.window.live_end().is_none();
        if is_blank && frame.start >= frame.end {
            return None;
        }
        let is_elsewhere = is_blank || self.is_on_the_way();
        match movement {
            Movement::First if is_elsewhere || self.window.start() > frame.start => {
                return Some(self.ask(Wanted::First));
            }
            Movement::First => self.hold(self.window.ids().start),
            Movement::Last if !is_elsewhere && self.window.live_end().is_some() => {
                self.viewport = Viewport::Following;
            }
            Movement::Last => return Some(self.ask(Wanted::Last)),
            // From there, once it is read.
            Movement::Rows(rows) if is_elsewhere => {
                self.asked.owed_rows = self.asked.owed_rows.saturating_add(rows);
                if self.asked.wanted.is_none() {
                    return Some(self.ask(Wanted::Last));
                }
            }
            Movement::Rows(rows) => self.step(rows, frame),
        }
        self.read_on(frame)
    }

    /// Whether another place is being read, which will be shown instead of this one.
    fn is_on_the_way(&self) -> bool {
        self.asked.wanted.is_some_and(|wanted| match wanted {
            Wanted::First | Wanted::Last | Wanted::Around(_) | Wanted::AtTime(_) => true,
            Wanted::Before(..) | Wanted::From(..) => false,
        })
    }

    /// Shows the line `id` and what comes behind it.
    pub(super) fn hold(&mut self, id: u64) {
        self.viewport = Viewport::Held(Spot { id, row: 0 });
    }

    /// A selection goes to wherever its end is sent, also beyond the window.
    fn select_to_end(&mut self, movement: Movement, frame: Frame) {
        let (start, known) = (frame.start, self.window.live_end());
        let end = known.unwrap_or(self.window.end().0).max(frame.end);
        if let Some(selection) = &mut self.selection {
            match movement {
                Movement::First => selection.extend(Place::at(start)),
                Movement::Last => selection.extend(Place::at(end)),
                Movement::Rows(_) => {}
            }
        }
    }

    fn step(&mut self, rows: isize, frame: Frame) {
        let lines = self.rows(frame.columns);
        let mut viewport = self.viewport;
        let top = viewport.top(&lines, frame.height);
        let wanted = rows.unsigned_abs();
        let room = match rows < 0 {
            true => viewport::rows_above(top, &lines, wanted),
            false => viewport::rows_below(top, &lines, frame.height, wanted),
        };
        viewport.scroll(rows, &lines, frame.height);
        let live = self.window.live_end().is_some();
        if viewport == Viewport::Following && !live {
            viewport = Viewport::Held(viewport.top(&lines, frame.height));
        }
        let owed = wanted.saturating_sub(room);
        let owed = isize::try_from(owed).unwrap_or(0) * rows.signum();
        let more = match rows < 0 {
            true => self.window.start() > frame.start,
            false => !live,
        };
        self.viewport = viewport;
        let owed_before = match self.asked.owed_rows.signum() == rows.signum() {
            true => self.asked.owed_rows,
            false => 0,
        };
        self.asked.owed_rows = if more {
            owed_before.saturating_add(owed)
        } else {
            0
        };
    }

    /// What has to be read because the operator is near an end of the window.
    pub(super) fn read_on(&mut self, frame: Frame) -> Option<Reading> {
        if self.asked.wanted.is_some() {
            return None;
        }
        if self.window.ids().is_empty() {
            return self.read_on_beside(frame);
        }
        let lines = self.rows(frame.columns);
        let top = self.viewport.top(&lines, frame.height);
        let is_awaited = self.asked.owed_rows != 0
            || self.only.is_some()
                && viewport::visible(top, &lines, frame.height).len() < frame.height;
        if !is_awaited && self.asked.ahead_bytes >= AHEAD_BYTES_MAX {
            return None;
        }
        let start = self.window.start();
        if start > frame.start && self.wants_earlier(frame) {
            let is_alternate = self.window.starts_alternate();
            return Some(self.ask(Wanted::Before(start, is_alternate)));
        }
        let below = viewport::rows_below(top, &lines, frame.height, NEAR_ROWS);
        if self.window.live_end().is_none() && below < NEAR_ROWS {
            let (end, state) = self.window.end();
            return Some(self.ask(Wanted::From(end, state)));
        }
        None
    }

    /// Where there is no line in the window, there may be one of the stream that is shown beside it.
    fn read_on_beside(&mut self, frame: Frame) -> Option<Reading> {
        self.only?;
        let start = self.window.start();
        if start > frame.start {
            let is_alternate = self.window.starts_alternate();
            return Some(self.ask(Wanted::Before(start, is_alternate)));
        }
        let is_whole = self.window.live_end().is_some();
        let (end, state) = self.window.end();
        (!is_whole).then(|| self.ask(Wanted::From(end, state)))
    }

    /// Whether lines of the stream that is shown are looked for.
    pub(super) const fn is_looking(&self) -> bool {
        self.asked.wanted.is_some()
    }

    /// While following, what lies above the screen is not looked at unless there is room for it.
    fn wants_earlier(&self, frame: Frame) -> bool {
        let lines = self.rows(frame.columns);
        let top = self.viewport.top(&lines, frame.height);
        let shown = viewport::visible(top, &lines, frame.height).len();
        let above = viewport::rows_above(top, &lines, NEAR_ROWS);
        let follows = self.viewport == Viewport::Following;
        above < NEAR_ROWS && (!follows || shown < frame.height)
    }

    /// Takes lines that were asked for; what has to be read next.
    pub(super) fn take_lines(
        &mut self,
        found: Found,
        frame: Frame,
    ) -> Result<Option<Reading>, String> {
        let Found::Lines {
            number,
            wanted,
            piece,
        } = found
        else {
            return Ok(None);
        };
        if number != self.asked.number || self.asked.wanted.is_none() {
            return Ok(None);
        }
        self.asked.wanted = None;
        let Some(piece) = piece?.take() else {
            return Ok(None);
        };
        let before = (self.window.start(), self.window.end().0);
        self.place(wanted, piece, frame);
        let after = (self.window.start(), self.window.end().0);
        self.asked.ahead_bytes += match wanted {
            Wanted::Before(..) => before.0.0.saturating_sub(after.0.0),
            Wanted::From(..) => after.1.0.saturating_sub(before.1.0),
            _ => 0,
        };
        let owed = std::mem::take(&mut self.asked.owed_rows);
        if owed != 0 {
            self.step(owed, frame);
        }
        // Whatever cannot get any further is not tried again by itself.
        match before == after {
            true => Ok(None),
            false => Ok(self.read_on(frame)),
        }
    }

    fn place(&mut self, wanted: Wanted, piece: Piece, frame: Frame) {
        match wanted {
            Wanted::Before(..) => {
                self.window.prepend(piece);
                return;
            }
            Wanted::From(..) => self.window.append(piece),
            Wanted::First | Wanted::Last | Wanted::Around(_) | Wanted::AtTime(_) => {
                self.window = Window::of(piece);
                self.asked.ahead_bytes = 0;
            }
        }
        match wanted {
            Wanted::First => self.hold(self.window.ids().start),
            Wanted::Last => self.viewport = Viewport::Following,
            Wanted::Around(at) => self.show(at, frame),
            _ => {}
        }
        self.join(wanted == Wanted::Last, frame.start);
        self.streams = self.streams.max(self.window.streams());
    }

    /// Shows the lines of `only`, around the same place.
    pub(super) fn choose(&mut self, only: Only, frame: Frame) -> Option<Reading> {
        self.only = only;
        let wanted = match self.viewport {
            Viewport::Following => Wanted::Last,
            Viewport::Held(spot) => {
                let line = self.window.line(spot.id);
                Wanted::Around(line.map_or(frame.start, |line| line.from))
            }
        };
        self.window.let_go();
        Some(self.ask(wanted))
    }

    /// Whose lines are shown.
    pub(super) const fn only(&self) -> Only {
        self.only
    }

    /// Shows the byte at `at` in the upper half of the screen.
    pub(super) fn show(&mut self, at: Offset, frame: Frame) {
        let last = self.window.ids().end.saturating_sub(1);
        let id = self.window.id_at(at).unwrap_or(last);
        self.hold(id);
        let up = isize::try_from(frame.height / 3).unwrap_or(0);
        let mut viewport = self.viewport;
        viewport.scroll(-up, &self.rows(frame.columns), frame.height);
        self.viewport = viewport;
    }

    /// Adds what came while the window was read.
    fn join(&mut self, follow: bool, start: Offset) {
        let meanwhile = std::mem::take(&mut self.asked.meanwhile);
        self.asked.meanwhile_bytes = 0;
        for printed in meanwhile {
            if self.window.live_end().is_some() && self.grow(&printed) {
                continue;
            }
            // More came than was kept: what is followed begins anew, what is read stays.
            if !follow {
                self.window.let_go();
                return;
            }
            self.begin_at(&printed, start);
        }
    }
}
