//! From bytes to lines with their places.
//!
//! A line is what stands between two line feeds. It may be shown as several parts, where it is wider
//! than a part may be or a program moved elsewhere on the screen; a place is the offset at which the
//! line begins and the number of the part. What was written to the alternate screen is one line, and
//! so is a gap.
//!
//! Invariant: lines do not depend on how the bytes were cut, and, but for the style and the screen
//! that [`LineState`] has, not on what came before the place where the line begins. So any stretch of
//! a log gives the same lines whenever it is read. A line without an end is cut where its offset says
//! so ([`CUT_BYTES`]), for the same reason.

use std::mem;

use discovery::Stream;
use memchr::{memchr, memchr2, memrchr};
use pod_protocol::{Offset, Scanned, ScreenScanner, short_bytes};
use ratatui::style::{Modifier, Style};

use super::{StyledLine, parser::TextParser};

/// A line that has had neither a line feed nor a carriage return for this long is cut at the next
/// offset that is a multiple of it.
pub(crate) const CUT_BYTES: u64 = 64 * 1024;

/// How far into a piece a line break is looked for, when it does not begin with a line, in bytes.
const FIRST_BREAK_BYTES_MAX: usize = 4 * 1024;

/// What a line takes over from whatever came before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineState {
    /// The style that is on.
    pub(crate) style: Style,
    /// Whether the alternate screen is.
    pub(crate) is_alternate: bool,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that was printed.
    Text,
    /// Output that is not there.
    Gap,
    /// What was drawn on the alternate screen.
    FullScreen,
}

/// A line, or a part of it, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Where the line begins.
    pub(crate) from: Offset,
    /// Which part of it this is, from 0.
    pub(crate) part: u32,
    /// Behind its last byte.
    pub(crate) to: Offset,
    /// What it took over.
    pub(crate) state: LineState,
    /// Who wrote its first byte.
    pub(crate) stream: Option<Stream>,
    /// Whether any of its text was written to standard error.
    pub(crate) has_error: bool,
    /// What it is.
    pub(crate) kind: Kind,
    /// What is shown.
    pub(crate) text: StyledLine,
}

impl Line {
    /// How much memory it takes, roughly.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.bytes()
    }

    /// Whether standard error has a part in it.
    pub(crate) fn is_error(&self) -> bool {
        self.has_error || self.stream == Some(Stream::Stderr)
    }

    /// Takes the next line in, if both are one stretch of the alternate screen that was read in two.
    pub(super) fn absorb(&mut self, next: &Self) -> bool {
        let joins = self.kind == Kind::FullScreen
            && next.kind == Kind::FullScreen
            && next.state.is_alternate
            && next.from == self.to;
        if joins {
            self.to = next.to;
            self.text = aside(self.kind, self.to.since(self.from));
        }
        joins
    }
}

/// A line that says what is not shown.
fn aside(kind: Kind, bytes: u64) -> StyledLine {
    let amount = short_bytes(bytes);
    let text = match kind {
        Kind::FullScreen => format!("[full-screen program · {amount}]"),
        Kind::Gap | Kind::Text => format!("… {amount} no longer kept …"),
    };
    StyledLine::new(&text, Style::new().add_modifier(Modifier::DIM))
}

/// Turns output, cut anywhere, into lines.
#[derive(Default)]
pub(crate) struct Lines {
    text: TextParser,
    scanner: ScreenScanner,
    is_alternate: bool,
    /// Where the next byte stands.
    at: Offset,
    begun: Begun,
    /// Behind the last byte from which on an endless line is measured.
    unbroken_since: Offset,
    done: Vec<Line>,
}

/// The line that has begun.
#[derive(Clone, Copy, Debug, Default)]
struct Begun {
    from: Offset,
    part: u32,
    state: LineState,
    stream: Option<Stream>,
    has_error: bool,
    /// Whether any byte of it has come.
    has_bytes: bool,
}

