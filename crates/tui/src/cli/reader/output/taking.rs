//! What is taken out of a log: text to be copied, and pieces for whoever saves or pipes them.

use std::{io, ops::Range};

use anyhow::Result;
use discovery::{OutputPiece, RunLog};
use pod_protocol::Offset;

use super::Desk;
use crate::cli::plain::PlainText;

/// How much text is copied: what terminals take of a clipboard sequence, in bytes.
const COPY_BYTES_MAX: usize = 74_000;
/// How much is read at once, in bytes.
const READ_BYTES: usize = 1024 * 1024;
/// How often it is looked whether something that waits is still wanted, in milliseconds.
pub(super) const LOOK_MS: u8 = 100;

/// The text of `range`, and whether there is more of it than can be copied.
pub(super) fn text(desk: &Desk, range: &Range<Offset>) -> Result<(String, bool)> {
    let log = RunLog::open(&desk.roots.state, desk.session)?;
    let mut text = String::new();
    let mut plain = PlainText::default();
    each(desk, &log, range, |bytes, _| {
        text.push_str(&plain.push(bytes));
        Ok(text.len() <= COPY_BYTES_MAX)
    })?;
    text.push_str(&plain.finish());
    let more = cut(&mut text, COPY_BYTES_MAX);
    Ok((text, more))
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

/// Gives every piece of `range` that is kept to `take`, with how far that is in hundredths, until it
/// has enough or nobody wants it any more.
pub(super) fn each(
    desk: &Desk,
    log: &RunLog,
    range: &Range<Offset>,
    mut take: impl FnMut(&[u8], u8) -> Result<bool>,
) -> Result<()> {
    let mut at = range.start;
    let whole = range.end.since(range.start).max(1);
    while at < range.end && !desk.is_cancelled() {
        let wanted = usize::try_from(range.end.since(at)).unwrap_or(READ_BYTES);
        let read = log.read_output(at, wanted.min(READ_BYTES))?;
        if read.pieces.is_empty() {
            return Ok(());
        }
        let percent = read.range.end.since(range.start) * 100 / whole;
        let percent = u8::try_from(percent).unwrap_or(99).min(99);
        for piece in &read.pieces {
            if let OutputPiece::Text { bytes, .. } = piece
                && !take(bytes, percent)?
            {
                return Ok(());
            }
        }
        at = read.range.end;
    }
    Ok(())
}

/// The range, or all there is.
pub(super) fn whole_or(log: &RunLog, range: Option<Range<Offset>>) -> Result<Range<Offset>> {
    match range {
        Some(range) => Ok(range),
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
    use super::cut;

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
