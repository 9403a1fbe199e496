//! What the operator's terminal understands beside the picture: a title, a notification, the
//! clipboard.
//!
//! Everything here is text that becomes bytes; nothing is written and nothing is asked. What stands
//! in a sequence is printable, so that no run can end it and begin another. Inside tmux a sequence
//! that is meant for the terminal around it is wrapped; tmux drops it unless `allow-passthrough` is
//! on.

use crossterm::{Command, clipboard::CopyToClipboard};
use pod_protocol::printable;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The longest title and the longest notification, in columns. Terminals cut much earlier.
const TEXT_COLUMNS_MAX: usize = 160;
/// The same in bytes, for text that takes no columns.
const TEXT_BYTES_MAX: usize = 4 * TEXT_COLUMNS_MAX;
/// The longest text that is handed to the clipboard, in bytes: encoded it stays below the 100,000
/// bytes at which terminals begin to drop such a sequence.
const COPY_BYTES_MAX: usize = 74_994;

const BELL: &str = "\x07";
/// Ends a sequence that carries text.
const END: &str = "\x1b\\";

/// How the terminal is told to notify the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    /// `OSC 9`.
    Nine,
    /// `OSC 777`.
    SevenSevenSeven,
    /// `OSC 9`, and the bell, because nobody knows whether it is understood.
    NineAndBell,
    /// The bell alone.
    Bell,
}

/// What became of text that was to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    /// The terminal has it.
    Handed,
    /// It is longer than terminals take.
    TooLong {
        /// What they take.
        bytes_max: usize,
    },
    /// The terminal has no clipboard.
    NoClipboard,
}

/// What a terminal understands, as its environment tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    notice: Notice,
    tmux: bool,
    /// Whether it passes over a sequence that it does not know.
    skips_unknown: bool,
}

impl Dialect {
    /// What the terminal understands that these variables describe.
    pub(super) fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        let program = variable("TERM_PROGRAM").unwrap_or_default();
        let tmux = set("TMUX");
        let skips_unknown = !matches!(term.as_str(), "" | "dumb" | "linux");
        let nine = ["iTerm.app", "WezTerm", "ghostty"].contains(&program.as_str())
            || ["xterm-kitty", "xterm-ghostty", "wezterm"].contains(&term.as_str());
        let seven = term.starts_with("rxvt") || term.starts_with("foot") || set("VTE_VERSION");
        let notice = if !skips_unknown {
            Notice::Bell
        } else if tmux {
            Notice::NineAndBell
        } else if nine {
            Notice::Nine
        } else if seven {
            Notice::SevenSevenSeven
        } else {
            Notice::NineAndBell
        };
        Self {
            notice,
            tmux,
            skips_unknown,
        }
    }

    /// Whether there is a title to be set.
    pub(super) const fn has_title(self) -> bool {
        self.skips_unknown
    }

    /// Sets the title. tmux has one of its own for each pane.
    pub(super) fn title(self, text: &str) -> String {
        format!("\x1b]2;{}{END}", bounded(text))
    }

    /// Notifies the operator.
    pub(super) fn alert(self, text: &str) -> String {
        // A notification that began with a number would be taken for a progress report.
        let text = format!("tui: {}", bounded(text));
        let nine = || self.outward(&format!("\x1b]9;{text}{END}"));
        match self.notice {
            Notice::Nine => nine(),
            Notice::NineAndBell => format!("{}{BELL}", nine()),
            Notice::SevenSevenSeven => {
                // Semicolons separate the title from the body.
                let body = text.trim_start_matches("tui: ").replace(';', ",");
                self.outward(&format!("\x1b]777;notify;tui;{body}{END}"))
            }
            Notice::Bell => BELL.to_owned(),
        }
    }

    /// Hands lines of text to the clipboard, or says why not. What is not printable is replaced.
    pub(super) fn copy(self, text: &str) -> Result<String, Copied> {
        if !self.skips_unknown {
            return Err(Copied::NoClipboard);
        }
        // A shell that it is pasted into must not be told that the paste is over.
        let lines = |text: &str| {
            text.split('\n')
                .map(printable)
                .collect::<Vec<_>>()
                .join("\n")
        };
        let fits = |text: &str| text.len() <= COPY_BYTES_MAX;
        let lines = Some(text).filter(|text| fits(text)).map(lines);
        let lines = lines.filter(|lines| fits(lines)).ok_or(Copied::TooLong {
            bytes_max: COPY_BYTES_MAX,
        })?;
        let mut sequence = String::new();
        CopyToClipboard::to_clipboard_from(lines)
            .write_ansi(&mut sequence)
            .expect("writing to a String cannot fail");
        if self.tmux {
            // tmux takes it itself if `set-clipboard` is on, and passes it on if that is allowed.
            sequence.push_str(&self.outward(&sequence.clone()));
        }
        Ok(sequence)
    }

    /// A sequence for the terminal in which tmux runs, if it does.
    fn outward(self, sequence: &str) -> String {
        if self.tmux {
            format!("\x1bPtmux;{}{END}", sequence.replace('\x1b', "\x1b\x1b"))
        } else {
            sequence.to_owned()
        }
    }
}

