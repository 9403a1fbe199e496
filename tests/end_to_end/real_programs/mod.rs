//! Programs that operators run, typed into through the Output tab, left, and found again on terminals
//! of other sizes. The programs are installed by `.ci/run`.

mod editor;
mod pagers;
mod python;
mod screens;

use std::{fs, num::NonZero};

use pod_protocol::HostMessage;
use vt100::Screen;

use crate::support::{Launched, Pods, Pty, Viewer};

/// Rows and columns of the terminals.
const USUAL: (u16, u16) = (24, 80);
const LARGE: (u16, u16) = (40, 120);
const SMALL: (u16, u16) = (12, 40);

/// What `ctrl-\` sends.
const LET_GO: &str = "\x1c";

/// A run, and the terminal that it is watched on.
struct Session<'a> {
    pods: &'a Pods,
    name: &'static str,
    terminal: Pty,
}

impl<'a> Session<'a> {
    /// Runs `command` in the foreground and shows its output.
    fn run(pods: &'a Pods, name: &'static str, command: &[&str]) -> Self {
        let words = ["run", "--name", name, "--"];
        let words = words.iter().chain(command);
        let terminal = Pty::start_at(pods.command(words), USUAL);
        terminal.wait_for_text("RUNNING");
        terminal.send("3");
        Self {
            pods,
            name,
            terminal,
        }
    }

    /// Types into the command from now on. Its terminal is as large as the tab then.
    fn enter(&self, size: &str) {
        self.terminal.send("i");
        self.terminal.wait_for_text("typing into");
        self.terminal.wait_for_text(size);
    }

    /// The same with a pager that has the row `top` at the top and whose picture is on the screen. It
    /// loses a key that comes when a signal reaches it in the middle of reading. The signals of the
    /// repaint that a new picture asks for go out before that of the new size, and whoever has painted
    /// that has heard them all.
    fn enter_pager(&self, (cols, rows): (u16, u16), top: &str) {
        self.enter(&format!("{cols}×{rows}"));
        let mut viewer = Viewer::following_output(&self.only_pod());
        let view = viewer.terminal(|view| (view.size.cols, view.size.rows) == (cols, rows));
        let side = |cells| NonZero::new(cells).expect("a terminal has room");
        let mut picture = vt100::Parser::new(side(rows), side(cols), 0);
        while !shows_page(picture.screen(), top) {
            let framed = viewer.next_framed().expect("the pod lives");
            if let HostMessage::Chunk(chunk) = framed.message {
                // Painted for who had control before.
                let before = view.since.0.saturating_sub(chunk.from).min(chunk.bytes);
                let before = usize::try_from(before).expect("a part of a chunk");
                picture.process(&framed.payload[before..]);
            }
        }
    }

    fn only_pod(&self) -> Launched {
        let runtime = fs::read_dir(self.pods.runtime()).expect("a runtime directory");
        let socket = runtime
            .map(|entry| entry.expect("an entry").path())
            .find(|path| path.extension().is_some_and(|suffix| suffix == "sock"))
            .expect("a live pod has a socket");
        let hello = Viewer::hello(&socket);
        Launched {
            session: hello.session,
            segment: hello.segment.expect("the run has begun"),
            host_pid: hello.pid.cast_signed(),
            socket,
        }
    }

    fn send(&self, keys: &str) {
        self.terminal.send(keys);
    }

    #[track_caller]
    fn sees(&self, text: &str) {
        self.terminal.wait_for_text(text);
    }

    /// Waits for a row that begins with `text`.
    #[track_caller]
    fn sees_row(&self, text: &str) {
        self.terminal.wait_for(text, |screen| {
            let columns = screen.size().1.get();
            screen.rows(0, columns).any(|row| row.starts_with(text))
        });
    }

    /// Lets go of the command.
    fn let_go(&self) {
        self.send(LET_GO);
        self.terminal.wait_for("keys of the monitor", |screen| {
            !screen.contents().contains("typing into")
        });
    }

    /// Lets go, leaves, and comes back on a terminal of another size.
    fn again_at(mut self, size: (u16, u16)) -> Self {
        self.let_go();
        self.send("q");
        assert_eq!(self.terminal.wait_for_exit(), 0);
        let attach = self.pods.command(["attach", self.name]);
        let terminal = Pty::start_at(attach, size);
        terminal.wait_for_text("RUNNING");
        terminal.send("3");
        Self { terminal, ..self }
    }

    /// Types what ends the command, sees it end well, and leaves.
    fn ends_by(mut self, keys: &str) {
        self.send(keys);
        self.sees("PASSED");
        self.send("q");
        assert_eq!(self.terminal.wait_for_exit(), 0);
        assert_eq!(self.pods.status(self.name), "passed");
    }
}

/// Whether a pager has filled the screen: from this row to its prompt in the last one.
fn shows_page(screen: &Screen, top: &str) -> bool {
    let mut rows = screen.rows(0, screen.size().1.get());
    let first = rows.next().unwrap_or_default();
    let last = rows.last().unwrap_or_default();
    first.starts_with(top) && [":", "(END)"].iter().any(|prompt| last.starts_with(prompt))
}
