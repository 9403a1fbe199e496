//! What was switched on, and how to switch it off, from wherever it has to happen.

use std::{
    io::{self, Write},
    panic,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU16, Ordering},
    },
};

/// Something that a screen switches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Mode {
    /// Keys come one by one, without echo.
    Raw = 1,
    /// The alternate screen.
    Alternate = 2,
    /// Pasted text comes as one piece.
    Paste = 4,
    /// Rows below the cursor are drawn on.
    Inline = 8,
    /// The terminal tells whether it has the operator's attention.
    Focus = 16,
    /// The title is ours; the one before is kept by the terminal.
    Title = 32,
}

/// What became of the terminal's line settings while the screen did not look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineSettings {
    /// They are as they were left.
    Kept,
    /// Somebody else may have had the terminal.
    Lost,
}

/// The modes that are on. Shared with the panic hook; whoever comes first restores.
#[derive(Debug, Default)]
pub(super) struct Restoration {
    modes: AtomicU8,
    row: AtomicU16,
}

impl Restoration {
    /// Switches `modes` on. On an error those that are on already stay noted for [`Self::restore`].
    pub(super) fn switch_on(&self, modes: &[Mode]) -> io::Result<()> {
        for mode in modes {
            self.modes.fetch_or(*mode as u8, Ordering::SeqCst);
            let sequence = match mode {
                Mode::Raw => {
                    crossterm::terminal::enable_raw_mode()?;
                    continue;
                }
                // Whoever was here before may have left a scroll region or a pen.
                Mode::Alternate => "\x1b[?1049h\x1b[r\x1b[m\x1b[2J",
                Mode::Paste => "\x1b[?2004h",
                Mode::Inline => continue,
                Mode::Focus => "\x1b[?1004h",
                Mode::Title => "\x1b[22;0t",
            };
            write_now(sequence)?;
        }
        Ok(())
    }

    /// Switches `modes` on, whatever of them was on: somebody else may have had the terminal, in which
    /// case it shows a cursor or not.
    pub(super) fn switch_on_again(&self, modes: &[Mode], found: LineSettings) -> io::Result<()> {
        if found == LineSettings::Lost {
            // What was found before is what is given back in the end. Asked first, this stops a process
            // in the background before it writes. Raw mode that is on is not switched on again.
            crossterm::terminal::disable_raw_mode()?;
        }
        self.note_row(0);
        self.switch_on(modes)?;
        write_now("\x1b[?25h")
    }

    /// Whether `mode` is on.
    pub(super) fn is_on(&self, mode: Mode) -> bool {
        self.modes.load(Ordering::SeqCst) & mode as u8 != 0
    }

    /// Notes the row of an inline screen in which the cursor is.
    pub(super) fn note_row(&self, row: u16) {
        self.row.store(row, Ordering::SeqCst);
    }

    /// Gives the terminal back. Does nothing the second time.
    pub(super) fn restore(&self) {
        let modes = self.modes.swap(0, Ordering::SeqCst);
        if modes == 0 {
            return;
        }
        let sequence = farewell(modes, self.row.load(Ordering::SeqCst));
        // Nothing is left to be done about a terminal that cannot be written to.
        let _ = write_now(&sequence);
        if modes & Mode::Raw as u8 != 0 {
            let _ = crossterm::terminal::disable_raw_mode();
        }
    }
}

/// The bytes that undo `modes`. An inline screen is wiped, so that the shell goes on where it was.
fn farewell(modes: u8, row: u16) -> String {
    let on = |mode: Mode| modes & mode as u8 != 0;
    let mut sequence = String::from("\x1b[?2026l\x1b[0m");
    if on(Mode::Paste) {
        sequence.push_str("\x1b[?2004l");
    }
    if on(Mode::Focus) {
        sequence.push_str("\x1b[?1004l");
    }
    if on(Mode::Title) {
        sequence.push_str("\x1b[23;0t");
    }
    if on(Mode::Inline) {
        if row > 0 {
            sequence.push_str(&format!("\x1b[{row}A"));
        }
        sequence.push_str("\r\x1b[J");
    }
    if on(Mode::Alternate) {
        // The region first: resetting it moves the cursor, which leaving puts back.
        sequence.push_str("\x1b[r\x1b[?1049l");
    }
    sequence.push_str("\x1b[?25h");
    sequence
}

fn write_now(sequence: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

type Hook = dyn Fn(&panic::PanicHookInfo<'_>) + Send + Sync;

/// Restores the terminal before a panic is reported, so that the report can be read. Dropping it
/// puts the hook before it back.
pub(super) struct PanicHook {
    before: Arc<Hook>,
}

impl PanicHook {
    pub(super) fn install(restoration: &Arc<Restoration>) -> Self {
        let before: Arc<Hook> = Arc::from(panic::take_hook());
        let (restoration, report) = (Arc::clone(restoration), Arc::clone(&before));
        panic::set_hook(Box::new(move |panicked| {
            // The screen lives on.
            if emulator::is_catching() {
                return;
            }
            restoration.restore();
            report(panicked);
        }));
        Self { before }
    }
}

impl Drop for PanicHook {
    fn drop(&mut self) {
        // A hook cannot be set by a thread that panics; this one does no harm.
        if !std::thread::panicking() {
            let before = Arc::clone(&self.before);
            panic::set_hook(Box::new(move |panicked| before(panicked)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_switched_on_is_switched_off() {
        let modes = |modes: &[Mode]| modes.iter().fold(0, |all, mode| all | *mode as u8);
        let full = modes(&[Mode::Alternate, Mode::Paste, Mode::Focus, Mode::Title]);
        assert_eq!(
            farewell(full, 3),
            "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?1004l\x1b[23;0t\x1b[r\x1b[?1049l\x1b[?25h"
        );
        let inline = farewell(modes(&[Mode::Inline]), 3);
        assert_eq!(inline, "\x1b[?2026l\x1b[0m\x1b[3A\r\x1b[J\x1b[?25h");
        assert!(!farewell(modes(&[Mode::Inline]), 0).contains('A'));
    }

    #[test]
    fn a_terminal_is_restored_once() {
        let restoration = Restoration::default();
        restoration.modes.store(0, Ordering::SeqCst);
        restoration.restore();
        assert_eq!(restoration.modes.load(Ordering::SeqCst), 0);
    }
}
