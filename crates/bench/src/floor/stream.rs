//! What has to be done to bring lines from a FIFO to a log and to viewers, and nothing else.
//!
//! Like a host it puts the log down on the disk four times a second, on a thread of its own. It ends
//! with its command.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::{
        fd::AsFd,
        unix::{
            fs::OpenOptionsExt,
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use clap::ValueEnum;
use nix::{
    fcntl::OFlag,
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{sendfile::sendfile64, stat::Mode},
    unistd::mkfifo,
};
use serde_json::{Map, Value};

use crate::HostOptions;

/// What is read of the FIFO at once: all that it holds.
const READ_BYTES: usize = 64 * 1024;
/// What is sent to one viewer before the others have their turn.
const SEND_BYTES: usize = 256 * 1024;
/// How often the log is put down on the disk, as hosts do.
const SYNC_EVERY: Duration = Duration::from_millis(250);
/// How soon the end of the command is seen.
const LOOK_EVERY_MS: u16 = 20;

/// What a viewer gets first.
pub(crate) const HELLO: &[u8] = b"hello\n";

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Handling {
    /// It is appended as it is; viewers get the bytes of the log from the kernel.
    Raw,
    /// It is parsed, numbered and appended, and serialised anew for each viewer.
    Json,
}

struct Viewer {
    socket: UnixStream,
    /// How much of the log it has.
    sent: u64,
    is_gone: bool,
}

struct Floor {
    handling: Handling,
    log: File,
    length: u64,
    seq: u64,
    /// The beginning of a line whose end has not come yet.
    torn: Vec<u8>,
    viewers: Vec<Viewer>,
}

/// Carries what `options.command` writes to `$POD_EVENTS` into a log, and to whoever connects to the
/// socket beside it.
pub(crate) fn stream(options: &HostOptions, handling: Handling) -> Result<()> {
    let listener = UnixListener::bind(options.log.with_extension("sock"))?;
    listener.set_nonblocking(true)?;
    let mut fifo = fifo(&options.log.with_extension("events"))?;
    let log = OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .open(&options.log)?;
    keep_synced(log.try_clone()?);
    let mut command = Command::new(&options.command[0])
        .args(&options.command[1..])
        .env("POD_EVENTS", options.log.with_extension("events"))
        .spawn()
        .context("cannot start the command")?;
    let mut floor = Floor {
        handling,
        log,
        length: 0,
        seq: 0,
        torn: Vec::new(),
        viewers: Vec::new(),
    };
    let mut piece = vec![0; READ_BYTES];
    let mut is_over = false;
    loop {
        wait(&listener, &fifo, &floor)?;
        while let Ok((socket, _)) = listener.accept() {
            floor.welcome(socket)?;
        }
        match fifo.read(&mut piece) {
            Ok(count) => floor.take(&piece[..count])?,
            // What the command wrote last has been read.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && is_over => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        floor.send();
        is_over = command.try_wait()?.is_some();
    }
}

/// A FIFO that is open at both ends, so that it never ends.
fn fifo(path: &Path) -> Result<File> {
    mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .custom_flags(OFlag::O_NONBLOCK.bits());
    Ok(options.open(path)?)
}

fn keep_synced(log: File) {
    let (alive, ended) = mpsc::channel::<()>();
    thread::spawn(move || {
        // Sent by nobody: only the clock and the end of the process end a wait.
        let _alive = alive;
        while ended.recv_timeout(SYNC_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
            if log.sync_data().is_err() {
                return;
            }
        }
    });
}

fn wait(listener: &UnixListener, fifo: &File, floor: &Floor) -> Result<()> {
    let mut fds = vec![
        PollFd::new(listener.as_fd(), PollFlags::POLLIN),
        PollFd::new(fifo.as_fd(), PollFlags::POLLIN),
    ];
    let behind = floor.viewers.iter().filter(|it| floor.owes(it));
    fds.extend(behind.map(|it| PollFd::new(it.socket.as_fd(), PollFlags::POLLOUT)));
    poll(&mut fds, PollTimeout::from(LOOK_EVERY_MS))?;
    Ok(())
}

impl Floor {
    fn owes(&self, viewer: &Viewer) -> bool {
        self.handling == Handling::Raw && viewer.sent < self.length
    }

    /// A viewer of raw bytes gets the log from its beginning, one of JSON what comes. Both are told
    /// first that they are served.
    fn welcome(&mut self, mut socket: UnixStream) -> Result<()> {
        socket.write_all(HELLO)?;
        socket.set_nonblocking(self.handling == Handling::Raw)?;
        self.viewers.push(Viewer {
            socket,
            sent: 0,
            is_gone: false,
        });
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        if self.handling == Handling::Raw {
            self.log.write_all(bytes)?;
            self.length += bytes.len() as u64;
            return Ok(());
        }
        self.torn.extend_from_slice(bytes);
        let whole = memchr::memrchr(b'\n', &self.torn).map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.torn.drain(..whole).collect();
        let mut records: Vec<Map<String, Value>> = Vec::new();
        for line in lines
            .split(|byte| *byte == b'\n')
            .filter(|it| !it.is_empty())
        {
            self.seq += 1;
            let mut record: Map<String, Value> = serde_json::from_slice(line)?;
            record.insert("seq".into(), self.seq.into());
            record.insert("at".into(), "2026-11-21T00:00:00.000Z".into());
            records.push(record);
        }
        self.log.write_all(&serialised(&records)?)?;
        for viewer in &mut self.viewers {
            let batch = serialised(&records)?;
            viewer.is_gone |= viewer.socket.write_all(&batch).is_err();
        }
        Ok(())
    }

    /// Gives everybody as much of the log as there is room for.
    fn send(&mut self) {
        let length = self.length;
        for viewer in &mut self.viewers {
            if self.handling == Handling::Raw && viewer.sent < length {
                viewer.is_gone |= push(&self.log, viewer, length).is_err();
            }
        }
        self.viewers.retain(|viewer| !viewer.is_gone);
    }
}

fn push(log: &File, viewer: &mut Viewer, length: u64) -> nix::Result<()> {
    let mut offset = libc::off64_t::try_from(viewer.sent).expect("a log is shorter");
    let count = usize::try_from(length - viewer.sent).map_or(SEND_BYTES, |it| it.min(SEND_BYTES));
    match sendfile64(&viewer.socket, log, Some(&mut offset), count) {
        Ok(sent) => viewer.sent += sent as u64,
        Err(nix::errno::Errno::EAGAIN) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

fn serialised(records: &[Map<String, Value>]) -> Result<Vec<u8>> {
    let mut batch = Vec::new();
    for record in records {
        serde_json::to_writer(&mut batch, record)?;
        batch.push(b'\n');
    }
    Ok(batch)
}

/// The last bytes of a log.
pub(crate) fn end_of(path: &Path, bytes: u64) -> Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(bytes);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(end)
}
