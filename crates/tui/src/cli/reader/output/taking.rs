//! What is taken out of a log: text to be copied, and parts for whoever saves or pipes them.

use std::{io, ops::Range};

use anyhow::Result;
use discovery::{OutputPiece, RunLog};
use pod_protocol::Offset;

use super::Desk;
use crate::{
    cli::plain::PlainText,
    screen::monitor::tabs::output::{CopiedText, Excerpt},
};

/// How much text is copied: what terminals take of a clipboard sequence, in bytes.
const COPY_BYTES_MAX: usize = 74_000;
/// How much is read at once, in bytes.
const READ_BYTES: usize = 1024 * 1024;
/// How often it is looked whether something that waits is still wanted, in milliseconds.
pub(super) const LOOK_MS: u8 = 100;

/// A part of an excerpt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Bytes as they were written.
    Bytes(&'a [u8]),
    /// A segment begins.
    Segment,
    /// So many bytes that are not kept.
    Gap(u64),
}

/// The parts of an excerpt as text.
pub(super) struct ExcerptText {
    plain: PlainText,
    /// How much is not kept.
    pub(super) missing_bytes: u64,
}

impl ExcerptText {
    /// Of `excerpt`, which begins at `from`.
    pub(super) fn of(excerpt: &Excerpt, from: Offset) -> Self {
        Self {
            plain: PlainText::starting(from, excerpt.state),
            missing_bytes: 0,
        }
    }

    /// The lines that `part` completes.
    pub(super) fn push(&mut self, part: Part<'_>) -> String {
        match part {
            Part::Bytes(bytes) => self.plain.push(bytes),
            Part::Segment => self.plain.begin_segment(),
            // Nothing goes on behind what is missing, either.
            Part::Gap(bytes) => {
                self.missing_bytes += bytes;
                self.plain.begin_segment()
            }
        }
    }

    /// The line that has no end.
    pub(super) fn finish(&mut self) -> String {
        self.plain.finish()
    }
}

/// The text of `excerpt`, as far as it can be copied.
pub(super) fn text(desk: &Desk, excerpt: &Excerpt) -> Result<CopiedText> {
    let log = RunLog::open(&desk.roots.state, desk.session)?;
    let range = range_of(&log, excerpt)?;
    let (mut text, mut lines) = (String::new(), ExcerptText::of(excerpt, range.start));
    each(desk, &log, excerpt, &range, |part, _| {
        text.push_str(&lines.push(part));
        Ok(text.len() <= COPY_BYTES_MAX)
    })?;
    text.push_str(&lines.finish());
    let is_cut = cut(&mut text, COPY_BYTES_MAX);
    Ok(CopiedText {
        text,
        is_cut,
        missing_bytes: lines.missing_bytes,
    })
}

/// Cuts `text` to at most `bytes_max`, behind a whole line if there is one; whether there was more.
fn cut(text: &mut String, bytes_max: usize) -> bool {
    let more = text.len() > bytes_max;
    if more {
        text.truncate(text.floor_char_boundary(bytes_max));
        let line = text.rfind('\n');
        text.truncate(line.map_or(text.len(), |newline| newline + 1));
    }
    more
}

/// Gives every part of `excerpt`, which is at `range`, to `take`, with how far that is in hundredths,
/// until it has enough or nobody wants it any more.
pub(super) fn each(
    desk: &Desk,
    log: &RunLog,
    excerpt: &Excerpt,
    range: &Range<Offset>,
    mut take: impl FnMut(Part<'_>, u8) -> Result<bool>,
) -> Result<()> {
    let mut at = range.start;
    let whole = range.end.since(range.start).max(1);
    while at < range.end && !desk.is_cancelled() {
        let wanted = usize::try_from(range.end.since(at)).unwrap_or(READ_BYTES);
        let read = log.read_output(at, wanted.min(READ_BYTES))?;
        if read.pieces.is_empty() {
            return Ok(());
        }
        // Gaps take no bytes, so what was read may go on behind what was wanted.
        let done = read.range.end.min(range.end).since(range.start);
        let percent = u8::try_from(done * 100 / whole).unwrap_or(99).min(99);
        for piece in &read.pieces {
            for part in parts(piece, excerpt, range.end).into_iter().flatten() {
                if !take(part, percent)? {
                    return Ok(());
                }
            }
        }
        at = read.range.end;
    }
    Ok(())
}

/// What `piece` has of `excerpt`, which ends at `end`.
fn parts<'a>(piece: &'a OutputPiece, excerpt: &Excerpt, end: Offset) -> [Option<Part<'a>>; 2] {
    let at = piece.range().start;
    if at >= end {
        return [None, None];
    }
    match piece {
        OutputPiece::Gap(gap) => [Some(Part::Gap(gap.range.end.min(end).since(at))), None],
        OutputPiece::Text {
            stream,
            bytes,
            begins_segment,
            ..
        } => {
            let left = usize::try_from(end.since(at)).unwrap_or(usize::MAX);
            let bytes = Part::Bytes(&bytes[..bytes.len().min(left)]);
            let is_wanted = excerpt.only.is_none() || excerpt.only == *stream;
            [
                begins_segment.then_some(Part::Segment),
                is_wanted.then_some(bytes),
            ]
        }
    }
}

/// Where `excerpt` is: all there is, unless it says so.
pub(super) fn range_of(log: &RunLog, excerpt: &Excerpt) -> Result<Range<Offset>> {
    match &excerpt.range {
        Some(range) => Ok(range.clone()),
        None => Ok(log.output_extent()?),
    }
}

/// An error of the system as words, without its number.
pub(super) fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::output::LineState;

    #[test]
    fn text_begins_as_the_first_line_does_and_anew_behind_what_is_missing() {
        let excerpt = |is_alternate| Excerpt {
            state: LineState {
                is_alternate,
                ..LineState::default()
            },
            ..Excerpt::default()
        };
        let text = |excerpt: &Excerpt, parts: &[Part<'_>]| {
            let mut lines = ExcerptText::of(excerpt, Offset(0));
            let text: String = parts.iter().map(|part| lines.push(*part)).collect();
            (text + &lines.finish(), lines.missing_bytes)
        };
        let drawn = [Part::Bytes(b"\x1b[2Jdrawn\r\n")];
        let line = "[full-screen program · 11 B]\n".to_owned();
        assert_eq!(text(&excerpt(true), &drawn), (line, 0));
        let apart = |between| [Part::Bytes(b"12"), between, Part::Bytes(b"34\n")];
        let lines = || "12\n34\n".to_owned();
        assert_eq!(
            text(&excerpt(false), &apart(Part::Gap(9))),
            (lines(), 9),
            "no number that was never written"
        );
        assert_eq!(text(&excerpt(false), &apart(Part::Segment)), (lines(), 0));
    }

    #[test]
    fn text_is_cut_behind_a_line_and_within_no_character() {
        let check = |text: &str, bytes_max, expected: (&str, bool)| {
            let mut text = text.to_owned();
            let more = cut(&mut text, bytes_max);
            assert_eq!((&*text, more), expected, "{bytes_max}");
        };
        let text = "ログ\n日本語\n";
        check(text, text.len(), (text, false));
        for bytes_max in 7..text.len() {
            check(text, bytes_max, ("ログ\n", true));
        }
        for bytes_max in 3..6 {
            check(text, bytes_max, ("ロ", true));
        }
        check(text, 6, ("ログ", true));
        check(text, 0, ("", true));
    }
}
