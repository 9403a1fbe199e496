//! **list**: the first screen of the picker and the whole list, with many stored runs and with many
//! live ones.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::lineup::Lineup;
use crate::{
    ListOptions,
    clock::now_ns,
    figures::{Figure, ratios},
    screen::first_drawn,
    stored::Roots,
    subject::installed,
    table::{Table, machine, median, spread, with_interval},
};

/// How many runs are live in the last part.
const LIVE: usize = 300;
/// What all names of stored runs begin with.
const STORED_NAME: &str = "pod-0";

/// And those of live ones.
const LIVE_NAME: &str = "live-";

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Tail,
    FirstScreen,
    FzfFirstRow,
    WholeFloor,
    Whole,
    Connect,
}

impl Subject {
    const fn name(self) -> &'static str {
        match self {
            Self::Tail => "end of an index",
            Self::FirstScreen => "**tui -r**, first row",
            Self::FzfFirstRow => "`fzf`, first row of a ready list",
            Self::WholeFloor => "readdir + stat + parse",
            Self::Whole => "**tui ls --all --json**",
            Self::Connect => "connecting to all sockets",
        }
    }

    /// Milliseconds; a screen is there when it shows a name that begins with `first`.
    fn measure(self, roots: &Roots, first: &str) -> Result<f64> {
        let state = roots.state();
        match self {
            Self::Tail => floor("index-tail", &state),
            Self::WholeFloor => floor("whole-list", &state),
            Self::Connect => floor("connect-all", &roots.directory.join("run")),
            Self::Whole => timed(roots.tui(&["ls", "--all", "--json"])),
            Self::FirstScreen => first_drawn(roots.tui(&["-r"]), None, first),
            Self::FzfFirstRow => {
                let mut command = Command::new("fzf");
                command.env("TERM", "xterm-256color");
                let names = File::open(roots.directory.join("names"))?;
                first_drawn(command, Some(names), first)
            }
        }
    }
}

fn floor(name: &str, path: &Path) -> Result<f64> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(name).arg(path);
    timed(command)
}

/// Milliseconds from start to end.
fn timed(mut command: Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let from_ns = now_ns();
    let status = command.status().context("cannot start it")?;
    let passed_ns = now_ns() - from_ns;
    ensure!(status.success(), "{command:?}: {status}");
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let ms = passed_ns as f64 / 1e6;
    Ok(ms)
}

/// Measures and prints the tables.
pub(crate) fn list(options: &ListOptions) -> Result<()> {
    let common = &options.common;
    let mut lineup = Lineup::new(common)?;
    let binary = lineup
        .product(common)?
        .context("there is no tui to measure")?;
    let roots = Roots {
        binary,
        directory: lineup.directory().to_owned(),
    };
    let sizes: &[usize] = match common.quick {
        true => &[10, 1_000],
        false => &[10, 10_000, 100_000],
    };
    let largest = options.largest.unwrap_or(usize::MAX);
    let mut subjects = vec![Subject::Tail, Subject::FirstScreen];
    if installed("fzf").is_some() {
        subjects.push(Subject::FzfFirstRow);
    }
    subjects.extend([Subject::WholeFloor, Subject::Whole]);
    let template = roots.template()?;
    let mut table = new_table("stored runs");
    let mut made = 0;
    for size in sizes.iter().filter(|size| **size <= largest) {
        eprintln!("list: filling up to {size}");
        roots.fill(&template, made, *size)?;
        made = *size;
        write_names(&roots, made)?;
        let samples = rounds(&roots, &subjects, common.pairs, (*size, STORED_NAME))?;
        rows(&mut table, &subjects, &samples, *size);
    }
    println!("### list\n\n{}, {} rounds.\n", machine(), common.pairs);
    println!("{}", table.into_text());
    let live = if common.quick { LIVE / 10 } else { LIVE };
    let table = with_live(&roots, live, common.pairs)?;
    println!("{}", table.into_text());
    if installed("fzf").is_none() {
        println!("Not there: fzf.");
    }
    Ok(())
}

fn write_names(roots: &Roots, count: usize) -> Result<()> {
    let names: String = (0..count).map(|n| format!("pod-{n:06}\n")).collect();
    Ok(fs::write(roots.directory.join("names"), names)?)
}

/// The list with `count` live runs beside what is stored.
fn with_live(roots: &Roots, count: usize, pairs: usize) -> Result<Table> {
    eprintln!("list: {count} live runs");
    let names: Vec<String> = (0..count).map(|n| format!("live-{n:03}")).collect();
    for name in &names {
        let words = [
            "run", "-d", "--pipe", "--name", name, "--", "sleep", "86400",
        ];
        roots.run(&words)?;
    }
    let subjects = [Subject::Connect, Subject::FirstScreen, Subject::Whole];
    let samples = rounds(roots, &subjects, pairs, (count, LIVE_NAME));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    roots.run(&[&["kill"], &names[..]].concat())?;
    let mut table = new_table("live runs");
    rows(&mut table, &subjects, &samples?, count);
    Ok(table)
}

fn new_table(of_what: &str) -> Table {
    Table::new(&[
        of_what,
        "who",
        "ms",
        "spread",
        "× the first (95 %)",
        "× fzf (95 %)",
        "× readdir + stat + parse (95 %)",
    ])
}

/// Milliseconds, for each round and subject.
fn rounds(
    roots: &Roots,
    subjects: &[Subject],
    pairs: usize,
    (size, first): (usize, &str),
) -> Result<Vec<Vec<Option<f64>>>> {
    let sample = |at: usize| subjects[at].measure(roots, first).map(Some);
    super::rounds("list: warming up", 1, subjects.len(), sample)?;
    super::rounds(&format!("list: {size}"), pairs, subjects.len(), sample)
}

fn rows(table: &mut Table, subjects: &[Subject], samples: &[Vec<Option<f64>>], size: usize) {
    let column =
        |at: usize| -> Vec<Option<f64>> { samples.iter().map(|round| round[at]).collect() };
    let of = |wanted: Subject| {
        let at = subjects.iter().position(|subject| *subject == wanted);
        at.map(column)
    };
    let (fzf, whole) = (of(Subject::FzfFirstRow), of(Subject::WholeFloor));
    for (at, subject) in subjects.iter().enumerate() {
        let values = column(at);
        let figure = Figure::of(values.iter().copied().flatten());
        let against = |base: &Option<Vec<_>>| base.as_ref().and_then(|b| ratios(&values, b));
        table.row([
            size.to_string(),
            subject.name().to_owned(),
            median(figure),
            spread(figure),
            with_interval(ratios(&values, &column(0))),
            with_interval(against(&fzf)),
            with_interval(against(&whole)),
        ]);
    }
}
