//! What the terminal shows: an emulator that is fed the output from some place on, without a hole.
//!
//! Output comes by itself as it is written. What came before is read from the log; what comes
//! meanwhile waits.

use emulator::{Broken, Emulator};
use pod_protocol::{Offset, TerminalQuery, TerminalSize};

use super::{super::Printed, Found};

/// Output that may wait for what came before it. With more the picture is begun anew: then what came
/// before is this.
const WAITING_BYTES_MAX: usize = 1024 * 1024;

/// Ends whatever sequence was cut short.
const CANCEL: &[u8] = b"\x18";

/// The picture, and where in the output it is.
#[derive(Debug, Default)]
pub(super) struct Picture {
    kind: Kind,
    /// The end of the output that was seen.
    end: Offset,
    /// Whether the program has the alternate screen; `None` where that is not known.
    is_alternate: Option<bool>,
    /// The number of the newest reading.
    reading: u64,
    /// Whether the emulator broke down on what this run writes.
    is_broken: bool,
}

#[derive(Debug, Default)]
enum Kind {
    /// There is none.
    #[default]
    None,
    /// What came before is being read, and these bytes wait for it.
    Awaited(Vec<u8>),
    /// It is right.
    Shown(Box<Emulator>),
}

/// A question of the program, and what the terminal says to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The end of the question.
    pub(super) end: Offset,
    /// What to type.
    pub(super) reply: String,
}

/// What came of feeding the picture.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fed {
    /// What the program wants to know.
    pub(super) asked: Vec<Asked>,
    /// The emulator broke down, for the first time.
    pub(super) broke: bool,
    /// Some output was skipped, so the picture may be wrong.
    pub(super) skipped: bool,
}

impl Picture {
    /// The emulator, while the picture is right.
    pub(super) const fn emulator(&self) -> Option<&Emulator> {
        match &self.kind {
            Kind::Shown(emulator) => Some(emulator),
            Kind::None | Kind::Awaited(_) => None,
        }
    }

    /// Whether there is none, not even one that is awaited.
    pub(super) const fn is_none(&self) -> bool {
        matches!(self.kind, Kind::None)
    }

    /// Whether the program has the alternate screen, as far as is known.
    pub(super) const fn is_alternate(&self) -> Option<bool> {
        self.is_alternate
    }

    /// Forgets the picture, but not where the output is.
    pub(super) fn drop_emulator(&mut self) {
        self.kind = Kind::None;
    }

    /// Output up to `end` is history: it can be read and does not come.
    pub(super) fn skip_to(&mut self, end: Offset) {
        if self.end < end {
            self.end = end;
            self.lose();
        }
    }

    /// Everything that is known is about something else.
    fn lose(&mut self) {
        self.kind = Kind::None;
        self.is_alternate = None;
    }

    /// Begins a picture: the number of the reading that it waits for, and where that ends.
    pub(super) fn begin(&mut self) -> (u64, Offset) {
        self.reading += 1;
        self.kind = Kind::Awaited(Vec::new());
        (self.reading, self.end)
    }

    /// What comes is written to another terminal.
    pub(super) fn begin_segment(&mut self) {
        self.kind = Kind::None;
        self.is_alternate = Some(false);
    }

    /// Takes output as it comes.
    pub(super) fn feed(&mut self, printed: &Printed) -> Fed {
        let (from, bytes) = (printed.from, &printed.bytes[..]);
        if printed.begins_segment && from >= self.end {
            self.begin_segment();
            self.end = from;
        }
        let end = from.plus(bytes.len() as u64);
        if end >= self.end {
            // Whoever brings it has seen what was skipped, too.
            self.is_alternate = printed.after.is_alternate.or(self.is_alternate);
        }
        if end <= self.end {
            return Fed::default();
        }
        if from > self.end {
            return self.feed_behind_gap(printed);
        }
        let seen = usize::try_from(self.end.0 - from.0).unwrap_or(bytes.len());
        let (start, bytes) = (self.end, &bytes[seen.min(bytes.len())..]);
        self.end = end;
        match &mut self.kind {
            Kind::None => Fed::default(),
            Kind::Awaited(waiting) if waiting.len() + bytes.len() > WAITING_BYTES_MAX => {
                self.kind = Kind::None;
                Fed::default()
            }
            Kind::Awaited(waiting) => {
                waiting.extend_from_slice(bytes);
                Fed::default()
            }
            Kind::Shown(_) => self.show(start, bytes),
        }
    }

    /// Some was skipped. A screen that is shown stays and is written on: under a flood it is soon what
    /// it would have been, and a program that fills it can be asked to draw it anew.
    fn feed_behind_gap(&mut self, printed: &Printed) -> Fed {
        let (from, bytes) = (printed.from, &printed.bytes[..]);
        self.end = from.plus(bytes.len() as u64);
        if self.emulator().is_none() {
            self.kind = Kind::None;
            return Fed::default();
        }
        let is_alternate = self.emulator().map(Emulator::is_alternate);
        let switch: &[u8] = match printed
            .before
            .is_alternate
            .filter(|on| Some(*on) != is_alternate)
        {
            Some(true) => b"\x1b[?1049h",
            Some(false) => b"\x1b[?1049l",
            None => b"",
        };
        let cut = self.show(from, &[CANCEL, switch].concat());
        let fed = self.show(from, bytes);
        Fed {
            broke: cut.broke || fed.broke,
            skipped: true,
            ..fed
        }
    }

