//! **stream**: records a second from the command to viewers, and into the log alone.

mod viewers;

use std::{
    fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};

use self::viewers::{From, Speech, Viewers};
use super::{SOON, lineup::Lineup, see_off};
use crate::{
    StreamOptions, child,
    clock::now_ns,
    figures::{Figure, ratios},
    floor,
    gate::{Gate, wait_for},
    stored::Roots,
    subject::{Log, Tied},
    table::{Table, machine, median, spread, with_interval},
};

/// What the command writes for each record.
const LINE_BYTES: u64 = 120;
/// Records of the run that tells how long they are in the log.
const SAMPLE_RECORDS: u64 = 2_000;
/// How long everything may take to be in the log.
const LIMIT: Duration = Duration::from_secs(600);
const NAME: &str = "stream";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Tui,
    /// As many bytes as the product sends.
    Raw,
    Json,
    /// The command's own lines, appended.
    Append,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tui => "**tui**",
            Self::Raw => "raw bytes",
            Self::Json => "JSON for each viewer",
            Self::Append => "loop that appends the lines",
        })
    }
}

/// Records a second.
#[derive(Clone, Copy, Default)]
struct Sample {
    /// From the command to the last viewer, or into the log where nobody watches.
    live: f64,
    /// From the whole log to as many viewers that come later.
    caught_up: Option<f64>,
}

/// One measurement.
#[derive(Clone, Copy)]
struct Case {
    records: u64,
    viewers: usize,
    who: Who,
    line_bytes: u64,
}

/// A started run or floor.
struct Streaming {
    socket: PathBuf,
    log: PathBuf,
    speech: Speech,
    roots: Option<Roots>,
    _floor: Option<Tied>,
}

/// Measures and prints the tables.
pub(crate) fn stream(options: &StreamOptions) -> Result<()> {
    let common = &options.common;
    let mut lineup = Lineup::new(common)?;
    let binary = lineup
        .product(common)?
        .context("there is no tui to measure")?;
    let sizes: &[u64] = match common.quick {
        true => &[1_000, 10_000, 100_000],
        false => &[10_000, 100_000, 1_000_000],
    };
    let stored_bytes = stored_bytes(&mut lineup, &binary)?;
    println!("### stream\n\n{}, {} rounds.\n", machine(), common.pairs);
    println!("{LINE_BYTES} bytes a record from the command, {stored_bytes} in the log.\n");
    let largest = options.largest.unwrap_or(u64::MAX);
    let mut ingest = Table::new(&[
        "records",
        "into the log by",
        "records/s",
        "spread",
        "× the loop (95 %)",
    ]);
    let mut table = Table::new(&[
        "records",
        "viewers",
        "who",
        "records/s, live",
        "spread",
        "× raw bytes (95 %)",
        "× JSON (95 %)",
        "records/s, from the log",
        "× raw bytes (95 %)",
    ]);
    for records in sizes.iter().filter(|size| **size <= largest) {
        for viewers in [0, 1, 10, 50] {
            let cases = cases(*records, viewers, stored_bytes);
            let samples = rounds(&mut lineup, &binary, &cases, common.pairs)?;
            match viewers {
                0 => ingest_rows(&mut ingest, &cases, &samples),
                _ => rows(&mut table, &cases, &samples),
            }
        }
    }
    println!("{}\n{}", ingest.into_text(), table.into_text());
    println!("{}", lineup.who_is_absent());
    Ok(())
}

/// Who is measured; the first is the baseline.
fn cases(records: u64, viewers: usize, stored_bytes: u64) -> Vec<Case> {
    let everybody: &[(Who, u64)] = match viewers {
        0 => &[(Who::Append, LINE_BYTES), (Who::Tui, LINE_BYTES)],
        _ => &[
            (Who::Raw, stored_bytes),
            (Who::Json, LINE_BYTES),
            (Who::Tui, LINE_BYTES),
        ],
    };
    let case = |(who, line_bytes): &(Who, u64)| Case {
        records,
        viewers,
        who: *who,
        line_bytes: *line_bytes,
    };
    everybody.iter().map(case).collect()
}

fn rounds(
    lineup: &mut Lineup,
    binary: &Path,
    cases: &[Case],
    pairs: usize,
) -> Result<Vec<Vec<Option<Sample>>>> {
    let Case {
        records, viewers, ..
    } = cases[0];
    let what = format!("stream: {records} records, {viewers} viewers");
    super::rounds(&what, pairs, cases.len(), |at| {
        let sample = measure(lineup, binary, cases[at]);
        let name = cases[at].who;
        sample
            .map(Some)
            .with_context(|| format!("{name}, {viewers} viewers"))
    })
}

fn measure(lineup: &mut Lineup, binary: &Path, case: Case) -> Result<Sample> {
    let (directory, _) = lineup.fresh()?;
    let mut gate = Gate::new(&directory)?;
    let streaming = start(&directory, binary, case)?;
    let pid = gate.ready(SOON)?.pid;
    let sample = observe(&streaming, &mut gate, case);
    drop(gate);
    see_off(&[pid].into());
    if let Some(roots) = &streaming.roots {
        roots.run(&["wait", NAME])?;
    }
    drop(streaming);
    std::fs::remove_dir_all(&directory).context("cannot clear up")?;
    sample
}