impl Lines {
    /// Reads on from `from`, where a line begins in `state`.
    pub(crate) fn new(from: Offset, state: LineState) -> Self {
        let mut lines = Self {
            text: TextParser::styled(state.style),
            is_alternate: state.is_alternate,
            at: from,
            unbroken_since: from,
            ..Self::default()
        };
        lines.begin();
        lines
    }

    /// Where the next byte stands.
    pub(crate) const fn at(&self) -> Offset {
        self.at
    }

    /// Where the line begins that is not finished, and in what state.
    pub(crate) const fn begun(&self) -> (Offset, LineState) {
        (self.begun.from, self.begun.state)
    }

    /// The line that has begun, which is on the alternate screen, began here already.
    pub(crate) const fn begin_earlier(&mut self, from: Offset, state: LineState) {
        (self.begun.from, self.begun.state) = (from, state);
    }

    /// Takes the lines that are finished.
    pub(crate) fn take(&mut self) -> Vec<Line> {
        mem::take(&mut self.done)
    }

    /// How many lines are finished and not taken.
    pub(crate) fn ready(&self) -> usize {
        self.done.len()
    }

    /// Whether a line is finished with all its parts.
    pub(crate) fn has_whole(&self) -> bool {
        let first = self.done.first();
        first.is_some_and(|line| line.to <= self.begun.from)
    }

    /// Reads the output that comes next, all of one stream.
    pub(crate) fn read(&mut self, mut bytes: &[u8], stream: Option<Stream>) {
        while let Some((count, scanned)) = self.scanner.next(bytes) {
            if !self.begun.has_bytes {
                self.begun.stream = stream;
                self.begun.has_bytes = true;
            }
            let (piece, rest) = bytes.split_at(count);
            bytes = rest;
            match scanned {
                Scanned::Text if self.is_alternate => self.pass(count),
                Scanned::Text => self.print(piece, stream),
                Scanned::Inside => {
                    self.text.abort();
                    self.pass(count);
                }
                Scanned::Escape if self.is_alternate => {}
                Scanned::Escape => self.text.read(b"\x1b"),
                Scanned::Switch(on) => self.switch(piece, on, stream),
            }
        }
    }

    /// Passes over the next bytes as if they had not been written.
    pub(crate) fn skip(&mut self, count: u64) {
        self.at = self.at.plus(count);
        if !self.begun.has_bytes {
            self.begun.from = self.at;
            self.unbroken_since = self.at;
        }
    }

    /// Says that the output up to `to` is not there.
    pub(crate) fn gap(&mut self, to: Offset) {
        self.flush();
        let from = self.at;
        self.done.push(Line {
            from,
            part: 0,
            to,
            state: LineState::default(),
            stream: None,
            has_error: false,
            kind: Kind::Gap,
            text: aside(Kind::Gap, to.since(from)),
        });
        self.begin_anew(to);
    }

    /// Says that what comes next was written to another terminal: nothing goes on in it.
    pub(crate) fn begin_segment(&mut self) {
        self.flush();
        self.begin_anew(self.at);
    }

    fn begin_anew(&mut self, at: Offset) {
        let done = mem::take(&mut self.done);
        *self = Self {
            done,
            ..Self::new(at, LineState::default())
        };
    }

    /// Finishes what has begun as if it ended here.
    pub(crate) fn flush(&mut self) {
        self.end();
        self.scanner = ScreenScanner::default();
    }

    fn end(&mut self) {
        if let Some(line) = self.open() {
            self.done.push(line);
        }
        self.text.cut();
        self.begin();
    }

    /// The line that has begun, as it stands.
    pub(crate) fn open(&self) -> Option<Line> {
        if !self.is_alternate {
            return self.text.open_line().map(|text| self.part(text));
        }
        let from = self.begun.from;
        (self.at > from).then(|| Line {
            kind: Kind::FullScreen,
            ..self.part(aside(Kind::FullScreen, self.at.since(from)))
        })
    }

    fn part(&self, text: StyledLine) -> Line {
        let Begun {
            from,
            part,
            state,
            stream,
            has_error,
            has_bytes: _,
        } = self.begun;
        Line {
            from,
            part,
            to: self.at,
            state,
            stream,
            has_error,
            kind: Kind::Text,
            text,
        }
    }

