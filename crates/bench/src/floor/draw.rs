//! The two ends of drawing a log: a scroll region moved by hand, and a library that repaints.
//!
//! Both run on a terminal, read their command's lines through a pipe and draw at most thirty times a
//! second, as screens do.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fmt::Write as _,
    fs::File,
    io::{self, BufRead, BufReader, Write},
    os::fd::AsFd,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::ValueEnum;
use ratatui::{Terminal, backend::CrosstermBackend, text::Line, widgets::Paragraph};

/// As often as our screens.
const FRAME_EVERY: Duration = Duration::from_millis(33);
/// Lines that wait for a frame; a command that is faster waits for them.
const LINES_WAITING_MAX: usize = 10_000;

/// How lines are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// The region between the first and the last row scrolls, and new lines are written.
    Scroll,
    /// Stock ratatui draws the last lines.
    Repaint,
}

/// Draws what `command` prints until it ends.
pub(crate) fn draw(drawing: Drawing, command: &[OsString]) -> Result<()> {
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the command")?;
    let out = child.stdout.take().context("asked for")?;
    let (sender, lines) = mpsc::sync_channel(LINES_WAITING_MAX);
    thread::spawn(move || read(BufReader::new(out), &sender));
    ratatui::crossterm::terminal::enable_raw_mode()?;
    match drawing {
        Drawing::Scroll => scroll(&lines)?,
        Drawing::Repaint => repaint(&lines)?,
    }
    child.wait()?;
    Ok(())
}

fn read(out: impl BufRead, lines: &SyncSender<String>) {
    for line in out.lines() {
        let Ok(line) = line else { return };
        if lines.send(line).is_err() {
            return;
        }
    }
}

/// The lines of the next frame, once it is due; `None` when there will be no more.
fn next_frame(lines: &Receiver<String>, due: &mut Instant) -> Option<Vec<String>> {
    let mut frame = vec![lines.recv().ok()?];
    loop {
        let left = due.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) => frame.push(line),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    *due = Instant::now() + FRAME_EVERY;
    Some(frame)
}

fn scroll(lines: &Receiver<String>) -> Result<()> {
    let (_, rows) = ratatui::crossterm::terminal::size()?;
    let (top, bottom) = (2, rows.saturating_sub(1));
    let pane = usize::from(bottom.saturating_sub(top)) + 1;
    // Standard output as it is would be written line by line.
    let mut out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    out.write_all(b"\x1b[?1049h\x1b[2J")?;
    let mut due = Instant::now();
    while let Some(frame) = next_frame(lines, &mut due) {
        let mut text = format!("\x1b[?2026h\x1b[{top};{bottom}r\x1b[{bottom};1H");
        for line in &frame[frame.len().saturating_sub(pane)..] {
            let _ = write!(text, "\r\n{line}");
        }
        text.push_str("\x1b[r\x1b[?2026l");
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn repaint(lines: &Receiver<String>) -> Result<()> {
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    terminal.clear()?;
    let mut shown = VecDeque::new();
    let mut due = Instant::now();
    while let Some(frame) = next_frame(lines, &mut due) {
        shown.extend(frame);
        terminal.draw(|frame| {
            let area = frame.area();
            while shown.len() > usize::from(area.height) {
                shown.pop_front();
            }
            let rows: Vec<Line<'_>> = shown.iter().map(|line| line.as_str().into()).collect();
            frame.render_widget(Paragraph::new(rows), area);
        })?;
    }
    Ok(())
}
