//! A terminal with a program in it, read through an emulator.

use std::{
    fs::File,
    io::{self, PipeWriter, Read, Write},
    num::NonZero,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::{fs::OpenOptionsExt, process::CommandExt},
    },
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::{self, JoinHandle},
};

use nix::{
    errno::Errno,
    fcntl::OFlag,
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt},
    sys::termios::{Termios, tcgetattr},
    unistd::setsid,
};
use vt100::{Parser, Screen};

use super::{processes::wait_gone, verb::code_of, watched::Watched};

/// Rows and columns of a terminal that nobody has resized.
pub(crate) const SIZE: (u16, u16) = (24, 80);

/// A terminal. Dropping it closes it like a window: the program is hung up.
pub(crate) struct Pty {
    child: Child,
    master: Option<Arc<PtyMaster>>,
    seen: Arc<Watched<Seen>>,
    quit: Option<PipeWriter>,
    reader: Option<JoinHandle<()>>,
    /// The line settings that the program found.
    pub(crate) found: Termios,
}

struct Seen {
    parser: Parser,
    /// Everything that was written to the terminal.
    bytes: Vec<u8>,
    /// Nobody has the terminal open any more.
    ended: bool,
}

impl Pty {
    /// Starts `command` with a terminal of its own.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_at(command, SIZE)
    }

    /// The same with a terminal of so many rows and columns.
    pub(crate) fn start_at(mut command: Command, size: (u16, u16)) -> Self {
        let (master, terminal) = open().expect("a pseudoterminal");
        let found = tcgetattr(&terminal).expect("line settings");
        set_size(&terminal, size);
        let end = || Stdio::from(terminal.try_clone().expect("a descriptor is free"));
        command.stdin(end()).stdout(end()).stderr(end());
        control(&mut command);
        let child = command.spawn().expect("the program can be started");
        // The command keeps its ends of the terminal until it is dropped.
        drop((command, terminal));
        let master = Arc::new(master);
        let seen = Arc::new(Watched::new(Seen {
            parser: Parser::new(extent(size.0), extent(size.1), 0),
            bytes: Vec::new(),
            ended: false,
        }));
        let (stop, quit) = io::pipe().expect("a pipe");
        let (source, sink) = (Arc::clone(&master), Arc::clone(&seen));
        let reader = thread::spawn(move || read(&source, stop.as_fd(), &sink));
        Self {
            child,
            master: Some(master),
            seen,
            quit: Some(quit),
            reader: Some(reader),
            found,
        }
    }

    /// Types.
    pub(crate) fn send(&self, keys: &str) {
        let mut master = self.master().as_ref();
        master
            .write_all(keys.as_bytes())
            .expect("keys can be typed");
    }

    /// Waits until the screen is as `done` wants it.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, mut done: impl FnMut(&Screen) -> bool) {
        let mut happened = false;
        self.seen.wait(|seen| {
            happened = done(seen.parser.screen());
            happened || seen.ended
        });
        assert!(happened, "no {what} on this screen:\n{}", self.contents());
    }

    /// Waits until `sequence` has been written so many times.
    #[track_caller]
    pub(crate) fn wait_for_sequence(&self, sequence: &str, times: usize) {
        let mut happened = false;
        self.seen.wait(|seen| {
            let found = memchr::memmem::find_iter(&seen.bytes, sequence);
            happened = found.count() >= times;
            happened || seen.ended
        });
        assert!(happened, "no {sequence:?} for {times} times");
    }

    /// Waits until `text` stands on the screen.
    #[track_caller]
    pub(crate) fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |screen| screen.contents().contains(text));
    }

    pub(crate) fn contents(&self) -> String {
        self.with_screen(|screen| screen.contents())
    }

    pub(crate) fn with_screen<R>(&self, look: impl FnOnce(&Screen) -> R) -> R {
        look(self.seen.look().parser.screen())
    }

    /// Everything that has been written to the terminal, control sequences included.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.written_bytes()).into_owned()
    }

    /// The same, byte for byte.
    pub(crate) fn written_bytes(&self) -> Vec<u8> {
        self.seen.look().bytes.clone()
    }

    /// The line settings as they are now.
    pub(crate) fn settings(&self) -> Termios {
        tcgetattr(self.master().as_ref()).expect("line settings")
    }

    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        self.seen.change(|seen| {
            seen.parser
                .screen_mut()
                .set_size(extent(rows), extent(columns));
        });
        set_size(self.master(), (rows, columns));
    }

    /// Waits for the program's own end, with everything it wrote on the screen.
    #[track_caller]
    pub(crate) fn wait_for_exit(&mut self) -> i32 {
        let ended = self.seen.wait(|seen| seen.ended);
        assert!(ended, "still running:\n{}", self.contents());
        code_of(self.child.wait().expect("the program is our child"))
    }

    /// Closes the terminal under the program and waits for its end.
    #[track_caller]
    pub(crate) fn hang_up(mut self) {
        drop(self.quit.take());
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the emulator does not panic");
        }
        drop(self.master.take());
        assert!(wait_gone(self.pid()), "alive without its terminal");
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid")
    }

    fn master(&self) -> &Arc<PtyMaster> {
        self.master.as_ref().expect("not hung up")
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // A program that has ended already, or ends by the hang-up alone, needs neither.
        let _ = self.child.kill();
        drop(self.quit.take());
        let _ = self.child.wait();
    }
}

fn extent(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).expect("a terminal has room")
}

/// Both ends, closed in any program that another thread starts.
fn open() -> nix::Result<(PtyMaster, OwnedFd)> {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let terminal = File::options()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOCTTY)
        .open(ptsname_r(&master)?)
        .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
    Ok((master, terminal.into()))
}

#[expect(unsafe_code, reason = "the size of a terminal is set by ioctl")]
fn set_size(terminal: &impl AsRawFd, (rows, columns): (u16, u16)) {
    let size = libc::winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the descriptor is an open terminal, and the size lives across the call.
    let done = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    Errno::result(done).expect("a terminal has a size");
}

#[expect(unsafe_code, reason = "a session is made between fork and exec")]
fn control(command: &mut Command) {
    let hook = || {
        setsid()?;
        // SAFETY: standard input is the open terminal; the third argument is an integer.
        let done = unsafe { libc::ioctl(libc::STDIN_FILENO, libc::TIOCSCTTY, 0) };
        Errno::result(done)?;
        Ok(())
    };
    // SAFETY: the hook makes two system calls and touches no memory.
    unsafe { command.pre_exec(hook) };
}

fn read(master: &PtyMaster, stop: std::os::fd::BorrowedFd<'_>, seen: &Watched<Seen>) {
    let mut buffer = [0; 4096];
    loop {
        let mut fds = [
            PollFd::new(master.as_fd(), PollFlags::POLLIN),
            PollFd::new(stop, PollFlags::POLLIN),
        ];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            result => result.expect("a terminal can be polled"),
        };
        if fds[1].any().unwrap_or(true) {
            return;
        }
        // The end of a terminal is an error.
        let mut source = master;
        let Ok(count @ 1..) = source.read(&mut buffer) else {
            return seen.change(|seen| seen.ended = true);
        };
        seen.change(|seen| {
            seen.parser.process(&buffer[..count]);
            seen.bytes.extend_from_slice(&buffer[..count]);
        });
    }
}
