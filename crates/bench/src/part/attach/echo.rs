//! A key press to its echo, through whoever stands between terminal and command.

use std::{
    fmt::{self, Write},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use memchr::memmem;

use super::{PROBE, open_output};
use crate::{
    Options,
    child::{Flood, KEY, answerer, token},
    clock::now_ns,
    figures::{Figure, ratios},
    gate::Gate,
    part::{SOON, lineup::Lineup, see_off, turns},
    screen::{Cells, Size, Terminal, ms_between},
    subject::{Abduco, Dtach, Run, Subject, Tmux},
    table::{Table, absent, short, with_interval},
};

/// People do not type faster; the odd part keeps keys out of step with frames.
const KEY_EVERY: Duration = Duration::from_millis(37);
/// An echo that takes longer is none.
const LOST_AFTER: Duration = Duration::from_secs(10);
/// Who has failed so often is not tried again.
const FAILURES_MAX: usize = 3;
/// How many keys each measurement has; the slowest of a hundred is its p99.
const KEYS: u64 = 100;
const KEYS_QUICK: u64 = 25;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Bare,
    Tui,
    Abduco,
    Dtach,
    Tmux,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bare => "bare pty",
            Self::Tui => "**tui attach**, `i`",
            Self::Abduco => "abduco",
            Self::Dtach => "dtach",
            Self::Tmux => "tmux",
        })
    }
}

/// p50 and p99 of one measurement, in milliseconds.
#[derive(Clone, Copy)]
struct Sample {
    p50: f64,
    p99: f64,
}

/// A terminal whose command answers keys: read as bytes where they are passed on as they are, and
/// as cells where a screen is drawn.
enum Shown {
    Bytes(Terminal, Vec<u8>),
    Cells(Box<Cells>),
}

impl Shown {
    fn press(&mut self) -> Result<()> {
        match self {
            Self::Bytes(terminal, _) => terminal.press(KEY),
            Self::Cells(cells) => cells.terminal.press(KEY),
        }
    }

    /// When `text` was there.
    fn until(&mut self, text: &str, patience: Duration) -> Result<u64> {
        let (terminal, seen) = match self {
            Self::Cells(cells) => return cells.until(patience, |shown| shown.contains(text)),
            Self::Bytes(terminal, seen) => (terminal, seen),
        };
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("no echo within {patience:?}");
            }
            let bytes = terminal.read(left)?;
            let at_ns = now_ns();
            // The word may come in two pieces.
            let kept = seen.len().saturating_sub(text.len());
            seen.drain(..kept);
            seen.extend_from_slice(bytes);
            if memmem::find(seen, text.as_bytes()).is_some() {
                return Ok(at_ns);
            }
        }
    }

    /// Takes what comes until the next key is due.
    fn rest(&mut self, time: Duration) -> Result<()> {
        match self {
            Self::Bytes(terminal, _) => terminal.read_for(time),
            Self::Cells(cells) => {
                let deadline = Instant::now() + time;
                // A wait that ends with a frame leaves what is left of the time.
                let _ = cells.until(time, |_| Instant::now() >= deadline);
                Ok(())
            }
        }
    }
}

/// The table.
pub(super) fn measure(lineup: &mut Lineup, binary: &Path, options: &Options) -> Result<String> {
    let mut everybody = vec![Who::Bare, Who::Tui];
    for (who, program) in [
        (Who::Abduco, "abduco"),
        (Who::Dtach, "dtach"),
        (Who::Tmux, "tmux"),
    ] {
        if lineup.has(options, program) {
            everybody.push(who);
        }
    }
    let keys = if options.quick { KEYS_QUICK } else { KEYS };
    let mut failures = vec![[0; 2]; everybody.len()];
    let mut not_shown = String::new();
    let mut samples = Vec::new();
    for round in 0..options.pairs {
        eprintln!("attach: echo, round {} of {}", round + 1, options.pairs);
        let mut values = vec![[None; 2]; everybody.len()];
        for at in turns(everybody.len(), round) {
            for (which, flood) in [Flood::No, Flood::Yes].into_iter().enumerate() {
                let who = everybody[at];
                if failures[at][which] >= FAILURES_MAX {
                    continue;
                }
                match measure_one(who, flood, keys, lineup, binary) {
                    Ok(sample) => values[at][which] = Some(sample),
                    Err(error) => {
                        failures[at][which] += 1;
                        let place = format!("{who}, {}, round {}", word(flood), round + 1);
                        writeln!(not_shown, "\nNot shown: {place}: {error:#}.")?;
                    }
                }
            }
        }
        samples.push(values);
    }
    Ok(format!("{}{not_shown}", table(&everybody, &samples, keys)))
}

const fn word(flood: Flood) -> &'static str {
    match flood {
        Flood::No => "idle",
        Flood::Yes => "under flood",
    }
}

