//! The benchmark: what holding a run costs, beside what it costs others and what it must cost.
//!
//! Invariants:
//! - Every figure that is compared is a ratio against a baseline of the same round, so that a noisy
//!   machine moves both; a round runs every subject once, in turns.
//! - Floors are subcommands of this binary, so that they need nothing installed and do exactly what
//!   their page says. Peers run when they are installed; those that are not are named.
//! - Every process that is started is ended: children wait on a pipe that this process holds, and
//!   end when it is gone.
//!
//! Absent on purpose: anything that the product could depend on, and any verdict. The tables say
//! what was measured; `docs/benchmarks.md` says what it means.

mod child;
mod clock;
mod figures;
mod floor;
mod gate;
mod part;
mod process;
mod screen;
mod stored;
mod subject;
mod table;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::child::Shape;

#[derive(Parser)]
#[command(
    version,
    about = "Measures the product beside floors and peers; prints Markdown tables"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Wall time of a child that writes, host CPU and memory, with and without viewers.
    Output(OutputOptions),
    /// Command line to first instruction, and what held runs cost while they are idle.
    Launch(LaunchOptions),
    /// The first screen of the picker and the whole list.
    List(ListOptions),
    /// Exec to the last line on the screen, search of the whole log, key press to echo.
    Attach(AttachOptions),
    /// Records a second from the command to viewers.
    Stream(StreamOptions),
    /// Bytes to the terminal, CPU and memory of who shows lines.
    Draw(DrawOptions),
    /// A floor: reads the end of an index.
    #[command(hide = true)]
    IndexTail(PathOption),
    /// A floor: lists all pods, looks at one file of each, parses the index.
    #[command(hide = true)]
    WholeList(PathOption),
    /// A floor: connects to every socket in a directory.
    #[command(hide = true)]
    ConnectAll(PathOption),
    /// A floor: holds a command whose output goes through a pipe into a file.
    #[command(hide = true)]
    PipeHost(HostOptions),
    /// A floor: holds a command whose output goes through a terminal into a file.
    #[command(hide = true)]
    PtyHost(HostOptions),
    /// A floor: detaches and makes the files that a host makes, then holds a command.
    #[command(hide = true)]
    LaunchFloor(HostOptions),
    /// A floor: carries lines from a FIFO to a log and to viewers.
    #[command(hide = true)]
    StreamFloor(StreamFloorOptions),
    /// A floor: draws a command's lines.
    #[command(hide = true)]
    DrawFloor(DrawFloorOptions),
}

/// What all parts take.
#[derive(Args)]
struct Options {
    /// Small sizes: a look, not a result.
    #[arg(long)]
    quick: bool,
    /// How often each subject runs; below 9 there is no interval worth printing.
    #[arg(long, default_value_t = 9)]
    pairs: usize,
    /// The binary to measure; else the one that was built beside this one.
    #[arg(long)]
    tui: Option<PathBuf>,
    /// Where logs are written; else the temporary directory.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Only peers whose name contains this; the product and the floors always run.
    #[arg(long)]
    only: Vec<String>,
}

#[derive(Args)]
struct OutputOptions {
    #[command(flatten)]
    common: Options,
    /// The largest of three sizes, in MiB; else 2048, or 64 with --quick.
    #[arg(long)]
    largest_mib: Option<u64>,
    /// Only these shapes; else all three.
    #[arg(long, value_enum)]
    shape: Vec<Shape>,
}

#[derive(Args)]
struct LaunchOptions {
    #[command(flatten)]
    common: Options,
}

#[derive(Args)]
struct ListOptions {
    #[command(flatten)]
    common: Options,
    /// No more stored runs than this.
    #[arg(long)]
    largest: Option<usize>,
}

#[derive(Args)]
struct AttachOptions {
    #[command(flatten)]
    common: Options,
    /// No log larger than this, in MiB.
    #[arg(long)]
    largest_mib: Option<u64>,
    /// Only from a key press to its echo.
    #[arg(long)]
    echo_only: bool,
}

#[derive(Args)]
struct StreamOptions {
    #[command(flatten)]
    common: Options,
    /// No more records than this.
    #[arg(long)]
    largest: Option<u64>,
}

#[derive(Args)]
struct DrawOptions {
    #[command(flatten)]
    common: Options,
    /// No log larger than this, in MiB, for the memory of who shows it.
    #[arg(long)]
    largest_mib: Option<u64>,
}

#[derive(Args)]
struct DrawFloorOptions {
    /// How lines are drawn.
    #[arg(value_enum)]
    drawing: floor::Drawing,
    /// The command.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

#[derive(Args)]
struct StreamFloorOptions {
    /// What becomes of a line.
    #[arg(value_enum)]
    handling: floor::Handling,
    #[command(flatten)]
    host: HostOptions,
}

#[derive(Args)]
struct PathOption {
    /// The state directory, or that of the sockets.
    path: PathBuf,
}

#[derive(Args)]
struct HostOptions {
    /// The log, or the directory of a launch.
    #[arg(long)]
    log: PathBuf,
    /// The command.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

fn main() -> ExitCode {
    // The children are measured from their first instruction on: nothing comes before them.
    if let Some(code) = child::main() {
        return code;
    }
    let result = match Cli::parse().command {
        Command::Output(options) => part::output(&options),
        Command::Launch(options) => part::launch(&options),
        Command::List(options) => part::list(&options),
        Command::Attach(options) => part::attach(&options),
        Command::Stream(options) => part::stream(&options),
        Command::Draw(options) => part::draw(&options),
        Command::IndexTail(it) => floor::index_tail(&it.path),
        Command::WholeList(it) => floor::whole_list(&it.path),
        Command::ConnectAll(it) => floor::connect_all(&it.path),
        Command::PipeHost(options) => floor::pipe_host(&options.log, &options.command),
        Command::PtyHost(options) => floor::pty_host(&options.log, &options.command),
        Command::DrawFloor(it) => floor::draw(it.drawing, &it.command),
        Command::StreamFloor(it) => floor::stream(&it.host, it.handling),
        Command::LaunchFloor(options) => floor::launch(&options.log, &options.command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
