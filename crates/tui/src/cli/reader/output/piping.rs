//! Lines for a command, and what it prints.

use std::{
    io::{Read, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use discovery::RunLog;
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::Signal,
    unistd::Pid,
};

use super::{
    Desk, Undo,
    taking::{ExcerptText, LOOK_MS, each, range_of},
    tell,
};
use crate::{
    cli::plain::PlainText,
    screen::monitor::tabs::output::{Excerpt, Found, no_longer_kept},
};

/// How much of what a command prints is shown, in bytes: some screens full.
const PRINTED_BYTES_MAX: usize = 64 * 1024;
/// How long a command may take.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(30);
/// What a shell ends with that cannot execute a command, and that cannot find it.
const CANNOT_EXECUTE: i32 = 126;
const NOT_FOUND: i32 = 127;

/// Pipes the text of lines into a command, and tells what it printed first.
pub(super) fn pipe(desk: &Desk, excerpt: &Excerpt, command: &str) {
    let found = match run(desk, excerpt, command) {
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

fn run(desk: &Desk, excerpt: &Excerpt, command: &str) -> Result<(Vec<u8>, String)> {
    let log = RunLog::open(&desk.roots.state, desk.session)?;
    let range = range_of(&log, excerpt)?;
    // In a group of its own, so that all of it can be ended; its errors belong to what it prints.
    let start = || {
        Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("no shell")
    };
    let end = |child: &Child| {
        let group = i32::try_from(child.id()).ok()?;
        Some(Undo::Kill(Pid::from_raw(group)))
    };
    let mut child = desk.wish.begin(start, end)?;
    let mut stdin = child.stdin.take().context("it has no input")?;
    let stdout = child.stdout.take().context("it has no output")?;
    let until = Instant::now() + COMMAND_TIME_MAX;
    let (printed, end) = thread::scope(|scope| {
        let log = &log;
        let feeding = scope.spawn(move || {
            let (mut lines, mut told) = (ExcerptText::of(excerpt, range.start), 0);
            // A command that has read enough closes its end, which is no error.
            let fed = each(desk, log, excerpt, &range, |part, percent| {
                if percent > told {
                    told = percent;
                    tell(desk, Found::Working(percent));
                }
                Ok(stdin.write_all(lines.push(part).as_bytes()).is_ok())
            });
            let _ = stdin.write_all(lines.finish().as_bytes());
            fed.map(|()| lines.missing_bytes)
        });
        let (printed, heard) = listen(desk, &mut child, stdout, until);
        let end = end_of(desk, &mut child, heard, until);
        let fed = feeding.join().expect("reading a log does not panic");
        fed.map(|missing| (printed, end + &no_longer_kept(missing)))
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
fn listen(
    desk: &Desk,
    child: &mut Child,
    mut stdout: impl Read + std::os::fd::AsFd,
    until: Instant,
) -> (Vec<u8>, Heard) {
    let (mut printed, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if desk.is_cancelled() {
            return (printed, Heard::Unwanted);
        }
        if Instant::now() >= until {
            return (printed, Heard::TooLong);
        }
        let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
        // What it left behind in the background may keep its end open, and says nothing more.
        let has_ended = !matches!(child.try_wait(), Ok(None));
        if !matches!(poll(&mut watched, PollTimeout::from(LOOK_MS)), Ok(1..)) {
            match has_ended {
                true => return (printed, Heard::All),
                false => continue,
            }
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

/// Waits for the end of a command that prints no more, as long as it is wanted and has time.
fn await_end(desk: &Desk, child: &mut Child, until: Instant) -> Heard {
    while matches!(child.try_wait(), Ok(None)) {
        if desk.is_cancelled() {
            return Heard::Unwanted;
        }
        if Instant::now() >= until {
            return Heard::TooLong;
        }
        thread::sleep(Duration::from_millis(LOOK_MS.into()));
    }
    Heard::All
}

/// Ends a command and says how it ended.
fn end_of(desk: &Desk, child: &mut Child, heard: Heard, until: Instant) -> String {
    let heard = match heard {
        Heard::All => await_end(desk, child, until),
        heard => heard,
    };
    // Whatever it left behind may hold the end of the pipe that it is fed through.
    desk.wish.undo();
    let status = child.wait();
    match (heard, status) {
        (Heard::Enough, _) => "cut: it prints too much".to_owned(),
        (Heard::TooLong, _) => "ended: it took too long".to_owned(),
        (Heard::Unwanted, _) => "given up".to_owned(),
        (Heard::All, Ok(status)) => in_words(status),
        (Heard::All, Err(error)) => error.to_string(),
    }
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(NOT_FOUND), _) => format!("exit {NOT_FOUND}: there is no such command"),
        (Some(CANNOT_EXECUTE), _) => format!("exit {CANNOT_EXECUTE}: it cannot be executed"),
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(signal) => format!("ended by {signal}"),
            Err(_) => format!("ended by signal {signal}"),
        },
        (None, None) => "ended".to_owned(),
    }
}