    fn pass(&mut self, count: usize) {
        self.at = self.at.plus(count as u64);
    }

    fn begin(&mut self) {
        self.begun = Begun {
            from: self.at,
            part: 0,
            state: LineState {
                style: self.text.style(),
                is_alternate: self.is_alternate,
            },
            stream: None,
            has_error: false,
            has_bytes: false,
        };
        self.unbroken_since = self.at;
    }

    /// Text, up to the next line feed and from there on.
    fn print(&mut self, mut bytes: &[u8], stream: Option<Stream>) {
        while !bytes.is_empty() {
            if !self.begun.has_bytes {
                self.begun.stream = stream;
                self.begun.has_bytes = true;
            }
            let newline = memchr(b'\n', bytes);
            let (line, rest) = bytes.split_at(newline.map_or(bytes.len(), |at| at + 1));
            bytes = rest;
            // The end of a line is no text of it.
            let has_text = || line.iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
            self.begun.has_error |= stream == Some(Stream::Stderr) && has_text();
            self.print_within(line);
            if newline.is_some() {
                self.begin();
            }
        }
    }

    /// Text without a line feed but at its end.
    fn print_within(&mut self, mut bytes: &[u8]) {
        loop {
            let cut = CUT_BYTES - self.at.0 % CUT_BYTES;
            let room = usize::try_from(cut).unwrap_or(usize::MAX);
            let (piece, rest) = bytes.split_at(room.min(bytes.len()));
            match piece.strip_suffix(b"\n") {
                Some(line) => self.text.read_to_end_of_line(line),
                None => self.text.read(piece),
            }
            if let Some(at) = memrchr(b'\r', piece) {
                self.unbroken_since = self.at.plus(at as u64 + 1);
            }
            self.pass(piece.len());
            for text in self.text.take() {
                let line = self.part(text);
                self.done.push(line);
                self.begun.part += 1;
            }
            bytes = rest;
            if bytes.is_empty() && piece.len() < room {
                return;
            }
            if self.at.since(self.unbroken_since) >= CUT_BYTES && !piece.ends_with(b"\n") {
                let Begun {
                    stream, has_error, ..
                } = self.begun;
                self.end();
                if !bytes.is_empty() {
                    self.begun = Begun {
                        stream,
                        has_error,
                        has_bytes: true,
                        ..self.begun
                    };
                }
            }
            if bytes.is_empty() {
                return;
            }
        }
    }

    /// The end of a sequence that switches screens.
    fn switch(&mut self, piece: &[u8], on: bool, stream: Option<Stream>) {
        if self.is_alternate {
            self.pass(piece.len());
        } else {
            self.print(piece, stream);
        }
        if on == self.is_alternate {
            return;
        }
        self.end();
        self.is_alternate = on;
        self.begin();
    }
}

/// Skips the rest of a line whose beginning is not there: where the first whole line begins, if that
/// is near.
pub(crate) fn after_first_break(bytes: &[u8]) -> usize {
    let head = bytes.get(..FIRST_BREAK_BYTES_MAX).unwrap_or(bytes);
    memchr(b'\n', head).map_or(0, |at| at + 1)
}

/// Where a line begins first in `bytes`, which stand at `from` and are no beginning of a line
/// themselves as far as is known.
pub(super) fn first_start(from: Offset, bytes: &[u8]) -> Option<usize> {
    let newline = memchr(b'\n', bytes).map(|at| at + 1);
    let end = newline.unwrap_or(bytes.len());
    // The places where an endless line would have been cut, behind a whole unbroken stretch.
    let mut cut = usize::try_from(CUT_BYTES - from.0 % CUT_BYTES).ok()?;
    let whole = usize::try_from(CUT_BYTES).ok()?;
    while cut < end {
        if cut >= whole && memchr2(b'\n', b'\r', &bytes[cut - whole..cut]).is_none() {
            return Some(cut);
        }
        cut += whole;
    }
    newline
}