fn measure_one(
    who: Who,
    flood: Flood,
    keys: u64,
    lineup: &mut Lineup,
    binary: &Path,
) -> Result<Sample> {
    let roots = lineup.roots(binary)?;
    let gate = Gate::new(&roots.directory)?;
    let command = answerer(&roots.directory, flood)?;
    let run = Run {
        directory: &roots.directory,
        name: "echo",
        command: &command,
    };
    let tmux = Tmux {
        directory: roots.directory.clone(),
        logs: false,
    };
    let attach = match who {
        Who::Bare => {
            let mut bare = Command::new(&command[0]);
            bare.args(&command[1..]);
            bare
        }
        Who::Tui => {
            let words: Vec<&str> = command.iter().filter_map(|word| word.to_str()).collect();
            roots.run(&[&["run", "-d", "--name", "echo", "--"], &words[..]].concat())?;
            roots.tui(&["attach", "echo"])
        }
        Who::Abduco => {
            let directory = roots.directory.clone();
            Abduco { directory }.start(&run)?;
            let mut abduco = Command::new("abduco");
            abduco.env("ABDUCO_SOCKET_DIR", &roots.directory);
            abduco.args(["-a", "echo"]);
            abduco
        }
        Who::Dtach => {
            Dtach.start(&run)?;
            let mut dtach = Command::new("dtach");
            dtach.arg("-a").arg(roots.directory.join("s")).arg("-z");
            dtach
        }
        Who::Tmux => {
            tmux.start(&run)?;
            tmux.attach("echo")
        }
    };
    let sample = type_keys(who, attach, &gate, keys);
    let pid = gate.ready(SOON)?.pid;
    drop(gate);
    see_off(&[pid].into());
    if who == Who::Tui {
        roots.run(&["wait", "echo"])?;
    }
    sample
}

fn type_keys(who: Who, mut attach: Command, gate: &Gate, keys: u64) -> Result<Sample> {
    attach.env("TERM", "xterm-256color");
    let mut shown = match who {
        Who::Bare | Who::Abduco | Who::Dtach => {
            Shown::Bytes(Terminal::start(attach, None, Size::USUAL)?, Vec::new())
        }
        Who::Tui | Who::Tmux => Shown::Cells(Box::new(Cells::start(attach, Size::USUAL)?)),
    };
    gate.ready(SOON)?;
    if who == Who::Tui
        && let Shown::Cells(cells) = &mut shown
    {
        open_output(cells)?;
        thread::sleep(Duration::from_millis(200));
        cells.terminal.press("i")?;
    }
    shown.rest(Duration::from_millis(300))?;
    shown.press()?;
    shown
        .until(&token(1), PROBE)
        .context("keys do not reach the command")?;
    let mut waits = Vec::new();
    for key in 2..keys + 2 {
        // Between 37 and 56 ms, in no step with anything.
        shown.rest(KEY_EVERY + Duration::from_millis(key * 7 % 20))?;
        let from_ns = now_ns();
        shown.press()?;
        let at_ns = shown
            .until(&token(key), LOST_AFTER)
            .with_context(|| format!("key {key}"))?;
        waits.push(ms_between(from_ns, at_ns));
    }
    waits.sort_by(f64::total_cmp);
    let at = |part: usize| waits[(waits.len() * part / 100).min(waits.len() - 1)];
    Ok(Sample {
        p50: at(50),
        p99: at(99),
    })
}

fn table(everybody: &[Who], samples: &[Vec<[Option<Sample>; 2]>], keys: u64) -> String {
    let mut table = Table::new(&[
        "key to echo through",
        "the command",
        "p50 ms",
        "p99 ms",
        "p50 × bare pty (95 %)",
        "p50 × abduco (95 %)",
        "p99 × its own idle p99 (95 %)",
    ]);
    type Part = fn(Sample) -> f64;
    let column = |at: usize, which: usize, part: Part| -> Vec<Option<f64>> {
        let rounds = samples.iter();
        rounds.map(|round| round[at][which].map(part)).collect()
    };
    let (p50, p99): (Part, Part) = (|sample| sample.p50, |sample| sample.p99);
    let abduco = everybody.iter().position(|who| *who == Who::Abduco);
    for (which, flood) in [Flood::No, Flood::Yes].into_iter().enumerate() {
        for (at, who) in everybody.iter().enumerate() {
            let values = column(at, which, p50);
            let slow = column(at, which, p99);
            let typical = |values: &[Option<f64>]| {
                let figure = Figure::of(values.iter().copied().flatten());
                figure.map_or_else(absent, |figure| short(figure.median))
            };
            let of_abduco = abduco.and_then(|at| ratios(&values, &column(at, which, p50)));
            table.row([
                who.to_string(),
                word(flood).to_owned(),
                typical(&values),
                typical(&slow),
                with_interval(ratios(&values, &column(0, which, p50))),
                with_interval(of_abduco),
                with_interval(ratios(&slow, &column(at, 0, p99))),
            ]);
        }
    }
    format!("{}\n{keys} keys a round.\n", table.into_text())
}
