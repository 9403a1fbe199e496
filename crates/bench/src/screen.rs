//! A program on a terminal of its own, and what it draws.

use std::{
    fs::File,
    io::{Read, Write},
    num::NonZero,
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use memchr::memmem;
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    pty::{Winsize, openpty},
    unistd::setsid,
};

use crate::{clock::now_ns, subject::Tied};

/// How long a program may take to draw what is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// What is read at once.
const READ_BYTES: usize = 64 * 1024;
/// How a program says that a frame begins.
const FRAME: &[u8] = b"\x1b[?2026h";
/// How a program asks where the cursor is.
const WHERE: &[u8] = b"\x1b[6n";

/// Columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
}

impl Size {
    /// What terminals have had for fifty years.
    pub(crate) const USUAL: Self = Self {
        columns: 80,
        rows: 24,
    };
    /// A window over a whole display.
    pub(crate) const LARGE: Self = Self {
        columns: 200,
        rows: 50,
    };

    pub(crate) fn shown(self) -> String {
        format!("{}×{}", self.columns, self.rows)
    }

    fn winsize(self) -> Winsize {
        Winsize {
            ws_row: self.rows,
            ws_col: self.columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        }
    }
}

/// A terminal with a program on it. The program ends with it.
pub(crate) struct Terminal {
    program: Tied,
    master: File,
    buffer: Vec<u8>,
    /// When the program was started.
    pub(crate) from_ns: u64,
    /// How many bytes it has sent.
    pub(crate) bytes: u64,
    /// How many frames these were, if it marks them.
    pub(crate) frames: u64,
}

impl Terminal {
    /// Starts `command` on a terminal, and on standard input where `input` is none.
    pub(crate) fn start(mut command: Command, input: Option<File>, size: Size) -> Result<Self> {
        let pty = openpty(Some(&size.winsize()), None).context("cannot open a terminal")?;
        let slave = File::from(pty.slave);
        let stdin = match input {
            Some(file) => Stdio::from(file),
            None => Stdio::from(slave.try_clone()?),
        };
        command
            .stdin(stdin)
            .stdout(slave.try_clone()?)
            .stderr(slave.try_clone()?);
        let terminal = slave.try_clone()?;
        #[expect(
            unsafe_code,
            reason = "the terminal is the session's between fork and exec"
        )]
        // SAFETY: two system calls that allocate nothing.
        unsafe {
            command.pre_exec(move || {
                setsid()?;
                set_controlling(&terminal)
            });
        }
        let from_ns = now_ns();
        let program = Tied::spawn(&mut command)?;
        Ok(Self {
            program,
            master: File::from(pty.master),
            buffer: vec![0; READ_BYTES],
            from_ns,
            bytes: 0,
            frames: 0,
        })
    }

    /// The program.
    pub(crate) fn pid(&self) -> i32 {
        self.program.pid()
    }

    /// What the program sends next; nothing when it sends nothing for as long as `wait`.
    pub(crate) fn read(&mut self, wait: Duration) -> Result<&[u8]> {
        let timeout = PollTimeout::try_from(wait).context("a short time")?;
        let mut fds = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, timeout)? == 0 {
            return Ok(&[]);
        }
        let count = self.master.read(&mut self.buffer);
        let count = count.context("the program has ended")?;
        let bytes = &self.buffer[..count];
        self.bytes += count as u64;
        self.frames += memmem::find_iter(bytes, FRAME).count() as u64;
        // Where the cursor is: whoever asks waits for the answer.
        if memmem::find(bytes, WHERE).is_some() {
            self.master.write_all(b"\x1b[1;1R")?;
        }
        Ok(&self.buffer[..count])
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) -> Result<()> {
        Ok(self.master.write_all(keys.as_bytes())?)
    }

    /// Reads and forgets for a while.
    pub(crate) fn read_for(&mut self, time: Duration) -> Result<()> {
        let deadline = Instant::now() + time;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.read(left)?;
        }
    }
}

/// A terminal and the cells that it shows.
pub(crate) struct Cells {
    pub(crate) terminal: Terminal,
    parser: vt100::Parser,
}

impl Cells {
    pub(crate) fn start(command: Command, size: Size) -> Result<Self> {
        let terminal = Terminal::start(command, None, size)?;
        Ok(Self {
            parser: vt100::Parser::new(extent(size.rows), extent(size.columns), 0),
            terminal,
        })
    }

    /// All that is shown.
    pub(crate) fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// When what is wanted was shown, looking after each read.
    pub(crate) fn until(
        &mut self,
        patience: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<u64> {
        let deadline = Instant::now() + patience;
        let mut at_ns = now_ns();
        loop {
            if wanted(&self.text()) {
                return Ok(at_ns);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("not shown within {patience:?}");
            }
            let bytes = self.terminal.read(left)?;
            at_ns = now_ns();
            self.parser.process(bytes);
        }
    }

    /// Reads until nothing has come for as long as `quiet`.
    pub(crate) fn settle(&mut self, quiet: Duration) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let bytes = self.terminal.read(quiet)?;
            if bytes.is_empty() {
                break;
            }
            self.parser.process(bytes);
        }
        Ok(())
    }
}

fn extent(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).expect("our sizes are constants")
}

/// Milliseconds between two readings of the clock.
pub(crate) fn ms_between(from_ns: u64, to_ns: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let ms = to_ns.saturating_sub(from_ns) as f64 / 1e6;
    ms
}

/// Starts `command` on a terminal, and on standard input where `input` is none. How many
/// milliseconds passed until it had drawn `text`.
pub(crate) fn first_drawn(command: Command, input: Option<File>, text: &str) -> Result<f64> {
    let mut terminal = Terminal::start(command, input, Size::USUAL)?;
    let deadline = Instant::now() + PATIENCE;
    let mut drawn = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            bail!("{text:?} was not drawn");
        }
        let bytes = terminal.read(left)?;
        let at_ns = now_ns();
        drawn.extend_from_slice(bytes);
        if memmem::find(&drawn, text.as_bytes()).is_some() {
            return Ok(ms_between(terminal.from_ns, at_ns));
        }
    }
}

#[expect(unsafe_code, reason = "there is no safe call for it")]
fn set_controlling(terminal: &File) -> std::io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open, and the call takes no pointer.
    let result = unsafe { nix::libc::ioctl(terminal.as_raw_fd(), nix::libc::TIOCSCTTY, 0) };
    match result {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}
