//! Output as it was written, into a file or whatever a path stands for.
//!
//! A file is there as a whole or not at all: one that was there stays as it was until all is
//! written, and what could not be finished is removed. A FIFO or a device is written to and never
//! waited for longer than somebody wants it.

use std::{
    env,
    fs::{self, File, FileType, OpenOptions},
    io::{self, ErrorKind, Write},
    os::{
        fd::AsFd,
        unix::fs::{FileTypeExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail};
use discovery::{RunLog, Stream};
use nix::{
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use pod_protocol::short_bytes;

use super::{
    Desk, Undo,
    taking::{LOOK_MS, Part, each, in_words, range_of},
    tell,
};
use crate::screen::{
    monitor::tabs::output::{Excerpt, Found, no_longer_kept},
    output::Only,
};

/// Saves it.
pub(super) fn save(desk: &Desk, excerpt: &Excerpt, path: &str, overwrite: bool) {
    let found = match write(desk, excerpt, path, overwrite) {
        Ok(Saved::All(amount)) => Found::Done(Ok(format!(
            "saved {}{} to {path}{}",
            short_bytes(amount.bytes),
            whose(excerpt.only),
            no_longer_kept(amount.missing_bytes),
        ))),
        Ok(Saved::Exists) => Found::Exists(path.to_owned()),
        Err(error) => Found::Done(Err(format!("cannot save to {path}: {error:#}"))),
    };
    tell(desk, found);
}

/// Where not everything is saved: of what.
const fn whose(only: Only) -> &'static str {
    match only {
        None | Some(Stream::Pty) => "",
        Some(Stream::Stdout) => " of standard output",
        Some(Stream::Stderr) => " of standard error",
    }
}

enum Saved {
    All(Amount),
    Exists,
}

/// How much was saved.
#[derive(Default)]
struct Amount {
    bytes: u64,
    /// What is not kept any more.
    missing_bytes: u64,
}

fn write(desk: &Desk, excerpt: &Excerpt, path: &str, overwrite: bool) -> Result<Saved> {
    let log = RunLog::open(&desk.roots.state, desk.session)?;
    let target = match target(path, overwrite)? {
        Some(target) => target,
        None => return Ok(Saved::Exists),
    };
    let half = |sink: &Sink| Some(Undo::Remove(sink.half()?.to_owned()));
    let mut sink = desk.wish.begin(|| target.open(), half)?;
    let written = fill(desk, &log, excerpt, &mut sink).and_then(|amount| {
        sink.finish().map_err(|error| anyhow!(in_words(&error)))?;
        Ok(Saved::All(amount))
    });
    match &written {
        Ok(_) => desk.wish.done(),
        Err(_) => desk.wish.undo(),
    }
    written
}

fn fill(desk: &Desk, log: &RunLog, excerpt: &Excerpt, sink: &mut Sink) -> Result<Amount> {
    let (mut saved, mut told) = (Amount::default(), 0);
    let range = range_of(log, excerpt)?;
    each(desk, log, excerpt, &range, |part, percent| {
        match part {
            Part::Bytes(bytes) => {
                sink.write(desk, bytes)
                    .map_err(|error| anyhow!(reason(&error, saved.bytes)))?;
                saved.bytes += bytes.len() as u64;
            }
            Part::Segment => {}
            Part::Gap(bytes) => saved.missing_bytes += bytes,
        }
        if percent > told {
            told = percent;
            tell(desk, Found::Working(percent));
        }
        Ok(true)
    })?;
    if desk.is_cancelled() {
        bail!("given up");
    }
    Ok(saved)
}

/// Why no more can be written, after so many bytes.
fn reason(error: &io::Error, saved: u64) -> String {
    match error.kind() {
        ErrorKind::BrokenPipe => {
            let saved = short_bytes(saved);
            format!("whoever read it is gone, after {saved}")
        }
        _ => in_words(error),
    }
}

/// What a path stands for.
enum Target {
    /// Nothing yet.
    New(PathBuf),
    /// A file that is to be replaced.
    Replaced(PathBuf),
    /// Something that takes bytes and keeps no file.
    Stream(PathBuf),
}

/// What `path` stands for; `None` where a file is there that may not be replaced.
fn target(path: &str, overwrite: bool) -> Result<Option<Target>> {
    let path = in_home(path)?;
    let kind = match fs::metadata(&path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Some(new(path)?)),
        Err(error) => bail!(in_words(&error)),
    };
    if kind.is_file() {
        // Through a link, so that the file is replaced and not the link.
        let path = fs::canonicalize(&path).map_err(|error| anyhow!(in_words(&error)))?;
        return Ok(overwrite.then_some(Target::Replaced(path)));
    }
    match refusal(kind) {
        Some(why) => bail!(why),
        None => Ok(Some(Target::Stream(path))),
    }
}

/// A file that is to be made, if there is a directory for it.
fn new(path: PathBuf) -> Result<Target> {
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    if let Some(parent) = parent
        && !parent.exists()
    {
        bail!("there is no directory {}", parent.display());
    }
    Ok(Target::New(path))
}

/// Why nothing is saved to something of this kind.
fn refusal(kind: FileType) -> Option<&'static str> {
    if kind.is_dir() {
        return Some("it is a directory");
    }
    if kind.is_block_device() {
        return Some("it is a disk");
    }
    kind.is_socket().then_some("it is a socket")
}