    /// Takes what came before the output that waits.
    pub(super) fn found(&mut self, found: &Found, size: TerminalSize) -> Fed {
        if found.reading != self.reading {
            return Fed::default();
        }
        let Kind::Awaited(waiting) = std::mem::take(&mut self.kind) else {
            return Fed::default();
        };
        self.is_alternate = self.is_alternate.or(Some(found.is_alternate));
        let mut emulator = Box::new(Emulator::new(size));
        let before: &[u8] = if found.is_alternate {
            b"\x1b[?1049h"
        } else {
            b""
        };
        let broken = emulator.process(before).and(emulator.process(&found.bytes));
        self.kind = Kind::Shown(emulator);
        let start = Offset(self.end.0.saturating_sub(waiting.len() as u64));
        let fed = self.show(start, &waiting);
        self.note(broken, fed)
    }

    fn show(&mut self, start: Offset, bytes: &[u8]) -> Fed {
        let Kind::Shown(emulator) = &mut self.kind else {
            return Fed::default();
        };
        let mut asked = Vec::new();
        let ask = |end: usize, query: TerminalQuery, emulator: &Emulator| {
            let end = start.plus(end as u64);
            asked.extend(emulator.reply(query).map(|reply| Asked { end, reply }));
        };
        let outcome = emulator.process_live(bytes, ask);
        let fed = Fed {
            asked,
            ..Fed::default()
        };
        self.note(outcome, fed)
    }

    /// Gives the picture the size that the program sees.
    pub(super) fn resize(&mut self, size: TerminalSize) -> Fed {
        let Kind::Shown(emulator) = &mut self.kind else {
            return Fed::default();
        };
        if emulator.size() == size.clamped() {
            return Fed::default();
        }
        let outcome = emulator.resize(size);
        self.note(outcome, Fed::default())
    }

    /// A second break is no news.
    fn note(&mut self, outcome: Result<(), Broken>, fed: Fed) -> Fed {
        let broke = outcome.is_err() && !std::mem::replace(&mut self.is_broken, outcome.is_err());
        Fed {
            broke: fed.broke || broke,
            ..fed
        }
    }
}

#[cfg(test)]
mod tests {
    use pod_protocol::ScreenInUse;

    use super::*;

    fn printed(from: u64, bytes: &[u8]) -> Printed {
        Printed::seen(Offset(from), bytes, ScreenInUse::default())
    }

    const SIZE: TerminalSize = TerminalSize { cols: 20, rows: 4 };

    fn found(reading: u64, bytes: &str, is_alternate: bool) -> Found {
        Found {
            reading,
            bytes: bytes.into(),
            is_alternate,
        }
    }

    fn row(picture: &Picture) -> Option<String> {
        let emulator = picture.emulator()?;
        let cells = (0..SIZE.cols).map(|column| emulator.glyph(0, column).text.into_owned());
        Some(cells.collect::<String>().trim_end().to_owned())
    }

    #[test]
    fn what_comes_while_the_rest_is_read_waits_for_it() {
        let mut picture = Picture::default();
        picture.skip_to(Offset(100));
        assert_eq!(picture.begin(), (1, Offset(100)));
        picture.feed(&printed(100, b"then "));
        // History comes too, for those who show lines.
        picture.feed(&printed(50, b"old"));
        assert_eq!(row(&picture), None);
        picture.found(&found(7, "another reading", false), SIZE);
        assert_eq!(row(&picture), None);
        picture.found(&found(1, "first ", false), SIZE);
        picture.feed(&printed(105, b"now"));
        assert_eq!(row(&picture).as_deref(), Some("first then now"));
        assert_eq!(picture.is_alternate(), Some(false));
        picture.feed(&printed(108, b"\x1b[?1049h"));
        assert_eq!(picture.is_alternate(), Some(true));
    }

    #[test]
    fn output_that_was_skipped_leaves_no_hole_in_the_picture() {
        let mut picture = Picture::default();
        let (reading, _) = picture.begin();
        picture.found(&found(reading, "vim", true), SIZE);
        assert_eq!(row(&picture).as_deref(), Some("vim"));
        let fed = picture.feed(&printed(10, b" goes on"));
        assert!(fed.skipped);
        assert_eq!(row(&picture).as_deref(), Some("vim goes on"));
        picture.drop_emulator();
        picture.feed(&printed(30, b"later"));
        assert_eq!(row(&picture), None);
        assert_eq!(picture.begin(), (2, Offset(35)));
        picture.feed(&printed(35, &vec![b'x'; WAITING_BYTES_MAX + 1]));
        assert!(picture.is_none(), "more than may wait");
    }

    #[test]
    fn queries_are_found_in_what_is_live_only() {
        let mut picture = Picture::default();
        let (reading, _) = picture.begin();
        picture.feed(&printed(0, b"\x1b[6n"));
        let fed = picture.found(&found(reading, "\x1b[6nab", false), SIZE);
        let reply = "\x1b[1;3R".to_owned();
        let end = Offset(4);
        assert_eq!(fed.asked, [Asked { end, reply }]);
    }

    #[test]
    fn a_switch_in_what_was_skipped_is_made_up_for() {
        let mut picture = Picture::default();
        let (reading, _) = picture.begin();
        picture.found(&found(reading, "$ vim", false), SIZE);
        let on = |is_alternate| ScreenInUse {
            is_alternate: Some(is_alternate),
            entered: None,
        };
        picture.feed(&Printed::seen(Offset(100), b"\x1b[H-- vim --", on(true)));
        assert_eq!(row(&picture).as_deref(), Some("-- vim --"));
        assert_eq!(picture.is_alternate(), Some(true));
        picture.feed(&Printed::seen(Offset(200), b"", on(false)));
        assert_eq!(picture.is_alternate(), Some(false));
        assert_eq!(row(&picture).as_deref(), Some("$ vim"));
        // Nor is it missed while there is no picture.
        picture.drop_emulator();
        picture.feed(&Printed::seen(Offset(300), b"x", on(true)));
        assert_eq!(picture.is_alternate(), Some(true));
    }
}
