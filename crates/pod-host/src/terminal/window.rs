//! The size of the terminal, and the change of it that makes a program draw anew.

use std::{
    os::fd::{AsFd, AsRawFd, OwnedFd},
    sync::Arc,
    time::Duration,
};

use nix::pty::Winsize;
use pod_protocol::{TERMINAL_SIDE_MIN, TerminalSize};
use tokio::time::Instant;

/// How long a terminal is one row shorter for a repaint: long enough for a busy program to notice
/// the first signal before the second one comes, and too short for a person.
const REPAINT_PAUSE: Duration = Duration::from_millis(100);

/// Gives a terminal its size, and its programs the signal if that is another one.
#[expect(unsafe_code, reason = "nix has no wrapper that sets a terminal's size")]
pub(crate) fn set_size(terminal: impl AsFd, size: TerminalSize) -> nix::Result<()> {
    let size = Winsize {
        ws_row: size.rows,
        ws_col: size.cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let fd = terminal.as_fd().as_raw_fd();
    // SAFETY: the descriptor is open, and the kernel reads one `Winsize` from the pointer.
    let sized = unsafe { libc::ioctl(fd, libc::TIOCSWINSZ, &raw const size) };
    nix::errno::Errno::result(sized).map(drop)
}

/// The size that the terminal has, or will have again in a moment.
#[derive(Debug)]
pub(super) struct Window {
    terminal: Arc<OwnedFd>,
    size: TerminalSize,
    /// When a repaint is over.
    restore_at: Option<Instant>,
}

impl Window {
    /// Of a terminal as it is at launch.
    pub(super) const fn new(terminal: Arc<OwnedFd>) -> Self {
        Self {
            terminal,
            size: TerminalSize::UNWATCHED,
            restore_at: None,
        }
    }

    pub(super) const fn size(&self) -> TerminalSize {
        self.size
    }

    pub(super) const fn restore_at(&self) -> Option<Instant> {
        self.restore_at
    }

    /// Sets the size, which makes a program draw anew, too.
    pub(super) fn set(&mut self, size: TerminalSize) {
        self.size = size;
        self.restore_at = None;
        self.apply(size);
    }

    /// Takes a row away for a moment. Whoever asks meanwhile gets what its end brings.
    pub(super) fn repaint(&mut self, now: Instant) {
        if self.restore_at.is_none() {
            self.restore_at = Some(now + REPAINT_PAUSE);
            self.apply(nudged(self.size));
        }
    }

    /// Ends a repaint.
    pub(super) fn restore(&mut self) {
        self.restore_at = None;
        self.apply(self.size);
    }

    fn apply(&self, size: TerminalSize) {
        // A terminal that takes no size is one whose command is gone.
        let _ = set_size(&self.terminal, size);
    }
}

/// One row less, or one more where there are too few.
const fn nudged(size: TerminalSize) -> TerminalSize {
    let rows = match size.rows {
        TERMINAL_SIDE_MIN => TERMINAL_SIDE_MIN + 1,
        rows => rows - 1,
    };
    TerminalSize { rows, ..size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repaint_changes_the_rows_and_stays_in_bounds() {
        for rows in [TERMINAL_SIDE_MIN, 24, 1000] {
            let size = TerminalSize { cols: 80, rows };
            let nudged = nudged(size);
            assert_eq!((nudged.cols, nudged.clamped()), (80, nudged));
            assert_eq!(nudged.rows.abs_diff(rows), 1);
        }
    }

    #[test]
    fn repaints_that_meet_are_one_and_their_end_brings_the_size_back() {
        let pty = nix::pty::openpty(None, None).expect("a pseudoterminal");
        let mut window = Window::new(Arc::new(pty.master));
        window.set(TerminalSize { cols: 80, rows: 24 });
        let now = Instant::now();
        window.repaint(now);
        assert_eq!((rows_of(&pty.slave), window.size().rows), (23, 24));
        window.repaint(now + REPAINT_PAUSE / 2);
        assert_eq!(window.restore_at(), Some(now + REPAINT_PAUSE));
        window.restore();
        assert_eq!((rows_of(&pty.slave), window.restore_at()), (24, None));
        // A new size paints everything by itself.
        window.repaint(now);
        window.set(TerminalSize { cols: 80, rows: 30 });
        assert_eq!((rows_of(&pty.slave), window.restore_at()), (30, None));
    }

    #[expect(
        unsafe_code,
        reason = "nix has no wrapper that asks for a terminal's size"
    )]
    fn rows_of(terminal: &OwnedFd) -> u16 {
        let mut size = Winsize {
            ws_row: 0,
            ws_col: 0,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the descriptor is open, and the kernel writes one `Winsize` to the pointer.
        let asked = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
        nix::errno::Errno::result(asked).expect("a terminal has a size");
        size.ws_row
    }
}