fn start(directory: &Path, binary: &Path, case: Case) -> Result<Streaming> {
    let command = child::emitter(directory, case.records, case.line_bytes)?;
    if case.who == Who::Tui {
        let roots = Roots {
            binary: binary.to_owned(),
            directory: directory.to_owned(),
        };
        let words: Vec<&str> = command.iter().filter_map(|word| word.to_str()).collect();
        let run = ["run", "-d", "--pipe", "--name", NAME, "--"];
        roots.run(&[&run[..], &words].concat())?;
        let below = |path: PathBuf, ending| Log::Below(path, ending).path();
        return Ok(Streaming {
            socket: below(directory.join("run"), "sock").context("there is no socket")?,
            log: below(roots.state().join("sessions"), "jsonl").context("there is no log")?,
            speech: Speech::Pod,
            roots: Some(roots),
            _floor: None,
        });
    }
    let log = directory.join("floor.log");
    let handling = match case.who {
        Who::Json => "json",
        _ => "raw",
    };
    let mut floor = Command::new(std::env::current_exe()?);
    floor.args(["stream-floor", handling, "--log"]).arg(&log);
    floor.arg("--").args(command).stdin(Stdio::null());
    let floor = Tied::spawn_with_us(&mut floor)?;
    Ok(Streaming {
        socket: log.with_extension("sock"),
        log,
        speech: Speech::Lines,
        roots: None,
        _floor: Some(floor),
    })
}

fn observe(streaming: &Streaming, gate: &mut Gate, case: Case) -> Result<Sample> {
    let open = |from| {
        let (socket, speech) = (&streaming.socket, streaming.speech);
        Viewers::open(speech, from, socket, case.viewers, case.records)
    };
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let a_second = |from_ns: u64, to_ns: u64| case.records as f64 * 1e9 / (to_ns - from_ns) as f64;
    if case.viewers == 0 {
        let from_ns = now_ns();
        gate.begin()?;
        wait_logged(streaming, case)?;
        let live = a_second(from_ns, now_ns());
        return Ok(Sample {
            live,
            caught_up: None,
        });
    }
    let viewers = open(From::Now)?;
    let from_ns = now_ns();
    gate.begin()?;
    let live = a_second(from_ns, viewers.last_line()?);
    if case.who == Who::Json {
        return Ok(Sample {
            live,
            caught_up: None,
        });
    }
    wait_logged(streaming, case)?;
    let from_ns = now_ns();
    let caught_up = a_second(from_ns, open(From::First)?.last_line()?);
    Ok(Sample {
        live,
        caught_up: Some(caught_up),
    })
}

/// Waits until the last record is in the log.
fn wait_logged(streaming: &Streaming, case: Case) -> Result<()> {
    let last = format!("\"done\":{},", case.records);
    let is_there = || {
        let end = floor::end_of(&streaming.log, 4 * LINE_BYTES.max(case.line_bytes));
        end.is_ok_and(|end| memchr::memmem::find(&end, last.as_bytes()).is_some())
    };
    wait_for(LIMIT, is_there).context("the log is not complete")
}

/// How many bytes a record has in the product's log.
fn stored_bytes(lineup: &mut Lineup, binary: &Path) -> Result<u64> {
    let (directory, _) = lineup.fresh()?;
    let mut gate = Gate::new(&directory)?;
    let case = Case {
        records: SAMPLE_RECORDS,
        viewers: 0,
        who: Who::Tui,
        line_bytes: LINE_BYTES,
    };
    let streaming = start(&directory, binary, case)?;
    let pid = gate.ready(SOON)?.pid;
    let before = streaming.log.metadata()?.len();
    gate.begin()?;
    wait_logged(&streaming, case)?;
    let after = streaming.log.metadata()?.len();
    drop(gate);
    see_off(&[pid].into());
    if let Some(roots) = &streaming.roots {
        roots.run(&["wait", NAME])?;
    }
    Ok((after - before) / SAMPLE_RECORDS)
}

fn column(samples: &[Vec<Option<Sample>>], at: usize) -> Vec<Option<f64>> {
    let rounds = samples.iter();
    rounds.map(|round| Some(round[at]?.live)).collect()
}

fn ingest_rows(table: &mut Table, cases: &[Case], samples: &[Vec<Option<Sample>>]) {
    for (at, case) in cases.iter().enumerate() {
        let values = column(samples, at);
        let figure = Figure::of(values.iter().copied().flatten());
        table.row([
            case.records.to_string(),
            case.who.to_string(),
            median(figure),
            spread(figure),
            with_interval(ratios(&values, &column(samples, 0))),
        ]);
    }
}

fn rows(table: &mut Table, cases: &[Case], samples: &[Vec<Option<Sample>>]) {
    let later = |at: usize| -> Vec<Option<f64>> {
        let rounds = samples.iter();
        rounds.map(|round| round[at]?.caught_up).collect()
    };
    let json = cases.iter().position(|case| case.who == Who::Json);
    for (at, case) in cases.iter().enumerate() {
        let (values, from_log) = (column(samples, at), later(at));
        let figure = Figure::of(values.iter().copied().flatten());
        let of_json = json.and_then(|json| ratios(&values, &column(samples, json)));
        table.row([
            case.records.to_string(),
            case.viewers.to_string(),
            case.who.to_string(),
            median(figure),
            spread(figure),
            with_interval(ratios(&values, &column(samples, 0))),
            with_interval(of_json),
            median(Figure::of(from_log.iter().copied().flatten())),
            with_interval(ratios(&from_log, &later(0))),
        ]);
    }
}
