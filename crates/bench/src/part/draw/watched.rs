//! A command that prints lines, on the screen of somebody.

use std::{collections::BTreeSet, fmt, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result};

use crate::{
    child::{self, Pace},
    gate::Gate,
    part::{SOON, lineup::Lineup, see_off},
    screen::{Cells, Size},
    stored::Roots,
    subject::{Run, Subject, Tmux},
};

const NAME: &str = "draw";
/// How long nothing comes before a screen is complete; a clock ticks less often.
const QUIET: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Scroll,
    Repaint,
    Tui,
    Tmux,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scroll => "scroll region by hand",
            Self::Repaint => "ratatui, repainted",
            Self::Tui => "**tui attach**",
            Self::Tmux => "`tmux attach`",
        })
    }
}

/// The command, held by whoever holds it, and one who watches.
pub(super) struct Watched {
    pub(super) cells: Cells,
    pub(super) gate: Option<Gate>,
    /// Who draws: the viewer, and the server where it is that which draws.
    pub(super) drawers: BTreeSet<i32>,
    pub(super) roots: Roots,
    pid: i32,
    who: Who,
    _tmux: Option<Tmux>,
}

impl Watched {
    /// Starts both. Comes back when the screen is complete.
    pub(super) fn start(
        who: Who,
        lineup: &mut Lineup,
        binary: &Path,
        pace: Pace,
        size: Size,
    ) -> Result<Self> {
        let roots = lineup.roots(binary)?;
        let gate = Gate::new(&roots.directory)?;
        let command = child::printer(&roots.directory, pace)?;
        let mut tmux = None;
        let attach = match who {
            Who::Scroll | Who::Repaint => {
                let drawing = if who == Who::Scroll {
                    "scroll"
                } else {
                    "repaint"
                };
                let mut floor = Command::new(std::env::current_exe()?);
                floor.args(["draw-floor", drawing, "--"]).args(&command);
                floor.env("TERM", "xterm-256color");
                floor
            }
            Who::Tui => {
                let words: Vec<&str> = command.iter().filter_map(|word| word.to_str()).collect();
                roots.run(&[&["run", "-d", "--name", NAME, "--"], &words[..]].concat())?;
                roots.tui(&["attach", NAME])
            }
            Who::Tmux => {
                let server = Tmux {
                    directory: roots.directory.clone(),
                    logs: false,
                };
                let run = Run {
                    directory: &roots.directory,
                    name: NAME,
                    command: &command,
                };
                server.start(&run)?;
                tmux.insert(server).attach(NAME)
            }
        };
        let cells = Cells::start(attach, size)?;
        let mut drawers = BTreeSet::from([cells.terminal.pid()]);
        if let Some(server) = &tmux {
            drawers.insert(server.server_pid()?);
        }
        let mut watched = Self {
            cells,
            pid: gate.ready(SOON)?.pid,
            gate: Some(gate),
            drawers,
            roots,
            who,
            _tmux: tmux,
        };
        let prelude = std::str::from_utf8(child::PRELUDE)?.trim_end();
        let cells = &mut watched.cells;
        cells
            .until(SOON, |text| text.contains(prelude))
            .with_context(|| format!("{who} shows nothing: {}", cells.text()))?;
        watched.cells.settle(QUIET)?;
        Ok(watched)
    }

    /// Lets the command begin.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.gate.as_mut().context("it has ended")?.begin()
    }

    /// Lets the command end.
    pub(super) fn end(&mut self) -> Result<()> {
        self.gate = None;
        see_off(&[self.pid].into());
        if self.who == Who::Tui {
            self.roots.run(&["wait", NAME])?;
        }
        Ok(())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("  {error:#}");
        }
    }
}
