//! What is taken out of a log: text to be copied, bytes to be saved, lines for a command.

use std::{
    env,
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    ops::Range,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use discovery::{OutputPiece, RunLog};
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use pod_protocol::{Offset, short_bytes};

use super::{Desk, tell};
use crate::{cli::plain::PlainText, screen::monitor::tabs::output::Found};

/// How much text is copied: what terminals take of a clipboard sequence, in bytes.
const COPY_BYTES_MAX: usize = 74_000;
/// How much is read at once, in bytes.
const READ_BYTES: usize = 1024 * 1024;
/// How much of what a command prints is shown, in bytes: some screens full.
const PRINTED_BYTES_MAX: usize = 64 * 1024;
/// How long a command may take.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(30);
/// How often it is looked whether a command is still wanted, in milliseconds.
const LOOK_MS: u8 = 100;

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
    let more = text.len() > COPY_BYTES_MAX;
    if more {
        let end = text[..=text.floor_char_boundary(COPY_BYTES_MAX)].rfind('\n');
        text.truncate(end.map_or(COPY_BYTES_MAX, |newline| newline + 1));
    }
    Ok((text, more))
}

/// Gives every piece of `range` that is kept to `take`, with how far that is in hundredths, until it
/// has enough or nobody wants it any more.
fn each(
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

fn whole_or(log: &RunLog, range: Option<Range<Offset>>) -> Result<Range<Offset>> {
    match range {
        Some(range) => Ok(range),
        None => Ok(log.output_extent()?),
    }
}

/// Saves output as it was written.
pub(super) fn save(desk: &Desk, range: Option<Range<Offset>>, path: &str, overwrite: bool) {
    let found = match write(desk, range, path, overwrite) {
        Ok(Saved::All(bytes)) => Found::Done(Ok(format!("saved {} to {path}", short_bytes(bytes)))),
        Ok(Saved::Exists) => Found::Exists(path.to_owned()),
        Err(error) => Found::Done(Err(format!("cannot save to {path}: {error:#}"))),
    };
    tell(desk, found);
}

enum Saved {
    All(u64),
    Exists,
}

fn write(desk: &Desk, range: Option<Range<Offset>>, path: &str, overwrite: bool) -> Result<Saved> {
    let log = RunLog::open(&desk.roots.state, desk.session)?;
    let range = whole_or(&log, range)?;
    let mut options = OpenOptions::new();
    options.write(true);
    match overwrite {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let mut file: File = match options.open(in_home(path)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Saved::Exists),
        opened => opened?,
    };
    let (mut saved, mut told) = (0, 0);
    each(desk, &log, &range, |bytes, percent| {
        file.write_all(bytes)?;
        saved += bytes.len() as u64;
        if percent > told {
            told = percent;
            tell(desk, Found::Working(percent));
        }
        Ok(true)
    })?;
    if desk.is_cancelled() {
        bail!("given up");
    }
    Ok(Saved::All(saved))
}

/// A path as a shell would take it.
fn in_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// Pipes the text of lines into a command, and tells what it printed first.
pub(super) fn pipe(desk: &Desk, range: Option<Range<Offset>>, command: &str) {
    let found = match run(desk, range, command) {
        Ok((printed, end)) => Found::Piped {
            command: command.to_owned(),
            lines: lines_of(&printed),
            end,
        },
        Err(error) => Found::Done(Err(format!("cannot pipe to {command}: {error:#}"))),
    };
    tell(desk, found);
}

fn lines_of(printed: &[u8]) -> Vec<String> {
    let mut plain = PlainText::default();
    let text = plain.push(printed) + &plain.finish();
    text.lines().map(str::to_owned).collect()
}

fn run(desk: &Desk, range: Option<Range<Offset>>, command: &str) -> Result<(Vec<u8>, String)> {
    let log = RunLog::open(&desk.roots.state, desk.session)?;
    let range = whole_or(&log, range)?;
    tell(desk, Found::Working(0));
    // In a group of its own, so that all of it can be ended; its errors belong to what it prints.
    let mut child = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("no shell")?;
    let mut stdin = child.stdin.take().context("it has no input")?;
    let stdout = child.stdout.take().context("it has no output")?;
    let (printed, end) = thread::scope(|scope| {
        let log = &log;
        let feeding = scope.spawn(move || {
            let mut plain = PlainText::default();
            // A command that has read enough closes its end, which is no error.
            let fed = each(desk, log, &range, |bytes, _| {
                Ok(stdin.write_all(plain.push(bytes).as_bytes()).is_ok())
            });
            let _ = stdin.write_all(plain.finish().as_bytes());
            fed
        });
        let printed = listen(desk, stdout);
        let end = end_of(&mut child, printed.1);
        let fed = feeding.join().expect("reading a log does not panic");
        fed.map(|()| (printed.0, end))
    })?;
    Ok((printed, end))
}

/// Why no more of a command is listened to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    All,
    Enough,
    TooLong,
    Unwanted,
}

/// Reads what a command prints, as far as it is shown.
fn listen(desk: &Desk, mut stdout: impl Read + std::os::fd::AsFd) -> (Vec<u8>, Heard) {
    let until = Instant::now() + COMMAND_TIME_MAX;
    let (mut printed, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if desk.is_cancelled() {
            return (printed, Heard::Unwanted);
        }
        if Instant::now() >= until {
            return (printed, Heard::TooLong);
        }
        let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
        if !matches!(poll(&mut watched, PollTimeout::from(LOOK_MS)), Ok(1..)) {
            continue;
        }
        match stdout.read(&mut buffer) {
            Ok(count @ 1..) => printed.extend_from_slice(&buffer[..count]),
            _ => return (printed, Heard::All),
        }
        if printed.len() >= PRINTED_BYTES_MAX {
            return (printed, Heard::Enough);
        }
    }
}

/// Ends a command and says how it ended.
fn end_of(child: &mut Child, heard: Heard) -> String {
    if heard != Heard::All
        && let Ok(group) = i32::try_from(child.id())
    {
        // A group that is gone needs no signal.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    let status = child.wait();
    match (heard, status) {
        (Heard::Enough, _) => "cut: it prints too much".to_owned(),
        (Heard::TooLong, _) => "ended: it took too long".to_owned(),
        (Heard::Unwanted, _) => "given up".to_owned(),
        (Heard::All, Ok(status)) => match status.code() {
            Some(code) => format!("exit {code}"),
            None => "ended by a signal".to_owned(),
        },
        (Heard::All, Err(error)) => error.to_string(),
    }
}
