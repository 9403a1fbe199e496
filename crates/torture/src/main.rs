//! The torture harness: drives the real binary from a printed seed, breaks what can break, and
//! compares what the product shows with books of its own.
//!
//! Invariants:
//! - Nothing of ours is linked in. Files and messages are read with a JSON parser and nothing else:
//!   the books never ask the product whether the product was right.
//! - The seed decides everything that is decided here. How threads and processes meet is the
//!   machine's doing, so a seed replays the acts and not the nanoseconds.
//! - Every process that a run starts carries a token in its environment, and is looked for by it.
//!
//! Absent on purpose: anything that the product could depend on, and any limit that a busy machine
//! could break; what is waited for has a deadline that nothing healthy reaches.

mod acts;
mod check;
mod line;
mod logs;
mod processes;
mod round;
mod script;
mod soak;
mod socket;
mod special;
mod stage;
mod tally;
mod verb;
mod victim;
mod viewer;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::{script::Script, special::Pace};

/// How long anything may take that is not broken, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(60);

#[derive(Parser)]
#[command(
    version,
    about = "Breaks the product from a seed and checks it against books of its own",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    form: Option<Form>,
    #[command(flatten)]
    options: RoundOptions,
}

#[derive(Subcommand)]
enum Form {
    /// A few rounds of everything and small special forms, bounded by their number.
    Short(Options),
    /// Kills the host of a writing command at random moments.
    KillHosts {
        #[command(flatten)]
        options: Options,
        /// How often.
        #[arg(long, default_value_t = 200)]
        times: u32,
    },
    /// Launches one name many times at once.
    OneName {
        #[command(flatten)]
        options: Options,
        /// How many launches.
        #[arg(long, default_value_t = 100)]
        launches: usize,
    },
    /// Launches many names at once.
    ManyNames {
        #[command(flatten)]
        options: Options,
        /// How many launches.
        #[arg(long, default_value_t = 300)]
        launches: usize,
    },
    /// Connects many clients to one pod, half of them stuck.
    Clients {
        #[command(flatten)]
        options: Options,
        /// How many clients.
        #[arg(long, default_value_t = 1000)]
        clients: usize,
    },
    /// Lists while pods come, end, break and go.
    Soak {
        #[command(flatten)]
        options: Options,
        /// How long, such as 10m.
        #[arg(long = "for", value_name = "TIME", value_parser = parse_duration, default_value = "1m")]
        duration: Duration,
        /// Exactly this many acts of each driver, however long they take.
        #[arg(long, value_name = "N", conflicts_with = "duration")]
        rounds: Option<u32>,
        /// How many list at the same time.
        #[arg(long, value_name = "N", default_value_t = 10)]
        listers: usize,
    },
    /// Fills the disk below a run, on a small file system of its own.
    FullDisk(Options),
    /// The command of a run.
    #[command(hide = true)]
    Victim(Script),
    /// What `full-disk` does, inside a mount namespace of its own.
    #[command(hide = true)]
    FullDiskInside(Options),
}

/// What every form takes.
#[derive(Args, Clone)]
struct Options {
    /// The seed that decides every act; a random one is printed.
    #[arg(long)]
    seed: Option<u64>,
    /// The binary to torture; else the one that was built beside this one.
    #[arg(long, value_name = "FILE")]
    tui: Option<PathBuf>,
    /// Keep the directories of a run without violations, too.
    #[arg(long)]
    keep: bool,
}

#[derive(Args)]
struct RoundOptions {
    #[command(flatten)]
    options: Options,
    /// How long, such as 10m.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration, default_value = "1m")]
    duration: Duration,
    /// Exactly this many rounds, however long they take.
    #[arg(long, value_name = "N", conflicts_with = "duration")]
    rounds: Option<u32>,
    /// How many pods are tortured side by side.
    #[arg(long, value_name = "N", default_value_t = 4)]
    lines: usize,
}

/// Rounds of the short form, and what happens in them. A round takes as long as its longest line, and
/// a flood that is resumed three times and folded by an unoptimised binary takes a quarter of a minute.
const SHORT_ROUNDS: u32 = 4;
const SHORT: round::Scale = round::Scale {
    pods: 3,
    flood_lines_max: Some(8_000),
};
/// Acts of each driver of the soak in the short form.
const SHORT_ACTS: u32 = 25;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("torture: violation: {}", error.root_cause());
            for cause in error.chain() {
                eprintln!("  {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let rounds = cli.options;
    let Some(form) = cli.form else {
        let length = round::Length::of(rounds.rounds, rounds.duration);
        return staged(&rounds.options, |stage, seed| {
            let scale = round::Scale {
                pods: rounds.lines,
                flood_lines_max: None,
            };
            round::torture(stage, seed, scale, length)
        });
    };
    match form {
        Form::Victim(script) => victim::run(&script),
        Form::Short(options) => {
            special::full_disk(&options)?;
            staged(&options, short)
        }
        Form::KillHosts { options, times } => staged(&options, |stage, seed| {
            special::kill_hosts(stage, seed, times)
        }),
        Form::OneName { options, launches } => staged(&options, |stage, seed| {
            special::one_name(stage, seed, launches)
        }),
        Form::ManyNames { options, launches } => {
            staged(&options, |stage, _| special::many_names(stage, launches))
        }
        Form::Clients { options, clients } => staged(&options, |stage, _| {
            special::clients(stage, clients, Pace::Judged)
        }),
        Form::Soak {
            options,
            duration,
            rounds,
            listers,
        } => staged(&options, |stage, seed| {
            soak::soak(stage, seed, listers, round::Length::of(rounds, duration))
        }),
        Form::FullDisk(options) => special::full_disk(&options),
        Form::FullDiskInside(options) => staged(&options, special::full_disk_inside),
    }
}

/// What the gate runs: everything, small.
fn short(stage: &stage::Stage, seed: u64) -> Result<()> {
    special::one_name(stage, seed, 12)?;
    special::kill_hosts(stage, seed, 5)?;
    special::clients(stage, 40, Pace::Shown)?;
    soak::soak(stage, seed, 10, round::Length::Rounds(SHORT_ACTS))?;
    round::torture(stage, seed, SHORT, round::Length::Rounds(SHORT_ROUNDS))
}

/// Gives a form its seed and its directories; says both, and keeps the directories of a failure.
fn staged(options: &Options, form: impl FnOnce(&stage::Stage, u64) -> Result<()>) -> Result<()> {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("torture: seed {seed}");
    let stage = stage::Stage::new(options.tui.as_deref())?;
    let done = form(&stage, seed);
    stage.end_everything();
    if done.is_err() || options.keep {
        let kept = stage.keep();
        return done.with_context(|| format!("seed {seed}; everything is in {}", kept.display()));
    }
    Ok(())
}

/// Reads `500ms`, `10s`, `2m` or `1h`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("{text:?} is not a time: try 10m"))?;
    match &text[digits.len()..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number * 60)),
        "h" => Ok(Duration::from_secs(number * 3600)),
        unit => Err(format!("unknown unit {unit:?}: use ms, s, m or h")),
    }
}