/// Text that cannot end a sequence, as much of it as is of use.
fn bounded(text: &str) -> String {
    let text = printable(text);
    let (mut kept, mut columns) = (String::new(), 0);
    for grapheme in text.graphemes(true) {
        columns += grapheme.width();
        if columns > TEXT_COLUMNS_MAX || kept.len() + grapheme.len() > TEXT_BYTES_MAX {
            break;
        }
        kept.push_str(grapheme);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(variables: &[(&str, &str)]) -> Dialect {
        Dialect::new(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    const XTERM: (&str, &str) = ("TERM", "xterm-256color");
    const TMUX: (&str, &str) = ("TMUX", "/tmp/tmux-0/default,1,0");

    #[test]
    fn every_terminal_is_alerted_its_way() {
        let check = |variables: &[(&str, &str)], expected: &str| {
            let alert = dialect(variables).alert("train; passed");
            assert_eq!(alert.replace('\x1b', "␛"), expected, "{variables:?}");
        };
        let nine = "␛]9;tui: train; passed␛\\";
        check(&[("TERM", "xterm-kitty")], nine);
        check(&[XTERM, ("TERM_PROGRAM", "iTerm.app")], nine);
        check(&[XTERM], &format!("{nine}\x07"));
        check(&[("TERM", "foot")], "␛]777;notify;tui;train, passed␛\\");
        check(
            &[XTERM, ("VTE_VERSION", "7800")],
            "␛]777;notify;tui;train, passed␛\\",
        );
        check(&[("TERM", "linux")], "\x07");
        check(&[], "\x07");
        check(
            &[("TERM", "tmux-256color"), TMUX],
            "␛Ptmux;␛␛]9;tui: train; passed␛␛\\␛\\\x07",
        );
    }

    #[test]
    fn text_cannot_leave_its_sequence() {
        let evil = "a\x1b]0;evil\x07b\u{9c}c\nd";
        for sequence in [
            dialect(&[XTERM]).title(evil),
            dialect(&[("TERM", "foot")]).alert(evil),
            dialect(&[("TERM", "xterm-kitty")]).alert(evil),
        ] {
            let inner = sequence.trim_start_matches("\x1b]").trim_end_matches(END);
            assert!(!inner.contains(char::is_control), "{sequence:?}");
        }
    }

    #[test]
    fn text_is_bounded() {
        let title = |text: &str| dialect(&[XTERM]).title(text).len();
        assert_eq!(title(&"x".repeat(100_000)), TEXT_COLUMNS_MAX + 6);
        assert!(title(&"日".repeat(100_000)) <= 3 * TEXT_COLUMNS_MAX / 2 + 6);
        assert!(title(&"\u{301}".repeat(100_000)) <= TEXT_BYTES_MAX + 6);
    }

    #[test]
    fn the_clipboard_gets_what_fits() {
        let copy = |variables: &[(&str, &str)], text: &str| dialect(variables).copy(text);
        assert_eq!(
            copy(&[XTERM], "line one\nline two\x1b").as_deref(),
            Ok("\x1b]52;c;bGluZSBvbmUKbGluZSB0d2/vv70=\x1b\\")
        );
        assert_eq!(
            copy(&[XTERM, TMUX], "hi").as_deref(),
            Ok("\x1b]52;c;aGk=\x1b\\\x1bPtmux;\x1b\x1b]52;c;aGk=\x1b\x1b\\\x1b\\")
        );
        assert!(copy(&[XTERM], &"x".repeat(COPY_BYTES_MAX)).is_ok());
        let bytes_max = COPY_BYTES_MAX;
        assert_eq!(
            copy(&[XTERM], &"x".repeat(COPY_BYTES_MAX + 1)),
            Err(Copied::TooLong { bytes_max })
        );
        assert_eq!(copy(&[("TERM", "linux")], "x"), Err(Copied::NoClipboard));
    }
}