/// A path as a shell would take it.
fn in_home(path: &str) -> Result<PathBuf> {
    let path = path.trim();
    let Some(rest) = path.strip_prefix('~') else {
        return Ok(PathBuf::from(path));
    };
    let Some(rest) = rest.strip_prefix('/') else {
        bail!("only ~/ is known: ./{path} is a file of that name");
    };
    match env::var_os("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(rest)),
        None => bail!("it is not known where your home directory is"),
    }
}

impl Target {
    fn open(self) -> Result<Sink> {
        let new = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
        let opened = match self {
            Self::New(path) => new(&path).map(|file| Sink::New { file, path }),
            Self::Replaced(path) => {
                let beside = beside(&path);
                new(&beside).and_then(|file| {
                    let sink = Sink::Replacing { file, beside, path };
                    sink.take_permissions()?;
                    Ok(sink)
                })
            }
            Self::Stream(path) => {
                let file = OpenOptions::new()
                    .write(true)
                    .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
                    .open(path);
                // What a run writes never goes to a terminal as it is.
                if file.as_ref().is_ok_and(io::IsTerminal::is_terminal) {
                    bail!("it is a terminal");
                }
                file.map(Sink::Stream)
            }
        };
        opened.map_err(|error| match error.raw_os_error() {
            Some(libc::ENXIO) => anyhow!("nobody reads from it"),
            _ => anyhow!(in_words(&error)),
        })
    }
}

/// Where a file is written that is to replace `path`. One that was left there by a viewer that was
/// killed is in nobody's way.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

/// Where the bytes go.
enum Sink {
    New {
        file: File,
        path: PathBuf,
    },
    Replacing {
        file: File,
        beside: PathBuf,
        path: PathBuf,
    },
    Stream(File),
}

impl Sink {
    fn take_permissions(&self) -> io::Result<()> {
        match self {
            Self::Replacing { file, path, .. } => {
                let permissions = fs::metadata(path).map(|found| found.permissions());
                let taken = permissions.and_then(|permissions| file.set_permissions(permissions));
                // What cannot be removed stays beside it, empty.
                taken.inspect_err(|_| self.half().map_or((), |half| drop(fs::remove_file(half))))
            }
            Self::New { .. } | Self::Stream(_) => Ok(()),
        }
    }

    fn write(&mut self, desk: &Desk, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::New { file, .. } | Self::Replacing { file, .. } => file.write_all(bytes),
            Self::Stream(file) => write_in_time(desk, file, bytes),
        }
    }

    fn finish(&self) -> io::Result<()> {
        match self {
            Self::Replacing { beside, path, .. } => fs::rename(beside, path),
            Self::New { .. } | Self::Stream(_) => Ok(()),
        }
    }

    /// What is to be removed unless it is finished.
    fn half(&self) -> Option<&Path> {
        match self {
            Self::New { path, .. } => Some(path),
            Self::Replacing { beside, .. } => Some(beside),
            Self::Stream(_) => None,
        }
    }
}

/// Writes as fast as somebody reads, as long as it is wanted.
fn write_in_time(desk: &Desk, file: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() && !desk.is_cancelled() {
        match file.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut watched = [PollFd::new(file.as_fd(), PollFlags::POLLOUT)];
                poll(&mut watched, PollTimeout::from(LOOK_MS))?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
